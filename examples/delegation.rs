//! Delegation: a coordinator hands narrower tokens on, offline, and cannot hand on more than it has.
//!
//! You will see a researcher that may read and not refund, attempts to widen and to delegate further, the
//! chain in the audit trail, and a token signed for an agent of another process, sent as text.
//!
//! `cargo run -p agentsudo-examples --example delegation`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{
    Agent, AgentName, Audience, Holder, Issuer, MemoryAudit, PublicKey, Runtime, Session,
    SetupError, Token, ToolError, Verifier, at_most, tool,
};
use serde_json::json;

/// Reads an order.
#[tool(scope = "read:orders", effect = "read")]
async fn read_order(order_id: String) -> Result<String, ToolError> {
    Ok(format!("{order_id}: 120.00, delivered"))
}

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<String, ToolError> {
    Ok(format!("refunded {amount_minor} cents of {order_id}"))
}

async fn read(session: &Session) -> Option<&'static str> {
    let arguments = json!({ "order_id": "order_1" });
    session.call("read_order", &arguments).await.code()
}

async fn refund(session: &Session, amount_minor: u64) -> Option<&'static str> {
    let arguments = json!({ "order_id": "order_1", "amount_minor": amount_minor });
    session.call("issue_refund", &arguments).await.code()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let audit = MemoryAudit::new();
    let runtime = Runtime::builder(verifier)
        .audit(audit.clone())
        .tool(read_order)
        .tool(issue_refund)
        .build()?;
    let agent = Agent::generate("coordinator")?;
    let token = issuer
        .token_for(&agent)
        .allow("read:*")
        .allow("write:refunds")
        .constrain_on("write:refunds", "amount_minor", at_most(10_000))
        .delegable(1)
        .mint()?;
    let coordinator = runtime.open_session(&agent, &token).await?;

    let researcher = coordinator.delegate("researcher").only("read:*");
    let researcher = researcher.open().await?;
    println!("{}", researcher.chain());
    let (reads, refunds) = (read(&researcher).await, refund(&researcher, 1).await);
    println!("  read: {reads:?}, refund: {refunds:?}");
    anyhow::ensure!(reads.is_none() && refunds == Some("scope.not_granted"));

    // To ask for more gives no more: every block of the chain has to allow a call.
    let greedy = coordinator.delegate("greedy").only("**").open().await?;
    let (small, large) = (refund(&greedy, 10_000).await, refund(&greedy, 10_001).await);
    println!(
        "{}\n  refund of 100.00: {small:?}, of 100.01: {large:?}",
        greedy.chain()
    );
    anyhow::ensure!(small.is_none() && large == Some("constraint.above_maximum"));

    // The token was delegable once, and that was it.
    let deeper = researcher.delegate("helper").open().await;
    let code = deeper.err().map(|error| error.code());
    println!("{} > helper\n  {code:?}", researcher.chain());
    anyhow::ensure!(code == Some("token.depth_exceeded"));

    let records = audit.records();
    let chain = "coordinator > researcher";
    let by_researcher = records.iter().filter(|r| r.chain.to_string() == chain);
    println!(
        "audit: {} records of {chain}",
        by_researcher.clone().count()
    );
    anyhow::ensure!(by_researcher.count() >= 3, "opened, read, refused");

    // An agent of another process sends its name and public key, and gets text back.
    let elsewhere = Agent::generate("mailer")?;
    let sent_pem = elsewhere.holder().key().to_pem()?;
    let holder = Holder::new(AgentName::parse("mailer")?, PublicKey::from_pem(&sent_pem)?);
    let text = coordinator
        .delegate("mailer")
        .only("read:orders")
        .sign_for(holder)?
        .to_text();
    println!("for the mailer: {text}");
    anyhow::ensure!(text.starts_with("asudo1_"));

    let token = Token::from_text(&text)?;
    let mailer = runtime.open_session(&elsewhere, &token).await?;
    println!("{}\n  read: {:?}", mailer.chain(), read(&mailer).await);
    anyhow::ensure!(read(&mailer).await.is_none());

    // Whoever finds the text lacks the key.
    let thief = runtime
        .open_session(&Agent::generate("mailer")?, &token)
        .await;
    let code = thief.as_ref().err().map(SetupError::code);
    println!("a thief with the text: {code:?}");
    anyhow::ensure!(code == Some("token.holder_mismatch"));
    Ok(())
}
