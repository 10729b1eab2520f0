//! A person's signed, single-use consent to one call.
//!
//! Owns what is asked, what is signed and when an answer counts. Leaves asking and waiting to the runtime.
//!
//! *Invariants:* an answer is a signature over the digest of one request, which binds the agents, the tool
//! and its definition, the exact arguments, the expiry and a fresh nonce; it counts only from a known
//! approver who is no agent of the chain; [`Approved`] is not `Clone` and is consumed by its call. There is
//! no answer that is merely truthy: approving and denying are both spelled out and signed.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::authorized::Authorized;
use crate::call::{CallId, Requirement};
use crate::cbor::to_vec;
use crate::chain::Chain;
use crate::digest::Digest;
use crate::escape::escape;
use crate::key::{Domain, KeyError, PublicKey, Signature, Signer, SigningInput};
use crate::name::AgentName;
use crate::timestamp::Timestamp;

/// Bytes of the nonce that makes each request its own.
pub const APPROVAL_NONCE_LEN_BYTES: usize = 16;
/// Longest reason of a denial that is kept, in characters.
pub const MAX_DENIAL_REASON_CHARS: usize = 512;

/// What a person is asked: whether this very call may run, once.
#[derive(Debug, Clone, Serialize)]
pub struct ApprovalRequest {
    digest: Digest,
    call: CallId,
    chain: Chain,
    tool: String,
    definition: Digest,
    scope: String,
    arguments: serde_json::Value,
    arguments_digest: Digest,
    sinks: Vec<String>,
    reason: String,
    requested_at: Timestamp,
    expires_at: Timestamp,
}

/// From when until when a request can be answered, and the nonce that makes it its own.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalWindow {
    /// When it was asked.
    pub requested_at: Timestamp,
    /// The first second at which no answer counts any more.
    pub expires_at: Timestamp,
    /// Fresh random bytes.
    pub nonce: [u8; APPROVAL_NONCE_LEN_BYTES],
}

impl ApprovalRequest {
    /// Asks about an authorized call. `reason` says to the approver why a person is asked.
    #[must_use]
    pub fn for_call<A>(call: &Authorized<A>, reason: &str, window: &ApprovalWindow) -> Self {
        let requirement = call.requirement();
        Self {
            digest: digest_of(call, reason, window),
            call: call.id(),
            chain: call.chain().clone(),
            tool: requirement.tool().to_string(),
            definition: requirement.definition(),
            scope: requirement.scope().to_string(),
            arguments: call.arguments().to_json(),
            arguments_digest: call.digest(),
            sinks: requirement.sinks().to_vec(),
            reason: reason.to_owned(),
            requested_at: window.requested_at,
            expires_at: window.expires_at,
        }
    }

    /// The digest that an answer signs.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The call.
    #[must_use]
    pub const fn call(&self) -> CallId {
        self.call
    }

    /// The agents that ask.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The scope that the call needs.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Why a person is asked.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The first second at which no answer counts any more.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The arguments that decide where something goes or how much.
    #[must_use]
    pub fn sinks(&self) -> &[String] {
        &self.sinks
    }

    /// The arguments that will run, for approvers that are programs.
    #[must_use]
    pub const fn arguments(&self) -> &serde_json::Value {
        &self.arguments
    }

    /// The arguments as lines to show: the sinks first, then the others by name, each escaped and cut at
    /// `max_chars` with its true length. Rendered from the arguments that will run.
    #[must_use]
    pub fn lines(&self, max_chars: usize) -> Vec<(String, String)> {
        let Some(fields) = self.arguments.as_object() else {
            return Vec::new();
        };
        let is_sink = |name: &String| self.sinks.contains(name);
        let sinks = self
            .sinks
            .iter()
            .filter_map(|sink| fields.get_key_value(sink));
        let others = fields.iter().filter(|(name, _)| !is_sink(name));
        sinks
            .chain(others)
            .map(|(name, value)| {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                (escape(name, max_chars), escape(&text, max_chars))
            })
            .collect()
    }
}

