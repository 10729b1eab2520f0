//! The proof that one very call was authorized, and the only ways to come by it.
//!
//! *Invariants:* an [`Authorized`] comes out of [`authorize`] or [`Pending::settle`] and of nothing else, and a
//! [`Pending`] out of [`authorize_pending`], [`authorize_proved`] or, under a written observe mode, of
//! [`Refused::observe`]; neither can be cloned, deserialized or edited; a tool takes its arguments out of an
//! [`Authorized`] by value, so it is used once.

use core::fmt;
use std::sync::Arc;

use crate::action::Action;
use crate::approval::{ApprovalRefusal, Approved};
use crate::budget::{BudgetRefusal, Reserved};
use crate::call::{Call, CallId, Erased, Requirement};
use crate::capability::{Capability, Conditions, Obligations, Possession, Verified};
use crate::chain::Chain;
use crate::danger::ObserveMode;
use crate::digest::Digest;
use crate::proof::{Invocation, InvocationProof};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use crate::value::Arguments;

/// On what ground a call was authorized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A capability allows it.
    Granted,
    /// It would have been refused, and runs because observe mode is on.
    Observed(Refusal),
}

/// The proof that this very call was authorized; a tool's only source of arguments.
#[must_use = "an authorized call does nothing until a tool takes it"]
pub struct Authorized<A> {
    call: Call<A>,
    chain: Chain,
    standing: Standing,
    possession: Option<Possession>,
    approval: Option<Approved>,
}

/// A call that is allowed once its obligations are met: a person's consent, a reservation.
///
/// Shows the call, and gives no tool its arguments: [`Pending::settle`] does.
#[must_use = "a pending call does nothing until it is settled"]
pub struct Pending<A> {
    authorized: Authorized<A>,
    obligations: Obligations,
    is_reserved: bool,
    /// The capability of a call that came with a proof of its own.
    own: Option<Capability>,
}

/// Decides a call under a capability, for callers that cannot meet any obligation.
///
/// # Errors
/// [`Refused`], with the call and the reason; [`ApprovalRefusal::Required`] and
/// [`BudgetRefusal::Unreserved`] among them.
pub fn authorize<A>(
    capability: &Capability,
    call: Call<A>,
    conditions: &Conditions<'_>,
) -> Result<Authorized<A>, Refused<A>> {
    let pending = authorize_pending(capability, call, conditions)?;
    match pending.outstanding() {
        None => Ok(pending.authorized),
        Some(refusal) => Err(Refused {
            call: pending.authorized.call,
            chain: pending.authorized.chain,
            refusal,
            consent: pending.obligations.consent(),
            own: None,
        }),
    }
}

/// Decides a call that came with its own proof. The proof is spent, also when the call is then refused.
///
/// # Errors
/// [`Refused`], with the call and the reason.
pub fn authorize_proved<A>(
    verified: Verified,
    proof: &InvocationProof,
    call: Call<A>,
    conditions: &Conditions<'_>,
) -> Result<Pending<A>, Refused<A>> {
    let chain = verified.chain().clone();
    match verified.proved_once(proof, &Invocation::proposed(&call), conditions.now) {
        Ok(capability) => match authorize_pending(&capability, call, conditions) {
            Ok(pending) => Ok(Pending {
                own: Some(capability),
                ..pending
            }),
            Err(refused) => Err(Refused {
                own: Some(capability),
                ..refused
            }),
        },
        Err(error) => Err(Refused::new(call, chain, error.into())),
    }
}

/// Decides a call under a capability.
///
/// This is the one greppable constructor of [`Authorized`]. Programs do not call it: the runtime does, and
/// goes on to approval, reservation and audit.
///
/// # Errors
/// [`Refused`], with the call and the reason.
pub fn authorize_pending<A>(
    capability: &Capability,
    call: Call<A>,
    conditions: &Conditions<'_>,
) -> Result<Pending<A>, Refused<A>> {
    let chain = capability.chain().clone();
    match capability.decide(call.requirement(), call.arguments(), conditions) {
        Ok(obligations) => Ok(Pending {
            authorized: Authorized {
                call,
                chain,
                standing: Standing::Granted,
                possession: Some(capability.possession()),
                approval: None,
            },
            obligations,
            is_reserved: false,
            own: None,
        }),
        Err(refusal) => Err(Refused {
            // Observing lifts what is missing, and no wish to be asked.
            consent: capability.consent(call.requirement(), call.arguments()),
            call,
            chain,
            refusal,
            own: None,
        }),
    }
}

