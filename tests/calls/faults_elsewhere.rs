//! Faults that were seen in other systems, tried here.
//!
//! What cannot even be written is among the compile-fail cases: an approver that answers `true`
//! (`approver_that_says_true`), the function below its guard (`call_a_tool_function`,
//! `reach_the_body_of_a_tool`), a session that is entered again (`enter_a_session_twice`), a typo in an
//! option (`effect_that_is_none`), money as a float (`money_as_floating_point`).

use std::error::Error;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use agentsudo::{
    Agent, Approval, ApprovalRule, Approver, Denied, Issuer, Outcome, Refusal, Runtime,
    ScopePattern, Verdict, layer_fn, sudo,
};
use agentsudo_testkit::{ScriptedApprover, ScriptedModel, ToolCall, seeded_issuer};
use serde_json::json;

use super::approver::{No, Parrot, ada_approves, answer};
use super::stage::{
    LIFETIME_S, Ledger, NOW, Stage, ada, at, check_ended, ended, issue_refund, refund_of,
    support_bot, typed_refund,
};

#[sudo(scope = "write:refunds", effect = "write")]
async fn guarded(amount_minor: u64, #[skip] ledger: &Ledger) -> Result<(), Denied> {
    ledger.enter("guarded", amount_minor);
    Ok(())
}

fn asking(stage: &Stage, approver: impl Approver + 'static) -> Runtime {
    let rule = ApprovalRule::always("write:**").unwrap();
    let approval = Approval::ask(approver, ada_approves()).require(rule);
    stage.builder().approval(approval).build().unwrap()
}

// An approver whose answer was merely truthy approved everything; the word "no" approved, too.
#[tokio::test]
async fn a_denial_denies_whatever_it_says() {
    for reason in ["", "yes", "true", "approved", "no"] {
        let stage = Stage::new();
        let runtime = asking(&stage, No(ada(), reason));
        let session = stage.session(&runtime, "**").await;
        let outcome = session.call("issue_refund", &refund_of(5)).await;
        check_ended(&outcome, "approval.denied");
        assert_eq!(stage.ledger.len(), 0, "{reason}");
    }
}

// Scopes given as one bare string became a list of letters that contained `*`.
#[test]
fn scopes_of_a_wrong_shape_are_an_error() {
    let stage = Stage::new();
    for scopes in [
        "",
        "*",
        "read",
        "read:orders,write:refunds",
        "read:orders write:refunds",
        "[\"read:orders\"]",
        "read:orders\n**",
        "READ:ORDERS",
    ] {
        assert!(ScopePattern::parse(scopes).is_err(), "{scopes}");
        let minted = stage.issuer.token_for(&support_bot()).allow(scopes).mint();
        assert!(minted.is_err(), "{scopes}");
    }
    assert!(serde_json::from_value::<ScopePattern>(json!(["r", "*"])).is_err());
    assert!(serde_json::from_value::<Vec<ScopePattern>>(json!("read:*")).is_err());
}

// Expiry kept on the agent, not on the session: a background task kept its rights for ever.
#[tokio::test]
async fn a_background_task_loses_its_rights_with_the_token() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "**").await;
    let permit = session.permit::<issue_refund>().unwrap();
    let clock = stage.clock.clone();
    let task = tokio::spawn(async move {
        permit.run::<issue_refund>(typed_refund(1)).await.unwrap();
        clock.advance_s(LIFETIME_S);
        permit.run::<issue_refund>(typed_refund(2)).await
    });
    assert_eq!(task.await.unwrap().unwrap_err().code(), "token.expired");
    assert_eq!(stage.ledger.len(), 1);
}

// A low agent opened a session of an agent that it had just built with all rights.
#[tokio::test]
async fn an_agent_cannot_mint_for_an_agent_that_it_builds() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let built = Agent::generate("administrator").unwrap();
    let own: Issuer = seeded_issuer(44, stage.clock.clone());
    let token = own.token_for(&built).allow("**").mint().unwrap();
    let opened = runtime.open_session(&built, &token).await;
    assert_eq!(opened.unwrap_err().code(), "token.unknown_issuer");
    // What it can do is delegate, and that stays below what it may itself.
    let low = stage.session(&runtime, "read:**").await;
    let built = low.delegate("administrator").only("**").open().await;
    let outcome = built.unwrap().call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "scope.not_granted");
}

// Approval asked only when the scope was missing, so administrators were never asked.
#[tokio::test]
async fn an_administrator_is_asked() {
    let stage = Stage::new();
    let approver = ScriptedApprover::new(ada(), at(NOW), [Verdict::Approve]);
    let runtime = asking(&stage, approver.clone());
    let session = stage.session(&runtime, "**").await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    assert_eq!(approver.asked().len(), 1);
}

// One approval authorized fifty executions.
#[tokio::test]
async fn one_approval_is_for_one_of_fifty_executions() {
    let stage = Stage::new();
    let runtime = asking(&stage, Parrot(ada(), Mutex::default()));
    let session = stage.session(&runtime, "**").await;
    let script = vec![ToolCall::new("issue_refund", refund_of(5)); 50];
    let ends = ScriptedModel::new(script).run(&session).await;
    assert_eq!(ended(&ends[0].1), "returned");
    for (_, outcome) in &ends[1..] {
        check_ended(outcome, "approval.mismatch");
    }
    assert_eq!(stage.ledger.len(), 1);
}

