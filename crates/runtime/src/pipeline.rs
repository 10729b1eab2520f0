//! The life of a call: proposed, decoded, authorized, approved, reserved, recorded as intended, run, recorded
//! as done.
//!
//! *Invariants:* each step takes what the step before proved, so none can be left out; whatever ends a call
//! is recorded before its caller hears of it; a panic or a hang anywhere refuses the call, or marks it as
//! unknown once it has started; nothing in here decides about authority, it asks the core.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use agentsudo_core::{
    Arguments, ArgumentsError, AuditEvent, AuditSubject, Authorized, Call, CallId, Chain,
    Conditions, Digest, Effect, Erased, Pending, Refusal, Refused, Requirement, Standing,
    Timestamp, authorize_pending, danger::ObserveMode, escape,
};
use agentsudo_tools::{CallContext, CallContextParts, Registered, ToolError, ToolErrorKind};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use crate::audit::Entry;
use crate::budget::Hold;
use crate::layer::{Next, Terminal};
use crate::outcome::{Denied, Fault, Outcome};
use crate::proposed::Proposed;
use crate::runtime::Runtime;
use crate::session::Inner;
use crate::signed_call;
use crate::unfinished::Unfinished;

/// How long all layers together may take before the call reaches approval, and again after it has run.
pub const LAYER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest tool name that a record repeats, in characters.
const MAX_RECORDED_NAME_CHARS: usize = 64;

/// What runs once a call has come through.
pub(crate) struct Work<'a> {
    pub(crate) timeout: Option<Duration>,
    pub(crate) run: Run<'a>,
}

impl Work<'_> {
    pub(crate) fn of_tool(registered: &Registered) -> Self {
        let tool = Arc::clone(registered.tool());
        let run: Run<'_> = Box::new(move |authorized, context| {
            Box::pin(async move { tool.invoke(authorized, &context).await })
        });
        Self {
            timeout: Some(registered.definition().timeout()),
            run,
        }
    }
}

pub(crate) type Run<'a> = Box<
    dyn FnOnce(
            Authorized<Erased>,
            CallContext,
        ) -> BoxFuture<'a, Result<serde_json::Value, ToolError>>
        + Send
        + 'a,
>;

/// Whose call it is.
#[derive(Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// Somebody without a session.
    Nobody,
    /// An agent at work.
    Session(&'a Arc<Inner>),
    /// Whoever sent a call with a proof of its own, with the bytes of this token.
    Signed(&'a [u8]),
}

impl<'a> Caller<'a> {
    const fn session(self) -> Option<&'a Arc<Inner>> {
        match self {
            Self::Session(session) => Some(session),
            Self::Nobody | Self::Signed(_) => None,
        }
    }

    /// When the budgets of the caller's token may be forgotten.
    fn budgets_end_at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Session(session) => session.root_ends_at,
            Self::Signed(token) => signed_call::root_ends_at(token, now),
            // Whoever has no token has no budgets.
            Self::Nobody => now,
        }
    }
}

/// How far a call has come, as seen from outside of its layers.
#[derive(Default)]
struct Progress {
    through_layers: Notify,
    back_in_layers: Notify,
    started: AtomicBool,
}

impl Runtime {
    /// Takes a proposal through decoding, and from there on as [`Runtime::carry_out`].
    pub(crate) async fn propose(
        &self,
        session: &Arc<Inner>,
        id: CallId,
        tool: &str,
        arguments: Result<Arguments, ArgumentsError>,
    ) -> Outcome {
        let decoded = match arguments {
            Ok(arguments) => {
                let chain = session.capability.chain().clone();
                self.decode(Proposed::new(id, tool.to_owned(), chain, arguments))
                    .await
            }
            Err(error) => Err(Denied::Refused(error.into())),
        };
        match decoded {
            Ok((call, registered)) => self.run_tool(session, call, registered).await,
            Err(denied) => self.deny_proposal(Some(session), id, tool, denied).await,
        }
    }

