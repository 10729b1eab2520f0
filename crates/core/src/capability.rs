//! A token after verification: authority in memory, and the decision over one call.
//!
//! *Invariants:* only [`crate::Verifier::verify`] followed by a proof of possession makes a [`Capability`];
//! a call is allowed when *every* block grants its scope and *every* constraint that applies holds; time is
//! an argument and revocations are asked in each call, so an expired or revoked capability is refused at each
//! use, however it is kept.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use crate::budget::Charge;
use crate::call::Requirement;
use crate::chain::Chain;
use crate::digest::Digest;
use crate::effect::Effect;
use crate::freeze::FreezeList;
use crate::key::{Domain, IssuerKeyId, KeyError, Signature, Signer, SigningInput};
use crate::name::Audience;
use crate::proof::{Invocation, InvocationProof, ProofError, ReplayGuard};
use crate::refusal::Refusal;
use crate::revocation::{self, RevocationView};
use crate::timestamp::Timestamp;
use crate::token::{MAX_CLOCK_SKEW_S, TokenError};
use crate::value::Arguments;
use crate::verified_chain::VerifiedChain;

/// From when until when a token is valid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) issued_at: Timestamp,
    /// How long the root alone would live, in seconds.
    pub(crate) root_lives_s: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) valid_from: Timestamp,
}

impl Terms {
    /// Whether the token lives no longer than its issuer may give.
    pub(crate) const fn check_lifetime(&self, max_s: u64) -> Result<(), TokenError> {
        if self.root_lives_s > max_s {
            let found_s = self.root_lives_s;
            return Err(TokenError::LifetimeTooLong { found_s, max_s });
        }
        Ok(())
    }

    /// Whether the token may be shown now.
    pub(crate) fn check_arrival(&self, now: Timestamp) -> Result<(), TokenError> {
        let issued_at = self.issued_at;
        if issued_at > now.saturating_add_s(MAX_CLOCK_SKEW_S) {
            return Err(TokenError::IssuedInFuture { issued_at, now });
        }
        self.check(now)
    }

    pub(crate) fn check(&self, now: Timestamp) -> Result<(), TokenError> {
        if now >= self.expires_at {
            return Err(TokenError::Expired {
                expired_at: self.expires_at,
                now,
            });
        }
        if now < self.valid_from {
            return Err(TokenError::NotYetValid {
                valid_from: self.valid_from,
                now,
            });
        }
        Ok(())
    }
}

/// Asks a view whether anything of a chain was revoked, and asks no more while nothing changes.
pub(crate) struct RevocationWatch {
    view: Arc<dyn RevocationView>,
    /// One more than the version at which nothing of the chain was revoked; 0 before the first look.
    clean_at: AtomicU64,
    /// The greatest version that was ever seen, plus one.
    newest: AtomicU64,
}

impl RevocationWatch {
    pub(crate) fn new(view: &Arc<dyn RevocationView>) -> Self {
        Self {
            view: Arc::clone(view),
            clean_at: AtomicU64::new(0),
            newest: AtomicU64::new(0),
        }
    }

    fn check(
        &self,
        issuer: impl FnOnce() -> IssuerKeyId,
        chain: &Chain,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        // Before the view is asked: what others see meanwhile may be newer than what this call sees.
        let seen = self.newest.load(Ordering::Acquire);
        // Before the search: what is revoked meanwhile has a newer version and is looked for again.
        let version = self.view.version(now)?.saturating_add(1);
        if version < seen {
            // An older list may lack what was revoked since.
            return Err(TokenError::RevocationsRolledBack {
                found: version - 1,
                seen: seen - 1,
            });
        }
        self.newest.fetch_max(version, Ordering::AcqRel);
        if self.clean_at.load(Ordering::Relaxed) == version {
            return Ok(());
        }
        revocation::check(&*self.view, issuer(), chain)?;
        self.clean_at.store(version, Ordering::Relaxed);
        Ok(())
    }
}

impl fmt::Debug for RevocationWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RevocationWatch(..)")
    }
}

/// How whoever uses a token has shown that it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Possession {
    /// By a signature over a fresh challenge, or with the key that such a handshake agreed on.
    Session,
    /// By a signature over this one call.
    Invocation,
    /// By showing the token, as its issuer asked for.
    Bearer,
}

/// A verified token whose presenter has not yet shown that it holds the token's key.
#[must_use = "a verified token allows nothing until its holder is proved"]
pub struct Verified {
    capability: Capability,
    audience: Audience,
    replay_guard: Arc<dyn ReplayGuard>,
}

/// Bytes of the random challenge in a proof of possession.
pub const CHALLENGE_LEN_BYTES: usize = 32;

