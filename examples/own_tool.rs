//! A tool written by hand: it has fields of its own, a typed output, and errors that say what they mean
//! for the effect.
//!
//! You will see stock reserved, a shortage that no retry mends, a warehouse that is busy and may be
//! asked again, and how each is told to the model.
//!
//! `cargo run -p agentsudo-examples --example own_tool`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use agentsudo::{
    Action, Agent, Audience, Authorized, CallContext, CallError, Issuer, MemoryAudit, Runtime,
    Tool, ToolError, ToolErrorKind, Verifier,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "write:stock", effect = "write")]
struct ReserveRequest {
    sku: String,
    #[sink]
    pieces: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Reservation {
    sku: String,
    left: u32,
}

/// The stock is the tool's own: nothing else in the program can reach it.
struct ReserveStock {
    stock: Mutex<BTreeMap<String, u32>>,
}

impl Tool for ReserveStock {
    const NAME: &'static str = "reserve_stock";
    const DESCRIPTION: &'static str = "Reserves pieces of an article.";
    type Action = ReserveRequest;
    type Output = Reservation;
    const TIMEOUT: Duration = Duration::from_secs(5);

    async fn run(
        &self,
        call: Authorized<ReserveRequest>,
        ctx: &CallContext,
    ) -> Result<Reservation, ToolError> {
        println!("  (called for {})", ctx.chain());
        let ReserveRequest { sku, pieces } = call.into_action();
        if sku == "lamp" {
            let busy = ToolError::retryable("stock.busy", "the warehouse counts its lamps");
            // The source is for the log. The model never sees it.
            return Err(busy.with_source("locked by job 4711 on 10.0.0.7"));
        }
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let on_hand = stock.get(&sku).copied().unwrap_or(0);
        let Some(left) = on_hand.checked_sub(pieces) else {
            let told = format!("expected at most {on_hand} pieces of `{sku}`, found {pieces}");
            return Err(ToolError::permanent("stock.short", told));
        };
        stock.insert(sku.clone(), left);
        Ok(Reservation { sku, left })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("warehouse")?).trust(issuer.public_key());
    let stock = Mutex::new(BTreeMap::from([("chair".to_owned(), 10)]));
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(ReserveStock { stock })
        .build()?;
    let bot = Agent::generate("stock-bot")?;
    let token = issuer.token_for(&bot).allow("write:stock").mint()?;
    let session = runtime.open_session(&bot, &token).await?;

    let request = |sku: &str, pieces| ReserveRequest {
        sku: sku.to_owned(),
        pieces,
    };
    println!("4 chairs:");
    let reserved = session.run::<ReserveStock>(request("chair", 4)).await?;
    println!("  reserved, {} of {} left", reserved.left, reserved.sku);
    anyhow::ensure!(reserved.left == 6);

    println!("40 chairs:");
    let short = session.run::<ReserveStock>(request("chair", 40)).await;
    let Err(CallError::Failed(error)) = short else {
        anyhow::bail!("there are not that many chairs");
    };
    println!("  {error}");
    anyhow::ensure!(error.kind() == ToolErrorKind::Permanent && error.code() == "stock.short");

    println!("1 lamp, as a model asks for it:");
    let arguments = json!({ "sku": "lamp", "pieces": 1 });
    let outcome = session.call("reserve_stock", &arguments).await;
    let told = serde_json::to_value(outcome.to_reply())?;
    println!("  {told}");
    anyhow::ensure!(told.get("retryable") == Some(&true.into()));
    anyhow::ensure!(!told.to_string().contains("10.0.0.7"));
    Ok(())
}
