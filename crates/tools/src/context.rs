//! What surrounds a call: who it is made for, when, and the state that the program provides.
//!
//! A tool learns its arguments from the proof and everything else from here. There is no token and
//! no key in it: a tool can neither widen nor hand on the authority that it runs under.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use agentsudo_core::{CallId, Chain, Timestamp};

use crate::extract::IdempotencyKey;

/// What a runtime knows about a call that it is about to run.
#[derive(Debug)]
pub struct CallContextParts {
    /// The call.
    pub call_id: CallId,
    /// The session that the call belongs to.
    pub session_id: String,
    /// The agents that the call is made for.
    pub chain: Chain,
    /// The time of the decision.
    pub now: Timestamp,
    /// The program's state.
    pub states: Arc<States>,
}

/// What surrounds one call.
#[derive(Debug)]
pub struct CallContext {
    parts: CallContextParts,
    idempotency_key: IdempotencyKey,
}

impl CallContext {
    /// The context of a call. The idempotency key follows from the call's id.
    #[must_use]
    pub fn new(parts: CallContextParts) -> Self {
        let idempotency_key = IdempotencyKey::of(parts.call_id);
        Self {
            parts,
            idempotency_key,
        }
    }

    /// The call.
    #[must_use]
    pub const fn call_id(&self) -> CallId {
        self.parts.call_id
    }

    /// The session that the call belongs to.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.parts.session_id
    }

    /// The agents that the call is made for.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.parts.chain
    }

    /// The key under which a vendor performs this call at most once.
    #[must_use]
    pub const fn idempotency_key(&self) -> &IdempotencyKey {
        &self.idempotency_key
    }

    /// The time of the decision.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.parts.now
    }

    /// The program's state of this type.
    #[must_use]
    pub fn state<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.parts.states.get()
    }
}

/// One value for each type, for tools to take out.
#[derive(Default)]
pub struct States(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl States {
    /// No state.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts in a value, and gives back the one of the same type that it replaces.
    pub fn insert<T: Clone + Send + Sync + 'static>(&mut self, state: T) -> Option<T> {
        let replaced = self.0.insert(TypeId::of::<T>(), Box::new(state))?;
        replaced.downcast().ok().map(|state| *state)
    }

    /// The value of this type.
    #[must_use]
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values hold credentials, more often than not.
        f.debug_struct("States")
            .field("len", &self.0.len())
            .finish_non_exhaustive()
    }
}
