//! Tools as trait objects.
//!
//! Every [`Tool`] is one. Tools that are known at run time only (a proxied MCP tool) implement
//! [`DynTool`] themselves. The seam keeps the proof: what is invoked is an authorized call, and one
//! that was made for another tool's request is not run.

use std::sync::Arc;

use agentsudo_core::{Arguments, ArgumentsError, Authorized, Call, CallId, Erased, Requirement};
use async_trait::async_trait;

use crate::context::CallContext;
use crate::definition::ToolDefinition;
use crate::error::ToolError;
use crate::misuse::ToolMisuse;
use crate::tool::Tool;

/// A tool behind `Arc<dyn DynTool>`.
#[async_trait]
pub trait DynTool: Send + Sync {
    /// Describes the tool. A registry asks once.
    ///
    /// # Errors
    /// [`ToolMisuse`] says what is wrong with the definition.
    fn define(&self) -> Result<ToolDefinition, ToolMisuse>;

    /// Makes a call of proposed arguments. `requirement` is the one in the tool's definition.
    ///
    /// # Errors
    /// [`ArgumentsError`] says what does not fit.
    ///
    /// # Security
    /// What is decided on are the arguments of the returned call. A tool that makes it with
    /// [`Call::dynamic`] has to refuse what its schema does not allow; see
    /// [`ToolDefinition::refuse_unknown`].
    fn decode(
        &self,
        id: CallId,
        requirement: &Arc<Requirement>,
        arguments: &Arguments,
    ) -> Result<Call<Erased>, ArgumentsError>;

    /// Performs an authorized call.
    ///
    /// # Errors
    /// As [`Tool::run`].
    async fn invoke(
        &self,
        call: Authorized<Erased>,
        ctx: &CallContext,
    ) -> Result<serde_json::Value, ToolError>;
}

#[async_trait]
impl<T: Tool> DynTool for T {
    fn define(&self) -> Result<ToolDefinition, ToolMisuse> {
        ToolDefinition::of::<T>()
    }

    fn decode(
        &self,
        id: CallId,
        requirement: &Arc<Requirement>,
        arguments: &Arguments,
    ) -> Result<Call<Erased>, ArgumentsError> {
        Ok(Call::<T::Action>::decode(id, Arc::clone(requirement), arguments)?.erase())
    }

    async fn invoke(
        &self,
        call: Authorized<Erased>,
        ctx: &CallContext,
    ) -> Result<serde_json::Value, ToolError> {
        // Two tools may share an action, and authority may be limited to one of them.
        if call.requirement().tool().as_str() != T::NAME {
            return Err(wrong_action());
        }
        let call = call.downcast::<T::Action>().map_err(|_| wrong_action())?;
        let output = self.run(call, ctx).await?;
        // The effect has happened, whatever becomes of the report about it.
        serde_json::to_value(output).map_err(|source| {
            ToolError::outcome_unknown("tool.output_invalid", "the result cannot be shown")
                .with_source(source)
        })
    }
}

fn wrong_action() -> ToolError {
    ToolError::permanent("tool.wrong_action", "the call was made for another tool")
}
