//! Permits: one action, and no longer than the session.

use std::time::Duration;

use agentsudo::{ScopePattern, at_most};

use super::stage::{
    LIFETIME_S, NOW, ReadOrder, Stage, at, issue_refund, read_order, support_bot, typed_refund,
};

#[tokio::test]
async fn a_permit_calls_the_tool_of_its_action() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "write:**").await;
    let permit = session.permit::<issue_refund>().unwrap();
    assert_eq!(
        permit.run::<issue_refund>(typed_refund(5)).await.unwrap(),
        5
    );
    assert_eq!(stage.trail(), ["intent", "returned"]);
}

#[tokio::test]
async fn there_is_no_permit_without_the_scope() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "read:**").await;
    let refused = session.permit::<issue_refund>().unwrap_err();
    assert_eq!(refused.code(), "scope.not_granted");
    assert!(session.permit::<read_order>().is_ok());
}

#[tokio::test]
async fn there_is_no_permit_for_a_scope_that_is_granted_to_another_tool() {
    let stage = Stage::new();
    let request = stage.issuer.token_for(&support_bot());
    let token = request.allow_tool("write:refunds", "other_tool").mint();
    let runtime = stage.runtime();
    let session = runtime.open_session(&support_bot(), &token.unwrap()).await;
    let refused = session.unwrap().permit::<issue_refund>().unwrap_err();
    assert_eq!(refused.code(), "scope.not_granted_to_tool");
}

#[tokio::test]
async fn there_is_no_permit_after_expiry_or_in_a_freeze() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "**").await;
    let everything = ScopePattern::parse("**").unwrap();
    runtime
        .freeze(everything.clone(), "", at(NOW + 60))
        .unwrap();
    let frozen = session.permit::<issue_refund>().unwrap_err();
    assert_eq!(frozen.code(), "freeze.in_force");
    runtime.lift(&everything);
    assert!(session.permit::<issue_refund>().is_ok());
    stage.clock.advance_s(LIFETIME_S);
    let expired = session.permit::<issue_refund>().unwrap_err();
    assert_eq!(expired.code(), "token.expired");
}

#[tokio::test]
async fn a_permit_is_decided_anew_in_each_call() {
    let stage = Stage::new();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let limited = request.constrain("amount_minor", at_most(100));
    let token = limited.expires_in(Duration::from_secs(60)).mint().unwrap();
    let runtime = stage.runtime();
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    let permit = session.permit::<issue_refund>().unwrap();
    let over = permit.run::<issue_refund>(typed_refund(101)).await;
    assert_eq!(over.unwrap_err().code(), "constraint.above_maximum");
    permit.run::<issue_refund>(typed_refund(100)).await.unwrap();
    stage.clock.advance_s(60);
    let late = permit.run::<issue_refund>(typed_refund(1)).await;
    assert_eq!(late.unwrap_err().code(), "token.expired");
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn a_permit_ends_with_its_session() {
    let stage = Stage::new();
    let session = stage.session(&stage.runtime(), "**").await;
    let permit = session.permit::<read_order>().unwrap();
    let order = || ReadOrder {
        order_id: "order_1".to_owned(),
    };
    permit.run::<read_order>(order()).await.unwrap();
    session.end();
    let ended = permit.run::<read_order>(order()).await;
    assert_eq!(ended.unwrap_err().code(), "session.ended");
    assert_eq!(stage.ledger.len(), 1);
}
