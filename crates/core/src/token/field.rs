//! The fields of a block: the one list that writing, reading, verifying and testing them goes by.

/// A field of a block. Its place in this list is its number in the bytes.
///
/// # Security
/// Each `match` over the fields is exhaustive, here and in the tests that hand-sign a block which tries to
/// widen its parent: a new field does not build before it has an encoding and a law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// The version of the format; root only.
    Version,
    /// The id of the issuer's key; root only.
    Issuer,
    /// Random bytes; root only.
    TokenId,
    /// When the root was signed; root only.
    IssuedAt,
    /// The end, in seconds after the root was issued.
    ExpiresAfterS,
    /// The beginning, in seconds after the root was issued.
    ValidAfterS,
    /// The key of the next holder.
    HolderKey,
    /// The name of the next holder.
    Agent,
    /// The verifiers that may accept the token.
    Audiences,
    /// The scopes that are granted or kept.
    Grants,
    /// The rules on arguments.
    Constraints,
    /// How many blocks may follow.
    Depth,
    /// The rules on totals.
    Budgets,
    /// The calls that a person has to consent to.
    Approvals,
    /// The holder may delegate the token and not use it.
    DelegateOnly,
    /// Whoever shows the token may use it.
    Bearer,
}

impl Field {
    /// All fields, by number.
    pub const ALL: [Self; 16] = [
        Self::Version,
        Self::Issuer,
        Self::TokenId,
        Self::IssuedAt,
        Self::ExpiresAfterS,
        Self::ValidAfterS,
        Self::HolderKey,
        Self::Agent,
        Self::Audiences,
        Self::Grants,
        Self::Constraints,
        Self::Depth,
        Self::Budgets,
        Self::Approvals,
        Self::DelegateOnly,
        Self::Bearer,
    ];

    /// The number by which blocks name the field.
    #[must_use]
    pub const fn key(self) -> u64 {
        self as u64
    }

    /// The field of a number.
    #[must_use]
    pub fn of_key(key: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }

    /// Its name in `docs/token-format.md`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Issuer => "issuer",
            Self::TokenId => "token_id",
            Self::IssuedAt => "issued_at",
            Self::ExpiresAfterS => "expires_after_s",
            Self::ValidAfterS => "valid_after_s",
            Self::HolderKey => "holder_key",
            Self::Agent => "agent",
            Self::Audiences => "audiences",
            Self::Grants => "grants",
            Self::Constraints => "constraints",
            Self::Depth => "depth",
            Self::Budgets => "budgets",
            Self::Approvals => "approvals",
            Self::DelegateOnly => "delegate_only",
            Self::Bearer => "bearer",
        }
    }

    /// Whether only a root has it.
    #[must_use]
    pub const fn is_of_root(self) -> bool {
        matches!(
            self,
            Self::Version | Self::Issuer | Self::TokenId | Self::IssuedAt
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn fields_are_listed_by_number_and_without_gaps() {
        let keys = Field::ALL.map(Field::key);
        assert!(keys.into_iter().eq(0..16));
        assert_eq!(Field::of_key(15), Some(Field::Bearer));
        assert_eq!(Field::of_key(16), None);
    }
}
