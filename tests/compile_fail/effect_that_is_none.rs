//! A typo in an option does not fail open.

use agentsudo::tool;

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "reed")]
async fn issue_refund(amount_minor: u64) -> Result<u64, agentsudo::ToolError> {
    Ok(amount_minor)
}

/// Refunds an order.
#[tool(scop = "write:refunds", effect = "read")]
async fn issue_other_refund(amount_minor: u64) -> Result<u64, agentsudo::ToolError> {
    Ok(amount_minor)
}

fn main() {}
