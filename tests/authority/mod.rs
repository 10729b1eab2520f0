//! Tokens, constraints, approvals: what the core must refuse.
//!
//! Every attack is tried on the real verifier, and has a twin beside it: the same input without the defence,
//! or judged by a naive reader, where it succeeds. So each test shows that there was something to defend.
#![cfg(test)]

mod actors;
mod approvals;
mod arguments;
mod chains;
mod constraint_addresses;
mod constraint_kinds;
mod constraint_nesting;
mod constraints;
mod deception;
mod delegation;
mod ed25519_edges;
mod encoding;
mod fields;
mod forge;
mod lifetime;
mod limits;
mod model;
mod obligations;
mod proofs;
mod reference;
mod revocation;
mod signatures;
mod spelling;
mod tampering;
mod told;
mod vectors;
mod widening;
