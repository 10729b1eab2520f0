//! Tools that run only with proof of authority.
//!
//! Owns what a tool is ([`Tool`], [`DynTool`]), how it is described to a model and to an operator
//! ([`ToolDefinition`], its JSON Schemas and its digest), which tools there are ([`Registry`]), what
//! a tool takes from its surroundings ([`FromCallContext`]), and how it fails ([`ToolError`]).
//!
//! Leaves out who is calling and whether they may: a tool receives an
//! [`Authorized`](agentsudo_core::Authorized) call and cannot make one. A runtime decides.
//!
//! *Invariant:* a registered tool has a scope, an effect and a description, and its marked arguments
//! exist in its input schema.

mod context;
mod definition;
mod dyn_tool;
mod error;
mod extract;
mod misuse;
mod registry;
mod schema;
mod sudo_call;
mod tool;

#[doc(hidden)]
#[path = "macro_support.rs"]
pub mod __macro;

pub use agentsudo_core::Action;
pub use agentsudo_macros::{Action, sudo, tool};

pub use crate::context::{CallContext, CallContextParts, States};
pub use crate::definition::{
    MAX_DESCRIPTION_LEN_BYTES, MAX_SCHEMA_LEN_BYTES, ToolDefinition, ToolDefinitionParts,
};
pub use crate::dyn_tool::DynTool;
pub use crate::error::{MAX_TOLD_LEN_CHARS, ToolError, ToolErrorKind};
pub use crate::extract::{FromCallContext, IdempotencyKey, Principal, State};
pub use crate::misuse::ToolMisuse;
pub use crate::registry::{MAX_TOOLS, Registered, Registry};
pub use crate::tool::{DEFAULT_TIMEOUT, Tool};

// The macros name `::agentsudo`, which in this crate's own tests is this crate.
#[cfg(test)]
extern crate self as agentsudo;

#[cfg(test)]
mod tests;
