//! The proof for one request is none for another.

use agentsudo::{Authorized, CallContext, Tool, ToolError, tool};

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "write")]
async fn issue_refund(amount_minor: u64) -> Result<u64, ToolError> {
    Ok(amount_minor)
}

/// Reads an order.
#[tool(scope = "read:orders", effect = "read")]
async fn read_order(order_id: String) -> Result<String, ToolError> {
    Ok(order_id)
}

async fn refund(may_read: Authorized<ReadOrder>, ctx: &CallContext) -> Result<u64, ToolError> {
    issue_refund.run(may_read, ctx).await
}

fn main() {}
