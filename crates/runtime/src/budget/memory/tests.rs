use agentsudo_core::{ArgPath, BudgetId, CallId, Charge, Digest, Measure, Timestamp};

use super::super::{BudgetLedger as _, Draw, Reservation};
use super::MemoryBudgets;

const NOW_S: u64 = 1_800_000_000;
const DAY_S: u64 = 86_400;

fn charge(budget: u8, amount: u64, max: u64, window_s: Option<u64>) -> Charge {
    Charge {
        budget: BudgetId {
            block: Digest::of(&[budget]),
            index: 0,
        },
        measure: Measure::Amount(ArgPath::parse("amount_minor").unwrap()),
        amount,
        max,
        window_s,
        block: 0,
    }
}

fn draw(root: u8, charges: Vec<Charge>, at_s: u64) -> Draw {
    Draw {
        call: CallId::from_bytes([0; CallId::LEN_BYTES]),
        root: Digest::of(&[root]),
        charges,
        at: Timestamp::from_unix_s(at_s),
        ends_at: Timestamp::from_unix_s(NOW_S + DAY_S),
    }
}

async fn reserve(
    budgets: &MemoryBudgets,
    charges: Vec<Charge>,
    at_s: u64,
) -> Result<Reservation, &'static str> {
    let reserved = budgets.reserve(draw(0, charges, at_s)).await;
    reserved.map_err(|refusal| refusal.code())
}

/// Draws one of a budget of `max` at each of these seconds from now, and says which succeeded.
async fn drawn_at(max: u64, window_s: Option<u64>, seconds: &[u64]) -> Vec<u64> {
    let budgets = MemoryBudgets::new();
    let mut drawn = Vec::new();
    for &after_s in seconds {
        let one = vec![charge(1, 1, max, window_s)];
        if reserve(&budgets, one, NOW_S + after_s).await.is_ok() {
            drawn.push(after_s);
        }
    }
    drawn
}

#[tokio::test]
async fn a_window_of_seconds_slides_by_the_second() {
    let at = [0, 1, 9, 10, 11, 12];
    assert_eq!(drawn_at(2, Some(10), &at).await, [0, 1, 10, 11]);
}

/// A window that begins anew at fixed times would let twice as much through around each of them.
#[tokio::test]
async fn no_stretch_as_long_as_a_window_ever_sees_more_than_the_budget() {
    for window_s in [1_u64, 7, 60, 61, 600, 3_600] {
        let step_s = window_s.div_ceil(100);
        let tries: Vec<_> = (0..500).map(|i| i * step_s).collect();
        let drawn = drawn_at(3, Some(window_s), &tries).await;
        for first in &drawn {
            let within = drawn
                .iter()
                .filter(|&at| (*first..first + window_s).contains(at));
            assert!(
                within.count() <= 3,
                "window of {window_s} s from {first}: {drawn:?}"
            );
        }
        // It is not much longer than it says, either.
        let longest_s = window_s + window_s.div_ceil(60) + step_s;
        assert!(drawn.windows(4).all(|four| four[3] - four[0] <= longest_s));
    }
}

#[tokio::test]
async fn without_a_window_nothing_comes_back_while_the_token_lives() {
    assert_eq!(drawn_at(1, None, &[0, 60, DAY_S - 1]).await, [0]);
}

#[tokio::test]
async fn what_ends_with_its_token_is_forgotten() {
    let budgets = MemoryBudgets::new();
    let _ = reserve(&budgets, vec![charge(1, 1, 1, None)], NOW_S).await;
    let _ = reserve(&budgets, vec![charge(2, 1, 1, Some(60))], NOW_S).await;
    assert_eq!(budgets.memory().drawn.len(), 2);
    budgets.memory().forget(Timestamp::from_unix_s(NOW_S + 59));
    assert_eq!(budgets.memory().drawn.len(), 2);
    budgets.memory().forget(Timestamp::from_unix_s(NOW_S + 60));
    assert_eq!(budgets.memory().drawn.len(), 1);
    budgets
        .memory()
        .forget(Timestamp::from_unix_s(NOW_S + DAY_S));
    let memory = budgets.memory();
    assert!(memory.drawn.is_empty() && memory.ends.is_empty() && memory.by_root.is_empty());
}

