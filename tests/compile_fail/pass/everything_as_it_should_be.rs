//! The twin of the others: the way that is meant.

use agentsudo::{
    Action, Agent, Audience, Authorized, CallContext, Denied, Issuer, MemoryAudit, Runtime, Tool,
    ToolError, Verifier, layer_fn, sudo, tool,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "write:refunds", effect = "destructive")]
struct RefundRequest {
    order_id: String,
    #[sink]
    amount_minor: u64,
}

struct ByHand;

impl Tool for ByHand {
    const NAME: &'static str = "by_hand";
    const DESCRIPTION: &'static str = "Refunds an order.";
    type Action = RefundRequest;
    type Output = String;

    async fn run(
        &self,
        call: Authorized<RefundRequest>,
        _: &CallContext,
    ) -> Result<String, ToolError> {
        let RefundRequest { order_id, amount_minor } = call.into_action();
        Ok(format!("{amount_minor} of {order_id}"))
    }
}

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<String, ToolError> {
    Ok(format!("{amount_minor} of {order_id}"))
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn guarded(amount_minor: u64) -> Result<u64, Denied> {
    Ok(amount_minor)
}

async fn work() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let builder = Runtime::builder(verifier).audit(MemoryAudit::new());
    let layer = layer_fn("quiet", |_, next| Box::pin(next.run()));
    let runtime = builder.tool(ByHand).tool(issue_refund).layer(layer).build()?;
    let agent = Agent::generate("support-bot")?;
    let token = issuer.token_for(&agent).allow("write:refunds").mint()?;
    let session = runtime.open_session(&agent, &token).await?;
    let order_id = "order_1".to_owned();
    let refund = IssueRefund { order_id, amount_minor: 5 };
    assert_eq!(session.run::<issue_refund>(refund).await?, "5 of order_1");
    let order_id = "order_2".to_owned();
    let request = RefundRequest { order_id, amount_minor: 6 };
    let permit = session.permit::<ByHand>()?;
    assert_eq!(permit.run::<ByHand>(request).await?, "6 of order_2");
    assert_eq!(session.enter(guarded(7)).await?, 7);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    work().await
}
