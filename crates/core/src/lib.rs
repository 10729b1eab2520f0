//! The core of AgentSudo: scopes, capability tokens, decisions and proofs.
//!
//! Everything that decides whether a call may happen is in here, and nothing else is: no async, no I/O, no
//! clock, no randomness, no environment. Time and entropy come in as arguments, so that each decision can
//! be made again from the same inputs.
//!
//! The way of a call: a [`Token`] is verified by a [`Verifier`], its presenter proves that it holds the
//! token's key, and there is a [`Capability`]. A [`Call`] of an [`Action`] goes through [`authorize`], and
//! there is an [`Authorized`] action, or a [`Refused`] one with its [`Refusal`].

mod action;
mod approval;
mod audit;
mod authorized;
mod budget;
mod call;
mod capability;
mod cbor;
mod chain;
mod consent;
mod constraint;
pub mod danger;
mod digest;
mod effect;
mod escape;
mod freeze;
mod key;
mod name;
mod proof;
mod refusal;
mod revocation;
mod rules;
mod scope;
mod timestamp;
mod token;
mod value;
mod verified_chain;
mod verify;

pub use action::Action;
pub use approval::{
    APPROVAL_NONCE_LEN_BYTES, ApprovalDecision, ApprovalRefusal, ApprovalRequest, ApprovalWindow,
    Approved, Approvers, MAX_DENIAL_REASON_CHARS, Verdict,
};
pub use audit::{
    AUDIT_RECORD_VERSION, AuditApproval, AuditEvent, AuditRecord, AuditSubject, AuditSubjectFields,
    MAX_RECORDED_TEXT_CHARS, WouldRefuse,
};
pub use authorized::{
    Authorized, CallView, Pending, Refused, Standing, authorize, authorize_pending,
    authorize_proved,
};
pub use budget::{
    Budget, BudgetError, BudgetId, BudgetRefusal, Charge, MAX_WINDOW_S, Measure, Reserved,
};
pub use call::{Call, CallId, Erased, Requirement};
pub use capability::{
    CHALLENGE_LEN_BYTES, Capability, Conditions, Obligations, Possession, Verified,
};
pub use chain::{Chain, ChainLink};
pub use consent::ConsentRule;
pub use constraint::{
    ArgPath, Breach, Constraint, ConstraintError, ConstraintViolation, MAX_CHOICES,
    MAX_COMPILED_PATTERN_BYTES, MAX_FILE_PATH_LEN_BYTES, MAX_GLOB_LEN_BYTES, MAX_HOSTS,
    MAX_MATCHED_LEN_BYTES, MAX_NETWORKS, MAX_PATH_SEGMENT_LEN_BYTES, MAX_PATH_SEGMENTS,
    MAX_PATTERN_LEN_BYTES, MAX_PATTERNS_PER_TOKEN, MAX_RULE_DEPTH, MAX_RULE_TEXT_LEN_BYTES,
    MAX_RULES_PER_CONSTRAINT, MAX_URL_LEN_BYTES, Network, Number, Rule, TextPattern, UrlRule,
    absent, all_of, any_of, at_least, at_most, between, cidr, decimal_at_least, decimal_at_most,
    decimal_between, email_domain, equals, every, glob, length, length_at_least, length_at_most,
    not, one_of, prefix, regex, subpath, subset_of, url, url_on_ports,
};
pub use digest::{Digest, DigestError};
pub use effect::{Effect, EffectError};
pub use escape::escape;
pub use freeze::{Freeze, FreezeList, MAX_FREEZES, TooManyFreezes};
pub use key::{
    Domain, HolderKey, IssuerKeyId, KeyError, PUBLIC_KEY_LEN_BYTES, PublicKey,
    SECRET_KEY_LEN_BYTES, SIGNATURE_LEN_BYTES, SecretKey, SecretPem, Signature, Signer,
    SigningInput,
};
pub use name::{
    AgentName, Audience, MAX_AUDIENCE_LEN_BYTES, MAX_NAME_LEN_BYTES, NameError, ToolName,
};
pub use proof::{
    CallTag, EPHEMERAL_LEN_BYTES, Invocation, InvocationProof, MAX_PROOF_AGE_S, MAX_SPENT_PROOFS,
    MemoryReplayGuard, PROOF_NONCE_LEN_BYTES, PROOF_TEXT_PREFIX, PROOF_VERSION, ProofError,
    ProvedSession, ReplayGuard, SESSION_ID_LEN_BYTES, SessionHandshake, SessionKey, SessionOpening,
    SessionReply, SpentProof, TAG_LEN_BYTES, TAG_WINDOW,
};
pub use refusal::{Refusal, Told};
pub use revocation::{
    MAX_REVOCATIONS, RevocationList, RevocationView, Revoked, TooManyRevocations,
};
pub use scope::{MAX_SCOPE_LEN_BYTES, MAX_SEGMENTS, Scope, ScopeError, ScopePattern, ScopeSet};
pub use timestamp::Timestamp;
pub use token::{
    BlockClaims, DEFAULT_MAX_LIFETIME_S, Delegation, Field, Grant, Holder, MAX_AUDIENCES,
    MAX_BEARER_LIFETIME_S, MAX_BLOCKS, MAX_BUDGETS, MAX_CLOCK_SKEW_S, MAX_CONSENTS,
    MAX_CONSTRAINTS, MAX_GRANTS, MAX_LIFETIME_S, MAX_TOKEN_LEN_BYTES, MAX_TOOLS_PER_GRANT, Mint,
    RootClaims, TOKEN_TEXT_PREFIX, TOKEN_VERSION, Token, TokenError, TokenId,
};
pub use value::{
    Arguments, ArgumentsError, Decimal, MAX_ARGUMENTS_BYTES, MAX_NESTING, MAX_SAFE_INTEGER,
    MAX_VALUES, Value,
};
pub use verified_chain::CHAIN_CACHE_LEN_BYTES;
pub use verify::Verifier;
