//! Keys as PEM text: PKCS#8 for secrets, SubjectPublicKeyInfo for public keys (RFC 8410), the same that
//! `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write.

use core::fmt;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _,
};
use ed25519_dalek::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::{KeyError, PublicKey, SecretKey};

const PRIVATE: &str = "an Ed25519 private key as PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`)";
const PUBLIC: &str = "an Ed25519 public key as PEM (`-----BEGIN PUBLIC KEY-----`)";

/// PEM text of a secret key: wiped on drop, hidden from `Debug`.
pub struct SecretPem(Zeroizing<String>);

impl SecretPem {
    /// The text, for the one place that writes it to a key file.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretPem(..)")
    }
}

impl SecretKey {
    /// Reads a PKCS#8 PEM document, of version 1 or 2.
    ///
    /// # Errors
    /// [`KeyError::InvalidPem`] for anything else; the text is never part of the error.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(pem)
            .map_err(|_| KeyError::InvalidPem { expected: PRIVATE })?;
        Ok(Self::from_dalek(key))
    }

    /// Writes the key as a PKCS#8 PEM document.
    ///
    /// # Errors
    /// [`KeyError::InvalidPem`] when encoding fails, which a sound key does not.
    pub fn to_pkcs8_pem(&self) -> Result<SecretPem, KeyError> {
        let pem = self
            .as_dalek()
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| KeyError::InvalidPem { expected: PRIVATE })?;
        Ok(SecretPem(pem))
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo PEM document.
    ///
    /// # Errors
    /// [`KeyError::InvalidPem`] for anything else, also when its bytes are no point; [`KeyError::Weak`] and,
    /// for a second spelling of a point, [`KeyError::InvalidPoint`] as for [`PublicKey::from_bytes`].
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_public_key_pem(pem)
            .map_err(|_| KeyError::InvalidPem { expected: PUBLIC })?;
        Self::from_bytes(key.as_bytes())
    }

    /// Writes the key as a SubjectPublicKeyInfo PEM document.
    ///
    /// # Errors
    /// [`KeyError::InvalidPem`] when encoding fails, which a sound key does not.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.as_dalek()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|_| KeyError::InvalidPem { expected: PUBLIC })
    }
}
