//! A tool takes a proof, not a request.

use agentsudo::{CallContext, Tool, ToolError, tool};

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "write")]
async fn issue_refund(amount_minor: u64) -> Result<u64, ToolError> {
    Ok(amount_minor)
}

async fn refund(ctx: &CallContext) -> Result<u64, ToolError> {
    issue_refund.run(IssueRefund { amount_minor: 5 }, ctx).await
}

fn main() {}
