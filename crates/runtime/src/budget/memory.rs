//! A ledger in this process's memory: the default.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use agentsudo_core::{BudgetId, BudgetRefusal, Charge, Digest, Timestamp};
use async_trait::async_trait;

use super::{BudgetLedger, Draw, LedgerFault, Reservation};

/// Most budgets that are counted at a time: 15 MB where they are for the whole life of a token, 200 MB where
/// each of them has a window and draws in all of it.
pub const MAX_MEMORY_BUDGETS: usize = 65_536;
/// The part of these that tokens of one root may take: so that no agent keeps the others out, with budgets
/// that it puts into delegations of its own.
const MAX_SHARE: usize = MAX_MEMORY_BUDGETS / 8;
/// How finely a window is counted.
const SLOTS_PER_WINDOW: u64 = 60;

/// Counts in memory: for one process, and until it ends.
///
/// A window slides: whichever moment one looks back from, the draws of the last `window_s` seconds are within
/// the budget. A draw counts at the time at which it was reserved, and for up to a sixtieth of the window longer
/// than the window, so that memory is bounded; of windows up to a minute, for not a second longer. A budget
/// without a window is counted until the token that it came with is over.
pub struct MemoryBudgets {
    max: usize,
    max_share: usize,
    memory: Mutex<Memory>,
}

struct Memory {
    drawn: BTreeMap<BudgetId, Drawn>,
    /// The same by the time at which they may be forgotten.
    ends: BTreeSet<(Timestamp, BudgetId)>,
    by_root: BTreeMap<Digest, usize>,
    /// The latest time that was ever told: whoever comes late with an earlier one is counted now.
    now: Timestamp,
}

/// What was drawn on one budget.
struct Drawn {
    root: Digest,
    forget_at: Timestamp,
    /// By the number of the slot of time, since 1970; without a window there is one slot.
    slots: BTreeMap<u64, u64>,
}

impl MemoryBudgets {
    /// Nothing has been drawn.
    #[must_use]
    pub fn new() -> Self {
        Self::with_room(MAX_MEMORY_BUDGETS, MAX_SHARE)
    }

    fn with_room(max: usize, max_share: usize) -> Self {
        Self {
            max,
            max_share,
            memory: Mutex::new(Memory {
                drawn: BTreeMap::new(),
                ends: BTreeSet::new(),
                by_root: BTreeMap::new(),
                now: Timestamp::EPOCH,
            }),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, draw: &Draw) -> Result<Timestamp, BudgetRefusal> {
        let mut memory = self.memory();
        memory.forget(draw.at);
        for (done, charge) in draw.charges.iter().enumerate() {
            let drawn = memory
                .check(charge, draw.root, (self.max, self.max_share))
                .map(|()| memory.add(charge, draw));
            if let Err(refusal) = drawn {
                let now = memory.now;
                for charge in draw.charges.iter().take(done) {
                    memory.give_back(charge, now);
                }
                return Err(refusal);
            }
        }
        Ok(memory.now)
    }
}

impl Default for MemoryBudgets {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl BudgetLedger for MemoryBudgets {
    async fn reserve(&self, draw: Draw) -> Result<Reservation, BudgetRefusal> {
        let counted_at = self.draw(&draw)?;
        Ok(Reservation::of(draw, counted_at))
    }

    async fn commit(&self, _: Reservation) -> Result<(), LedgerFault> {
        Ok(())
    }

    async fn release(&self, reservation: Reservation) -> Result<(), LedgerFault> {
        let mut memory = self.memory();
        for charge in &reservation.draw().charges {
            memory.give_back(charge, reservation.counted_at());
        }
        Ok(())
    }
}

impl Memory {
    fn forget(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        while let Some((forget_at, id)) = self.ends.first().copied()
            && forget_at <= self.now
        {
            self.remove(forget_at, id);
        }
    }

    fn remove(&mut self, forget_at: Timestamp, id: BudgetId) {
        self.ends.remove(&(forget_at, id));
        let Some(drawn) = self.drawn.remove(&id) else {
            return;
        };
        if let Some(share) = self.by_root.get_mut(&drawn.root) {
            *share -= 1;
            if *share == 0 {
                self.by_root.remove(&drawn.root);
            }
        }
    }

