//! Systems that agents act on, as AgentSudo tools.
//!
//! Each vendor is one folder and one feature: its client, its errors, and its tools with their
//! scopes, effects and sinks. A vendor knows nothing of the others, and nothing of who is calling.
//! Its credential or file handle is a state of the runtime; what changes something with it is
//! private to the folder and called by the tools alone, so it is reachable only in an authorized
//! call.

// The macros name `::agentsudo::__macro`, which below the facade is this crate.
#[cfg(any(feature = "outbox", feature = "shop"))]
extern crate agentsudo_tools as agentsudo;

#[cfg(feature = "outbox")]
pub mod outbox;
#[cfg(feature = "shop")]
pub mod shop;
#[cfg(test)]
#[cfg(any(feature = "outbox", feature = "shop"))]
mod tests;
