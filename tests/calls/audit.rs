//! The trail: nothing runs without its record, nothing is released without it, and the order holds.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use agentsudo::{
    JsonLinesAudit, MemoryAudit, Outcome, Reply, Runtime, State, ToolError, TracingAudit, tool,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::sinks::{Flaky, Way};
use super::stage::{Ledger, Stage, check_ended, refund_of, trail_of};

async fn call_with(stage: &Stage, runtime: &Runtime) -> Outcome {
    let session = stage.session(runtime, "**").await;
    session.call("issue_refund", &refund_of(5)).await
}

async fn check_not_executed(way: Way) {
    let stage = Stage::new();
    let flaky = Flaky::new(way, &stage.audit);
    let runtime = stage.builder_with(flaky).build().unwrap();
    let outcome = call_with(&stage, &runtime).await;
    check_ended(&outcome, "fault.audit_unavailable");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_record_nothing_runs() {
    for way in [Way::Refuse, Way::Panic, Way::Hang] {
        check_not_executed(way).await;
    }
}

/// The twin: beside a sink that keeps the record, a failing one stops nothing.
#[tokio::test(start_paused = true)]
async fn one_of_two_sinks_is_enough() {
    for way in [Way::Refuse, Way::Panic, Way::Hang] {
        let (stage, elsewhere) = (Stage::new(), MemoryAudit::new());
        let flaky = Flaky::new(way, &elsewhere);
        let runtime = stage.builder_with(flaky).audit(stage.audit.clone()).build();
        let outcome = call_with(&stage, &runtime.unwrap()).await;
        check_ended(&outcome, "returned");
        assert_eq!(stage.trail(), ["intent", "returned"], "{way:?}");
    }
}

#[tokio::test]
async fn an_event_that_nobody_may_keep_does_not_make_up_for_a_failing_sink() {
    let stage = Stage::new();
    let flaky = Flaky::new(Way::Refuse, &stage.audit);
    let runtime = stage.builder_with(flaky).audit(TracingAudit).build();
    let outcome = call_with(&stage, &runtime.unwrap()).await;
    check_ended(&outcome, "fault.audit_unavailable");
    assert_eq!(stage.ledger.len(), 0);
}

/// The twin: a program that chose events alone gets what it chose.
#[tokio::test]
async fn events_alone_are_enough_where_nothing_else_was_asked_for() {
    let stage = Stage::new();
    let runtime = stage.builder_with(TracingAudit).build().unwrap();
    check_ended(&call_with(&stage, &runtime).await, "returned");
}

#[tokio::test(start_paused = true)]
async fn two_failing_sinks_are_not_enough() {
    let stage = Stage::new();
    let first = Flaky::new(Way::Refuse, &stage.audit);
    let second = Flaky::new(Way::Panic, &stage.audit);
    let runtime = stage.builder_with(first).audit(second).build().unwrap();
    let outcome = call_with(&stage, &runtime).await;
    check_ended(&outcome, "fault.audit_unavailable");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_result_whose_record_is_lost_is_withheld_and_not_to_be_repeated() {
    for way in [Way::Refuse, Way::Panic, Way::Hang] {
        let stage = Stage::new();
        let flaky = Flaky::after(1, way, &stage.audit);
        let runtime = stage.builder_with(flaky).build().unwrap();
        let outcome = call_with(&stage, &runtime).await;
        check_ended(&outcome, "fault.result_withheld");
        assert_eq!(stage.ledger.len(), 1, "it ran");
        assert_eq!(stage.trail(), ["intent"]);
        let Reply::Faulted { message, .. } = outcome.to_reply() else {
            panic!("{outcome:?}");
        };
        assert!(message.contains("do not repeat"), "{message}");
    }
}

/// The twin: what did not run may be tried again, and the agent is told so.
#[tokio::test]
async fn a_call_that_did_not_run_may_be_tried_again() {
    let stage = Stage::new();
    let flaky = Flaky::new(Way::Refuse, &stage.audit);
    let runtime = stage.builder_with(flaky).build().unwrap();
    let Reply::Faulted { message, .. } = call_with(&stage, &runtime).await.to_reply() else {
        panic!("not a fault");
    };
    assert!(message.contains("tried again"), "{message}");
}

#[tokio::test]
async fn a_refusal_without_a_record_is_a_fault_and_not_a_hint() {
    let stage = Stage::new();
    let flaky = Flaky::new(Way::Refuse, &stage.audit);
    let runtime = stage.builder_with(flaky).build().unwrap();
    let session = stage.session(&runtime, "read:**").await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "fault.audit_unavailable");
}

#[tokio::test(start_paused = true)]
async fn every_caller_of_a_hanging_sink_hears_in_bounded_time() {
    let stage = Stage::new();
    let flaky = Flaky::new(Way::Hang, &stage.audit);
    let runtime = stage.builder_with(flaky).build().unwrap();
    let session = Arc::new(stage.session(&runtime, "**").await);
    let started = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let session = Arc::clone(&session);
        calls.spawn(async move { session.call("issue_refund", &refund_of(5)).await });
    }
    for outcome in calls.join_all().await {
        check_ended(&outcome, "fault.audit_unavailable");
    }
    // Of the paused clock, which stands still but for timeouts: one wait for its turn, one for the sink.
    assert!(started.elapsed() <= Duration::from_secs(11));
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_calls_at_once_are_numbered_without_gaps() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = Arc::new(stage.session(&runtime, "write:**").await);
    let mut calls = JoinSet::new();
    for i in 0..200 {
        let session = Arc::clone(&session);
        let tool = if i % 2 == 0 {
            "issue_refund"
        } else {
            "read_order"
        };
        calls.spawn(async move { session.call(tool, &refund_of(5)).await });
    }
    calls.join_all().await;
    let records = stage.audit.records();
    let numbers: Vec<_> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(
        numbers,
        (0..=300).collect::<Vec<u64>>(),
        "1 + 2 × 100 + 100"
    );
    let calls: BTreeSet<_> = records[1..].iter().map(|record| record.call).collect();
    assert_eq!(calls.len(), 200);
}

