//! The macros of AgentSudo: `#[derive(Action)]`, `#[tool]` and `#[sudo]`.
//!
//! Syntax only. A macro reads what was written, complains about it where it stands, and expands to
//! types and calls of `::agentsudo::__macro`. What a scope may look like, which names are valid and
//! what is allowed is decided there, once; a bad scope literal is still a compile error, since the
//! expansion evaluates it in a constant.
//!
//! *Invariant:* nothing that a macro emits hands out a function body that runs without a proof.

mod action;
mod argument;
mod attribute;
mod errors;
mod function;
mod marks;
mod sudo;
mod timeout;
mod tool;
mod wire_name;

use proc_macro::TokenStream;

/// Implements `Action`: the type's fields are the arguments of a call, and the type says which
/// scope and effect a call has.
///
/// The struct also needs `Serialize` and `Deserialize`, and `JsonSchema` for use in a tool.
///
/// ```text
/// #[derive(Action, Serialize, Deserialize, JsonSchema)]
/// #[action(scope = "write:refunds", effect = "destructive")]
/// struct RefundRequest {
///     order_id: String,
///     #[sink]
///     amount_minor: u64,
///     #[secret]
///     note: String,
/// }
/// ```
///
/// `#[sink]` marks an argument that decides where something goes or how much; `#[secret]` one that
/// the audit log must not show. Both follow `#[serde(rename)]` and `#[serde(rename_all)]`, and
/// refuse the attributes under which a field has no single name (`flatten`, `skip`, `alias`).
#[proc_macro_derive(Action, attributes(action, sink, secret))]
pub fn derive_action(item: TokenStream) -> TokenStream {
    finish(action::expand(item.into()))
}

/// Makes an async function a tool that runs only with a proof of authority.
///
/// The doc comment is the description that the model reads; a doc comment on an argument describes
/// it in the schema.
///
/// ```text
/// /// Refunds an order to the customer's original payment method.
/// #[tool(scope = "write:refunds", effect = "destructive", timeout = "10s")]
/// async fn issue_refund(
///     /// The order, e.g. `order_123`.
///     order_id: String,
///     #[sink] amount_minor: u64,
///     State(shop): State<Shop>,
///     key: IdempotencyKey,
/// ) -> Result<Refund, ToolError> {
///     shop.refund(&order_id, amount_minor, key.as_str()).await
/// }
/// ```
///
/// It expands to the unit struct `issue_refund`, which implements `Tool`, and to the action
/// `IssueRefund` with one field for each argument. The body is nested in `Tool::run` and cannot be
/// reached in another way.
///
/// An argument is taken from the call's context, and is not in the schema, if it has a pattern
/// (`State(shop)`), has the type `State<_>`, `IdempotencyKey`, `Principal` or `&CallContext`, or is
/// marked `#[extract]`.
///
/// Keys: `scope` and `effect` (required), `timeout` (`"10s"`, `"500ms"`, `"2m"`), `name` (the
/// tool's name, otherwise that of the function), `action` (the action type's name, otherwise the
/// function's name in camel case).
#[proc_macro_attribute]
pub fn tool(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(tool::expand(arguments.into(), item.into()))
}

/// Guards an async function with the session in force.
///
/// The function keeps its signature. Its arguments are shown to the decision before the body runs;
/// `#[skip]` keeps one back, `#[sink]` and `#[secret]` mean what they mean in an action. The error
/// type needs `From<Denied>`.
///
/// ```text
/// #[sudo(scope = "write:refunds", effect = "write")]
/// async fn refund(
///     order_id: String,
///     #[sink] amount_minor: u64,
///     #[skip] db: &Db,
/// ) -> Result<Refund, ShopError> {
///     db.refund(&order_id, amount_minor).await
/// }
/// ```
///
/// # Security
/// What is skipped, and `self`, is invisible to constraints and to the audit log.
#[proc_macro_attribute]
pub fn sudo(arguments: TokenStream, item: TokenStream) -> TokenStream {
    finish(sudo::expand(arguments.into(), item.into()))
}

fn finish(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