    /// Records and refuses what was never decoded.
    pub(crate) async fn deny_proposal(
        &self,
        session: Option<&Arc<Inner>>,
        id: CallId,
        tool: &str,
        denied: Denied,
    ) -> Outcome {
        let entry = Entry {
            call: id,
            session: session.map(|session| session.id.clone()),
            chain: session.map_or_else(Chain::nobody, |s| s.capability.chain().clone()),
            tool: Some(escape(tool, MAX_RECORDED_NAME_CHARS)),
            subject: None,
            is_proven: session.is_some(),
        };
        self.deny(&entry, denied).await
    }

    pub(crate) async fn decode(
        &self,
        mut proposed: Proposed,
    ) -> Result<(Call<Erased>, &Registered), Denied> {
        let edits = async {
            for layer in &self.0.proposal_layers {
                layer.edit(&mut proposed).await?;
            }
            Ok::<_, Refusal>(proposed)
        };
        let limit_ms = as_ms(LAYER_TIMEOUT);
        let proposed = tokio::time::timeout(LAYER_TIMEOUT, AssertUnwindSafe(edits).catch_unwind())
            .await
            .map_err(|_| Fault::LayerTimedOut { limit_ms })?
            .map_err(|panic| Fault::LayerPanicked {
                message: panic_message(&*panic),
            })??;
        let unknown = || Refusal::UnknownTool {
            name: proposed.tool().to_owned(),
        };
        let registered = self.registry().get(proposed.tool()).ok_or_else(unknown)?;
        let requirement = registered.definition().requirement();
        // Decoding runs the tool author's code, which may panic on what it did not expect.
        let decode = || {
            registered
                .tool()
                .decode(proposed.id(), requirement, proposed.arguments())
        };
        let call = std::panic::catch_unwind(AssertUnwindSafe(decode))
            .map_err(|panic| Fault::DecoderPanicked {
                message: panic_message(&*panic),
            })?
            .map_err(Refusal::Arguments)?;
        Ok((call, registered))
    }

    /// Takes a decoded call of a registered tool through the rest of its life.
    pub(crate) async fn run_tool(
        &self,
        session: &Arc<Inner>,
        call: Call<Erased>,
        registered: &Registered,
    ) -> Outcome {
        let work = Work::of_tool(registered);
        self.carry_out(Some(session), call, work).await
    }

    /// Takes a decoded call through authorization, layers, approval and audit, and runs it.
    pub(crate) async fn carry_out(
        &self,
        session: Option<&Arc<Inner>>,
        call: Call<Erased>,
        work: Work<'_>,
    ) -> Outcome {
        let entry = Entry {
            call: call.id(),
            session: session.map(|session| session.id.clone()),
            chain: session.map_or_else(Chain::nobody, |s| s.capability.chain().clone()),
            tool: Some(call.requirement().tool().to_string()),
            subject: Some(AuditSubject::of(&call)),
            is_proven: session.is_some(),
        };
        let caller = session.map_or(Caller::Nobody, Caller::Session);
        let decide = || self.decide(session, call);
        self.carry_on(caller, entry, work, decide).await
    }

    /// The same from the decision on, however that is made.
    pub(crate) async fn carry_on(
        &self,
        caller: Caller<'_>,
        mut entry: Entry,
        work: Work<'_>,
        decide: impl FnOnce() -> Result<Pending<Erased>, Refused<Erased>>,
    ) -> Outcome {
        let pending = match self.authorize(decide) {
            Ok(pending) => pending,
            Err(denied) => {
                entry.is_proven &= !matches!(denied, Denied::Refused(Refusal::Proof(_)));
                return self.deny(&entry, denied).await;
            }
        };
        let progress = Progress::default();
        let outcome = self
            .through_layers(caller, pending, work, &entry, &progress)
            .await;
        self.settle(&entry, &progress, outcome).await
    }

