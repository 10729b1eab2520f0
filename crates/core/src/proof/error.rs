//! Why a proof does not count.

use super::stamp::MAX_PROOF_AGE_S;
use crate::key::KeyError;
use crate::timestamp::Timestamp;
use crate::token::TokenError;

/// Why a proof of possession does not count, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The bytes or the text are no proof.
    #[error("expected a proof of possession, found something else")]
    Malformed,
    /// The bytes decode, but are not the one encoding that this content has.
    #[error("proof is not in its canonical encoding")]
    NotCanonical,
    /// A version that is not known here.
    #[error("proof has version {found}, expected {}", super::PROOF_VERSION)]
    UnknownVersion {
        /// The version.
        found: u64,
    },
    /// It was made too long ago, too far ahead, or before this verifier began to remember.
    #[error("proof was made at {made_at}, expected within {MAX_PROOF_AGE_S} s of {now}")]
    OutOfTime {
        /// When it says that it was made.
        made_at: Timestamp,
        /// The time of the attempt.
        now: Timestamp,
    },
    /// The signature is not the holder's, or over something else.
    #[error("proof is not signed by the token's holder for this very use")]
    SignatureInvalid,
    /// It was used before.
    #[error("proof was used before")]
    Replayed,
    /// There is no room to remember one more proof.
    #[error("no room to remember one more proof, try again when older ones have ended")]
    GuardFull,
    /// The token must be shown with a proof.
    #[error("the token is no bearer token, expected a proof of its holder")]
    Required,
    /// The tag of a call is not made with the session's key, or over something else.
    #[error("tag does not belong to this call of this session")]
    TagInvalid,
    /// The tag was used before, or is too old to tell.
    #[error("tag {counter} was used before, or lies too far behind the newest")]
    TagReplayed {
        /// The tag's counter.
        counter: u64,
    },
    /// The other side's key would make the session's key known to everybody.
    #[error("the key agreement's public key has small order")]
    WeakAgreement,
    /// The token is not of whoever was to sign.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The signer could not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl ProofError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "proof.malformed",
            Self::NotCanonical => "proof.not_canonical",
            Self::UnknownVersion { .. } => "proof.unknown_version",
            Self::OutOfTime { .. } => "proof.out_of_time",
            Self::SignatureInvalid => "proof.signature_invalid",
            Self::Replayed => "proof.replayed",
            Self::GuardFull => "proof.guard_full",
            Self::Required => "proof.required",
            Self::TagInvalid => "session.tag_invalid",
            Self::TagReplayed { .. } => "session.tag_replayed",
            Self::WeakAgreement => "session.weak_agreement",
            Self::Token(error) => error.code(),
            Self::Key(error) => error.code(),
        }
    }

    /// The code that a caller may see: what an honest holder can mend, and nothing that helps to forge.
    #[must_use]
    pub const fn told_code(&self) -> &'static str {
        match self {
            Self::OutOfTime { .. } => "proof.out_of_time",
            Self::Replayed | Self::TagReplayed { .. } => "proof.replayed",
            Self::GuardFull => "proof.guard_full",
            Self::Required => "proof.required",
            _ => "proof.invalid",
        }
    }

    /// What the agent may know.
    #[must_use]
    pub(crate) const fn told(&self) -> &'static str {
        match self {
            Self::OutOfTime { .. } => "the proof was not made just now",
            Self::Replayed | Self::TagReplayed { .. } => "the proof was used before",
            Self::GuardFull => "too many proofs are in use",
            Self::Required => "the token must be shown with a proof of its holder",
            _ => "the proof is not accepted here",
        }
    }
}

impl From<minicbor::decode::Error> for ProofError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}
