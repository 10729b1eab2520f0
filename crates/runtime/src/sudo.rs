//! What `#[sudo]` expands to: any async function, guarded by the session in force.
//!
//! The session is found in the task; the proof is made and passed like for any tool, and the function runs
//! as the last step of the same pipeline. What it returns is handed to its caller as it is: layers see that
//! it ran and whether it failed, not its value.

use std::future::Future;
use std::sync::Arc;

use agentsudo_core::{
    Arguments, Authorized, Call, CallId, Digest, Effect, Erased, Refusal, Requirement, ToolName,
};
use agentsudo_tools::__macro::SudoCall;
use agentsudo_tools::ToolError;

use crate::outcome::{Denied, Fault, Outcome};
use crate::pipeline::{Run, Work};
use crate::runtime::Runtime;
use crate::session::{Inner, new_call_id};

/// Runs `body` if the session in force allows the call; without a session, the default runtime decides.
///
/// # Errors
/// What `body` returns, or a [`Denied`] as the function's own error.
pub async fn sudo<T, E, F, Fut>(call: SudoCall, body: F) -> Result<T, E>
where
    F: FnOnce(Authorized<Erased>) -> Fut + Send,
    Fut: Future<Output = Result<T, E>> + Send,
    T: Send,
    E: From<Denied> + Send,
{
    let session = Inner::current();
    let runtime = match (&session, Runtime::installed()) {
        (Some(session), _) => session.runtime.clone(),
        (None, Some(installed)) => installed.clone(),
        (None, None) => return Err(Denied::Refused(Refusal::NoSession).into()),
    };
    let (id, name) = match new_call_id() {
        Ok(id) => (id, call.name),
        Err(fault) => return Err(Denied::Faulted(fault).into()),
    };
    let call = match to_call(id, call) {
        Ok(call) => call,
        Err(refusal) => {
            let denied = Denied::Refused(refusal);
            let session = session.as_ref();
            let recorded = runtime.deny_proposal(session, id, name, denied).await;
            return Err(denied_by(recorded).into());
        }
    };
    let mut returned = None;
    let slot = &mut returned;
    let run: Run<'_> = Box::new(move |authorized, _context| {
        Box::pin(async move {
            let effect = authorized.requirement().effect();
            let result = body(authorized).await;
            let seen_by_layers = match &result {
                Ok(_) => Ok(serde_json::Value::Null),
                Err(_) => Err(failed(effect)),
            };
            *slot = Some(result);
            seen_by_layers
        })
    });
    // No limit of its own: the function belongs to the program, which may bound it as it likes.
    let outcome = runtime
        .carry_out(session.as_ref(), call, Work { timeout: None, run })
        .await;
    match (outcome, returned) {
        (Outcome::Returned(_), Some(result)) | (Outcome::Failed(_), Some(result @ Err(_))) => {
            result
        }
        (Outcome::Failed(error), Some(Ok(_))) => {
            let reason = format!("a layer failed the call: {error}");
            Err(Denied::Faulted(Fault::ResultWithheld { reason }).into())
        }
        (outcome, _) => Err(denied_by(outcome).into()),
    }
}

/// An ordinary function that fails does not say what it has done until then; of a read that does not
/// matter.
fn failed(effect: Effect) -> ToolError {
    let told = "the guarded function failed";
    match effect {
        Effect::Read => ToolError::permanent("sudo.failed", told),
        Effect::Write | Effect::Destructive => ToolError::outcome_unknown("sudo.failed", told),
    }
}

/// What the caller of a guarded function is told when there is no result of its own.
fn denied_by(outcome: Outcome) -> Denied {
    match outcome {
        Outcome::Refused(refusal) => Denied::Refused(refusal),
        Outcome::Faulted(fault) => Denied::Faulted(fault),
        Outcome::Failed(_) => Denied::Panicked,
        Outcome::Returned(_) => {
            let reason = "a layer answered in the place of a guarded function".to_owned();
            Denied::Faulted(Fault::OutputMismatch { reason })
        }
    }
}

fn to_call(id: CallId, call: SudoCall) -> Result<Call<Erased>, Refusal> {
    let mut arguments = serde_json::Map::new();
    for (name, value) in call.arguments {
        let unsound = |error: serde_json::Error| agentsudo_core::ArgumentsError::NotSerializable {
            reason: error.to_string(),
        };
        arguments.insert(name.to_owned(), value.map_err(unsound)?);
    }
    let arguments = Arguments::from_json(&serde_json::Value::Object(arguments))?;
    let tool = ToolName::parse(call.name).map_err(|_| Refusal::UnknownTool {
        name: call.name.to_owned(),
    })?;
    let sinks = call.sinks.join("\0");
    let definition = Digest::of_parts(
        "agentsudo.sudo.v1",
        &[
            call.name.as_bytes(),
            call.scope.as_str().as_bytes(),
            call.effect.as_str().as_bytes(),
            sinks.as_bytes(),
        ],
    );
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let requirement = Requirement::dynamic(
        tool,
        definition,
        call.scope,
        call.effect,
        owned(call.sinks),
        owned(call.secrets),
    );
    Ok(Call::dynamic(id, Arc::new(requirement), arguments))
}
