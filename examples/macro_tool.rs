//! A tool by macro: the doc comments become what the model reads, the context gives what it must not choose.
//!
//! You will see the schema that the model gets, and the same refund asked for in two ways: typed from
//! Rust, and as JSON from a model. The currency and the idempotency key are in neither.
//!
//! `cargo run -p agentsudo-examples --example macro_tool`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::{Arc, Mutex, PoisonError};

use agentsudo::{
    Agent, Audience, IdempotencyKey, Issuer, MemoryAudit, Outcome, Runtime, State, ToolError,
    Verifier, tool,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Stands for a payment provider: it keeps the key of each refund it made.
#[derive(Clone)]
struct Shop {
    currency: &'static str,
    keys: Arc<Mutex<Vec<String>>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Refund {
    order_id: String,
    amount_minor: u64,
    currency: String,
}

/// Refunds an order to the customer's original payment method.
#[tool(scope = "write:refunds", effect = "destructive", timeout = "10s")]
async fn issue_refund(
    /// The order, e.g. `order_123`.
    order_id: String,
    /// How much, in the smallest unit of the order's currency.
    #[sink]
    amount_minor: u64,
    State(shop): State<Shop>,
    key: IdempotencyKey,
) -> Result<Refund, ToolError> {
    let mut keys = shop.keys.lock().unwrap_or_else(PoisonError::into_inner);
    keys.push(key.to_string());
    Ok(Refund {
        order_id,
        amount_minor,
        currency: shop.currency.to_owned(),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let shop = Shop {
        currency: "EUR",
        keys: Arc::default(),
    };
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .state(shop.clone())
        .tool(issue_refund)
        .build()?;
    let bot = Agent::generate("support-bot")?;
    let token = issuer.token_for(&bot).allow("write:refunds").mint()?;
    let session = runtime.open_session(&bot, &token).await?;

    let tools = session.tools();
    let Some(definition) = tools.first() else {
        anyhow::bail!("the session may refund");
    };
    println!("{}: {}", definition.name(), definition.description());
    println!("{:#}\n", definition.input_schema());
    anyhow::ensure!(definition.sinks() == ["amount_minor"]);
    let properties = definition.input_schema().pointer("/properties");
    anyhow::ensure!(
        properties
            .and_then(|p| p.as_object())
            .is_some_and(|p| p.len() == 2)
    );

    // From Rust: the action type is the function's name in camel case.
    let typed = IssueRefund {
        order_id: "order_123".to_owned(),
        amount_minor: 5_000,
    };
    let refund = session.run::<issue_refund>(typed).await?;
    println!("typed:   {} {}", refund.amount_minor, refund.currency);
    anyhow::ensure!(refund.amount_minor == 5_000 && refund.currency == "EUR");

    // From a model: a name and JSON.
    let arguments = json!({ "order_id": "order_124", "amount_minor": 700 });
    let outcome = session.call("issue_refund", &arguments).await;
    let Outcome::Returned(output) = outcome else {
        anyhow::bail!("expected a refund, found {outcome:?}");
    };
    println!("as JSON: {output}");
    anyhow::ensure!(output.get("order_id") == Some(&"order_124".into()));

    let keys = shop.keys.lock().unwrap_or_else(PoisonError::into_inner);
    println!("idempotency keys: {}", keys.join(", "));
    anyhow::ensure!(keys.first() != keys.last(), "two calls are two refunds");
    Ok(())
}
