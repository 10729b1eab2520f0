//! Agents: named principals, each with a key of its own.

use std::fmt;
use std::sync::Arc;

use agentsudo_core::{
    AgentName, Audience, Holder, Invocation, InvocationProof, Refusal, SecretKey, Signer,
    Timestamp, Token,
};

use crate::entropy::{generate_key, random};
use crate::setup_error::SetupError;

/// A named principal with a key. It has no rights: those are in tokens.
#[derive(Clone)]
pub struct Agent {
    name: AgentName,
    key: Arc<dyn Signer>,
}

impl Agent {
    /// An agent with a new key in memory.
    ///
    /// # Errors
    /// [`SetupError::Name`] for a malformed name, [`SetupError::NoEntropy`] without random bytes.
    pub fn generate(name: &str) -> Result<Self, SetupError> {
        Ok(Self::new(AgentName::parse(name)?, generate_key()?))
    }

    /// An agent whose key is in memory already.
    #[must_use]
    pub fn new(name: AgentName, key: SecretKey) -> Self {
        Self {
            name,
            key: Arc::new(key),
        }
    }

    /// An agent whose key lives elsewhere.
    #[must_use]
    pub fn with_signer(name: AgentName, key: Arc<dyn Signer>) -> Self {
        Self { name, key }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &AgentName {
        &self.name
    }

    /// The agent as the holder of a token.
    #[must_use]
    pub fn holder(&self) -> Holder {
        Holder::new(self.name.clone(), self.key.public_key())
    }

    /// Signs one call with a fresh nonce, for the verifier that calls itself by `audience`. It counts once,
    /// within a minute of `now`, and for nothing else.
    ///
    /// # Errors
    /// [`SetupError::Refused`] when the token is not this agent's, [`SetupError::NoEntropy`] without random
    /// bytes.
    pub fn sign_call(
        &self,
        token: &Token,
        audience: &Audience,
        invocation: &Invocation<'_>,
        now: Timestamp,
    ) -> Result<InvocationProof, SetupError> {
        let nonce = random()?;
        let proof = InvocationProof::sign(token, audience, invocation, now, nonce, &*self.key);
        Ok(proof.map_err(Refusal::Proof)?)
    }

    pub(crate) fn signer(&self) -> &Arc<dyn Signer> {
        &self.key
    }
}

/// What an issuer or a delegation needs of an agent: the name and the public key.
impl From<&Agent> for Holder {
    fn from(agent: &Agent) -> Self {
        agent.holder()
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("name", &self.name)
            .field("key", &self.key.public_key())
            .finish()
    }
}
