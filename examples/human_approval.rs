//! Refunds above a threshold wait for a person.
//!
//! You will see a small refund run at once, one that a person approves, and one that the person denies
//! with a reason, which the model is told. The person here is another task at the end of a channel; with
//! `TerminalApprover::new(key, clock)` in the place of `ChannelApprover` it is you, at this terminal.
//!
//! `cargo run -p agentsudo-examples --example human_approval`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{
    Agent, AgentName, Approval, ApprovalRule, Approvers, Audience, AuditEvent, ChannelApprover,
    Clock, Issuer, MemoryAudit, PendingApproval, Runtime, SecretKey, Signer, SystemClock,
    ToolError, Verifier, at_most, generate_key, tool,
};
use serde_json::json;
use tokio::sync::mpsc;

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<String, ToolError> {
    Ok(format!("refunded {amount_minor} cents of {order_id}"))
}

/// Reads each request as a person would, and signs the answer with the person's own key.
async fn shift_manager(
    mut requests: mpsc::Receiver<PendingApproval>,
    key: SecretKey,
) -> anyhow::Result<()> {
    let clock = SystemClock::start();
    while let Some(pending) = requests.recv().await {
        let request = pending.request();
        println!("  {} asks for {}", request.chain(), request.tool());
        // Rendered from the arguments that will run, the sinks first.
        for (name, value) in request.lines(80) {
            println!("    {name}: {value}");
        }
        println!("    why: {}", request.reason());
        let amount_minor = request.arguments()["amount_minor"].as_u64();
        let waited = match amount_minor {
            Some(0..=50_000) => pending.approve(&key, clock.now())?,
            _ => pending.deny(
                "above 500.00 the customer has to write to us",
                &key,
                clock.now(),
            )?,
        };
        anyhow::ensure!(waited, "somebody still waits");
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let key = generate_key()?;
    let approvers = Approvers::nobody().and(AgentName::parse("shift-manager")?, key.public_key());
    let (approver, requests) = ChannelApprover::with_capacity(8);
    let manager = tokio::spawn(shift_manager(requests, key));

    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let audit = MemoryAudit::new();
    let above_100 = ApprovalRule::unless("write:refunds", "amount_minor", at_most(10_000))?;
    let runtime = Runtime::builder(verifier)
        .audit(audit.clone())
        .approval(Approval::ask(approver, approvers).require(above_100))
        .tool(issue_refund)
        .build()?;
    let bot = Agent::generate("support-bot")?;
    let token = issuer.token_for(&bot).allow("write:refunds").mint()?;
    let session = runtime.open_session(&bot, &token).await?;

    for (amount_minor, expected) in [
        (5_000, None),
        (40_000, None),
        (90_000, Some("approval.denied")),
    ] {
        println!("refund of {amount_minor}:");
        let arguments = json!({ "order_id": "order_123", "amount_minor": amount_minor });
        let outcome = session.call("issue_refund", &arguments).await;
        println!("  told: {}", serde_json::to_string(&outcome.to_reply())?);
        anyhow::ensure!(outcome.code() == expected);
    }

    let records = audit.records();
    let approved_by = records.iter().filter_map(|record| match &record.event {
        AuditEvent::Intent { approval, .. } => approval.as_ref().map(|approval| &approval.by),
        _ => None,
    });
    let approved_by = approved_by.collect::<Vec<_>>();
    println!("approved by, in the audit trail: {approved_by:?}");
    anyhow::ensure!(approved_by == ["shift-manager"]);

    // Nobody asks any more: the channel closes and the manager goes home.
    drop((session, runtime));
    manager.await?
}
