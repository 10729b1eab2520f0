//! What the expansions of `#[derive(Action)]`, `#[tool]` and `#[sudo]` name.
//!
//! Not for people: it follows the macros and is not stable. The facade adds the runtime's `sudo`.

pub use agentsudo_core::{Action, Authorized, Effect, Erased, Scope};
pub use {schemars, serde};

use serde::Serialize;
use serde_json::{Error, Value};

pub use crate::context::CallContext;
pub use crate::error::ToolError;
pub use crate::extract::FromCallContext;
pub use crate::sudo_call::SudoCall;
pub use crate::tool::Tool;

/// What the function under `#[tool]` returns; a trait, so that aliases of `Result` work.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what a tool returns",
    label = "expected `Result<_, ToolError>`",
    note = "the error may be any type that converts `Into<ToolError>`"
)]
pub trait ToolReturn {
    /// What a successful call returns.
    type Output;

    /// The result, with the tool's error.
    ///
    /// # Errors
    /// What the function returned.
    fn into_result(self) -> Result<Self::Output, ToolError>;
}

impl<T, E: Into<ToolError>> ToolReturn for Result<T, E> {
    type Output = T;

    fn into_result(self) -> Result<T, ToolError> {
        self.map_err(Into::into)
    }
}

/// Nothing, of a type: `return` it, and the compiler knows what a block returns.
#[must_use]
pub const fn returns<R>() -> Option<R> {
    None
}

/// An argument as the decision sees it.
///
/// # Errors
/// What its `Serialize` says; the call is refused.
pub fn shown<T: Serialize + ?Sized>(argument: &T) -> Result<Value, Error> {
    serde_json::to_value(argument)
}
