//! Approval: who is asked when, and which answers count.

use std::sync::Mutex;
use std::time::Duration;

use agentsudo::{
    Approval, ApprovalRule, Approver, Approvers, AuditEvent, Reply, Runtime, Session, Signer,
    State, ToolError, Verdict, at_most, tool,
};
use agentsudo_testkit::{ScriptedApprover, seeded_key};
use serde_json::json;

use super::approver::{No, Panics, Parrot, Silence, Yes, ada_approves, approvers};
use super::stage::{
    Ledger, NOW, Stage, ada, at, check_ended, issue_refund, refund_of, support_bot, typed_refund,
};

/// Refunds an order, in part or as a whole.
#[tool(scope = "write:partial_refunds", effect = "write")]
async fn refund_part(
    amount_minor: Option<u64>,
    State(ledger): State<Ledger>,
) -> Result<(), ToolError> {
    ledger.enter("part", amount_minor.unwrap_or(u64::MAX));
    Ok(())
}

fn above_a_hundred(approver: impl Approver + 'static) -> Approval {
    let rule = ApprovalRule::unless("write:**", "amount_minor", at_most(100)).unwrap();
    Approval::ask(approver, ada_approves()).require(rule)
}

fn always(approver: impl Approver + 'static, approvers: Approvers) -> Approval {
    let rule = ApprovalRule::always("write:refunds").unwrap();
    Approval::ask(approver, approvers).require(rule)
}

fn build(stage: &Stage, approval: Approval) -> Runtime {
    let builder = stage.builder().tool(refund_part);
    builder.approval(approval).build().unwrap()
}

async fn open(stage: &Stage, approval: Approval) -> Session {
    stage.session(&build(stage, approval), "**").await
}

/// Calls once, and says how it ended; what ended badly did not run and is recorded.
async fn check(approval: Approval, expected: &str) -> Reply {
    let stage = Stage::new();
    let session = open(&stage, approval).await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, expected);
    if expected != "returned" {
        assert_eq!(stage.ledger.len(), 0);
        assert_eq!(stage.trail(), [format!("refused {expected}")]);
    }
    outcome.to_reply()
}

fn scripted(verdicts: impl IntoIterator<Item = Verdict>) -> ScriptedApprover {
    ScriptedApprover::new(ada(), at(NOW), verdicts)
}

#[tokio::test]
async fn at_the_threshold_nobody_is_asked_and_one_above_somebody_is() {
    let (stage, approver) = (Stage::new(), scripted([Verdict::Approve]));
    let session = open(&stage, above_a_hundred(approver.clone())).await;
    check_ended(
        &session.call("issue_refund", &refund_of(100)).await,
        "returned",
    );
    assert_eq!(approver.asked().len(), 0);
    check_ended(
        &session.call("issue_refund", &refund_of(101)).await,
        "returned",
    );
    assert_eq!(approver.asked().len(), 1);
    assert_eq!(
        stage.trail(),
        ["intent", "returned", "intent, approved by ada", "returned"]
    );
}

