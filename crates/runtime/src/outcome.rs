//! How a call can end.
//!
//! The three kinds of error stay apart: a *refusal* (policy said no), a *fault* (the world failed) and a
//! tool's own error. [`Outcome`] is exhaustive on purpose: a new way to end must be handled by everyone.

use agentsudo_core::{Refusal, Told};
use agentsudo_tools::{ToolError, ToolErrorKind};
use serde::Serialize;

/// How a call ended.
#[derive(Debug)]
#[must_use = "an outcome may be a refusal"]
pub enum Outcome {
    /// It ran; this is the tool's output.
    Returned(serde_json::Value),
    /// It ran and failed, or its outcome is unknown: see [`ToolError::kind`].
    Failed(ToolError),
    /// Policy said no. It did not run.
    Refused(Refusal),
    /// Something that every call depends on failed.
    Faulted(Fault),
}

/// Something that every call depends on failed; the call is refused, or its result withheld.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No audit sink took the record.
    #[error("no audit sink took the record: {reason}")]
    AuditUnavailable {
        /// What the last sink said.
        reason: String,
    },
    /// The approver could not be asked.
    #[error("the approver could not be asked: {reason}")]
    ApproverUnavailable {
        /// What it said.
        reason: String,
    },
    /// A layer panicked.
    #[error("a layer panicked: {message}")]
    LayerPanicked {
        /// The panic's message.
        message: String,
    },
    /// Deciding panicked.
    #[error("the decision panicked: {message}")]
    DecisionPanicked {
        /// The panic's message.
        message: String,
    },
    /// Decoding the arguments panicked.
    #[error("decoding the arguments panicked: {message}")]
    DecoderPanicked {
        /// The panic's message.
        message: String,
    },
    /// The layers took longer than they may.
    #[error("the layers took longer than {limit_ms} ms")]
    LayerTimedOut {
        /// The limit.
        limit_ms: u64,
    },
    /// The operating system gives no random bytes for ids.
    #[error("the operating system gives no random bytes: {reason}")]
    NoEntropy {
        /// What it said.
        reason: String,
    },
    /// The call ran, and its result may not be released: its record was not kept, or a layer broke down.
    #[error("the call ran and its result is withheld: {reason}")]
    ResultWithheld {
        /// What went wrong after it ran.
        reason: String,
    },
    /// A tool's output is not of the type that it declares.
    #[error("the tool's output is not of its declared type: {reason}")]
    OutputMismatch {
        /// What the decoder said.
        reason: String,
    },
}

impl Fault {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AuditUnavailable { .. } => "fault.audit_unavailable",
            Self::ApproverUnavailable { .. } => "fault.approver_unavailable",
            Self::LayerPanicked { .. } => "fault.layer_panicked",
            Self::DecisionPanicked { .. } => "fault.decision_panicked",
            Self::DecoderPanicked { .. } => "fault.decoder_panicked",
            Self::LayerTimedOut { .. } => "fault.layer_timed_out",
            Self::NoEntropy { .. } => "fault.no_entropy",
            Self::ResultWithheld { .. } => "fault.result_withheld",
            Self::OutputMismatch { .. } => "fault.output_mismatch",
        }
    }

    /// What the agent may know. Whether it may try again depends on whether the call has run.
    const fn told(&self) -> &'static str {
        match self {
            Self::ResultWithheld { .. } | Self::OutputMismatch { .. } => {
                "the call was started and its result cannot be released; do not repeat it"
            }
            _ => "the call could not be served; it may be tried again later",
        }
    }
}

/// What an agent is told of a call's end: nothing that is secret, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Reply {
    /// The tool's output.
    Returned {
        /// The output.
        output: serde_json::Value,
    },
    /// The tool failed.
    Failed {
        /// The tool's code.
        code: String,
        /// What the tool says.
        message: String,
        /// Whether the same call may succeed later.
        retryable: bool,
        /// Whether it is unknown if the call took effect: then do not repeat it.
        outcome_unknown: bool,
    },
    /// Policy said no.
    Refused {
        /// The code.
        code: String,
        /// What is missing.
        message: String,
        /// What may help.
        next_step: String,
    },
    /// The system cannot serve the call.
    Faulted {
        /// The code.
        code: String,
        /// In general words.
        message: String,
    },
}

impl Outcome {
    /// What the agent is told.
    #[must_use]
    pub fn to_reply(&self) -> Reply {
        match self {
            Self::Returned(output) => Reply::Returned {
                output: output.clone(),
            },
            Self::Failed(error) => Reply::Failed {
                code: error.code().to_owned(),
                message: error.told().to_owned(),
                retryable: error.kind() == ToolErrorKind::Retryable,
                outcome_unknown: error.kind() == ToolErrorKind::OutcomeUnknown,
            },
            Self::Refused(refusal) => {
                let Told {
                    code,
                    message,
                    next_step,
                    ..
                } = refusal.told();
                Reply::Refused {
                    code: code.to_owned(),
                    message,
                    next_step: next_step.to_owned(),
                }
            }
            Self::Faulted(fault) => Reply::Faulted {
                code: fault.code().to_owned(),
                message: fault.told().to_owned(),
            },
        }
    }

    /// The stable code of whatever went wrong.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Returned(_) => None,
            Self::Failed(error) => Some(error.code()),
            Self::Refused(refusal) => Some(refusal.code()),
            Self::Faulted(fault) => Some(fault.code()),
        }
    }
}

/// A call did not get as far as running: what a guarded function returns.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Policy said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The world failed.
    #[error(transparent)]
    Faulted(#[from] Fault),
    /// The guarded function panicked; whether it took effect is unknown.
    #[error("the guarded function panicked, its outcome is unknown")]
    Panicked,
}

impl Denied {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Faulted(fault) => fault.code(),
            Self::Panicked => "tool.panicked",
        }
    }
}

/// A typed call did not return its output.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Policy said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The world failed.
    #[error(transparent)]
    Faulted(#[from] Fault),
    /// The tool failed.
    #[error(transparent)]
    Failed(#[from] ToolError),
}

impl CallError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Faulted(fault) => fault.code(),
            Self::Failed(error) => error.code(),
        }
    }
}
