//! A permit: the permission for one action, for code that may do that and nothing else.
//!
//! You will see a worker that gets no session and no token, refund with the permit it was handed; the
//! token's limits hold in there too; and the permit end with the session.
//!
//! `cargo run -p agentsudo-examples --example permit`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{
    Agent, Audience, CallError, Issuer, MemoryAudit, Permit, Runtime, ToolError, Verifier, at_most,
    tool,
};

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<u64, ToolError> {
    println!("  refunded {amount_minor} cents of {order_id}");
    Ok(amount_minor)
}

/// Deletes a customer.
#[tool(scope = "delete:customers", effect = "destructive")]
async fn delete_customer(#[sink] customer_id: String) -> Result<String, ToolError> {
    Ok(format!("deleted {customer_id}"))
}

/// The signature says what this can do. To delete a customer in here would not compile:
/// `permit.run::<delete_customer>(…)` wants a `Permit<DeleteCustomer>`.
async fn refund_all(
    permit: &Permit<IssueRefund>,
    orders: &[(&str, u64)],
) -> Result<u64, CallError> {
    let mut total_minor = 0_u64;
    for &(order_id, amount_minor) in orders {
        let request = IssueRefund {
            order_id: order_id.to_owned(),
            amount_minor,
        };
        let refunded_minor = permit.run::<issue_refund>(request).await?;
        total_minor = total_minor.saturating_add(refunded_minor);
    }
    Ok(total_minor)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(issue_refund)
        .tool(delete_customer)
        .build()?;
    let bot = Agent::generate("support-bot")?;
    let token = issuer
        .token_for(&bot)
        .allow("write:refunds")
        .constrain("amount_minor", at_most(10_000))
        .mint()?;
    let session = runtime.open_session(&bot, &token).await?;

    let permit = session.permit::<issue_refund>()?;
    println!("{permit:?}");
    let total_minor = refund_all(&permit, &[("order_1", 5_000), ("order_2", 700)]).await?;
    println!("  {total_minor} cents in all");
    anyhow::ensure!(total_minor == 5_700);

    let too_much = refund_all(&permit, &[("order_3", 10_001)]).await;
    let code = too_much.as_ref().err().map(CallError::code);
    println!("100.01 at once: {code:?}");
    anyhow::ensure!(code == Some("constraint.above_maximum"));

    // A session hands out no permit for what it may not do.
    let none = session.permit::<delete_customer>();
    let code = none.err().map(|refusal| refusal.code());
    println!("a permit to delete customers: {code:?}");
    anyhow::ensure!(code == Some("scope.not_granted"));

    session.end();
    let too_late = refund_all(&permit, &[("order_4", 1)]).await;
    let code = too_late.as_ref().err().map(CallError::code);
    println!("after the session: {code:?}");
    anyhow::ensure!(code == Some("session.ended"));
    Ok(())
}
