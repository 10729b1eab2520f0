//! A flood of worthless tokens: it is refused, recorded up to a quota and counted beyond it, and those who
//! have work to do go on.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use agentsudo::{
    Agent, AuditEvent, AuditFault, AuditRecord, AuditSink, MemoryAudit, Runtime, SetupError, Token,
    async_trait,
};
use agentsudo_testkit::{seeded_agent, seeded_issuer};
use serde_json::json;
use tokio::task::JoinSet;

use super::stage::{NOW, Stage, check_ended, refund_of, support_bot};

/// The runtime's `MAX_REFUSALS_PER_CODE` and `REFUSAL_WINDOW`.
const PER_CODE: usize = 10;
const WINDOW_S: u64 = 60;

/// A token that anybody can make: its issuer is nobody here.
fn of_a_stranger(stage: &Stage) -> Token {
    let stranger = seeded_issuer(77, stage.clock.clone());
    let request = stranger.token_for(&support_bot()).allow("**");
    request.mint().unwrap()
}

/// A token that names the issuer and that the issuer did not sign.
fn of_a_forger(stage: &Stage) -> Token {
    let mut bytes = stage.token("write:refunds").as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    Token::from_bytes(&bytes).unwrap()
}

/// The holder of another key, who has come by somebody's token.
fn thief() -> Agent {
    seeded_agent("support-bot", 66).unwrap()
}

fn code_of<T>(opened: Result<T, SetupError>) -> &'static str {
    opened.map_or_else(|error| error.code(), |_| "opened")
}

/// Shows a token so many times; each time it is refused for the same reason.
async fn flood(runtime: &Runtime, token: &Token, times: usize, expected: &str) {
    for _ in 0..times {
        let opened = runtime.open_session(&support_bot(), token).await;
        assert_eq!(code_of(opened), expected);
    }
}

/// How often a session was refused for this reason, one record each.
fn written(records: &[AuditRecord], expected: &str) -> usize {
    let of_code = |record: &&AuditRecord| matches!(&record.event, AuditEvent::SessionRefused { code, .. } if code == expected);
    records.iter().filter(of_code).count()
}

/// What the records tell of refusals without a record of their own.
fn suppressed(records: &[AuditRecord]) -> BTreeMap<&'static str, u64> {
    let mut sum = BTreeMap::new();
    for (code, count) in records.iter().flat_map(|record| &record.suppressed) {
        *sum.entry(*code).or_default() += count;
    }
    sum
}

#[track_caller]
fn check_accounted_for(audit: &MemoryAudit, code: &'static str, shown: usize) {
    let records = audit.records();
    let counted = suppressed(&records).get(code).copied().unwrap_or(0);
    assert_eq!(written(&records, code) as u64 + counted, shown as u64);
}

/// A disk with room for so many records, that may also fail or hang.
#[derive(Clone)]
struct Disk {
    room: Arc<AtomicUsize>,
    way: Arc<Mutex<Way>>,
    kept: MemoryAudit,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Keep,
    Fail,
    Hang,
}

impl Disk {
    fn with_room_for(records: usize, kept: &MemoryAudit) -> Self {
        Self {
            room: Arc::new(AtomicUsize::new(records)),
            way: Arc::new(Mutex::new(Way::Keep)),
            kept: kept.clone(),
        }
    }

    fn set(&self, way: Way) {
        *self.way.lock().unwrap() = way;
    }
}

#[async_trait]
impl AuditSink for Disk {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        let way = *self.way.lock().unwrap();
        match way {
            Way::Keep => {}
            Way::Fail => return Err(AuditFault::new("read-only")),
            Way::Hang => std::future::pending().await,
        }
        let less = |room: usize| room.checked_sub(1);
        let room = self
            .room
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        room.map_err(|_| AuditFault::new("disk full"))?;
        self.kept.append(record).await
    }
}

async fn a_good_call(stage: &Stage, runtime: &Runtime) -> &'static str {
    let token = stage.token("write:refunds");
    match runtime.open_session(&support_bot(), &token).await {
        Ok(session) => {
            let outcome = session.call("issue_refund", &refund_of(5)).await;
            outcome.code().unwrap_or("returned")
        }
        Err(error) => error.code(),
    }
}

#[tokio::test]
async fn a_flood_fills_no_disk_and_good_calls_go_on() {
    let stage = Stage::new();
    let disk = Disk::with_room_for(100, &stage.audit);
    let runtime = stage.builder_with(disk).build().unwrap();
    let token = of_a_stranger(&stage);
    for _ in 0..10 {
        flood(&runtime, &token, 1_000, "token.unknown_issuer").await;
        assert_eq!(a_good_call(&stage, &runtime).await, "returned");
    }
    assert_eq!(stage.ledger.len(), 10);
    assert_eq!(stage.audit.records().len(), PER_CODE + 10 * 3);
    check_accounted_for(&stage.audit, "token.unknown_issuer", 10_000);
}

