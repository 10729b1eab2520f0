//! Sub-agents: narrower whatever they ask for, and named in every record.

use std::time::Duration;

use agentsudo::{Audience, Runtime, Session, SetupError, Token, Verifier, at_most};
use agentsudo_testkit::seeded_agent;

use super::stage::{LIFETIME_S, NOW, Stage, at, check_ended, refund_of, support_bot};

async fn parent(stage: &Stage, scopes: &str) -> Session {
    stage.session(&stage.runtime(), scopes).await
}

async fn refund(session: &Session, amount_minor: u64) -> &'static str {
    let outcome = session.call("issue_refund", &refund_of(amount_minor)).await;
    outcome.code().unwrap_or("returned")
}

#[track_caller]
fn check<T: std::fmt::Debug>(result: Result<T, SetupError>, expected: &str) {
    let found = result.map_or_else(|error| error.code(), |_| "made");
    assert_eq!(found, expected);
}

#[tokio::test]
async fn only_keeps_what_it_names() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let child = parent.delegate("researcher").only("read:**").open();
    let child = child.await.unwrap();
    assert_eq!(refund(&child, 5).await, "scope.not_granted");
    let order = serde_json::json!({ "order_id": "order_1" });
    check_ended(&child.call("read_order", &order).await, "returned");
    assert_eq!(
        refund(&parent, 5).await,
        "returned",
        "the parent keeps its own"
    );
}

#[tokio::test]
async fn asking_for_more_gives_nothing_more() {
    let stage = Stage::new();
    let parent = parent(&stage, "read:**").await;
    let greedy = parent.delegate("researcher").only("**").only("write:**");
    let child = greedy.open().await.unwrap();
    assert_eq!(refund(&child, 5).await, "scope.not_granted");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn only_tool_keeps_a_scope_for_one_tool() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let other = parent
        .delegate("a")
        .only_tool("write:refunds", "send_refund");
    let other = other.open().await.unwrap();
    assert_eq!(refund(&other, 5).await, "scope.not_granted_to_tool");
    let this = parent
        .delegate("b")
        .only_tool("write:refunds", "issue_refund");
    assert_eq!(refund(&this.open().await.unwrap(), 5).await, "returned");
}

/// The twin: the same delegation under a parent that may.
#[tokio::test]
async fn the_same_delegation_under_a_parent_that_may_is_allowed() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let child = parent.delegate("researcher").only("**").only("write:**");
    assert_eq!(refund(&child.open().await.unwrap(), 5).await, "returned");
}

#[tokio::test]
async fn constraints_add_up_along_the_chain() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let wide = parent.delegate("a").constrain("amount_minor", at_most(100));
    let wide = wide.delegable(1).open().await.unwrap();
    let wider = wide
        .delegate("b")
        .constrain("amount_minor", at_most(1_000))
        .open();
    let narrower = wide.delegate("c").constrain("amount_minor", at_most(10));
    assert_eq!(
        refund(&wider.await.unwrap(), 101).await,
        "constraint.above_maximum"
    );
    assert_eq!(refund(&wide, 100).await, "returned");
    let narrower = narrower.open().await.unwrap();
    assert_eq!(refund(&narrower, 11).await, "constraint.above_maximum");
    assert_eq!(refund(&narrower, 10).await, "returned");
}

#[tokio::test]
async fn a_constraint_may_be_meant_for_some_scopes() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let child = parent
        .delegate("a")
        .constrain_on("read:**", "amount_minor", at_most(1))
        .open();
    assert_eq!(refund(&child.await.unwrap(), 5).await, "returned");
}

#[tokio::test]
async fn a_delegation_ends_when_it_says() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let brief = parent.delegate("a").expires_in(Duration::from_secs(60));
    let child = brief.open().await.unwrap();
    assert_eq!(child.expires_at(), at(NOW + 60));
    stage.clock.advance_s(60);
    assert_eq!(refund(&child, 5).await, "token.expired");
    assert_eq!(refund(&parent, 5).await, "returned");
}

#[tokio::test]
async fn a_delegation_never_outlives_the_token_above() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let lasting = parent
        .delegate("a")
        .expires_in(Duration::from_secs(10 * LIFETIME_S))
        .open();
    match lasting.await {
        Ok(child) => {
            assert_eq!(child.expires_at(), parent.expires_at());
            stage.clock.advance_s(LIFETIME_S);
            assert_eq!(refund(&child, 5).await, "token.expired");
        }
        Err(error) => assert_eq!(error.code(), "token.lifetime_too_long"),
    }
}

