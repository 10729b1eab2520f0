//! A list of tools shows what a session could call; what stops the other calls is the decision.

use agentsudo::danger::ObserveMode;
use agentsudo::{Observe, Outcome, Runtime, Session, at_most};
use serde_json::json;

use super::stage::{
    LIFETIME_S, NOW, Stage, at, check_ended, issue_refund, read_order, refund_of, support_bot,
    typed_refund,
};

fn listed(session: &Session) -> Vec<String> {
    let tools = session.tools().into_iter();
    tools.map(|tool| tool.name().to_string()).collect()
}

/// Calls the refund in every way that there is, and says how each ended.
async fn call_in_every_way(session: &Session) -> [&'static str; 4] {
    let ended = |outcome: Outcome| outcome.code().unwrap_or("returned");
    let by_permit = match session.permit::<issue_refund>() {
        Ok(permit) => permit.run::<issue_refund>(typed_refund(5)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let typed = session.run::<issue_refund>(typed_refund(5)).await;
    let bytes = br#"{"order_id":"order_1","amount_minor":5}"#;
    [
        ended(session.call("issue_refund", &refund_of(5)).await),
        ended(session.call_json("issue_refund", bytes).await),
        typed.map_or_else(|error| error.code(), |_| "returned"),
        by_permit.map_or_else(|error| error.code(), |_| "returned"),
    ]
}

/// The refund is not listed, and refused however it is called.
async fn check_hidden(stage: &Stage, session: &Session, expected: &str) {
    let before = stage.ledger.len();
    assert!(!listed(session).contains(&"issue_refund".to_owned()));
    assert_eq!(call_in_every_way(session).await, [expected; 4]);
    assert_eq!(stage.ledger.len(), before, "it ran");
}

#[tokio::test]
async fn a_hidden_tool_that_is_called_by_its_name_is_refused_and_recorded() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "read:**").await;
    assert_eq!(listed(&session), ["read_order"]);
    check_hidden(&stage, &session, "scope.not_granted").await;
    // A permission that is not handed out is no call, and leaves no record.
    assert_eq!(stage.trail(), ["refused scope.not_granted"; 3]);
}

/// The twin: a list that hides, without a decision behind it. Observe mode takes the decision away and leaves
/// the list, and all that the list hides runs.
#[tokio::test]
async fn without_the_decision_what_the_list_hides_runs() {
    let stage = Stage::new();
    let observe = Observe::everything(ObserveMode::until(at(NOW), at(NOW + 60)));
    let runtime = stage.builder().observe(observe).build().unwrap();
    let session = stage.session(&runtime, "read:**").await;
    assert_eq!(listed(&session), ["read_order"]);
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    assert_eq!(stage.ledger.len(), 1);
}

/// The other twin: with the scope, the same calls are listed and run.
#[tokio::test]
async fn with_the_scope_the_tool_is_listed_and_runs() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:**").await;
    assert_eq!(listed(&session), ["issue_refund"]);
    assert_eq!(call_in_every_way(&session).await, ["returned"; 4]);
}

#[tokio::test]
async fn a_tool_that_the_grant_does_not_name_is_hidden_and_refused() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let request = stage.issuer.token_for(&support_bot());
    let token = request
        .allow_tool("write:refunds", "pay_out")
        .mint()
        .unwrap();
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    check_hidden(&stage, &session, "scope.not_granted_to_tool").await;
}

#[tokio::test]
async fn what_a_delegation_takes_away_is_hidden_and_refused() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = stage.session(&runtime, "**").await;
    let child = parent
        .delegate("researcher")
        .only("read:*")
        .open()
        .await
        .unwrap();
    assert_eq!(listed(&parent), ["issue_refund", "read_order"]);
    check_hidden(&stage, &child, "scope.not_granted").await;
}

