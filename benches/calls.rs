//! What a call through the runtime costs, beside the same function called plainly.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::sync::Arc;

use agentsudo::{
    Agent, Approval, ApprovalRule, Approvers, AuditFault, AuditRecord, AuditSink, Denied, Runtime,
    Session, Signer as _, ToolError, async_trait, at_most, layer_fn, sudo, tool,
};
use agentsudo_testkit::{FixedClock, ScriptedApprover, seeded_agent, seeded_issuer, seeded_key};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;

/// Takes records and keeps none: what is measured is the runtime, not a store.
struct Counted(std::sync::atomic::AtomicU64);

#[async_trait]
impl AuditSink for Counted {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        self.0
            .store(record.sequence, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}

/// Adds an amount to nothing.
#[tool(scope = "write:refunds", effect = "write")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<u64, ToolError> {
    Ok(amount_minor + order_id.len() as u64)
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn guarded(order_id: &str, #[sink] amount_minor: u64) -> Result<u64, Denied> {
    plain(order_id, amount_minor).await
}

async fn plain(order_id: &str, amount_minor: u64) -> Result<u64, Denied> {
    Ok(amount_minor + order_id.len() as u64)
}

async fn session(layers: usize) -> Session {
    let clock = FixedClock::at(1_800_000_000);
    let issuer = seeded_issuer(1, clock.clone());
    let approver = ScriptedApprover::new(seeded_key(3), agentsudo::Timestamp::from_unix_s(0), []);
    let approvers = Approvers::nobody().and("duty".parse().unwrap(), seeded_key(3).public_key());
    let rule = ApprovalRule::unless("write:refunds", "amount_minor", at_most(10_000)).unwrap();
    let verifier = agentsudo::Verifier::new("shop".parse().unwrap()).trust(issuer.public_key());
    let mut builder = Runtime::builder(verifier)
        .audit(Counted(std::sync::atomic::AtomicU64::new(0)))
        .clock(clock)
        .approval(Approval::ask(approver, approvers).require(rule))
        .tool(issue_refund);
    for _ in 0..layers {
        builder = builder.layer(layer_fn("pass", |_call, next| Box::pin(next.run())));
    }
    let runtime = builder.build().unwrap();
    let bot: Agent = seeded_agent("support-bot", 2).unwrap();
    let token = issuer
        .token_for(&bot)
        .allow("write:refunds")
        .constrain("amount_minor", at_most(50_000))
        .mint()
        .unwrap();
    runtime.open_session(&bot, &token).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn guarded_in_a_row(calls: u64) -> std::time::Duration {
    let start = std::time::Instant::now();
    for _ in 0..calls {
        guarded("order_123", 4_500).await.unwrap();
    }
    start.elapsed()
}

fn calls(c: &mut Criterion) {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut group = c.benchmark_group("call");
    group.bench_function("plain function", |b| {
        b.to_async(&executor).iter(|| plain("order_123", 4_500));
    });
    for layers in [0, 5] {
        let session = Arc::new(executor.block_on(session(layers)));
        let arguments = json!({"order_id": "order_123", "amount_minor": 4_500});
        group.bench_function(
            format!("JSON call, audit + approval + {layers} layers"),
            |b| {
                b.to_async(&executor)
                    .iter(|| session.call("issue_refund", &arguments));
            },
        );
        group.bench_function(
            format!("typed call, audit + approval + {layers} layers"),
            |b| {
                b.to_async(&executor).iter(|| {
                    let order_id = "order_123".to_owned();
                    session.run::<issue_refund>(IssueRefund {
                        order_id,
                        amount_minor: 4_500,
                    })
                });
            },
        );
        group.bench_function(format!("refused JSON call, {layers} layers"), |b| {
            let too_much = json!({"order_id": "order_123", "amount_minor": 50_001});
            let session = Arc::clone(&session);
            b.to_async(&executor)
                .iter(|| session.call("issue_refund", &too_much));
        });
    }
    group.bench_function("function under #[sudo], audit + approval", |b| {
        b.to_async(&executor)
            .iter_custom(async |calls| session(0).await.enter(guarded_in_a_row(calls)).await);
    });
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
