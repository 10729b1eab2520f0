//! A budget that sub-agents share: ten of them cannot spend it ten times.
//!
//! You will see an agent with 100.00 EUR for refunds hand its token to ten helpers, three refunds go through
//! until the budget is used up, the others told what is left, and a failed refund given back.
//!
//! `cargo run -p agentsudo-examples --example budgets`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{Agent, Audience, Budget, Issuer, MemoryAudit, Runtime, ToolError, Verifier, tool};
use serde_json::json;

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<String, ToolError> {
    if order_id == "order_0" {
        // Nothing happened, and the tool says so: what was reserved is given back.
        return Err(ToolError::permanent(
            "shop.unknown",
            "there is no such order",
        ));
    }
    Ok(format!("refunded {amount_minor} of {order_id}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(issue_refund)
        .build()?;

    let lead = Agent::generate("support-lead")?;
    let token = issuer
        .token_for(&lead)
        .allow("write:refunds")
        .budget(Budget::amount("amount_minor", 10_000)?)
        .delegable(1)
        .mint()?;
    let session = runtime.open_session(&lead, &token).await?;

    let mut refunded = 0;
    for helper in 0..10 {
        let name = format!("helper-{helper}");
        let helper_session = session.delegate(&name).open().await?;
        let order_id = format!("order_{helper}");
        let refund = json!({ "order_id": order_id, "amount_minor": 3_000 });
        let outcome = helper_session.call("issue_refund", &refund).await;
        println!("{name}: {}", serde_json::to_string(&outcome.to_reply())?);
        match outcome.code() {
            None => refunded += 3_000,
            Some("shop.unknown" | "budget.exceeded") => {}
            Some(other) => anyhow::bail!("unexpected refusal: {other}"),
        }
    }
    println!("refunded in all: {refunded} of 10000");
    anyhow::ensure!(refunded == 9_000);
    Ok(())
}