/// A call that was refused, with the reason.
#[must_use = "a refusal must reach the caller and the audit log"]
pub struct Refused<A> {
    call: Call<A>,
    chain: Chain,
    refusal: Refusal,
    consent: Option<usize>,
    own: Option<Capability>,
}

impl<A> fmt::Debug for Refused<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("call", &self.call)
            .field("refusal", &self.refusal)
            .finish_non_exhaustive()
    }
}

impl<A> Refused<A> {
    /// Refuses a call for a reason that lies outside of any capability: no session, a closed one.
    pub const fn new(call: Call<A>, chain: Chain, refusal: Refusal) -> Self {
        Self {
            call,
            chain,
            refusal,
            consent: None,
            own: None,
        }
    }

    /// Why.
    #[must_use]
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// The call.
    #[must_use]
    pub const fn call(&self) -> &Call<A> {
        &self.call
    }

    /// The agents that it was made for.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Splits off the reason.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        self.refusal
    }

    /// Lets the refused call run after all, while observe mode is on. The standing says so to the end.
    ///
    /// # Errors
    /// Gives the refusal back when observe mode is over, or when the refusal is one that observing never
    /// lifts: a freeze, an approval that was denied.
    pub fn observe(self, mode: &ObserveMode, now: Timestamp) -> Result<Pending<A>, Self> {
        if !mode.is_on(now) || !self.refusal.may_be_observed() {
            return Err(self);
        }
        Ok(Pending {
            authorized: Authorized {
                call: self.call,
                chain: self.chain,
                standing: Standing::Observed(self.refusal),
                possession: None,
                approval: None,
            },
            obligations: Obligations::of_consent(self.consent),
            is_reserved: false,
            own: self.own,
        })
    }
}

impl<A> Pending<A> {
    /// The call, with everything that is known of it.
    pub const fn call(&self) -> &Authorized<A> {
        &self.authorized
    }

    /// What has to happen before it may run.
    pub const fn obligations(&self) -> &Obligations {
        &self.obligations
    }

    /// Attaches a person's consent to this very call.
    ///
    /// # Errors
    /// [`ApprovalRefusal::Mismatch`] when the consent was given to another call.
    pub fn approved_by(mut self, approval: Approved) -> Result<Self, ApprovalRefusal> {
        if approval.fits(&self.authorized) {
            self.authorized.approval = Some(approval);
            Ok(self)
        } else {
            Err(ApprovalRefusal::Mismatch)
        }
    }

    /// Attaches a ledger's reservation of exactly this call's charges.
    ///
    /// # Errors
    /// [`BudgetRefusal::Unreserved`] when other charges were reserved.
    pub fn reserved_by(mut self, reserved: &Reserved) -> Result<Self, BudgetRefusal> {
        if reserved.covers(self.obligations.charges()) {
            self.is_reserved = true;
            Ok(self)
        } else {
            Err(BudgetRefusal::Unreserved)
        }
    }

    /// Decides again, after a wait, and hands the call out to its tool. Under observe mode
    /// only revocations, where there is a capability, and freezes count.
    ///
    /// # Errors
    /// The [`Refusal`] of [`Capability::decide`], or what obligation is not met.
    pub fn settle(
        self,
        capability: Option<&Capability>,
        conditions: &Conditions<'_>,
    ) -> Result<Authorized<A>, Refusal> {
        let call = &self.authorized;
        match (&call.standing, self.own.as_ref().or(capability)) {
            (Standing::Granted, Some(capability)) => {
                let again = capability.decide(call.requirement(), call.arguments(), conditions)?;
                debug_assert_eq!(
                    again, self.obligations,
                    "the same call has the same obligations"
                );
            }
            (Standing::Granted, None) => return Err(Refusal::NoSession),
            (Standing::Observed(_), capability) => {
                // What observing never lifts, and what the refusal that it lifted may have hidden.
                if let Some(capability) = capability {
                    capability.check_revocations(conditions.now)?;
                }
                let scope = call.requirement().scope();
                conditions.freezes.check(scope, conditions.now)?;
            }
        }
        match self.outstanding() {
            None => Ok(self.authorized),
            Some(refusal) => Err(refusal),
        }
    }

