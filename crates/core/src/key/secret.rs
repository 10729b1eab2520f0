//! Secret keys held in memory.

use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use super::{KeyError, PublicKey, Signature, Signer, SigningInput};

/// Bytes of the seed of an Ed25519 secret key (RFC 8032, section 5.1.5).
pub const SECRET_KEY_LEN_BYTES: usize = 32;

/// A secret key in this process's memory.
///
/// # Security
/// Wiped on drop, not `Clone`, and `Debug` shows the public half only. Code in the same process can read
/// memory: where that matters, keep the key elsewhere and implement [`Signer`].
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Takes 32 bytes of entropy as the seed and wipes the caller's copy.
    ///
    /// # Security
    /// The bytes must come from a cryptographic source; this crate has none on purpose.
    #[must_use]
    pub fn from_seed(seed: &mut [u8; SECRET_KEY_LEN_BYTES]) -> Self {
        let key = SigningKey::from_bytes(seed);
        zeroize::Zeroize::zeroize(seed);
        Self(key)
    }

    pub(crate) const fn from_dalek(key: SigningKey) -> Self {
        Self(key)
    }

    pub(crate) const fn as_dalek(&self) -> &SigningKey {
        &self.0
    }
}

impl Signer for SecretKey {
    fn public_key(&self) -> PublicKey {
        PublicKey::from_dalek(self.0.verifying_key())
    }

    fn sign(&self, input: &SigningInput) -> Result<Signature, KeyError> {
        Ok(Signature::from_bytes(
            self.0.sign(input.as_bytes()).to_bytes(),
        ))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public_key())
    }
}