    fn authorize(
        &self,
        decide: impl FnOnce() -> Result<Pending<Erased>, Refused<Erased>>,
    ) -> Result<Pending<Erased>, Denied> {
        let refused = match caught(decide)? {
            Ok(pending) => return Ok(pending),
            Err(refused) => refused,
        };
        let (chain, requirement) = (refused.chain().clone(), refused.call().requirement());
        let Some(mode) = self.observing(&chain, requirement) else {
            return Err(Denied::Refused(refused.into_refusal()));
        };
        refused
            .observe(&mode, self.now())
            .map_err(|refused| Denied::Refused(refused.into_refusal()))
    }

    /// The observe mode that covers a call and is on.
    fn observing(&self, chain: &Chain, requirement: &Requirement) -> Option<ObserveMode> {
        let now = self.now();
        let mut covering = self.0.observe.iter();
        covering.find_map(|rule| {
            let mode = rule.mode_for(chain, requirement)?;
            mode.is_on(now).then_some(*mode)
        })
    }

    fn decide(
        &self,
        session: Option<&Arc<Inner>>,
        call: Call<Erased>,
    ) -> Result<Pending<Erased>, Refused<Erased>> {
        let Some(session) = session else {
            return Err(Refused::new(call, Chain::nobody(), Refusal::NoSession));
        };
        if session.has_ended() {
            let chain = session.capability.chain().clone();
            return Err(Refused::new(call, chain, Refusal::SessionEnded));
        }
        self.under_conditions(|conditions| authorize_pending(&session.capability, call, conditions))
    }

    async fn through_layers(
        &self,
        caller: Caller<'_>,
        pending: Pending<Erased>,
        work: Work<'_>,
        entry: &Entry,
        progress: &Progress,
    ) -> Outcome {
        if self.0.layers.is_empty() {
            return self.perform(caller, pending, work, entry, progress).await;
        }
        let view = pending.call().view();
        let terminal: Terminal<'_> =
            Box::new(move || Box::pin(self.perform(caller, pending, work, entry, progress)));
        let onion = AssertUnwindSafe(Next::new(&self.0.layers, &view, terminal).run());
        tokio::select! {
            biased;
            outcome = onion.catch_unwind() => outcome.unwrap_or_else(|panic| {
                Outcome::Faulted(Fault::LayerPanicked { message: panic_message(&*panic) })
            }),
            () = progress.layers_take_too_long() => {
                Outcome::Faulted(Fault::LayerTimedOut { limit_ms: as_ms(LAYER_TIMEOUT) })
            }
        }
    }

    /// Approval, reservation, the last decision, the record of intent, the tool, the record of its outcome.
    async fn perform(
        &self,
        caller: Caller<'_>,
        pending: Pending<Erased>,
        work: Work<'_>,
        entry: &Entry,
        progress: &Progress,
    ) -> Outcome {
        progress.through_layers.notify_one();
        let (authorized, mut hold) = match self.make_ready(caller, pending).await {
            Ok(ready) => ready,
            Err(denied) => {
                progress.back_in_layers.notify_one();
                return denied.into();
            }
        };
        let intent = AuditEvent::intent(&authorized);
        if let Err(fault) = self.0.audit.append(entry, intent, self.now()).await {
            hold.release().await;
            progress.back_in_layers.notify_one();
            return Outcome::Faulted(fault);
        }
        progress.started.store(true, Ordering::Release);
        hold.start();
        let mut unfinished = Unfinished::new(self.clone(), entry.clone());
        let result = self.run(caller.session(), authorized, work).await;
        let event = match &result {
            Ok(output) => AuditEvent::Returned {
                result_digest: digest_of(output),
            },
            Err(error) if error.kind() == ToolErrorKind::OutcomeUnknown => AuditEvent::Unknown {
                code: error.code().to_owned(),
            },
            Err(error) => AuditEvent::Failed {
                code: error.code().to_owned(),
            },
        };
        unfinished.event = event.clone();
        let recorded = self.0.audit.append(entry, event, self.now()).await;
        unfinished.done();
        hold.settle(&result).await;
        progress.back_in_layers.notify_one();
        match (recorded, result) {
            (Err(fault), _) => Outcome::Faulted(fault),
            (Ok(()), Ok(output)) => Outcome::Returned(output),
            (Ok(()), Err(error)) => Outcome::Failed(error),
        }
    }

