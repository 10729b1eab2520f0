//! A request says what it does to the world.

use agentsudo::Action;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "write:refunds")]
struct Refund {
    amount_minor: u64,
}

fn main() {}
