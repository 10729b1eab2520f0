//! What happens to a call while it waits for a person.

use std::time::Duration;

use agentsudo::{
    Approval, ApprovalRule, AuditEvent, ChannelApprover, Outcome, PendingApproval, Runtime,
    ScopePattern, Session, Verdict,
};
use tokio::sync::mpsc::Receiver;

use super::approver::{ada_approves, answer};
use super::stage::{
    LIFETIME_S, NOW, Stage, ada, at, check_ended, issue_refund, refund_of, typed_refund,
};

fn build(stage: &Stage, capacity: usize) -> (Runtime, Receiver<PendingApproval>) {
    let (approver, requests) = ChannelApprover::with_capacity(capacity);
    let rule = ApprovalRule::always("write:refunds").unwrap();
    let approval = Approval::ask(approver, ada_approves()).require(rule);
    let approval = approval.within(Duration::from_secs(86_400));
    let runtime = stage.builder().approval(approval).build().unwrap();
    (runtime, requests)
}

async fn approve(requests: &mut Receiver<PendingApproval>, meanwhile: impl FnOnce()) {
    let pending = requests.recv().await.unwrap();
    meanwhile();
    assert!(pending.approve(&ada(), at(NOW)).unwrap());
}

#[tokio::test]
async fn the_reason_of_a_denial_reaches_the_agent_and_the_trail_says_who() {
    let stage = Stage::new();
    let (runtime, mut requests) = build(&stage, 1);
    let session = stage.session(&runtime, "**").await;
    let refund = refund_of(5);
    let call = session.call("issue_refund", &refund);
    let deny = async {
        let pending = requests.recv().await.unwrap();
        assert_eq!(pending.request().arguments(), &refund);
        assert!(pending.deny("not this month", &ada(), at(NOW)).unwrap());
    };
    let (outcome, ()) = tokio::join!(call, deny);
    check_ended(&outcome, "approval.denied");
    assert!(format!("{:?}", outcome.to_reply()).contains("not this month"));
    let records = stage.audit.records();
    let last = &records.last().unwrap().event;
    assert!(matches!(last, AuditEvent::Refused { denied_by: Some(by), .. } if by == "ada"));
}

/// Approves a call after something has happened in the meantime.
async fn outcome_after(
    stage: &Stage,
    meanwhile: impl FnOnce(&Runtime),
    window: Option<Duration>,
) -> Outcome {
    let (approver, mut requests) = ChannelApprover::with_capacity(1);
    let rule = ApprovalRule::always("write:refunds").unwrap();
    let approval = Approval::ask(approver, ada_approves()).require(rule);
    let approval = approval.within(window.unwrap_or(Duration::from_secs(86_400)));
    let runtime = stage.builder().approval(approval).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    let refund = refund_of(5);
    let call = session.call("issue_refund", &refund);
    let (outcome, ()) = tokio::join!(call, approve(&mut requests, || meanwhile(&runtime)));
    outcome
}

async fn check_stopped(meanwhile: impl FnOnce(&Stage, &Runtime), expected: &str) {
    let stage = Stage::new();
    let outcome = outcome_after(&stage, |runtime| meanwhile(&stage, runtime), None).await;
    check_ended(&outcome, expected);
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), [format!("refused {expected}")]);
}

