//! Sub-agents: narrower tokens, made offline by the session that hands them on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use agentsudo_core::{Budget, Delegation, Holder, Rule, Token};

use crate::agent::Agent;
use crate::session::{Inner, Session};
use crate::setup_error::SetupError;
use crate::terms::{Term, Terms};

/// A delegation in the making. The first mistake is kept and reported at the end.
///
/// Whatever is said here, the sub-agent can do nothing that this session cannot.
#[must_use = "a sub-agent exists once its session is opened or its token is signed"]
pub struct SubAgent {
    session: Arc<Inner>,
    name: String,
    expires_in: Option<Duration>,
    depth: u8,
    terms: Terms,
}

impl SubAgent {
    pub(crate) fn of(session: Arc<Inner>, name: &str) -> Self {
        Self {
            session,
            name: name.to_owned(),
            expires_in: None,
            depth: 0,
            terms: Terms::new(),
        }
    }

    /// Keeps only the scopes of this pattern, and of others that are kept too.
    pub fn only(mut self, scopes: &str) -> Self {
        self.terms = self.terms.grant(scopes);
        self
    }

    /// Keeps the scopes of this pattern for calls of one tool only, and others that are kept too.
    pub fn only_tool(mut self, scopes: &str, tool: &str) -> Self {
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

    /// Lets whoever shows the token use it without a proof, if all blocks before say so too.
    ///
    /// # Security
    /// Such a token is a password: whoever comes by it has it.
    pub fn bearer(mut self) -> Self {
        self.terms = self.terms.bearer();
        self
    }

    /// Ends the delegation after so many whole seconds, if the session's token lives that long.
    pub const fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime);
        self
    }

    /// Permits the sub-agent so many further delegations in a row, if the session's token does. Without this
    /// call it may not delegate at all.
    pub const fn delegable(mut self, depth: u8) -> Self {
        self.depth = depth;
        self
    }

    /// Opens a session for the sub-agent, with a new key, in this process. It ends with this one.
    ///
    /// # Errors
    /// The first mistake that was made above; [`SetupError::Token`] when the session's token permits no
    /// delegation; [`SetupError::NoHolderKey`] when its token was shown without a proof;
    /// [`SetupError::Refused`] when it has ended or expired.
    pub async fn open(self) -> Result<Session, SetupError> {
        let agent = Agent::generate(&self.name)?;
        let session = Arc::clone(&self.session);
        let token = self.sign_for(&agent)?;
        let runtime = session.runtime.clone();
        Session::open(
            runtime,
            Some(Arc::clone(agent.signer())),
            &token,
            Some(session),
        )
        .await
    }

    /// Signs a token for an agent that has its own key, to be used anywhere. Of an agent in another
    /// process the [`Holder`] is enough: its name and public key.
    ///
    /// The token names the agent by its own name, which has to be the name of the delegation.
    ///
    /// # Errors
    /// As [`SubAgent::open`], and [`SetupError::OtherAgent`] when the agent has another name.
    pub fn sign_for(self, holder: impl Into<Holder>) -> Result<Token, SetupError> {
        let holder = holder.into();
        if self.session.has_ended() {
            return Err(SetupError::Refused(agentsudo_core::Refusal::SessionEnded));
        }
        let Some(signer) = &self.session.holder else {
            return Err(SetupError::NoHolderKey);
        };
        if holder.agent().as_str() != self.name {
            return Err(SetupError::OtherAgent {
                expected: self.name,
                found: holder.agent().to_string(),
            });
        }
        let now = self.session.runtime.now();
        let mut delegation = Delegation::to(holder).delegable(self.depth);
        if let Some(lifetime) = self.expires_in {
            delegation = delegation.expires_at(now.saturating_add_s(lifetime.as_secs()));
        }
        let delegation = self
            .terms
            .finish()?
            .into_iter()
            .fold(delegation, |delegation, term| match term {
                Term::Grant(grant) => delegation.only_for(grant),
                Term::Constraint(constraint) => delegation.constrain(constraint),
                Term::Audience(audience) => delegation.audience(audience),
                Term::Budget(budget) => delegation.budget(budget),
                Term::Consent(rule) => delegation.consent(rule),
                Term::DelegateOnly => delegation.delegate_only(),
                Term::Bearer => delegation.bearer(),
            });
        Ok(delegation.sign(&self.session.token, &**signer)?)
    }
}

impl fmt::Debug for SubAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubAgent")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
