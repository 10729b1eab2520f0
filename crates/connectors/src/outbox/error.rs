//! What can go wrong in the outbox, and what the model is told about it.

use std::io;

use agentsudo_tools::ToolError;

use super::address::CC_MAX;
use super::text::{BODY_MAX_BYTES, SUBJECT_MAX_CHARS};

/// A message that was not written, or not surely.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// Not one bare e-mail address.
    #[error("expected one address like `mara@customer.example`, found `{}`", found.escape_debug())]
    AddressMalformed {
        /// What was found.
        found: String,
    },
    /// More recipients than one message may have.
    #[error("expected at most {CC_MAX} addresses in `cc`, found `{found}`")]
    CcCount {
        /// How many there were.
        found: usize,
    },
    /// A subject that is empty or too long.
    #[error("expected a subject of 1 to {SUBJECT_MAX_CHARS} characters, found `{found_chars}`")]
    SubjectLength {
        /// Its length in characters.
        found_chars: usize,
    },
    /// A character in the subject that would end the line or steer its display.
    #[error("expected a subject of one line without controls, found `{}`", found.escape_unicode())]
    SubjectControl {
        /// The character.
        found: char,
    },
    /// A body that is too long.
    #[error("expected a body of at most {BODY_MAX_BYTES} bytes, found `{found_bytes}`")]
    BodyLength {
        /// Its length in bytes.
        found_bytes: usize,
    },
    /// A body that is not text.
    #[error("expected a body of text, found a NUL character in it")]
    BodyNul,
    /// An idempotency key that cannot name a file.
    #[error("expected a key of 1 to 100 of `a-z`, `A-Z`, `0-9`, `_`, `-`, found `{}`", found.escape_debug())]
    KeyMalformed {
        /// The key.
        found: String,
    },
    /// An idempotency key came back with another message.
    #[error("expected the message that idempotency key `{key}` was first used with, found another")]
    IdempotencyConflict {
        /// The key.
        key: String,
    },
    /// The message could not be put together.
    #[error("the message could not be put together")]
    Unbuildable(#[source] lettre::error::Error),
    /// The folder could not be used; no message was left in it.
    #[error("the outbox folder is not available")]
    Unavailable(#[source] io::Error),
    /// The message is in the folder, but it is not sure to survive a power cut.
    #[error("the outbox folder did not confirm the message")]
    Unconfirmed(#[source] io::Error),
    /// The thread that wrote the message vanished before it reported.
    #[error("the outbox did not report whether the message was written")]
    Unreported,
}

impl OutboxError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressMalformed { .. } => "outbox.address_malformed",
            Self::CcCount { .. } => "outbox.cc_count",
            Self::SubjectLength { .. } => "outbox.subject_length",
            Self::SubjectControl { .. } => "outbox.subject_control",
            Self::BodyLength { .. } => "outbox.body_length",
            Self::BodyNul => "outbox.body_nul",
            Self::KeyMalformed { .. } => "outbox.key_malformed",
            Self::IdempotencyConflict { .. } => "outbox.idempotency_conflict",
            Self::Unbuildable(_) => "outbox.unbuildable",
            Self::Unavailable(_) => "outbox.unavailable",
            Self::Unconfirmed(_) | Self::Unreported => "outbox.outcome_unknown",
        }
    }

    /// What the model should do next.
    fn advice(&self) -> &'static str {
        match self {
            Self::AddressMalformed { .. } => "give the bare address, without a name or brackets",
            Self::CcCount { .. } => "send fewer copies",
            Self::SubjectLength { .. } | Self::BodyLength { .. } => "shorten the text",
            Self::SubjectControl { .. } | Self::BodyNul => "remove that character",
            Self::KeyMalformed { .. } | Self::Unbuildable(_) => {
                "tell the user that the outbox needs its operator"
            }
            Self::IdempotencyConflict { .. } => "propose the message as a new call",
            Self::Unavailable(_) => "nothing was sent; try again later",
            Self::Unconfirmed(_) | Self::Unreported => {
                "do not send it again; ask the user to look into the outbox"
            }
        }
    }
}

impl From<OutboxError> for ToolError {
    fn from(error: OutboxError) -> Self {
        let (code, told) = (error.code(), format!("{error}; {}", error.advice()));
        let faced = match error {
            OutboxError::Unavailable(_) => Self::retryable(code, told),
            OutboxError::Unconfirmed(_) | OutboxError::Unreported => {
                Self::outcome_unknown(code, told)
            }
            OutboxError::AddressMalformed { .. }
            | OutboxError::CcCount { .. }
            | OutboxError::SubjectLength { .. }
            | OutboxError::SubjectControl { .. }
            | OutboxError::BodyLength { .. }
            | OutboxError::BodyNul
            | OutboxError::KeyMalformed { .. }
            | OutboxError::IdempotencyConflict { .. }
            | OutboxError::Unbuildable(_) => Self::permanent(code, told),
        };
        faced.with_source(error)
    }
}