/// The twin of all below: nothing happens in the meantime.
#[tokio::test]
async fn consent_after_a_wait_lets_the_call_run() {
    let stage = Stage::new();
    check_ended(&outcome_after(&stage, |_| (), None).await, "returned");
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn a_freeze_that_came_meanwhile_stops_the_call() {
    let freeze = |_: &Stage, runtime: &Runtime| {
        let writes = ScopePattern::parse("write:**").unwrap();
        runtime.freeze(writes, "code freeze", at(NOW + 60)).unwrap();
    };
    check_stopped(freeze, "freeze.in_force").await;
}

#[tokio::test]
async fn a_token_that_expired_meanwhile_stops_the_call() {
    check_stopped(
        |stage, _| stage.clock.advance_s(LIFETIME_S),
        "token.expired",
    )
    .await;
}

#[tokio::test]
async fn a_freeze_that_was_lifted_meanwhile_stops_nothing() {
    let stage = Stage::new();
    let freeze_and_lift = |runtime: &Runtime| {
        let writes = ScopePattern::parse("write:**").unwrap();
        runtime.freeze(writes.clone(), "", at(NOW + 60)).unwrap();
        assert_eq!(runtime.lift(&writes), 1);
    };
    check_ended(
        &outcome_after(&stage, freeze_and_lift, None).await,
        "returned",
    );
}

#[tokio::test]
async fn an_answer_in_the_last_second_counts_and_one_later_does_not() {
    for (waited_s, expected) in [(59, "returned"), (60, "approval.expired")] {
        let stage = Stage::new();
        let wait = |_: &Runtime| stage.clock.advance_s(waited_s);
        let outcome = outcome_after(&stage, wait, Some(Duration::from_secs(60))).await;
        check_ended(&outcome, expected);
    }
}

async fn check_ended_meanwhile(end: impl FnOnce(Session, Session) -> Option<Session>) {
    let stage = Stage::new();
    let (runtime, mut requests) = build(&stage, 1);
    let parent = stage.session(&runtime, "**").await;
    let child = parent.delegate("researcher").open().await.unwrap();
    let permit = child.permit::<issue_refund>().unwrap();
    let mut left = None;
    let call = permit.run::<issue_refund>(typed_refund(5));
    let (outcome, ()) = tokio::join!(call, approve(&mut requests, || left = end(parent, child)));
    assert_eq!(outcome.unwrap_err().code(), "session.ended");
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["refused session.ended"]);
    drop(left);
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_stops_the_call() {
    check_ended_meanwhile(|parent, child| {
        child.end();
        Some(parent)
    })
    .await;
}

#[tokio::test]
async fn a_session_above_that_ended_meanwhile_stops_the_call() {
    check_ended_meanwhile(|parent, child| {
        parent.end();
        Some(child)
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_put_aside_refuses_its_call() {
    let stage = Stage::new();
    let (runtime, mut requests) = build(&stage, 1);
    let session = stage.session(&runtime, "**").await;
    let refund = refund_of(5);
    let call = session.call("issue_refund", &refund);
    let (outcome, ()) = tokio::join!(call, async { drop(requests.recv().await) });
    check_ended(&outcome, "fault.approver_unavailable");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn when_nobody_takes_requests_any_more_calls_are_refused() {
    let stage = Stage::new();
    let (runtime, requests) = build(&stage, 1);
    drop(requests);
    let session = stage.session(&runtime, "**").await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "fault.approver_unavailable");
}

#[tokio::test]
async fn one_request_more_than_the_channel_holds_is_refused_and_does_not_wait() {
    let stage = Stage::new();
    let (runtime, mut requests) = build(&stage, 2);
    let session = stage.session(&runtime, "**").await;
    let refund = refund_of(5);
    let call = || session.call("issue_refund", &refund);
    let approver = async {
        // The two that wait are taken only once the third has been turned away.
        while stage.trail().is_empty() {
            tokio::task::yield_now().await;
        }
        approve(&mut requests, || ()).await;
        approve(&mut requests, || ()).await;
    };
    let (first, second, third, ()) = tokio::join!(call(), call(), call(), approver);
    check_ended(&first, "returned");
    check_ended(&second, "returned");
    check_ended(&third, "fault.approver_unavailable");
    assert_eq!(stage.ledger.len(), 2);
}

#[tokio::test]
async fn an_answer_to_one_of_two_waiting_calls_lets_only_that_one_run() {
    let stage = Stage::new();
    let (runtime, mut requests) = build(&stage, 2);
    let session = stage.session(&runtime, "**").await;
    let (small, large) = (refund_of(5), refund_of(5_000));
    let approver = async {
        let small = requests.recv().await.unwrap();
        let large = requests.recv().await.unwrap();
        let decision = answer(small.request(), Verdict::Approve, &ada());
        // The answer to the small one is handed to the large one.
        assert!(large.answer(decision.clone()));
        assert!(small.answer(decision));
    };
    let (small, large, ()) = tokio::join!(
        session.call("issue_refund", &small),
        session.call("issue_refund", &large),
        approver
    );
    check_ended(&small, "returned");
    check_ended(&large, "approval.mismatch");
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 5)]);
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_any_more_says_so() {
    let stage = Stage::new();
    let (runtime, mut requests) = build(&stage, 1);
    let session = stage.session(&runtime, "**").await;
    let refund = refund_of(5);
    let pending = tokio::select! {
        _ = session.call("issue_refund", &refund) => panic!("nobody answered"),
        pending = requests.recv() => pending.unwrap(),
    };
    let decision = answer(pending.request(), Verdict::Approve, &ada());
    assert!(!pending.answer(decision));
    assert_eq!(stage.ledger.len(), 0);
}
