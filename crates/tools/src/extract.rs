//! What a tool takes from the context instead of from the model.

use std::any::type_name;
use std::fmt;

use agentsudo_core::{AgentName, CallId, Chain};

use crate::context::CallContext;
use crate::error::ToolError;

/// An argument of a `#[tool]` function that the context gives.
///
/// Implement it for what several tools derive from the same state:
///
/// ```
/// use agentsudo_tools::{CallContext, FromCallContext, State, ToolError};
///
/// #[derive(Clone)]
/// struct Shop { currency: String }
///
/// struct Currency(String);
///
/// impl FromCallContext for Currency {
///     fn from_call_context(ctx: &CallContext) -> Result<Self, ToolError> {
///         let State(shop) = State::<Shop>::from_call_context(ctx)?;
///         Ok(Self(shop.currency))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from the context of a call",
    label = "not an extractor",
    note = "an argument with a pattern, or marked `#[extract]`, comes from the context: \
            `State<T>`, `IdempotencyKey`, `Principal` and what implements `FromCallContext`",
    note = "an argument that the model sends is a plain name, e.g. `order_id: String`"
)]
pub trait FromCallContext: Sized {
    /// Takes the value out of the context.
    ///
    /// # Errors
    /// A [`ToolError`] when the context does not have it; the tool's body does not run.
    fn from_call_context(ctx: &CallContext) -> Result<Self, ToolError>;
}

/// The program's state of one type, cloned: put an `Arc` or a pool in it.
#[derive(Clone, Copy, Debug)]
pub struct State<T>(pub T);

impl<T: Clone + Send + Sync + 'static> FromCallContext for State<T> {
    fn from_call_context(ctx: &CallContext) -> Result<Self, ToolError> {
        ctx.state::<T>().cloned().map(Self).ok_or_else(|| {
            let missing = StateMissing {
                expected: type_name::<T>(),
            };
            ToolError::permanent("tool.state_missing", "the tool is not set up")
                .with_source(missing)
        })
    }
}

/// What the log is told, and the model is not.
#[derive(Debug, thiserror::Error)]
#[error("expected state of the type `{expected}`, found none")]
struct StateMissing {
    expected: &'static str,
}

/// The key under which a vendor performs a call at most once: the same for every attempt of one
/// call, different for any two calls. At most 64 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The text to send, such as `as-` and 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(call: CallId) -> Self {
        Self(format!("as-{call}"))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromCallContext for IdempotencyKey {
    fn from_call_context(ctx: &CallContext) -> Result<Self, ToolError> {
        Ok(ctx.idempotency_key().clone())
    }
}

/// The agents that a call is made for.
///
/// For attribution: a record, a greeting, a tenant. The decision whether they may was made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Chain);

impl Principal {
    /// The agents, the root first.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.0
    }

    /// The agent that calls. `None` in a call that no token stands behind, which only runs under
    /// observe mode.
    #[must_use]
    pub fn agent(&self) -> Option<&AgentName> {
        self.0.leaf().map(|link| &link.agent)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromCallContext for Principal {
    fn from_call_context(ctx: &CallContext) -> Result<Self, ToolError> {
        Ok(Self(ctx.chain().clone()))
    }
}
