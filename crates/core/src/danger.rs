//! What weakens the guarantee of this crate, gathered under a name that shows at the call site.

use crate::timestamp::Timestamp;

/// Longest time that observe mode may be switched on for at once: 31 days.
pub const MAX_OBSERVE_S: u64 = 31 * 86_400;

/// Lets calls run that would be refused, and records each as such, until a date.
///
/// For the roll-out: the report of what would have been refused shows what enforcing will stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObserveMode {
    from: Timestamp,
    until: Timestamp,
}

impl ObserveMode {
    /// Observes from now until a date, and not longer than [`MAX_OBSERVE_S`].
    #[must_use]
    pub fn until(now: Timestamp, until: Timestamp) -> Self {
        Self {
            from: now,
            until: until.min(now.saturating_add_s(MAX_OBSERVE_S)),
        }
    }

    /// Whether it is on at this time.
    #[must_use]
    pub fn is_on(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }

    /// The first second at which refusals are enforced again.
    #[must_use]
    pub const fn ends_at(&self) -> Timestamp {
        self.until
    }
}
