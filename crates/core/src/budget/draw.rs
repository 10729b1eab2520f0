//! What one call draws on the budgets of its token.

use std::collections::BTreeMap;

use super::{Budget, BudgetRefusal, Measure};
use crate::constraint::Step;
use crate::digest::Digest;
use crate::value::{Arguments, Value};

/// Which budget: the block that introduced it, and its place there. The same for every descendant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BudgetId {
    /// The id of the block that introduced the budget.
    pub block: Digest,
    /// The budget's place in that block, from 0.
    pub index: usize,
}

/// What one call draws on one budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The budget.
    pub budget: BudgetId,
    /// What is counted.
    pub measure: Measure,
    /// How much the call draws.
    pub amount: u64,
    /// How much there is in all, or in each window.
    pub max: u64,
    /// After how many seconds it is counted anew, if it is.
    pub window_s: Option<u64>,
    /// The place in the chain of the block that introduced the budget, the root is 0.
    pub block: usize,
}

/// A ledger's word that it holds back these charges, all of them or none.
///
/// Whoever keeps a ledger makes it, after the reservation is safe; a call takes it only for exactly its own
/// charges.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reservation stands for something that was taken out of a budget"]
pub struct Reserved(Vec<Charge>);

impl Reserved {
    /// States that these charges were reserved.
    pub const fn of(charges: Vec<Charge>) -> Self {
        Self(charges)
    }

    pub(crate) fn covers(&self, charges: &[Charge]) -> bool {
        self.0 == charges
    }
}

impl Budget {
    /// What a call with these arguments draws; `None` for what cannot be counted: an amount that is missing,
    /// negative or no integer, and a list without elements.
    #[must_use]
    pub fn drawn_by(&self, arguments: &Arguments) -> Option<u64> {
        match &self.measure {
            Measure::Calls => Some(1),
            Measure::ArgumentBytes => Some(arguments.encoded_len_bytes()),
            Measure::Amount(path) => sum(path.segments(), arguments.as_map()),
        }
    }

    /// What a call draws. More than the whole budget is refused here and now, whatever was drawn before.
    pub(crate) fn charge(
        &self,
        budget: BudgetId,
        block: usize,
        arguments: &Arguments,
    ) -> Result<Charge, BudgetRefusal> {
        let measure = self.measure.clone();
        let amount = self
            .drawn_by(arguments)
            .ok_or_else(|| BudgetRefusal::AmountUnsound {
                measure: measure.clone(),
                block,
            })?;
        if amount > self.max {
            return Err(BudgetRefusal::Exceeded {
                measure,
                amount,
                left: self.max,
                max: self.max,
                block,
            });
        }
        Ok(Charge {
            budget,
            measure,
            amount,
            max: self.max,
            window_s: self.window_s,
            block,
        })
    }
}

/// The integer at a path, or the sum over lists. `None` for whatever is not there, negative, or no integer:
/// what cannot be counted may not be spent.
fn sum(steps: &[String], fields: &BTreeMap<String, Value>) -> Option<u64> {
    let (step, rest) = steps.split_first()?;
    match Step::of(step) {
        Step::Name(name) => amount(rest, fields.get(name)?),
        Step::EachOf(name) => match fields.get(name)? {
            Value::List(values) if !values.is_empty() => {
                values.iter().try_fold(0_u64, |total, value| {
                    // No budget is that large: the sum is refused as too much.
                    Some(total.saturating_add(amount(rest, value)?))
                })
            }
            _ => None,
        },
    }
}

fn amount(rest: &[String], value: &Value) -> Option<u64> {
    match value {
        Value::Integer(amount) if rest.is_empty() => u64::try_from(*amount).ok(),
        Value::Map(fields) if !rest.is_empty() => sum(rest, fields),
        _ => None,
    }
}
