//! A tool whose request and result are Rust types.

use std::future::Future;
use std::time::Duration;

use agentsudo_core::{Action, Authorized};
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::CallContext;
use crate::error::ToolError;

/// How long a tool may run unless it says otherwise: longer than a slow vendor API takes, shorter
/// than people wait.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// What performs an action.
///
/// `#[tool]` writes the implementation; write it by hand when the action type already exists or the
/// tool has fields of its own.
///
/// ```
/// use agentsudo_core::Authorized;
/// use agentsudo_tools::{Action, CallContext, Tool, ToolError};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// # extern crate agentsudo_tools as agentsudo;
///
/// #[derive(Action, Serialize, Deserialize, JsonSchema)]
/// #[action(scope = "read:orders", effect = "read")]
/// struct CountOrders {
///     customer: String,
/// }
///
/// struct OrderCounter;
///
/// impl Tool for OrderCounter {
///     const NAME: &'static str = "count_orders";
///     const DESCRIPTION: &'static str = "Counts the orders of a customer.";
///     type Action = CountOrders;
///     type Output = u64;
///
///     async fn run(
///         &self,
///         call: Authorized<CountOrders>,
///         _ctx: &CallContext,
///     ) -> Result<u64, ToolError> {
///         let CountOrders { customer } = call.into_action();
///         Ok(if customer == "Ada" { 2 } else { 0 })
///     }
/// }
/// # fn main() -> Result<(), agentsudo_tools::ToolMisuse> {
/// # let mut registry = agentsudo_tools::Registry::new();
/// # registry.register(OrderCounter)
/// # }
/// ```
///
/// # Security
/// `run` cannot be called without an [`Authorized`] call, which only a decision makes. Do not put
/// what it does into a function that can be called without one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tool",
    label = "expected a tool",
    note = "write `#[tool(scope = \"write:refunds\", effect = \"write\")]` above an async function \
            and use its name, or implement `Tool`"
)]
pub trait Tool: Send + Sync + 'static {
    /// The tool's name: `[a-z0-9][a-z0-9_.-]*`, up to 64 bytes, unique in a registry.
    const NAME: &'static str;
    /// What the tool does, for the model: 1 byte to 4 KiB.
    const DESCRIPTION: &'static str;
    /// The request, which states the scope and effect.
    type Action: Action + JsonSchema;
    /// What a successful call returns.
    type Output: Serialize + JsonSchema + Send + 'static;
    /// After this time a call is given up, and its outcome is unknown.
    const TIMEOUT: Duration = DEFAULT_TIMEOUT;

    /// Performs the action, once. The call's arguments are the only ones there are.
    ///
    /// # Errors
    /// A [`ToolError`] says whether the effect did not happen, may be tried again, or is unknown.
    fn run(
        &self,
        call: Authorized<Self::Action>,
        ctx: &CallContext,
    ) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;
}
