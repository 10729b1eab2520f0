//! Expiry belongs to the token: no way of entering a session postpones it.
//!
//! You will see a token that is not valid yet, then valid, then expired in the middle of a session, and
//! that opening a new session with it does not help; nor does setting the clock back.
//!
//! `cargo run -p agentsudo-examples --example expiry`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agentsudo::{
    Agent, Audience, Clock, Issuer, MemoryAudit, Runtime, SetupError, Timestamp, ToolError,
    Verifier, generate_key, tool,
};
use serde_json::json;

/// A clock that is moved by hand. The runtime and the issuer share it.
struct HandClock(AtomicU64);

impl HandClock {
    fn set(&self, unix_s: u64) {
        self.0.store(unix_s, Ordering::Release);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_s(self.0.load(Ordering::Acquire))
    }
}

/// Counts the orders of a customer.
#[tool(scope = "read:orders", effect = "read")]
async fn count_orders(customer: String) -> Result<usize, ToolError> {
    Ok(customer.len())
}

fn code_of<T>(result: Result<T, SetupError>) -> Option<&'static str> {
    result.err().map(|error| error.code())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    const START: u64 = 1_800_000_000;
    let clock = Arc::new(HandClock(AtomicU64::new(START)));
    let issuer = Issuer::new(Arc::new(generate_key()?), clock.clone());
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .clock(Arc::clone(&clock))
        .tool(count_orders)
        .build()?;
    let bot = Agent::generate("temp-bot")?;
    let token = issuer
        .token_for(&bot)
        .allow("read:orders")
        .valid_after(Duration::from_secs(60))
        .expires_in(Duration::from_secs(900))
        .mint()?;
    let arguments = json!({ "customer": "customer_7" });

    let early = code_of(runtime.open_session(&bot, &token).await);
    println!("{}  open a session: {early:?}", runtime.now());
    anyhow::ensure!(early == Some("token.not_yet_valid"));

    clock.set(START + 60);
    let session = runtime.open_session(&bot, &token).await?;
    let code = session.call("count_orders", &arguments).await.code();
    println!("{}  call: {code:?}", runtime.now());
    anyhow::ensure!(code.is_none(), "the first valid second");

    clock.set(START + 899);
    let code = session.call("count_orders", &arguments).await.code();
    println!("{}  call: {code:?}", runtime.now());
    anyhow::ensure!(code.is_none(), "the last valid second");

    clock.set(START + 900);
    let code = session.call("count_orders", &arguments).await.code();
    println!("{}  call in the same session: {code:?}", runtime.now());
    anyhow::ensure!(code == Some("token.expired"));

    let again = code_of(runtime.open_session(&bot, &token).await);
    println!("{}  open it again: {again:?}", runtime.now());
    anyhow::ensure!(again == Some("token.expired"));

    // The runtime's time never goes back, whatever its clock says.
    clock.set(START + 60);
    let back = code_of(runtime.open_session(&bot, &token).await);
    println!("{}  clock set back: {back:?}", runtime.now());
    anyhow::ensure!(back == Some("token.expired"));

    let token = issuer.token_for(&bot).allow("read:orders").mint()?;
    clock.set(START + 901);
    let session = runtime.open_session(&bot, &token).await?;
    let code = session.call("count_orders", &arguments).await.code();
    println!("{}  a new token: {code:?}", runtime.now());
    anyhow::ensure!(code.is_none());
    Ok(())
}
