//! What all blocks of a token together allow, and until when.

use agentsudo::{Audience, BlockClaims, Timestamp};
use serde::Serialize;

use super::inspect::{ShownGrant, shown_grants};
use super::{constraint, meet, trust};

/// Most blocks of a token, by its format.
const MAX_BLOCKS: usize = 16;

#[derive(Debug, Serialize)]
pub(super) struct Effect {
    pub(super) agents: Vec<String>,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    /// Nothing where there are too many to be listed: then each block has to be read.
    pub(super) grants: Option<Vec<ShownGrant>>,
    pub(super) constraints: Vec<String>,
    /// Nothing where any verifier may accept the token.
    pub(super) audiences: Option<Vec<Audience>>,
    pub(super) delegations_left: usize,
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
        Self {
            agents: blocks.iter().map(|block| block.agent.to_string()).collect(),
            valid_from: blocks.iter().filter_map(|block| block.valid_from).max(),
            expires_at: blocks.iter().filter_map(|block| block.expires_at).min(),
            grants: meet::grants(blocks).map(|grants| shown_grants(&grants)),
            constraints,
            audiences: trust::audiences(blocks),
            delegations_left: delegations_left(blocks),
        }
    }
}

fn delegations_left(blocks: &[BlockClaims]) -> usize {
    let room = MAX_BLOCKS.saturating_sub(blocks.len());
    let left = blocks.iter().enumerate().filter_map(|(at, block)| {
        let silence = block.root.is_some().then_some(0);
        let permitted = usize::from(block.depth.or(silence)?);
        let used = blocks.len() - 1 - at;
        Some(permitted.saturating_sub(used))
    });
    left.fold(room, usize::min)
}
