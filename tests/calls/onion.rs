//! Whatever the layers do, and whenever their caller goes away: no effect without approval and intent.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use agentsudo::{
    Approval, ApprovalRule, AuditEvent, AuditFault, AuditRecord, AuditSink, CallContext, CallView,
    Layer, MemoryAudit, Next, Outcome, Refusal, Session, State, ToolError, async_trait, tool,
};
use proptest::prelude::{Just, Strategy, prop_oneof, proptest};
use serde_json::json;

use super::approver::{Yes, ada_approves};
use super::stage::{Ledger, Stage, ada};

/// What a layer does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pass,
    Redact,
    Withhold,
    PanicAfter,
    HangAfter,
    Refuse,
    Answer,
    Panic,
    Hang,
    DropNext,
}

impl Kind {
    /// The obvious model: a call runs unless some layer keeps it back.
    const fn lets_run(self) -> bool {
        match self {
            Self::Pass | Self::Redact | Self::Withhold | Self::PanicAfter | Self::HangAfter => true,
            Self::Refuse | Self::Answer | Self::Panic | Self::Hang | Self::DropNext => false,
        }
    }
}

/// Lets others run once: a place at which the caller may go away.
async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn no() -> Outcome {
    Outcome::Refused(Refusal::Layer {
        layer: "kind".to_owned(),
        code: "kind.no",
        reason: String::new(),
        told: String::new(),
        next_step: "do without this call",
    })
}

#[async_trait]
impl Layer for Kind {
    fn name(&self) -> &str {
        "kind"
    }

    async fn handle(&self, _: &CallView, next: Next<'_>) -> Outcome {
        pause().await;
        match self {
            Self::Refuse => return no(),
            Self::Answer => return Outcome::Returned(json!("answered")),
            Self::Panic => panic!("on the way in"),
            Self::Hang => std::future::pending().await,
            Self::DropNext => {
                drop(next.run());
                return Outcome::Returned(json!("dropped"));
            }
            Self::Pass | Self::Redact | Self::Withhold | Self::PanicAfter | Self::HangAfter => {}
        }
        let outcome = next.run().await;
        pause().await;
        match self {
            Self::Redact => Outcome::Returned(json!("[redacted]")),
            Self::Withhold => no(),
            Self::PanicAfter => panic!("on the way out"),
            Self::HangAfter => std::future::pending().await,
            _ => outcome,
        }
    }
}

/// Keeps records, with a pause before and after.
struct Slow(MemoryAudit);

#[async_trait]
impl AuditSink for Slow {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        pause().await;
        self.0.append(record).await?;
        pause().await;
        Ok(())
    }
}

/// Enters in the ledger whether its own approved intent is in the trail.
#[tool(scope = "write:world", effect = "destructive")]
async fn touch(
    State(audit): State<MemoryAudit>,
    State(ledger): State<Ledger>,
    ctx: &CallContext,
) -> Result<(), ToolError> {
    pause().await;
    let approved = |record: &AuditRecord| {
        let approved = matches!(
            &record.event,
            AuditEvent::Intent {
                approval: Some(_),
                ..
            }
        );
        approved && record.call == ctx.call_id()
    };
    let covered = audit.records().iter().any(approved);
    ledger.enter(if covered { "covered" } else { "naked" }, 0);
    pause().await;
    Ok(())
}

async fn open(stage: &Stage, layers: &[Kind]) -> Session {
    let rule = ApprovalRule::always("write:**").unwrap();
    let approval = Approval::ask(Yes(ada()), ada_approves()).require(rule);
    let builder = stage.builder_with(Slow(stage.audit.clone()));
    let builder = builder.tool(touch).approval(approval);
    let builder = layers.iter().fold(builder, |all, kind| all.layer(*kind));
    stage.session(&builder.build().unwrap(), "**").await
}

/// Ends once nothing else has anything to do.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

fn assert_covered(stage: &Stage) {
    for (entry, _) in stage.ledger.entries() {
        assert_eq!(entry, "covered");
    }
}

async fn check_whole(layers: Vec<Kind>) {
    let stage = Stage::new();
    let session = open(&stage, &layers).await;
    let _ = session.call("touch", &json!({})).await;
    settle().await;
    assert_covered(&stage);
    let runs = layers.iter().all(|kind| kind.lets_run());
    assert_eq!(stage.ledger.len(), usize::from(runs));
    let trail = stage.trail();
    if runs {
        assert_eq!(trail[..2], ["intent, approved by ada", "returned"]);
        // Nothing more, or one record of who withheld the result.
        let withheld = |line: &String| line.starts_with("refused");
        assert!(
            trail.len() <= 3 && trail[2..].iter().all(withheld),
            "{trail:?}"
        );
    } else {
        assert_eq!(trail.len(), 1, "exactly one record: {trail:?}");
        assert!(!trail[0].starts_with("intent"), "{trail:?}");
    }
}

async fn check_dropped(layers: Vec<Kind>, polls: usize) {
    let stage = Stage::new();
    let session = open(&stage, &layers).await;
    {
        let nothing = json!({});
        let mut call = pin!(session.call("touch", &nothing));
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..polls {
            if call.as_mut().poll(&mut context).is_ready() {
                break;
            }
        }
    }
    settle().await;
    assert_covered(&stage);
    let trail = stage.trail();
    let intents = trail.iter().filter(|line| line.starts_with("intent"));
    assert!(intents.count() <= 1, "{trail:?}");
    if stage.ledger.len() > 0 {
        assert_eq!(trail[0], "intent, approved by ada");
        assert!(trail.len() > 1, "an effect without an end: {trail:?}");
        assert!(["returned", "unknown call.abandoned"].contains(&trail[1].as_str()));
    }
    if trail
        .iter()
        .any(|line| line == "returned" || line.starts_with("unknown"))
    {
        assert!(trail[0].starts_with("intent"), "{trail:?}");
    }
}

fn layers() -> impl Strategy<Value = Vec<Kind>> {
    let kind = prop_oneof![
        8 => Just(Kind::Pass),
        3 => Just(Kind::Redact),
        2 => Just(Kind::Withhold),
        1 => Just(Kind::PanicAfter),
        1 => Just(Kind::HangAfter),
        1 => Just(Kind::Refuse),
        1 => Just(Kind::Answer),
        1 => Just(Kind::Panic),
        1 => Just(Kind::Hang),
        1 => Just(Kind::DropNext),
    ];
    proptest::collection::vec(kind, 0..6)
}

fn run<F: Future<Output = ()>>(check: F) {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    executor.unwrap().block_on(check);
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(128))]

    #[test]
    fn no_layers_skip_approval_or_audit(layers in layers()) {
        run(check_whole(layers));
    }

    #[test]
    fn no_caller_that_goes_away_leaves_an_effect_without_its_records(
        layers in layers(),
        polls in 0_usize..48,
    ) {
        run(check_dropped(layers, polls));
    }
}

/// Every place at which the caller of a plain call can go away, one after the other.
#[test]
fn going_away_at_each_step_of_a_call_leaves_its_records() {
    for polls in 0..32 {
        run(check_dropped(vec![Kind::Pass], polls));
    }
}
