//! The runtime's only source of time.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use agentsudo_core::Timestamp;

/// Tells the time to everything that the runtime decides.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, which here never goes back.
///
/// *Threat:* a clock that is set back after a token has expired. The time is the later one of the wall
/// clock and of the start plus the monotonic time since, so what has expired stays expired in this process.
pub struct SystemClock {
    started: Instant,
    started_unix_s: u64,
}

impl SystemClock {
    /// Starts counting from the wall clock.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one reader of the machine's clocks"
    )]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            started_unix_s: wall_clock_unix_s(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one reader of the machine's clocks"
)]
fn wall_clock_unix_s() -> u64 {
    // Before 1970 means a clock that was never set: tokens are then not yet valid.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let counted = self
            .started_unix_s
            .saturating_add(self.started.elapsed().as_secs());
        Timestamp::from_unix_s(wall_clock_unix_s().max(counted))
    }
}

impl fmt::Debug for SystemClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemClock")
    }
}

/// Any clock, kept from going back: the latest time that it ever told is the earliest that it tells again.
pub(crate) struct ForwardClock<C: ?Sized> {
    latest_unix_s: AtomicU64,
    clock: Box<C>,
}

impl<C: Clock + ?Sized> ForwardClock<C> {
    pub(crate) fn new(clock: Box<C>) -> Self {
        Self {
            latest_unix_s: AtomicU64::new(0),
            clock,
        }
    }
}

impl<C: Clock + ?Sized> Clock for ForwardClock<C> {
    fn now(&self) -> Timestamp {
        let told = self.clock.now().unix_s();
        let before = self.latest_unix_s.fetch_max(told, Ordering::AcqRel);
        Timestamp::from_unix_s(before.max(told))
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}
