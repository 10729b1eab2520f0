//! Putting a runtime together.
//!
//! *Invariant:* there is no runtime without a verifier (an argument of the constructor) and none without
//! an audit sink (the state of the builder), so neither can be forgotten.

use std::fmt;
use std::sync::{Arc, RwLock};

use agentsudo_core::{FreezeList, MemoryReplayGuard, ReplayGuard, RevocationView, Verifier};
use agentsudo_tools::{DynTool, Registry, States, Tool};

use crate::approval::Approval;
use crate::audit::{Audit, AuditSink};
use crate::budget::{BudgetLedger, MemoryBudgets};
use crate::clock::{Clock, ForwardClock, SystemClock};
use crate::layer::{Layer, MAX_LAYERS, ProposalLayer};
use crate::observe::Observe;
use crate::revocations::Revocations;
use crate::runtime::{Parts, Runtime};
use crate::setup_error::SetupError;

/// The state of a builder that has no audit sink yet: give it one with [`Builder::audit`].
#[derive(Debug)]
pub struct MissingAudit;

/// The state of a builder that can build.
pub struct Ready(Audit);

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready")
    }
}

/// A state of a builder that can build.
#[diagnostic::on_unimplemented(
    message = "a runtime needs an audit sink",
    label = "no audit sink yet",
    note = "say where audit records go: `.audit(MemoryAudit::new())`, or `.audit(JsonLinesAudit::append_to(path)?)`"
)]
pub trait Audited {
    /// The state, ready.
    fn into_ready(self) -> Ready;
}

impl Audited for Ready {
    fn into_ready(self) -> Ready {
        self
    }
}

/// A runtime in the making. The first mistake is kept and reported by [`Builder::build`].
#[must_use = "a runtime exists once it is built"]
pub struct Builder<State> {
    verifier: Verifier,
    clock: Option<Box<dyn Clock>>,
    registry: Registry,
    states: States,
    proposal_layers: Vec<Arc<dyn ProposalLayer>>,
    layers: Vec<Arc<dyn Layer>>,
    approval: Option<Approval>,
    observe: Vec<Observe>,
    budgets: Option<Arc<dyn BudgetLedger>>,
    revocations: Vec<Arc<dyn RevocationView>>,
    replay_guard: Option<Arc<dyn ReplayGuard>>,
    mistake: Option<SetupError>,
    state: State,
}

impl Builder<MissingAudit> {
    pub(crate) fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            clock: None,
            registry: Registry::new(),
            states: States::new(),
            proposal_layers: Vec::new(),
            layers: Vec::new(),
            approval: None,
            observe: Vec::new(),
            budgets: None,
            revocations: Vec::new(),
            replay_guard: None,
            mistake: None,
            state: MissingAudit,
        }
    }

    /// Says where audit records go. A call goes on only when its record is kept.
    pub fn audit(self, sink: impl AuditSink + 'static) -> Builder<Ready> {
        Builder {
            verifier: self.verifier,
            clock: self.clock,
            registry: self.registry,
            states: self.states,
            proposal_layers: self.proposal_layers,
            layers: self.layers,
            approval: self.approval,
            observe: self.observe,
            budgets: self.budgets,
            revocations: self.revocations,
            replay_guard: self.replay_guard,
            mistake: self.mistake,
            state: Ready(Audit::new(Arc::new(sink))),
        }
    }
}

impl<State> Builder<State> {
    /// Registers a tool.
    pub fn tool<T: Tool>(mut self, tool: T) -> Self {
        let registered = self.registry.register(tool);
        self.note(registered.map_err(SetupError::from))
    }

    /// Registers a tool that is known at run time only.
    pub fn dyn_tool(mut self, tool: Arc<dyn DynTool>) -> Self {
        let registered = self.registry.register_dyn(tool);
        self.note(registered.map_err(SetupError::from))
    }

    /// Registers tools that somebody else lists, such as a connector.
    pub fn tools<E: Into<SetupError>>(
        mut self,
        register: impl FnOnce(&mut Registry) -> Result<(), E>,
    ) -> Self {
        let registered = register(&mut self.registry);
        self.note(registered.map_err(Into::into))
    }

