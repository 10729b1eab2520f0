//! A chain whose signatures fit, compiled for deciding, and the bounded memory of such chains.
//!
//! *Invariants:* only chains that passed every check that depends on nothing but their bytes get in here,
//! under the hash of all of these bytes, signatures included; whatever depends on the time, on who is trusted
//! or on what was revoked is asked again at each use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::capability::Terms;
use crate::chain::Chain;
use crate::constraint::MAX_COMPILED_PATTERN_BYTES;
use crate::digest::Digest;
use crate::key::PublicKey;
use crate::rules::BlockRules;

/// How much of verified chains a verifier remembers: some thousands of usual ones. In bytes, reckoned from
/// the tokens' lengths and the regular expressions in them.
pub const CHAIN_CACHE_LEN_BYTES: usize = 8 * 1_024 * 1_024;
/// What a chain takes in memory besides its tokens' bytes.
const OVERHEAD_LEN_BYTES: usize = 512;
/// How many times the length of a token its compiled form takes, about.
const EXPANSION: usize = 8;

/// A chain whose signatures fit.
#[derive(Debug)]
pub(crate) struct VerifiedChain {
    /// The id of the last block, which names the token as a whole.
    pub(crate) id: Digest,
    pub(crate) issuer: PublicKey,
    pub(crate) chain: Chain,
    pub(crate) terms: Terms,
    pub(crate) blocks: Vec<BlockRules>,
    /// The key of the last block's holder.
    pub(crate) holder: PublicKey,
    /// Whether every block lets the token be used by whoever shows it.
    pub(crate) is_bearer: bool,
    /// Whether the last block's holder may only delegate.
    pub(crate) is_delegate_only: bool,
    /// What it takes in memory, about.
    pub(crate) len_bytes: usize,
}

impl VerifiedChain {
    /// The id of the root block.
    pub(crate) fn root_id(&self) -> Digest {
        let root = self.chain.iter().next();
        root.map_or(self.id, |link| link.block)
    }
}

pub(crate) const fn reckon_len_bytes(token_len_bytes: usize, patterns: usize) -> usize {
    OVERHEAD_LEN_BYTES + EXPANSION * token_len_bytes + MAX_COMPILED_PATTERN_BYTES * patterns
}

/// Remembers verified chains by the hash of their bytes, in two generations: when the young one is full, it
/// becomes the old one, and what nobody asks for again is forgotten.
#[derive(Debug)]
pub(crate) struct ChainCache {
    capacity_bytes: usize,
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: BTreeMap<Digest, Arc<VerifiedChain>>,
    old: BTreeMap<Digest, Arc<VerifiedChain>>,
    young_len_bytes: usize,
}

impl ChainCache {
    pub(crate) fn new(capacity_bytes: usize) -> Self {
        Self {
            capacity_bytes,
            generations: Mutex::default(),
        }
    }

    pub(crate) fn find(&self, hash: &Digest) -> Option<Arc<VerifiedChain>> {
        let mut generations = self.lock();
        if let Some(found) = generations.young.get(hash) {
            return Some(Arc::clone(found));
        }
        let found = generations.old.remove(hash)?;
        generations.insert(*hash, Arc::clone(&found), self.capacity_bytes / 2);
        Some(found)
    }

    pub(crate) fn insert(&self, hash: Digest, chain: &Arc<VerifiedChain>) {
        let mut generations = self.lock();
        generations.insert(hash, Arc::clone(chain), self.capacity_bytes / 2);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn insert(&mut self, hash: Digest, chain: Arc<VerifiedChain>, half_bytes: usize) {
        if chain.len_bytes > half_bytes || self.young.contains_key(&hash) {
            return;
        }
        if self.young_len_bytes + chain.len_bytes > half_bytes {
            self.old = core::mem::take(&mut self.young);
            self.young_len_bytes = 0;
        }
        self.young_len_bytes += chain.len_bytes;
        self.young.insert(hash, chain);
    }
}
