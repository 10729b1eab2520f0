//! What each kind of rule takes and refuses, with the values that were made to get past it.

use agentsudo_core::{
    Arguments, Constraint, Decimal, MAX_MATCHED_LEN_BYTES, Rule, Value, absent, at_least, at_most,
    cidr, decimal_at_least, decimal_at_most, decimal_between, email_domain, equals, every, glob,
    length, length_at_least, length_at_most, not, regex, subpath, subset_of, url,
};
use serde_json::{Value as Json, json};

use super::actors::{bot, check as check_token, issuer, researcher, root_fields};
use super::constraint_addresses::shop;
use super::forge::{Cbor, Fields, Forgery, constraint, field};

/// The rule on `x`, over arguments: `ok`, or the code of the violation without its first word.
#[track_caller]
pub(super) fn found(rule: Rule, arguments: &Json) -> &'static str {
    let constraint = Constraint::new("x", rule).unwrap();
    let arguments = Arguments::from_json(arguments).unwrap();
    let code = constraint
        .check(&arguments)
        .map_or_else(|violation| violation.code(), |()| "constraint.ok");
    code.strip_prefix("constraint.").unwrap()
}

#[track_caller]
pub(super) fn check(rule: Rule, value: impl Into<Json>, expected: &str) {
    let value = value.into();
    assert_eq!(found(rule, &json!({ "x": value })), expected, "{value}");
}

/// Each text gives the same answer.
#[track_caller]
pub(super) fn check_each<'a>(
    rule: impl Fn() -> Rule,
    texts: impl IntoIterator<Item = &'a str>,
    expected: &str,
) {
    for text in texts {
        check(rule(), text, expected);
    }
}

#[track_caller]
pub(super) fn check_unsound(rule: Rule, expected: &str) {
    let built = Constraint::new("x", rule).map(|constraint| constraint.to_string());
    assert_eq!(built.unwrap_err().code(), expected);
}

fn decimal(mantissa: i64, scale: u8) -> Decimal {
    Decimal::new(mantissa, scale).unwrap()
}

#[test]
fn every_kind_but_absent_refuses_what_is_missing_or_null() {
    for rule in [
        decimal_at_most(1),
        length_at_most(1),
        glob("*"),
        regex(".*"),
        subpath("/"),
        url(["https"], ["a.example"]),
        email_domain("a.example"),
        cidr(["0.0.0.0/0"]),
        subset_of([1]),
    ] {
        assert_eq!(found(rule.clone(), &json!({})), "missing_argument");
        check(rule, Json::Null, "missing_argument");
    }
    check(absent(), Json::Null, "ok");
}

#[test]
fn rules_on_text_refuse_all_other_types() {
    for rule in [
        glob("*"),
        regex(".*"),
        subpath("/"),
        url(["https"], ["a.example"]),
        email_domain("a.example"),
        cidr(["0.0.0.0/0"]),
    ] {
        for value in [json!(1), json!(1.5), json!(true), json!(["/a"]), json!({})] {
            check(rule.clone(), value, "wrong_type");
        }
    }
}

#[test]
fn integers_and_decimals_compare_as_numbers() {
    let most = || decimal_at_most(5_000);
    check(most(), 5000, "ok");
    check(most(), json!(5e3), "ok");
    check(most(), json!(4999.9999), "ok");
    check(most(), json!(5000.0001), "above_maximum");
    check(most(), json!(5000.00000000001), "above_maximum");
    check(most(), "5000", "wrong_type");
    check(most(), true, "wrong_type");
    check(most(), json!([1]), "wrong_type");
    let least = || decimal_at_least(decimal(-15, 1));
    check(least(), json!(-1.5), "ok");
    check(least(), -1, "ok");
    check(least(), -2, "below_minimum");
    check(least(), json!(-1.500_000_01), "below_minimum");
    let tiny = || decimal_between(decimal(1, 18), decimal(3, 18));
    check(tiny(), json!(1e-18), "ok");
    check(tiny(), json!(3e-18), "ok");
    check(tiny(), json!(4e-18), "above_maximum");
    check(tiny(), 0, "below_minimum");
    check(
        decimal_at_most(9_007_199_254_740_991_i64),
        9_007_199_254_740_991_i64,
        "ok",
    );
}

