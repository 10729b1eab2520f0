//! Ed25519 keys, signatures and the `Signer` seam.
//!
//! Owns what a key is and how a signature is made and checked. Leaves out where keys are kept: files
//! belong to the runtime, entropy to the caller.
//!
//! *Invariants:* a [`PublicKey`] is never weak (small order) and has the one canonical encoding; a
//! signature is made and checked over a [`SigningInput`] only, so a key that signs approvals can never be
//! talked into signing a token; secrets are wiped on drop and never shown by `Debug`.

mod holder;
mod pem;
mod public;
mod secret;
mod signing_input;

use core::fmt;

pub use holder::HolderKey;
pub use pem::SecretPem;
pub use public::{IssuerKeyId, PublicKey};
pub use secret::{SECRET_KEY_LEN_BYTES, SecretKey};
pub use signing_input::{Domain, SigningInput};

/// Bytes of an Ed25519 public key (RFC 8032, section 5.1.5).
pub const PUBLIC_KEY_LEN_BYTES: usize = 32;
/// Bytes of an Ed25519 signature (RFC 8032, section 5.1.6).
pub const SIGNATURE_LEN_BYTES: usize = 64;

/// An Ed25519 signature: the bytes as they came, not yet checked against anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; SIGNATURE_LEN_BYTES]);

impl Signature {
    /// Wraps the 64 bytes of RFC 8032.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; SIGNATURE_LEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes of RFC 8032.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; SIGNATURE_LEN_BYTES] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// Something that signs with one Ed25519 key, wherever that key lives: in memory, in a file, in an HSM.
///
/// A signer is handed a [`SigningInput`], which only this crate makes and which names its domain. A
/// signer that refuses some domains is therefore a few lines long.
pub trait Signer: Send + Sync {
    /// The public half of the key that [`Signer::sign`] uses.
    fn public_key(&self) -> PublicKey;

    /// Signs the input.
    ///
    /// # Errors
    /// [`KeyError::SignerUnavailable`] when the key cannot be reached or refuses.
    fn sign(&self, input: &SigningInput) -> Result<Signature, KeyError>;
}

impl<S: Signer + ?Sized> Signer for std::sync::Arc<S> {
    fn public_key(&self) -> PublicKey {
        (**self).public_key()
    }

    fn sign(&self, input: &SigningInput) -> Result<Signature, KeyError> {
        (**self).sign(input)
    }
}

/// Why a key could not be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are no point of the curve in its canonical encoding.
    #[error("public key is no canonical point of Ed25519, expected the 32 bytes of RFC 8032")]
    InvalidPoint,
    /// The key has small order: signatures under it prove nothing.
    #[error("public key has small order, a signature under it would prove nothing")]
    Weak,
    /// The PEM text is not what was expected.
    #[error("expected {expected}, found text that is not")]
    InvalidPem {
        /// The document that was expected.
        expected: &'static str,
    },
    /// A key written as hexadecimal has another length or other characters.
    #[error("expected {PUBLIC_KEY_LEN_BYTES} bytes as lower case hexadecimal")]
    InvalidHex,
    /// The signer could not sign.
    #[error("signer did not sign: {reason}")]
    SignerUnavailable {
        /// What the signer says.
        reason: String,
    },
}

impl KeyError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidPoint => "key.invalid_point",
            Self::Weak => "key.weak",
            Self::InvalidPem { .. } => "key.invalid_pem",
            Self::InvalidHex => "key.invalid_hex",
            Self::SignerUnavailable { .. } => "key.signer_unavailable",
        }
    }
}

#[cfg(test)]
mod tests;
