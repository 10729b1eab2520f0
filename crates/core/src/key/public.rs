//! Public keys and the short ids by which tokens name issuers.

use core::fmt;
use core::str::FromStr;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{KeyError, PUBLIC_KEY_LEN_BYTES, Signature, SigningInput};
use crate::digest::Digest;

/// An Ed25519 public key that is fit to verify with.
///
/// *Invariant:* a canonical point that is not of small order. Under a small-order key one signature fits
/// many messages, so such a key is refused when it is read, not when it is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032, section 5.1.5.
    ///
    /// # Errors
    /// [`KeyError::InvalidPoint`] for bytes that are no point or not its canonical encoding;
    /// [`KeyError::Weak`] for a point of small order.
    pub fn from_bytes(bytes: &[u8; PUBLIC_KEY_LEN_BYTES]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::InvalidPoint)?;
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        // Decompression folds y-coordinates above the field's prime, which gives some points a second
        // spelling. The other one, zero with a sign, belongs to points of small order only.
        if !is_reduced(bytes) {
            return Err(KeyError::InvalidPoint);
        }
        Ok(Self(key))
    }

    pub(crate) const fn from_dalek(key: VerifyingKey) -> Self {
        Self(key)
    }

    pub(crate) const fn as_dalek(&self) -> &VerifyingKey {
        &self.0
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN_BYTES] {
        self.0.as_bytes()
    }

    /// The id under which tokens name this key as their issuer: the first eight bytes of its SHA-256.
    #[must_use]
    pub fn issuer_id(&self) -> IssuerKeyId {
        let digest = Digest::of(self.as_bytes());
        let mut id = [0; IssuerKeyId::LEN_BYTES];
        for (to, from) in id.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        IssuerKeyId(id)
    }

    /// Whether the signature over the input was made with this key, by the strict rules: canonical `S`,
    /// no small-order `R`, no cofactor.
    #[must_use]
    pub fn verifies(&self, input: &SigningInput, signature: &Signature) -> bool {
        // The library refuses it as well, unless some other package of the build switches that off.
        if !has_reduced_scalar(signature) {
            return false;
        }
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        self.0.verify_strict(input.as_bytes(), &signature).is_ok()
    }

    /// Lower case hexadecimal, 64 characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(self.as_bytes())
    }
}

/// The order of the base point, 2^252 + 27742317777372353535851937790883648493, in little-endian bytes.
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Whether `S`, the second half, lies below the group's order (RFC 8032, section 5.1.7): with the order added
/// it would be a second signature over the same bytes.
fn has_reduced_scalar(signature: &Signature) -> bool {
    let scalar = signature.as_bytes().iter().rev().take(GROUP_ORDER.len());
    scalar.lt(GROUP_ORDER.iter().rev())
}

/// Whether the y-coordinate, the bytes without the sign bit, lies below 2^255 - 19.
fn is_reduced(bytes: &[u8; PUBLIC_KEY_LEN_BYTES]) -> bool {
    let [lowest, middle @ .., highest] = bytes;
    highest & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff) || *lowest < 0xed
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl core::hash::Hash for PublicKey {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.issuer_id())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut bytes = [0_u8; PUBLIC_KEY_LEN_BYTES];
        let digits = text.as_bytes();
        if digits.len() != PUBLIC_KEY_LEN_BYTES * 2 {
            return Err(KeyError::InvalidHex);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
        }
        Self::from_bytes(&bytes)
    }
}

const fn hex_digit(digit: u8) -> Result<u8, KeyError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(KeyError::InvalidHex),
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// How a token names the key of its issuer: the first eight bytes of the key's SHA-256.
///
/// Only a name. Which key it stands for is the verifier's own list, so a collision makes two issuers
/// clash when they are configured and never lets one speak for the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuerKeyId([u8; Self::LEN_BYTES]);

impl IssuerKeyId {
    /// Bytes of an id.
    pub const LEN_BYTES: usize = 8;

    /// Wraps the bytes as they stand in a token.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes as they stand in a token.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN_BYTES] {
        &self.0
    }
}

impl fmt::Display for IssuerKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for IssuerKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerKeyId({self})")
    }
}
