//! What is recorded of every call, refused ones included.
//!
//! Owns the shape of a record. Leaves keeping it to the sinks of the runtime, and proving it to the log
//! that comes later.
//!
//! *Invariants:* a record says who (the whole chain), what, why and with what outcome; nothing that the
//! model or a tool says about itself is taken for a fact; order comes from `sequence`, the time is advisory.

use core::ops::Deref;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::approval::ApprovalRefusal;
use crate::authorized::{Authorized, Refused, Standing};
use crate::call::{Call, CallId, Requirement};
use crate::capability::Possession;
use crate::chain::Chain;
use crate::digest::Digest;
use crate::effect::Effect;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;
use crate::value::{Arguments, Value};

/// The version of the record's shape.
pub const AUDIT_RECORD_VERSION: u32 = 1;
/// Longest text argument that a record keeps in full, in characters; of longer ones the length is kept,
/// and the digest of the arguments still binds all of it.
pub const MAX_RECORDED_TEXT_CHARS: usize = 1_024;

/// One entry of the audit trail.
#[derive(Debug, Clone, Serialize)]
pub struct AuditRecord {
    /// [`AUDIT_RECORD_VERSION`].
    pub version: u32,
    /// The place in this writer's order, from 0.
    pub sequence: u64,
    /// When, by the runtime's clock.
    pub at: Timestamp,
    /// The call, or the attempt to open a session; records of one call share it.
    pub call: CallId,
    /// The session, if there was one.
    pub session: Option<String>,
    /// The agents, the root first.
    pub chain: Chain,
    /// The tool, as asked for; none when a session was opened or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What is known of the call once it was decoded.
    #[serde(flatten)]
    pub subject: Option<AuditSubject>,
    /// What happened.
    #[serde(flatten)]
    pub event: AuditEvent,
    /// Refusals that were counted and not written since the record before, by code: those of callers who
    /// proved nothing, when there are too many.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub suppressed: BTreeMap<&'static str, u64>,
}

/// What a decoded call was about. Cheap to clone: the records of one call share it.
#[derive(Debug, Clone)]
pub struct AuditSubject(Arc<AuditSubjectFields>);

/// What an [`AuditSubject`] holds.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct AuditSubjectFields {
    /// The digest of the tool's definition.
    pub definition: Digest,
    /// The scope that the tool requires.
    pub scope: String,
    /// What a call does to the world.
    pub effect: Effect,
    /// The arguments, with secrets replaced and long texts cut.
    pub arguments: serde_json::Value,
    /// The digest of the arguments in full.
    pub arguments_digest: Digest,
}

/// What happened to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum AuditEvent {
    /// An agent showed a valid token and that it may use it, and is at work.
    SessionOpened {
        /// The first second at which its calls are refused.
        expires_at: Timestamp,
        /// How it has shown that it may use the token.
        possession: Possession,
    },
    /// A token was shown that is not valid here and now, or not by its holder. The chain is what the token
    /// claims, which nobody vouches for.
    SessionRefused {
        /// The stable code.
        code: String,
        /// The reason in full.
        reason: String,
    },
    /// It was refused and did not run.
    Refused {
        /// The stable code.
        code: String,
        /// The reason in full.
        reason: String,
        /// Who denied it, where a person did.
        #[serde(skip_serializing_if = "Option::is_none")]
        denied_by: Option<String>,
    },
    /// It is about to run. Durable before a call with effects starts.
    Intent {
        /// What observe mode lifted, if it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        would_refuse: Option<WouldRefuse>,
        /// Who approved, where somebody was asked.
        #[serde(skip_serializing_if = "Option::is_none")]
        approval: Option<AuditApproval>,
        /// How its caller has shown that it may use the token; none where it runs by observe mode alone.
        #[serde(skip_serializing_if = "Option::is_none")]
        possession: Option<Possession>,
    },
    /// It ran and returned.
    Returned {
        /// SHA-256 of the result's JSON.
        result_digest: Digest,
    },
    /// A layer answered in the place of the tool, which did not run.
    Answered {
        /// SHA-256 of the answer's JSON.
        result_digest: Digest,
    },
    /// It ran and failed; what it was to do did not happen.
    Failed {
        /// The tool's code.
        code: String,
    },
    /// It ran, and nobody knows whether what it was to do happened.
    Unknown {
        /// Why nobody knows.
        code: String,
    },
}

