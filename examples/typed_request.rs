//! A request type that carries its scope: what `ScopedModel` is in the Python library.
//!
//! You will see the schema that states scope, effect and sinks, one request that runs, and three that
//! are refused: an unknown field, a wrong type, and a field sent twice.
//!
//! `cargo run -p agentsudo-examples --example typed_request`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{
    Action, Agent, Audience, Authorized, CallContext, Issuer, MemoryAudit, Outcome, Runtime, Tool,
    ToolError, Verifier,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Building one needs no authority and gives none. Only `Authorized<RefundRequest>` does something.
#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "write:refunds", effect = "destructive")]
struct RefundRequest {
    /// The order, e.g. `order_123`.
    order_id: String,
    /// How much, in cents.
    #[sink]
    amount_minor: u64,
}

struct IssueRefund;

impl Tool for IssueRefund {
    const NAME: &'static str = "issue_refund";
    const DESCRIPTION: &'static str = "Refunds an order.";
    type Action = RefundRequest;
    type Output = String;

    async fn run(
        &self,
        call: Authorized<RefundRequest>,
        _ctx: &CallContext,
    ) -> Result<String, ToolError> {
        let RefundRequest {
            order_id,
            amount_minor,
        } = call.into_action();
        Ok(format!("refunded {amount_minor} cents of {order_id}"))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(IssueRefund)
        .build()?;

    let Some(registered) = runtime.registry().of::<IssueRefund>() else {
        anyhow::bail!("the tool is registered above");
    };
    let schema = registered.definition().input_schema();
    println!("{schema:#}");
    let stated = schema.pointer("/x-agentsudo/scope");
    anyhow::ensure!(stated == Some(&"write:refunds".into()));
    anyhow::ensure!(schema.pointer("/additionalProperties") == Some(&false.into()));

    let bot = Agent::generate("support-bot")?;
    let token = issuer.token_for(&bot).allow("write:refunds").mint()?;
    let session = runtime.open_session(&bot, &token).await?;
    let attempts: [(&str, Option<&str>); 4] = [
        (r#"{"order_id": "order_1", "amount_minor": 5000}"#, None),
        (
            r#"{"order_id": "order_1", "amount_minor": 5000, "to": "me"}"#,
            Some("arguments.unknown_field"),
        ),
        (
            r#"{"order_id": "order_1", "amount_minor": "5000"}"#,
            Some("arguments.invalid"),
        ),
        (
            r#"{"order_id": "order_1", "amount_minor": 1, "amount_minor": 5000}"#,
            Some("arguments.duplicate_key"),
        ),
    ];
    for (arguments, expected) in attempts {
        let outcome = session
            .call_json("issue_refund", arguments.as_bytes())
            .await;
        println!("\n{arguments}");
        match &outcome {
            Outcome::Returned(output) => println!("  ran: {output}"),
            Outcome::Refused(refusal) => println!("  refused: {}", refusal.told().message),
            Outcome::Failed(_) | Outcome::Faulted(_) => println!("  {:?}", outcome.code()),
        }
        anyhow::ensure!(outcome.code() == expected);
    }
    Ok(())
}
