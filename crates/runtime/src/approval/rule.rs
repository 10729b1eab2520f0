//! Which calls wait for a person.

use agentsudo_core::{Authorized, Constraint, Rule, ScopePattern};

use crate::setup_error::SetupError;

/// Calls of some scopes wait for a person: always, or unless an argument keeps within a limit.
///
/// It holds whatever the agent's token says: more authority never means that fewer people are asked.
#[derive(Debug, Clone)]
pub struct ApprovalRule {
    scopes: ScopePattern,
    unless: Option<Constraint>,
}

impl ApprovalRule {
    /// Every call that needs a scope of the pattern waits.
    ///
    /// # Errors
    /// [`SetupError::Scope`] for a malformed pattern.
    pub fn always(scopes: &str) -> Result<Self, SetupError> {
        Ok(Self {
            scopes: ScopePattern::parse(scopes)?,
            unless: None,
        })
    }

    /// A call that needs a scope of the pattern waits unless the argument keeps the rule. A call without
    /// the argument waits too.
    ///
    /// # Errors
    /// [`SetupError::Scope`] for a malformed pattern, [`SetupError::Constraint`] for a malformed path or
    /// a rule that can never hold.
    pub fn unless(scopes: &str, path: &str, rule: Rule) -> Result<Self, SetupError> {
        let scopes = ScopePattern::parse(scopes)?;
        Ok(Self {
            scopes,
            unless: Some(Constraint::new(path, rule)?),
        })
    }

    pub(super) fn asks_for<A>(&self, call: &Authorized<A>) -> bool {
        self.scopes.matches(call.requirement().scope())
            && self
                .unless
                .as_ref()
                .is_none_or(|limit| limit.check(call.arguments()).is_err())
    }

    /// Why a person is asked, for that person.
    pub(super) fn reason(&self) -> String {
        match &self.unless {
            None => format!("every call of `{}` waits for a person", self.scopes),
            Some(limit) => format!(
                "a call of `{}` waits for a person unless `{}` is {}",
                self.scopes,
                limit.path(),
                limit.rule()
            ),
        }
    }
}
