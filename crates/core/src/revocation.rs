//! What was revoked, and how a decision asks.
//!
//! Owns the question and a list in memory. Leaves lists that last, and that reach other processes, to
//! stores. *Invariants:* revoking a block revokes all that descends from it, since a chain shows all of its
//! blocks; nothing is ever taken off a list; a view that is older than it may be refuses.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use crate::chain::Chain;
use crate::digest::Digest;
use crate::escape::escape;
use crate::key::{HolderKey, IssuerKeyId};
use crate::name::AgentName;
use crate::timestamp::Timestamp;
use crate::token::TokenError;

/// Most entries of a [`RevocationList`]: more are a list of issuers that should be distrusted.
pub const MAX_REVOCATIONS: usize = 1_000_000;

/// Something that can be revoked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revoked {
    /// A block, and with it every token that contains it.
    Block(Digest),
    /// The key of a holder, in every token that names it.
    Holder(HolderKey),
    /// An agent, by its name, in every token that names it.
    Agent(AgentName),
    /// The key of an issuer, and with it every token that it signed.
    Issuer(IssuerKeyId),
}

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(id) => write!(f, "block {id}"),
            Self::Holder(key) => write!(f, "holder key {key}"),
            Self::Agent(name) => write!(f, "agent `{}`", escape(name.as_str(), 64)),
            Self::Issuer(id) => write!(f, "issuer key {id}"),
        }
    }
}

/// What is known about revocations, here and now.
///
/// Capabilities ask in every call; [`RevocationView::version`] lets them skip the search while nothing has
/// changed, so it has to cost next to nothing.
pub trait RevocationView: Send + Sync {
    /// A number that grows with each revocation that this view learns of, and never falls.
    ///
    /// # Errors
    /// [`TokenError::RevocationsStale`] when the view has not been brought up to date for longer than it
    /// may: then nobody can say what was revoked, and every call is refused.
    fn version(&self, now: Timestamp) -> Result<u64, TokenError>;

    /// Whether this was revoked.
    fn is_revoked(&self, what: &Revoked) -> bool;
}

/// Refuses a chain of which anything was revoked.
pub(crate) fn check(
    view: &dyn RevocationView,
    issuer: IssuerKeyId,
    chain: &Chain,
) -> Result<(), TokenError> {
    let links = chain.iter().flat_map(|link| {
        [
            Revoked::Block(link.block),
            Revoked::Holder(link.holder),
            Revoked::Agent(link.agent.clone()),
        ]
    });
    let mut all = core::iter::once(Revoked::Issuer(issuer)).chain(links);
    match all.find(|what| view.is_revoked(what)) {
        Some(revoked) => Err(TokenError::Revoked { revoked }),
        None => Ok(()),
    }
}

/// Revocations in this process's memory: they take effect with the next decision, and end with the process.
#[derive(Debug, Default)]
pub struct RevocationList {
    version: AtomicU64,
    revoked: RwLock<BTreeSet<Revoked>>,
}

/// There are as many revocations as there may be; nothing was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected at most {MAX_REVOCATIONS} revocations; trust the issuer no more instead")]
pub struct TooManyRevocations;

impl TooManyRevocations {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "revocation.too_many"
    }
}

impl RevocationList {
    /// Nothing is revoked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Revokes; says whether it is new. There is no way back: issue a new token.
    ///
    /// # Errors
    /// [`TooManyRevocations`] past [`MAX_REVOCATIONS`].
    pub fn revoke(&self, what: Revoked) -> Result<bool, TooManyRevocations> {
        let mut revoked = self.revoked.write().unwrap_or_else(PoisonError::into_inner);
        if revoked.contains(&what) {
            return Ok(false);
        }
        if revoked.len() >= MAX_REVOCATIONS {
            return Err(TooManyRevocations);
        }
        revoked.insert(what);
        // After the entry: whoever sees the new version finds it.
        self.version.fetch_add(1, Ordering::Release);
        Ok(true)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let revoked = self.revoked.read();
        revoked.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl RevocationView for RevocationList {
    fn version(&self, _now: Timestamp) -> Result<u64, TokenError> {
        Ok(self.version.load(Ordering::Acquire))
    }

    fn is_revoked(&self, what: &Revoked) -> bool {
        let revoked = self.revoked.read();
        revoked
            .unwrap_or_else(PoisonError::into_inner)
            .contains(what)
    }
}