    /// The first obligation that is not met.
    fn outstanding(&self) -> Option<Refusal> {
        match self.obligations.consent() {
            Some(block) if self.authorized.approval.is_none() => {
                return Some(ApprovalRefusal::Required { block }.into());
            }
            _ => {}
        }
        let is_met = self.is_reserved || self.obligations.charges().is_empty();
        (!is_met).then(|| BudgetRefusal::Unreserved.into())
    }
}

impl<A> fmt::Debug for Pending<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("call", &self.authorized)
            .field("obligations", &self.obligations)
            .finish_non_exhaustive()
    }
}

impl<A> Authorized<A> {
    /// The call's id.
    #[must_use]
    pub const fn id(&self) -> CallId {
        self.call.id()
    }

    /// What the tool requires.
    #[must_use]
    pub fn requirement(&self) -> &Arc<Requirement> {
        self.call.requirement()
    }

    /// The arguments that were decided on.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        self.call.arguments()
    }

    /// The digest of the arguments.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.call.digest()
    }

    /// The agents that the call is made for.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// On what ground it was authorized.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// How its caller has shown that it may use the token; none for a call that runs by observe mode alone.
    #[must_use]
    pub const fn possession(&self) -> Option<Possession> {
        self.possession
    }

    /// A person's consent, where one was asked for.
    #[must_use]
    pub const fn approval(&self) -> Option<&Approved> {
        self.approval.as_ref()
    }

    /// What layers see of the call. Cheap: it shares everything with the call.
    #[must_use]
    pub fn view(&self) -> CallView {
        CallView {
            id: self.id(),
            requirement: Arc::clone(self.requirement()),
            arguments: Arc::clone(self.call.arguments()),
            digest: self.digest(),
            chain: self.chain.clone(),
            standing: self.standing.clone(),
        }
    }
}

impl<A: Action> Authorized<A> {
    /// The request.
    #[must_use]
    pub const fn action(&self) -> &A {
        self.call.action()
    }

    /// Uses the proof up and hands out the request.
    #[must_use]
    pub fn into_action(self) -> A {
        self.call.into_action()
    }
}

impl Authorized<Erased> {
    /// Remembers the request's type.
    ///
    /// # Errors
    /// Gives the proof back when the request has another type.
    pub fn downcast<A: Action>(self) -> Result<Authorized<A>, Self> {
        let Self {
            call,
            chain,
            standing,
            possession,
            approval,
        } = self;
        match call.downcast() {
            Ok(call) => Ok(Authorized {
                call,
                chain,
                standing,
                possession,
                approval,
            }),
            Err(call) => Err(Self {
                call,
                chain,
                standing,
                possession,
                approval,
            }),
        }
    }
}

impl<A> fmt::Debug for Authorized<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized")
            .field("call", &self.call)
            .field("chain", &self.chain.to_string())
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// An authorized call as layers see it: everything about it, and no way to change it or to hand its
/// arguments to a tool.
#[derive(Debug, Clone)]
pub struct CallView {
    id: CallId,
    requirement: Arc<Requirement>,
    arguments: Arc<Arguments>,
    digest: Digest,
    chain: Chain,
    standing: Standing,
}

impl CallView {
    /// The call's id.
    #[must_use]
    pub const fn id(&self) -> CallId {
        self.id
    }

    /// What the tool requires: its name, scope, effect and sinks.
    #[must_use]
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// The arguments that were decided on and will run.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// The digest of the arguments.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The agents that the call is made for.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// On what ground it was authorized.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }
}
