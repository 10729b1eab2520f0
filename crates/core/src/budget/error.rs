//! Why something is no budget, and why a budget refuses a call.

use super::{MAX_WINDOW_S, Measure};
use crate::value::MAX_SAFE_INTEGER;

/// Why something cannot be a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetError {
    /// A budget of nothing, or of more than every JSON reader can count.
    #[error("expected a budget of 1 to {MAX_SAFE_INTEGER}, found {found}")]
    MaxOutOfRange {
        /// The maximum.
        found: u64,
    },
    /// A window that is none, or longer than any token lives.
    #[error("expected a window of 1 to {MAX_WINDOW_S} s, found {found}")]
    WindowOutOfRange {
        /// The window in seconds.
        found: u64,
    },
    /// A measure that is not known here.
    #[error("expected a measure of 0, 1 or a path, found {found}")]
    UnknownMeasure {
        /// The measure's number.
        found: u64,
    },
}

impl BudgetError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MaxOutOfRange { .. } => "budget.max_out_of_range",
            Self::WindowOutOfRange { .. } => "budget.window_out_of_range",
            Self::UnknownMeasure { .. } => "budget.unknown_measure",
        }
    }
}

/// Why a budget refuses a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BudgetRefusal {
    /// The argument that is counted is missing, or no integer from 0 up.
    #[error("expected a whole number from 0 up to count {measure}, by block {block}")]
    AmountUnsound {
        /// What is counted.
        measure: Measure,
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// The call draws more than is left, or more than there ever was.
    // What it draws stays out: the argument may be a secret, and this text goes to the log.
    #[error("the call draws more {measure} than the {left} of {max} left by block {block}")]
    Exceeded {
        /// What is counted.
        measure: Measure,
        /// What the call would draw.
        amount: u64,
        /// What is left.
        left: u64,
        /// The whole budget.
        max: u64,
        /// The block's place in the chain, the root is 0.
        block: usize,
    },
    /// Nobody here counts, so nothing may be drawn.
    #[error("the token limits totals, and nothing was reserved for this call")]
    Unreserved,
    /// The ledger could not be asked, or has no room to count.
    #[error("the budget's ledger did not reserve: {reason}")]
    LedgerUnavailable {
        /// What the ledger says.
        reason: String,
    },
}

impl BudgetRefusal {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AmountUnsound { .. } => "budget.amount_unsound",
            Self::Exceeded { .. } => "budget.exceeded",
            Self::Unreserved => "budget.unreserved",
            Self::LedgerUnavailable { .. } => "budget.ledger_unavailable",
        }
    }

    /// What the agent may know.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::AmountUnsound { measure, .. } => {
                format!("the token limits the total {measure}; give a whole number from 0 up")
            }
            Self::Exceeded {
                measure, left, max, ..
            } => format!("the token limits the total: {left} of {max} {measure} are left"),
            Self::Unreserved => "the token limits totals, which are not counted here".to_owned(),
            Self::LedgerUnavailable { .. } => "totals cannot be counted now".to_owned(),
        }
    }
}
