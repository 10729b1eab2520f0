//! A session: an agent at work under a token.
//!
//! *Invariants:* a session ends once and for all, when it is dropped or left; what was started inside of
//! it and runs on is refused from then on, and so are the sessions delegated from it. Expiry belongs to
//! the capability and is looked at in every call, so no way of entering a session postpones it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use agentsudo_core::{
    Arguments, ArgumentsError, AuditEvent, Call, CallId, Capability, Chain, Erased, MAX_LIFETIME_S,
    Refusal, Signer, Timestamp, Token, Verified,
};
use agentsudo_tools::{Registered, Tool};

use crate::audit::Entry;
use crate::delegation::SubAgent;
use crate::entropy::random;
use crate::outcome::{CallError, Denied, Fault, Outcome};
use crate::permit::Permit;
use crate::pipeline::caught;
use crate::runtime::Runtime;
use crate::setup_error::SetupError;

tokio::task_local! {
    static CURRENT: Arc<Inner>;
}

/// An agent at work under a token. Ends when it is dropped.
///
/// Not `Clone`: whoever has it decides when it ends.
pub struct Session(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) id: String,
    pub(crate) runtime: Runtime,
    pub(crate) capability: Capability,
    pub(crate) token: Token,
    /// None where the token was shown without a proof.
    pub(crate) holder: Option<Arc<dyn Signer>>,
    /// When the token's root ends, and with it every budget of its blocks that can be drawn on.
    pub(crate) root_ends_at: Timestamp,
    parent: Option<Arc<Self>>,
    ended: AtomicBool,
}

impl Inner {
    /// Whether this session or one that it descends from has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
            || self
                .parent
                .as_ref()
                .is_some_and(|parent| parent.has_ended())
    }

    /// The session that the running task is in.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }
}

impl Session {
    pub(crate) async fn open(
        runtime: Runtime,
        holder: Option<Arc<dyn Signer>>,
        token: &Token,
        parent: Option<Arc<Inner>>,
    ) -> Result<Self, SetupError> {
        let attempt = new_call_id()?;
        let id = CallId::from_bytes(random()?).to_string();
        let nonce = random()?;
        let now = runtime.now();
        let possess = |verified: Verified| -> Result<Capability, Refusal> {
            Ok(match &holder {
                Some(holder) => verified.held_by(&**holder, &nonce)?,
                None => verified.bearer()?,
            })
        };
        let verified = caught(|| runtime.verify(token, now))?.map_err(Refusal::from);
        let opened = verified.and_then(possess);
        let capability = match opened {
            Ok(capability) => capability,
            Err(refusal) => {
                let by = parent.as_ref();
                let refused = runtime.refuse_session(attempt, token, refusal, by, now);
                return Err(refused.await);
            }
        };
        let entry = Entry {
            call: attempt,
            session: Some(id.clone()),
            chain: capability.chain().clone(),
            tool: None,
            subject: None,
            is_proven: true,
        };
        let expires_at = capability.expires_at();
        let event = AuditEvent::SessionOpened {
            expires_at,
            possession: capability.possession(),
        };
        runtime.0.audit.append(&entry, event, now).await?;
        let (token, root_ends_at) = (token.clone(), root_ends_at(token, now));
        let ended = AtomicBool::new(false);
        Ok(Self(Arc::new(Inner {
            id,
            runtime,
            capability,
            token,
            holder,
            root_ends_at,
            parent,
            ended,
        })))
    }

    /// The session's own id, also in its audit records.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The agents that it works for.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        self.0.capability.chain()
    }

    /// The first second at which its calls are refused.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.capability.expires_at()
    }

    /// The tools that this session could call now, by name; whether a call is allowed depends on its
    /// arguments as well.
    pub fn tools(&self) -> Vec<&agentsudo_tools::ToolDefinition> {
        if self.0.has_ended() {
            return Vec::new();
        }
        let runtime = &self.0.runtime;
        runtime.under_conditions(|conditions| {
            runtime
                .registry()
                .iter()
                .map(Registered::definition)
                .filter(|tool| {
                    self.0
                        .capability
                        .may_call(tool.requirement(), conditions)
                        .is_ok()
                })
                .collect()
        })
    }

    /// Runs a future inside of this session, so that guarded functions find it, and ends the session when
    /// the future is done or dropped.
    ///
    /// Tasks that are spawned inside do not inherit the session.
    pub async fn enter<F: Future>(self, future: F) -> F::Output {
        // `self` lives until the future is done or dropped, and ends the session then.
        CURRENT.scope(Arc::clone(&self.0), future).await
    }

    /// The same, and the session goes on afterwards: for code that mixes guarded functions with calls of
    /// tools.
    pub async fn within<F: Future>(&self, future: F) -> F::Output {
        CURRENT.scope(Arc::clone(&self.0), future).await
    }

    /// Proposes a call, as a model does: a tool's name and JSON arguments.
    pub async fn call(&self, tool: &str, arguments: &serde_json::Value) -> Outcome {
        self.propose(tool, Arguments::from_json(arguments)).await
    }

    /// The same with the arguments as bytes. Duplicate keys and integers that not every reader agrees on
    /// are refused, which a parsed [`serde_json::Value`] no longer shows.
    pub async fn call_json(&self, tool: &str, arguments: &[u8]) -> Outcome {
        self.propose(tool, Arguments::from_json_slice(arguments))
            .await
    }

    async fn propose(&self, tool: &str, arguments: Result<Arguments, ArgumentsError>) -> Outcome {
        match new_call_id() {
            Ok(id) => self.0.runtime.propose(&self.0, id, tool, arguments).await,
            Err(fault) => Outcome::Faulted(fault),
        }
    }

    /// Calls a tool with its typed request.
    ///
    /// # Errors
    /// [`CallError`] when the call is refused, cannot be served or fails.
    pub async fn run<T: Tool>(&self, action: T::Action) -> Result<T::Output, CallError>
    where
        T::Output: serde::de::DeserializeOwned,
    {
        run_typed::<T>(&self.0, action).await
    }

    /// Hands out the permission for calls of one action type and nothing else. What it may do with which
    /// arguments is decided at each call; it ends with the session.
    ///
    /// # Errors
    /// [`Refusal`] when the session grants no tool of this action.
    pub fn permit<T: Tool>(&self) -> Result<Permit<T::Action>, Refusal> {
        Permit::of_session::<T>(&self.0)
    }

    /// Starts a delegation to a sub-agent of this name.
    pub fn delegate(&self, agent: &str) -> SubAgent {
        SubAgent::of(Arc::clone(&self.0), agent)
    }

    /// Ends the session now, and those delegated from it.
    pub fn end(self) {
        drop(self);
    }
}

