//! What tokens ask for besides authority: a person's consent, and holders who only delegate.

use agentsudo::danger::ObserveMode;
use agentsudo::{
    Approval, ApprovalRule, Approver, Approvers, Observe, Runtime, Session, Token, Verdict, at_most,
};
use agentsudo_testkit::ScriptedApprover;

use super::approver::{No, Yes, ada_approves};
use super::stage::{NOW, Stage, ada, at, refund_of, support_bot};

fn asking(stage: &Stage) -> Token {
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let request = request.consent_unless("write:**", "amount_minor", at_most(100));
    request.delegable(2).mint().unwrap()
}

fn ask(approver: impl Approver + 'static) -> Approval {
    Approval::ask(approver, ada_approves())
}

async fn open(runtime: &Runtime, token: &Token) -> Session {
    runtime.open_session(&support_bot(), token).await.unwrap()
}

async fn refund(session: &Session, amount_minor: u64) -> &'static str {
    let outcome = session.call("issue_refund", &refund_of(amount_minor)).await;
    outcome.code().unwrap_or("returned")
}

#[tokio::test]
async fn a_token_has_a_person_asked_where_the_runtime_has_no_rule() {
    let stage = Stage::new();
    let approver = ScriptedApprover::new(ada(), at(NOW), [Verdict::Approve]);
    let approval = ask(approver.clone());
    let runtime = stage.builder().approval(approval).build().unwrap();
    let session = open(&runtime, &asking(&stage)).await;
    assert_eq!(refund(&session, 100).await, "returned");
    assert_eq!(approver.asked().len(), 0);
    assert_eq!(refund(&session, 101).await, "returned");
    let asked = approver.asked();
    assert_eq!(
        asked[0].reason(),
        "the token of `support-bot` asks for a person's consent"
    );
    let trail = stage.trail();
    assert_eq!(trail[2..], ["intent, approved by ada", "returned"]);
}

/// The twin: a token that asks for nothing.
#[tokio::test]
async fn a_token_without_such_a_rule_asks_nobody() {
    let stage = Stage::new();
    let approval = ask(No(ada(), "no"));
    let runtime = stage.builder().approval(approval).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    assert_eq!(refund(&session, 101).await, "returned");
}

#[tokio::test]
async fn a_person_who_says_no_to_a_token_s_call_is_obeyed() {
    let stage = Stage::new();
    let approval = ask(No(ada(), "no"));
    let runtime = stage.builder().approval(approval).build().unwrap();
    let session = open(&runtime, &asking(&stage)).await;
    assert_eq!(refund(&session, 101).await, "approval.denied");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_call_is_refused() {
    let stage = Stage::new();
    let session = open(&stage.runtime(), &asking(&stage)).await;
    assert_eq!(refund(&session, 100).await, "returned");
    assert_eq!(refund(&session, 101).await, "approval.required");
    assert_eq!(stage.trail()[2..], ["refused approval.required"]);
    let nobody = Approval::ask(Yes(ada()), Approvers::nobody());
    let runtime = stage.builder().approval(nobody).build().unwrap();
    let session = open(&runtime, &asking(&stage)).await;
    assert_eq!(refund(&session, 101).await, "approval.nobody_to_ask");
}

#[tokio::test]
async fn a_sub_agent_is_asked_for_by_the_rules_of_all_above_and_its_own() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = open(&runtime, &asking(&stage)).await;
    let child = parent.delegate("clerk").open().await.unwrap();
    assert_eq!(refund(&child, 101).await, "approval.required");
    let careful = parent.delegate("clerk").consent("write:refunds").open();
    assert_eq!(
        refund(&careful.await.unwrap(), 1).await,
        "approval.required"
    );
    assert_eq!(refund(&parent, 1).await, "returned");
}

#[tokio::test]
async fn observing_does_not_lift_the_wish_to_be_asked() {
    let stage = Stage::new();
    let mode = ObserveMode::until(at(NOW), at(NOW + 600));
    let observed = || stage.builder().observe(Observe::everything(mode));
    // One lacks the scope as well, which is lifted.
    for scopes in ["**", "read:**"] {
        let request = stage.issuer.token_for(&support_bot()).allow(scopes);
        let token = request.consent("write:**").mint().unwrap();
        let session = open(&observed().build().unwrap(), &token).await;
        assert_eq!(refund(&session, 5).await, "approval.required");
        assert_eq!(stage.ledger.len(), 0);
        let runtime = observed().approval(ask(No(ada(), "no"))).build().unwrap();
        let session = open(&runtime, &token).await;
        assert_eq!(refund(&session, 5).await, "approval.denied");
        assert_eq!(stage.ledger.len(), 0);
    }
}

#[tokio::test]
async fn a_token_that_asks_is_one_more_reason_and_the_runtime_s_stays() {
    let stage = Stage::new();
    let approver = ScriptedApprover::new(ada(), at(NOW), [Verdict::Approve]);
    let rule = ApprovalRule::always("write:refunds").unwrap();
    let approval = ask(approver.clone()).require(rule);
    let runtime = stage.builder().approval(approval).build().unwrap();
    let session = open(&runtime, &asking(&stage)).await;
    assert_eq!(refund(&session, 101).await, "returned");
    assert_eq!(approver.asked().len(), 1, "asked once for both");
}

#[tokio::test]
async fn whoever_may_only_delegate_delegates_and_does_nothing_itself() {
    let stage = Stage::new();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let token = request.delegable(1).delegate_only().mint().unwrap();
    let runtime = stage.runtime();
    let planner = open(&runtime, &token).await;
    assert_eq!(refund(&planner, 5).await, "token.delegate_only");
    assert_eq!(planner.tools().len(), 0);
    let worker = planner.delegate("clerk").open().await.unwrap();
    assert_eq!(refund(&worker, 5).await, "returned");
    let itself = planner.delegate("support-bot").open().await.unwrap_err();
    assert_eq!(itself.code(), "token.delegates_to_itself");
}
