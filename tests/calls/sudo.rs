//! `#[sudo]`: a guarded function runs under the session in force, or not at all.

use std::fmt;

use agentsudo::{
    Denied, Fault, MemoryAudit, Observe, Outcome, Runtime, ToolError, at_most, danger::ObserveMode,
    layer_fn, sudo,
};
use serde::{Serialize, Serializer};

use super::stage::{Ledger, NOW, Stage, at, support_bot, trail_of};

#[sudo(scope = "write:refunds", effect = "write")]
async fn refund(
    order_id: String,
    #[sink] amount_minor: u64,
    #[secret] note: &str,
    #[skip] ledger: &Ledger,
) -> Result<u64, Denied> {
    let _ = note;
    ledger.enter(&order_id, amount_minor);
    Ok(amount_minor)
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn explode(amount_minor: u64) -> Result<(), Denied> {
    assert_eq!(amount_minor, 0, "the till is jammed");
    Ok(())
}

#[sudo(scope = "write:refunds", effect = "read")]
async fn explode_reading(amount_minor: u64) -> Result<(), Denied> {
    assert_eq!(amount_minor, 0, "the till is jammed");
    Ok(())
}

#[derive(Debug, PartialEq)]
enum TillError {
    Denied(Denied),
    Empty,
}

impl From<Denied> for TillError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

struct Till(u64);

impl Till {
    #[sudo(scope = "write:refunds", effect = "write", name = "till.pay")]
    async fn pay(&mut self, amount_minor: u64) -> Result<u64, TillError> {
        self.0 = self.0.checked_sub(amount_minor).ok_or(TillError::Empty)?;
        Ok(self.0)
    }
}

struct Unprintable;

impl Serialize for Unprintable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not to be shown"))
    }
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn send(parcel: Unprintable, #[skip] ledger: &Ledger) -> Result<(), Denied> {
    let _ = parcel;
    ledger.enter("parcel", 0);
    Ok(())
}

#[track_caller]
fn check<T: fmt::Debug>(result: &Result<T, Denied>, expected: &str) {
    let found = result.as_ref().map_or_else(Denied::code, |_| "returned");
    assert_eq!(found, expected, "{result:?}");
}

async fn in_session<F: Future>(stage: &Stage, scopes: &str, work: F) -> F::Output {
    let runtime = stage.runtime();
    stage.session(&runtime, scopes).await.enter(work).await
}

fn of_order_1(amount_minor: u64, ledger: &Ledger) -> impl Future<Output = Result<u64, Denied>> {
    refund("order_1".to_owned(), amount_minor, "angry", ledger)
}

#[tokio::test]
async fn a_granted_call_runs_and_leaves_intent_and_outcome() {
    let stage = Stage::new();
    let result = in_session(&stage, "write:refunds", of_order_1(50, &stage.ledger)).await;
    assert_eq!(result, Ok(50));
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 50)]);
    assert_eq!(stage.trail(), ["intent", "returned"]);
}

#[tokio::test]
async fn a_call_without_the_scope_does_not_run_and_is_recorded() {
    let stage = Stage::new();
    let result = in_session(&stage, "read:**", of_order_1(50, &stage.ledger)).await;
    check(&result, "scope.not_granted");
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["refused scope.not_granted"]);
}

#[tokio::test]
async fn constraints_hold_for_the_arguments_of_a_guarded_function() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let request = stage.issuer.token_for(&support_bot());
    let limited = request
        .allow("write:refunds")
        .constrain("amount_minor", at_most(100));
    let token = limited.mint().unwrap();
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    let work = async {
        check(&of_order_1(100, &stage.ledger).await, "returned");
        check(
            &of_order_1(101, &stage.ledger).await,
            "constraint.above_maximum",
        );
    };
    session.enter(work).await;
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 100)]);
}

#[tokio::test]
async fn without_a_session_nothing_runs() {
    let stage = Stage::new();
    check(&of_order_1(50, &stage.ledger).await, "session.missing");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn arguments_are_recorded_and_secret_or_skipped_ones_are_not() {
    let stage = Stage::new();
    let result = in_session(&stage, "write:refunds", of_order_1(50, &stage.ledger)).await;
    check(&result, "returned");
    let record = serde_json::to_value(&stage.audit.records()[1]).unwrap();
    let expected = serde_json::json!(
        { "order_id": "order_1", "amount_minor": 50, "note": "[redacted]" }
    );
    assert_eq!(record["arguments"], expected);
    assert_eq!(record["tool"], "refund");
    assert_eq!(record["effect"], "write");
    let whole = serde_json::to_string(&stage.audit.records()).unwrap();
    assert!(!whole.contains("angry"), "{whole}");
}

#[tokio::test]
async fn a_method_keeps_its_receiver_and_takes_the_name_that_it_is_given() {
    let stage = Stage::new();
    let mut till = Till(100);
    assert_eq!(
        in_session(&stage, "write:refunds", till.pay(30)).await,
        Ok(70)
    );
    let record = &stage.audit.records()[1];
    assert_eq!(record.tool.as_deref(), Some("till.pay"));
}

#[tokio::test]
async fn a_refusal_arrives_in_the_error_type_of_the_function() {
    let stage = Stage::new();
    let mut till = Till(100);
    let refused = in_session(&stage, "read:**", till.pay(30)).await;
    assert!(
        matches!(&refused, Err(TillError::Denied(denied)) if denied.code() == "scope.not_granted"),
        "{refused:?}"
    );
    assert_eq!(till.0, 100);
}

#[tokio::test]
async fn an_error_of_the_body_stays_what_it_is_and_its_effect_is_recorded_as_unknown() {
    let stage = Stage::new();
    let mut till = Till(10);
    let failed = in_session(&stage, "write:refunds", till.pay(30)).await;
    assert_eq!(failed, Err(TillError::Empty));
    assert_eq!(stage.trail(), ["intent", "unknown sudo.failed"]);
}

#[tokio::test]
async fn a_panic_in_a_guarded_write_leaves_its_outcome_unknown() {
    let stage = Stage::new();
    let result = in_session(&stage, "write:refunds", explode(1)).await;
    assert_eq!(result, Err(Denied::Panicked));
    assert_eq!(stage.trail(), ["intent", "unknown tool.panicked"]);
}

#[tokio::test]
async fn a_panic_in_a_guarded_read_changed_nothing() {
    let stage = Stage::new();
    let result = in_session(&stage, "write:refunds", explode_reading(1)).await;
    assert_eq!(result, Err(Denied::Panicked));
    assert_eq!(stage.trail(), ["intent", "failed tool.panicked"]);
}

#[tokio::test]
async fn an_argument_that_cannot_be_shown_refuses_the_call_and_is_recorded() {
    let stage = Stage::new();
    let sent = in_session(&stage, "write:refunds", send(Unprintable, &stage.ledger)).await;
    check(&sent, "arguments.not_serializable");
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["refused arguments.not_serializable"]);
}

