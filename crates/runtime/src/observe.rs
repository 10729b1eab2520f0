//! Where observe mode is on.

use agentsudo_core::danger::ObserveMode;
use agentsudo_core::{AgentName, Chain, Requirement, ToolName};

use crate::setup_error::SetupError;

/// Switches observe mode on for one agent, one tool or everything, until a date.
///
/// # Security
/// While it is on, what would be refused for missing authority runs, and is recorded as `would_refuse`.
#[derive(Debug, Clone)]
pub struct Observe {
    subject: Subject,
    mode: ObserveMode,
}

#[derive(Debug, Clone)]
enum Subject {
    Agent(AgentName),
    Tool(ToolName),
    Everything,
}

impl Observe {
    /// For the calls that one agent makes itself.
    ///
    /// # Errors
    /// [`SetupError::Name`] for a malformed name.
    pub fn agent(name: &str, mode: ObserveMode) -> Result<Self, SetupError> {
        Ok(Self {
            subject: Subject::Agent(AgentName::parse(name)?),
            mode,
        })
    }

    /// For the calls of one tool, whoever makes them, with or without a session.
    ///
    /// # Errors
    /// [`SetupError::Name`] for a malformed name.
    pub fn tool(name: &str, mode: ObserveMode) -> Result<Self, SetupError> {
        Ok(Self {
            subject: Subject::Tool(ToolName::parse(name)?),
            mode,
        })
    }

    /// For all calls.
    #[must_use]
    pub const fn everything(mode: ObserveMode) -> Self {
        Self {
            subject: Subject::Everything,
            mode,
        }
    }

    /// The mode under which this agent may be at work with a token whose time is over.
    pub(crate) fn mode_of(&self, agent: &AgentName) -> Option<&ObserveMode> {
        let covered = match &self.subject {
            Subject::Agent(name) => name == agent,
            Subject::Tool(_) => false,
            Subject::Everything => true,
        };
        covered.then_some(&self.mode)
    }

    /// The mode, on or over, if it is meant for the calls of these agents or of this tool.
    pub(crate) fn mode_for(
        &self,
        chain: &Chain,
        requirement: &Requirement,
    ) -> Option<&ObserveMode> {
        let covered = match &self.subject {
            Subject::Agent(name) => chain.leaf().is_some_and(|leaf| leaf.agent == *name),
            Subject::Tool(name) => requirement.tool() == name,
            Subject::Everything => true,
        };
        covered.then_some(&self.mode)
    }
}