// It was not bound to the arguments.
#[tokio::test]
async fn consent_to_a_small_refund_is_none_to_a_large_one() {
    let stage = Stage::new();
    let runtime = asking(&stage, Parrot(ada(), Mutex::default()));
    let session = stage.session(&runtime, "**").await;
    check_ended(
        &session.call("issue_refund", &refund_of(1)).await,
        "returned",
    );
    let large = session.call("issue_refund", &refund_of(1_000_000)).await;
    check_ended(&large, "approval.mismatch");
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 1)]);
}

// Of a pair of entry points only one was guarded.
#[tokio::test]
async fn every_entry_point_is_guarded() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "read:**").await;
    let json = session.call("issue_refund", &refund_of(5)).await;
    let bytes = refund_of(5).to_string();
    let bytes = session.call_json("issue_refund", bytes.as_bytes()).await;
    let typed = session.run::<issue_refund>(typed_refund(5)).await;
    let permit = session.permit::<issue_refund>().map(drop);
    let function = session.enter(guarded(5, &stage.ledger)).await;
    for code in [
        ended(&json),
        ended(&bytes),
        typed.unwrap_err().code(),
        permit.unwrap_err().code(),
        function.unwrap_err().code(),
    ] {
        assert_eq!(code, "scope.not_granted");
    }
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail().len(), 4, "a permit is no call");
}

// Money as floating point.
#[tokio::test]
async fn an_amount_has_one_meaning_or_is_refused() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "**").await;
    for amount in [
        "\"5000\"",
        "5000.0001",
        "-1",
        "1e400",
        "9007199254740993",
        "NaN",
        "0x10",
        "1_000",
    ] {
        let json = format!(r#"{{"order_id":"order_1","amount_minor":{amount}}}"#);
        let outcome = session.call_json("issue_refund", json.as_bytes()).await;
        assert!(
            matches!(outcome, Outcome::Refused(Refusal::Arguments(_))),
            "{amount}"
        );
    }
    assert_eq!(stage.ledger.len(), 0);
}

// Allowed calls left no audit record; records were lost on one bad value.
#[tokio::test]
async fn a_strange_value_does_not_cost_the_record() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "**").await;
    for text in ["\u{0}", "\u{fffe}", "\u{10ffff}", "\"\\\n", ""] {
        let order = json!({ "order_id": text });
        check_ended(&session.call("read_order", &order).await, "returned");
    }
    assert_eq!(stage.trail().len(), 10);
    for record in stage.audit.records() {
        let line = serde_json::to_string(&record).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
    }
}

// A hook that timed out let the call through; an inspector that failed was skipped.
#[tokio::test(start_paused = true)]
async fn an_inspector_that_does_not_answer_is_not_skipped() {
    let hangs = layer_fn("inspector", |_, _next| Box::pin(std::future::pending()));
    let fails = layer_fn("inspector", |_, _next| panic!("out of order"));
    let stage = Stage::new();
    for runtime in [
        stage.builder().layer(hangs).build().unwrap(),
        stage.builder().layer(fails).build().unwrap(),
    ] {
        let session = stage.session(&runtime, "**").await;
        let outcome = session.call("issue_refund", &refund_of(5)).await;
        assert!(matches!(outcome, Outcome::Faulted(_)), "{outcome:?}");
    }
    assert_eq!(stage.ledger.len(), 0);
}

// A state restored in another run inherited an approval.
#[tokio::test]
async fn an_answer_from_another_run_does_not_count() {
    let stage = Stage::new();
    let first = ScriptedApprover::new(ada(), at(NOW), [Verdict::Approve]);
    let runtime = asking(&stage, first.clone());
    let session = stage.session(&runtime, "**").await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    let old = answer(&first.asked()[0], Verdict::Approve, &ada());

    let restored = Stage::new();
    let runtime = asking(&restored, Parrot(ada(), Mutex::new(Some(old))));
    let session = restored.session(&runtime, "**").await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "approval.mismatch");
    assert_eq!(restored.ledger.len(), 0);
}

// A rejected call executed again on resume.
#[tokio::test]
async fn a_denied_call_stays_denied_when_another_is_approved() {
    let stage = Stage::new();
    let reason = "no".to_owned();
    let script = [Verdict::Deny { reason }, Verdict::Approve];
    let approver = ScriptedApprover::new(ada(), at(NOW), script);
    let runtime = asking(&stage, approver);
    let session = stage.session(&runtime, "**").await;
    let denied = session.call("issue_refund", &refund_of(1)).await;
    check_ended(&denied, "approval.denied");
    let approved = session.call("issue_refund", &refund_of(2)).await;
    check_ended(&approved, "returned");
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 2)]);
}

// A refusal that was a subclass of an I/O error, so ordinary handlers swallowed it.
#[tokio::test]
async fn a_refusal_is_no_io_error_and_wraps_none() {
    let stage = Stage::new();
    let denied = guarded(5, &stage.ledger).await.unwrap_err();
    let mut error: Option<&(dyn Error + 'static)> = Some(&denied);
    while let Some(this) = error {
        assert!(this.downcast_ref::<io::Error>().is_none());
        error = this.source();
    }
}

// Refusal text that listed all of the agent's scopes to the model.
#[tokio::test]
async fn a_refusal_tells_the_model_what_is_missing_and_nothing_else_of_the_token() {
    let stage = Stage::new();
    let request = stage.issuer.token_for(&support_bot());
    let token = request
        .allow("read:salaries")
        .expires_in(Duration::from_secs(60))
        .mint();
    let runtime = stage.runtime();
    let session = runtime.open_session(&support_bot(), &token.unwrap()).await;
    let outcome = session.unwrap().call("issue_refund", &refund_of(5)).await;
    let told = serde_json::to_string(&outcome.to_reply()).unwrap();
    assert!(told.contains("write:refunds"), "{told}");
    assert!(!told.contains("salaries"), "{told}");
}
