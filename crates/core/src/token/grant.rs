//! What a block grants.

use crate::name::ToolName;
use crate::scope::ScopePattern;

/// A scope pattern that a block grants, for all tools or for named ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    scope: ScopePattern,
    tools: Vec<ToolName>,
}

impl Grant {
    pub(super) const fn from_parts(scope: ScopePattern, tools: Vec<ToolName>) -> Self {
        Self { scope, tools }
    }

    /// Grants the scope to calls of any tool.
    #[must_use]
    pub const fn any_tool(scope: ScopePattern) -> Self {
        Self {
            scope,
            tools: Vec::new(),
        }
    }

    /// Grants the scope to calls of one tool only.
    #[must_use]
    pub fn for_tool(scope: ScopePattern, tool: ToolName) -> Self {
        Self {
            scope,
            tools: vec![tool],
        }
    }

    /// Grants the scope to one more tool of those that it is limited to. A grant to any tool stays one.
    #[must_use]
    pub fn and_tool(mut self, tool: ToolName) -> Self {
        if !self.tools.is_empty() {
            self.tools.push(tool);
        }
        self
    }

    /// The scopes that are granted.
    #[must_use]
    pub const fn scope(&self) -> &ScopePattern {
        &self.scope
    }

    /// The tools that the grant is limited to; none means any.
    #[must_use]
    pub fn tools(&self) -> &[ToolName] {
        &self.tools
    }
}
