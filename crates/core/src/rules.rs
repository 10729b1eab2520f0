//! What one block allows, compiled.
//!
//! *Invariant:* a block's rules look at one call and nothing else: no clock, no other block. What a chain
//! allows is what all of its blocks allow.

use std::collections::BTreeMap;

use crate::budget::{Budget, BudgetId, Charge};
use crate::call::Requirement;
use crate::consent::ConsentRule;
use crate::constraint::Constraint;
use crate::digest::Digest;
use crate::name::ToolName;
use crate::refusal::Refusal;
use crate::scope::{Scope, ScopePattern, ScopeSet};
use crate::token::Grant;
use crate::value::Arguments;

/// What one block restricts.
#[derive(Debug)]
pub(crate) struct BlockRules {
    id: Digest,
    /// `None` in a delegation that keeps all scopes of the blocks before.
    grants: Option<GrantSet>,
    constraints: Vec<Constraint>,
    budgets: Vec<Budget>,
    consents: Vec<ConsentRule>,
}

#[derive(Debug)]
struct GrantSet {
    any_tool: ScopeSet,
    by_tool: BTreeMap<ToolName, ScopeSet>,
}

impl BlockRules {
    pub(crate) fn new(
        id: Digest,
        grants: &[Grant],
        constraints: Vec<Constraint>,
        budgets: Vec<Budget>,
        consents: Vec<ConsentRule>,
    ) -> Self {
        Self {
            id,
            grants: (!grants.is_empty()).then(|| GrantSet::of(grants)),
            constraints,
            budgets,
            consents,
        }
    }

    /// Whether the scope is granted, to this tool.
    pub(crate) fn check_grants(
        &self,
        requirement: &Requirement,
        block: usize,
    ) -> Result<(), Refusal> {
        let (tool, scope) = (requirement.tool(), requirement.scope());
        let Some(grants) = &self.grants else {
            return Ok(());
        };
        if grants.allows(tool, scope) {
            return Ok(());
        }
        let scope = scope.clone();
        Err(if grants.allows_for_another_tool(&scope) {
            let tool = tool.clone();
            Refusal::ToolNotGranted { tool, scope, block }
        } else {
            Refusal::ScopeNotGranted { scope, block }
        })
    }

    /// Whether every constraint that applies holds.
    pub(crate) fn check_constraints(
        &self,
        scope: &Scope,
        arguments: &Arguments,
        block: usize,
    ) -> Result<(), Refusal> {
        self.applying(scope).try_for_each(|constraint| {
            constraint
                .check(arguments)
                .map_err(|violation| Refusal::Constraint { violation, block })
        })
    }

    /// Whether some constraint that applies limits this argument.
    pub(crate) fn pins(&self, scope: &Scope, sink: &str) -> bool {
        self.applying(scope).any(|constraint| constraint.pins(sink))
    }

    /// What a call draws on the budgets that count it.
    pub(crate) fn charge(
        &self,
        scope: &Scope,
        arguments: &Arguments,
        block: usize,
        charges: &mut Vec<Charge>,
    ) -> Result<(), Refusal> {
        for (index, budget) in self.budgets.iter().enumerate() {
            if budget.applies_to(scope) {
                let id = BudgetId {
                    block: self.id,
                    index,
                };
                charges.push(budget.charge(id, block, arguments)?);
            }
        }
        Ok(())
    }

    /// Whether the call needs a person's consent.
    pub(crate) fn asks(&self, scope: &Scope, arguments: &Arguments) -> bool {
        self.consents
            .iter()
            .any(|rule| rule.covers(scope, arguments))
    }

    fn applying(&self, scope: &Scope) -> impl Iterator<Item = &Constraint> {
        self.constraints
            .iter()
            .filter(move |constraint| constraint.applies_to(scope))
    }
}

impl GrantSet {
    fn of(grants: &[Grant]) -> Self {
        let mut any_tool = Vec::new();
        let mut by_tool = BTreeMap::<ToolName, Vec<ScopePattern>>::new();
        for grant in grants {
            if grant.tools().is_empty() {
                any_tool.push(grant.scope().clone());
            }
            for tool in grant.tools() {
                by_tool
                    .entry(tool.clone())
                    .or_default()
                    .push(grant.scope().clone());
            }
        }
        Self {
            any_tool: ScopeSet::compile(any_tool),
            by_tool: by_tool
                .into_iter()
                .map(|(tool, patterns)| (tool, ScopeSet::compile(patterns)))
                .collect(),
        }
    }

    fn allows(&self, tool: &ToolName, scope: &Scope) -> bool {
        self.any_tool.contains(scope)
            || self
                .by_tool
                .get(tool)
                .is_some_and(|scopes| scopes.contains(scope))
    }

    fn allows_for_another_tool(&self, scope: &Scope) -> bool {
        self.by_tool.values().any(|scopes| scopes.contains(scope))
    }
}
