//! What tests of AgentSudo programs need: a clock that stands still, keys from seeds, an approver that
//! follows a script, a model that does too.
//!
//! Everything here is deterministic and none of it is safe outside of tests.

mod approver;
mod clock;
mod keys;
mod model;
pub mod reference;

pub use approver::ScriptedApprover;
pub use clock::FixedClock;
pub use keys::{seeded_agent, seeded_issuer, seeded_key};
pub use model::{ScriptedModel, ToolCall};
