//! How many refusals of callers who proved nothing are written.
//!
//! *Threat:* a flood of worthless tokens that fills the disk of the trail, after which nothing may run; or
//! that buries, under refusals of one kind, the one that matters. So each code has a quota of its own, and
//! what is beyond it is counted.
//!
//! *Invariants:* each of these refusals is in a record of its own or in [`AuditRecord::suppressed`] of a
//! later one; what a session does is never counted here, since it has proved whose it is. Codes are part of
//! the program, so there is one counter for each of them and no more, whatever callers send.
//!
//! [`AuditRecord::suppressed`]: agentsudo_core::AuditRecord::suppressed

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agentsudo_core::Timestamp;

/// Most records for refusals of one code, by callers who proved nothing, within [`REFUSAL_WINDOW`]: enough
/// to see what is going on. Such a record has at most 4 KiB, so a flood with one kind of token writes at
/// most 40 kB a minute.
pub const MAX_REFUSALS_PER_CODE: u32 = 10;
/// How long a quota lasts, from the first refusal that counts against it.
pub const REFUSAL_WINDOW: Duration = Duration::from_secs(60);

/// Counts by code.
pub(crate) type Suppressed = BTreeMap<&'static str, u64>;

/// The quota of one trail.
#[derive(Debug, Default)]
pub(crate) struct Quota(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// None before the first refusal.
    ends_at: Option<Timestamp>,
    written: BTreeMap<&'static str, u32>,
    suppressed: Suppressed,
}

/// The right to write one record. It is counted as suppressed unless the record is kept, also when whoever
/// was to write it gives up.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    quota: &'a Quota,
    code: &'static str,
    kept: bool,
}

impl Quota {
    /// A place for a refusal of this code. Without one, the refusal is counted.
    pub(crate) fn place(&self, code: &'static str, now: Timestamp) -> Option<Place<'_>> {
        let mut state = self.state();
        if state.ends_at.is_none_or(|ends_at| now >= ends_at) {
            state.ends_at = Some(now.saturating_add_s(REFUSAL_WINDOW.as_secs()));
            state.written.clear();
        }
        let written = state.written.entry(code).or_default();
        if *written >= MAX_REFUSALS_PER_CODE {
            let first = state.suppress(code) == 1;
            drop(state);
            if first {
                tracing::warn!(code, "refusals are too many to be recorded one by one");
            }
            return None;
        }
        *written += 1;
        let (quota, kept) = (self, false);
        Some(Place { quota, code, kept })
    }

    /// What no record has told of yet.
    pub(crate) fn suppressed(&self) -> Suppressed {
        self.state().suppressed.clone()
    }

    /// A record that tells of so many is kept.
    pub(crate) fn told(&self, told: &Suppressed) {
        if told.is_empty() {
            return;
        }
        let mut state = self.state();
        for (code, told) in told {
            if let Some(count) = state.suppressed.get_mut(code) {
                *count = count.saturating_sub(*told);
            }
        }
        state.suppressed.retain(|_, count| *count > 0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn suppress(&mut self, code: &'static str) -> u64 {
        let count = self.suppressed.entry(code).or_default();
        *count = count.saturating_add(1);
        *count
    }
}

impl Place<'_> {
    pub(crate) fn kept(mut self) {
        self.kept = true;
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.quota.state().suppress(self.code);
        }
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        for (code, count) in self.suppressed() {
            tracing::warn!(code, count, "refusals that no record tells of");
        }
    }
}

#[cfg(test)]
mod tests;
