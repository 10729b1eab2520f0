//! Proofs that whoever shows a token holds its key: for one call, or for a session of calls.
//!
//! Owns what is signed, its bytes, and when a proof counts. Leaves carrying them to gateways and clients.
//!
//! *Invariants:* a proof is bound to one token, one verifier and one moment, an invocation proof also to one
//! tool, its definition and the exact arguments; it counts once; each attempt costs one signature check at
//! most, and the time is looked at before it. *Threats:* a proof replayed, also after a clock was set back or
//! a process was started anew; handed on to another verifier; a flood of proofs that fills the memory.

mod error;
mod handshake;
mod invocation;
mod replay;
mod session;
mod stamp;

pub use error::ProofError;
pub use handshake::{
    EPHEMERAL_LEN_BYTES, SESSION_ID_LEN_BYTES, SessionHandshake, SessionOpening, SessionReply,
};
pub use invocation::{Invocation, InvocationProof, PROOF_TEXT_PREFIX};
pub use replay::{MAX_SPENT_PROOFS, MemoryReplayGuard, ReplayGuard, SpentProof};
pub use session::{CallTag, ProvedSession, SessionKey, TAG_LEN_BYTES, TAG_WINDOW};
pub use stamp::{MAX_PROOF_AGE_S, PROOF_NONCE_LEN_BYTES};

/// The version of proofs, openings, replies and tags that this crate writes and reads.
pub const PROOF_VERSION: u64 = 1;