/// The twin: when time passes between the attempts, no quota binds and each has its record. Then the disk
/// is full, and nobody can work any more.
#[tokio::test]
async fn where_every_refusal_is_written_the_disk_is_full_and_nothing_runs() {
    let stage = Stage::new();
    let disk = Disk::with_room_for(100, &stage.audit);
    let runtime = stage.builder_with(disk).build().unwrap();
    let token = of_a_stranger(&stage);
    for _ in 0..100 {
        flood(&runtime, &token, 1, "token.unknown_issuer").await;
        stage.clock.advance_s(WINDOW_S);
    }
    let refused = a_good_call(&stage, &runtime).await;
    assert_eq!(refused, "fault.audit_unavailable");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn so_many_refusals_are_written_and_no_more() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    flood(&runtime, &token, PER_CODE, "token.unknown_issuer").await;
    assert_eq!(stage.audit.records().len(), PER_CODE);
    flood(&runtime, &token, 1, "token.unknown_issuer").await;
    assert_eq!(stage.audit.records().len(), PER_CODE);
    assert!(suppressed(&stage.audit.records()).is_empty());
}

#[tokio::test]
async fn a_flood_of_one_kind_does_not_hide_another() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let (stranger, forger) = (of_a_stranger(&stage), of_a_forger(&stage));
    flood(&runtime, &stranger, 1_000, "token.unknown_issuer").await;
    flood(&runtime, &forger, 1_000, "token.signature_invalid").await;
    let stolen = stage.token("write:refunds");
    let opened = runtime.open_session(&thief(), &stolen).await;
    assert_eq!(code_of(opened), "token.holder_mismatch");
    let records = stage.audit.records();
    assert_eq!(written(&records, "token.holder_mismatch"), 1);
    for code in ["token.unknown_issuer", "token.signature_invalid"] {
        assert_eq!(written(&records, code), PER_CODE);
        check_accounted_for(&stage.audit, code, 1_000);
    }
}

#[tokio::test]
async fn the_next_record_tells_of_what_has_none() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    flood(&runtime, &token, PER_CODE + 7, "token.unknown_issuer").await;
    let session = stage.session(&runtime, "write:refunds").await;
    let records = stage.audit.records();
    assert_eq!(
        records.last().unwrap().suppressed,
        BTreeMap::from([("token.unknown_issuer", 7)])
    );
    // Once told it is not told again.
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    let records = stage.audit.records();
    assert_eq!(
        records
            .iter()
            .filter(|record| !record.suppressed.is_empty())
            .count(),
        1
    );
}

#[tokio::test]
async fn a_new_window_has_a_new_quota_and_tells_of_the_one_before() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    flood(&runtime, &token, PER_CODE + 5, "token.unknown_issuer").await;
    stage.clock.set(NOW + WINDOW_S - 1);
    flood(&runtime, &token, 5, "token.unknown_issuer").await;
    assert_eq!(stage.audit.records().len(), PER_CODE);
    stage.clock.set(NOW + WINDOW_S);
    flood(&runtime, &token, 100, "token.unknown_issuer").await;
    let records = stage.audit.records();
    assert_eq!(records.len(), 2 * PER_CODE);
    let told = &records[PER_CODE].suppressed;
    assert_eq!(told, &BTreeMap::from([("token.unknown_issuer", 10)]));
    stage.session(&runtime, "write:refunds").await;
    check_accounted_for(&stage.audit, "token.unknown_issuer", PER_CODE + 110);
}

#[tokio::test]
async fn a_clock_that_is_set_back_opens_no_new_window() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    for unix_s in [NOW, NOW - WINDOW_S, NOW - 1_000_000, 0] {
        stage.clock.set(unix_s);
        flood(&runtime, &token, PER_CODE, "token.unknown_issuer").await;
    }
    assert_eq!(stage.audit.records().len(), PER_CODE);
}

#[tokio::test]
async fn what_a_session_does_is_recorded_every_time() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "read:**").await;
    let token = of_a_stranger(&stage);
    flood(&runtime, &token, 100, "token.unknown_issuer").await;
    for _ in 0..100 {
        check_ended(
            &session.call("issue_refund", &refund_of(5)).await,
            "scope.not_granted",
        );
        check_ended(
            &session.call("no_such_tool", &json!({})).await,
            "tool.unknown",
        );
        check_ended(
            &session.call_json("read_order", b"{").await,
            "arguments.malformed",
        );
        let more = json!({ "order_id": "order_1", "more": 1 });
        check_ended(
            &session.call("read_order", &more).await,
            "arguments.invalid",
        );
    }
    let refused = |expected: &str| {
        let trail = stage.trail();
        trail
            .iter()
            .filter(|line| **line == format!("refused {expected}"))
            .count()
    };
    for code in [
        "scope.not_granted",
        "tool.unknown",
        "arguments.malformed",
        "arguments.invalid",
    ] {
        assert_eq!(refused(code), 100, "{code}");
    }
}

#[tokio::test]
async fn what_a_session_delegates_in_vain_is_recorded_every_time() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "read:**").await;
    stage.clock.advance_s(3_600);
    for _ in 0..100 {
        let opened = session.delegate("researcher").open().await;
        assert_eq!(code_of(opened), "token.expired");
    }
    assert_eq!(written(&stage.audit.records(), "token.expired"), 100);
}

