//! AgentSudo: the permission layer of AI agents.
//!
//! Tools declare the authority they need, agents hold signed capability tokens that expire and only ever
//! get narrower, and a tool call without a valid capability cannot be built.
//!
//! ```
//! use agentsudo::{Agent, Audience, Denied, Issuer, MemoryAudit, Runtime, Verifier, sudo};
//!
//! #[sudo(scope = "write:refunds", effect = "write")]
//! async fn issue_refund(order_id: String, amount_minor: u64) -> Result<String, Denied> {
//!     Ok(format!("refunded {amount_minor} of {order_id}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let issuer = Issuer::generate()?;
//! let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
//! let runtime = Runtime::builder(verifier).audit(MemoryAudit::new()).build()?;
//!
//! let support = Agent::generate("support-bot")?;
//! let token = issuer.token_for(&support).allow("write:refunds").mint()?;
//! let session = runtime.open_session(&support, &token).await?;
//! let done = session.enter(issue_refund("order_123".into(), 50)).await?;
//! assert_eq!(done, "refunded 50 of order_123");
//!
//! // Outside of a session the function does nothing.
//! assert!(issue_refund("order_123".into(), 50).await.is_err());
//! # Ok(())
//! # }
//! ```

pub use agentsudo_core::{
    APPROVAL_NONCE_LEN_BYTES, AgentName, ApprovalDecision, ApprovalRefusal, ApprovalRequest,
    ApprovalWindow, Approved, Approvers, ArgPath, Arguments, ArgumentsError, Audience,
    AuditApproval, AuditEvent, AuditRecord, AuditSubject, AuditSubjectFields, Authorized,
    BlockClaims, Breach, Budget, BudgetError, BudgetId, BudgetRefusal, CHAIN_CACHE_LEN_BYTES, Call,
    CallId, CallTag, CallView, Capability, Chain, ChainLink, Charge, Conditions, ConsentRule,
    Constraint, ConstraintError, ConstraintViolation, Decimal, Delegation, Digest, Domain,
    EPHEMERAL_LEN_BYTES, Effect, Erased, Field, Freeze, FreezeList, Grant, Holder, HolderKey,
    Invocation, InvocationProof, IssuerKeyId, KeyError, MAX_BEARER_LIFETIME_S, MAX_BLOCKS,
    MAX_BUDGETS, MAX_CONSENTS, MAX_PROOF_AGE_S, MAX_RULE_DEPTH, MAX_RULES_PER_CONSTRAINT,
    MAX_WINDOW_S, Measure, MemoryReplayGuard, Mint, NameError, Network, Number, Obligations,
    PROOF_NONCE_LEN_BYTES, Pending, Possession, ProofError, ProvedSession, PublicKey, Refusal,
    Refused, ReplayGuard, Requirement, Reserved, RevocationList, RevocationView, Revoked,
    RootClaims, Rule, SESSION_ID_LEN_BYTES, Scope, ScopeError, ScopePattern, ScopeSet, SecretKey,
    SessionHandshake, SessionKey, SessionOpening, SessionReply, Signature, Signer, SigningInput,
    SpentProof, Standing, TextPattern, Timestamp, Token, TokenError, TokenId, Told, TooManyFreezes,
    TooManyRevocations, ToolName, UrlRule, Value, Verdict, Verified, Verifier, WouldRefuse, absent,
    all_of, any_of, at_least, at_most, authorize_proved, between, cidr, danger, decimal_at_least,
    decimal_at_most, decimal_between, email_domain, equals, escape, every, glob, length,
    length_at_least, length_at_most, not, one_of, prefix, regex, subpath, subset_of, url,
    url_on_ports,
};
pub use agentsudo_runtime::{
    Agent, Approval, ApprovalRule, Approver, ApproverFault, AuditFault, AuditSink, BudgetLedger,
    Builder, CallError, ChannelApprover, Clock, Denied, Draw, Fault, Issuer, JsonLinesAudit,
    KeyFileError, Layer, LedgerFault, MemoryAudit, MemoryBudgets, MissingAudit, Next, Observe,
    Outcome, PendingApproval, Permit, ProposalLayer, Proposed, Ready, Reply, Reservation, Runtime,
    Session, SetupError, SignedCall, SubAgent, SystemClock, TerminalApprover, TokenRequest,
    TracingAudit, async_trait, current_chain, generate_key, layer_fn, read_key_file,
    write_key_file,
};
pub use agentsudo_tools::{
    Action, CallContext, DynTool, FromCallContext, IdempotencyKey, Principal, Registered, Registry,
    State, States, Tool, ToolDefinition, ToolDefinitionParts, ToolError, ToolErrorKind, ToolMisuse,
    sudo, tool,
};

/// What the macros' expansions name. Not for people, and not stable.
#[doc(hidden)]
pub mod __macro {
    pub use agentsudo_runtime::sudo;
    pub use agentsudo_tools::__macro::{
        Action, Authorized, CallContext, Effect, Erased, FromCallContext, Scope, SudoCall, Tool,
        ToolError, ToolReturn, returns, schemars, serde, shown,
    };
}

/// The README's code compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// So does the code of the page on constraints.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/constraints.md")]
struct Constraints;
