//! A scope is read at compile time.

use agentsudo::{Action, ToolError, tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "Refunds", effect = "write")]
struct Refund {
    amount_minor: u64,
}

/// Refunds an order.
#[tool(scope = "write:*", effect = "write")]
async fn issue_refund(amount_minor: u64) -> Result<u64, ToolError> {
    Ok(amount_minor)
}

fn main() {}
