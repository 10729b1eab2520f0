//! The function under `#[tool]` is no function any more.

use agentsudo::{ToolError, tool};

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "write")]
async fn issue_refund(amount_minor: u64) -> Result<u64, ToolError> {
    Ok(amount_minor)
}

async fn refund() -> Result<u64, ToolError> {
    issue_refund(5).await
}

fn main() {}