#[tokio::test]
async fn a_clock_set_back_brings_nothing_back() {
    assert_eq!(
        drawn_at(1, Some(10), &[5, 20, 0, 19, 29, 30]).await,
        [5, 20, 30]
    );
}

#[tokio::test]
async fn all_or_nothing_over_several_budgets() {
    let budgets = MemoryBudgets::new();
    let both = |amount| vec![charge(1, amount, 10, None), charge(2, amount, 5, Some(60))];
    assert_eq!(
        reserve(&budgets, both(6), NOW_S).await,
        Err("budget.exceeded")
    );
    let first = vec![charge(1, 10, 10, None)];
    assert!(
        reserve(&budgets, first, NOW_S).await.is_ok(),
        "nothing was drawn"
    );
}

#[tokio::test]
async fn what_is_released_may_be_drawn_again_and_what_is_committed_may_not() {
    let budgets = MemoryBudgets::new();
    for window_s in [None, Some(60), Some(DAY_S)] {
        let all = || vec![charge(1, 10, 10, window_s)];
        let held = reserve(&budgets, all(), NOW_S).await.unwrap();
        assert_eq!(
            reserve(&budgets, all(), NOW_S + 1).await,
            Err("budget.exceeded")
        );
        budgets.release(held).await.unwrap();
        let held = reserve(&budgets, all(), NOW_S + 1).await.unwrap();
        budgets.commit(held).await.unwrap();
        assert_eq!(
            reserve(&budgets, all(), NOW_S + 1).await,
            Err("budget.exceeded")
        );
        budgets.memory().remove(Timestamp::EPOCH, all()[0].budget);
    }
}

#[tokio::test]
async fn a_release_that_comes_late_gives_back_no_draw_of_another() {
    let budgets = MemoryBudgets::new();
    let all = || vec![charge(1, 10, 10, Some(60))];
    let first = reserve(&budgets, all(), NOW_S).await.unwrap();
    let _second = reserve(&budgets, all(), NOW_S + 60).await.unwrap();
    budgets.release(first).await.unwrap();
    assert_eq!(
        reserve(&budgets, all(), NOW_S + 60).await,
        Err("budget.exceeded")
    );
}

#[tokio::test]
async fn a_full_ledger_refuses_new_budgets_counts_known_ones_and_has_room_again() {
    let budgets = MemoryBudgets::with_room(2, 2);
    let one = |budget, after_s| {
        reserve(
            &budgets,
            vec![charge(budget, 1, 9, Some(60))],
            NOW_S + after_s,
        )
    };
    assert!(one(1, 0).await.is_ok());
    assert!(one(2, 0).await.is_ok());
    assert_eq!(one(3, 0).await, Err("budget.ledger_unavailable"));
    assert!(one(1, 1).await.is_ok());
    assert!(one(3, 60).await.is_ok(), "budget 2 was forgotten");
}

#[tokio::test]
async fn tokens_of_one_root_do_not_fill_the_ledger() {
    let budgets = MemoryBudgets::with_room(4, 2);
    let mut codes = Vec::new();
    for (root, budget) in [(0, 1), (0, 2), (0, 3), (1, 4)] {
        let draw = draw(root, vec![charge(budget, 1, 9, None)], NOW_S);
        codes.push(
            budgets
                .reserve(draw)
                .await
                .map_or_else(|refusal| refusal.code(), |_| "ok"),
        );
    }
    assert_eq!(codes, ["ok", "ok", "budget.ledger_unavailable", "ok"]);
}

#[tokio::test]
async fn a_refusal_says_what_is_left() {
    let budgets = MemoryBudgets::new();
    let _ = reserve(&budgets, vec![charge(1, 7, 10, None)], NOW_S).await;
    let refusal = budgets
        .reserve(draw(0, vec![charge(1, 4, 10, None)], NOW_S))
        .await;
    let agentsudo_core::BudgetRefusal::Exceeded {
        amount, left, max, ..
    } = refusal.unwrap_err()
    else {
        panic!("exceeded");
    };
    assert_eq!((amount, left, max), (4, 3, 10));
}
