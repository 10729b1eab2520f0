//! Why a token is refused.

use crate::budget::BudgetError;
use crate::constraint::ConstraintError;
use crate::key::KeyError;
use crate::name::NameError;
use crate::revocation::Revoked;
use crate::scope::ScopeError;
use crate::timestamp::Timestamp;
use crate::token::{
    MAX_BEARER_LIFETIME_S, MAX_BLOCKS, MAX_CLOCK_SKEW_S, MAX_TOKEN_LEN_BYTES, TOKEN_VERSION,
};
use crate::value::EncodingError;

/// Why a token is refused, as the log keeps it.
///
/// # Security
/// Callers outside see less: [`TokenError::told_code`] folds everything that would help to forge or probe
/// into `token.invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The bytes are no token.
    #[error("expected the bytes of a token, found something else")]
    Malformed,
    /// The text is no token.
    #[error(
        "expected text that starts with `{}`, found something else",
        super::TOKEN_TEXT_PREFIX
    )]
    MalformedText,
    /// The bytes decode, but are not the one encoding that this content has.
    #[error("token is not in its canonical encoding")]
    NotCanonical,
    /// The token is longer than any token may be.
    #[error("token has {found} bytes, expected at most {MAX_TOKEN_LEN_BYTES}")]
    TooLarge {
        /// Its length.
        found: usize,
    },
    /// The chain is longer than any chain may be.
    #[error("token has more than {MAX_BLOCKS} blocks")]
    TooManyBlocks,
    /// A version that is not known here.
    #[error("token has version {found}, expected {TOKEN_VERSION}")]
    UnknownVersion {
        /// The version.
        found: u64,
    },
    /// A field that is not known here, or that has no place in this kind of block.
    #[error("token has an unknown field {key}")]
    UnknownField {
        /// The field's number.
        key: u64,
    },
    /// A field that every block of this kind has.
    #[error("token lacks the field `{name}`")]
    MissingField {
        /// The field's name in `docs/token-format.md`.
        name: &'static str,
    },
    /// A constraint of a kind that is not known here.
    #[error("token has a constraint of unknown kind {kind}")]
    UnknownConstraintKind {
        /// The kind's number.
        kind: u64,
    },
    /// A constraint that cannot be one.
    #[error("token has an unsound constraint: {0}")]
    Constraint(#[from] ConstraintError),
    /// A grant whose scope is malformed.
    #[error("token has an unsound grant: {0}")]
    Scope(#[from] ScopeError),
    /// A name that is malformed.
    #[error("token has an unsound name: {0}")]
    Name(#[from] NameError),
    /// A holder key that must not be used.
    #[error("token has an unsound key: {0}")]
    Key(#[from] KeyError),
    /// No trusted issuer has this key id.
    #[error("token names an issuer that is not trusted here")]
    UnknownIssuer,
    /// A signature does not fit its block.
    #[error("signature of block {block} does not fit")]
    SignatureInvalid {
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// The time is over.
    #[error("token expired at {expired_at}, now it is {now}")]
    Expired {
        /// The first second at which it was no longer valid.
        expired_at: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
    /// The time has not come.
    #[error("token is valid from {valid_from}, now it is {now}")]
    NotYetValid {
        /// The first second at which it is valid.
        valid_from: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
    /// The issuer's clock is too far ahead of ours.
    #[error("token was issued at {issued_at}, more than {MAX_CLOCK_SKEW_S} s after now, {now}")]
    IssuedInFuture {
        /// When it says that it was issued.
        issued_at: Timestamp,
        /// The time of the decision.
        now: Timestamp,
    },
    /// The life of the token is longer than its issuer may give.
    #[error("token lives {found_s} s, expected 1 to {max_s}")]
    LifetimeTooLong {
        /// Its life in seconds.
        found_s: u64,
        /// The longest life in seconds.
        max_s: u64,
    },
    /// The token is for somebody else.
    #[error("token is not meant for the audience `{expected}`")]
    AudienceMismatch {
        /// Who we are.
        expected: String,
    },
    /// A block was delegated further than an earlier one permits.
    #[error("block {block} permits {permitted} further delegations, found {found}")]
    DepthExceeded {
        /// The block's place in the chain, the root is 0.
        block: usize,
        /// How many it permits.
        permitted: u8,
        /// How many there are.
        found: usize,
    },
    /// A budget that cannot be one.
    #[error("token has an unsound budget: {0}")]
    Budget(#[from] BudgetError),
    /// A token for its bearer that names no audience, or lives too long.
    #[error(
        "a token for its bearer must name its audiences and live at most {MAX_BEARER_LIFETIME_S} s"
    )]
    BearerUnbound,
    /// A holder that may only delegate has delegated to itself.
    #[error(
        "block {block} makes a holder of an agent or key that may delegate and not use the token"
    )]
    DelegatesToItself {
        /// The place in the chain of the block that does so, the root is 0.
        block: usize,
    },
    /// The token's holder may delegate it and not use it.
    #[error("the token's holder may delegate it and not use it")]
    DelegateOnly,
    /// A block, a holder, an agent or the issuer was revoked.
    #[error("{revoked} was revoked")]
    Revoked {
        /// What was revoked.
        revoked: Revoked,
    },
    /// The list of revocations is older than it may be.
    #[error(
        "revocations are known up to {as_of}, which is more than {max_staleness_s} s before {now}"
    )]
    RevocationsStale {
        /// Up to when they are known.
        as_of: Timestamp,
        /// How old they may be, in seconds.
        max_staleness_s: u64,
        /// The time of the decision.
        now: Timestamp,
    },
    /// The list of revocations is an older one than before.
    #[error("revocations are those of version {found}, and version {seen} was seen before")]
    RevocationsRolledBack {
        /// The list's version.
        found: u64,
        /// The greatest version that was seen.
        seen: u64,
    },
    /// Whoever presents the token does not hold its key.
    #[error("the key that was shown is not the one that the token names as its holder")]
    HolderMismatch,
}

impl TokenError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "token.malformed",
            Self::MalformedText => "token.malformed_text",
            Self::NotCanonical => "token.not_canonical",
            Self::TooLarge { .. } => "token.too_large",
            Self::TooManyBlocks => "token.too_many_blocks",
            Self::UnknownVersion { .. } => "token.unknown_version",
            Self::UnknownField { .. } => "token.unknown_field",
            Self::MissingField { .. } => "token.missing_field",
            Self::UnknownConstraintKind { .. } => "token.unknown_constraint_kind",
            Self::Constraint(_) => "token.constraint_unsound",
            Self::Scope(_) => "token.scope_unsound",
            Self::Name(_) => "token.name_unsound",
            Self::Key(_) => "token.key_unsound",
            Self::UnknownIssuer => "token.unknown_issuer",
            Self::SignatureInvalid { .. } => "token.signature_invalid",
            Self::Expired { .. } => "token.expired",
            Self::NotYetValid { .. } => "token.not_yet_valid",
            Self::IssuedInFuture { .. } => "token.issued_in_future",
            Self::LifetimeTooLong { .. } => "token.lifetime_too_long",
            Self::AudienceMismatch { .. } => "token.audience_mismatch",
            Self::DepthExceeded { .. } => "token.depth_exceeded",
            Self::Budget(_) => "token.budget_unsound",
            Self::BearerUnbound => "token.bearer_unbound",
            Self::DelegatesToItself { .. } => "token.delegates_to_itself",
            Self::DelegateOnly => "token.delegate_only",
            Self::Revoked { .. } => "token.revoked",
            Self::RevocationsStale { .. } => "revocation.stale",
            Self::RevocationsRolledBack { .. } => "revocation.rolled_back",
            Self::HolderMismatch => "token.holder_mismatch",
        }
    }

    /// The code that a caller may see. Only what its holder can mend without help is named: a new token is
    /// needed, or patience. An unknown key, a bad signature and a wrong audience look the same.
    #[must_use]
    pub const fn told_code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "token.expired",
            Self::NotYetValid { .. } => "token.not_yet_valid",
            Self::DelegateOnly => "token.delegate_only",
            Self::Revoked { .. } => "token.revoked",
            Self::RevocationsStale { .. } | Self::RevocationsRolledBack { .. } => {
                "revocation.stale"
            }
            _ => "token.invalid",
        }
    }
}

impl From<minicbor::decode::Error> for TokenError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}

impl From<EncodingError> for TokenError {
    fn from(error: EncodingError) -> Self {
        match error {
            EncodingError::Malformed => Self::Malformed,
            EncodingError::NotCanonical => Self::NotCanonical,
        }
    }
}
