//! Counting: what calls draw on the budgets of their tokens, and whoever counts it.
//!
//! Owns the seam to ledgers, and what a call holds while nobody knows yet how it ends. Leaves what a call
//! draws, and whether a reservation covers it, to the core. *Invariants:* a call with charges runs only after
//! all of them were reserved, in one step; what was reserved comes back only when the call certainly did not
//! take effect; a ledger that fails, hangs or panics refuses.

mod memory;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use agentsudo_core::{BudgetRefusal, CallId, Charge, Digest, Erased, Pending, Reserved, Timestamp};
use agentsudo_tools::{ToolError, ToolErrorKind};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

pub use memory::{MAX_MEMORY_BUDGETS, MemoryBudgets};

use crate::outcome::Denied;
use crate::pipeline::panic_message;

/// How long a ledger may take for one step: many times a round trip, short enough to notice.
pub const LEDGER_TIMEOUT: Duration = Duration::from_secs(5);

/// Counts what is drawn on budgets.
///
/// Several processes that accept the same tokens need one ledger: what is drawn here would be there again.
#[async_trait]
pub trait BudgetLedger: Send + Sync {
    /// Reserves all charges of a draw or none of them, in one step: of two draws at the same time on what is
    /// left for one, one is refused. One that is given up after [`LEDGER_TIMEOUT`] may have reserved all the
    /// same, and that stays.
    ///
    /// # Errors
    /// [`BudgetRefusal::Exceeded`] with what is left; [`BudgetRefusal::LedgerUnavailable`] when it cannot
    /// be counted.
    async fn reserve(&self, draw: Draw) -> Result<Reservation, BudgetRefusal>;

    /// The call took effect: what was reserved is spent.
    ///
    /// # Errors
    /// [`LedgerFault`]; the reservation stays.
    async fn commit(&self, reservation: Reservation) -> Result<(), LedgerFault>;

    /// The call certainly did not take effect: what was reserved may be drawn again.
    ///
    /// A reservation that is neither committed nor released belongs to a call whose outcome nobody knows. It
    /// stays, as if spent.
    ///
    /// # Errors
    /// [`LedgerFault`]; the reservation stays.
    async fn release(&self, reservation: Reservation) -> Result<(), LedgerFault>;
}

/// What one call draws, for a ledger to reserve.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Draw {
    /// The call, which names its reservation: no call draws twice.
    pub call: CallId,
    /// The id of the token's root block, for ledgers that give each root its share of their room.
    pub root: Digest,
    /// What it draws: at most one charge of each budget.
    pub charges: Vec<Charge>,
    /// The time of the attempt, by which it is counted.
    pub at: Timestamp,
    /// The first second at which no token with these budgets is valid, and they may be forgotten.
    pub ends_at: Timestamp,
}

/// What a ledger holds back for a call.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reservation stands for something that was taken out of a budget"]
pub struct Reservation {
    draw: Draw,
    counted_at: Timestamp,
}

impl Reservation {
    /// States that a draw was reserved, and counted at this time.
    pub const fn of(draw: Draw, counted_at: Timestamp) -> Self {
        Self { draw, counted_at }
    }

    /// What was reserved.
    #[must_use]
    pub const fn draw(&self) -> &Draw {
        &self.draw
    }

    /// The time at which it was counted.
    #[must_use]
    pub const fn counted_at(&self) -> Timestamp {
        self.counted_at
    }
}

/// A ledger did not write down how a call ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the ledger did not write down how the call ended: {reason}")]
pub struct LedgerFault {
    /// Why not.
    pub reason: String,
}

/// What a call holds of its token's budgets until it is known how it ends.
///
/// Dropped before the call starts, it is released; after that it stays, since nobody knows.
pub(crate) struct Hold {
    ledger: Arc<dyn BudgetLedger>,
    reservation: Option<Reservation>,
    has_started: bool,
}

impl Hold {
    /// Reserves what a call draws, if it draws anything.
    pub(crate) async fn take(
        ledger: &Arc<dyn BudgetLedger>,
        pending: Pending<Erased>,
        at: Timestamp,
        ends_at: impl FnOnce() -> Timestamp,
    ) -> Result<(Pending<Erased>, Self), Denied> {
        let mut hold = Self {
            ledger: Arc::clone(ledger),
            reservation: None,
            has_started: false,
        };
        let charges = pending.obligations().charges();
        let root = pending.call().chain().iter().next().map(|link| link.block);
        let (false, Some(root)) = (charges.is_empty(), root) else {
            return Ok((pending, hold));
        };
        let draw = Draw {
            call: pending.call().id(),
            root,
            charges: charges.to_vec(),
            at,
            ends_at: ends_at(),
        };
        let refused = |refusal: BudgetRefusal| Denied::Refused(refusal.into());
        let reservation = ask(ledger.reserve(draw))
            .await
            .map_err(|reason| refused(BudgetRefusal::LedgerUnavailable { reason }))?
            .map_err(refused)?;
        let reserved = Reserved::of(reservation.draw.charges.clone());
        hold.reservation = Some(reservation);
        let pending = pending.reserved_by(&reserved).map_err(refused)?;
        Ok((pending, hold))
    }

    /// From here on the call may have taken effect.
    pub(crate) const fn start(&mut self) {
        self.has_started = true;
    }

    /// Writes down how the call ended.
    pub(crate) async fn settle<T>(mut self, result: &Result<T, ToolError>) {
        let Some(reservation) = self.reservation.take() else {
            return;
        };
        let call = reservation.draw.call;
        let step = match result.as_ref().map_err(ToolError::kind) {
            Ok(_) => self.ledger.commit(reservation),
            Err(ToolErrorKind::Permanent | ToolErrorKind::Retryable) => {
                self.ledger.release(reservation)
            }
            Err(ToolErrorKind::OutcomeUnknown) => return,
        };
        write_down(call, step).await;
    }

    /// The call did not run.
    pub(crate) async fn release(mut self) {
        if let Some(reservation) = self.reservation.take() {
            let call = reservation.draw.call;
            write_down(call, self.ledger.release(reservation)).await;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(reservation) = self.reservation.take() else {
            return;
        };
        if self.has_started {
            return;
        }
        // Without an executor left it stays drawn, which is the safe side.
        if let Ok(executor) = tokio::runtime::Handle::try_current() {
            let (ledger, call) = (Arc::clone(&self.ledger), reservation.draw.call);
            drop(executor.spawn(async move {
                write_down(call, ledger.release(reservation)).await;
            }));
        }
    }
}

/// What fails here leaves the reservation where it is: the budget is smaller than it need be, never larger.
async fn write_down(call: CallId, step: BoxFuture<'_, Result<(), LedgerFault>>) {
    let written = ask(step)
        .await
        .and_then(|written| written.map_err(|fault| fault.reason));
    if let Err(reason) = written {
        tracing::error!(%call, reason, "ledger did not write down how a call ended");
    }
}

/// Waits for one step of a ledger. One that panics or hangs has failed.
async fn ask<T>(step: BoxFuture<'_, T>) -> Result<T, String> {
    match tokio::time::timeout(LEDGER_TIMEOUT, AssertUnwindSafe(step).catch_unwind()).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(panic)) => Err(format!("it panicked: {}", panic_message(&*panic))),
        Err(_) => {
            let limit_s = LEDGER_TIMEOUT.as_secs();
            Err(format!("it did not answer within {limit_s} s"))
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("reservation", &self.reservation)
            .field("has_started", &self.has_started)
            .finish_non_exhaustive()
    }
}
