//! Tools that break down: what is told and recorded depends on whether they may have had an effect.

use agentsudo::{Outcome, Runtime, State, ToolError, ToolErrorKind, tool};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::stage::{Ledger, Stage, check_ended, refund_of};

/// Never ends.
#[tool(scope = "read:orders", effect = "read", timeout = "10s")]
async fn read_for_ever() -> Result<(), ToolError> {
    std::future::pending().await
}

/// Never ends.
#[tool(scope = "write:refunds", effect = "write", timeout = "10s")]
async fn write_for_ever() -> Result<(), ToolError> {
    std::future::pending().await
}

/// Breaks down.
#[tool(scope = "read:orders", effect = "read")]
async fn read_and_panic() -> Result<(), ToolError> {
    panic!("the shelf fell over")
}

/// Breaks down.
#[tool(scope = "write:refunds", effect = "write")]
async fn write_and_panic() -> Result<(), ToolError> {
    panic!("the till is jammed")
}

/// Returns what no JSON can show.
#[tool(scope = "write:refunds", effect = "write")]
async fn write_and_mumble(State(ledger): State<Ledger>) -> Result<Mumbled, ToolError> {
    ledger.enter("mumbled", 0);
    Ok(Mumbled)
}

#[derive(JsonSchema)]
struct Mumbled;

impl Serialize for Mumbled {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("mmh"))
    }
}

/// An argument whose decoder panics.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Trap(u8);

impl<'de> Deserialize<'de> for Trap {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("nobody expected this")
    }
}

/// Takes a trap.
#[tool(scope = "write:refunds", effect = "write")]
async fn take_trap(trap: Trap, State(ledger): State<Ledger>) -> Result<(), ToolError> {
    ledger.enter("trap", trap.0.into());
    Ok(())
}

fn build(stage: &Stage) -> Runtime {
    let builder = stage.builder().tool(take_trap);
    let builder = builder.tool(read_for_ever).tool(write_for_ever);
    let builder = builder.tool(read_and_panic).tool(write_and_panic);
    builder.tool(write_and_mumble).build().unwrap()
}

async fn check_broken_off(tool: &str, code: &str, kind: ToolErrorKind, last: &str) {
    let stage = Stage::new();
    let session = stage.session(&build(&stage), "**").await;
    let outcome = session.call(tool, &json!({})).await;
    assert!(
        matches!(&outcome, Outcome::Failed(error) if error.code() == code && error.kind() == kind),
        "{outcome:?}"
    );
    assert_eq!(stage.trail(), ["intent", last]);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_takes_too_long_may_be_tried_again() {
    let kind = ToolErrorKind::Retryable;
    check_broken_off(
        "read_for_ever",
        "tool.timed_out",
        kind,
        "failed tool.timed_out",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_that_takes_too_long_is_unknown() {
    let kind = ToolErrorKind::OutcomeUnknown;
    check_broken_off(
        "write_for_ever",
        "tool.timed_out",
        kind,
        "unknown tool.timed_out",
    )
    .await;
}

#[tokio::test]
async fn a_read_that_panics_may_be_tried_again() {
    let kind = ToolErrorKind::Retryable;
    check_broken_off(
        "read_and_panic",
        "tool.panicked",
        kind,
        "failed tool.panicked",
    )
    .await;
}

#[tokio::test]
async fn a_write_that_panics_is_unknown() {
    let kind = ToolErrorKind::OutcomeUnknown;
    check_broken_off(
        "write_and_panic",
        "tool.panicked",
        kind,
        "unknown tool.panicked",
    )
    .await;
}

#[tokio::test]
async fn an_output_that_cannot_be_shown_leaves_the_outcome_unknown() {
    let kind = ToolErrorKind::OutcomeUnknown;
    let last = "unknown tool.output_invalid";
    check_broken_off("write_and_mumble", "tool.output_invalid", kind, last).await;
}

#[tokio::test]
async fn a_decoder_that_panics_refuses_its_call_and_no_other() {
    let stage = Stage::new();
    let session = stage.session(&build(&stage), "**").await;
    let trapped = session.call("take_trap", &json!({ "trap": 1 })).await;
    check_ended(&trapped, "fault.decoder_panicked");
    check_ended(
        &session.call("issue_refund", &refund_of(5)).await,
        "returned",
    );
    assert_eq!(
        stage.trail(),
        ["refused fault.decoder_panicked", "intent", "returned"]
    );
}
