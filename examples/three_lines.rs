//! The start: a guarded function, an agent with a token, a session around the call.
//!
//! You will see the support bot refund an order, and the analytics bot refused with what it lacks.
//!
//! `cargo run -p agentsudo-examples --example three_lines`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{Agent, Audience, Denied, Issuer, MemoryAudit, Runtime, Verifier, sudo};

#[sudo(scope = "write:refunds", effect = "write")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<String, Denied> {
    Ok(format!("refunded {amount_minor} cents of {order_id}"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Once per program: who may grant, who decides, where the records go.
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let audit = MemoryAudit::new();
    let runtime = Runtime::builder(verifier).audit(audit.clone()).build()?;

    // The three lines: a token, a session, a call inside of it.
    let support = Agent::generate("support-bot")?;
    let token = issuer.token_for(&support).allow("write:refunds").mint()?;
    let session = runtime.open_session(&support, &token).await?;
    let done = session
        .enter(issue_refund("order_123".into(), 5_000))
        .await?;
    println!("support-bot:   {done}");
    anyhow::ensure!(done == "refunded 5000 cents of order_123");

    let analytics = Agent::generate("analytics-bot")?;
    let token = issuer.token_for(&analytics).allow("read:orders").mint()?;
    let session = runtime.open_session(&analytics, &token).await?;
    let refused = session.enter(issue_refund("order_123".into(), 5_000)).await;
    let Err(denied) = refused else {
        anyhow::bail!("the analytics bot must not refund");
    };
    println!("analytics-bot: {} ({})", denied, denied.code());
    anyhow::ensure!(denied.code() == "scope.not_granted");

    // Outside of any session the function does nothing at all.
    let Err(denied) = issue_refund("order_123".into(), 5_000).await else {
        anyhow::bail!("nobody must not refund");
    };
    println!("nobody:        {} ({})", denied, denied.code());
    anyhow::ensure!(denied.code() == "session.missing");

    println!("the audit trail has {} records", audit.records().len());
    Ok(())
}