fn digest_of<A>(call: &Authorized<A>, reason: &str, window: &ApprovalWindow) -> Digest {
    let requirement: &Arc<Requirement> = call.requirement();
    let bytes = to_vec(|to| {
        to.array(10)?
            .bytes(call.id().as_bytes())?
            .array(call.chain().len() as u64)?;
        for link in call.chain().iter() {
            to.bytes(link.block.as_bytes())?;
        }
        to.str(requirement.tool().as_str())?
            .bytes(requirement.definition().as_bytes())?
            .str(requirement.scope().as_str())?
            .bytes(call.digest().as_bytes())?
            .str(reason)?
            .u64(window.requested_at.unix_s())?
            .u64(window.expires_at.unix_s())?
            .bytes(&window.nonce)?;
        Ok(())
    });
    Digest::of(SigningInput::new(Domain::Approval, &[&bytes]).as_bytes())
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// The call may run, once.
    Approve,
    /// The call must not run.
    Deny {
        /// Why, for the agent.
        reason: String,
    },
}

/// A signed answer to a request.
#[derive(Debug, Clone)]
pub struct ApprovalDecision {
    request: Digest,
    verdict: Verdict,
    decided_at: Timestamp,
    approver: PublicKey,
    signature: Signature,
}

impl ApprovalDecision {
    /// Signs an answer with an approver's key.
    ///
    /// # Errors
    /// [`KeyError`] when the signer fails.
    pub fn sign(
        request: &ApprovalRequest,
        verdict: Verdict,
        decided_at: Timestamp,
        approver: &dyn Signer,
    ) -> Result<Self, KeyError> {
        let verdict = match verdict {
            Verdict::Approve => Verdict::Approve,
            Verdict::Deny { reason } => Verdict::Deny {
                reason: reason.chars().take(MAX_DENIAL_REASON_CHARS).collect(),
            },
        };
        let signature = approver.sign(&decision_input(request.digest, &verdict, decided_at))?;
        let approver = approver.public_key();
        Ok(Self {
            request: request.digest,
            verdict,
            decided_at,
            approver,
            signature,
        })
    }

    /// The digest of the request that it answers.
    #[must_use]
    pub const fn request(&self) -> Digest {
        self.request
    }

    /// What was decided. Worth nothing until [`Approvers::check`] has accepted it.
    #[must_use]
    pub const fn claimed_verdict(&self) -> &Verdict {
        &self.verdict
    }
}

fn decision_input(request: Digest, verdict: &Verdict, decided_at: Timestamp) -> SigningInput {
    let bytes = to_vec(|to| {
        to.array(3)?
            .bytes(request.as_bytes())?
            .u64(decided_at.unix_s())?;
        match verdict {
            Verdict::Approve => to.bool(true)?,
            Verdict::Deny { reason } => to.str(reason)?,
        };
        Ok(())
    });
    SigningInput::new(Domain::Approval, &[&bytes])
}

/// The people whose consent counts, each by a key.
#[derive(Debug, Clone, Default)]
pub struct Approvers(BTreeMap<PublicKey, AgentName>);

impl Approvers {
    /// Nobody: every request is refused.
    #[must_use]
    pub const fn nobody() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a person by name and key.
    #[must_use]
    pub fn and(mut self, name: AgentName, key: PublicKey) -> Self {
        self.0.insert(key, name);
        self
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Decides whether an answer counts as consent to the request, at this time.
    ///
    /// # Errors
    /// [`ApprovalRefusal`] for an answer to another request, by somebody unknown, by an agent of the
    /// chain itself, too late, badly signed, or negative.
    pub fn check(
        &self,
        request: &ApprovalRequest,
        decision: ApprovalDecision,
        now: Timestamp,
    ) -> Result<Approved, ApprovalRefusal> {
        if decision.request != request.digest {
            return Err(ApprovalRefusal::Mismatch);
        }
        let name = self
            .0
            .get(&decision.approver)
            .ok_or(ApprovalRefusal::UnknownApprover)?;
        let asks = |link: &crate::chain::ChainLink| {
            link.holder == decision.approver || link.agent == *name
        };
        if request.chain.iter().any(asks) {
            return Err(ApprovalRefusal::OwnRequest {
                approver: name.clone(),
            });
        }
        let input = decision_input(decision.request, &decision.verdict, decision.decided_at);
        if !decision.approver.verifies(&input, &decision.signature) {
            return Err(ApprovalRefusal::SignatureInvalid);
        }
        if now >= request.expires_at {
            return Err(ApprovalRefusal::Expired {
                expired_at: request.expires_at,
            });
        }
        match decision.verdict {
            Verdict::Deny { reason } => Err(ApprovalRefusal::Denied {
                by: name.clone(),
                reason,
            }),
            Verdict::Approve => Ok(Approved {
                by: name.clone(),
                request: request.digest,
                call: request.call,
                block: request.chain.leaf().map(|leaf| leaf.block),
                arguments: request.arguments_digest,
                definition: request.definition,
                decided_at: decision.decided_at,
            }),
        }
    }
}

/// The proof that a known person consented to one call.
#[derive(Debug, Serialize)]
#[must_use = "consent does nothing until its call takes it"]
pub struct Approved {
    by: AgentName,
    request: Digest,
    call: CallId,
    /// The last block of the asking chain, whose id stands for all blocks before it too.
    block: Option<Digest>,
    arguments: Digest,
    definition: Digest,
    decided_at: Timestamp,
}

impl Approved {
    /// Who consented.
    #[must_use]
    pub const fn by(&self) -> &AgentName {
        &self.by
    }

