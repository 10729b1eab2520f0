//! A tool by macro, one by hand and one that is known at run time only, from registration to result.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use agentsudo_core::{
    AgentName, Arguments, ArgumentsError, Audience, Authorized, Call, CallId, Capability, Chain,
    Conditions, Effect, Erased, FreezeList, Holder, Mint, Requirement, Scope, ScopePattern,
    SecretKey, Signer, Timestamp, TokenId, Verifier, authorize,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Action, CallContext, CallContextParts, DynTool, IdempotencyKey, Principal, Registry, State,
    States, Tool, ToolDefinition, ToolDefinitionParts, ToolError, ToolErrorKind, tool,
};

const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

#[derive(Clone)]
struct Shop {
    currency: &'static str,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Refund {
    text: String,
}

/// Refunds an order.
///
/// At most once.
#[tool(scope = "write:refunds", effect = "destructive", timeout = "10s")]
pub(crate) async fn issue_refund(
    /// The order, e.g. `order_123`.
    order_id: String,
    #[sink] amount_minor: u64,
    #[secret]
    #[serde(rename = "memo")]
    note: Option<String>,
    State(shop): State<Shop>,
    key: IdempotencyKey,
    who: Principal,
    ctx: &CallContext,
) -> Result<Refund, ToolError> {
    let amount_minor = i64::try_from(amount_minor)
        .map_err(|source| ToolError::permanent("shop.amount", "too much").with_source(source))?;
    let (currency, session) = (shop.currency, ctx.session_id());
    let note = note.unwrap_or_default();
    let text = format!("{order_id} {amount_minor} {currency} {key} {who} {session} {note}");
    Ok(Refund { text })
}

/// Answers.
#[tool(
    scope = "read:ping",
    effect = "read",
    name = "net.ping",
    action = "PingRequest"
)]
async fn ping() -> Result<&'static str, ToolError> {
    Ok("pong")
}

#[derive(Debug, Action, Serialize, Deserialize, JsonSchema)]
#[action(scope = "read:orders", effect = "read")]
#[serde(rename_all = "camelCase")]
struct CountOrders {
    #[sink]
    customer_name: String,
}

struct OrderCounter;

impl Tool for OrderCounter {
    const NAME: &'static str = "count_orders";
    const DESCRIPTION: &'static str = "Counts orders.";
    type Action = CountOrders;
    type Output = usize;

    async fn run(
        &self,
        call: Authorized<CountOrders>,
        _ctx: &CallContext,
    ) -> Result<usize, ToolError> {
        Ok(call.into_action().customer_name.len())
    }
}

/// Takes the same action as [`OrderCounter`].
struct OrderEraser;

impl Tool for OrderEraser {
    const NAME: &'static str = "erase_orders";
    const DESCRIPTION: &'static str = "Erases orders.";
    type Action = CountOrders;
    type Output = ();

    async fn run(
        &self,
        _call: Authorized<CountOrders>,
        _ctx: &CallContext,
    ) -> Result<(), ToolError> {
        Ok(())
    }
}

/// Returns what it is called with.
struct Proxied;

#[async_trait]
impl DynTool for Proxied {
    fn define(&self) -> Result<ToolDefinition, crate::ToolMisuse> {
        ToolDefinition::new(ToolDefinitionParts {
            name: "upstream.echo".to_owned(),
            description: "Echoes.".to_owned(),
            input_schema: json!({ "type": "object", "properties": { "text": {} } }),
            output_schema: None,
            scope: Scope::literal("read:echo"),
            effect: Effect::Read,
            sinks: Vec::new(),
            secrets: Vec::new(),
            timeout: Duration::from_secs(1),
        })
    }

    fn decode(
        &self,
        id: CallId,
        requirement: &Arc<Requirement>,
        arguments: &Arguments,
    ) -> Result<Call<Erased>, ArgumentsError> {
        Ok(Call::dynamic(
            id,
            Arc::clone(requirement),
            arguments.clone(),
        ))
    }

    async fn invoke(
        &self,
        call: Authorized<Erased>,
        _ctx: &CallContext,
    ) -> Result<Value, ToolError> {
        Ok(call.arguments().to_json())
    }
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register(issue_refund).expect("a tool");
    registry.register(ping).expect("a tool");
    registry.register(OrderCounter).expect("a tool");
    registry.register(OrderEraser).expect("a tool");
    registry.register_dyn(Arc::new(Proxied)).expect("a tool");
    registry
}

