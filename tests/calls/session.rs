//! Sessions end once, for everything that was started in them, and nothing postpones their expiry.

use std::pin::pin;
use std::task::{Context, Waker};

use agentsudo::{AuditEvent, Denied, Possession, SetupError, current_chain, sudo};
use agentsudo_testkit::seeded_agent;
use tokio::sync::oneshot;

use super::stage::{
    LIFETIME_S, Ledger, NOW, Stage, at, check_ended, issue_refund, refund_of, support_bot,
    typed_refund,
};

#[sudo(scope = "write:refunds", effect = "write")]
async fn refund(amount_minor: u64, #[skip] ledger: &Ledger) -> Result<(), Denied> {
    ledger.enter("guarded", amount_minor);
    Ok(())
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn refund_owned(amount_minor: u64, #[skip] ledger: Ledger) -> Result<(), Denied> {
    ledger.enter("guarded", amount_minor);
    Ok(())
}

fn code_of<T: std::fmt::Debug>(result: Result<T, Denied>) -> &'static str {
    result.map_or_else(|denied| denied.code(), |_| "returned")
}

#[track_caller]
fn check_setup<T: std::fmt::Debug>(result: Result<T, SetupError>, expected: &str) {
    let found = result.map_or_else(|error| error.code(), |_| "opened");
    assert_eq!(found, expected);
}

#[tokio::test]
async fn two_sessions_of_one_token_have_ids_of_their_own() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let first = stage.session(&runtime, "write:refunds").await;
    let second = stage.session(&runtime, "write:refunds").await;
    assert_ne!(first.id(), second.id());
}

#[tokio::test]
async fn a_session_that_is_not_left_for_good_goes_on_after_what_ran_within() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    for amount_minor in [5, 6] {
        let ran = session.within(refund(amount_minor, &stage.ledger)).await;
        assert_eq!(code_of(ran), "returned");
    }
    assert_eq!(code_of(refund(7, &stage.ledger).await), "session.missing");
    check_ended(
        &session.call("issue_refund", &refund_of(8)).await,
        "returned",
    );
    assert_eq!(stage.ledger.len(), 3);
}

#[tokio::test]
async fn the_session_id_stands_in_each_of_its_records() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    let records = stage.audit.records();
    assert!(
        records
            .iter()
            .all(|record| record.session.as_deref() == Some(session.id()))
    );
    assert_eq!(records.len(), 3, "opened, intent, returned");
}

#[tokio::test]
async fn opening_a_session_is_recorded_with_its_expiry() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    assert_eq!(session.expires_at(), at(NOW + LIFETIME_S));
    assert_eq!(
        stage.audit.records()[0].event,
        AuditEvent::SessionOpened {
            expires_at: at(NOW + LIFETIME_S),
            possession: Possession::Session,
        }
    );
}

#[tokio::test]
async fn a_session_is_in_force_until_the_second_before_its_expiry() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    stage.clock.set(NOW + LIFETIME_S - 1);
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    stage.clock.set(NOW + LIFETIME_S);
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "token.expired",
    );
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn a_session_expires_while_it_is_entered() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let work = async {
        let before = code_of(refund(5, &stage.ledger).await);
        stage.clock.advance_s(LIFETIME_S);
        (before, code_of(refund(5, &stage.ledger).await))
    };
    assert_eq!(session.enter(work).await, ("returned", "token.expired"));
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn a_second_session_of_the_same_token_lives_no_longer() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = stage.token("write:refunds");
    let first = runtime.open_session(&support_bot(), &token).await.unwrap();
    stage.clock.advance_s(LIFETIME_S - 1);
    let second = runtime.open_session(&support_bot(), &token).await.unwrap();
    assert_eq!(first.expires_at(), second.expires_at());
    stage.clock.advance_s(1);
    check_ended(
        &second.call("issue_refund", &refund_of(5)).await,
        "token.expired",
    );
    check_setup(
        runtime.open_session(&support_bot(), &token).await,
        "token.expired",
    );
}

#[tokio::test]
async fn entering_one_session_inside_of_another_postpones_neither() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let outer = stage.session(&runtime, "write:refunds").await;
    stage.clock.advance_s(LIFETIME_S - 1);
    let inner = stage.session(&runtime, "read:orders").await;
    let work = async {
        inner.enter(async { stage.clock.advance_s(1) }).await;
        code_of(refund(5, &stage.ledger).await)
    };
    assert_eq!(outer.enter(work).await, "token.expired");
}

#[tokio::test]
async fn a_clock_that_is_set_back_after_expiry_revives_nothing() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = stage.token("write:refunds");
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    stage.clock.set(NOW + LIFETIME_S);
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "token.expired",
    );
    stage.clock.set(NOW);
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "token.expired",
    );
    check_setup(
        runtime.open_session(&support_bot(), &token).await,
        "token.expired",
    );
}

/// The twin: a runtime that has not seen the later time has nothing to go by but the clock.
#[tokio::test]
async fn a_runtime_that_has_not_seen_the_expiry_follows_the_clock_back() {
    let stage = Stage::new();
    let token = stage.token("write:refunds");
    stage.clock.set(NOW + LIFETIME_S);
    check_setup(
        stage.runtime().open_session(&support_bot(), &token).await,
        "token.expired",
    );
    stage.clock.set(NOW);
    check_setup(
        stage.runtime().open_session(&support_bot(), &token).await,
        "opened",
    );
}

