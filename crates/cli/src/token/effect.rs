//! What all blocks of a token together allow, and until when.

use agentsudo::{Audience, BlockClaims, Budget, MAX_BLOCKS, Measure, Timestamp};
use serde::Serialize;

use super::inspect::{ShownGrant, shown_grants};
use super::{budget, consent, constraint, meet, trust};

#[derive(Debug, Serialize)]
pub(super) struct Effect {
    pub(super) agents: Vec<String>,
    /// The key with which the last agent proves that it may use the token.
    pub(super) holder_key: String,
    /// Whether the last agent may delegate the token and not use it.
    pub(super) delegate_only: bool,
    /// Whether whoever shows the token may use it: every block has to say so.
    pub(super) bearer: bool,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    /// Nothing where there are too many to be listed: then each block has to be read.
    pub(super) grants: Option<Vec<ShownGrant>>,
    pub(super) constraints: Vec<String>,
    pub(super) budgets: Vec<ShownBudget>,
    pub(super) consents: Vec<ShownConsent>,
    /// Nothing where any verifier may accept the token.
    pub(super) audiences: Option<Vec<Audience>>,
    pub(super) delegations_left: usize,
}

/// A total that a block limits, for itself and for all that descend from it.
#[derive(Debug, Serialize)]
pub(super) struct ShownBudget {
    /// The block's place in the chain, the root is 0.
    pub(super) block: usize,
    /// As it is typed.
    pub(super) budget: String,
    /// `calls`, `bytes` or `amount`.
    measure: &'static str,
    /// The argument that is summed up.
    #[serde(skip_serializing_if = "Option::is_none")]
    argument: Option<String>,
    max: u64,
    window_s: Option<u64>,
    scope: Option<String>,
}

/// Calls that a block wants a person's consent to.
#[derive(Debug, Serialize)]
pub(super) struct ShownConsent {
    /// The block's place in the chain, the root is 0.
    pub(super) block: usize,
    /// As it is typed.
    pub(super) consent: String,
}

impl ShownBudget {
    fn of(block: usize, added: &Budget) -> Self {
        let (measure, argument) = match added.measure() {
            Measure::Calls => ("calls", None),
            Measure::ArgumentBytes => ("bytes", None),
            Measure::Amount(path) => ("amount", Some(path.to_string())),
        };
        Self {
            block,
            budget: budget::text(added),
            measure,
            argument,
            max: added.max(),
            window_s: added.window_s(),
            scope: added.scope().map(ToString::to_string),
        }
    }
}

impl Effect {
    pub(super) fn of(blocks: &[BlockClaims]) -> Self {
        let mut constraints = Vec::new();
        for added in blocks.iter().flat_map(|block| &block.constraints) {
            let text = constraint::text(added);
            if !constraints.contains(&text) {
                constraints.push(text);
            }
        }
        let last = blocks.last();
        Self {
            agents: blocks.iter().map(|block| block.agent.to_string()).collect(),
            holder_key: last.map_or_else(String::new, |last| last.holder.to_hex()),
            delegate_only: last.is_some_and(|last| last.delegate_only),
            bearer: blocks.iter().all(|block| block.bearer),
            valid_from: blocks.iter().filter_map(|block| block.valid_from).max(),
            expires_at: blocks.iter().filter_map(|block| block.expires_at).min(),
            grants: meet::grants(blocks).map(|grants| shown_grants(&grants)),
            constraints,
            budgets: budgets(blocks),
            consents: consents(blocks),
            audiences: trust::audiences(blocks),
            delegations_left: delegations_left(blocks),
        }
    }
}

fn budgets(blocks: &[BlockClaims]) -> Vec<ShownBudget> {
    let blocks = blocks.iter().enumerate();
    let shown = blocks.flat_map(|(at, block)| {
        let budgets = block.budgets.iter();
        budgets.map(move |added| ShownBudget::of(at, added))
    });
    shown.collect()
}

/// Each rule once, by the first block that says so.
fn consents(blocks: &[BlockClaims]) -> Vec<ShownConsent> {
    let mut shown: Vec<ShownConsent> = Vec::new();
    for (block, claims) in blocks.iter().enumerate() {
        for consent in claims.consents.iter().map(consent::text) {
            if !shown.iter().any(|other| other.consent == consent) {
                shown.push(ShownConsent { block, consent });
            }
        }
    }
    shown
}

/// How many more blocks may follow.
pub(super) fn delegations_left(blocks: &[BlockClaims]) -> usize {
    let room = MAX_BLOCKS.saturating_sub(blocks.len());
    let left = blocks.iter().enumerate().filter_map(|(at, block)| {
        let silence = block.root.is_some().then_some(0);
        let permitted = usize::from(block.depth.or(silence)?);
        let used = blocks.len() - 1 - at;
        Some(permitted.saturating_sub(used))
    });
    left.fold(room, usize::min)
}