/// What observe mode lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WouldRefuse {
    /// The stable code of the refusal.
    pub code: String,
    /// The reason in full.
    pub reason: String,
}

/// Who approved a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditApproval {
    /// The approver's name.
    pub by: String,
    /// The digest of the request that was answered.
    pub request: Digest,
}

impl AuditSubject {
    /// What a record may say of a decoded call.
    #[must_use]
    pub fn of<A>(call: &Call<A>) -> Self {
        Self::new(call.requirement(), call.arguments(), call.digest())
    }

    /// What a record may say of an authorized call.
    #[must_use]
    pub fn of_authorized<A>(call: &Authorized<A>) -> Self {
        Self::new(call.requirement(), call.arguments(), call.digest())
    }

    fn new(requirement: &Requirement, arguments: &Arguments, digest: Digest) -> Self {
        Self(Arc::new(AuditSubjectFields {
            definition: requirement.definition(),
            scope: requirement.scope().to_string(),
            effect: requirement.effect(),
            arguments: redacted(arguments, requirement.secrets()),
            arguments_digest: digest,
        }))
    }
}

impl Deref for AuditSubject {
    type Target = AuditSubjectFields;

    fn deref(&self) -> &AuditSubjectFields {
        &self.0
    }
}

impl Serialize for AuditSubject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AuditSubjectFields::serialize(self, serializer)
    }
}

impl AuditEvent {
    /// The event of a refusal.
    #[must_use]
    pub fn refused(refusal: &Refusal) -> Self {
        let denied_by = match refusal {
            Refusal::Approval(ApprovalRefusal::Denied { by, .. }) => Some(by.to_string()),
            _ => None,
        };
        let (code, reason) = (refusal.code().to_owned(), refusal.to_string());
        Self::Refused {
            code,
            reason,
            denied_by,
        }
    }

    /// The event of a refused call.
    #[must_use]
    pub fn refused_call<A>(refused: &Refused<A>) -> Self {
        Self::refused(refused.refusal())
    }

    /// The event of a call that is about to run.
    #[must_use]
    pub fn intent<A>(call: &Authorized<A>) -> Self {
        let would_refuse = match call.standing() {
            Standing::Granted => None,
            Standing::Observed(refusal) => Some(WouldRefuse {
                code: refusal.code().to_owned(),
                reason: refusal.to_string(),
            }),
        };
        let approval = call.approval().map(|approved| AuditApproval {
            by: approved.by().to_string(),
            request: approved.request(),
        });
        Self::Intent {
            would_refuse,
            approval,
            possession: call.possession(),
        }
    }
}

fn redacted(arguments: &Arguments, secrets: &[String]) -> serde_json::Value {
    let fields = arguments.iter().map(|(name, value)| {
        let shown = if secrets.iter().any(|secret| secret == name) {
            serde_json::Value::String("[redacted]".to_owned())
        } else {
            cut(value)
        };
        (name.to_owned(), shown)
    });
    serde_json::Value::Object(fields.collect())
}

fn cut(value: &Value) -> serde_json::Value {
    match value {
        Value::String(text) => {
            let len_chars = text.chars().count();
            if len_chars <= MAX_RECORDED_TEXT_CHARS {
                return serde_json::Value::String(text.clone());
            }
            let kept = text
                .chars()
                .take(MAX_RECORDED_TEXT_CHARS)
                .collect::<String>();
            let rest = len_chars - MAX_RECORDED_TEXT_CHARS;
            serde_json::Value::String(format!("{kept}…(+{rest} chars)"))
        }
        Value::List(items) => serde_json::Value::Array(items.iter().map(cut).collect()),
        Value::Map(fields) => serde_json::Value::Object(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), cut(value)))
                .collect(),
        ),
        other => other.to_json(),
    }
}
