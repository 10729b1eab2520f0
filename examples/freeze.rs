//! A code freeze that nobody runs through, whatever their token says.
//!
//! You will see an administrator with a token for everything stopped by a freeze, reading go on, an agent
//! under observation stopped too, and all of it running again once the freeze is lifted.
//!
//! `cargo run -p agentsudo-examples --example freeze`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::danger::ObserveMode;
use agentsudo::{
    Agent, Audience, Clock, Issuer, MemoryAudit, Observe, Runtime, ScopePattern, Session,
    SystemClock, ToolError, Verifier, tool,
};
use serde_json::json;

/// Deletes a table.
#[tool(scope = "write:database", effect = "destructive")]
async fn drop_table(#[sink] table: String) -> Result<String, ToolError> {
    Ok(format!("{table} is gone"))
}

/// Counts the rows of a table.
#[tool(scope = "read:database", effect = "read")]
async fn count_rows(table: String) -> Result<usize, ToolError> {
    Ok(table.len())
}

async fn attempt(session: &Session, tool: &str, expected: Option<&str>) -> anyhow::Result<()> {
    let outcome = session.call(tool, &json!({ "table": "customers" })).await;
    let reply = serde_json::to_string(&outcome.to_reply())?;
    println!("  {} calls {tool}: {reply}", session.chain());
    anyhow::ensure!(outcome.code() == expected);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let now = SystemClock::start().now();
    let tomorrow = now.saturating_add_s(86_400);
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("platform")?).trust(issuer.public_key());
    let observed = Observe::agent("legacy-bot", ObserveMode::until(now, tomorrow))?;
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(drop_table)
        .tool(count_rows)
        .observe(observed)
        .build()?;
    let agent = Agent::generate("admin-bot")?;
    let token = issuer.token_for(&agent).allow("**").mint()?;
    let admin = runtime.open_session(&agent, &token).await?;
    let agent = Agent::generate("legacy-bot")?;
    let token = issuer.token_for(&agent).allow("read:*").mint()?;
    let legacy = runtime.open_session(&agent, &token).await?;

    println!("before:");
    attempt(&admin, "drop_table", None).await?;
    attempt(&legacy, "drop_table", None).await?;

    // The sessions are open already, and the tokens valid. It does not matter.
    let writes = ScopePattern::parse("write:**")?;
    runtime.freeze(writes.clone(), "release week", tomorrow)?;
    println!("frozen: {writes}");
    attempt(&admin, "drop_table", Some("freeze.in_force")).await?;
    attempt(&legacy, "drop_table", Some("freeze.in_force")).await?;
    attempt(&admin, "count_rows", None).await?;

    let lifted = runtime.lift(&writes);
    println!("lifted: {lifted}");
    anyhow::ensure!(lifted == 1);
    attempt(&admin, "drop_table", None).await?;
    Ok(())
}