#[tokio::test]
async fn the_caller_is_told_the_same_with_and_without_a_record() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    let mut told = Vec::new();
    for _ in 0..=PER_CODE {
        let refused = runtime.open_session(&support_bot(), &token).await;
        told.push(refused.unwrap_err().to_string());
    }
    told.dedup();
    assert_eq!(told.len(), 1);
}

#[tokio::test]
async fn what_a_failing_disk_did_not_take_is_told_later() {
    let stage = Stage::new();
    let disk = Disk::with_room_for(1_000, &stage.audit);
    let runtime = stage.builder_with(disk.clone()).build().unwrap();
    let token = of_a_stranger(&stage);
    disk.set(Way::Fail);
    flood(&runtime, &token, 3, "fault.audit_unavailable").await;
    disk.set(Way::Keep);
    flood(&runtime, &token, 1, "token.unknown_issuer").await;
    assert_eq!(stage.audit.records().len(), 1);
    check_accounted_for(&stage.audit, "token.unknown_issuer", 4);
}

/// Whoever hangs up while the record is being written could otherwise use up the quota without a trace.
#[tokio::test]
async fn an_attempt_that_is_broken_off_is_counted() {
    let stage = Stage::new();
    let disk = Disk::with_room_for(1_000, &stage.audit);
    let runtime = stage.builder_with(disk.clone()).build().unwrap();
    let (token, agent) = (of_a_stranger(&stage), support_bot());
    disk.set(Way::Hang);
    for _ in 0..2 * PER_CODE {
        // Those within the quota wait for the disk; the others are refused at once.
        let mut attempt = pin!(runtime.open_session(&agent, &token));
        let _ = attempt
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
    disk.set(Way::Keep);
    assert_eq!(a_good_call(&stage, &runtime).await, "returned");
    check_accounted_for(&stage.audit, "token.unknown_issuer", 2 * PER_CODE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_many_at_once_none_is_lost_and_none_is_counted_twice() {
    const FLOODS: usize = 8;
    const EACH: usize = 500;
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    let mut floods = JoinSet::new();
    for _ in 0..FLOODS {
        let (runtime, token) = (runtime.clone(), token.clone());
        floods.spawn(async move { flood(&runtime, &token, EACH, "token.unknown_issuer").await });
    }
    for _ in 0..50 {
        assert_eq!(a_good_call(&stage, &runtime).await, "returned");
    }
    floods.join_all().await;
    assert_eq!(a_good_call(&stage, &runtime).await, "returned");
    assert_eq!(stage.audit.records().len(), PER_CODE + 51 * 3);
    check_accounted_for(&stage.audit, "token.unknown_issuer", FLOODS * EACH);
}

/// The longest record that somebody without any token can bring about bounds what a flood writes.
#[tokio::test]
async fn a_record_of_the_longest_worthless_token_is_small() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let name = |i: u8| format!("{}{i:02}", "a".repeat(62));
    let first = seeded_agent(&name(0), 100).unwrap();
    let stranger = seeded_issuer(77, stage.clock.clone());
    let mut token = stranger
        .token_for(&first)
        .allow("**")
        .delegable(15)
        .mint()
        .unwrap();
    let mut holder = 100;
    for i in 1..16 {
        let next = seeded_agent(&name(i), 100 + i).unwrap();
        let delegation = agentsudo::Delegation::to(next.holder());
        token = delegation
            .sign(&token, &agentsudo_testkit::seeded_key(holder))
            .unwrap();
        holder = 100 + i;
    }
    flood(&runtime, &token, 1, "token.unknown_issuer").await;
    let records = stage.audit.records();
    let short = serde_json::to_string(&records[0]).unwrap();
    assert_eq!(records[0].chain.len(), 16);
    assert!(short.len() <= 4_096, "{} bytes", short.len());
}

#[tokio::test]
async fn a_record_says_nothing_of_suppression_where_there_is_none() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = of_a_stranger(&stage);
    flood(&runtime, &token, PER_CODE + 1, "token.unknown_issuer").await;
    let session = stage.session(&runtime, "write:refunds").await;
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    let records = stage.audit.records();
    let shown = |record: &AuditRecord| serde_json::to_value(record).unwrap()["suppressed"].clone();
    assert_eq!(shown(&records[0]), json!(null));
    assert_eq!(
        shown(&records[PER_CODE]),
        json!({ "token.unknown_issuer": 1 })
    );
    assert_eq!(shown(&records[PER_CODE + 1]), json!(null));
}

#[tokio::test]
async fn a_token_that_was_good_floods_no_more_than_one_that_never_was() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let token = request.expires_in(Duration::from_secs(1)).mint().unwrap();
    stage.clock.advance_s(1);
    flood(&runtime, &token, 1_000, "token.expired").await;
    let stolen = stage.token("**");
    for _ in 0..1_000 {
        let opened = runtime.open_session(&thief(), &stolen).await;
        assert_eq!(code_of(opened), "token.holder_mismatch");
    }
    assert_eq!(stage.audit.records().len(), 2 * PER_CODE);
}