#[tokio::test]
async fn a_token_that_is_not_delegable_is_not_delegated() {
    let stage = Stage::new();
    let token = stage.issuer.token_for(&support_bot()).allow("**").mint();
    let runtime = stage.runtime();
    let parent = runtime.open_session(&support_bot(), &token.unwrap()).await;
    let child = parent.unwrap().delegate("a").delegable(5).open().await;
    check(child, "token.depth_exceeded");
}

#[tokio::test]
async fn depth_counts_down_whatever_is_asked_for() {
    let stage = Stage::new();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let token = request.delegable(2).mint().unwrap();
    let runtime = stage.runtime();
    let root = runtime.open_session(&support_bot(), &token).await.unwrap();
    let first = root.delegate("a").delegable(9).open().await.unwrap();
    let second = first.delegate("b").delegable(9).open().await.unwrap();
    check(
        second.delegate("c").delegable(9).open().await,
        "token.depth_exceeded",
    );
}

#[tokio::test]
async fn a_sub_agent_that_was_not_told_so_may_not_delegate() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let child = parent.delegate("a").open().await.unwrap();
    check(child.delegate("b").open().await, "token.depth_exceeded");
}

#[tokio::test]
async fn the_whole_chain_stands_in_each_record_root_first() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let child = parent.delegate("researcher").delegable(1).open();
    let child = child.await.unwrap();
    let grandchild = child.delegate("clerk").open().await.unwrap();
    assert_eq!(refund(&grandchild, 5).await, "returned");
    let records = stage.audit.records();
    let (_, of_call) = records.split_at(3);
    assert_eq!(of_call.len(), 2);
    for record in of_call {
        assert_eq!(record.chain.to_string(), "support-bot > researcher > clerk");
        assert_eq!(record.session.as_deref(), Some(grandchild.id()));
        let blocks: Vec<_> = record.chain.iter().map(|link| link.block).collect();
        assert_eq!(blocks[0], parent.chain().leaf().unwrap().block);
        assert_eq!(blocks[1], child.chain().leaf().unwrap().block);
    }
}

/// Another process that trusts the same issuer.
fn elsewhere(stage: &Stage, audience: &str) -> Runtime {
    let verifier = Verifier::new(Audience::parse(audience).unwrap());
    let verifier = verifier.trust(stage.issuer.public_key());
    let builder = Runtime::builder(verifier).audit(stage.audit.clone());
    let builder = builder
        .clock(stage.clock.clone())
        .state(stage.ledger.clone());
    builder.tool(super::stage::issue_refund).build().unwrap()
}

async fn signed_for_clerk(stage: &Stage) -> Token {
    let parent = parent(stage, "**").await;
    let clerk = seeded_agent("clerk", 5).unwrap();
    let delegation = parent
        .delegate("clerk")
        .constrain("amount_minor", at_most(100));
    delegation.audience("shop").sign_for(&clerk).unwrap()
}

#[tokio::test]
async fn a_token_that_was_signed_for_another_agent_works_in_another_process() {
    let stage = Stage::new();
    let token = signed_for_clerk(&stage).await;
    let clerk = seeded_agent("clerk", 5).unwrap();
    let there = elsewhere(&stage, "shop");
    let session = there.open_session(&clerk, &token).await.unwrap();
    assert_eq!(session.chain().to_string(), "support-bot > clerk");
    assert_eq!(refund(&session, 100).await, "returned");
    assert_eq!(refund(&session, 101).await, "constraint.above_maximum");
}

#[tokio::test]
async fn a_token_for_one_verifier_is_refused_by_another() {
    let stage = Stage::new();
    let token = signed_for_clerk(&stage).await;
    let clerk = seeded_agent("clerk", 5).unwrap();
    let there = elsewhere(&stage, "warehouse");
    check(
        there.open_session(&clerk, &token).await,
        "token.audience_mismatch",
    );
}

#[tokio::test]
async fn the_agent_that_delegated_does_not_open_its_sub_agents_token() {
    let stage = Stage::new();
    let token = signed_for_clerk(&stage).await;
    let there = elsewhere(&stage, "shop");
    check(
        there.open_session(&support_bot(), &token).await,
        "token.holder_mismatch",
    );
}

#[tokio::test]
async fn a_delegation_is_signed_for_the_agent_that_it_names() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let clerk = seeded_agent("clerk", 5).unwrap();
    check(
        parent.delegate("researcher").sign_for(&clerk),
        "setup.other_agent",
    );
    check(parent.delegate("clerk").sign_for(&clerk), "made");
}

#[tokio::test]
async fn the_first_mistake_is_the_one_that_is_reported() {
    let stage = Stage::new();
    let parent = parent(&stage, "**").await;
    let mistaken = parent.delegate("a").only("*").constrain("", at_most(1));
    check(mistaken.open().await, "scope.lone_star");
    check(
        parent.delegate("No Name").open().await,
        "name.bad_character",
    );
}