#[test]
fn an_integer_range_takes_no_decimals() {
    check(at_most(5000), json!(4999.5), "wrong_type");
    check(at_most(5000), "5000", "wrong_type");
    check(at_most(5000), json!(5e3), "ok");
}

#[test]
fn lengths_count_characters_and_elements() {
    check(length(2, 3), "ab", "ok");
    check(length(2, 3), "äöü", "ok");
    check(length(2, 3), "\u{1f642}", "too_short");
    check(length(2, 3), "a", "too_short");
    check(length(2, 3), "abcd", "too_long");
    // One letter to the eye, two to the rule.
    check(length_at_most(1), "e\u{301}", "too_long");
    check(length_at_most(1), "a\u{200b}", "too_long");
    check(length_at_most(2), json!([1, "b"]), "ok");
    check(length_at_most(2), json!([1, 2, 3]), "too_long");
    check(length_at_least(1), json!([]), "too_short");
    check(length_at_least(1), json!({"a": 1}), "wrong_type");
    check(length_at_least(1), 12, "wrong_type");
}

#[test]
fn a_star_stands_for_anything_but_a_slash() {
    let csv = || glob("/data/*.csv");
    check_each(csv, ["/data/a.csv", "/data/.csv", "/data/a.b.csv"], "ok");
    check_each(
        csv,
        [
            "/data/a/b.csv",
            "/data/a.csv/",
            "/data/a.CSV",
            "data/a.csv",
            "/data//a.csv",
        ],
        "pattern_mismatch",
    );
    check(glob("order_*"), "order_", "ok");
    check(glob("order_*"), "Order_1", "pattern_mismatch");
    check(glob("*a*b*"), "xxaxxbxx", "ok");
    check(glob("*a*b*"), "xxbxxaxx", "pattern_mismatch");
    check(glob("ab*ba"), "aba", "pattern_mismatch");
    check(glob("plain"), "plain", "ok");
}

#[test]
fn a_glob_takes_nothing_that_another_reader_takes_for_something_else() {
    check_each(
        || glob("/data/*/x"),
        [
            "/data/../x",
            "/data/./x",
            "/data/..\\y/x",
            "/data/a\n/x",
            "/data/a\0/x",
            "/data/a\u{85}/x",
        ],
        "malformed_argument",
    );
    check(glob("/data/*/x"), "/data/.../x", "ok");
}

#[test]
fn globs_of_other_dialects_are_unsound() {
    for pattern in [
        "", "a?", "[ab]", "{a,b}", "a\\*", "**", "a/**/b", "a/../*", "a\n",
    ] {
        check_unsound(glob(pattern), "constraint.invalid_glob");
    }
    assert!(Constraint::new("x", glob("a".repeat(256))).is_ok());
    check_unsound(glob("a".repeat(257)), "constraint.invalid_glob");
}

#[test]
fn a_glob_of_many_stars_is_fast() {
    let pattern = "*a".repeat(120) + "b";
    check(glob(pattern), "a".repeat(60_000), "pattern_mismatch");
}

#[test]
fn a_regular_expression_matches_the_whole_text() {
    let id = || regex("order_[0-9]+");
    check(id(), "order_123", "ok");
    check_each(
        id,
        [
            "order_123\n",
            "\norder_123",
            "xorder_1",
            "order_1x",
            "order_",
            "order_1\u{200b}",
        ],
        "pattern_mismatch",
    );
    // Fullwidth and Arabic digits are digits to some engines.
    check_each(
        || regex(r"\d+"),
        ["\u{ff11}", "\u{661}"],
        "pattern_mismatch",
    );
    check(regex("a|b"), "ab", "pattern_mismatch");
    check(regex("(?m)^a$"), "a\na", "pattern_mismatch");
    check(regex("(?m)a$"), "a\n", "pattern_mismatch");
    check(regex("a.b"), "a\nb", "pattern_mismatch");
    check(regex("(?i)straße"), "STRAßE", "ok");
}

