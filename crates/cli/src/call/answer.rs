//! What an allowed call still needs before it may run.

use agentsudo::{BlockClaims, Measure, Obligations, Requirement};
use serde::Serialize;

use super::is_secret;
use crate::token::budget;

/// What has to happen before an allowed call may run.
#[derive(Debug, Serialize)]
pub(crate) struct Owed {
    /// The first block that wants a person's consent.
    consent_by_block: Option<usize>,
    draws: Vec<Draw>,
}

/// What the call takes out of one budget.
#[derive(Debug, Serialize)]
struct Draw {
    block: usize,
    budget: String,
    /// Nothing where the argument is secret.
    amount: Option<u64>,
}

impl Owed {
    pub(crate) fn of(
        obligations: &Obligations,
        blocks: &[BlockClaims],
        requirement: &Requirement,
    ) -> Self {
        let draws = obligations.charges().iter().map(|charge| {
            let budgets = blocks.get(charge.block).map(|block| &block.budgets);
            let drawn_on = budgets.and_then(|budgets| budgets.get(charge.budget.index));
            let is_shown = match &charge.measure {
                Measure::Amount(path) => !is_secret(requirement, path),
                Measure::Calls | Measure::ArgumentBytes => true,
            };
            Draw {
                block: charge.block,
                budget: drawn_on.map_or_else(String::new, budget::text),
                amount: is_shown.then_some(charge.amount),
            }
        });
        Self {
            consent_by_block: obligations.consent(),
            draws: draws.collect(),
        }
    }

    /// For people, a line each.
    pub(crate) fn text(&self) -> String {
        let consent = self
            .consent_by_block
            .map(|block| format!("  needs a person's consent, by block {block}\n"));
        let draws = self.draws.iter().map(|draw| {
            let amount = draw.amount.map(|amount| amount.to_string());
            let amount = amount.as_deref().unwrap_or("a secret amount");
            format!(
                "  draws {amount} of the budget `{}`, by block {}\n",
                draw.budget, draw.block
            )
        });
        consent.into_iter().chain(draws).collect()
    }
}
