//! Arguments and tokens that pass for what is allowed: with a reader that is kind, in a hurry, or a person.
//!
//! One module an attack. The twins are such readers: each of them takes what the core refuses.

mod escaping_places;
mod lookalike_recipients;
mod mixed_recipients;
mod rotated_keys;
mod stolen_tokens;

use agentsudo_core::Rule;
use serde_json::{Value as Json, json};

use super::constraint_kinds::found;

/// Whether the rule refuses the value, for whatever reason.
#[track_caller]
fn refuse(rule: Rule, value: impl Into<Json>) {
    let value = value.into();
    let code = found(rule, &json!({ "x": value }));
    assert_ne!(code, "ok", "{value}");
}

#[track_caller]
fn allow(rule: Rule, value: impl Into<Json>) {
    let value = value.into();
    assert_eq!(found(rule, &json!({ "x": value })), "ok", "{value}");
}