#[tokio::test]
async fn arguments_that_are_too_large_refuse_the_call_and_are_recorded() {
    let stage = Stage::new();
    let huge = refund("x".repeat(70_000), 1, "", &stage.ledger);
    check(
        &in_session(&stage, "write:refunds", huge).await,
        "arguments.too_large",
    );
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["refused arguments.too_large"]);
}

async fn behind(stage: &Stage, layer: impl agentsudo::Layer + 'static) -> Result<u64, Denied> {
    let runtime = stage.builder().layer(layer).build().unwrap();
    let session = stage.session(&runtime, "write:refunds").await;
    session.enter(of_order_1(50, &stage.ledger)).await
}

#[tokio::test]
async fn a_layer_cannot_make_up_what_a_guarded_function_returns() {
    let stage = Stage::new();
    let layer = layer_fn("parrot", |_, _next| {
        Box::pin(async { Outcome::Returned(50.into()) })
    });
    check(&behind(&stage, layer).await, "fault.output_mismatch");
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["answered"]);
}

#[tokio::test]
async fn a_layer_that_fails_a_call_after_it_ran_withholds_its_result() {
    let stage = Stage::new();
    let layer = layer_fn("censor", |_, next| {
        Box::pin(async {
            let _ = next.run().await;
            Outcome::Failed(ToolError::permanent("censor.no", "not for you"))
        })
    });
    let result = behind(&stage, layer).await;
    assert!(
        matches!(result, Err(Denied::Faulted(Fault::ResultWithheld { .. }))),
        "{result:?}"
    );
    assert_eq!(stage.ledger.len(), 1);
}

/// The twin: a layer that lets the call go on hands over the function's own value.
#[tokio::test]
async fn a_layer_that_steps_aside_leaves_the_value_as_it_is() {
    let stage = Stage::new();
    let layer = layer_fn("quiet", |_, next| Box::pin(next.run()));
    assert_eq!(behind(&stage, layer).await, Ok(50));
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn unattended_errand(#[skip] ledger: &Ledger) -> Result<(), Denied> {
    ledger.enter("unattended", 0);
    Ok(())
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn observed_errand(#[skip] ledger: &Ledger) -> Result<(), Denied> {
    ledger.enter("observed", 0);
    Ok(())
}

/// The one test that touches the process: its default runtime, which observes one function only.
#[tokio::test]
async fn a_default_runtime_records_calls_outside_of_any_session() {
    let stage = Stage::new();
    let mode = ObserveMode::until(at(NOW), at(NOW + 60));
    let observe = Observe::tool("observed_errand", mode).unwrap();
    let runtime = stage.builder().observe(observe).build().unwrap();
    runtime.install_default().unwrap();
    let second: Runtime = Stage::new().runtime();
    assert_eq!(
        second.install_default().unwrap_err().code(),
        "setup.default_installed"
    );

    check(&unattended_errand(&stage.ledger).await, "session.missing");
    check(&observed_errand(&stage.ledger).await, "returned");
    stage.clock.advance_s(60);
    check(&observed_errand(&stage.ledger).await, "session.missing");

    assert_eq!(stage.ledger.entries(), [("observed".to_owned(), 0)]);
    assert_eq!(
        trail_about(&stage.audit, "unattended_errand"),
        ["refused session.missing"]
    );
    assert_eq!(
        trail_about(&stage.audit, "observed_errand"),
        [
            "intent, would refuse session.missing",
            "returned",
            "refused session.missing"
        ]
    );
}

/// Other tests of this process leave records in the default runtime's trail, too.
fn trail_about(audit: &MemoryAudit, tool: &str) -> Vec<String> {
    let mut records = audit.records();
    records.retain(|record| record.tool.as_deref() == Some(tool));
    assert!(records.iter().all(|record| record.chain.is_empty()));
    trail_of(&records)
}
