//! Layers of your own, before and after the decision.
//!
//! You will see a proposal layer tidy an argument up before it is decided on, a layer from a closure that
//! masks what a tool returns, and a layer with a state of its own that refuses the fourth call.
//!
//! `cargo run -p agentsudo-examples --example own_layer`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::atomic::{AtomicU32, Ordering};

use agentsudo::{
    Agent, Arguments, Audience, CallView, Issuer, Layer, MemoryAudit, Next, Outcome, ProposalLayer,
    Proposed, Refusal, Runtime, ToolError, Verifier, async_trait, layer_fn, prefix, tool,
};
use serde_json::json;

/// Reads an order.
#[tool(scope = "read:orders", effect = "read")]
async fn read_order(#[sink] order_id: String) -> Result<String, ToolError> {
    Ok(format!("{order_id}, paid with card 4111111111111111"))
}

/// Models like to write ` ORDER_7 `. What comes out of here is decided on as if they had not.
struct TidyOrderId;

#[async_trait]
impl ProposalLayer for TidyOrderId {
    fn name(&self) -> &str {
        "tidy-order-id"
    }

    async fn edit(&self, proposed: &mut Proposed) -> Result<(), Refusal> {
        let mut arguments = proposed.arguments().to_json();
        if let Some(serde_json::Value::String(id)) = arguments.get_mut("order_id") {
            *id = id.trim().to_ascii_lowercase();
        }
        proposed.set_arguments(Arguments::from_json(&arguments)?);
        Ok(())
    }
}

/// Lets so many calls through, whoever makes them.
struct CallQuota {
    left: AtomicU32,
}

#[async_trait]
impl Layer for CallQuota {
    fn name(&self) -> &str {
        "call-quota"
    }

    async fn handle(&self, call: &CallView, next: Next<'_>) -> Outcome {
        let take = |left: u32| left.checked_sub(1);
        match self
            .left
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, take)
        {
            Ok(_) => next.run().await,
            Err(_) => Outcome::Refused(Refusal::Layer {
                layer: self.name().to_owned(),
                code: "quota.used_up",
                reason: format!("`{}` made one call too many", call.chain()),
                told: "all calls of this run are used up".to_owned(),
                next_step: "do without this call",
            }),
        }
    }
}

fn mask_cards(outcome: Outcome) -> Outcome {
    let Outcome::Returned(serde_json::Value::String(text)) = outcome else {
        return outcome;
    };
    let masked = |word| match str::parse::<u64>(word) {
        Ok(_) if word.len() >= 12 => "[card]",
        _ => word,
    };
    let words = text.split(' ').map(masked).collect::<Vec<_>>();
    Outcome::Returned(words.join(" ").into())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(read_order)
        .proposal_layer(TidyOrderId)
        .layer(layer_fn("mask-cards", |_call, next| {
            Box::pin(async move { mask_cards(next.run().await) })
        }))
        .layer(CallQuota { left: 3.into() })
        .build()?;
    let bot = Agent::generate("support-bot")?;
    let token = issuer
        .token_for(&bot)
        .allow("read:orders")
        .constrain("order_id", prefix("order_"))
        .mint()?;
    let session = runtime.open_session(&bot, &token).await?;

    for (order_id, expected) in [
        ("order_7", None),
        ("  ORDER_7 ", None),
        // Refused before any layer sees it: this one takes nothing of the quota.
        ("invoice_7", Some("constraint.prefix_mismatch")),
        ("order_8", None),
        ("order_9", Some("quota.used_up")),
    ] {
        let arguments = json!({ "order_id": order_id });
        let outcome = session.call("read_order", &arguments).await;
        let told = serde_json::to_string(&outcome.to_reply())?;
        println!("{order_id:12} {told}");
        anyhow::ensure!(outcome.code() == expected);
        anyhow::ensure!(!told.contains("4111"));
    }
    Ok(())
}
