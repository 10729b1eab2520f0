//! Capability tokens: signed bytes that grant scopes to an agent, under constraints, until a time.
//!
//! A token is a chain of blocks. The root block is signed by an issuer; each further block is a delegation,
//! signed by the holder named in the block before. A delegation says only what it *adds*: the next holder
//! and more restrictions. What the token allows is what every block allows, so nothing has to be proved a
//! subset and no block can widen anything.
//!
//! Owns the bytes, their text form and the builders. Leaves every rule to [`crate::verify`]: the builders
//! run the verifier's rules on what they made, and leave signatures to verifiers.
//! `docs/token-format.md` describes the bytes.

mod block;
mod delegation;
mod error;
mod field;
mod grant;
mod mint;
mod text;
mod view;

use core::fmt;
use std::sync::Arc;

pub(crate) use block::{Block, Limits, Root};
pub use delegation::Delegation;
pub use error::TokenError;
pub use field::Field;
pub use grant::Grant;
pub use mint::Mint;
pub use text::TOKEN_TEXT_PREFIX;
pub use view::{BlockClaims, RootClaims};

use crate::chain::{Chain, ChainLink};
use crate::digest::Digest;
use crate::key::{PublicKey, SIGNATURE_LEN_BYTES, Signature, Signer};
use crate::name::AgentName;

/// The version of the format that this crate writes and reads. Any other is refused.
pub const TOKEN_VERSION: u64 = 1;
/// Longest token: fits an HTTP header line of the common servers, and its decoding stays below 100 µs.
pub const MAX_TOKEN_LEN_BYTES: usize = 16_384;
/// Most blocks of a chain: one root and fifteen delegations. Each costs one signature check.
pub const MAX_BLOCKS: usize = 16;
/// Most grants of one block.
pub const MAX_GRANTS: usize = 256;
/// Most tools that one grant may name.
pub const MAX_TOOLS_PER_GRANT: usize = 64;
/// Most constraints of one block: each is looked at in every call.
pub const MAX_CONSTRAINTS: usize = 64;
/// Most audiences of one block.
pub const MAX_AUDIENCES: usize = 16;
/// Most budgets of one block: each is charged in every call that it counts.
pub const MAX_BUDGETS: usize = 16;
/// Most rules about a person's consent of one block.
pub const MAX_CONSENTS: usize = 16;
/// Longest life of a token that its bearer may use without a proof: whoever finds it, has it.
pub const MAX_BEARER_LIFETIME_S: u64 = 3_600;
/// Longest life of any token, whatever an issuer allows: 31 days.
pub const MAX_LIFETIME_S: u64 = 31 * 86_400;
/// Longest life of a token whose issuer is trusted without a limit of its own: one day.
pub const DEFAULT_MAX_LIFETIME_S: u64 = 86_400;
/// How far ahead of ours an issuer's clock may be: one minute.
pub const MAX_CLOCK_SKEW_S: u64 = 60;

/// A random id that tells two otherwise equal tokens apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId([u8; Self::LEN_BYTES]);

impl TokenId {
    /// Bytes of an id.
    pub const LEN_BYTES: usize = 12;

    /// Wraps random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN_BYTES] {
        &self.0
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenId(")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// Who a block makes the holder: a name for people, a key for proofs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    agent: AgentName,
    key: PublicKey,
}

impl Holder {
    /// Names the agent and its key.
    #[must_use]
    pub const fn new(agent: AgentName, key: PublicKey) -> Self {
        Self { agent, key }
    }

    /// The agent's name.
    #[must_use]
    pub const fn agent(&self) -> &AgentName {
        &self.agent
    }

    /// The key by which the agent proves that it holds the token.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

/// A well-formed token that nobody has verified: its bytes, decoded, in the one canonical encoding.
///
/// Proves nothing but its form. [`crate::Verifier::verify`] decides whether it is worth anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    bytes: Arc<[u8]>,
    blocks: Arc<[SignedBlock]>,
}

/// One block with its signature, as decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedBlock {
    pub(crate) block: Block,
    /// The hash of what is signed: the id of the block before (none for a root) and this block's bytes.
    pub(crate) id: Digest,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Signature,
}

impl Token {
    /// Decodes the bytes of a token: bounded, and refusing every encoding but the canonical one.
    ///
    /// # Errors
    /// [`TokenError`] with the `token.*` codes that are about form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TokenError> {
        if bytes.len() > MAX_TOKEN_LEN_BYTES {
            return Err(TokenError::TooLarge { found: bytes.len() });
        }
        let blocks = block::decode_chain(bytes)?;
        let token = Self::from_blocks(blocks)?;
        if *token.bytes == *bytes {
            Ok(token)
        } else {
            Err(TokenError::NotCanonical)
        }
    }

    fn from_blocks(blocks: Vec<SignedBlock>) -> Result<Self, TokenError> {
        Ok(Self {
            bytes: block::assemble(&blocks)?.into(),
            blocks: blocks.into(),
        })
    }

    /// The bytes, as they travel.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn blocks(&self) -> &[SignedBlock] {
        &self.blocks
    }

    /// The id of the last block, if this signer has the key that the block names.
    pub(crate) fn id_held_by(&self, holder: &dyn Signer) -> Result<Digest, TokenError> {
        let last = self.blocks.last().ok_or(TokenError::Malformed)?;
        if last.block.holder_key == holder.public_key() {
            Ok(last.id)
        } else {
            Err(TokenError::HolderMismatch)
        }
    }

    /// The agents that the blocks *claim*, the root first; nobody vouches for them before verification.
    #[must_use]
    pub fn claimed_chain(&self) -> Chain {
        let links = self.blocks.iter().map(|signed| ChainLink {
            agent: signed.block.agent.clone(),
            holder: signed.block.holder_key,
            block: signed.id,
        });
        Chain::new(links.collect())
    }

    /// The agent that the last block *claims* as its holder; trust it only after verification.
    #[must_use]
    pub fn claimed_agent(&self) -> Option<&AgentName> {
        self.blocks.last().map(|signed| &signed.block.agent)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agents = self.blocks.iter().map(|signed| signed.block.agent.as_str());
        f.debug_struct("Token")
            .field("agents", &agents.collect::<Vec<_>>())
            .field("len_bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

const _: () = assert!(
    SIGNATURE_LEN_BYTES == 64,
    "the format writes signatures of 64 bytes"
);
