//! Freezes: an immediate stop of a set of scopes, for everybody and whatever their tokens say.

use core::fmt;

use serde::Serialize;

use crate::escape::escape;
use crate::refusal::Refusal;
use crate::scope::{Scope, ScopePattern};
use crate::timestamp::Timestamp;

/// Most freezes in force at a time: each is looked at in every decision.
pub const MAX_FREEZES: usize = 64;
/// How much of a reason messages repeat, in characters.
const MAX_SHOWN_REASON_CHARS: usize = 512;

/// One freeze: which scopes are stopped, why and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freeze {
    pattern: ScopePattern,
    reason: String,
    until: Timestamp,
}

impl Freeze {
    /// Stops the scopes of a pattern until a time.
    #[must_use]
    pub fn new(pattern: ScopePattern, reason: impl Into<String>, until: Timestamp) -> Self {
        Self {
            pattern,
            reason: reason.into(),
            until,
        }
    }

    /// The scopes that are stopped.
    #[must_use]
    pub const fn pattern(&self) -> &ScopePattern {
        &self.pattern
    }

    /// Why, for people.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The reason as messages repeat it: one line, and not too long.
    pub(crate) fn shown_reason(&self) -> String {
        escape(&self.reason, MAX_SHOWN_REASON_CHARS)
    }

    /// The first second at which it is over.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.shown_reason();
        write!(f, "{} until {}: {reason}", self.pattern, self.until)
    }
}

/// The freezes in force.
#[derive(Debug, Clone, Default)]
pub struct FreezeList(Vec<Freeze>);

/// There are as many freezes as there may be; none was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected at most {MAX_FREEZES} freezes at a time; freeze a wider pattern instead")]
pub struct TooManyFreezes;

impl TooManyFreezes {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "freeze.too_many"
    }
}

impl FreezeList {
    /// No freezes.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a freeze, dropping those that are over.
    ///
    /// # Errors
    /// [`TooManyFreezes`] past [`MAX_FREEZES`].
    pub fn add(&mut self, freeze: Freeze, now: Timestamp) -> Result<(), TooManyFreezes> {
        self.0.retain(|old| now < old.until);
        if self.0.len() >= MAX_FREEZES {
            return Err(TooManyFreezes);
        }
        self.0.push(freeze);
        Ok(())
    }

    /// Ends the freezes of exactly this pattern; says how many there were.
    pub fn lift(&mut self, pattern: &ScopePattern) -> usize {
        let before = self.0.len();
        self.0.retain(|freeze| freeze.pattern != *pattern);
        before - self.0.len()
    }

    /// The freezes, those that are over included until the next is added.
    pub fn iter(&self) -> impl Iterator<Item = &Freeze> {
        self.0.iter()
    }

    /// Refuses a scope that is frozen now.
    ///
    /// # Errors
    /// [`Refusal::Frozen`].
    pub fn check(&self, scope: &Scope, now: Timestamp) -> Result<(), Refusal> {
        match self
            .0
            .iter()
            .find(|freeze| now < freeze.until && freeze.pattern.matches(scope))
        {
            Some(freeze) => Err(Refusal::Frozen(freeze.clone())),
            None => Ok(()),
        }
    }
}
