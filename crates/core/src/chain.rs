//! Who acts: the agents of a token's blocks, from the one that the issuer named to the one that calls.

use core::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::digest::Digest;
use crate::key::HolderKey;
use crate::name::AgentName;

/// One agent of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLink {
    /// The agent's name, as the block before it gave it.
    pub agent: AgentName,
    /// The key that the agent proves itself with.
    pub holder: HolderKey,
    /// The id of the block that made it a holder: what revocation refers to.
    pub block: Digest,
}

/// The agents that a call is made for, the root first. Cheap to clone.
///
/// Empty for a call that no verified token stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain(Arc<[ChainLink]>);

impl Chain {
    pub(crate) fn new(links: Vec<ChainLink>) -> Self {
        Self(links.into())
    }

    /// The chain of a caller who has shown no valid token.
    #[must_use]
    pub fn nobody() -> Self {
        Self(Arc::from([]))
    }

    /// The agents, the root first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &ChainLink> + ExactSizeIterator {
        self.0.iter()
    }

    /// The agent that calls.
    #[must_use]
    pub fn leaf(&self) -> Option<&ChainLink> {
        self.0.last()
    }

    /// How many agents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody stands behind the call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nobody");
        }
        for (i, link) in self.0.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { " > " }, link.agent)?;
        }
        Ok(())
    }
}

impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