impl Verified {
    pub(crate) const fn new(
        capability: Capability,
        audience: Audience,
        replay_guard: Arc<dyn ReplayGuard>,
    ) -> Self {
        Self {
            capability,
            audience,
            replay_guard,
        }
    }

    pub(crate) fn check_revocations(&self, now: Timestamp) -> Result<(), TokenError> {
        self.capability.check_revocations(now)
    }

    pub(crate) const fn audience(&self) -> &Audience {
        &self.audience
    }

    pub(crate) const fn capability(&self) -> &Capability {
        &self.capability
    }

    pub(crate) fn guard(&self) -> &dyn ReplayGuard {
        &*self.replay_guard
    }

    /// The capability, for a caller who has checked a proof of the given kind.
    pub(crate) fn into_capability(mut self, possession: Possession) -> Capability {
        self.capability.possession = possession;
        self.capability
    }

    /// The agents of the token. Whoever shows it may be none of them.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        self.capability.chain()
    }

    /// What the holder has to sign: a fresh random challenge, bound to this token and to the verifier that
    /// asks, so that a proof given to one cannot be handed on to another.
    #[must_use]
    pub fn challenge(&self, nonce: &[u8; CHALLENGE_LEN_BYTES]) -> SigningInput {
        let id = self.capability.id();
        SigningInput::new(
            Domain::Session,
            &[id.as_bytes(), nonce, self.audience.as_str().as_bytes()],
        )
    }

    /// Turns the verified token into a capability, given the holder's signature over the challenge.
    ///
    /// # Errors
    /// [`TokenError::HolderMismatch`] when the signature is not the holder's.
    pub fn proved_by(
        self,
        nonce: &[u8; CHALLENGE_LEN_BYTES],
        signature: &Signature,
    ) -> Result<Capability, TokenError> {
        let holder = self.capability.chain.holder;
        if holder.verifies(&self.challenge(nonce), signature) {
            Ok(self.into_capability(Possession::Session))
        } else {
            Err(TokenError::HolderMismatch)
        }
    }

    /// Lets a signer in this process answer the challenge.
    ///
    /// # Errors
    /// [`TokenError::HolderMismatch`] for another key, [`TokenError::Key`] when the signer fails.
    pub fn held_by(
        self,
        holder: &dyn Signer,
        nonce: &[u8; CHALLENGE_LEN_BYTES],
    ) -> Result<Capability, TokenError> {
        let signature = holder
            .sign(&self.challenge(nonce))
            .map_err(|e: KeyError| e)?;
        self.proved_by(nonce, &signature)
    }

    /// Uses the token without a proof, as its issuer and every delegation in it asked for.
    ///
    /// # Errors
    /// [`ProofError::Required`] when one of them did not.
    pub fn bearer(self) -> Result<Capability, ProofError> {
        if self.capability.chain.is_bearer {
            Ok(self.into_capability(Possession::Bearer))
        } else {
            Err(ProofError::Required)
        }
    }

    /// Checks and spends an invocation proof. What comes back is for the one call that it is about.
    pub(crate) fn proved_once(
        self,
        proof: &InvocationProof,
        invocation: &Invocation<'_>,
        now: Timestamp,
    ) -> Result<Capability, ProofError> {
        let chain = &self.capability.chain;
        let input = proof.signing_input(&chain.id, &self.audience, invocation);
        proof.check(&input, chain, self.guard(), now)?;
        Ok(self.into_capability(Possession::Invocation))
    }

    /// Explains how a call would be decided if the holder made it: for people who look into a token, and
    /// for tools that help them. An answer and no proof: nothing can be run with it, whoever asks.
    ///
    /// # Errors
    /// As [`Capability::decide`].
    pub fn decide(
        &self,
        requirement: &Requirement,
        arguments: &Arguments,
        conditions: &Conditions<'_>,
    ) -> Result<Obligations, Refusal> {
        self.capability.decide(requirement, arguments, conditions)
    }

    /// The sinks of a call with effects that no constraint of the token pins, whether it grants the call or
    /// not: what [`crate::Verifier::strict`] would refuse.
    #[must_use]
    pub fn unpinned_sinks<'a>(&self, requirement: &'a Requirement) -> Vec<&'a str> {
        self.capability.unpinned_sinks(requirement).collect()
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("capability", &self.capability)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// Verified authority of an agent that has proved who it is.
///
/// Not `Clone`, not `Deserialize`, and without a public constructor: see [`crate::Verifier::verify`].
#[derive(Debug)]
pub struct Capability {
    chain: Arc<VerifiedChain>,
    watch: Option<RevocationWatch>,
    is_strict: bool,
    possession: Possession,
}

/// What a decision depends on besides the capability and the call.
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// The freezes in force.
    pub freezes: &'a FreezeList,
}

