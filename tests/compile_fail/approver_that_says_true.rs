//! An answer is a signed decision. There is no `true` that could approve by mistake.

use agentsudo::{ApprovalRequest, Approver, ApproverFault, async_trait};

struct Truthy;

#[async_trait]
impl Approver for Truthy {
    async fn decide(&self, _: &ApprovalRequest) -> Result<bool, ApproverFault> {
        Ok(true)
    }
}

fn main() {}
