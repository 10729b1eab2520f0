//! One e-mail address, in a deliberately small part of what RFC 5322 allows.
//!
//! An address is a sink: it decides where data goes. So there is one way to write it, and no room
//! for a second reading: no display names, comments, quoted parts, lists, address literals,
//! controls or look-alike letters. What is refused is refused before anyone decides on the call.
//!
//! *Invariant:* an address is `local@domain` in ASCII, and is used byte for byte as it was decided.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::OutboxError;

/// Longest address that SMTP can carry in a path (RFC 5321, section 4.5.3.1.3), in bytes.
pub const ADDRESS_MAX_BYTES: usize = 254;

/// Most addresses in `cc`: a colleague or two, not a mailing.
pub const CC_MAX: usize = 10;

/// Longest local part (RFC 5321, section 4.5.3.1.1), in bytes.
const LOCAL_MAX_BYTES: usize = 64;

/// Longest label of a domain name (RFC 1035, section 2.3.4), in bytes.
const LABEL_MAX_BYTES: usize = 63;

/// An e-mail address such as `mara@customer.example`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("format" = "email", "maxLength" = 254))]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Parses one bare address.
    ///
    /// The local part is letters, digits, `_`, `+`, `-` and single inner dots; the domain is at
    /// least two labels of letters, digits and inner hyphens.
    ///
    /// # Errors
    /// [`OutboxError::AddressMalformed`] for everything else.
    pub fn parse(text: &str) -> Result<Self, OutboxError> {
        let fits = text.len() <= ADDRESS_MAX_BYTES
            && text
                .split_once('@')
                .is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(OutboxError::AddressMalformed {
                found: text.to_owned(),
            })
        }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = OutboxError;

    fn try_from(text: String) -> Result<Self, OutboxError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The addresses that get a copy: at most ten.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<EmailAddress>", into = "Vec<EmailAddress>")]
#[schemars(inline, extend("maxItems" = 10))]
pub struct Copies(Vec<EmailAddress>);

impl Copies {
    /// Takes a list of addresses, which may be empty.
    ///
    /// # Errors
    /// [`OutboxError::CcCount`] if there are more than [`CC_MAX`].
    pub fn new(addresses: Vec<EmailAddress>) -> Result<Self, OutboxError> {
        if addresses.len() > CC_MAX {
            return Err(OutboxError::CcCount {
                found: addresses.len(),
            });
        }
        Ok(Self(addresses))
    }

    /// The addresses, in the order in which they were given.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &EmailAddress> {
        self.0.iter()
    }
}

impl TryFrom<Vec<EmailAddress>> for Copies {
    type Error = OutboxError;

    fn try_from(addresses: Vec<EmailAddress>) -> Result<Self, OutboxError> {
        Self::new(addresses)
    }
}

impl From<Copies> for Vec<EmailAddress> {
    fn from(copies: Copies) -> Self {
        copies.0
    }
}

fn is_local_part(local: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
    local.len() <= LOCAL_MAX_BYTES
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(allowed))
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_MAX_BYTES).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
