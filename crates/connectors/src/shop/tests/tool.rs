//! The tools, called with a proof: what they ask for, what they return, and what they refuse.

use agentsudo_core::Effect;
use agentsudo_tools::{Registry, States, ToolError, ToolErrorKind};
use serde_json::{Value, json};

use super::*;
use crate::tests::{Agent, NOW};

fn agent(fixture: &Fixture, grant: &str) -> Agent {
    let (mut registry, mut states) = (Registry::new(), States::new());
    register(&mut registry).unwrap();
    states.insert(fixture.shop.clone());
    Agent::with_grant(grant, registry, states)
}

async fn call(tool: &str, arguments: Value) -> Result<Value, String> {
    agent(&seeded(), "**").call(1, tool, arguments).await
}

#[track_caller]
fn check_definition(tool: &str, scope: &str, effect: Effect, sinks: &[&str]) {
    let mut registry = Registry::new();
    register(&mut registry).unwrap();
    let requirement = registry.get(tool).unwrap().definition().requirement();
    assert_eq!(requirement.scope().as_str(), scope);
    assert_eq!(requirement.effect(), effect);
    assert_eq!(requirement.sinks(), sinks);
}

#[test]
fn every_tool_states_what_it_asks_for() {
    check_definition("find_customer", "read:customers", Effect::Read, &[]);
    check_definition("list_orders", "read:orders", Effect::Read, &[]);
    check_definition("get_order", "read:orders", Effect::Read, &[]);
    check_definition("sales_report", "read:orders", Effect::Read, &[]);
    check_definition(
        "add_order_note",
        "write:orders",
        Effect::Write,
        &["order_id"],
    );
    let money = ["order_id", "amount_minor"];
    check_definition("issue_refund", "write:refunds", Effect::Destructive, &money);
    check_definition(
        "delete_customer",
        "delete:customer",
        Effect::Destructive,
        &["customer_id"],
    );
    check_definition(
        "wipe_database",
        "admin:database.wipe",
        Effect::Destructive,
        &[],
    );
}

#[tokio::test]
async fn a_customer_is_found() {
    let mara = json!({
        "id": "cus_mara", "name": "Mara Example", "email": "mara@customer.example",
    });
    let found = call(
        "find_customer",
        json!({ "customer": "mara@customer.example" }),
    )
    .await;
    assert_eq!(found, Ok(mara));
}

#[tokio::test]
async fn orders_are_listed_without_their_notes() {
    let listed = call("list_orders", json!({ "customer_id": "cus_pia" }))
        .await
        .unwrap();
    assert_eq!(listed["orders"][0]["id"], POISONED_ORDER);
    assert!(!listed.to_string().contains(POISONED_RECIPIENT));
}

#[tokio::test]
async fn reading_the_poisoned_order_changes_nothing() {
    let fixture = seeded();
    let before = fixture.shop.counts().unwrap();
    let shown = agent(&fixture, "read:**")
        .call(1, "get_order", json!({ "order_id": POISONED_ORDER }))
        .await
        .unwrap();
    assert!(shown["note"].as_str().unwrap().contains(POISONED_RECIPIENT));
    assert_eq!(fixture.shop.counts().unwrap(), before);
}

#[tokio::test]
async fn a_refund_is_issued_at_the_time_of_the_decision() {
    let asked = json!({ "order_id": "order_123", "amount_minor": 2_500 });
    let refund = call("issue_refund", asked).await.unwrap();
    let expected = json!({
        "id": "refund_1", "order_id": "order_123", "amount_minor": 2_500, "currency": "EUR",
        "issued_at_s": NOW.unix_s(),
    });
    assert_eq!(refund, expected);
}

#[tokio::test]
async fn a_call_that_is_repeated_refunds_once() {
    let fixture = seeded();
    let agent = agent(&fixture, "write:refunds");
    let asked = json!({ "order_id": "order_123", "amount_minor": 2_500 });
    let first = agent.call(1, "issue_refund", asked.clone()).await.unwrap();
    assert_eq!(
        agent.call(1, "issue_refund", asked.clone()).await,
        Ok(first)
    );
    agent.call(2, "issue_refund", asked).await.unwrap();
    assert_eq!(
        fixture.shop.refunds(&order_id("order_123")).unwrap().len(),
        2
    );
}

