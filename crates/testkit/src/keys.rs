//! Keys that everybody can compute.

use std::sync::Arc;

use agentsudo_core::{AgentName, SECRET_KEY_LEN_BYTES, SecretKey};
use agentsudo_runtime::{Agent, Clock, Issuer, SetupError};

/// The key of a seed byte: the same in every run, and no secret.
#[must_use]
pub fn seeded_key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&mut [seed; SECRET_KEY_LEN_BYTES])
}

/// An agent with the key of a seed byte.
///
/// # Errors
/// [`SetupError::Name`] for a malformed name.
pub fn seeded_agent(name: &str, seed: u8) -> Result<Agent, SetupError> {
    Ok(Agent::new(AgentName::parse(name)?, seeded_key(seed)))
}

/// An issuer with the key of a seed byte.
#[must_use]
pub fn seeded_issuer(seed: u8, clock: impl Clock + 'static) -> Issuer {
    Issuer::new(Arc::new(seeded_key(seed)), Arc::new(clock))
}
