//! A clock that tests set.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use agentsudo_core::Timestamp;
use agentsudo_runtime::Clock;

/// A clock that stands still until it is told otherwise. Clones are one clock.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<AtomicU64>);

impl FixedClock {
    /// Stands at this second since 1970.
    #[must_use]
    pub fn at(unix_s: u64) -> Self {
        Self(Arc::new(AtomicU64::new(unix_s)))
    }

    /// Goes on by so many seconds.
    pub fn advance_s(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::AcqRel);
    }

    /// Stands at another second, earlier or later.
    pub fn set(&self, unix_s: u64) {
        self.0.store(unix_s, Ordering::Release);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_s(self.0.load(Ordering::Acquire))
    }
}
