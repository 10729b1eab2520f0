//! What `#[sudo]` tells the runtime about the function that it guards.

use agentsudo_core::{Effect, Scope};
use serde_json::{Error, Value};

/// One call of a guarded function, before any decision.
#[derive(Debug)]
pub struct SudoCall {
    /// The function's name.
    pub name: &'static str,
    /// The authority that the call needs.
    pub scope: Scope,
    /// What the call does to the world.
    pub effect: Effect,
    /// The arguments that decide where something goes or how much.
    pub sinks: &'static [&'static str],
    /// The arguments that an audit record must not show.
    pub secrets: &'static [&'static str],
    /// What the decision sees. An argument that does not serialize refuses the call.
    pub arguments: Vec<(&'static str, Result<Value, Error>)>,
}
