//! Issuers: whoever may grant authority in the first place.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use agentsudo_core::{
    Budget, DEFAULT_MAX_LIFETIME_S, Holder, Mint, PublicKey, Rule, Signer, Token, TokenId,
};

use crate::clock::{Clock, SystemClock};
use crate::entropy::{generate_key, random};
use crate::setup_error::SetupError;
use crate::terms::{Term, Terms};

/// How long a token lives unless told otherwise: one hour.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(3_600);

/// Mints tokens with a key that verifiers trust.
#[derive(Clone)]
pub struct Issuer {
    key: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    max_lifetime_s: u64,
}

impl Issuer {
    /// An issuer with a new key in memory, for programs that issue and verify in one process.
    ///
    /// # Errors
    /// [`SetupError::NoEntropy`] without random bytes.
    pub fn generate() -> Result<Self, SetupError> {
        Ok(Self::new(
            Arc::new(generate_key()?),
            Arc::new(SystemClock::start()),
        ))
    }

    /// An issuer with a key that lives wherever its signer says.
    #[must_use]
    pub fn new(key: Arc<dyn Signer>, clock: Arc<dyn Clock>) -> Self {
        Self {
            key,
            clock,
            max_lifetime_s: DEFAULT_MAX_LIFETIME_S,
        }
    }

    /// Permits longer or shorter lives than one day; verifiers must be told the same number with
    /// [`agentsudo_core::Verifier::trust_up_to`].
    #[must_use]
    pub const fn max_lifetime_s(mut self, seconds: u64) -> Self {
        self.max_lifetime_s = seconds;
        self
    }

    /// The key that verifiers have to trust.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// Starts a token for an agent of this process, or for a [`Holder`] whose key is elsewhere. It lives
    /// for [`DEFAULT_LIFETIME`] and cannot be delegated, unless told otherwise.
    pub fn token_for(&self, holder: impl Into<Holder>) -> TokenRequest<'_> {
        TokenRequest {
            issuer: self,
            holder: holder.into(),
            lifetime: DEFAULT_LIFETIME,
            valid_after: None,
            depth: None,
            terms: Terms::new(),
        }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("key", &self.key.public_key())
            .finish_non_exhaustive()
    }
}

/// A token in the making. The first mistake is kept and reported by [`TokenRequest::mint`].
#[must_use = "a token exists once it is minted"]
pub struct TokenRequest<'a> {
    issuer: &'a Issuer,
    holder: Holder,
    lifetime: Duration,
    valid_after: Option<Duration>,
    depth: Option<u8>,
    terms: Terms,
}

impl TokenRequest<'_> {
    /// Grants the scopes of a pattern, such as `read:orders` or `write:*`.
    pub fn allow(mut self, scopes: &str) -> Self {
        self.terms = self.terms.grant(scopes);
        self
    }

    /// Grants the scopes of a pattern to calls of one tool only.
    pub fn allow_tool(mut self, scopes: &str, tool: &str) -> Self {
        self.terms = self.terms.grant_to_tool(scopes, tool);
        self
    }

    /// Requires a rule of an argument, in every call.
    pub fn constrain(mut self, path: &str, rule: Rule) -> Self {
        self.terms = self.terms.constrain(path, rule);
        self
    }

    /// Requires a rule of an argument, in calls that need a scope of the pattern.
    pub fn constrain_on(mut self, scopes: &str, path: &str, rule: Rule) -> Self {
        self.terms = self.terms.constrain_on(scopes, path, rule);
        self
    }

    /// Makes the token valid at one verifier only.
    pub fn audience(mut self, audience: &str) -> Self {
        self.terms = self.terms.audience(audience);
        self
    }

    /// Limits a total, of this token's calls and of those of all delegations together.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.terms = self.terms.budget(budget);
        self
    }

    /// Limits a total of calls that need a scope of the pattern.
    pub fn budget_on(mut self, scopes: &str, budget: Budget) -> Self {
        self.terms = self.terms.budget_on(scopes, budget);
        self
    }

    /// Makes calls that need a scope of the pattern wait for a person's consent, whatever the runtime's own
    /// rules say.
    pub fn consent(mut self, scopes: &str) -> Self {
        self.terms = self.terms.consent(scopes);
        self
    }

    /// The same unless an argument keeps a rule; a call without the argument waits too.
    pub fn consent_unless(mut self, scopes: &str, path: &str, rule: Rule) -> Self {
        self.terms = self.terms.consent_unless(scopes, path, rule);
        self
    }

    /// Lets the holder delegate the token and not use it.
    pub fn delegate_only(mut self) -> Self {
        self.terms = self.terms.delegate_only();
        self
    }

    /// Lets whoever shows the token use it without a proof, for clients that can do nothing else. It needs
    /// an audience, and lives for an hour at most.
    ///
    /// # Security
    /// Such a token is a password: whoever comes by it has it.
    pub fn bearer(mut self) -> Self {
        self.terms = self.terms.bearer();
        self
    }

    /// Permits so many delegations in a row.
    pub const fn delegable(mut self, depth: u8) -> Self {
        self.depth = Some(depth);
        self
    }

    /// How long it lives, in whole seconds.
    pub const fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Makes it valid only so many whole seconds after it was issued; its life counts from the issue.
    pub const fn valid_after(mut self, wait: Duration) -> Self {
        self.valid_after = Some(wait);
        self
    }

    /// Signs the token.
    ///
    /// # Errors
    /// The first mistake that was made above; [`SetupError::Token`] with what the verifier refuses, a
    /// life longer than the issuer may give above all.
    pub fn mint(self) -> Result<Token, SetupError> {
        let issuer = self.issuer;
        let token_id = TokenId::from_bytes(random()?);
        let lifetime_s = self.lifetime.as_secs();
        let mut mint = Mint::new(self.holder, issuer.clock.now(), lifetime_s, token_id)
            .max_lifetime_s(issuer.max_lifetime_s);
        if let Some(wait) = self.valid_after {
            mint = mint.valid_after_s(wait.as_secs());
        }
        if let Some(depth) = self.depth {
            mint = mint.delegable(depth);
        }
        let mint = self
            .terms
            .finish()?
            .into_iter()
            .fold(mint, |mint, term| match term {
                Term::Grant(grant) => mint.grant_for(grant),
                Term::Constraint(constraint) => mint.constrain(constraint),
                Term::Audience(audience) => mint.audience(audience),
                Term::Budget(budget) => mint.budget(budget),
                Term::Consent(rule) => mint.consent(rule),
                Term::DelegateOnly => mint.delegate_only(),
                Term::Bearer => mint.bearer(),
            });
        Ok(mint.sign(&*issuer.key)?)
    }
}

impl fmt::Debug for TokenRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}