    /// Waits for a person where one is asked for, reserves what the call draws on budgets, and decides once
    /// more right before the call runs.
    async fn make_ready(
        &self,
        caller: Caller<'_>,
        pending: Pending<Erased>,
    ) -> Result<(Authorized<Erased>, Hold), Denied> {
        let pending = match &self.0.approval {
            Some(approval) => approval.obtain(pending, &self.0.clock).await?,
            None => pending,
        };
        let now = self.now();
        let ends_at = || caller.budgets_end_at(now);
        let (pending, hold) = Hold::take(&self.0.budgets, pending, now, ends_at).await?;
        let again = || self.decide_again(caller, pending);
        match caught(again).map_err(Denied::from).flatten() {
            Ok(authorized) => Ok((authorized, hold)),
            Err(denied) => {
                hold.release().await;
                Err(denied)
            }
        }
    }

    fn decide_again(
        &self,
        caller: Caller<'_>,
        pending: Pending<Erased>,
    ) -> Result<Authorized<Erased>, Denied> {
        let (call, session) = (pending.call(), caller.session());
        match call.standing() {
            Standing::Granted if session.is_some_and(|session| session.has_ended()) => {
                return Err(Refusal::SessionEnded.into());
            }
            Standing::Observed(refusal) => {
                if self.observing(call.chain(), call.requirement()).is_none() {
                    return Err(refusal.clone().into());
                }
            }
            Standing::Granted => {}
        }
        let capability = session.map(|session| &session.capability);
        let settle = |conditions: &Conditions<'_>| pending.settle(capability, conditions);
        Ok(self.under_conditions(settle)?)
    }

    async fn run(
        &self,
        session: Option<&Arc<Inner>>,
        authorized: Authorized<Erased>,
        work: Work<'_>,
    ) -> Result<serde_json::Value, ToolError> {
        let effect = authorized.requirement().effect();
        let context = CallContext::new(CallContextParts {
            call_id: authorized.id(),
            session_id: session
                .map(|session| session.id.clone())
                .unwrap_or_default(),
            chain: authorized.chain().clone(),
            now: self.now(),
            states: Arc::clone(&self.0.states),
        });
        // The closure runs the tool author's code before its first await: it is made inside of the net.
        let running = AssertUnwindSafe(async move { (work.run)(authorized, context).await });
        let running = running.catch_unwind();
        let ended = match work.timeout {
            None => running.await,
            Some(limit) => match tokio::time::timeout(limit, running).await {
                Ok(ended) => ended,
                Err(_) => {
                    return Err(broken_off(
                        effect,
                        "tool.timed_out",
                        "the tool took too long",
                    ));
                }
            },
        };
        ended.unwrap_or_else(|panic| {
            tracing::error!(message = panic_message(&*panic), "tool panicked");
            Err(broken_off(effect, "tool.panicked", "the tool broke down"))
        })
    }

    /// Records how a call ended, as far as the call itself has not done so already.
    async fn settle(&self, entry: &Entry, progress: &Progress, outcome: Outcome) -> Outcome {
        if progress.started.load(Ordering::Acquire) {
            return self.settle_started(entry, outcome).await;
        }
        let event = match &outcome {
            Outcome::Refused(refusal) => AuditEvent::refused(refusal),
            // The log did not take a record: it will not take this one either.
            Outcome::Faulted(Fault::AuditUnavailable { .. }) => return outcome,
            Outcome::Faulted(fault) => fault_event(fault),
            Outcome::Returned(answer) => AuditEvent::Answered {
                result_digest: digest_of(answer),
            },
            Outcome::Failed(error) => AuditEvent::Failed {
                code: error.code().to_owned(),
            },
        };
        let (audit, now) = (&self.0.audit, self.now());
        let recorded = match (&event, outcome.code()) {
            (AuditEvent::Refused { .. }, Some(code)) if !entry.is_proven => {
                audit.append_unproven(entry, code, event, now).await
            }
            _ => audit.append(entry, event, now).await,
        };
        match recorded {
            Ok(()) => outcome,
            Err(fault) => Outcome::Faulted(fault),
        }
    }

