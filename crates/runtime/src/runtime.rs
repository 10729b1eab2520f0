//! The runtime: tools, verifier, layers, approval and audit, put together once and shared.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use agentsudo_core::{
    Conditions, Freeze, FreezeList, ScopePattern, Signer, Timestamp, Token, TokenError,
    TooManyFreezes, Verified, Verifier,
};
use agentsudo_tools::{Registry, States};

use crate::agent::Agent;
use crate::approval::Approval;
use crate::audit::Audit;
use crate::builder::{Builder, MissingAudit};
use crate::clock::{Clock, ForwardClock};
use crate::layer::{Layer, ProposalLayer};
use crate::observe::Observe;
use crate::session::Session;
use crate::setup_error::SetupError;

/// Everything that calls go through. Cheap to clone: clones are one runtime.
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) verifier: Verifier,
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
        Session::open(self.clone(), holder, token, None).await
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
        let verifier = &self.0.verifier;
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
            .field("audience", self.0.verifier.audience())
            .field("tools", &self.0.registry.len())
            .field("layers", &self.0.layers.len())
            .finish_non_exhaustive()
    }
}
