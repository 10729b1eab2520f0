//! The runtime of AgentSudo: sessions, the life of a call, layers, approvals and audit.
//!
//! A [`Runtime`] is built of a verifier, tools and at least one audit sink. An agent opens a [`Session`]
//! with its token and key; each call then goes through the same steps, in an order that the types fix. What
//! is authorized is decided by `agentsudo-core`; this crate brings time, randomness, waiting and records.

mod agent;
mod approval;
mod audit;
mod budget;
mod builder;
mod clock;
mod delegation;
mod entropy;
mod issuer;
mod key_file;
mod layer;
mod observe;
mod outcome;
mod permit;
mod pipeline;
mod proposed;
mod revocations;
mod runtime;
mod session;
mod setup_error;
mod signed_call;
mod sudo;
mod terms;
mod unfinished;

pub use agent::Agent;
pub use agentsudo_core::CallView;
pub use approval::{
    Approval, ApprovalRule, Approver, ApproverFault, ChannelApprover, DEFAULT_APPROVAL_WINDOW,
    MAX_APPROVAL_WINDOW, PendingApproval, TerminalApprover,
};
pub use async_trait::async_trait;
pub use audit::{
    AUDIT_TIMEOUT, AuditFault, AuditSink, JsonLinesAudit, MAX_MEMORY_RECORDS,
    MAX_REFUSALS_PER_CODE, MemoryAudit, REFUSAL_WINDOW, TracingAudit,
};
pub use budget::{
    BudgetLedger, Draw, LEDGER_TIMEOUT, LedgerFault, MAX_MEMORY_BUDGETS, MemoryBudgets, Reservation,
};
pub use builder::{Builder, MissingAudit, Ready};
pub use clock::{Clock, SystemClock};
pub use delegation::SubAgent;
pub use entropy::generate_key;
pub use issuer::{DEFAULT_LIFETIME, Issuer, TokenRequest};
pub use key_file::{KeyFileError, MAX_KEY_FILE_LEN_BYTES, read_key_file, write_key_file};
pub use layer::{Layer, MAX_LAYERS, Next, ProposalLayer, layer_fn};
pub use observe::Observe;
pub use outcome::{CallError, Denied, Fault, Outcome, Reply};
pub use permit::Permit;
pub use pipeline::LAYER_TIMEOUT;
pub use proposed::Proposed;
pub use runtime::Runtime;
pub use session::{Session, current_chain};
pub use setup_error::SetupError;
pub use signed_call::SignedCall;
pub use sudo::sudo;
