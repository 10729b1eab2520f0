//! What a token says, block by block, for people and tools that look into it.
//!
//! Everything in here is a *claim*: the token decodes, and nobody has checked a signature. Nothing here leads
//! to a [`crate::Capability`]; decisions never read a view.

use super::{Grant, SignedBlock, Token, TokenId};
use crate::budget::Budget;
use crate::consent::ConsentRule;
use crate::constraint::Constraint;
use crate::digest::Digest;
use crate::key::{HolderKey, IssuerKeyId};
use crate::name::{AgentName, Audience};
use crate::timestamp::Timestamp;

/// What one block claims. Trust it after [`crate::Verifier::verify`] accepted the whole token, not before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockClaims {
    /// The block's id, by which a child names its parent.
    pub id: Digest,
    /// What only the first block says.
    pub root: Option<RootClaims>,
    /// The agent that the block makes the holder.
    pub agent: AgentName,
    /// The key of this agent.
    pub holder: HolderKey,
    /// The first second at which the block allows nothing more, if it says so; a root does.
    pub expires_at: Option<Timestamp>,
    /// The first second at which the block allows anything, if it says so.
    pub valid_from: Option<Timestamp>,
    /// The verifiers that may accept the token; none means any.
    pub audiences: Vec<Audience>,
    /// The scopes that the block grants; none, in a delegation, means those of the blocks before.
    pub grants: Vec<Grant>,
    /// The rules that the block adds.
    pub constraints: Vec<Constraint>,
    /// How many blocks may follow, if it says so. In a root, saying nothing means none.
    pub depth: Option<u8>,
    /// The totals that the block limits.
    pub budgets: Vec<Budget>,
    /// The calls that the block wants a person's consent to.
    pub consents: Vec<ConsentRule>,
    /// Whether the agent may only delegate.
    pub delegate_only: bool,
    /// Whether the block lets the token be used by whoever shows it; every block has to.
    pub bearer: bool,
}

/// What only a root block claims.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RootClaims {
    /// The id of the key that is said to have signed the token.
    pub issuer: IssuerKeyId,
    /// The random id of the token.
    pub token_id: TokenId,
    /// When it is said to have been issued.
    pub issued_at: Timestamp,
}

impl Token {
    /// What the blocks *claim*, the root first; nobody vouches for it before verification.
    #[must_use]
    pub fn claims(&self) -> Vec<BlockClaims> {
        let root = self
            .blocks
            .first()
            .and_then(|first| first.block.root.as_ref());
        // The decoder lets no token pass whose first block is no root.
        let issued_at = root.map_or(Timestamp::EPOCH, |root| root.issued_at);
        self.blocks
            .iter()
            .map(|signed| BlockClaims::of(signed, issued_at))
            .collect()
    }
}

impl BlockClaims {
    fn of(signed: &SignedBlock, issued_at: Timestamp) -> Self {
        let block = &signed.block;
        let limits = &block.limits;
        let after = |seconds: Option<u64>| seconds.map(|s| issued_at.saturating_add_s(s));
        Self {
            id: signed.id,
            root: block.root.as_ref().map(|root| RootClaims {
                issuer: root.issuer,
                token_id: root.token_id,
                issued_at: root.issued_at,
            }),
            agent: block.agent.clone(),
            holder: block.holder_key,
            expires_at: after(limits.expires_after_s),
            valid_from: after(limits.valid_after_s),
            audiences: limits.audiences.clone(),
            grants: limits.grants.clone(),
            constraints: limits.constraints.clone(),
            depth: limits.depth,
            budgets: limits.budgets.clone(),
            consents: limits.consents.clone(),
            delegate_only: limits.delegate_only,
            bearer: limits.bearer,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::constraint::{Constraint, at_most};
    use crate::key::{SecretKey, Signer as _};
    use crate::name::AgentName;
    use crate::scope::ScopePattern;
    use crate::timestamp::Timestamp;
    use crate::token::{Delegation, Holder, Mint, Token, TokenId};

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_seed(&mut [seed; 32])
    }

    fn holder(agent: &str, seed: u8) -> Holder {
        Holder::new(AgentName::parse(agent).unwrap(), key(seed).public_key())
    }

    fn delegated() -> Token {
        let issued_at = Timestamp::from_unix_s(1_800_000_000);
        let token = Mint::new(
            holder("support-bot", 2),
            issued_at,
            900,
            TokenId::from_bytes([7; 12]),
        )
        .grant(ScopePattern::parse("write:*").unwrap())
        .delegable(1)
        .sign(&key(1))
        .unwrap();
        Delegation::to(holder("researcher", 3))
            .constrain(Constraint::new("amount_minor", at_most(5)).unwrap())
            .expires_at(Timestamp::from_unix_s(1_800_000_060))
            .sign(&token, &key(2))
            .unwrap()
    }

    #[test]
    fn a_root_claims_its_issuer_and_its_times() {
        let claims = delegated().claims();
        let root = claims[0].root.as_ref().unwrap();
        assert_eq!(root.issuer, key(1).public_key().issuer_id());
        assert_eq!(root.issued_at, Timestamp::from_unix_s(1_800_000_000));
        assert_eq!(
            claims[0].expires_at,
            Some(Timestamp::from_unix_s(1_800_000_900))
        );
        assert_eq!((claims[0].valid_from, claims[0].depth), (None, Some(1)));
    }

    #[test]
    fn a_delegation_claims_only_what_it_adds() {
        let claims = delegated().claims();
        let added = &claims[1];
        assert_eq!(
            (added.agent.as_str(), added.holder),
            ("researcher", key(3).public_key().into())
        );
        assert!(added.root.is_none() && added.grants.is_empty() && added.depth.is_none());
        assert_eq!(
            added.expires_at,
            Some(Timestamp::from_unix_s(1_800_000_060))
        );
        assert_eq!(added.constraints.len(), 1);
    }

    #[test]
    fn the_ids_are_those_of_the_chain() {
        let token = delegated();
        let ids = token.claims().into_iter().map(|claims| claims.id);
        let chain = token.claimed_chain();
        assert!(ids.eq(chain.iter().map(|link| link.block)));
    }
}
