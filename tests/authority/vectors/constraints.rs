//! Each kind of constraint that is not about a place: calls that pass it, and calls that do not.

use super::case::{
    Case, between, constrained, constraint_on, decimal, list, root_with, rule, uints,
};
use crate::authority::forge::{Cbor, at_most, constraint, field};

pub(super) fn cases() -> Vec<Case> {
    [
        tokens(),
        of_values(),
        of_lengths(),
        of_texts(),
        of_lists(),
        of_combinations(),
        of_negations(),
        of_scopes(),
    ]
    .concat()
}

/// The code of a breach, or `ok`.
fn code(breach: &str) -> String {
    if breach == "ok" {
        return breach.to_owned();
    }
    format!("constraint.{breach}")
}

/// An argument of a call: what it is, its JSON, and the breach.
pub(super) type Given = (&'static str, &'static str, &'static str);

/// Calls with one argument each, under one rule on it.
pub(super) fn calls(kind: u64, argument: &Cbor, values: &[Given]) -> Vec<Case> {
    let made = constrained(constraint("x", kind, argument.clone()));
    let cases = values.iter().map(|(name, json, breach)| {
        Case::of(*name, &made, &code(breach)).refunding(&format!(r#"{{"x":{json}}}"#))
    });
    cases.collect()
}

pub(super) fn https(hosts: &[&str]) -> Cbor {
    list([Cbor::texts(&["https"]), Cbor::texts(hosts)])
}

fn tokens() -> Vec<Case> {
    let text = Cbor::text;
    let half = || decimal(-1, 5);
    let url = list([
        Cbor::texts(&["https"]),
        Cbor::texts(&["shop.example", "*.cdn.example"]),
        uints([443, 8443]),
    ]);
    let two = list([rule(14, Cbor::Null), rule(3, text("a"))]);
    let arguments = [
        text("a"),
        Cbor::texts(&["a", "b"]),
        between(None, Some(5)),
        text("a"),
        list([half(), Cbor::Int(5)]),
        between(Some(1), None),
        text("order_*"),
        text("order_[0-9]+"),
        text("/srv/data"),
        url,
        text("*.shop.example"),
        Cbor::texts(&["10.0.0.0/8", "2001:db8::/32"]),
        Cbor::texts(&["a", "b"]),
        rule(5, between(None, Some(9))),
        Cbor::Null,
        two.clone(),
        two,
        rule(3, text("a")),
    ];
    let kinds = (0_u64..).zip(arguments);
    let constraints = kinds.map(|(kind, argument)| constraint("x[]", kind, argument));
    let every_kind = root_with(field::CONSTRAINTS, list(constraints));
    vec![
        Case::of(
            "valid-constraint",
            &constrained(at_most("amount_minor", 5_000)),
            "ok",
        ),
        Case::of("valid-every-kind", &every_kind, "ok"),
    ]
}

fn of_values() -> Vec<Case> {
    [
        calls(
            0,
            &Cbor::Uint(1),
            &[
                ("equals", "1", "ok"),
                ("equals-in-another-spelling", "1.0", "ok"),
                ("equals-another-number", "2", "not_equal"),
                ("equals-true", "true", "not_equal"),
                ("equals-a-text-of-it", "\"1\"", "not_equal"),
                ("equals-nothing", "null", "missing_argument"),
            ],
        ),
        calls(
            1,
            &list([
                Cbor::text("a"),
                Cbor::Bool(true),
                Cbor::Map(vec![(Cbor::text("k"), Cbor::Uint(1))]),
            ]),
            &[
                ("one-of", "true", "ok"),
                ("one-of-with-an-object", r#"{"k":1}"#, "ok"),
                (
                    "one-of-with-a-larger-object",
                    r#"{"k":1,"l":2}"#,
                    "not_one_of",
                ),
                ("one-of-with-1-for-true", "1", "not_one_of"),
            ],
        ),
        calls(
            2,
            &between(Some(-5), Some(5)),
            &[
                ("range-at-its-minimum", "-5", "ok"),
                ("range-at-its-maximum", "5", "ok"),
                ("range-below", "-6", "below_minimum"),
                ("range-above", "6", "above_maximum"),
                ("range-with-a-fraction", "0.5", "wrong_type"),
            ],
        ),
        calls(
            4,
            &list([decimal(-2, 25), decimal(-1, 5)]),
            &[
                ("decimal-range-at-its-minimum", "0.25", "ok"),
                ("decimal-range-at-its-maximum", "0.5", "ok"),
                ("decimal-range-below", "0.2499", "below_minimum"),
                ("decimal-range-above", "0.50000000000001", "above_maximum"),
                ("decimal-range-with-an-integer", "1", "above_maximum"),
                ("decimal-range-with-a-text", "\"0.3\"", "wrong_type"),
            ],
        ),
    ]
    .concat()
}

fn of_lengths() -> Vec<Case> {
    calls(
        5,
        &between(Some(1), Some(2)),
        &[
            ("length-of-a-text", "\"ab\"", "ok"),
            (
                "length-of-two-signs-of-four-bytes",
                "\"\u{1f600}\u{1f600}\"",
                "ok",
            ),
            (
                "length-of-an-accent-in-two-signs",
                "\"ae\u{301}\"",
                "too_long",
            ),
            ("length-of-no-text", "\"\"", "too_short"),
            ("length-of-a-list", "[1,2]", "ok"),
            ("length-of-a-longer-list", "[1,2,3]", "too_long"),
            ("length-of-an-object", r#"{"a":1}"#, "wrong_type"),
            ("length-of-a-number", "1", "wrong_type"),
        ],
    )
}

fn of_texts() -> Vec<Case> {
    [
        calls(
            3,
            &Cbor::text("order_"),
            &[
                ("prefix", "\"order_1\"", "ok"),
                ("prefix-alone", "\"order_\"", "ok"),
                ("prefix-in-upper-case", "\"Order_1\"", "prefix_mismatch"),
                ("prefix-after-a-space", "\" order_1\"", "prefix_mismatch"),
                ("prefix-in-a-list", "[\"order_1\"]", "wrong_type"),
            ],
        ),
        calls(
            6,
            &Cbor::text("docs/*/a*.txt"),
            &[
                ("glob", "\"docs/x/ab.txt\"", "ok"),
                ("glob-with-nothing-for-a-star", "\"docs//a.txt\"", "ok"),
                (
                    "glob-over-a-slash",
                    "\"docs/x/y/a.txt\"",
                    "pattern_mismatch",
                ),
                (
                    "glob-with-more-after-it",
                    "\"docs/x/a.txt.exe\"",
                    "pattern_mismatch",
                ),
                (
                    "glob-up-and-down-again",
                    "\"docs/../a.txt\"",
                    "malformed_argument",
                ),
                (
                    "glob-with-a-backslash",
                    r#""docs\\x/a.txt""#,
                    "malformed_argument",
                ),
                (
                    "glob-with-a-line-feed",
                    r#""docs/x/a\n.txt""#,
                    "malformed_argument",
                ),
            ],
        ),
        calls(
            7,
            &Cbor::text("order_[0-9]+|all"),
            &[
                ("expression", "\"order_12\"", "ok"),
                ("expression-of-another-branch", "\"all\"", "ok"),
                (
                    "expression-with-text-before",
                    "\"xorder_1\"",
                    "pattern_mismatch",
                ),
                (
                    "expression-with-text-after",
                    "\"order_1x\"",
                    "pattern_mismatch",
                ),
                (
                    "expression-with-a-line-feed-after",
                    r#""order_1\n""#,
                    "pattern_mismatch",
                ),
                (
                    "expression-with-wide-digits",
                    "\"order_\u{ff11}\"",
                    "pattern_mismatch",
                ),
                ("expression-with-a-number", "12", "wrong_type"),
            ],
        ),
    ]
    .concat()
}

fn of_lists() -> Vec<Case> {
    [
        calls(
            12,
            &list([Cbor::text("a"), Cbor::Uint(1)]),
            &[
                ("subset", "[1,\"a\",1]", "ok"),
                ("subset-with-another", "[1,\"b\"]", "not_subset"),
                ("subset-of-one-value", "\"a\"", "wrong_type"),
                ("subset-of-nothing", "[]", "empty_list"),
            ],
        ),
        calls(
            13,
            &rule(2, between(None, Some(5))),
            &[
                ("every", "[1,5]", "ok"),
                ("every-but-one", "[1,6,2]", "above_maximum"),
                ("every-but-a-text", "[1,\"2\"]", "wrong_type"),
                ("every-but-null", "[1,null]", "missing_argument"),
                ("every-of-nothing", "[]", "empty_list"),
                ("every-of-a-number", "1", "wrong_type"),
            ],
        ),
        calls(
            14,
            &Cbor::Null,
            &[
                ("absent-as-null", "null", "ok"),
                ("absent-as-no-text", "\"\"", "present"),
                ("absent-as-false", "false", "present"),
                ("absent-as-an-empty-list", "[]", "present"),
            ],
        ),
    ]
    .concat()
}

fn of_negations() -> Vec<Case> {
    [
        calls(
            17,
            &rule(3, Cbor::text("/etc")),
            &[
                ("not", "\"/srv\"", "ok"),
                ("not-what-is-forbidden", "\"/etc/passwd\"", "forbidden"),
                ("not-decided-of-a-number", "1", "wrong_type"),
                ("not-decided-of-a-list", "[\"/etc/passwd\"]", "wrong_type"),
                ("not-decided-of-null", "null", "missing_argument"),
            ],
        ),
        calls(
            17,
            &rule(11, Cbor::texts(&["10.0.0.0/8", "2001:db8::/32"])),
            &[
                ("not-in-a-network", "\"192.0.2.1\"", "ok"),
                (
                    "not-decided-of-an-address-in-ipv6",
                    "\"::ffff:10.0.0.1\"",
                    "malformed_argument",
                ),
            ],
        ),
        calls(
            17,
            &rule(13, rule(3, Cbor::text("a"))),
            &[
                ("not-every", "[\"a\",\"b\"]", "ok"),
                ("not-every-of-nothing", "[]", "empty_list"),
                ("not-every-with-a-number", "[\"b\",1]", "wrong_type"),
            ],
        ),
        calls(
            17,
            &rule(17, rule(17, rule(3, Cbor::text("a")))),
            &[
                ("not-not-not", "\"b\"", "ok"),
                ("not-not-not-what-is-forbidden", "\"a\"", "forbidden"),
            ],
        ),
    ]
    .concat()
}

fn of_combinations() -> Vec<Case> {
    let at_most = |max| rule(2, between(None, Some(max)));
    let at_least = |min| rule(2, between(Some(min), None));
    let optional = list([rule(14, Cbor::Null), rule(3, Cbor::text("order_"))]);
    let mut cases = [
        calls(
            15,
            &list([at_least(1), at_most(5)]),
            &[
                ("all", "3", "ok"),
                ("all-but-the-first", "0", "below_minimum"),
                ("all-but-the-last", "6", "above_maximum"),
                ("all-of-a-text", "\"3\"", "wrong_type"),
            ],
        ),
        calls(
            16,
            &optional,
            &[
                ("any-by-the-first", "null", "ok"),
                ("any-by-the-last", "\"order_1\"", "ok"),
                ("any-by-none", "\"x\"", "none_holds"),
                ("any-of-a-number", "1", "none_holds"),
            ],
        ),
    ]
    .concat();
    let absent = constrained(constraint("x", 14, Cbor::Null));
    cases.push(Case::of("absent", &absent, "ok").refunding("{}"));
    let elements =
        |names: &[&str]| constrained(list([Cbor::texts(names), Cbor::Uint(14), Cbor::Null]));
    let missing = "constraint.missing_argument";
    let cases_of_lists = [
        Case::of("absent-in-each-element", &elements(&["items[]", "x"]), "ok")
            .refunding(r#"{"items":[{},{"x":null}]}"#),
        Case::of("absent-in-no-list", &elements(&["items[]", "x"]), missing).refunding("{}"),
        Case::of(
            "absent-in-an-empty-list",
            &elements(&["items[]", "x"]),
            missing,
        )
        .refunding(r#"{"items":[]}"#),
        Case::of(
            "absent-in-a-list-below-a-text",
            &elements(&["a", "items[]"]),
            missing,
        )
        .refunding(r#"{"a":"b"}"#),
    ];
    cases.extend(cases_of_lists);
    let through = list([Cbor::texts(&["a", "x"]), Cbor::Uint(14), Cbor::Null]);
    cases.push(
        Case::of(
            "absent-through-a-text",
            &constrained(through),
            "constraint.wrong_type",
        )
        .refunding(r#"{"a":"b"}"#),
    );
    cases
}

/// A constraint for the calls of some scopes.
fn of_scopes() -> Vec<Case> {
    let on = |scope: &str| constrained(constraint_on("x", 2, between(None, Some(5)), scope));
    let much = r#"{"x":6}"#;
    let above = "constraint.above_maximum";
    vec![
        Case::of("for-the-scope", &on("write:refunds"), above).refunding(much),
        Case::of("for-a-pattern", &on("write:*"), above).refunding(much),
        Case::of("for-the-start-of-a-segment", &on("write:ref*"), above).refunding(much),
        Case::of("for-all-scopes", &on("**"), above).refunding(much),
        Case::of("for-another-scope", &on("write:orders"), "ok").refunding(much),
        Case::of("for-a-longer-scope", &on("write:refunds:*"), "ok").refunding(much),
        Case::of(
            "for-whatever-is-below-the-scope",
            &on("write:refunds:**"),
            "ok",
        )
        .refunding(much),
    ]
}
