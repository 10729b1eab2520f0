//! A call as somebody proposes it: a name and some JSON, nothing decided.

use agentsudo_core::{Arguments, CallId, Chain};

/// A proposed call. Proposal layers may edit its arguments; the tool stays the one that was named.
#[derive(Debug)]
pub struct Proposed {
    id: CallId,
    tool: String,
    chain: Chain,
    arguments: Arguments,
}

impl Proposed {
    pub(crate) const fn new(id: CallId, tool: String, chain: Chain, arguments: Arguments) -> Self {
        Self {
            id,
            tool,
            chain,
            arguments,
        }
    }

    /// The call's id.
    #[must_use]
    pub const fn id(&self) -> CallId {
        self.id
    }

    /// The tool that was named.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The agents that propose it.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The arguments as they stand.
    #[must_use]
    pub const fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// Replaces the arguments. They are decided on as if the caller had sent them.
    pub fn set_arguments(&mut self, arguments: Arguments) {
        self.arguments = arguments;
    }
}
