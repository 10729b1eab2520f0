//! SHA-256 digests (FIPS 180-4): the names of blocks, definitions and arguments.
//!
//! Leaves out what a digest is of: every caller that hashes signed or compared bytes brings a domain of its
//! own through [`Digest::of_parts`], so that bytes of one kind never have the digest of another kind.
//! Comparison is not constant time: a digest is public, never a secret.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use crate::escape::echo;

/// A SHA-256 digest. Shown as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes, without a domain.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of parts within a domain: the domain, a zero byte, then each part after its length in
    /// bytes as eight bytes, big-endian. Different lists of parts never give the same bytes.
    #[must_use]
    pub fn of_parts(domain: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(domain.as_bytes());
        hasher.update(&[0]);
        for part in parts {
            // A length in memory fits 64 bits on every target.
            let len_bytes = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(&len_bytes.to_be_bytes());
            hasher.update(part);
        }
        hasher.finish()
    }

    /// A digest that was made before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 8 hex digits, for people; too few to tell digests apart against an adversary.
    #[must_use]
    pub fn short(&self) -> String {
        let mut hex = self.to_string();
        hex.truncate(8);
        hex
    }

    /// A digest from its 64 lower-case hex digits.
    ///
    /// # Errors
    /// [`DigestError`] for any other length or character, upper case included: one digest, one text.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let malformed = || DigestError {
            found: text.to_owned(),
        };
        if text.len() != 64 {
            return Err(malformed());
        }
        let (pairs, _) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = hex_digit(*high)
                .zip(hex_digit(*low))
                .ok_or_else(malformed)?;
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}

impl std::str::FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "malformed digest: expected 64 lower-case hex digits, found `{}`",
    echo(found)
)]
pub struct DigestError {
    found: String,
}

impl DigestError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "digest.malformed"
    }
}

/// Bytes on their way into a digest.
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl minicbor::encode::Write for Hasher {
    type Error = std::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.update(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Digest;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_published_vector_agrees() {
        assert_eq!(Digest::of(b"abc").to_string(), ABC);
    }

    #[test]
    fn the_short_form_is_eight_hex_digits() {
        assert_eq!(Digest::of(b"abc").short(), "ba7816bf");
        assert_eq!(format!("{:?}", Digest::of(b"abc")), "Digest(ba7816bf)");
    }

    #[test]
    fn json_holds_the_hex_digits() {
        let digest = Digest::of(b"abc");
        let json = serde_json::to_string(&digest).unwrap();
        assert_eq!(json, format!("\"{ABC}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    }

    #[track_caller]
    fn refused(text: &str) {
        assert_eq!(Digest::parse(text).unwrap_err().code(), "digest.malformed");
    }

    #[test]
    fn other_lengths_are_refused() {
        refused("");
        refused(ABC.trim_end_matches('d'));
        refused(&format!("{ABC}0"));
    }

    #[test]
    fn upper_case_is_refused() {
        refused(&ABC.to_uppercase());
    }

    #[test]
    fn characters_of_two_bytes_are_refused() {
        refused(&"é".repeat(32));
    }

    #[test]
    fn parts_are_told_apart() {
        let of = |parts: &[&[u8]]| Digest::of_parts("test.v1", parts);
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b""]), of(&[]));
    }

    #[test]
    fn domains_are_told_apart() {
        assert_ne!(
            Digest::of_parts("a", &[b"x"]),
            Digest::of_parts("b", &[b"x"])
        );
    }

    #[test]
    fn parts_are_hashed_after_the_domain_and_their_lengths() {
        let bytes = b"d\0\0\0\0\0\0\0\0\x02hi";
        assert_eq!(Digest::of_parts("d", &[b"hi"]), Digest::of(bytes));
    }
}