#[test]
fn an_expression_cannot_leave_the_group_that_anchors_it() {
    for pattern in [
        "a)|(?:b",
        "a)|b|(?:c",
        "(?x)a #",
        "(?x)a|b # )",
        "a\\",
        "(",
        "*",
        "a{2",
        "(?=a)",
        r"(a)\1",
    ] {
        let built = Constraint::new("x", regex(pattern));
        match built {
            Err(error) => assert_eq!(error.code(), "constraint.invalid_pattern"),
            Ok(_) => check(regex(pattern), "evil b evil", "pattern_mismatch"),
        }
    }
    check_unsound(regex("a)|(?:b"), "constraint.invalid_pattern");
}

#[test]
fn expressions_have_a_length_and_a_size() {
    assert!(Constraint::new("x", regex("a".repeat(256))).is_ok());
    for pattern in [
        String::new(),
        "a".repeat(257),
        "(a{1000}){1000}".to_owned(),
        r"\w{5000}".to_owned(),
        "a\nb".to_owned(),
    ] {
        check_unsound(regex(pattern), "constraint.invalid_pattern");
    }
}

#[test]
fn expressions_that_never_end_elsewhere_end_here() {
    for pattern in ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*b", "(a*)*(a*)*b"] {
        let longest = "a".repeat(MAX_MATCHED_LEN_BYTES);
        check(regex(pattern), longest.as_str(), "pattern_mismatch");
        check(regex(pattern), longest + "a", "malformed_argument");
    }
}

#[test]
fn the_expressions_of_a_constraint_share_a_bound() {
    let ids = |count: usize| json!(vec!["a".repeat(512); count]);
    check(every(regex("a*")), ids(4), "ok");
    check(every(regex("a*")), ids(5), "malformed_argument");
    check(not(every(regex("b*"))), ids(5), "malformed_argument");
}

#[test]
fn a_token_has_16_regular_expressions_and_no_more() {
    let signed = |count: usize| {
        let regexes = || Cbor::List(vec![constraint("x", 7, Cbor::text("a+")); count]);
        let root = root_fields().with(field::CONSTRAINTS, regexes());
        let child = Fields::delegation("researcher", &researcher());
        let child = child.with(field::CONSTRAINTS, regexes());
        Forgery::root(&root, &issuer()).then(&child, &bot()).bytes()
    };
    check_token(&signed(8), "ok");
    check_token(&signed(9), "token.constraint_unsound");
    // Those inside of other rules count too.
    let inner = Cbor::List(vec![Cbor::Uint(7), Cbor::text("a+")]);
    let all = |count: usize| {
        let rules = Cbor::List(vec![inner.clone(); count]);
        let list = Cbor::List(vec![constraint("x", 15, rules)]);
        Forgery::root(&root_fields().with(field::CONSTRAINTS, list), &issuer()).bytes()
    };
    check_token(&all(16), "ok");
    check_token(&all(17), "token.constraint_unsound");
}

#[test]
fn a_path_is_compared_name_by_name() {
    let data = || subpath("/srv/data");
    check_each(
        data,
        [
            "/srv/data",
            "/srv/data/",
            "/srv/data/a",
            "/srv//data/./a",
            "/srv/data/a/../b",
            "/srv/x/../data/a",
            "/srv/data/...",
            "/srv/data/..a",
        ],
        "ok",
    );
    check_each(
        data,
        [
            "/srv",
            "/",
            "/srv/database",
            "/srv/data/../x",
            "/srv/data/a/../../x",
            "/srv/Data/a",
            "/srv/d\u{430}ta/a",
            "/srv/data\u{200b}/a",
            "/srv/data /a",
            "/srv/data\u{2215}a",
        ],
        "outside_path",
    );
}

