//! Examples of AgentSudo, one idea each. Run one with `cargo run -p agentsudo-examples --example NAME`,
//! all of them with `scripts/examples`.
//!
//! The library itself is empty: its tests compile the code of `docs/from-python.md`.

#[cfg(doctest)]
#[doc = include_str!("../docs/from-python.md")]
mod from_python {}
