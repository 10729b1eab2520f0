//! Random bytes from the operating system; the runtime's only source of them.

use agentsudo_core::SecretKey;

use crate::setup_error::SetupError;

/// Random bytes.
///
/// # Errors
/// [`SetupError::NoEntropy`] when the operating system gives none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SetupError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|source| SetupError::NoEntropy(source.to_string()))?;
    Ok(bytes)
}

/// A new secret key.
///
/// # Errors
/// [`SetupError::NoEntropy`] when the operating system gives no random bytes.
pub fn generate_key() -> Result<SecretKey, SetupError> {
    let mut seed = random()?;
    Ok(SecretKey::from_seed(&mut seed))
}