/// A capability for everything.
fn capability() -> Capability {
    let issuer = SecretKey::from_seed(&mut [1; 32]);
    let bot = SecretKey::from_seed(&mut [2; 32]);
    let holder = Holder::new(AgentName::parse("bot").expect("a name"), bot.public_key());
    let token = Mint::new(holder, NOW, 900, TokenId::from_bytes([7; 12]))
        .grant(ScopePattern::parse("**").expect("a pattern"))
        .sign(&issuer)
        .expect("a token");
    let audience = Audience::parse("tests").expect("an audience");
    let verifier = Verifier::new(audience).trust(issuer.public_key());
    let verified = verifier.verify(&token, NOW).expect("a valid token");
    verified.held_by(&bot, &[3; 32]).expect("the holder")
}

fn context(chain: &Chain, states: States) -> CallContext {
    CallContext::new(CallContextParts {
        call_id: CallId::from_bytes([0xab; 16]),
        session_id: "session-1".to_owned(),
        chain: chain.clone(),
        now: NOW,
        states: Arc::new(states),
    })
}

fn with_shop() -> States {
    let mut states = States::new();
    states.insert(Shop { currency: "EUR" });
    states
}

/// Decodes and authorizes a call of one tool, and has another (usually the same) run it.
fn call(
    decoded_by: &str,
    run_by: &str,
    arguments: &Value,
    states: States,
) -> Result<Value, ToolError> {
    let registry = registry();
    let tool = registry.get(decoded_by).expect("a registered tool");
    let requirement = tool.definition().requirement();
    let arguments = Arguments::from_json(arguments).expect("arguments");
    let id = CallId::from_bytes([0xab; 16]);
    let call = tool
        .tool()
        .decode(id, requirement, &arguments)
        .expect("a call");
    let capability = capability();
    let conditions = Conditions {
        now: NOW,
        freezes: &FreezeList::none(),
    };
    let authorized = authorize(&capability, call, &conditions).expect("authority");
    let ctx = context(capability.chain(), states);
    let run_by = registry.get(run_by).expect("a registered tool");
    let mut running = pin!(run_by.tool().invoke(authorized, &ctx));
    match running
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("these tools wait for nothing"),
    }
}

#[test]
fn a_macro_tool_runs_with_its_arguments_and_what_the_context_gives() {
    let arguments = json!({ "order_id": "order_1", "amount_minor": 250, "memo": "late" });
    let result = call("issue_refund", "issue_refund", &arguments, with_shop()).expect("a refund");
    let key = format!("as-{}", "ab".repeat(16));
    assert_eq!(
        result["text"],
        format!("order_1 250 EUR {key} bot session-1 late")
    );
    assert!(key.len() <= 64);
}

#[test]
fn a_macro_tool_without_arguments_runs() {
    assert_eq!(
        call("net.ping", "net.ping", &json!({}), States::new()).expect("an answer"),
        "pong"
    );
}

#[test]
fn a_hand_written_tool_runs() {
    let arguments = json!({ "customerName": "Ada" });
    let result = call("count_orders", "count_orders", &arguments, States::new());
    assert_eq!(result.expect("a count"), 3);
}

#[test]
fn a_tool_that_is_known_at_run_time_only_runs() {
    let arguments = json!({ "text": "hello" });
    let result = call("upstream.echo", "upstream.echo", &arguments, States::new());
    assert_eq!(result.expect("an echo"), arguments);
}

#[test]
fn a_proof_for_one_tool_does_not_run_another() {
    let error = call("net.ping", "issue_refund", &json!({}), with_shop()).expect_err("no refund");
    assert_eq!(error.code(), "tool.wrong_action");
    let error = call("upstream.echo", "net.ping", &json!({}), with_shop()).expect_err("no answer");
    assert_eq!(error.code(), "tool.wrong_action");
}

#[test]
fn a_proof_for_one_tool_does_not_run_another_that_takes_the_same_action() {
    let arguments = json!({ "customerName": "Ada" });
    let result = call("count_orders", "erase_orders", &arguments, States::new());
    assert_eq!(
        result.expect_err("nothing is erased").code(),
        "tool.wrong_action"
    );
    call("erase_orders", "erase_orders", &arguments, States::new()).expect("its own proof");
}

#[test]
fn missing_state_is_named_in_the_log_only() {
    let arguments = json!({ "order_id": "order_1", "amount_minor": 250 });
    let error = call("issue_refund", "issue_refund", &arguments, States::new());
    let error = error.expect_err("there is no shop");
    assert_eq!(
        (error.kind(), error.code()),
        (ToolErrorKind::Permanent, "tool.state_missing")
    );
    assert!(!error.to_string().contains("Shop"));
    assert!(format!("{error:?}").contains("Shop"));
}

#[test]
fn an_argument_that_the_tool_does_not_have_is_refused() {
    let registry = registry();
    let tool = registry.of::<OrderCounter>().expect("a registered tool");
    let arguments = json!({ "customerName": "Ada", "all": true });
    let arguments = Arguments::from_json(&arguments).expect("arguments");
    let id = CallId::from_bytes([0; 16]);
    let call = tool
        .tool()
        .decode(id, tool.definition().requirement(), &arguments);
    assert!(matches!(call, Err(ArgumentsError::UnknownField { .. })));
}