#[tokio::test]
async fn a_call_without_the_argument_of_the_threshold_waits_too() {
    let (stage, approver) = (Stage::new(), scripted([]));
    let session = open(&stage, above_a_hundred(approver.clone())).await;
    for arguments in [json!({}), json!({ "amount_minor": null })] {
        let outcome = session.call("refund_part", &arguments).await;
        check_ended(&outcome, "fault.approver_unavailable");
    }
    assert_eq!(approver.asked().len(), 2);
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn calls_of_other_scopes_wait_for_nobody() {
    let (stage, approver) = (Stage::new(), scripted([]));
    let session = open(&stage, above_a_hundred(approver.clone())).await;
    let order = json!({ "order_id": "order_1" });
    check_ended(&session.call("read_order", &order).await, "returned");
    assert_eq!(approver.asked().len(), 0);
}

#[tokio::test]
async fn all_the_authority_that_there_is_spares_nobody_the_question() {
    for scopes in ["write:refunds", "write:**", "**"] {
        let (stage, approver) = (Stage::new(), scripted([]));
        let runtime = build(&stage, above_a_hundred(approver.clone()));
        let session = stage.session(&runtime, scopes).await;
        let outcome = session.call("issue_refund", &refund_of(101)).await;
        check_ended(&outcome, "fault.approver_unavailable");
        assert_eq!(approver.asked().len(), 1, "{scopes}");
    }
}

/// The twin: without the rule, the same call asks nobody.
#[tokio::test]
async fn without_a_rule_nobody_is_asked() {
    check(Approval::ask(Panics, ada_approves()), "returned").await;
}

#[tokio::test]
async fn a_typed_call_waits_as_well() {
    let stage = Stage::new();
    let session = open(&stage, above_a_hundred(No(ada(), "too much"))).await;
    let denied = session.run::<issue_refund>(typed_refund(101)).await;
    assert_eq!(denied.unwrap_err().code(), "approval.denied");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn consent_lets_a_call_run_once() {
    let (stage, approver) = (Stage::new(), scripted([Verdict::Approve]));
    let session = open(&stage, above_a_hundred(approver.clone())).await;
    check_ended(
        &session.call("issue_refund", &refund_of(500)).await,
        "returned",
    );
    let again = session.call("issue_refund", &refund_of(500)).await;
    check_ended(&again, "fault.approver_unavailable");
    assert_eq!(stage.ledger.len(), 1);
    let asked = approver.asked();
    assert_eq!(asked.len(), 2, "each execution is a question of its own");
    assert_ne!(asked[0].digest(), asked[1].digest());
}

#[tokio::test]
async fn the_trail_names_who_approved_which_request() {
    let (stage, approver) = (Stage::new(), scripted([Verdict::Approve]));
    let session = open(&stage, above_a_hundred(approver.clone())).await;
    check_ended(
        &session.call("issue_refund", &refund_of(500)).await,
        "returned",
    );
    let records = stage.audit.records();
    let AuditEvent::Intent { approval, .. } = &records[1].event else {
        panic!("{records:?}");
    };
    let approval = approval.as_ref().unwrap();
    assert_eq!(approval.by, "ada");
    assert_eq!(approval.request, approver.asked()[0].digest());
}

#[tokio::test]
async fn the_reason_of_a_denial_reaches_the_model() {
    let reply = check(
        always(No(ada(), "ask the customer first\u{1b}[2J"), ada_approves()),
        "approval.denied",
    )
    .await;
    let Reply::Refused {
        message, next_step, ..
    } = &reply
    else {
        panic!("{reply:?}");
    };
    assert!(message.contains("ask the customer first"), "{message}");
    assert!(!message.contains('\u{1b}'), "{message}");
    assert!(next_step.contains("do not repeat"), "{next_step}");
}

#[tokio::test(start_paused = true)]
async fn silence_refuses_when_the_window_is_over() {
    let approval = always(Silence, ada_approves()).within(Duration::from_secs(60));
    check(approval, "approval.expired").await;
}

#[tokio::test]
async fn an_answer_to_an_earlier_identical_call_does_not_count() {
    let stage = Stage::new();
    let parrot = Parrot(ada(), Mutex::default());
    let session = open(&stage, always(parrot, ada_approves())).await;
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    let replayed = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&replayed, "approval.mismatch");
    assert_eq!(stage.ledger.len(), 1);
}

/// The twin: an approver who answers each request anew.
#[tokio::test]
async fn a_new_answer_to_an_identical_call_counts() {
    let stage = Stage::new();
    let session = open(&stage, always(Yes(ada()), ada_approves())).await;
    for _ in 0..2 {
        check_ended(
            &session.call("issue_refund", &refund_of(5)).await,
            "returned",
        );
    }
    assert_eq!(stage.ledger.len(), 2);
}

#[tokio::test]
async fn an_agent_does_not_approve_its_own_call() {
    let key = seeded_key(2);
    let own = approvers("boss", key.public_key());
    check(always(Yes(key), own), "approval.own_request").await;
}

#[tokio::test]
async fn an_agent_does_not_approve_its_own_call_by_another_key_of_its_name() {
    let named = approvers("support-bot", ada().public_key());
    check(always(Yes(ada()), named), "approval.own_request").await;
}

#[tokio::test]
async fn an_ancestor_does_not_approve_the_call_of_its_sub_agent() {
    let stage = Stage::new();
    let key = seeded_key(2);
    assert_eq!(key.public_key(), *support_bot().holder().key());
    let own = approvers("boss", key.public_key());
    let parent = open(&stage, always(Yes(key), own)).await;
    let child = parent.delegate("researcher").open().await.unwrap();
    let outcome = child.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "approval.own_request");
    assert_eq!(stage.ledger.len(), 0);
}

/// The twin: the same answer by somebody who is no agent of the chain.
#[tokio::test]
async fn somebody_else_approves() {
    check(always(Yes(ada()), ada_approves()), "returned").await;
}

#[tokio::test]
async fn an_answer_of_an_unknown_key_does_not_count() {
    let stranger = Yes(seeded_key(77));
    check(
        always(stranger, ada_approves()),
        "approval.unknown_approver",
    )
    .await;
}

#[tokio::test]
async fn with_nobody_to_ask_the_call_is_refused() {
    let nobody = always(Yes(ada()), Approvers::nobody());
    check(nobody, "approval.nobody_to_ask").await;
}

#[tokio::test]
async fn an_approver_who_is_not_there_is_a_fault() {
    check(
        always(scripted([]), ada_approves()),
        "fault.approver_unavailable",
    )
    .await;
}

#[tokio::test]
async fn an_approver_that_panics_is_a_fault_and_takes_nothing_down() {
    check(always(Panics, ada_approves()), "fault.approver_unavailable").await;
}

#[tokio::test]
async fn authority_is_decided_before_anybody_is_asked() {
    let (stage, approver) = (Stage::new(), scripted([Verdict::Approve]));
    let runtime = build(&stage, above_a_hundred(approver.clone()));
    let session = stage.session(&runtime, "read:**").await;
    let outcome = session.call("issue_refund", &refund_of(500)).await;
    check_ended(&outcome, "scope.not_granted");
    assert_eq!(
        approver.asked().len(),
        0,
        "a person is not bothered for nothing"
    );
}

#[tokio::test]
async fn the_request_shows_what_will_run() {
    let (stage, approver) = (Stage::new(), scripted([Verdict::Approve]));
    let session = open(&stage, above_a_hundred(approver.clone())).await;
    check_ended(
        &session.call("issue_refund", &refund_of(500)).await,
        "returned",
    );
    let request = &approver.asked()[0];
    assert_eq!(request.tool(), "issue_refund");
    assert_eq!(request.scope(), "write:refunds");
    assert_eq!(request.chain().to_string(), "support-bot");
    assert_eq!(request.expires_at(), at(NOW + 300));
    let lines = request.lines(100);
    assert_eq!(
        lines[0],
        ("amount_minor".to_owned(), "500".to_owned()),
        "the sink stands first"
    );
    assert_eq!(lines[1], ("order_id".to_owned(), "order_1".to_owned()));
}