    /// Gives tools a value that they take out with `State<T>`.
    pub fn state<T: Clone + Send + Sync + 'static>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Adds a layer before authorization, inside of those added before.
    pub fn proposal_layer(mut self, layer: impl ProposalLayer + 'static) -> Self {
        self.proposal_layers.push(Arc::new(layer));
        let within = within_bound("proposal layers", self.proposal_layers.len());
        self.note(within)
    }

    /// Adds a layer after authorization, inside of those added before.
    pub fn layer(mut self, layer: impl Layer + 'static) -> Self {
        self.layers.push(Arc::new(layer));
        let within = within_bound("layers", self.layers.len());
        self.note(within)
    }

    /// Says which calls wait for a person.
    pub fn approval(mut self, approval: Approval) -> Self {
        self.approval = Some(approval);
        self
    }

    /// Switches observe mode on somewhere.
    pub fn observe(mut self, observe: Observe) -> Self {
        self.observe.push(observe);
        self
    }

    /// Counts what calls draw on budgets in another ledger than this process's memory.
    pub fn budgets(mut self, ledger: impl BudgetLedger + 'static) -> Self {
        self.budgets = Some(Arc::new(ledger));
        self
    }

    /// Also refuses what this view says was revoked, in each call: besides the runtime's own list, the view of
    /// the verifier, and views that were added before.
    pub fn revocations(mut self, view: Arc<dyn RevocationView>) -> Self {
        self.revocations.push(view);
        self
    }

    /// Remembers spent proofs elsewhere than in this process's memory, where they are remembered from the
    /// building of the runtime on. The guard of the verifier, if it was given one, is asked unless one is
    /// named here.
    pub fn replay_guard(mut self, guard: Arc<dyn ReplayGuard>) -> Self {
        self.replay_guard = Some(guard);
        self
    }

    /// Tells the time by another clock than the machine's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Builds the runtime.
    ///
    /// # Errors
    /// The first mistake that was made above.
    pub fn build(self) -> Result<Runtime, SetupError>
    where
        State: Audited,
    {
        if let Some(mistake) = self.mistake {
            return Err(mistake);
        }
        let clock = self.clock.unwrap_or_else(|| Box::new(SystemClock::start()));
        let clock = ForwardClock::new(clock);
        let given = self.verifier.given_replay_guard().map(Arc::clone);
        let replay_guard = self
            .replay_guard
            .or(given)
            .unwrap_or_else(|| Arc::new(MemoryReplayGuard::new(clock.now())));
        let of_verifier = self.verifier.revocation_view().map(Arc::clone);
        let views = self.revocations.into_iter().chain(of_verifier);
        let revocations = Arc::new(Revocations::new(views.collect()));
        let verifier = self
            .verifier
            .revocations(Arc::clone(&revocations) as Arc<dyn RevocationView>)
            .replay_guard(replay_guard);
        let in_memory = || Arc::new(MemoryBudgets::new()) as Arc<dyn BudgetLedger>;
        Ok(Runtime(Arc::new(Parts {
            verifier: RwLock::new(Arc::new(verifier)),
            revocations,
            budgets: self.budgets.unwrap_or_else(in_memory),
            clock,
            registry: self.registry,
            states: Arc::new(self.states),
            proposal_layers: self.proposal_layers,
            layers: self.layers,
            approval: self.approval,
            observe: self.observe,
            audit: self.state.into_ready().0,
            freezes: RwLock::new(FreezeList::none()),
        })))
    }

    fn note(mut self, step: Result<(), SetupError>) -> Self {
        if let Err(mistake) = step {
            self.mistake.get_or_insert(mistake);
        }
        self
    }
}

impl Builder<Ready> {
    /// Adds a second place for audit records. One that keeps a record is enough for its call to go on.
    pub fn audit(mut self, sink: impl AuditSink + 'static) -> Self {
        self.state.0.add(Arc::new(sink));
        self
    }
}

const fn within_bound(what: &'static str, found: usize) -> Result<(), SetupError> {
    if found <= MAX_LAYERS {
        Ok(())
    } else {
        Err(SetupError::TooMany {
            what,
            max: MAX_LAYERS,
            found,
        })
    }
}

impl<State> fmt::Debug for Builder<State> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("verifier", &self.verifier)
            .finish_non_exhaustive()
    }
}