#[test]
fn a_macro_tool_is_described_by_its_comments_and_marks() {
    let registry = registry();
    let definition = registry
        .get("issue_refund")
        .expect("a registered tool")
        .definition();
    assert_eq!(
        definition.description(),
        "Refunds an order.\n\nAt most once."
    );
    assert_eq!(definition.timeout(), Duration::from_secs(10));
    assert_eq!(definition.secrets(), ["memo"]);
    let expected = json!({
        "type": "object",
        "properties": {
            "order_id": { "type": "string", "description": "The order, e.g. `order_123`." },
            "amount_minor": { "type": "integer", "format": "uint64", "minimum": 0 },
            "memo": { "type": ["string", "null"] },
        },
        "required": ["order_id", "amount_minor"],
        "additionalProperties": false,
        "x-agentsudo": {
            "scope": "write:refunds", "effect": "destructive", "sinks": ["amount_minor"],
        },
    });
    assert_eq!(definition.input_schema(), &expected);
}

#[test]
fn sinks_follow_the_names_on_the_wire() {
    let registry = registry();
    let definition = registry
        .of::<OrderCounter>()
        .expect("a registered tool")
        .definition();
    assert_eq!(definition.sinks(), ["customerName"]);
}

#[test]
fn the_requirement_of_a_typed_tool_is_that_of_its_action() {
    let registry = registry();
    let definition = registry
        .of::<OrderCounter>()
        .expect("a registered tool")
        .definition();
    let expected = Requirement::of::<CountOrders>(definition.name().clone(), definition.digest());
    assert_eq!(**definition.requirement(), expected);
}

#[test]
fn a_secret_argument_is_not_in_the_debug_output() {
    let action = IssueRefund {
        order_id: "order_1".to_owned(),
        amount_minor: 1,
        note: Some("pin".to_owned()),
    };
    let shown = format!("{action:?}");
    assert!(shown.contains("order_1") && shown.contains("<secret>") && !shown.contains("pin"));
}

#[test]
fn tools_are_listed_by_name() {
    let registry = registry();
    let names: Vec<_> = registry
        .iter()
        .map(|tool| tool.definition().name().as_str())
        .collect();
    assert_eq!(
        names,
        [
            "count_orders",
            "erase_orders",
            "issue_refund",
            "net.ping",
            "upstream.echo"
        ]
    );
    assert_eq!(registry.len(), 5);
}

#[test]
fn a_name_is_taken_once() {
    let mut registry = registry();
    let error = registry.register(ping).expect_err("it is there already");
    assert_eq!(error.code(), "tool.name_taken");
}

#[test]
fn a_state_replaces_one_of_its_type_only() {
    let mut states = States::new();
    assert_eq!(states.insert(1_u8), None);
    assert_eq!(states.insert(2_u16), None);
    assert_eq!(states.insert(3_u8), Some(1));
    assert_eq!(
        (states.get::<u8>(), states.get::<u16>()),
        (Some(&3), Some(&2))
    );
    assert_eq!(states.get::<u32>(), None);
}

#[test]
fn a_registry_has_a_bound() {
    struct Numbered(usize);

    #[async_trait]
    impl DynTool for Numbered {
        fn define(&self) -> Result<ToolDefinition, crate::ToolMisuse> {
            ToolDefinition::new(ToolDefinitionParts {
                name: format!("tool_{}", self.0),
                description: "One of many.".to_owned(),
                input_schema: json!({ "type": "object" }),
                output_schema: None,
                scope: Scope::literal("read:many"),
                effect: Effect::Read,
                sinks: Vec::new(),
                secrets: Vec::new(),
                timeout: Duration::from_secs(1),
            })
        }

        fn decode(
            &self,
            id: CallId,
            requirement: &Arc<Requirement>,
            arguments: &Arguments,
        ) -> Result<Call<Erased>, ArgumentsError> {
            Proxied.decode(id, requirement, arguments)
        }

        async fn invoke(
            &self,
            call: Authorized<Erased>,
            ctx: &CallContext,
        ) -> Result<Value, ToolError> {
            Proxied.invoke(call, ctx).await
        }
    }

    let mut registry = Registry::new();
    for number in 0..crate::MAX_TOOLS {
        registry
            .register_dyn(Arc::new(Numbered(number)))
            .expect("there is room");
    }
    let error = registry.register_dyn(Arc::new(Numbered(crate::MAX_TOOLS)));
    assert_eq!(error.expect_err("it is full").code(), "tool.too_many");
}
