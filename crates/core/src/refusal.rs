//! Refusals: policy said no.
//!
//! A refusal has two voices. Its `Display` is for the log and says everything; [`Refusal::told`] is for the
//! agent and says what is missing and what to do next, and nothing that would help to probe or forge.

use crate::approval::ApprovalRefusal;
use crate::budget::BudgetRefusal;
use crate::constraint::ConstraintViolation;
use crate::escape::escape;
use crate::freeze::Freeze;
use crate::name::ToolName;
use crate::proof::ProofError;
use crate::scope::Scope;
use crate::token::TokenError;
use crate::value::ArgumentsError;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such tool here.
    #[error("no tool is called `{}`", escape(.name, 64))]
    UnknownTool {
        /// The name that was asked for.
        name: String,
    },
    /// The arguments are no arguments, or not those of the tool.
    #[error(transparent)]
    Arguments(#[from] ArgumentsError),
    /// The token is not valid, or no longer.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A block does not grant the scope.
    #[error("block {block} does not grant `{scope}`")]
    ScopeNotGranted {
        /// The scope that the tool requires.
        scope: Scope,
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// A block grants the scope, but to other tools.
    #[error("block {block} grants `{scope}` to other tools than `{tool}`")]
    ToolNotGranted {
        /// The tool.
        tool: ToolName,
        /// The scope that it requires.
        scope: Scope,
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// An argument broke a constraint.
    #[error("{violation} by block {block}")]
    Constraint {
        /// Which argument broke which rule.
        violation: ConstraintViolation,
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// The proof that came with the token or the call does not count.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Nothing limits what decides where something goes or how much.
    #[error("no constraint pins the sink `{sink}` of `{tool}`, which strict verification asks for")]
    SinkUnconstrained {
        /// The tool.
        tool: ToolName,
        /// The argument.
        sink: String,
    },
    /// A total would be exceeded, or cannot be counted.
    #[error(transparent)]
    Budget(#[from] BudgetRefusal),
    /// The scope is frozen for everybody.
    #[error("scope is frozen: {0}")]
    Frozen(Freeze),
    /// The call was made outside of any session.
    #[error("no session is in force")]
    NoSession,
    /// The call was made in a session that has ended, or whose parent has.
    #[error("the session has ended")]
    SessionEnded,
    /// A person's consent is missing or does not count.
    #[error(transparent)]
    Approval(#[from] ApprovalRefusal),
    /// A layer refused.
    #[error("layer `{layer}` refused: {reason}")]
    Layer {
        /// The layer's name.
        layer: String,
        /// The layer's own stable code.
        code: &'static str,
        /// For the log.
        reason: String,
        /// For the agent.
        told: String,
        /// What may help the agent.
        next_step: &'static str,
    },
}

/// What an agent is told of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Told {
    /// The code that the agent may see.
    pub code: &'static str,
    /// What is missing.
    pub message: String,
    /// What may help.
    pub next_step: &'static str,
}

impl Refusal {
    /// The stable code for the log, as listed in `docs/errors.md`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTool { .. } => "tool.unknown",
            Self::Arguments(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::ScopeNotGranted { .. } => "scope.not_granted",
            Self::ToolNotGranted { .. } => "scope.not_granted_to_tool",
            Self::Constraint { violation, .. } => violation.code(),
            Self::Proof(error) => error.code(),
            Self::SinkUnconstrained { .. } => "constraint.sink_unconstrained",
            Self::Budget(refusal) => refusal.code(),
            Self::Frozen(_) => "freeze.in_force",
            Self::NoSession => "session.missing",
            Self::SessionEnded => "session.ended",
            Self::Approval(refusal) => refusal.code(),
            Self::Layer { code, .. } => code,
        }
    }

    /// What the agent may know.
    #[must_use]
    pub fn told(&self) -> Told {
        let (message, next_step) = match self {
            Self::UnknownTool { .. } => (self.to_string(), "call one of the listed tools"),
            Self::Arguments(_) => (self.to_string(), "correct the arguments and call again"),
            Self::Token(error) => told_of_token(error),
            Self::Proof(error) => (
                error.told().to_owned(),
                "make a new proof with the token's key and call again",
            ),
            Self::SinkUnconstrained { sink, .. } => (
                format!("the token must limit the argument `{sink}`, and does not"),
                "ask for a token that limits it",
            ),
            Self::Budget(refusal) => (
                refusal.told(),
                "do with what is left, or ask for a token with a greater budget",
            ),
            Self::ScopeNotGranted { scope, .. } => (
                format!("the call needs the scope `{scope}`, which the token does not grant"),
                "do without this call, or ask for a token that grants the scope",
            ),
            Self::ToolNotGranted { tool, scope, .. } => (
                format!("the token does not grant the scope `{scope}` to the tool `{tool}`"),
                "do without this call, or ask for a token that names the tool",
            ),
            Self::Constraint { violation, .. } => (
                violation.told(),
                "stay within the limits, or ask for a token with wider ones",
            ),
            Self::Frozen(freeze) => (
                format!(
                    "scope is frozen until {}: {}",
                    freeze.until(),
                    freeze.shown_reason()
                ),
                "wait until the freeze is over; a new token does not help",
            ),
            Self::NoSession | Self::SessionEnded => {
                (self.to_string(), "open a session with a valid token")
            }
            Self::Approval(refusal) => (refusal.told(), refusal.next_step()),
            Self::Layer {
                told, next_step, ..
            } => (told.clone(), *next_step),
        };
        Told {
            code: self.told_code(),
            message,
            next_step,
        }
    }

    fn told_code(&self) -> &'static str {
        match self {
            Self::Token(error) => error.told_code(),
            Self::Proof(error) => error.told_code(),
            Self::Approval(refusal) => refusal.told_code(),
            _ => self.code(),
        }
    }

    /// Whether observe mode may lift this refusal. It stands in for authority that is missing; a freeze or
    /// a person's word is not missing authority, and arguments that do not decode leave nothing to run.
    #[must_use]
    pub const fn may_be_observed(&self) -> bool {
        match self {
            // Whoever revokes means it, and a list that is too old may hold just that.
            Self::Token(
                TokenError::Revoked { .. }
                | TokenError::RevocationsStale { .. }
                | TokenError::RevocationsRolledBack { .. },
            ) => false,
            Self::Token(_)
            | Self::ScopeNotGranted { .. }
            | Self::ToolNotGranted { .. }
            | Self::Constraint { .. }
            | Self::SinkUnconstrained { .. }
            | Self::Budget(_)
            | Self::NoSession
            | Self::SessionEnded => true,
            Self::UnknownTool { .. }
            | Self::Arguments(_)
            | Self::Proof(_)
            | Self::Frozen(_)
            | Self::Approval(_)
            | Self::Layer { .. } => false,
        }
    }
}

fn told_of_token(error: &TokenError) -> (String, &'static str) {
    let (message, next_step) = match error {
        TokenError::Expired { .. } => ("the token has expired", NEW_TOKEN),
        TokenError::NotYetValid { .. } => ("the token is not valid yet", NEW_TOKEN),
        TokenError::Revoked { .. } => ("the token was revoked", NEW_TOKEN),
        TokenError::DelegateOnly => (
            "the token may be delegated and not used",
            "delegate it to an agent that does the work",
        ),
        TokenError::RevocationsStale { .. } | TokenError::RevocationsRolledBack { .. } => (
            "it cannot be told now whether the token was revoked",
            "try again later",
        ),
        _ => ("the token is not accepted here", NEW_TOKEN),
    };
    (message.to_owned(), next_step)
}

const NEW_TOKEN: &str = "ask whoever started you for a new token";
