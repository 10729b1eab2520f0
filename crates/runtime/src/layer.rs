//! Middleware around calls, in two phases whose order the types fix.
//!
//! A [`ProposalLayer`] stands before authorization and may edit what is proposed. A [`Layer`] stands after
//! it, sees an authorized call and cannot change it: it can only let it go on, answer in its place, or
//! change what is returned. Approval and audit are no entries of this list: their places are fixed, inside
//! of all layers, so that no order of layers goes without them.
//!
//! *Invariant:* a [`Next`] is used up by running it, so a call runs at most once.

use std::fmt;
use std::sync::Arc;

use agentsudo_core::{CallView, Refusal};
use async_trait::async_trait;
use futures_util::future::BoxFuture;

use crate::outcome::Outcome;
use crate::proposed::Proposed;

/// Most layers of each phase.
pub const MAX_LAYERS: usize = 64;

/// Edits proposed calls before anything is decided about them.
#[async_trait]
pub trait ProposalLayer: Send + Sync {
    /// The layer's name, for refusals and faults.
    fn name(&self) -> &str;

    /// Edits the proposal in place.
    ///
    /// # Errors
    /// A [`Refusal`] ends the call.
    async fn edit(&self, proposed: &mut Proposed) -> Result<(), Refusal>;
}

/// Middleware around authorized calls.
///
/// ```
/// use agentsudo_runtime::{CallView, Layer, Next, Outcome};
///
/// struct Announce;
///
/// #[agentsudo_runtime::async_trait]
/// impl Layer for Announce {
///     fn name(&self) -> &str {
///         "announce"
///     }
///
///     async fn handle(&self, call: &CallView, next: Next<'_>) -> Outcome {
///         println!("{} calls {}", call.chain(), call.requirement().tool());
///         next.run().await
///     }
/// }
/// ```
#[async_trait]
pub trait Layer: Send + Sync {
    /// The layer's name, for refusals and faults.
    fn name(&self) -> &str;

    /// Lets the call go on with [`Next::run`], or answers in its place.
    ///
    /// Holding a call back without running it refuses it in effect; a panic or a hang refuses it too.
    async fn handle(&self, call: &CallView, next: Next<'_>) -> Outcome;
}

/// The rest of a call's way: the layers further in, approval, audit and the tool.
#[must_use = "a call that is not run further is refused in effect"]
pub struct Next<'a> {
    layers: &'a [Arc<dyn Layer>],
    call: &'a CallView,
    terminal: Terminal<'a>,
}

/// What the innermost `Next` runs.
pub(crate) type Terminal<'a> = Box<dyn FnOnce() -> BoxFuture<'a, Outcome> + Send + 'a>;

impl<'a> Next<'a> {
    pub(crate) fn new(
        layers: &'a [Arc<dyn Layer>],
        call: &'a CallView,
        terminal: Terminal<'a>,
    ) -> Self {
        Self {
            layers,
            call,
            terminal,
        }
    }

    /// Goes on.
    pub async fn run(self) -> Outcome {
        match self.layers.split_first() {
            None => (self.terminal)().await,
            Some((layer, layers)) => {
                layer
                    .handle(
                        self.call,
                        Next {
                            layers,
                            call: self.call,
                            terminal: self.terminal,
                        },
                    )
                    .await
            }
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next")
            .field("layers_left", &self.layers.len())
            .finish_non_exhaustive()
    }
}

/// Makes a layer of a closure.
///
/// ```
/// use agentsudo_runtime::layer_fn;
///
/// let quiet = layer_fn("quiet", |_call, next| Box::pin(next.run()));
/// ```
pub fn layer_fn<F>(name: impl Into<String>, handle: F) -> impl Layer
where
    F: for<'a> Fn(CallView, Next<'a>) -> BoxFuture<'a, Outcome> + Send + Sync,
{
    LayerFn {
        name: name.into(),
        handle,
    }
}

struct LayerFn<F> {
    name: String,
    handle: F,
}

#[async_trait]
impl<F> Layer for LayerFn<F>
where
    F: for<'a> Fn(CallView, Next<'a>) -> BoxFuture<'a, Outcome> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    async fn handle(&self, call: &CallView, next: Next<'_>) -> Outcome {
        (self.handle)(call.clone(), next).await
    }
}
