//! The request type that carries its scope.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::effect::Effect;
use crate::scope::Scope;

/// A typed request that declares the authority it needs; its fields are the arguments.
///
/// Derive it: `#[derive(Action)] #[action(scope = "write:refunds", effect = "write")]`. What is decided on
/// is the request's own serialization, and what runs is the request: the two cannot differ.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which scope and effect it has",
    label = "not an action",
    note = "derive it: `#[derive(Action, Serialize, Deserialize, JsonSchema)]` with `#[action(scope = \"write:refunds\", effect = \"write\")]`"
)]
pub trait Action: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The authority that a call needs, a literal scope.
    const SCOPE: Scope;
    /// What a call does to the world.
    const EFFECT: Effect;
    /// The arguments, by serialized name, that decide where something goes or how much.
    const SINKS: &'static [&'static str];
    /// The arguments, by serialized name, that an audit record must not show.
    const SECRETS: &'static [&'static str];
}
