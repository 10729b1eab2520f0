//! Rules on totals: how many calls, how much of an argument, how many bytes.
//!
//! Owns what a budget says and what one call draws on it. Leaves counting to a ledger: the core has no
//! memory. *Invariants:* a budget belongs to the block that introduces it and every descendant draws on it,
//! by the block's id; a call whose draw cannot be told is refused; a call that draws on budgets is not
//! authorized before a ledger has reserved exactly these charges.

mod codec;
mod draw;
mod error;

use core::fmt;

pub use draw::{BudgetId, Charge, Reserved};
pub use error::{BudgetError, BudgetRefusal};

use crate::constraint::{ArgPath, ConstraintError};
use crate::scope::{Scope, ScopePattern};
use crate::value::MAX_SAFE_INTEGER;

/// Longest window of a budget: no token lives longer than 31 days.
pub const MAX_WINDOW_S: u64 = 31 * 86_400;

/// What a budget counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Calls.
    Calls,
    /// Bytes of the arguments, in their one canonical encoding.
    ArgumentBytes,
    /// The integer at this path; over a list, the sum of its elements.
    Amount(ArgPath),
}

/// How much all calls together may draw, in all or per window of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    measure: Measure,
    max: u64,
    window_s: Option<u64>,
    on: Option<ScopePattern>,
}

impl Budget {
    /// At most so many calls.
    #[must_use]
    pub const fn calls(max: u64) -> Self {
        Self::of(Measure::Calls, max)
    }

    /// At most so many bytes of arguments.
    #[must_use]
    pub const fn argument_bytes(max: u64) -> Self {
        Self::of(Measure::ArgumentBytes, max)
    }

    /// At most so much of an argument, all calls together: `amount_minor`, `items[].quantity`.
    ///
    /// # Errors
    /// [`ConstraintError::InvalidPath`].
    pub fn amount(path: &str, max: u64) -> Result<Self, ConstraintError> {
        Ok(Self::of(Measure::Amount(ArgPath::parse(path)?), max))
    }

    const fn of(measure: Measure, max: u64) -> Self {
        Self {
            measure,
            max,
            window_s: None,
            on: None,
        }
    }

    /// Counts anew after so many seconds. Without this the budget is for the whole life of the token.
    #[must_use]
    pub const fn per_s(mut self, window_s: u64) -> Self {
        self.window_s = Some(window_s);
        self
    }

    /// Counts only calls whose required scope matches the pattern.
    #[must_use]
    pub fn on(mut self, pattern: ScopePattern) -> Self {
        self.on = Some(pattern);
        self
    }

    /// What is counted.
    #[must_use]
    pub const fn measure(&self) -> &Measure {
        &self.measure
    }

    /// How much there is: of calls, of bytes, or in the unit of the argument.
    #[must_use]
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// After how many seconds it is counted anew, if it is.
    #[must_use]
    pub const fn window_s(&self) -> Option<u64> {
        self.window_s
    }

    /// The scopes that it is limited to, if it is.
    #[must_use]
    pub const fn scope(&self) -> Option<&ScopePattern> {
        self.on.as_ref()
    }

    /// Whether a call that needs this scope draws on it.
    #[must_use]
    pub fn applies_to(&self, scope: &Scope) -> bool {
        self.on
            .as_ref()
            .is_none_or(|pattern| pattern.matches(scope))
    }

    /// Whether it can stand in a token; builders and decoders ask.
    ///
    /// # Errors
    /// [`BudgetError`] for a maximum of nothing or of more than every JSON reader can count, and for a window
    /// of no time or of more than [`MAX_WINDOW_S`].
    pub fn check(&self) -> Result<(), BudgetError> {
        if !(1..=MAX_SAFE_INTEGER.unsigned_abs()).contains(&self.max) {
            return Err(BudgetError::MaxOutOfRange { found: self.max });
        }
        match self.window_s {
            Some(found) if !(1..=MAX_WINDOW_S).contains(&found) => {
                Err(BudgetError::WindowOutOfRange { found })
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls => f.write_str("calls"),
            Self::ArgumentBytes => f.write_str("bytes of arguments"),
            Self::Amount(path) => write!(f, "of `{path}`"),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {} {}", self.max, self.measure)?;
        if let Some(window_s) = self.window_s {
            write!(f, " per {window_s} s")?;
        }
        match &self.on {
            Some(pattern) => write!(f, " on {pattern}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
