//! No float ever decides anything.

use agentsudo::tool;

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "write")]
async fn issue_refund(#[sink] amount: f64) -> Result<f64, agentsudo::ToolError> {
    Ok(amount)
}

fn main() {}
