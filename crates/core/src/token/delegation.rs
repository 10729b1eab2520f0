//! Narrowing a token for another agent, offline, with the holder's key.

use super::{Block, Grant, Holder, Limits, SignedBlock, Token, TokenError};
use crate::budget::Budget;
use crate::consent::ConsentRule;
use crate::constraint::Constraint;
use crate::key::Signer;
use crate::name::Audience;
use crate::scope::ScopePattern;
use crate::timestamp::Timestamp;
use crate::verify::check_delegated;

/// A delegation in the making: what the next block adds to a token.
///
/// Whatever is added, the result never allows more than the token that it came from: what a token allows is
/// what all of its blocks allow.
#[derive(Debug, Clone)]
#[must_use = "a delegation exists once it is signed"]
pub struct Delegation {
    holder: Holder,
    limits: Limits,
    expires_at: Option<Timestamp>,
}

impl Delegation {
    /// Starts a delegation to the next holder.
    pub fn to(holder: Holder) -> Self {
        Self {
            holder,
            limits: Limits::default(),
            expires_at: None,
        }
    }

    /// Keeps only the scopes of this pattern, and of others that are kept too.
    pub fn only(self, pattern: ScopePattern) -> Self {
        self.only_for(Grant::any_tool(pattern))
    }

    /// Keeps only this grant, and others that are kept too.
    pub fn only_for(mut self, grant: Grant) -> Self {
        self.limits.grants.push(grant);
        self
    }

    /// Adds a constraint.
    pub fn constrain(mut self, constraint: Constraint) -> Self {
        self.limits.constraints.push(constraint);
        self
    }

    /// Keeps only this audience, and others that are kept too.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.limits.audiences.push(audience);
        self
    }

    /// Ends the delegation at this time, if the token lives that long.
    pub const fn expires_at(mut self, time: Timestamp) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Permits so many further delegations, if the token permits them too.
    pub const fn delegable(mut self, depth: u8) -> Self {
        self.limits.depth = Some(depth);
        self
    }

    /// Limits a total, also for all delegations together.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.limits.budgets.push(budget);
        self
    }

    /// Asks a person for consent to some calls.
    pub fn consent(mut self, rule: ConsentRule) -> Self {
        self.limits.consents.push(rule);
        self
    }

    /// Lets the holder delegate the token and not use it. The holder cannot delegate it to itself; a key
    /// that it makes up stands under its own name in every record.
    pub const fn delegate_only(mut self) -> Self {
        self.limits.delegate_only = true;
        self
    }

    /// Lets whoever shows the token use it without a proof, if all blocks before say so too.
    ///
    /// # Security
    /// As [`crate::Mint::bearer`]. Without this a delegation of such a token needs its holder's proof again.
    pub const fn bearer(mut self) -> Self {
        self.limits.bearer = true;
        self
    }

    /// Permits no further delegation.
    pub const fn sealed(self) -> Self {
        self.delegable(0)
    }

    /// Appends the delegation to the token, signed with the key of its present holder, and runs the
    /// verifier's rules on the result; signatures are left to verifiers.
    ///
    /// # Errors
    /// [`TokenError::HolderMismatch`] when the signer is not the holder; otherwise whatever the verifier
    /// refuses, [`TokenError::DepthExceeded`] above all.
    pub fn sign(self, parent: &Token, holder: &dyn Signer) -> Result<Token, TokenError> {
        parent.id_held_by(holder)?;
        let mut blocks = parent.blocks().to_vec();
        let root = blocks.first().and_then(|signed| signed.block.root.as_ref());
        let issued_at = root.ok_or(TokenError::Malformed)?.issued_at;
        let mut limits = self.limits;
        limits.expires_after_s = self.expires_at.map(|time| time.seconds_since(issued_at));
        let block = Block {
            root: None,
            agent: self.holder.agent,
            holder_key: self.holder.key.into(),
            limits,
        };
        blocks.push(SignedBlock::sign(&block, parent.blocks(), holder)?);
        let token = Token::from_blocks(blocks)?;
        check_delegated(&token)?;
        Ok(token)
    }
}
