//! The budgets that a call would break by itself, and how great they would have to be.
//!
//! What earlier calls have drawn is known to a ledger, and not here: a call that is allowed by its token may
//! still find a budget empty.

use agentsudo::{Budget, Measure};

use super::needs::{Need, RefusedCall};
use crate::call::is_secret;
use crate::token::budget;

/// What each block's budgets would have to say.
pub(super) fn needs(call: &RefusedCall<'_>) -> Vec<Need> {
    let mut needs = Vec::new();
    for (at, block) in call.blocks.iter().enumerate() {
        let budgets = block.budgets.iter();
        for limited in budgets.filter(|budget| budget.applies_to(call.requirement.scope())) {
            needs.extend(need(call, at, limited));
        }
    }
    needs
}

fn need(call: &RefusedCall<'_>, at: usize, limited: &Budget) -> Option<Need> {
    let drawn = limited.drawn_by(call.arguments);
    let is_secret = match limited.measure() {
        Measure::Amount(path) => is_secret(call.requirement, path),
        Measure::Calls | Measure::ArgumentBytes => false,
    };
    let of_block = |found: String, option: Option<String>, advice: String| Need {
        block: at,
        rule: Some(budget::text(limited)),
        found: Some(found),
        option,
        advice,
    };
    match drawn {
        Some(amount) if amount <= limited.max() => None,
        Some(_) if is_secret => Some(of_block(
            "secret".to_owned(),
            None,
            format!("make the budget of block {at} great enough for the secret amount"),
        )),
        Some(amount) => {
            let option = budget::option(limited, amount);
            let advice = match &option {
                Some(option) => format!("make the budget of block {at} as great as `{option}`"),
                None => "no budget is as great: divide the call".to_owned(),
            };
            Some(of_block(amount.to_string(), option, advice))
        }
        None => Some(of_block(
            "no amount".to_owned(),
            None,
            format!(
                "give a whole number from 0 up {}: no budget of block {at} counts anything else",
                limited.measure()
            ),
        )),
    }
}