    /// The digest of the request that was answered.
    #[must_use]
    pub const fn request(&self) -> Digest {
        self.request
    }

    /// When, by the approver's clock.
    #[must_use]
    pub const fn decided_at(&self) -> Timestamp {
        self.decided_at
    }

    pub(crate) fn fits<A>(&self, call: &Authorized<A>) -> bool {
        self.call == call.id()
            && self.block == call.chain().leaf().map(|leaf| leaf.block)
            && self.arguments == call.digest()
            && self.definition == call.requirement().definition()
    }
}

/// Why a call that needs a person's consent did not get it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalRefusal {
    /// The token asks for a person's consent, and nobody was asked.
    #[error("block {block} asks for a person's consent to this call")]
    Required {
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// Consent is required and there is nobody to ask.
    #[error("approval is required and no approver is configured")]
    NobodyToAsk,
    /// The answer is to another request, or to other arguments.
    #[error("the answer does not belong to this request")]
    Mismatch,
    /// Nobody answered in time.
    #[error("nobody approved before {expired_at}")]
    Expired {
        /// The first second at which no answer counted any more.
        expired_at: Timestamp,
    },
    /// The answer comes from a key that is no approver's.
    #[error("the answer was signed by nobody who may approve")]
    UnknownApprover,
    /// The answer comes from an agent that the call is made for.
    #[error("`{approver}` may not approve a call that is made for it")]
    OwnRequest {
        /// The name under which the key is known as an approver.
        approver: AgentName,
    },
    /// The signature does not fit the answer.
    #[error("the signature of the answer does not fit")]
    SignatureInvalid,
    /// A person said no.
    #[error("`{by}` denied: {}", escape(.reason, MAX_DENIAL_REASON_CHARS))]
    Denied {
        /// Who.
        by: AgentName,
        /// Why.
        reason: String,
    },
}

impl ApprovalRefusal {
    /// The stable code for the log, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Required { .. } => "approval.required",
            Self::NobodyToAsk => "approval.nobody_to_ask",
            Self::Mismatch => "approval.mismatch",
            Self::Expired { .. } => "approval.expired",
            Self::UnknownApprover => "approval.unknown_approver",
            Self::OwnRequest { .. } => "approval.own_request",
            Self::SignatureInvalid => "approval.signature_invalid",
            Self::Denied { .. } => "approval.denied",
        }
    }

    pub(crate) const fn told_code(&self) -> &'static str {
        match self {
            Self::Required { .. }
            | Self::NobodyToAsk
            | Self::Expired { .. }
            | Self::Denied { .. } => self.code(),
            _ => "approval.invalid",
        }
    }

    pub(crate) fn told(&self) -> String {
        match self {
            Self::Required { .. } => "a person has to approve this call".to_owned(),
            Self::NobodyToAsk => {
                "a person has to approve this call, and nobody can be asked".to_owned()
            }
            Self::Expired { .. } => "a person was asked and did not answer in time".to_owned(),
            Self::Denied { reason, .. } => {
                format!(
                    "a person denied this call: {}",
                    escape(reason, MAX_DENIAL_REASON_CHARS)
                )
            }
            _ => "the approval of this call is not valid".to_owned(),
        }
    }

    pub(crate) const fn next_step(&self) -> &'static str {
        match self {
            Self::Denied { .. } => "do not repeat the call; tell the user that it was denied",
            _ => "do without this call, or ask again when somebody can approve",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Approve => f.write_str("approved"),
            Self::Deny { .. } => f.write_str("denied"),
        }
    }
}
