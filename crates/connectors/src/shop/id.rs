//! The shop's identifiers: parsed at the edge, so that a malformed one is refused before anyone
//! decides on the call.
//!
//! *Invariant:* a value of these types matches its documented pattern; ids of two kinds cannot be
//! mixed up, neither by the compiler nor by a model that confuses its arguments.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest part of an id after its prefix, in bytes. Ours have at most seven.
const SUFFIX_MAX_BYTES: usize = 40;

/// Longest e-mail address that SMTP can carry in a path (RFC 5321, section 4.5.3.1.3), in bytes.
const EMAIL_MAX_BYTES: usize = 254;

/// A text that is not the identifier that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found `{}`", found.escape_debug())]
pub struct IdError {
    expected: &'static str,
    found: String,
}

impl IdError {
    /// The stable code of this error: `shop.id_malformed`.
    pub const fn code(&self) -> &'static str {
        "shop.id_malformed"
    }
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $pattern:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schemars(inline, extend("pattern" = $pattern))]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("Parses ", $expected, ".")]
            ///
            /// # Errors
            /// [`IdError`] if `text` does not match that pattern.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let fits = text.strip_prefix($prefix).is_some_and(is_suffix);
                if fits {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError { expected: $expected, found: text.to_owned() })
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl rusqlite::types::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                Self::parse(value.as_str()?).map_err(rusqlite::types::FromSqlError::other)
            }
        }
    };
}

prefixed_id!(
    /// A customer's id, e.g. `cus_mara`.
    CustomerId,
    "cus_",
    "^cus_[a-z0-9_]{1,40}$",
    "a customer id, `cus_` and 1 to 40 of `a-z`, `0-9`, `_`"
);

prefixed_id!(
    /// An order's id, e.g. `order_123`.
    OrderId,
    "order_",
    "^order_[a-z0-9_]{1,40}$",
    "an order id, `order_` and 1 to 40 of `a-z`, `0-9`, `_`"
);

prefixed_id!(
    /// A refund's id, e.g. `refund_1`.
    RefundId,
    "refund_",
    "^refund_[a-z0-9_]{1,40}$",
    "a refund id, `refund_` and 1 to 40 of `a-z`, `0-9`, `_`"
);

fn is_suffix(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=SUFFIX_MAX_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

/// What a customer can be looked up by: the id, or the e-mail address on file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub enum CustomerKey {
    /// The customer's id.
    Id(CustomerId),
    /// The e-mail address, compared without regard to ASCII case.
    Email(String),
}

impl CustomerKey {
    /// Parses a customer id or something that contains an `@`.
    ///
    /// # Errors
    /// [`IdError`] if `text` is neither, or longer than 254 bytes.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.contains('@') && text.len() <= EMAIL_MAX_BYTES {
            return Ok(Self::Email(text.to_owned()));
        }
        CustomerId::parse(text)
            .map(Self::Id)
            .map_err(|error| IdError {
                expected: "a customer id like `cus_mara` or an e-mail address",
                ..error
            })
    }

    /// The id or the address, as text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(id) => id.as_str(),
            Self::Email(email) => email,
        }
    }
}

impl TryFrom<String> for CustomerKey {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<CustomerKey> for String {
    fn from(key: CustomerKey) -> Self {
        key.as_str().to_owned()
    }
}

impl From<CustomerId> for CustomerKey {
    fn from(id: CustomerId) -> Self {
        Self::Id(id)
    }
}

impl fmt::Display for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().escape_debug().fmt(f)
    }
}
