//! Keys as tokens name them: bytes that nobody has looked at.

use core::fmt;

use serde::{Serialize, Serializer};

use super::public::hex;
use super::{KeyError, PUBLIC_KEY_LEN_BYTES, PublicKey};

/// The 32 bytes by which a token names its next holder's key.
///
/// Finding out whether they are a point of the curve costs a tenth of a signature check, which nobody who is
/// not trusted may cause: only the verifier does it, block by block, behind the signature that vouches for
/// them. In a verified chain they are a sound [`PublicKey`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderKey([u8; PUBLIC_KEY_LEN_BYTES]);

impl HolderKey {
    /// Wraps the bytes as they stand in a token.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; PUBLIC_KEY_LEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes as they stand in a token.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN_BYTES] {
        &self.0
    }

    /// The key, if the bytes are one.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`].
    pub fn to_public_key(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(&self.0)
    }

    /// Lower case hexadecimal, 64 characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }
}

impl From<PublicKey> for HolderKey {
    fn from(key: PublicKey) -> Self {
        Self(*key.as_bytes())
    }
}

impl PartialEq<PublicKey> for HolderKey {
    fn eq(&self, key: &PublicKey) -> bool {
        self.0 == *key.as_bytes()
    }
}

impl fmt::Display for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for HolderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HolderKey({self})")
    }
}

impl Serialize for HolderKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}