#[tokio::test]
async fn the_injected_refund_fails_even_with_every_grant() {
    let asked = json!({ "order_id": "order_125", "amount_minor": POISONED_AMOUNT_MINOR });
    let refused = call("issue_refund", asked).await;
    assert_eq!(refused, Err("shop.refund_exceeds_total".to_owned()));
}

#[tokio::test]
async fn without_the_grant_nothing_is_wiped() {
    let fixture = seeded();
    let before = fixture.shop.counts().unwrap();
    let refused = agent(&fixture, "read:**")
        .call(1, "wipe_database", json!({}))
        .await;
    assert_eq!(refused, Err("scope.not_granted".to_owned()));
    assert_eq!(fixture.shop.counts().unwrap(), before);
}

#[tokio::test]
async fn with_the_grant_everything_is_wiped() {
    let fixture = seeded();
    let wiped = agent(&fixture, "admin:database.wipe")
        .call(1, "wipe_database", json!({}))
        .await;
    let removed = json!({ "customers": 4, "orders": 6, "refunds": 0, "notes": 0 });
    assert_eq!(wiped, Ok(removed));
    assert_eq!(fixture.shop.counts().unwrap(), RowCounts::default());
}

#[tokio::test]
async fn a_customer_is_deleted() {
    let deleted = call("delete_customer", json!({ "customer_id": "cus_timo" })).await;
    let removed = json!({ "customers": 1, "orders": 1, "refunds": 0, "notes": 0 });
    assert_eq!(deleted, Ok(removed));
}

#[tokio::test]
async fn a_note_is_added() {
    let asked = json!({ "order_id": "order_123", "text": "called back" });
    let added = call("add_order_note", asked).await;
    assert_eq!(
        added,
        Ok(json!({ "order_id": "order_123", "internal_notes": 1 }))
    );
}

#[tokio::test]
async fn sales_are_reported() {
    let report = call("sales_report", json!({})).await.unwrap();
    assert_eq!(report["currencies"][0]["sold_minor"], 92_140);
}

#[tokio::test]
async fn an_id_of_another_kind_is_refused_before_a_decision() {
    let asked = json!({ "order_id": "cus_mara", "amount_minor": 1 });
    assert_eq!(
        call("issue_refund", asked).await,
        Err("arguments.invalid".to_owned())
    );
}

#[tokio::test]
async fn a_negative_amount_is_refused_before_a_decision() {
    let asked = json!({ "order_id": "order_123", "amount_minor": -1 });
    assert_eq!(
        call("issue_refund", asked).await,
        Err("arguments.invalid".to_owned())
    );
}

#[tokio::test]
async fn an_argument_too_many_is_refused_before_a_decision() {
    let asked = json!({ "order_id": "order_123", "amount_minor": 1, "account": "DE00" });
    assert!(
        call("issue_refund", asked)
            .await
            .unwrap_err()
            .starts_with("arguments.")
    );
}

#[track_caller]
fn check_kind(error: ShopError, expected: ToolErrorKind, told: &str) {
    let error = ToolError::from(error);
    assert_eq!((error.kind(), error.told()), (expected, told));
}

#[test]
fn a_broken_rule_is_permanent_and_says_what_fits() {
    let error = ShopError::RefundExceedsTotal {
        order_id: order_id("order_123"),
        asked_minor: 901,
        left_minor: 900,
        currency: "EUR".to_owned(),
    };
    let told = "expected at most 900 minor units EUR, which is what order `order_123` has left to \
                refund, found `901`; read the order to see what was refunded already";
    check_kind(error, ToolErrorKind::Permanent, told);
}

#[test]
fn a_database_that_does_not_answer_may_be_asked_again() {
    let told = "the shop database is not available; nothing was changed; try again later";
    let busy = rusqlite::Error::QueryReturnedNoRows;
    check_kind(ShopError::Unavailable(busy), ToolErrorKind::Retryable, told);
}

#[test]
fn a_change_that_did_not_report_is_not_repeated() {
    let told = "the shop did not report whether the change was made; do not repeat the call; read \
                the record to see whether the change was made";
    check_kind(
        ShopError::ChangeUnreported,
        ToolErrorKind::OutcomeUnknown,
        told,
    );
}