#[tokio::test]
#[expect(clippy::async_yields_async, reason = "what is left over is the point")]
async fn what_runs_on_after_enter_is_refused() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let permit = session.permit::<issue_refund>().unwrap();
    let (left, has_left) = oneshot::channel::<()>();
    let straggler = session
        .enter(async {
            permit.run::<issue_refund>(typed_refund(1)).await.unwrap();
            tokio::spawn(async move {
                has_left.await.unwrap();
                permit.run::<issue_refund>(typed_refund(2)).await
            })
        })
        .await;
    left.send(()).unwrap();
    let error = straggler.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "session.ended");
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 1)]);
    assert_eq!(
        stage.trail(),
        ["intent", "returned", "refused session.ended"]
    );
}

#[tokio::test]
async fn a_session_ends_when_its_future_is_dropped_midway() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let permit = session.permit::<issue_refund>().unwrap();
    {
        let mut entered = pin!(session.enter(std::future::pending::<()>()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(entered.as_mut().poll(&mut context).is_pending());
        permit.run::<issue_refund>(typed_refund(1)).await.unwrap();
    }
    let error = permit.run::<issue_refund>(typed_refund(2)).await;
    assert_eq!(error.unwrap_err().code(), "session.ended");
}

#[tokio::test]
async fn a_session_ends_when_its_enter_is_dropped_before_it_began() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let permit = session.permit::<issue_refund>().unwrap();
    drop(session.enter(std::future::pending::<()>()));
    let error = permit.run::<issue_refund>(typed_refund(2)).await;
    assert_eq!(error.unwrap_err().code(), "session.ended");
}

#[tokio::test]
async fn a_spawned_task_does_not_inherit_the_session() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let ledger = stage.ledger.clone();
    let spawned = session
        .enter(async { tokio::spawn(refund_owned(7, ledger)).await.unwrap() })
        .await;
    assert_eq!(code_of(spawned), "session.missing");
    assert_eq!(stage.ledger.len(), 0);
}

/// The twin: the same call in the task itself runs.
#[tokio::test]
async fn the_same_call_in_the_task_itself_runs() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let ledger = stage.ledger.clone();
    let called = session.enter(refund_owned(7, ledger)).await;
    assert_eq!(code_of(called), "returned");
}

#[tokio::test]
#[expect(clippy::async_yields_async, reason = "the call is made outside")]
async fn a_call_that_was_prepared_inside_and_made_outside_has_no_session() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "write:refunds").await;
    let prepared = session.enter(async { refund(7, &stage.ledger) }).await;
    assert_eq!(code_of(prepared.await), "session.missing");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn a_delegated_session_ends_with_the_one_above() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = stage.session(&runtime, "write:refunds").await;
    let child = parent
        .delegate("researcher")
        .delegable(1)
        .open()
        .await
        .unwrap();
    let grandchild = child.delegate("clerk").open().await.unwrap();
    check_ended(
        &grandchild.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    parent.end();
    for session in [&child, &grandchild] {
        let outcome = session.call("issue_refund", &refund_of(5)).await;
        check_ended(&outcome, "session.ended");
        assert_eq!(session.tools().len(), 0, "nothing to call");
        assert!(session.permit::<issue_refund>().is_err());
    }
    check_setup(child.delegate("late").open().await, "session.ended");
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn a_delegated_session_ends_when_the_one_above_is_left() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = stage.session(&runtime, "write:refunds").await;
    let started = parent.delegate("researcher");
    let child = parent
        .delegate("researcher")
        .delegable(1)
        .open()
        .await
        .unwrap();
    parent.enter(async {}).await;
    let outcome = child.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "session.ended");
    check_setup(started.open().await, "session.ended");
}

/// The twin: ending the child leaves the parent at work.
#[tokio::test]
async fn the_session_above_outlives_a_delegated_one() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = stage.session(&runtime, "write:refunds").await;
    parent.delegate("researcher").open().await.unwrap().end();
    let outcome = parent.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
}

#[tokio::test]
async fn a_token_opens_no_session_for_another_agent() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = stage.token("write:refunds");
    let thief = seeded_agent("support-bot", 66).unwrap();
    check_setup(
        runtime.open_session(&thief, &token).await,
        "token.holder_mismatch",
    );
    let records = stage.audit.records();
    assert!(matches!(
        &records[0].event,
        AuditEvent::SessionRefused { code, .. } if code == "token.holder_mismatch"
    ));
    check_setup(runtime.open_session(&support_bot(), &token).await, "opened");
}

#[tokio::test]
async fn leaving_an_inner_session_restores_the_outer_one() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let outer = stage.session(&runtime, "write:refunds").await;
    let inner = outer
        .delegate("researcher")
        .only("read:*")
        .open()
        .await
        .unwrap();
    let chain = || current_chain().map(|chain| chain.to_string());
    let work = async {
        assert_eq!(chain().as_deref(), Some("support-bot"));
        inner
            .enter(async {
                assert_eq!(chain().as_deref(), Some("support-bot > researcher"));
                let inside = code_of(refund(5, &stage.ledger).await);
                assert_eq!(inside, "scope.not_granted");
            })
            .await;
        assert_eq!(chain().as_deref(), Some("support-bot"));
        code_of(refund(6, &stage.ledger).await)
    };
    assert_eq!(outer.enter(work).await, "returned");
    assert_eq!(chain(), None);
    assert_eq!(stage.ledger.entries(), [("guarded".to_owned(), 6)]);
}
