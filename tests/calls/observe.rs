//! Observe mode: what it lifts, what it never lifts, and that it ends.

use agentsudo::danger::{MAX_OBSERVE_S, ObserveMode};
use agentsudo::{
    Approval, ApprovalRule, Builder, ChannelApprover, Observe, Ready, Runtime, ScopePattern,
    Verdict, at_most,
};
use agentsudo_testkit::seeded_agent;
use serde_json::json;

use super::approver::{No, Yes, ada_approves, answer};
use super::stage::{
    LIFETIME_S, NOW, Stage, ada, at, check_ended, issue_refund, refund_of, support_bot,
    typed_refund,
};

fn mode(for_s: u64) -> ObserveMode {
    ObserveMode::until(at(NOW), at(NOW + for_s))
}

fn observing(stage: &Stage) -> Builder<Ready> {
    stage.builder().observe(Observe::everything(mode(100_000)))
}

/// A refund by an agent that may only read.
async fn refund(stage: &Stage, runtime: &Runtime) -> &'static str {
    let session = stage.session(runtime, "read:**").await;
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    outcome.code().unwrap_or("returned")
}

#[tokio::test]
async fn what_would_be_refused_runs_and_is_recorded_as_such() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    assert_eq!(refund(&stage, &runtime).await, "returned");
    assert_eq!(stage.ledger.len(), 1);
    assert_eq!(
        stage.trail(),
        ["intent, would refuse scope.not_granted", "returned"]
    );
}

/// The twin of all of these: without observe mode the call is refused.
#[tokio::test]
async fn without_observe_mode_it_is_refused() {
    let stage = Stage::new();
    assert_eq!(refund(&stage, &stage.runtime()).await, "scope.not_granted");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn what_is_allowed_is_not_marked() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let session = stage.session(&runtime, "write:**").await;
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    assert_eq!(stage.trail(), ["intent", "returned"]);
}

#[tokio::test]
async fn it_ends_at_its_date() {
    let stage = Stage::new();
    let observe = Observe::everything(mode(60));
    let runtime = stage.builder().observe(observe).build().unwrap();
    stage.clock.set(NOW + 59);
    assert_eq!(refund(&stage, &runtime).await, "returned");
    stage.clock.set(NOW + 60);
    assert_eq!(refund(&stage, &runtime).await, "scope.not_granted");
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn it_lasts_no_longer_than_its_bound_whatever_it_is_told() {
    let stage = Stage::new();
    let for_ever = mode(100 * MAX_OBSERVE_S);
    assert_eq!(for_ever.ends_at(), at(NOW + MAX_OBSERVE_S));
    let observe = Observe::everything(for_ever);
    let runtime = stage.builder().observe(observe).build().unwrap();
    stage.clock.set(NOW + MAX_OBSERVE_S - 1);
    assert_eq!(refund(&stage, &runtime).await, "returned");
    stage.clock.set(NOW + MAX_OBSERVE_S);
    assert_eq!(refund(&stage, &runtime).await, "scope.not_granted");
}

#[tokio::test]
async fn a_rule_that_is_over_does_not_hide_one_that_is_on() {
    let stage = Stage::new();
    let agent = Observe::agent("support-bot", mode(60)).unwrap();
    let builder = stage.builder().observe(agent);
    let runtime = builder.observe(Observe::everything(mode(120))).build();
    let runtime = runtime.unwrap();
    stage.clock.set(NOW + 60);
    assert_eq!(refund(&stage, &runtime).await, "returned");
}

#[tokio::test]
async fn it_never_lifts_a_freeze() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let everything = ScopePattern::parse("**").unwrap();
    runtime
        .freeze(everything, "code freeze", at(NOW + 50_000))
        .unwrap();
    // Whether the token would do or not, and whether it has expired or not.
    assert_eq!(refund(&stage, &runtime).await, "freeze.in_force");
    let session = stage.session(&runtime, "**").await;
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "freeze.in_force",
    );
    stage.clock.advance_s(LIFETIME_S);
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "freeze.in_force",
    );
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn it_never_lifts_a_denial() {
    for (scopes, approver_key) in [("read:**", ada()), ("**", ada())] {
        let stage = Stage::new();
        let rule = ApprovalRule::always("write:**").unwrap();
        let approval = Approval::ask(No(approver_key, "no"), ada_approves()).require(rule);
        let runtime = observing(&stage).approval(approval).build().unwrap();
        let session = stage.session(&runtime, scopes).await;
        let outcome = session.call("issue_refund", &refund_of(5)).await;
        check_ended(&outcome, "approval.denied");
        assert_eq!(stage.ledger.len(), 0, "{scopes}");
    }
}

#[tokio::test]
async fn an_observed_call_is_put_to_a_person_all_the_same() {
    let stage = Stage::new();
    let rule = ApprovalRule::always("write:**").unwrap();
    let approval = Approval::ask(Yes(ada()), ada_approves()).require(rule);
    let runtime = observing(&stage).approval(approval).build().unwrap();
    assert_eq!(refund(&stage, &runtime).await, "returned");
    let expected = "intent, would refuse scope.not_granted, approved by ada";
    assert_eq!(stage.trail()[0], expected);
}

