//! What can go wrong before any call: a runtime, an agent, a token or a session that cannot be made.

use agentsudo_core::{
    ApprovalRefusal, ConstraintError, KeyError, NameError, Refusal, ScopeError, TokenError,
};
use agentsudo_tools::ToolMisuse;

use crate::outcome::Fault;

/// Why a runtime, an agent, a token or a session could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A scope or pattern is malformed.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A name is malformed.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A constraint can never hold or is malformed.
    #[error(transparent)]
    Constraint(#[from] ConstraintError),
    /// A key could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The verifier refuses what was to be minted or delegated.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A tool cannot be registered.
    #[error(transparent)]
    Tool(#[from] ToolMisuse),
    /// The session that should delegate has ended, or its token no longer counts.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The audit log does not take the record of a session.
    #[error(transparent)]
    Faulted(#[from] Fault),
    /// Approvals are required and there is nobody whose answer would count.
    #[error(transparent)]
    Approval(#[from] ApprovalRefusal),
    /// A token was to be signed for an agent of another name than the delegation's.
    #[error("delegation is for the agent `{expected}`, found `{found}`")]
    OtherAgent {
        /// The delegation's name.
        expected: String,
        /// The agent's name.
        found: String,
    },
    /// The session was opened by showing its token, so that there is no key to sign a delegation with.
    #[error(
        "the session was opened without the token's key; delegate where the key is, or open it with the key"
    )]
    NoHolderKey,
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    NoEntropy(String),
    /// A process can have one default runtime, and has it.
    #[error(
        "a default runtime is installed already; install one, once, at the start of the process"
    )]
    DefaultInstalled,
    /// A bound of the runtime's is passed.
    #[error("expected at most {max} {what}, found {found}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there may be.
        max: usize,
        /// How many there are.
        found: usize,
    },
}

impl SetupError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Scope(error) => error.code(),
            Self::Name(error) => error.code(),
            Self::Constraint(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::Tool(error) => error.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Faulted(fault) => fault.code(),
            Self::Approval(refusal) => refusal.code(),
            Self::OtherAgent { .. } => "setup.other_agent",
            Self::NoHolderKey => "setup.no_holder_key",
            Self::NoEntropy(_) => "setup.no_entropy",
            Self::DefaultInstalled => "setup.default_installed",
            Self::TooMany { .. } => "setup.too_many",
        }
    }
}
