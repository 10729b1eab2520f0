//! Asks both verifiers, and says where they differ.

use core::fmt;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use agentsudo_core::{
    AgentName, Arguments, Audience, Call, CallId, Conditions, Digest, Effect, Freeze, FreezeList,
    InvocationProof, Obligations, PublicKey, Requirement, RevocationView, Scope, ScopePattern,
    Timestamp, Token, TokenError, ToolName, Verified, Verifier, authorize_proved,
};

use sha2::{Digest as _, Sha256};

use super::case::{CallCase, Case};
use super::proof::Invocation;
use super::{Accepted, Code, Revocations, Revoked, Trust, verify};

/// A question to which the two verifiers have different answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// What was asked.
    pub question: &'static str,
    /// What the core says.
    pub core: String,
    /// What the reference says.
    pub reference: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            question,
            core,
            reference,
        } = self;
        write!(
            f,
            "{question}: the core says {core}, the reference says {reference}"
        )
    }
}

/// What both say: of the token first, then of each call. `ok` stands for no refusal.
pub type Answers = Vec<Code>;

/// Compares the answers of a case.
///
/// # Errors
/// The first [`Disagreement`].
pub fn compare(case: &Case) -> Result<Answers, Disagreement> {
    let view = Arc::new(SharedView::of(case.trust.revocations.clone()));
    let verifier = verifier(&case.trust, &view).map_err(no_case)?;
    let now = Timestamp::from_unix_s(case.trust.now_s);
    let code = |error: TokenError| error.code();
    let core = Token::from_bytes(&case.token).and_then(|token| verifier.verify(&token, now));
    // The second time it is in the verifier's memory, if it was accepted.
    let again = verifier.verify_bytes(&case.token, now).map_err(code);
    let (core, reference) = (core.map_err(code), verify(&case.token, &case.trust));
    agree("token", said(&core), said(&reference))?;
    agree("token again", said(&again), said(&reference))?;
    let (Ok(again), Ok(reference)) = (again, reference) else {
        return Ok(vec![said(&core)]);
    };
    let mut answers = vec!["ok"];
    for call in &case.calls {
        view.set(call.revocations.clone());
        answers.push(compare_call(&again, &reference, call)?);
    }
    let mut spent = BTreeSet::new();
    for attempt in &case.attempts {
        let Some(call) = case.calls.get(attempt.call) else {
            continue;
        };
        // As the attempt is made: with the time of the case.
        let call = CallCase {
            now_s: case.trust.now_s,
            revocations: case.trust.revocations.clone(),
            ..call.clone()
        };
        view.set(call.revocations.clone());
        let core = verifier.verify_bytes(&case.token, now).map_err(no_case)?;
        let core = prove(core, &attempt.proof, &call)?;
        let invocation = Invocation {
            tool: &call.tool,
            definition: Sha256::digest(call.tool.as_bytes()).into(),
            arguments: &call.arguments,
            audience: &case.trust.audience,
        };
        let reference = reference
            .prove(&attempt.proof, &invocation, call.now_s, &mut spent)
            .and_then(|()| reference.decide(&call.as_call()));
        agree("proof", said(&core), said(&reference))?;
        answers.push(said(&core));
    }
    let is_bearer = again.bearer().map_err(|error| error.code());
    let bearer = if reference.is_bearer() {
        "ok"
    } else {
        "proof.required"
    };
    agree("bearer", said(&is_bearer), bearer)?;
    Ok(answers)
}

fn compare_call(
    core: &Verified,
    reference: &Accepted,
    call: &CallCase,
) -> Result<Code, Disagreement> {
    let core = decide(core, call)?;
    let reference = reference.decide(&call.as_call());
    agree("call", said(&core), said(&reference))?;
    if let (Ok(core), Ok(reference)) = (&core, &reference) {
        agree("obligations", &shown(core), &reference.to_string())?;
    }
    Ok(said(&core))
}

fn said<T>(answer: &Result<T, Code>) -> Code {
    answer.as_ref().err().copied().unwrap_or("ok")
}

fn agree(question: &'static str, core: &str, reference: &str) -> Result<(), Disagreement> {
    if core == reference {
        return Ok(());
    }
    Err(Disagreement {
        question,
        core: core.to_owned(),
        reference: reference.to_owned(),
    })
}

fn no_case(error: impl fmt::Display) -> Disagreement {
    Disagreement {
        question: "no case",
        core: error.to_string(),
        reference: String::new(),
    }
}

/// A verifier of the core that trusts whom it should.
fn verifier(trust: &Trust, view: &Arc<SharedView>) -> Result<Verifier, TokenError> {
    let view: Arc<dyn RevocationView> = Arc::<SharedView>::clone(view);
    let mut verifier = Verifier::new(Audience::parse(&trust.audience)?).revocations(view);
    for (key, max_life_s) in &trust.issuers {
        verifier = verifier.trust_up_to(PublicKey::from_bytes(key)?, *max_life_s);
    }
    Ok(if trust.is_strict {
        verifier.strict()
    } else {
        verifier
    })
}

