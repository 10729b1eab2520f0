//! A proof cannot be written down.

use agentsudo::{Action, Authorized};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "write:refunds", effect = "write")]
struct Refund {
    amount_minor: u64,
}

fn main() {
    let refund = Refund { amount_minor: 5 };
    let _proof: Authorized<Refund> = Authorized { call: refund };
}
