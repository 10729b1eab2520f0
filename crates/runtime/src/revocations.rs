//! What this runtime knows of revocations: its own list, the views that it was given, and the issuers that
//! it trusts no more.
//!
//! *Invariant:* whatever any of them says was revoked is revoked, in each call and in the last decision
//! before a call runs; one that is too old, or that goes back to an older list, refuses for all of them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use agentsudo_core::{
    IssuerKeyId, MAX_REVOCATIONS, RevocationList, RevocationView, Revoked, Timestamp, TokenError,
    TooManyRevocations,
};

pub(crate) struct Revocations {
    own: RevocationList,
    views: Vec<Watched>,
    /// Unlike what was revoked, these may be trusted again.
    distrusted: RwLock<BTreeSet<IssuerKeyId>>,
    changes: AtomicU64,
}

/// A view, and the greatest version that it ever told. Of the sum alone one would not see that one of its parts
/// goes back while another goes on.
struct Watched {
    view: Arc<dyn RevocationView>,
    seen: AtomicU64,
}

impl Watched {
    fn version(&self, now: Timestamp) -> Result<u64, TokenError> {
        // Read before the view is asked: what others see meanwhile may be newer than what this call sees.
        let seen = self.seen.load(Ordering::Acquire);
        let found = self.view.version(now)?;
        if found < seen {
            return Err(TokenError::RevocationsRolledBack { found, seen });
        }
        self.seen.fetch_max(found, Ordering::AcqRel);
        Ok(found)
    }
}

impl Revocations {
    pub(crate) fn new(views: Vec<Arc<dyn RevocationView>>) -> Self {
        let watched = |view| Watched {
            view,
            seen: AtomicU64::new(0),
        };
        Self {
            own: RevocationList::new(),
            views: views.into_iter().map(watched).collect(),
            distrusted: RwLock::default(),
            changes: AtomicU64::new(0),
        }
    }

    pub(crate) fn revoke(&self, what: Revoked) -> Result<bool, TooManyRevocations> {
        self.own.revoke(what)
    }

    /// Stops what an issuer's tokens have opened already.
    pub(crate) fn distrust(&self, issuer: IssuerKeyId) -> Result<(), TooManyRevocations> {
        let distrusted = self.distrusted.write();
        let mut distrusted = distrusted.unwrap_or_else(PoisonError::into_inner);
        if distrusted.len() >= MAX_REVOCATIONS && !distrusted.contains(&issuer) {
            return Err(TooManyRevocations);
        }
        distrusted.insert(issuer);
        // After the entry: whoever sees the new version finds it.
        self.changes.fetch_add(1, Ordering::Release);
        Ok(())
    }

    pub(crate) fn trust(&self, issuer: IssuerKeyId) {
        let distrusted = self.distrusted.write();
        let mut distrusted = distrusted.unwrap_or_else(PoisonError::into_inner);
        if distrusted.remove(&issuer) {
            self.changes.fetch_add(1, Ordering::Release);
        }
    }

    fn is_distrusted(&self, what: &Revoked) -> bool {
        let Revoked::Issuer(issuer) = what else {
            return false;
        };
        let distrusted = self.distrusted.read();
        distrusted
            .unwrap_or_else(PoisonError::into_inner)
            .contains(issuer)
    }
}

impl RevocationView for Revocations {
    /// The sum: none of its parts ever falls, so it is the same only while all of them are.
    fn version(&self, now: Timestamp) -> Result<u64, TokenError> {
        let changes = self.changes.load(Ordering::Acquire);
        let version = changes.saturating_add(self.own.version(now)?);
        self.views.iter().try_fold(version, |version, view| {
            Ok(version.saturating_add(view.version(now)?))
        })
    }

    fn is_revoked(&self, what: &Revoked) -> bool {
        self.is_distrusted(what)
            || self.own.is_revoked(what)
            || self
                .views
                .iter()
                .any(|watched| watched.view.is_revoked(what))
    }
}