#[tokio::test]
async fn a_call_that_waits_past_the_end_of_observe_mode_is_refused() {
    for (waited_s, expected) in [(59, "returned"), (60, "scope.not_granted")] {
        let stage = Stage::new();
        let (approver, mut requests) = ChannelApprover::with_capacity(1);
        let rule = ApprovalRule::always("write:**").unwrap();
        let approval = Approval::ask(approver, ada_approves()).require(rule);
        let builder = stage.builder().observe(Observe::everything(mode(60)));
        let runtime = builder.approval(approval).build().unwrap();
        let approve = async {
            let pending = requests.recv().await.unwrap();
            stage.clock.advance_s(waited_s);
            let decision = answer(pending.request(), Verdict::Approve, &ada());
            pending.answer(decision)
        };
        let (ended, _) = tokio::join!(refund(&stage, &runtime), approve);
        assert_eq!(ended, expected);
    }
}

#[tokio::test]
async fn it_never_lifts_what_leaves_nothing_to_run() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    for (tool, arguments, expected) in [
        ("issue_refund", json!({}), "arguments.invalid"),
        ("issue_refund", json!([]), "arguments.not_an_object"),
        ("drop_tables", json!({}), "tool.unknown"),
    ] {
        check_ended(&session.call(tool, &arguments).await, expected);
    }
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn it_opens_no_session_for_a_stolen_token() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let thief = seeded_agent("support-bot", 66).unwrap();
    let opened = runtime.open_session(&thief, &stage.token("**")).await;
    assert_eq!(opened.unwrap_err().code(), "token.holder_mismatch");
}

#[tokio::test]
async fn it_covers_an_expired_token() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    stage.clock.advance_s(LIFETIME_S);
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    assert_eq!(stage.trail()[0], "intent, would refuse token.expired");
}

#[tokio::test]
async fn it_covers_a_token_that_had_expired_before_its_session_was_opened() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let token = stage.token("**");
    stage.clock.advance_s(LIFETIME_S);
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    assert_eq!(stage.trail()[0], "intent, would refuse token.expired");
    // The twin: where nothing is observed, there is no session to begin with.
    let enforcing = stage.runtime();
    let refused = enforcing.open_session(&support_bot(), &token).await;
    assert_eq!(refused.unwrap_err().code(), "token.expired");
}

#[tokio::test]
async fn it_covers_a_session_that_has_ended() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    let permit = session.permit::<issue_refund>().unwrap();
    session.end();
    permit.run::<issue_refund>(typed_refund(5)).await.unwrap();
    assert_eq!(stage.trail()[0], "intent, would refuse session.ended");
}

#[tokio::test]
async fn it_covers_a_broken_constraint() {
    let stage = Stage::new();
    let runtime = observing(&stage).build().unwrap();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let token = request.constrain("amount_minor", at_most(4)).mint();
    let session = runtime.open_session(&support_bot(), &token.unwrap()).await;
    let outcome = session.unwrap().call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    let expected = "intent, would refuse constraint.above_maximum";
    assert_eq!(stage.trail()[0], expected);
}

#[tokio::test]
async fn for_one_agent_it_covers_that_agent_only() {
    let stage = Stage::new();
    for (agent, expected) in [
        ("support-bot", "returned"),
        ("support-bot-2", "scope.not_granted"),
    ] {
        let observe = Observe::agent(agent, mode(60)).unwrap();
        let runtime = stage.builder().observe(observe).build().unwrap();
        assert_eq!(refund(&stage, &runtime).await, expected);
    }
}

#[tokio::test]
async fn for_one_agent_it_does_not_cover_its_sub_agents() {
    let stage = Stage::new();
    let observe = Observe::agent("support-bot", mode(60)).unwrap();
    let runtime = stage.builder().observe(observe).build().unwrap();
    let parent = stage.session(&runtime, "read:**").await;
    let child = parent.delegate("researcher").open().await.unwrap();
    let outcome = child.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "scope.not_granted");
}

#[tokio::test]
async fn for_one_tool_it_covers_that_tool_only() {
    let stage = Stage::new();
    for (tool, expected) in [
        ("issue_refund", "returned"),
        ("read_order", "scope.not_granted"),
    ] {
        let observe = Observe::tool(tool, mode(60)).unwrap();
        let runtime = stage.builder().observe(observe).build().unwrap();
        assert_eq!(refund(&stage, &runtime).await, expected);
    }
}

#[tokio::test]
async fn it_is_off_before_it_begins() {
    let stage = Stage::new();
    let later = ObserveMode::until(at(NOW + 10), at(NOW + 60));
    let observe = Observe::everything(later);
    let runtime = stage.builder().observe(observe).build().unwrap();
    assert_eq!(refund(&stage, &runtime).await, "scope.not_granted");
    stage.clock.advance_s(10);
    assert_eq!(refund(&stage, &runtime).await, "returned");
}