    /// Whether a charge fits into what is left, and whether there is room to count it.
    fn check(
        &mut self,
        charge: &Charge,
        root: Digest,
        (max, max_share): (usize, usize),
    ) -> Result<(), BudgetRefusal> {
        let known = self.drawn.get_mut(&charge.budget);
        let is_known = known.is_some();
        let spent = known.map_or(0, |drawn| drawn.spent(charge.window_s, self.now));
        let left = charge.max.saturating_sub(spent);
        if charge.amount > left {
            return Err(BudgetRefusal::Exceeded {
                measure: charge.measure.clone(),
                amount: charge.amount,
                left,
                max: charge.max,
                block: charge.block,
            });
        }
        let share = self.by_root.get(&root).copied().unwrap_or(0);
        if !is_known && (self.drawn.len() >= max || share >= max_share) {
            return Err(BudgetRefusal::LedgerUnavailable {
                reason: "no room to count one more budget".to_owned(),
            });
        }
        Ok(())
    }

    fn add(&mut self, charge: &Charge, draw: &Draw) {
        if charge.amount == 0 {
            return;
        }
        let (id, now) = (charge.budget, self.now);
        if !self.drawn.contains_key(&id) {
            *self.by_root.entry(draw.root).or_default() += 1;
        }
        let drawn = self.drawn.entry(id).or_insert_with(|| Drawn {
            root: draw.root,
            forget_at: Timestamp::EPOCH,
            slots: BTreeMap::new(),
        });
        self.ends.remove(&(drawn.forget_at, id));
        let forget_at = match charge.window_s {
            None => draw.ends_at,
            Some(window_s) => draw
                .ends_at
                .min(slot_ends_at(window_s, slot(window_s, now))),
        };
        drawn.forget_at = drawn.forget_at.max(forget_at);
        self.ends.insert((drawn.forget_at, id));
        let slot = charge.window_s.map_or(0, |window_s| slot(window_s, now));
        let amount = drawn.slots.entry(slot).or_default();
        *amount = amount.saturating_add(charge.amount);
    }

    fn give_back(&mut self, charge: &Charge, counted_at: Timestamp) {
        let Some(drawn) = self.drawn.get_mut(&charge.budget) else {
            return;
        };
        let slot = charge
            .window_s
            .map_or(0, |window_s| slot(window_s, counted_at));
        if let Some(amount) = drawn.slots.get_mut(&slot) {
            *amount = amount.saturating_sub(charge.amount);
            if *amount == 0 {
                drawn.slots.remove(&slot);
            }
        }
        if drawn.slots.is_empty() {
            let forget_at = drawn.forget_at;
            self.remove(forget_at, charge.budget);
        }
    }
}

impl Drawn {
    /// What counts now; forgets what does not any more.
    fn spent(&mut self, window_s: Option<u64>, now: Timestamp) -> u64 {
        if let Some(window_s) = window_s {
            self.slots
                .retain(|&slot, _| slot_ends_at(window_s, slot) > now);
        }
        self.slots
            .values()
            .fold(0, |sum, amount| sum.saturating_add(*amount))
    }
}

const fn slot_s(window_s: u64) -> u64 {
    let slot_s = window_s.div_ceil(SLOTS_PER_WINDOW);
    if slot_s == 0 { 1 } else { slot_s }
}

const fn slot(window_s: u64, now: Timestamp) -> u64 {
    now.unix_s() / slot_s(window_s)
}

/// The first second at which the window reaches back to no second of the slot.
fn slot_ends_at(window_s: u64, slot: u64) -> Timestamp {
    let slot_s = slot_s(window_s);
    let last_s = slot.saturating_mul(slot_s).saturating_add(slot_s - 1);
    Timestamp::from_unix_s(last_s).saturating_add_s(window_s)
}

impl fmt::Debug for MemoryBudgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBudgets")
            .field("max", &self.max)
            .field("counted", &self.memory().drawn.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
