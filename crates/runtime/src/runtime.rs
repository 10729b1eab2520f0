//! The runtime: tools, verifier, layers, approval and audit, put together once and shared.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use agentsudo_core::{
    Conditions, DEFAULT_MAX_LIFETIME_S, Freeze, FreezeList, PublicKey, Revoked, ScopePattern,
    Signer, Timestamp, Token, TokenError, TooManyFreezes, TooManyRevocations, Verified, Verifier,
};
use agentsudo_tools::{Registry, States};

use crate::agent::Agent;
use crate::approval::Approval;
use crate::audit::Audit;
use crate::budget::BudgetLedger;
use crate::builder::{Builder, MissingAudit};
use crate::clock::{Clock, ForwardClock};
use crate::layer::{Layer, ProposalLayer};
use crate::observe::Observe;
use crate::revocations::Revocations;
use crate::session::Session;
use crate::setup_error::SetupError;

/// Everything that calls go through. Cheap to clone: clones are one runtime.
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) verifier: RwLock<Arc<Verifier>>,
    pub(crate) revocations: Arc<Revocations>,
    pub(crate) budgets: Arc<dyn BudgetLedger>,
    pub(crate) clock: ForwardClock<dyn Clock>,
    pub(crate) registry: Registry,
    pub(crate) states: Arc<States>,
    pub(crate) proposal_layers: Vec<Arc<dyn ProposalLayer>>,
    pub(crate) layers: Vec<Arc<dyn Layer>>,
    pub(crate) approval: Option<Approval>,
    pub(crate) observe: Vec<Observe>,
    pub(crate) audit: Audit,
    pub(crate) freezes: RwLock<FreezeList>,
}

static DEFAULT: OnceLock<Runtime> = OnceLock::new();

impl Runtime {
    /// Starts a runtime that accepts the tokens which this verifier accepts.
    ///
    /// # Security
    /// What was revoked and which proofs were spent is asked of the builder's views and guard, and not of those
    /// that the verifier was given.
    pub fn builder(verifier: Verifier) -> Builder<MissingAudit> {
        Builder::new(verifier)
    }

    /// Opens a session for an agent that presents a token and proves that it holds the token's key. Both
    /// ends are audited: an agent at work, and a token that is refused.
    ///
    /// # Errors
    /// [`SetupError::Refused`] when the token is not valid here and now, or is another agent's;
    /// [`SetupError::Faulted`] when no audit sink takes the record; [`SetupError::NoEntropy`] without
    /// random bytes.
    pub async fn open_session(&self, agent: &Agent, token: &Token) -> Result<Session, SetupError> {
        self.open_session_with(Arc::clone(agent.signer()), token)
            .await
    }

    /// The same for a holder's key that is at hand as a signer.
    ///
    /// # Errors
    /// As [`Runtime::open_session`].
    pub async fn open_session_with(
        &self,
        holder: Arc<dyn Signer>,
        token: &Token,
    ) -> Result<Session, SetupError> {
        Session::open(self.clone(), Some(holder), token, None).await
    }

    /// Opens a session for whoever shows a token that its issuer made for its bearer. It cannot delegate: it
    /// has no key.
    ///
    /// # Errors
    /// As [`Runtime::open_session`]; refused with `proof.required` when a block of the token does not say that
    /// it may be used without a proof.
    pub async fn open_bearer_session(&self, token: &Token) -> Result<Session, SetupError> {
        Session::open(self.clone(), None, token, None).await
    }

    /// Revokes, at once and for good: from the next call on, also of sessions that are open, and of calls that
    /// wait for a person. Says whether it is new. Observe mode does not lift it.
    ///
    /// It lasts as long as this runtime; a view that is added with [`Builder::revocations`] may last longer.
    ///
    /// # Errors
    /// [`TooManyRevocations`]: nothing was added.
    pub fn revoke(&self, what: Revoked) -> Result<bool, TooManyRevocations> {
        tracing::warn!(%what, "revoked");
        self.0.revocations.revoke(what)
    }

    /// Trusts an issuer from now on, for tokens that live for a day at most. Several may be trusted, so that a
    /// key can be replaced while tokens of the old one live on.
    pub fn trust(&self, issuer: PublicKey) {
        self.trust_up_to(issuer, DEFAULT_MAX_LIFETIME_S);
    }

