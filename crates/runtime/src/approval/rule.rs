//! Which calls wait for a person.

use agentsudo_core::{Authorized, ConsentRule, Rule, ScopePattern};

use crate::setup_error::SetupError;

/// Calls of some scopes wait for a person: always, or unless an argument keeps within a limit.
///
/// It holds whatever the agent's token says: more authority never means that fewer people are asked.
#[derive(Debug, Clone)]
pub struct ApprovalRule(ConsentRule);

impl ApprovalRule {
    /// Every call that needs a scope of the pattern waits.
    ///
    /// # Errors
    /// [`SetupError::Scope`] for a malformed pattern.
    pub fn always(scopes: &str) -> Result<Self, SetupError> {
        Ok(Self(ConsentRule::always(ScopePattern::parse(scopes)?)))
    }

    /// A call that needs a scope of the pattern waits unless the argument keeps the rule. A call without
    /// the argument waits too.
    ///
    /// # Errors
    /// [`SetupError::Scope`] for a malformed pattern, [`SetupError::Constraint`] for a malformed path or
    /// a rule that can never hold.
    pub fn unless(scopes: &str, path: &str, rule: Rule) -> Result<Self, SetupError> {
        let Self(always) = Self::always(scopes)?;
        Ok(Self(always.unless(path, rule)?))
    }

    pub(super) fn asks_for<A>(&self, call: &Authorized<A>) -> bool {
        self.0.covers(call.requirement().scope(), call.arguments())
    }

    /// Why a person is asked, for that person.
    pub(super) fn reason(&self) -> String {
        let scopes = self.0.scope();
        match self.0.exception() {
            None => format!("every call of `{scopes}` waits for a person"),
            Some(limit) => format!(
                "a call of `{scopes}` waits for a person unless `{}` is {}",
                limit.path(),
                limit.rule()
            ),
        }
    }
}