#[tokio::test]
async fn a_frozen_tool_is_hidden_and_refused_until_the_freeze_is_over() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:**").await;
    let scopes = agentsudo::ScopePattern::parse("write:**").unwrap();
    runtime.freeze(scopes, "stocktaking", at(NOW + 60)).unwrap();
    check_hidden(&stage, &session, "freeze.in_force").await;
    stage.clock.set(NOW + 60);
    assert_eq!(call_in_every_way(&session).await, ["returned"; 4]);
}

#[tokio::test]
async fn an_expired_session_lists_nothing_and_calls_nothing() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "**").await;
    stage.clock.set(NOW + LIFETIME_S);
    assert!(listed(&session).is_empty());
    check_hidden(&stage, &session, "token.expired").await;
}

/// The list is a snapshot, and one that was shown earlier promises nothing.
#[tokio::test]
async fn a_list_that_was_shown_before_permits_nothing_now() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:**").await;
    let before = listed(&session);
    let permit = session.permit::<issue_refund>().unwrap();
    let scopes = agentsudo::ScopePattern::parse("write:refunds").unwrap();
    runtime.freeze(scopes, "stocktaking", at(NOW + 60)).unwrap();
    assert_eq!(before, ["issue_refund"]);
    let outcome = session.call(&before[0], &refund_of(5)).await;
    check_ended(&outcome, "freeze.in_force");
    let ran = permit.run::<issue_refund>(typed_refund(5)).await;
    assert_eq!(ran.unwrap_err().code(), "freeze.in_force");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn a_listed_tool_is_still_decided_call_by_call() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let request = stage
        .issuer
        .token_for(&support_bot())
        .allow("write:refunds");
    let token = request
        .constrain("amount_minor", at_most(10))
        .mint()
        .unwrap();
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    assert_eq!(listed(&session), ["issue_refund"]);
    let outcome = session.call("issue_refund", &refund_of(11)).await;
    check_ended(&outcome, "constraint.above_maximum");
    let outcome = session.call("issue_refund", &refund_of(10)).await;
    check_ended(&outcome, "returned");
}

/// A reader of names that folds, as file systems and some frameworks do, finds the tool under all of these.
fn folded(name: &str) -> String {
    let visible = |c: &char| !c.is_whitespace() && !matches!(c, '\0' | '\u{200b}');
    let name: String = name.chars().filter(visible).collect();
    let name = name.rsplit(['/', ':', '.']).next().unwrap_or_default();
    name.to_ascii_lowercase().replace(['-', '\u{ff3f}'], "_")
}

#[tokio::test]
async fn a_name_that_only_looks_like_a_tool_is_none() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "**").await;
    for close in [
        "Issue_Refund",
        "ISSUE_REFUND",
        "issue-refund",
        "issue_refund ",
        " issue_refund",
        "issue_refund\n",
        "issue_refund\0",
        "issue\u{200b}_refund",
        "issue\u{ff3f}refund",
        "./issue_refund",
        "shop:issue_refund",
        "shop.issue_refund",
    ] {
        assert_eq!(folded(close), "issue_refund", "the twin finds it");
        let outcome = session.call(close, &refund_of(5)).await;
        check_ended(&outcome, "tool.unknown");
    }
    assert_eq!(stage.ledger.len(), 0);
}

/// Two sessions of one token list the same, whatever came before: nothing is learnt from earlier requests.
#[tokio::test]
async fn the_list_depends_on_the_token_alone() {
    let stage = Stage::new();
    let runtime: Runtime = stage.runtime();
    let token = stage.token("write:**");
    let first = runtime.open_session(&support_bot(), &token).await.unwrap();
    let before = listed(&first);
    let outcome = first.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    let outcome = first
        .call("read_order", &json!({ "order_id": "order_1" }))
        .await;
    check_ended(&outcome, "scope.not_granted");
    let second = runtime.open_session(&support_bot(), &token).await.unwrap();
    assert_eq!(listed(&first), before);
    assert_eq!(listed(&second), before);
    assert!(second.permit::<read_order>().is_err());
}