    /// The same for tokens that live at most so many seconds.
    pub fn trust_up_to(&self, issuer: PublicKey, max_lifetime_s: u64) {
        let verifier = self.0.verifier.write();
        let mut verifier = verifier.unwrap_or_else(PoisonError::into_inner);
        tracing::warn!(issuer = %issuer.issuer_id(), "issuer is trusted");
        *verifier = Arc::new(Verifier::clone(&verifier).trust_up_to(issuer, max_lifetime_s));
        self.0.revocations.trust(issuer.issuer_id());
    }

    /// Trusts an issuer no more, at once: its tokens open nothing, and sessions that they have opened are
    /// refused from the next call on, with `token.revoked`. Unlike what was revoked, it may be trusted again.
    ///
    /// # Errors
    /// [`TooManyRevocations`]: nothing has changed.
    pub fn distrust(&self, issuer: &PublicKey) -> Result<(), TooManyRevocations> {
        let verifier = self.0.verifier.write();
        let mut verifier = verifier.unwrap_or_else(PoisonError::into_inner);
        self.0.revocations.distrust(issuer.issuer_id())?;
        tracing::warn!(issuer = %issuer.issuer_id(), "issuer is trusted no more");
        *verifier = Arc::new(Verifier::clone(&verifier).distrust(issuer));
        Ok(())
    }

    /// Stops the scopes of a pattern for everybody, at once and until a time.
    ///
    /// Calls that wait for a person are decided again when they go on, so a freeze stops them too.
    ///
    /// # Errors
    /// [`TooManyFreezes`]: nothing was added.
    pub fn freeze(
        &self,
        scopes: ScopePattern,
        reason: impl Into<String>,
        until: Timestamp,
    ) -> Result<(), TooManyFreezes> {
        let now = self.now();
        let mut freezes = self
            .0
            .freezes
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        tracing::warn!(scopes = %scopes, until = %until, "scopes are frozen");
        freezes.add(Freeze::new(scopes, reason, until), now)
    }

    /// Ends the freezes of exactly this pattern; says how many there were.
    pub fn lift(&self, scopes: &ScopePattern) -> usize {
        let lifted = self
            .0
            .freezes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .lift(scopes);
        tracing::warn!(scopes = %scopes, lifted, "freezes were lifted");
        lifted
    }

    /// The tools.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The time by which this runtime decides. It never goes back.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Makes this the runtime of guarded functions that are called outside of any session: their refusals
    /// are then audited, and observe mode covers them.
    ///
    /// # Errors
    /// [`SetupError::DefaultInstalled`] when the process has one.
    pub fn install_default(&self) -> Result<(), SetupError> {
        DEFAULT
            .set(self.clone())
            .map_err(|_| SetupError::DefaultInstalled)
    }

    pub(crate) fn installed() -> Option<&'static Self> {
        DEFAULT.get()
    }

    /// Verifies a token. Where observe mode covers its agent, one whose time is over or has not come opens a
    /// session too: each of its calls is then refused for that reason, recorded as such, and observed.
    pub(crate) fn verify(&self, token: &Token, now: Timestamp) -> Result<Verified, TokenError> {
        let verifier = self.verifier();
        let refused = match verifier.verify(token, now) {
            Err(refused @ (TokenError::Expired { .. } | TokenError::NotYetValid { .. })) => refused,
            verified => return verified,
        };
        let agent = token.claimed_agent();
        let mode =
            agent.and_then(|agent| self.0.observe.iter().find_map(|rule| rule.mode_of(agent)));
        match mode {
            Some(mode) if mode.is_on(now) => verifier.verify_out_of_time(token, now, mode),
            _ => Err(refused),
        }
    }

    /// The same for the bytes of a token, of which one that was verified before is not even decoded again.
    pub(crate) fn verify_bytes(
        &self,
        token: &[u8],
        now: Timestamp,
    ) -> Result<Verified, TokenError> {
        match self.verifier().verify_bytes(token, now) {
            Err(TokenError::Expired { .. } | TokenError::NotYetValid { .. }) => {
                self.verify(&Token::from_bytes(token)?, now)
            }
            verified => verified,
        }
    }

    /// The verifier as it stands.
    pub(crate) fn verifier(&self) -> Arc<Verifier> {
        let verifier = self.0.verifier.read();
        Arc::clone(&verifier.unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs `decide` under the conditions of now.
    pub(crate) fn under_conditions<T>(&self, decide: impl FnOnce(&Conditions<'_>) -> T) -> T {
        let freezes = self
            .0
            .freezes
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        decide(&Conditions {
            now: self.now(),
            freezes: &freezes,
        })
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("audience", self.verifier().audience())
            .field("tools", &self.0.registry.len())
            .field("layers", &self.0.layers.len())
            .finish_non_exhaustive()
    }
}
