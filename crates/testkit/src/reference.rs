//! A second verifier: slow, obvious, and with nothing of the first.
//!
//! It follows the description of the format step by step, so that a test can ask both and compare. It shares
//! with the core only plain data: arguments, values, decimals. *Never use it to decide anything*: it makes
//! no proof, bounds no work and is checked by comparison only.

mod block;
mod call;
pub mod case;
mod cbor;
mod chain;
mod compare;
mod decide;
mod numbers;
mod place;
mod proof;
mod rule;
mod scope;
mod sound;
pub mod targets;
mod text;

pub use call::tree_of;
pub use cbor::Tree;
pub use compare::{Answers, Disagreement, come_back, compare, decide, verified};
pub use place::normal_host;
pub use scope::{covers, is_pattern};
pub use text::normal_path;

use core::fmt;

use agentsudo_core::Arguments;

use block::Block;

/// A code as the log has it, such as `token.expired`.
pub type Code = &'static str;

/// Whom a verifier trusts, who it is, and what it knows.
#[derive(Debug, Clone)]
pub struct Trust {
    /// Public keys of issuers, with the longest life in seconds that their tokens may have.
    pub issuers: Vec<([u8; 32], u64)>,
    /// The verifier's own name.
    pub audience: String,
    /// The time, in seconds since 1970.
    pub now_s: u64,
    /// What was revoked, if somebody says so.
    pub revocations: Option<Revocations>,
    /// Whether each sink of a call that changes something has to be pinned.
    pub is_strict: bool,
}

/// A view of what was revoked.
#[derive(Debug, Clone, Default)]
pub struct Revocations {
    /// What was revoked.
    pub revoked: Vec<Revoked>,
    /// Whether the view is older than it may be.
    pub is_stale: bool,
}

/// Something that was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// An issuer, by its public key.
    Issuer([u8; 32]),
    /// A block and all that follow it, by its id.
    Block([u8; 32]),
    /// A holder, by its public key.
    Holder([u8; 32]),
    /// An agent, by its name.
    Agent(String),
}

/// A call, and the conditions under which it is decided.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// The scope that it requires.
    pub scope: &'a str,
    /// Whether it writes or destroys.
    pub changes_something: bool,
    /// The arguments that decide where something goes or how much.
    pub sinks: &'a [String],
    /// The arguments.
    pub arguments: &'a Arguments,
    /// The time of the decision, in seconds since 1970.
    pub now_s: u64,
    /// Frozen scopes, each until a time in seconds since 1970.
    pub freezes: &'a [(String, u64)],
    /// What was revoked meanwhile, if somebody says so.
    pub revocations: Option<&'a Revocations>,
}

/// A token that is accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Each block with its id.
    blocks: Vec<([u8; 32], Block)>,
    issuer: [u8; 32],
    is_strict: bool,
}

/// What has to happen before an allowed call may run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Obligations {
    /// What a ledger has to reserve.
    pub charges: Vec<Charge>,
    /// The place of the first block that wants a person's consent; the root is 0.
    pub consent: Option<usize>,
}

impl fmt::Display for Obligations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", (&self.charges, self.consent))
    }
}

/// What one call draws on one budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The id of the block that introduced the budget.
    pub block: [u8; 32],
    /// The budget's place in this block.
    pub index: usize,
    /// How much the call draws.
    pub amount: u64,
    /// How much there is.
    pub max: u64,
    /// After how many seconds it is counted anew.
    pub window_s: Option<u64>,
}

/// Verifies the bytes of a token.
///
/// # Errors
/// The code of the first step that refuses it.
pub fn verify(bytes: &[u8], trust: &Trust) -> Result<Accepted, Code> {
    chain::verify(bytes, trust)
}

impl Accepted {
    /// The ids of the blocks, the root first.
    #[must_use]
    pub fn ids(&self) -> Vec<[u8; 32]> {
        self.blocks.iter().map(|(id, _)| *id).collect()
    }

    /// Whether it needs no proof of possession.
    #[must_use]
    pub fn is_bearer(&self) -> bool {
        self.blocks.iter().all(|(_, block)| block.is_bearer)
    }
}
