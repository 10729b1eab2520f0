//! A proof is used up by the call.

use agentsudo::{CallContext, Authorized, Tool, ToolError, tool};

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "write")]
async fn issue_refund(amount_minor: u64) -> Result<u64, ToolError> {
    Ok(amount_minor)
}

async fn twice(proof: Authorized<IssueRefund>, ctx: &CallContext) {
    let _ = issue_refund.run(proof, ctx).await;
    let _ = issue_refund.run(proof, ctx).await;
}

fn main() {}