impl Runtime {
    /// Records a token that opens no session. Somebody who shows one at the door has proved nothing; a
    /// session that delegates has.
    async fn refuse_session(
        &self,
        attempt: CallId,
        token: &Token,
        refusal: Refusal,
        delegating: Option<&Arc<Inner>>,
        now: Timestamp,
    ) -> SetupError {
        let code = refusal.code();
        let entry = Entry {
            call: attempt,
            session: None,
            chain: token.claimed_chain(),
            tool: None,
            subject: None,
            is_proven: delegating.is_some(),
        };
        let event = AuditEvent::SessionRefused {
            code: code.to_owned(),
            reason: refusal.to_string(),
        };
        let audit = &self.0.audit;
        let recorded = match delegating {
            Some(_) => audit.append(&entry, event, now).await,
            None => audit.append_unproven(&entry, code, event, now).await,
        };
        match recorded {
            Ok(()) => refusal.into(),
            Err(fault) => fault.into(),
        }
    }
}

pub(crate) async fn run_typed<T: Tool>(
    session: &Arc<Inner>,
    action: T::Action,
) -> Result<T::Output, CallError>
where
    T::Output: serde::de::DeserializeOwned,
{
    let (runtime, id) = (&session.runtime, new_call_id()?);
    let outcome = match decode_typed::<T>(runtime, id, action) {
        Ok((call, registered)) => runtime.run_tool(session, call, registered).await,
        Err(refusal) => {
            let denied = Denied::Refused(refusal);
            let session = Some(session);
            runtime.deny_proposal(session, id, T::NAME, denied).await
        }
    };
    match outcome {
        Outcome::Returned(output) => serde_json::from_value(output).map_err(|error| {
            Fault::OutputMismatch {
                reason: error.to_string(),
            }
            .into()
        }),
        Outcome::Failed(error) => Err(error.into()),
        Outcome::Refused(refusal) => Err(refusal.into()),
        Outcome::Faulted(fault) => Err(fault.into()),
    }
}

fn decode_typed<T: Tool>(
    runtime: &Runtime,
    id: CallId,
    action: T::Action,
) -> Result<(Call<Erased>, &Registered), Refusal> {
    let unknown = || Refusal::UnknownTool {
        name: T::NAME.to_owned(),
    };
    let registered = runtime.registry().of::<T>().ok_or_else(unknown)?;
    let requirement = Arc::clone(registered.definition().requirement());
    let call = Call::typed(id, requirement, action)?;
    Ok((call.erase(), registered))
}

pub(crate) fn new_call_id() -> Result<CallId, Fault> {
    let bytes = random().map_err(|error| Fault::NoEntropy {
        reason: error.to_string(),
    })?;
    Ok(CallId::from_bytes(bytes))
}

/// When a token's root ends; every block does by then. Of a token that was verified the claims hold.
pub(crate) fn root_ends_at(token: &Token, now: Timestamp) -> Timestamp {
    let claims = token.claims();
    let root = claims.first().and_then(|root| root.expires_at);
    root.unwrap_or_else(|| now.saturating_add_s(MAX_LIFETIME_S))
}

/// The agents of the session that the running task is in, if it is in one.
#[must_use]
pub fn current_chain() -> Option<Chain> {
    Inner::current()
        .filter(|session| !session.has_ended())
        .map(|s| s.capability.chain().clone())
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        tracing::info!(session = self.0.id, "session ended");
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.0.id)
            .field("chain", &self.chain().to_string())
            .finish_non_exhaustive()
    }
}