    /// The same for a call that was started: its own outcome is recorded. What withholds the result now
    /// comes on top of that, and must not read, to the log or to the agent, as if nothing had happened.
    async fn settle_started(&self, entry: &Entry, outcome: Outcome) -> Outcome {
        let event = match &outcome {
            Outcome::Returned(_) | Outcome::Failed(_) => return outcome,
            Outcome::Faulted(fault @ Fault::AuditUnavailable { .. }) => return withheld(fault),
            Outcome::Refused(refusal) => withheld_event(refusal.code(), refusal),
            Outcome::Faulted(fault) => withheld_event(fault.code(), fault),
        };
        let recorded = self.0.audit.append(entry, event, self.now()).await;
        match (recorded, outcome) {
            (Err(fault), _) | (Ok(()), Outcome::Faulted(fault)) => withheld(&fault),
            (Ok(()), outcome) => outcome,
        }
    }

    /// Records a call that did not get as far as its layers.
    async fn deny(&self, entry: &Entry, denied: Denied) -> Outcome {
        self.settle(entry, &Progress::default(), denied.into())
            .await
    }
}

impl From<Denied> for Outcome {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Refused(refusal) => Self::Refused(refusal),
            Denied::Faulted(fault) => Self::Faulted(fault),
            Denied::Panicked => Self::Failed(ToolError::outcome_unknown(
                "tool.panicked",
                "the tool broke down",
            )),
        }
    }
}

impl Progress {
    /// Ends when the layers have used up their time, on the way in or on the way out.
    async fn layers_take_too_long(&self) {
        // Biased: a call that comes through in the very moment in which its time is up has come through, and
        // must not be called late once it may have taken effect.
        tokio::select! {
            biased;
            () = self.through_layers.notified() => {}
            () = tokio::time::sleep(LAYER_TIMEOUT) => return,
        }
        self.back_in_layers.notified().await;
        tokio::time::sleep(LAYER_TIMEOUT).await;
    }
}

fn fault_event(fault: &Fault) -> AuditEvent {
    let (code, reason) = (fault.code().to_owned(), fault.to_string());
    AuditEvent::Refused {
        code,
        reason,
        denied_by: None,
    }
}

fn withheld_event(code: &str, reason: &dyn fmt::Display) -> AuditEvent {
    AuditEvent::Refused {
        code: code.to_owned(),
        reason: format!("the call was started and its result is withheld: {reason}"),
        denied_by: None,
    }
}

fn withheld(cause: &Fault) -> Outcome {
    Outcome::Faulted(Fault::ResultWithheld {
        reason: cause.to_string(),
    })
}

/// The error of a call that was broken off: a read did nothing, of anything else nobody knows.
fn broken_off(effect: Effect, code: &'static str, told: &str) -> ToolError {
    match effect {
        Effect::Read => ToolError::retryable(code, told),
        Effect::Write | Effect::Destructive => ToolError::outcome_unknown(
            code,
            format!("{told}; whether the call took effect is unknown, do not repeat it"),
        ),
    }
}

fn digest_of(json: &serde_json::Value) -> Digest {
    Digest::of(json.to_string().as_bytes())
}

/// Decides. A rule, or somebody's view of revocations, that panics must refuse and leave the process alive.
pub(crate) fn caught<T>(decide: impl FnOnce() -> T) -> Result<T, Fault> {
    std::panic::catch_unwind(AssertUnwindSafe(decide)).map_err(|panic| Fault::DecisionPanicked {
        message: panic_message(&*panic),
    })
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    escape(&message.unwrap_or_else(|| "no message".to_owned()), 256)
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
