//! Money that goes back: the cap, the idempotency key, and both under a race.

use std::sync::Barrier;
use std::thread;

use super::*;

#[track_caller]
fn check_refund(order: &str, amount_minor: u64, expected: Result<&str, &str>) {
    let found = refund(&seeded().shop, order, amount_minor, "key");
    let found = found
        .as_ref()
        .map(|refund| refund.id.as_str())
        .map_err(ShopError::code);
    assert_eq!(found, expected);
}

#[test]
fn a_whole_order_can_be_refunded() {
    check_refund("order_123", 12_900, Ok("refund_1"));
}

#[test]
fn one_minor_unit_over_the_total_is_refused() {
    check_refund("order_123", 12_901, Err("shop.refund_exceeds_total"));
}

#[test]
fn one_minor_unit_can_be_refunded() {
    check_refund("order_123", 1, Ok("refund_1"));
}

#[test]
fn a_refund_of_nothing_is_refused() {
    check_refund("order_123", 0, Err("shop.amount_out_of_range"));
}

#[test]
fn the_largest_amount_is_compared_with_the_order() {
    check_refund(
        "order_123",
        AMOUNT_MAX_MINOR,
        Err("shop.refund_exceeds_total"),
    );
}

#[test]
fn an_amount_past_the_largest_is_refused() {
    check_refund(
        "order_123",
        AMOUNT_MAX_MINOR + 1,
        Err("shop.amount_out_of_range"),
    );
}

#[test]
fn an_amount_that_the_database_cannot_hold_is_refused() {
    check_refund("order_123", u64::MAX, Err("shop.amount_out_of_range"));
}

#[test]
fn an_order_that_was_not_paid_is_not_refunded() {
    check_refund("order_126", 100, Err("shop.order_not_refundable"));
}

#[test]
fn an_order_that_does_not_exist_is_not_refunded() {
    check_refund("order_999", 100, Err("shop.order_unknown"));
}

#[test]
fn refunds_of_one_order_add_up_to_its_total_and_no_further() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 12_000, "a").unwrap();
    refund(&fixture.shop, "order_123", 900, "b").unwrap();
    let over = refund(&fixture.shop, "order_123", 1, "c").unwrap_err();
    assert_eq!(over.code(), "shop.refund_exceeds_total");
    assert_eq!(
        fixture
            .shop
            .order(&order_id("order_123"))
            .unwrap()
            .order
            .refunded_minor,
        12_900
    );
}

#[test]
fn a_repeated_key_returns_the_first_refund() {
    let fixture = seeded();
    let first = refund(&fixture.shop, "order_123", 5_000, "same").unwrap();
    let second = refund(&fixture.shop, "order_123", 5_000, "same").unwrap();
    assert_eq!(first, second);
    assert_eq!(
        fixture.shop.refunds(&order_id("order_123")).unwrap(),
        [first]
    );
}

#[test]
fn a_repeated_key_returns_the_first_refund_even_when_nothing_is_left() {
    let fixture = seeded();
    let first = refund(&fixture.shop, "order_123", 12_900, "same").unwrap();
    assert_eq!(
        refund(&fixture.shop, "order_123", 12_900, "same").unwrap(),
        first
    );
}

#[test]
fn a_repeated_key_with_another_amount_is_refused() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 5_000, "same").unwrap();
    let other = refund(&fixture.shop, "order_123", 5_001, "same").unwrap_err();
    assert_eq!(other.code(), "shop.idempotency_conflict");
}

#[test]
fn a_repeated_key_with_another_order_is_refused() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 500, "same").unwrap();
    let other = refund(&fixture.shop, "order_121", 500, "same").unwrap_err();
    assert_eq!(other.code(), "shop.idempotency_conflict");
}

/// Runs one refund per shop handle at the same moment; returns the codes of those refused.
fn race(shops: &[Shop], amount_minor: u64, key: impl Fn(usize) -> String + Sync) -> Vec<String> {
    let start = Barrier::new(shops.len());
    thread::scope(|scope| {
        let racers: Vec<_> = shops
            .iter()
            .enumerate()
            .map(|(racer, shop)| {
                let (start, key) = (&start, &key);
                scope.spawn(move || {
                    start.wait();
                    refund(shop, "order_123", amount_minor, &key(racer))
                })
            })
            .collect();
        racers
            .into_iter()
            .filter_map(|racer| racer.join().unwrap().err())
            .map(|error| error.code().to_owned())
            .collect()
    })
}

#[test]
fn of_two_racing_refunds_that_exceed_the_total_together_one_is_refused() {
    let fixture = seeded();
    let refused = race(
        &[fixture.shop.clone(), fixture.shop.clone()],
        7_000,
        |racer| format!("racer-{racer}"),
    );
    assert_eq!(refused, ["shop.refund_exceeds_total"]);
    assert_eq!(
        fixture.shop.refunds(&order_id("order_123")).unwrap().len(),
        1
    );
}

#[test]
fn the_cap_holds_between_connections_as_between_processes() {
    let fixture = seeded();
    let shops: Vec<_> = (0..6).map(|_| fixture.open_again()).collect();
    let refused = race(&shops, 5_000, |racer| format!("racer-{racer}"));
    assert_eq!(refused, ["shop.refund_exceeds_total"; 4]);
    assert_eq!(
        fixture
            .shop
            .order(&order_id("order_123"))
            .unwrap()
            .order
            .refunded_minor,
        10_000
    );
}

#[test]
fn racing_calls_with_one_key_refund_once() {
    let fixture = seeded();
    let shops: Vec<_> = (0..6).map(|_| fixture.open_again()).collect();
    let refused = race(&shops, 5_000, |_| "same".to_owned());
    assert_eq!(refused, [""; 0]);
    assert_eq!(
        fixture.shop.refunds(&order_id("order_123")).unwrap().len(),
        1
    );
}

#[test]
fn the_database_refuses_an_over_refund_even_without_the_check() {
    let fixture = seeded();
    let error = fixture
        .shop
        .change_blocking(|change| {
            change.execute(
                "INSERT INTO refunds
                    (order_id, amount_minor, currency, idempotency_key, issued_at_s)
                 VALUES ('order_123', 12901, 'EUR', 'unchecked', 0)",
                [],
            )?;
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.code(), "shop.unavailable");
    assert_eq!(fixture.shop.counts().unwrap().refunds, 0);
}