/// What has to happen before an allowed call may run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a call with obligations may not run before they are met"]
pub struct Obligations {
    charges: Vec<Charge>,
    consent: Option<usize>,
}

impl Obligations {
    pub(crate) const fn of_consent(consent: Option<usize>) -> Self {
        Self {
            charges: Vec::new(),
            consent,
        }
    }

    /// What a ledger has to reserve, all or nothing.
    #[must_use]
    pub fn charges(&self) -> &[Charge] {
        &self.charges
    }

    /// The first block that wants a person's consent, if one does; the root is 0.
    #[must_use]
    pub const fn consent(&self) -> Option<usize> {
        self.consent
    }

    /// Whether the call may run right away.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.charges.is_empty() && self.consent.is_none()
    }
}

impl Capability {
    pub(crate) const fn new(
        chain: Arc<VerifiedChain>,
        watch: Option<RevocationWatch>,
        is_strict: bool,
    ) -> Self {
        Self {
            chain,
            watch,
            is_strict,
            possession: Possession::Session,
        }
    }

    /// The id of the token's last block, which names the token as a whole.
    #[must_use]
    pub fn id(&self) -> Digest {
        self.chain.id
    }

    /// The agents that it stands for.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain.chain
    }

    /// The first second at which it is no longer valid.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.chain.terms.expires_at
    }

    /// How its user has shown that it may use it.
    #[must_use]
    pub const fn possession(&self) -> Possession {
        self.possession
    }

    pub(crate) const fn verified_chain(&self) -> &Arc<VerifiedChain> {
        &self.chain
    }

    pub(crate) fn check_revocations(&self, now: Timestamp) -> Result<(), TokenError> {
        match &self.watch {
            Some(watch) => watch.check(|| self.chain.issuer.issuer_id(), self.chain(), now),
            None => Ok(()),
        }
    }

    /// Whether some call of this tool could be allowed, whatever its arguments: what a list of tools shows.
    ///
    /// # Errors
    /// As [`Capability::decide`], but for what depends on arguments.
    pub fn may_call(
        &self,
        requirement: &Requirement,
        conditions: &Conditions<'_>,
    ) -> Result<(), Refusal> {
        if self.chain.is_delegate_only {
            return Err(TokenError::DelegateOnly.into());
        }
        self.chain.terms.check(conditions.now)?;
        self.check_revocations(conditions.now)?;
        conditions
            .freezes
            .check(requirement.scope(), conditions.now)?;
        let mut blocks = self.chain.blocks.iter().enumerate();
        blocks.try_for_each(|(block, rules)| rules.check_grants(requirement, block))
    }

    /// Decides one call: its holder may use the token, the token is in its time and not revoked, the scope
    /// is not frozen, every block grants the scope, every constraint that applies holds, and no budget is too
    /// small for the call alone. What is left to do before it may run comes back.
    ///
    /// # Errors
    /// The first [`Refusal`] in that order.
    pub fn decide(
        &self,
        requirement: &Requirement,
        arguments: &Arguments,
        conditions: &Conditions<'_>,
    ) -> Result<Obligations, Refusal> {
        self.may_call(requirement, conditions)?;
        let (blocks, scope) = (&self.chain.blocks, requirement.scope());
        for (block, rules) in blocks.iter().enumerate() {
            rules.check_constraints(scope, arguments, block)?;
        }
        if self.is_strict
            && let Some(sink) = self.unpinned_sinks(requirement).next()
        {
            return Err(Refusal::SinkUnconstrained {
                tool: requirement.tool().clone(),
                sink: sink.to_owned(),
            });
        }
        let mut charges = Vec::new();
        for (block, rules) in blocks.iter().enumerate() {
            rules.charge(scope, arguments, block, &mut charges)?;
        }
        let consent = self.consent(requirement, arguments);
        Ok(Obligations { charges, consent })
    }

    /// The first block that wants a person's consent to a call, if one does.
    pub(crate) fn consent(
        &self,
        requirement: &Requirement,
        arguments: &Arguments,
    ) -> Option<usize> {
        let scope = requirement.scope();
        let mut blocks = self.chain.blocks.iter();
        blocks.position(|rules| rules.asks(scope, arguments))
    }

    fn unpinned_sinks<'a>(&self, requirement: &'a Requirement) -> impl Iterator<Item = &'a str> {
        let sinks = match requirement.effect() {
            Effect::Read => &[],
            Effect::Write | Effect::Destructive => requirement.sinks(),
        };
        let scope = requirement.scope();
        let is_open = |sink: &str| {
            !self
                .chain
                .blocks
                .iter()
                .any(|rules| rules.pins(scope, sink))
        };
        sinks
            .iter()
            .map(String::as_str)
            .filter(move |sink| is_open(sink))
    }
}
