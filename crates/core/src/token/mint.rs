//! Building a root token.

use super::{
    Block, DEFAULT_MAX_LIFETIME_S, Grant, Holder, Limits, Root, SignedBlock, Token, TokenError,
    TokenId,
};
use crate::budget::Budget;
use crate::consent::ConsentRule;
use crate::constraint::Constraint;
use crate::key::Signer;
use crate::name::Audience;
use crate::scope::ScopePattern;
use crate::timestamp::Timestamp;
use crate::verify::check_minted;

/// A root token in the making.
///
/// ```
/// use agentsudo_core::{AgentName, Holder, Mint, ScopePattern, SecretKey, Signer, Timestamp, TokenId};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let issuer = SecretKey::from_seed(&mut [1; 32]);
/// # let bot = SecretKey::from_seed(&mut [2; 32]);
/// # let now = Timestamp::from_unix_s(1_800_000_000);
/// let holder = Holder::new(AgentName::parse("support-bot")?, bot.public_key());
/// let token = Mint::new(holder, now, 900, TokenId::from_bytes([7; 12]))
///     .grant(ScopePattern::parse("write:refunds")?)
///     .sign(&issuer)?;
/// assert!(token.to_text().starts_with("asudo1_"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a token exists once it is signed"]
pub struct Mint {
    holder: Holder,
    issued_at: Timestamp,
    token_id: TokenId,
    limits: Limits,
    max_lifetime_s: u64,
}

impl Mint {
    /// Starts a token for the holder that lives `lifetime_s` seconds from `issued_at`.
    ///
    /// `token_id` must be random, or two equal tokens of one second are one.
    pub fn new(holder: Holder, issued_at: Timestamp, lifetime_s: u64, token_id: TokenId) -> Self {
        let limits = Limits {
            expires_after_s: Some(lifetime_s),
            ..Limits::default()
        };
        Self {
            holder,
            issued_at,
            token_id,
            limits,
            max_lifetime_s: DEFAULT_MAX_LIFETIME_S,
        }
    }

    /// Grants the scopes of a pattern, to any tool.
    pub fn grant(self, pattern: ScopePattern) -> Self {
        self.grant_for(Grant::any_tool(pattern))
    }

    /// Adds a grant, possibly one that is limited to some tools.
    pub fn grant_for(mut self, grant: Grant) -> Self {
        self.limits.grants.push(grant);
        self
    }

    /// Adds a constraint.
    pub fn constrain(mut self, constraint: Constraint) -> Self {
        self.limits.constraints.push(constraint);
        self
    }

    /// Makes the token valid for this audience, and for no other that is not named too.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.limits.audiences.push(audience);
        self
    }

    /// Makes the token valid only from `after_s` seconds after it was issued.
    pub fn valid_after_s(mut self, after_s: u64) -> Self {
        self.limits.valid_after_s = Some(after_s);
        self
    }

    /// Permits so many delegations in a row. Without this call the token cannot be delegated.
    pub fn delegable(mut self, depth: u8) -> Self {
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

    /// Lets whoever shows the token use it without a proof, for clients that can do nothing else.
    ///
    /// # Security
    /// Such a token is a password. It needs an audience and lives [`super::MAX_BEARER_LIFETIME_S`] at most.
    pub const fn bearer(mut self) -> Self {
        self.limits.bearer = true;
        self
    }

    /// The longest life that this issuer may give; the verifier must be told the same number.
    pub fn max_lifetime_s(mut self, seconds: u64) -> Self {
        self.max_lifetime_s = seconds;
        self
    }

    /// Signs the token with the issuer's key. Reads it back and runs the verifier's rules on it; the
    /// signature itself is left to verifiers.
    ///
    /// # Errors
    /// [`TokenError`] of whatever the verifier refuses, [`TokenError::Key`] when the signer fails.
    pub fn sign(self, issuer: &dyn Signer) -> Result<Token, TokenError> {
        let root = Root {
            issuer: issuer.public_key().issuer_id(),
            token_id: self.token_id,
            issued_at: self.issued_at,
        };
        let block = Block {
            root: Some(root),
            agent: self.holder.agent,
            holder_key: self.holder.key.into(),
            limits: self.limits,
        };
        let signed = SignedBlock::sign(&block, &[], issuer)?;
        let token = Token::from_blocks(vec![signed])?;
        check_minted(&token, self.max_lifetime_s)?;
        Ok(token)
    }
}
