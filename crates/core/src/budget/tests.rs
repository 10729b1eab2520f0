use minicbor::{Decoder, Encoder};

use super::{Budget, BudgetId};
use crate::digest::Digest;
use crate::value::Arguments;

fn drawn(budget: &Budget, json: &str) -> Result<u64, &'static str> {
    let arguments = Arguments::from_json_slice(json.as_bytes()).unwrap();
    let id = BudgetId {
        block: Digest::of(b"block"),
        index: 0,
    };
    let charge = budget.charge(id, 0, &arguments);
    charge
        .map(|charge| charge.amount)
        .map_err(|refusal| refusal.code())
}

#[track_caller]
fn check(path: &str, json: &str, expected: Result<u64, &'static str>) {
    let budget = Budget::amount(path, 10_000).unwrap();
    assert_eq!(drawn(&budget, json), expected, "{path} of {json}");
}

const UNSOUND: Result<u64, &str> = Err("budget.amount_unsound");

#[test]
fn an_amount_is_drawn_as_it_stands() {
    check("amount_minor", r#"{"amount_minor":4500}"#, Ok(4_500));
    check("amount_minor", r#"{"amount_minor":0}"#, Ok(0));
}

#[test]
fn what_cannot_be_counted_is_refused() {
    for json in [
        r"{}",
        r#"{"amount_minor":null}"#,
        r#"{"amount_minor":-1}"#,
        r#"{"amount_minor":0.5}"#,
        r#"{"amount_minor":"45"}"#,
        r#"{"amount_minor":[45]}"#,
        r#"{"amount_minor":{"minor":45}}"#,
    ] {
        check("amount_minor", json, UNSOUND);
    }
}

#[test]
fn a_list_is_drawn_in_sum() {
    let json = r#"{"items":[{"n":1},{"n":20}]}"#;
    check("items[].n", json, Ok(21));
    check("items[].n", r#"{"items":[{"n":1},{}]}"#, UNSOUND);
    check("items[].n", r#"{"items":[]}"#, UNSOUND);
    check("items[]", r#"{"items":[3,4]}"#, Ok(7));
}

#[test]
fn one_more_than_the_whole_budget_is_refused_without_a_ledger() {
    check("n", r#"{"n":10000}"#, Ok(10_000));
    check("n", r#"{"n":10001}"#, Err("budget.exceeded"));
}

#[test]
fn calls_draw_one_and_bytes_what_the_canonical_arguments_take() {
    assert_eq!(drawn(&Budget::calls(1), r#"{"a":1}"#), Ok(1));
    // A map of one entry, the text `a`, the integer 1.
    assert_eq!(drawn(&Budget::argument_bytes(4), r#"{"a":1}"#), Ok(4));
    assert_eq!(
        drawn(&Budget::argument_bytes(3), r#"{"a":1}"#),
        Err("budget.exceeded")
    );
}

#[test]
fn what_is_written_reads_back() {
    let scope = || "write:*".parse().unwrap();
    for budget in [
        Budget::calls(1),
        Budget::calls(5).per_s(60),
        Budget::argument_bytes(9).on(scope()),
        Budget::amount("a.b[]", 9).unwrap().per_s(1).on(scope()),
    ] {
        let mut to = Encoder::new(Vec::new());
        budget.encode(&mut to).unwrap();
        let bytes = to.into_writer();
        assert_eq!(Budget::decode(&mut Decoder::new(&bytes)).unwrap(), budget);
    }
}

#[test]
fn a_budget_of_nothing_or_of_no_time_is_unsound() {
    for budget in [
        Budget::calls(0),
        Budget::calls(1 << 53),
        Budget::calls(1).per_s(0),
        Budget::calls(1).per_s(super::MAX_WINDOW_S + 1),
    ] {
        assert!(budget.check().is_err(), "{budget}");
    }
}
