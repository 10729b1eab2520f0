//! Observe mode, for the roll-out: what would be refused runs, is recorded, and ends at a date.
//!
//! You will see an agent that lacks a scope go on working, a call without any session go through,
//! the report of what enforcing would have stopped, and the end of the observation.
//!
//! `cargo run -p agentsudo-examples --example audit_mode`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use agentsudo::danger::ObserveMode;
use agentsudo::{
    Agent, Audience, AuditEvent, Clock, Denied, Issuer, MemoryAudit, Observe, Runtime, Timestamp,
    Verifier, generate_key, sudo,
};

/// A clock that is moved by hand.
struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_s(self.0.load(Ordering::Acquire))
    }
}

#[sudo(scope = "write:records", effect = "write")]
async fn update_record(#[sink] id: u64) -> Result<String, Denied> {
    Ok(format!("updated record {id}"))
}

/// What enforcing would have stopped: how often, by whom, where and why.
fn report(audit: &MemoryAudit) -> BTreeMap<(String, String, String), usize> {
    let mut stopped = BTreeMap::new();
    for record in audit.records() {
        let AuditEvent::Intent {
            would_refuse: Some(why),
            ..
        } = record.event
        else {
            continue;
        };
        let tool = record.tool.unwrap_or_default();
        let line = (record.chain.to_string(), tool, why.code);
        *stopped.entry(line).or_insert(0) += 1;
    }
    stopped
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let clock = Arc::new(HandClock(AtomicU64::new(1_800_000_000)));
    let issuer = Issuer::new(Arc::new(generate_key()?), clock.clone());
    let verifier = Verifier::new(Audience::parse("crm")?).trust(issuer.public_key());
    let audit = MemoryAudit::new();
    let half_an_hour = |from: Timestamp| ObserveMode::until(from, from.saturating_add_s(30 * 60));
    let runtime = Runtime::builder(verifier)
        .audit(audit.clone())
        .clock(Arc::clone(&clock))
        // Whoever calls it; `Observe::agent` is for one agent, and whatever it calls.
        .observe(Observe::tool("update_record", half_an_hour(clock.now()))?)
        .build()?;
    // Without a session there is nobody to ask but the process's own runtime.
    runtime.install_default()?;

    let legacy = Agent::generate("legacy-bot")?;
    let token = issuer.token_for(&legacy).allow("read:records").mint()?;
    for id in [1, 2, 3] {
        let session = runtime.open_session(&legacy, &token).await?;
        let done = session.enter(update_record(id)).await?;
        println!("legacy-bot: {done}");
    }
    let done = update_record(4).await?;
    println!("no session: {done}");

    println!(
        "\nuntil {}, enforcing would have stopped:",
        half_an_hour(clock.now()).ends_at()
    );
    let stopped = report(&audit);
    for ((chain, tool, code), times) in &stopped {
        println!("  {times} × {tool} by {chain}: {code}");
    }
    let times = |who: &str, code: &str| {
        let line = (who.to_owned(), "update_record".to_owned(), code.to_owned());
        stopped.get(&line).copied()
    };
    anyhow::ensure!(times("legacy-bot", "scope.not_granted") == Some(3));
    anyhow::ensure!(times("nobody", "session.missing") == Some(1));

    clock.0.fetch_add(30 * 60, Ordering::AcqRel);
    let session = runtime.open_session(&legacy, &token).await?;
    let Err(denied) = session.enter(update_record(5)).await else {
        anyhow::bail!("the observation is over");
    };
    println!("\n{}: {denied} ({})", runtime.now(), denied.code());
    anyhow::ensure!(denied.code() == "scope.not_granted");
    anyhow::ensure!(
        report(&audit) == stopped,
        "nothing was observed after the end"
    );
    Ok(())
}
