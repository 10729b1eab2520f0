//! A request says which authority it needs.

use agentsudo::Action;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(effect = "write")]
struct Refund {
    amount_minor: u64,
}

fn main() {}
