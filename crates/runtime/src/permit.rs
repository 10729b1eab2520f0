//! A session narrowed to one action type.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use agentsudo_core::{Action, Refusal};
use agentsudo_tools::Tool;

use crate::outcome::CallError;
use crate::session::{Inner, run_typed};

/// The permission for calls of one action type: to hand to code that may do that and nothing else.
pub struct Permit<A> {
    session: Arc<Inner>,
    action: PhantomData<fn() -> A>,
}

impl<A: Action> Permit<A> {
    pub(crate) fn of_session<T: Tool<Action = A>>(session: &Arc<Inner>) -> Result<Self, Refusal> {
        let unknown = || Refusal::UnknownTool {
            name: T::NAME.to_owned(),
        };
        if session.has_ended() {
            return Err(Refusal::SessionEnded);
        }
        let registered = session.runtime.registry().of::<T>().ok_or_else(unknown)?;
        session.runtime.under_conditions(|conditions| {
            session
                .capability
                .may_call(registered.definition().requirement(), conditions)
        })?;
        Ok(Self {
            session: Arc::clone(session),
            action: PhantomData,
        })
    }

    /// Calls a tool of this action.
    ///
    /// # Errors
    /// As [`crate::Session::run`].
    pub async fn run<T: Tool<Action = A>>(&self, action: A) -> Result<T::Output, CallError>
    where
        T::Output: serde::de::DeserializeOwned,
    {
        run_typed::<T>(&self.session, action).await
    }
}

impl<A> fmt::Debug for Permit<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permit<{}>", std::any::type_name::<A>())
    }
}