#[tokio::test]
async fn a_number_that_a_sink_has_seen_is_not_given_to_another_record() {
    let (stage, elsewhere) = (Stage::new(), MemoryAudit::new());
    let seen = Flaky::new(Way::KeepAndHang, &elsewhere);
    let runtime = stage.builder_with(seen).audit(stage.audit.clone()).build();
    let session = stage.session(&runtime.unwrap(), "**").await;
    for _ in 0..2 {
        let arguments = refund_of(5);
        let mut call = pin!(session.call("issue_refund", &arguments));
        let mut context = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    let numbers: Vec<_> = elsewhere
        .records()
        .iter()
        .map(|record| record.sequence)
        .collect();
    assert_eq!(numbers, [0, 1, 2]);
}

/// Says that it has begun, and goes on when it is told to.
#[derive(Clone)]
struct Door {
    begun: mpsc::UnboundedSender<()>,
    go_on: Arc<Notify>,
}

/// Sends a parcel, slowly.
#[tool(scope = "write:parcels", effect = "write")]
async fn send_parcel(
    State(door): State<Door>,
    State(ledger): State<Ledger>,
) -> Result<(), ToolError> {
    ledger.enter("parcel", 0);
    door.begun.send(()).unwrap();
    door.go_on.notified().await;
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_dropped_while_its_tool_runs_is_recorded_as_unknown() {
    let stage = Stage::new();
    let (begun, mut has_begun) = mpsc::unbounded_channel();
    let go_on = Arc::new(Notify::new());
    let door = Door { begun, go_on };
    let (kept, mut has_kept) = Told::new(&stage.audit);
    let builder = stage.builder_with(kept).state(door).tool(send_parcel);
    let session = stage.session(&builder.build().unwrap(), "**").await;
    let nothing = json!({});
    tokio::select! {
        _ = session.call("send_parcel", &nothing) => panic!("nobody told it to go on"),
        _ = has_begun.recv() => {}
    }
    // Opened, intent, and the record that a task of its own writes.
    for _ in 0..3 {
        has_kept.recv().await.unwrap();
    }
    assert_eq!(stage.trail(), ["intent", "unknown call.abandoned"]);
    assert_eq!(stage.ledger.len(), 1);
}

/// Keeps records, and says so.
struct Told(MemoryAudit, mpsc::UnboundedSender<()>);

impl Told {
    fn new(audit: &MemoryAudit) -> (Self, mpsc::UnboundedReceiver<()>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(audit.clone(), sender), receiver)
    }
}

#[agentsudo::async_trait]
impl agentsudo::AuditSink for Told {
    async fn append(&self, record: &agentsudo::AuditRecord) -> Result<(), agentsudo::AuditFault> {
        self.0.append(record).await?;
        self.1.send(()).map_err(agentsudo::AuditFault::new)
    }
}

#[tokio::test]
async fn an_outcome_that_was_about_to_be_recorded_is_not_lost_with_its_caller() {
    let (stage, elsewhere) = (Stage::new(), MemoryAudit::new());
    let hangs = Flaky::after(1, Way::Hang, &elsewhere);
    let (kept, mut has_kept) = Told::new(&stage.audit);
    let runtime = stage.builder_with(kept).audit(hangs).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    {
        let arguments = refund_of(5);
        let mut call = pin!(session.call("issue_refund", &arguments));
        let mut context = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut context).is_pending());
    }
    for _ in 0..4 {
        has_kept.recv().await.unwrap();
    }
    let trail = stage.trail();
    assert_eq!(
        trail,
        ["intent", "returned", "returned"],
        "twice, not never"
    );
    assert_eq!(trail_of(&elsewhere.records()), ["intent"]);
}

