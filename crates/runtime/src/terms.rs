//! What a token in the making may do, gathered text by text: the same for minting and for delegating.

use agentsudo_core::{
    Audience, Budget, ConsentRule, Constraint, Grant, Rule, ScopePattern, ToolName,
};

use crate::setup_error::SetupError;

pub(crate) enum Term {
    Grant(Grant),
    Constraint(Constraint),
    Audience(Audience),
    Budget(Budget),
    Consent(ConsentRule),
    DelegateOnly,
    Bearer,
}

/// The terms so far, or the first mistake.
pub(crate) struct Terms(Result<Vec<Term>, SetupError>);

impl Terms {
    pub(crate) const fn new() -> Self {
        Self(Ok(Vec::new()))
    }

    fn with(self, make: impl FnOnce() -> Result<Term, SetupError>) -> Self {
        Self(self.0.and_then(|mut terms| {
            terms.push(make()?);
            Ok(terms)
        }))
    }

    pub(crate) fn grant(self, scopes: &str) -> Self {
        self.with(|| Ok(Term::Grant(Grant::any_tool(ScopePattern::parse(scopes)?))))
    }

    pub(crate) fn grant_to_tool(self, scopes: &str, tool: &str) -> Self {
        self.with(|| {
            let scopes = ScopePattern::parse(scopes)?;
            Ok(Term::Grant(Grant::for_tool(scopes, ToolName::parse(tool)?)))
        })
    }

    pub(crate) fn constrain(self, path: &str, rule: Rule) -> Self {
        self.with(|| Ok(Term::Constraint(Constraint::new(path, rule)?)))
    }

    pub(crate) fn constrain_on(self, scopes: &str, path: &str, rule: Rule) -> Self {
        self.with(|| {
            let constraint = Constraint::new(path, rule)?;
            Ok(Term::Constraint(
                constraint.on(ScopePattern::parse(scopes)?),
            ))
        })
    }

    pub(crate) fn audience(self, audience: &str) -> Self {
        self.with(|| Ok(Term::Audience(Audience::parse(audience)?)))
    }

    pub(crate) fn budget(self, budget: Budget) -> Self {
        self.with(|| Ok(Term::Budget(budget)))
    }

    pub(crate) fn budget_on(self, scopes: &str, budget: Budget) -> Self {
        self.with(|| Ok(Term::Budget(budget.on(ScopePattern::parse(scopes)?))))
    }

    pub(crate) fn consent(self, scopes: &str) -> Self {
        self.with(|| {
            Ok(Term::Consent(ConsentRule::always(ScopePattern::parse(
                scopes,
            )?)))
        })
    }

    pub(crate) fn consent_unless(self, scopes: &str, path: &str, rule: Rule) -> Self {
        self.with(|| {
            let always = ConsentRule::always(ScopePattern::parse(scopes)?);
            Ok(Term::Consent(always.unless(path, rule)?))
        })
    }

    pub(crate) fn delegate_only(self) -> Self {
        self.with(|| Ok(Term::DelegateOnly))
    }

    pub(crate) fn bearer(self) -> Self {
        self.with(|| Ok(Term::Bearer))
    }

    pub(crate) fn finish(self) -> Result<Vec<Term>, SetupError> {
        self.0
    }
}