#[test]
fn a_path_that_readers_disagree_about_is_refused() {
    check_each(
        || subpath("/srv/data"),
        [
            "",
            "srv/data/a",
            "./srv/data/a",
            "//srv/data/a",
            "/../srv/data/a",
            "/srv/data/../../../srv/data/a",
            "/srv/data/%2e%2e/x",
            "/srv/data/%252e",
            "/srv/data/..\\x",
            "\\srv\\data",
            "/srv/data/a\0.txt",
            "/srv/data/a\n",
            "/srv/data/\u{7f}",
        ],
        "malformed_argument",
    );
    check(
        subpath("/srv"),
        "/srv/".to_owned() + &"a".repeat(4_091),
        "ok",
    );
    check(
        subpath("/srv"),
        "/srv/".to_owned() + &"a".repeat(4_092),
        "malformed_argument",
    );
}

#[test]
fn a_relative_base_takes_relative_paths() {
    let docs = || subpath("docs/en");
    check_each(
        docs,
        ["docs/en", "docs/en/a", "./docs/en/a", "docs/x/../en"],
        "ok",
    );
    check_each(docs, ["docs", "docs/end", "en/docs", "."], "outside_path");
    check_each(
        docs,
        ["/docs/en/a", "../docs/en/a", "docs/../../docs/en"],
        "malformed_argument",
    );
    check(subpath("/"), "/any/thing", "ok");
    check(subpath("/"), "any", "malformed_argument");
}

#[test]
fn a_base_that_is_not_in_normal_form_is_unsound() {
    for base in [
        "", ".", "./a", "/a/", "//a", "/a//b", "/a/../b", "a\\b", "/a%20", "/a\n",
    ] {
        check_unsound(subpath(base), "constraint.invalid_base_path");
    }
}

#[test]
fn a_subset_has_known_elements_and_one_at_least() {
    let tags = || subset_of(["a", "b"]);
    check(tags(), json!(["a"]), "ok");
    check(tags(), json!(["b", "a", "b"]), "ok");
    check(tags(), json!([]), "empty_list");
    for list in [
        json!(["a", "c"]),
        json!(["A"]),
        json!(["a\u{200b}"]),
        json!([["a"]]),
        json!([null]),
        json!([1]),
    ] {
        check(tags(), list, "not_subset");
    }
    check(tags(), "a", "wrong_type");
    check(tags(), json!({"a": "a"}), "wrong_type");
    check(subset_of([1]), json!([1.0]), "ok");
    check_unsound(subset_of([0; 0]), "constraint.choice_count");
    assert!(Constraint::new("x", subset_of(0..256)).is_ok());
    check_unsound(subset_of(0..257), "constraint.choice_count");
}

#[test]
fn ranges_that_allow_nothing_or_all_are_unsound() {
    check_unsound(decimal_between(1, decimal(5, 1)), "constraint.empty_range");
    check_unsound(length(2, 1), "constraint.empty_range");
    check_unsound(
        Rule::Length {
            min: None,
            max: None,
        },
        "constraint.unbounded_range",
    );
    check_unsound(
        Rule::DecimalRange {
            min: None,
            max: None,
        },
        "constraint.unbounded_range",
    );
    check_unsound(
        decimal_at_most(9_007_199_254_740_992_i64),
        "constraint.bound_out_of_range",
    );
    assert!(Constraint::new("x", decimal_between(decimal(5, 1), decimal(5, 1))).is_ok());
}

#[test]
fn only_bounds_are_told() {
    let told = |rule: Rule, value: Json| {
        let arguments = Arguments::from_json(&json!({ "x": value })).unwrap();
        let constraint = Constraint::new("x", rule).unwrap();
        constraint.check(&arguments).unwrap_err().told()
    };
    assert_eq!(
        told(length_at_most(2), json!("abc")),
        "argument `x` must be at most 2 long"
    );
    assert_eq!(
        told(decimal_at_most(decimal(995, 1)), json!(100)),
        "argument `x` must be a number at most 99.5"
    );
    assert_eq!(told(absent(), json!(1)), "argument `x` must be left out");
    for rule in [
        shop(),
        email_domain("shop.example"),
        cidr(["10.0.0.0/8"]),
        subpath("/secret"),
        regex("secret"),
        glob("secret*"),
        agentsudo_core::all_of([at_least(1), at_most(2)]),
        not(equals(Value::from("x"))),
    ] {
        assert_eq!(
            told(rule, json!("x")),
            "argument `x` is not a value that the token allows"
        );
    }
}
