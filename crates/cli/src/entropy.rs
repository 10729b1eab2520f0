//! Random bytes from the operating system, for ids of tokens and nonces of proofs.

use agentsudo::SetupError;

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], SetupError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|source| SetupError::NoEntropy(source.to_string()))?;
    Ok(bytes)
}