async fn lines_of(texts: &[&str]) -> Vec<Value> {
    let (stage, folder) = (Stage::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("audit.jsonl");
    let sink = JsonLinesAudit::append_to(&path).unwrap();
    let runtime = stage.builder_with(sink).build().unwrap();
    let session = stage.session(&runtime, "read:**").await;
    for text in texts {
        let outcome = session
            .call("read_order", &json!({ "order_id": text }))
            .await;
        check_ended(&outcome, "returned");
    }
    parse(&fs::read_to_string(path).unwrap())
}

fn parse(file: &str) -> Vec<Value> {
    let parsed = file.lines().map(serde_json::from_str);
    parsed.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn nothing_that_an_argument_holds_makes_two_lines_of_a_record() {
    let hostile = [
        "a\n{\"event\":\"returned\"}",
        "\r\n\u{2028}\u{2029}\u{85}",
        "\u{1b}[2J\u{1b}[1;31m",
        "\"},{\"event\":\"returned\"}\n",
        "\0",
    ];
    let lines = lines_of(&hostile).await;
    assert_eq!(lines.len(), 1 + 2 * hostile.len());
    for (text, records) in hostile.iter().zip(lines[1..].chunks(2)) {
        assert_eq!(records[0]["event"], "intent");
        assert_eq!(records[0]["arguments"]["order_id"], *text);
        assert_eq!(records[1]["event"], "returned");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    drop(JsonLinesAudit::append_to(&path).unwrap());
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_line_that_a_crash_cut_short_does_not_swallow_the_next_record() {
    let (stage, folder) = (Stage::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("audit.jsonl");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"{\"version\":1,\"sequ").unwrap();
    drop(file);
    let sink = JsonLinesAudit::append_to(&path).unwrap();
    let runtime = stage.builder_with(sink).build().unwrap();
    check_ended(&call_with(&stage, &runtime).await, "returned");
    let text = fs::read_to_string(path).unwrap();
    let (cut_short, rest) = text.split_once('\n').unwrap();
    assert_eq!(cut_short, "{\"version\":1,\"sequ");
    assert_eq!(parse(rest).len(), 3);
}

#[tokio::test]
async fn a_file_that_ends_with_a_line_is_continued_without_a_gap() {
    let (stage, folder) = (Stage::new(), tempfile::tempdir().unwrap());
    let path = folder.path().join("audit.jsonl");
    for _ in 0..2 {
        let sink = JsonLinesAudit::append_to(&path).unwrap();
        let runtime = stage.builder_with(sink).build().unwrap();
        check_ended(&call_with(&stage, &runtime).await, "returned");
    }
    let lines = parse(&fs::read_to_string(path).unwrap());
    assert_eq!(lines.len(), 6);
}

#[tokio::test]
async fn a_long_argument_is_cut_in_the_record_and_bound_by_its_digest() {
    let lines = lines_of(&[&"x".repeat(60_000), &"x".repeat(60_001)]).await;
    let shown = lines[1]["arguments"]["order_id"].as_str().unwrap();
    assert!(shown.ends_with("…(+58976 chars)"), "{shown}");
    assert_ne!(lines[1]["arguments_digest"], lines[3]["arguments_digest"]);
}

#[tokio::test]
async fn a_full_memory_stops_calls() {
    let stage = Stage::new();
    let flaky = Flaky::after(2, Way::Refuse, &stage.audit);
    let runtime = stage.builder_with(flaky).build().unwrap();
    check_ended(&call_with(&stage, &runtime).await, "returned");
    check_ended(
        &call_with(&stage, &runtime).await,
        "fault.audit_unavailable",
    );
    assert_eq!(stage.ledger.len(), 1);
}
