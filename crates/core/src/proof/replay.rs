//! The memory of spent proofs: bounded, and on by default.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::ProofError;
use crate::digest::Digest;
use crate::timestamp::Timestamp;

/// Most proofs that a [`MemoryReplayGuard`] remembers at a time: two thousand a second, for the two minutes
/// in which a proof may count. Calls that come faster belong in a session.
pub const MAX_SPENT_PROOFS: usize = 262_144;
/// The part of these that tokens of one root may take: so that no agent keeps the others out.
const MAX_SHARE: usize = MAX_SPENT_PROOFS / 8;

/// A proof whose signature fits, about to be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpentProof {
    /// The digest of what was signed: the same for every signature over it.
    pub id: Digest,
    /// The id of the token's root block.
    pub root: Digest,
    /// When the proof was made.
    pub made_at: Timestamp,
    /// The first second at which it is refused for its age, and may be forgotten.
    pub ends_at: Timestamp,
    /// The time of the attempt.
    pub now: Timestamp,
}

/// Remembers spent proofs, so that each counts once.
///
/// Several processes that accept the same tokens under one audience need one memory: a proof that is spent
/// here would count there.
pub trait ReplayGuard: Send + Sync {
    /// Spends a proof, in one step: of two attempts at the same time one at most succeeds.
    ///
    /// # Errors
    /// [`ProofError::Replayed`] when it was spent; [`ProofError::GuardFull`] when it cannot be remembered;
    /// [`ProofError::OutOfTime`] when nobody can know whether it was spent.
    fn spend(&self, proof: &SpentProof) -> Result<(), ProofError>;
}

/// Spent proofs in this process's memory.
#[derive(Debug)]
pub struct MemoryReplayGuard {
    max: usize,
    max_share: usize,
    memory: Mutex<Memory>,
}

#[derive(Debug)]
struct Memory {
    /// By the time at which they may be forgotten.
    spent: BTreeMap<(Timestamp, Digest), Digest>,
    by_root: BTreeMap<Digest, usize>,
    /// Proofs that were made earlier are refused: this memory did not exist.
    since: Timestamp,
    /// Proofs that ended earlier were forgotten, whatever the clock says now.
    forgotten_until: Timestamp,
}

impl MemoryReplayGuard {
    /// Remembers from now on, and refuses what was made earlier: it may have been spent in the life of the
    /// process before this one.
    #[must_use]
    pub fn new(since: Timestamp) -> Self {
        Self::with_room(since, MAX_SPENT_PROOFS, MAX_SHARE)
    }

    fn with_room(since: Timestamp, max: usize, max_share: usize) -> Self {
        Self {
            max,
            max_share,
            memory: Mutex::new(Memory {
                spent: BTreeMap::new(),
                by_root: BTreeMap::new(),
                since,
                forgotten_until: Timestamp::EPOCH,
            }),
        }
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn spend(&self, proof: &SpentProof) -> Result<(), ProofError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.forget(proof.now);
        if proof.made_at < memory.since || proof.ends_at <= memory.forgotten_until {
            return Err(ProofError::OutOfTime {
                made_at: proof.made_at,
                now: proof.now,
            });
        }
        let key = (proof.ends_at, proof.id);
        if memory.spent.contains_key(&key) {
            return Err(ProofError::Replayed);
        }
        let share = memory.by_root.get(&proof.root).copied().unwrap_or(0);
        if memory.spent.len() >= self.max || share >= self.max_share {
            return Err(ProofError::GuardFull);
        }
        memory.spent.insert(key, proof.root);
        memory.by_root.insert(proof.root, share + 1);
        Ok(())
    }
}

impl Memory {
    fn forget(&mut self, now: Timestamp) {
        if now <= self.forgotten_until {
            return;
        }
        self.forgotten_until = now;
        while let Some(entry) = self.spent.first_entry()
            && entry.key().0 <= now
        {
            let root = entry.remove();
            if let Some(share) = self.by_root.get_mut(&root) {
                *share -= 1;
                if *share == 0 {
                    self.by_root.remove(&root);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MemoryReplayGuard, ReplayGuard as _, SpentProof};
    use crate::digest::Digest;
    use crate::timestamp::Timestamp;

    const NOW_S: u64 = 1_800_000_000;

    fn proof(id: u32, root: u8, made_at_s: u64, now_s: u64) -> SpentProof {
        SpentProof {
            id: Digest::of(&id.to_be_bytes()),
            root: Digest::of(&[root]),
            made_at: Timestamp::from_unix_s(made_at_s),
            ends_at: Timestamp::from_unix_s(made_at_s + 61),
            now: Timestamp::from_unix_s(now_s),
        }
    }

    #[track_caller]
    fn check(guard: &MemoryReplayGuard, proof: SpentProof, expected: &str) {
        let found = guard.spend(&proof).map_or_else(|e| e.code(), |()| "ok");
        assert_eq!(found, expected);
    }

    #[test]
    fn a_proof_is_spent_once() {
        let guard = MemoryReplayGuard::new(Timestamp::EPOCH);
        check(&guard, proof(1, 0, NOW_S, NOW_S), "ok");
        check(&guard, proof(1, 0, NOW_S, NOW_S + 60), "proof.replayed");
        check(&guard, proof(2, 0, NOW_S, NOW_S), "ok");
    }

    #[test]
    fn a_clock_set_back_brings_no_proof_back() {
        let guard = MemoryReplayGuard::new(Timestamp::EPOCH);
        check(&guard, proof(1, 0, NOW_S, NOW_S), "ok");
        check(&guard, proof(2, 0, NOW_S + 61, NOW_S + 61), "ok");
        check(&guard, proof(1, 0, NOW_S, NOW_S), "proof.out_of_time");
    }

    #[test]
    fn a_new_process_refuses_what_the_one_before_may_have_seen() {
        let guard = MemoryReplayGuard::new(Timestamp::from_unix_s(NOW_S));
        check(&guard, proof(1, 0, NOW_S - 1, NOW_S), "proof.out_of_time");
        check(&guard, proof(2, 0, NOW_S, NOW_S), "ok");
    }

    #[test]
    fn one_root_cannot_fill_the_memory() {
        let guard = MemoryReplayGuard::with_room(Timestamp::EPOCH, 4, 2);
        check(&guard, proof(1, 0, NOW_S, NOW_S), "ok");
        check(&guard, proof(2, 0, NOW_S, NOW_S), "ok");
        check(&guard, proof(3, 0, NOW_S, NOW_S), "proof.guard_full");
        check(&guard, proof(4, 1, NOW_S, NOW_S), "ok");
    }

    #[test]
    fn a_full_memory_refuses_and_has_room_again_when_proofs_have_ended() {
        let guard = MemoryReplayGuard::with_room(Timestamp::EPOCH, 2, 2);
        check(&guard, proof(1, 0, NOW_S, NOW_S), "ok");
        check(&guard, proof(2, 1, NOW_S, NOW_S), "ok");
        check(&guard, proof(3, 2, NOW_S, NOW_S), "proof.guard_full");
        check(&guard, proof(1, 0, NOW_S, NOW_S), "proof.replayed");
        check(&guard, proof(4, 2, NOW_S + 61, NOW_S + 61), "ok");
    }
}
