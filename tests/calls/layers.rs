//! Layers: what they can do to a call, and what none of them can.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use agentsudo::{
    CallView, Layer, Next, Outcome, ProposalLayer, Proposed, Refusal, Reply, Runtime, SetupError,
    State, ToolError, async_trait, layer_fn, tool,
};
use serde_json::json;

use super::stage::{Ledger, Stage, check_ended, refund_of};

/// As long as the runtime waits for layers.
const LAYER_TIMEOUT: Duration = Duration::from_secs(10);

type Notes = Arc<Mutex<Vec<String>>>;

/// Notes when a call comes by on its way in and on its way out.
struct Note(&'static str, Notes);

#[async_trait]
impl Layer for Note {
    fn name(&self) -> &str {
        self.0
    }

    async fn handle(&self, call: &CallView, next: Next<'_>) -> Outcome {
        let note = |way: &str| {
            let line = format!("{} {way} {}", self.0, call.requirement().tool());
            self.1.lock().unwrap().push(line);
        };
        note("before");
        let outcome = next.run().await;
        note("after");
        outcome
    }
}

fn no(told: &str) -> Outcome {
    Outcome::Refused(Refusal::Layer {
        layer: "guard".to_owned(),
        code: "guard.no",
        reason: "the log may know more".to_owned(),
        told: told.to_owned(),
        next_step: "do without this call",
    })
}

async fn call(stage: &Stage, runtime: Result<Runtime, SetupError>) -> Outcome {
    let session = stage.session(&runtime.unwrap(), "**").await;
    session.call("issue_refund", &refund_of(5)).await
}

/// A call through one layer: how it ended, how often the tool ran, and what the trail says.
async fn check(layer: impl Layer + 'static, expected: &str, ran: usize, trail: &[&str]) {
    let stage = Stage::new();
    let outcome = call(&stage, stage.builder().layer(layer).build()).await;
    check_ended(&outcome, expected);
    assert_eq!(stage.ledger.len(), ran);
    assert_eq!(stage.trail(), trail);
}

#[tokio::test]
async fn the_first_layer_is_the_outermost() {
    let (stage, notes) = (Stage::new(), Notes::default());
    let builder = stage.builder().layer(Note("outer", notes.clone()));
    let builder = builder.layer(Note("inner", notes.clone()));
    check_ended(&call(&stage, builder.build()).await, "returned");
    let expected = [
        "outer before issue_refund",
        "inner before issue_refund",
        "inner after issue_refund",
        "outer after issue_refund",
    ];
    assert_eq!(*notes.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_layer_that_steps_aside_changes_nothing() {
    let layer = layer_fn("quiet", |_, next| Box::pin(next.run()));
    check(layer, "returned", 1, &["intent", "returned"]).await;
}

#[tokio::test]
async fn an_answer_in_the_place_of_the_tool_is_recorded_as_such() {
    let layer = layer_fn("cache", |_, _next| {
        Box::pin(async { Outcome::Returned(json!(5)) })
    });
    check(layer, "returned", 0, &["answered"]).await;
}

#[tokio::test]
async fn a_failure_in_the_place_of_the_tool_leaves_one_record() {
    let layer = layer_fn("breaker", |_, _next| {
        Box::pin(async { Outcome::Failed(ToolError::retryable("breaker.open", "later")) })
    });
    check(layer, "breaker.open", 0, &["failed breaker.open"]).await;
}

#[tokio::test]
async fn a_layer_may_refuse_with_words_for_the_log_and_words_for_the_agent() {
    let stage = Stage::new();
    let layer = layer_fn("guard", |_, _next| Box::pin(async { no("not on Sundays") }));
    let outcome = call(&stage, stage.builder().layer(layer).build()).await;
    check_ended(&outcome, "guard.no");
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["refused guard.no"]);
    let Reply::Refused { message, .. } = outcome.to_reply() else {
        panic!("{outcome:?}");
    };
    assert_eq!(message, "not on Sundays");
}

#[tokio::test]
async fn a_layer_that_panics_refuses_the_call() {
    let layer = layer_fn("clumsy", |_, _next| panic!("a cup fell"));
    let trail = &["refused fault.layer_panicked"];
    check(layer, "fault.layer_panicked", 0, trail).await;
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_hangs_refuses_the_call() {
    let layer = layer_fn("lazy", |_, _next| Box::pin(std::future::pending()));
    let trail = &["refused fault.layer_timed_out"];
    check(layer, "fault.layer_timed_out", 0, trail).await;
}

#[tokio::test]
async fn a_layer_that_starts_the_call_and_drops_it_has_not_run_it() {
    let layer = layer_fn("fickle", |_, next| {
        Box::pin(async {
            drop(next.run());
            no("changed my mind")
        })
    });
    check(layer, "guard.no", 0, &["refused guard.no"]).await;
}

#[tokio::test]
async fn withholding_a_result_does_not_erase_that_the_call_ran() {
    let stage = Stage::new();
    let layer = layer_fn("censor", |_, next| {
        Box::pin(async {
            let _ = next.run().await;
            no("not for you")
        })
    });
    let outcome = call(&stage, stage.builder().layer(layer).build()).await;
    check_ended(&outcome, "guard.no");
    assert_eq!(stage.ledger.len(), 1);
    assert_eq!(stage.trail(), ["intent", "returned", "refused guard.no"]);
    let record = serde_json::to_value(stage.audit.records().last().unwrap()).unwrap();
    let reason = record["reason"].as_str().unwrap();
    assert!(reason.contains("was started"), "{reason}");
}

async fn check_withheld(layer: impl Layer + 'static, recorded: &str) {
    let stage = Stage::new();
    let outcome = call(&stage, stage.builder().layer(layer).build()).await;
    check_ended(&outcome, "fault.result_withheld");
    assert_eq!(stage.ledger.len(), 1);
    assert_eq!(stage.trail(), ["intent", "returned", recorded]);
    let Reply::Faulted { message, .. } = outcome.to_reply() else {
        panic!("{outcome:?}");
    };
    assert!(message.contains("do not repeat"), "{message}");
}

#[tokio::test]
async fn a_layer_that_panics_after_the_call_does_not_invite_a_second_one() {
    let layer = layer_fn("clumsy", |_, next| {
        Box::pin(async {
            let _ = next.run().await;
            panic!("a cup fell")
        })
    });
    check_withheld(layer, "refused fault.layer_panicked").await;
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_hangs_after_the_call_does_not_invite_a_second_one() {
    let layer = layer_fn("lazy", |_, next| {
        Box::pin(async {
            let _ = next.run().await;
            std::future::pending().await
        })
    });
    check_withheld(layer, "refused fault.layer_timed_out").await;
}

#[tokio::test]
async fn a_layer_may_redact_what_is_returned() {
    let stage = Stage::new();
    let layer = layer_fn("redact", |_, next| {
        Box::pin(async {
            let _ = next.run().await;
            Outcome::Returned(json!("[redacted]"))
        })
    });
    let outcome = call(&stage, stage.builder().layer(layer).build()).await;
    assert!(matches!(outcome, Outcome::Returned(shown) if shown == "[redacted]"));
    assert_eq!(stage.trail(), ["intent", "returned"]);
}

/// Takes its time.
#[tool(scope = "write:parcels", effect = "write", timeout = "60m")]
async fn send_slowly(State(ledger): State<Ledger>) -> Result<(), ToolError> {
    tokio::time::sleep(6 * LAYER_TIMEOUT).await;
    ledger.enter("parcel", 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_tool_does_not_count_as_that_of_its_layers() {
    let stage = Stage::new();
    let builder = stage.builder().tool(send_slowly);
    let layer = layer_fn("quiet", |_, next| Box::pin(next.run()));
    let runtime = builder.layer(layer).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    let outcome = session.call("send_slowly", &json!({})).await;
    check_ended(&outcome, "returned");
    assert_eq!(stage.ledger.len(), 1);
}

/// The runtime's own timer and the layer's fire in the same instant; whichever wins, the call either ran and
/// was recorded, or did not.
#[tokio::test(start_paused = true)]
async fn a_call_that_comes_through_at_the_last_moment_is_not_called_late() {
    for _ in 0..32 {
        let stage = Stage::new();
        let layer = layer_fn("slow", |_, next| {
            Box::pin(async {
                tokio::time::sleep(LAYER_TIMEOUT).await;
                next.run().await
            })
        });
        let builder = stage.builder().tool(send_slowly).layer(layer);
        let session = stage.session(&builder.build().unwrap(), "**").await;
        let outcome = session.call("send_slowly", &json!({})).await;
        let trail = stage.trail();
        match stage.ledger.len() {
            0 => assert_eq!(trail, ["refused fault.layer_timed_out"], "{outcome:?}"),
            _ => assert_eq!(trail, ["intent", "returned"], "{outcome:?}"),
        }
    }
}

enum Edit {
    Refuse,
    Panic,
    Hang,
}

#[async_trait]
impl ProposalLayer for Edit {
    fn name(&self) -> &str {
        "edit"
    }

    async fn edit(&self, _: &mut Proposed) -> Result<(), Refusal> {
        match self {
            Self::Refuse => Err(Refusal::Layer {
                layer: "edit".to_owned(),
                code: "edit.no",
                reason: String::new(),
                told: String::new(),
                next_step: "do without this call",
            }),
            Self::Panic => panic!("a pen broke"),
            Self::Hang => std::future::pending().await,
        }
    }
}

async fn check_edit(edit: Edit, expected: &str) {
    let stage = Stage::new();
    let outcome = call(&stage, stage.builder().proposal_layer(edit).build()).await;
    check_ended(&outcome, expected);
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), [format!("refused {expected}")]);
}

#[tokio::test]
async fn a_proposal_layer_may_refuse() {
    check_edit(Edit::Refuse, "edit.no").await;
}

#[tokio::test]
async fn a_proposal_layer_that_panics_refuses_the_call() {
    check_edit(Edit::Panic, "fault.layer_panicked").await;
}

#[tokio::test(start_paused = true)]
async fn a_proposal_layer_that_hangs_refuses_the_call() {
    check_edit(Edit::Hang, "fault.layer_timed_out").await;
}

fn with_layers(count: usize) -> Result<Runtime, SetupError> {
    let stage = Stage::new();
    let quiet = || layer_fn("quiet", |_, next| Box::pin(next.run()));
    let builder = (0..count).fold(stage.builder(), |builder, _| builder.layer(quiet()));
    builder.build()
}

#[test]
fn there_are_at_most_sixty_four_layers() {
    assert!(with_layers(64).is_ok());
    assert_eq!(with_layers(65).unwrap_err().code(), "setup.too_many");
}
