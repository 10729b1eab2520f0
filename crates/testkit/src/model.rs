//! A model that follows a script: the tool calls that an agent would make.

use agentsudo_runtime::{Outcome, Session};
use serde_json::Value;

/// One tool call, as a model writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The tool's name.
    pub tool: String,
    /// The arguments, as JSON.
    pub arguments: Value,
}

impl ToolCall {
    /// Names a tool and its arguments.
    #[must_use]
    pub fn new(tool: &str, arguments: Value) -> Self {
        Self {
            tool: tool.to_owned(),
            arguments,
        }
    }
}

/// Proposes its tool calls one after the other, whatever comes back: the worst that an injected
/// instruction can make of a model.
#[derive(Debug, Clone, Default)]
pub struct ScriptedModel {
    calls: Vec<ToolCall>,
}

impl ScriptedModel {
    /// Follows this script.
    #[must_use]
    pub const fn new(calls: Vec<ToolCall>) -> Self {
        Self { calls }
    }

    /// Proposes every call in a session and collects how each ended.
    pub async fn run(&self, session: &Session) -> Vec<(ToolCall, Outcome)> {
        let mut ended = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            let outcome = session.call(&call.tool, &call.arguments).await;
            ended.push((call.clone(), outcome));
        }
        ended
    }
}