/// What the core makes of a token.
///
/// # Errors
/// As [`Verifier::verify`].
pub fn verified(token: &[u8], trust: &Trust) -> Result<Verified, TokenError> {
    let view = Arc::new(SharedView::of(trust.revocations.clone()));
    verifier(trust, &view)?.verify_bytes(token, Timestamp::from_unix_s(trust.now_s))
}

/// What the core makes of a call.
///
/// # Errors
/// A [`Disagreement`] if the call is none that the core takes; inside, the code of its refusal.
pub fn decide(
    verified: &Verified,
    call: &CallCase,
) -> Result<Result<Obligations, Code>, Disagreement> {
    let requirement = requirement(call).map_err(no_case)?;
    let freezes = freezes(call).map_err(no_case)?;
    let conditions = Conditions {
        now: Timestamp::from_unix_s(call.now_s),
        freezes: &freezes,
    };
    let decision = verified.decide(&requirement, &call.arguments, &conditions);
    Ok(decision.map_err(|refusal| refusal.code()))
}

/// What the core makes of a call with a proof of its own.
fn prove(
    verified: Verified,
    proof: &[u8],
    call: &CallCase,
) -> Result<Result<(), Code>, Disagreement> {
    let proof = match InvocationProof::from_bytes(proof) {
        Ok(proof) => proof,
        Err(error) => return Ok(Err(error.code())),
    };
    let requirement = Arc::new(requirement(call).map_err(no_case)?);
    let freezes = freezes(call).map_err(no_case)?;
    let conditions = Conditions {
        now: Timestamp::from_unix_s(call.now_s),
        freezes: &freezes,
    };
    let id = CallId::from_bytes([0; CallId::LEN_BYTES]);
    let call = Call::dynamic(id, requirement, call.arguments.clone());
    let decision = authorize_proved(verified, &proof, call, &conditions);
    Ok(decision
        .map(drop)
        .map_err(|refused| refused.refusal().code()))
}

fn requirement(call: &CallCase) -> Result<Requirement, Box<dyn core::error::Error>> {
    let effect = if call.changes_something {
        Effect::Write
    } else {
        Effect::Read
    };
    Ok(Requirement::dynamic(
        ToolName::parse(&call.tool)?,
        Digest::of(call.tool.as_bytes()),
        Scope::parse(&call.scope)?,
        effect,
        call.sinks.clone(),
        Vec::new(),
    ))
}

fn freezes(call: &CallCase) -> Result<FreezeList, Box<dyn core::error::Error>> {
    let mut list = FreezeList::none();
    for (pattern, until_s) in &call.freezes {
        let until = Timestamp::from_unix_s(*until_s);
        let freeze = Freeze::new(ScopePattern::parse(pattern)?, "test", until);
        list.add(freeze, Timestamp::EPOCH)
            .map_err(|error| error.code())?;
    }
    Ok(list)
}

/// As the reference shows its own.
fn shown(obligations: &Obligations) -> String {
    let charges = obligations.charges().iter().map(|charge| super::Charge {
        block: *charge.budget.block.as_bytes(),
        index: charge.budget.index,
        amount: charge.amount,
        max: charge.max,
        window_s: charge.window_s,
    });
    let ours = super::Obligations {
        charges: charges.collect(),
        consent: obligations.consent(),
    };
    ours.to_string()
}

/// A view of revocations that changes between calls.
struct SharedView {
    revocations: Mutex<Option<Revocations>>,
    version: AtomicU64,
}

impl SharedView {
    const fn of(revocations: Option<Revocations>) -> Self {
        Self {
            revocations: Mutex::new(revocations),
            version: AtomicU64::new(0),
        }
    }

    fn set(&self, revocations: Option<Revocations>) {
        *self
            .revocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = revocations;
        self.version.fetch_add(1, Ordering::Release);
    }

    fn now(&self) -> Revocations {
        let revocations = self
            .revocations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        revocations.clone().unwrap_or_default()
    }
}

impl RevocationView for SharedView {
    fn version(&self, now: Timestamp) -> Result<u64, TokenError> {
        if self.now().is_stale {
            return Err(TokenError::RevocationsStale {
                as_of: Timestamp::EPOCH,
                max_staleness_s: 0,
                now,
            });
        }
        Ok(self.version.load(Ordering::Acquire))
    }

    fn is_revoked(&self, what: &agentsudo_core::Revoked) -> bool {
        use agentsudo_core::Revoked as Core;
        self.now().revoked.iter().any(|ours| match (ours, what) {
            (Revoked::Issuer(key), Core::Issuer(id)) => {
                PublicKey::from_bytes(key).is_ok_and(|key| key.issuer_id() == *id)
            }
            (Revoked::Block(ours), Core::Block(id)) => ours == id.as_bytes(),
            (Revoked::Holder(ours), Core::Holder(key)) => ours == key.as_bytes(),
            (Revoked::Agent(ours), Core::Agent(name)) => {
                AgentName::parse(ours).is_ok_and(|ours| ours == *name)
            }
            _ => false,
        })
    }
}

/// Whether the same arguments come back from their own JSON.
#[must_use]
pub fn come_back(arguments: &Arguments) -> bool {
    let again = Arguments::from_json_slice(arguments.to_string().as_bytes());
    again.is_ok_and(|again| again == *arguments && again.digest() == arguments.digest())
}
