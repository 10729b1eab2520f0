//! Rules that combine rules, paths over lists, and what must not get past `not`.

use agentsudo_core::{
    Arguments, Constraint, Rule, absent, all_of, any_of, at_least, at_most, cidr, email_domain,
    equals, every, glob, length_at_most, not, one_of, prefix, regex, subpath, subset_of, url,
};
use serde_json::{Value as Json, json};

use super::constraint_kinds::{check, check_unsound, found};

#[track_caller]
fn check_path(path: &str, rule: Rule, arguments: &Json, expected: &str) {
    let constraint = Constraint::new(path, rule).unwrap();
    let arguments = Arguments::from_json(arguments).unwrap();
    let code = constraint
        .check(&arguments)
        .map_or_else(|violation| violation.code(), |()| "constraint.ok");
    assert_eq!(code, format!("constraint.{expected}"), "{arguments}");
}

#[test]
fn every_element_has_to_satisfy_the_rule() {
    let mails = || every(email_domain("shop.example"));
    check(mails(), json!(["a@shop.example", "b@shop.example"]), "ok");
    check(
        mails(),
        json!(["a@shop.example", "b@evil.example"]),
        "domain_not_allowed",
    );
    check(mails(), json!(["a@shop.example", null]), "missing_argument");
    check(
        mails(),
        json!(["a@shop.example", ["b@shop.example"]]),
        "wrong_type",
    );
    check(mails(), "a@shop.example", "wrong_type");
    check(every(every(at_most(1))), json!([[1], [0, 1]]), "ok");
    check(every(every(at_most(1))), json!([[1], []]), "empty_list");
}

#[test]
fn an_empty_list_satisfies_no_rule_on_elements() {
    check(every(at_most(1)), json!([]), "empty_list");
    check(not(every(at_most(1))), json!([]), "empty_list");
    let empty = || equals(agentsudo_core::Value::List(Vec::new()));
    check(any_of([empty(), every(at_most(1))]), json!([]), "ok");
}

#[test]
fn absent_means_missing_or_null() {
    assert_eq!(found(absent(), &json!({})), "ok");
    check(absent(), Json::Null, "ok");
    for value in [
        json!(""),
        json!(0),
        json!(false),
        json!([]),
        json!({}),
        json!([null]),
    ] {
        check(absent(), value, "present");
    }
}

#[test]
fn an_argument_is_not_absent_because_its_parent_has_another_shape() {
    let path = "mail.bcc";
    check_path(path, absent(), &json!({}), "ok");
    check_path(path, absent(), &json!({"mail": null}), "ok");
    check_path(path, absent(), &json!({"mail": {"to": "a"}}), "ok");
    check_path(path, absent(), &json!({"mail": {"bcc": "a"}}), "present");
    for mail in [json!([{"bcc": "a"}]), json!("bcc"), json!(1)] {
        check_path(path, absent(), &json!({"mail": mail}), "wrong_type");
        check_path(
            path,
            any_of([absent(), at_most(1)]),
            &json!({"mail": mail}),
            "none_holds",
        );
        check_path(path, at_most(1), &json!({"mail": mail}), "missing_argument");
    }
}

#[test]
fn an_optional_argument_is_absent_or_right() {
    let rule = || any_of([absent(), at_most(5)]);
    assert_eq!(found(rule(), &json!({})), "ok");
    check(rule(), Json::Null, "ok");
    check(rule(), 5, "ok");
    check(rule(), 6, "none_holds");
    check(rule(), "5", "none_holds");
}

#[test]
fn all_rules_hold_or_it_says_which_does_not() {
    let rule = || all_of([prefix("a"), length_at_most(2)]);
    check(rule(), "ab", "ok");
    check(rule(), "b", "prefix_mismatch");
    check(rule(), "abc", "too_long");
    check(rule(), 1, "wrong_type");
    assert_eq!(found(rule(), &json!({})), "missing_argument");
}

#[test]
fn one_rule_of_several_is_enough() {
    let rule = || any_of([prefix("a"), at_most(5)]);
    check(rule(), "ab", "ok");
    check(rule(), 5, "ok");
    check(rule(), "b", "none_holds");
    check(rule(), true, "wrong_type");
    assert_eq!(found(rule(), &json!({})), "missing_argument");
}

#[test]
fn not_refuses_what_the_rule_takes_and_takes_what_it_refuses() {
    check(not(equals("a")), "a", "forbidden");
    check(not(equals("a")), "b", "ok");
    check(not(one_of([1, 2])), 3, "ok");
    check(not(one_of([1, 2])), 2, "forbidden");
    check(not(at_most(5)), 6, "ok");
    check(not(not(equals("a"))), "a", "ok");
    check(not(not(equals("a"))), "b", "forbidden");
    check(not(absent()), 1, "ok");
    check(not(subset_of(["a"])), json!(["b"]), "ok");
    check(every(not(one_of(["a"]))), json!(["b", "a"]), "forbidden");
}

#[test]
fn not_still_refuses_what_is_missing() {
    for rule in [
        equals("a"),
        at_most(1),
        absent(),
        not(absent()),
        any_of([absent(), equals(1)]),
    ] {
        assert_eq!(found(not(rule.clone()), &json!({})), "missing_argument");
        check(not(rule), Json::Null, "missing_argument");
    }
}

#[test]
fn not_still_refuses_what_the_rule_is_not_about() {
    check(not(equals("evil")), json!(["evil"]), "wrong_type");
    check(
        not(one_of(["evil", "bad"])),
        json!({"to": "evil"}),
        "wrong_type",
    );
    check(not(one_of([1, 2])), "1", "wrong_type");
    check(not(at_most(5)), "1", "wrong_type");
    check(not(at_most(5)), json!(4.5), "wrong_type");
    check(not(prefix("/etc")), json!(["/etc"]), "wrong_type");
    check(not(subset_of(["evil"])), "evil", "wrong_type");
    check(not(subset_of(["evil"])), json!([["evil"]]), "wrong_type");
    check(not(every(equals("evil"))), "evil", "wrong_type");
    check(not(length_at_most(1)), 1, "wrong_type");
}

#[test]
fn not_still_refuses_what_readers_disagree_about() {
    let malformed = "malformed_argument";
    for path in [
        "etc/passwd",
        "/srv/%2e%2e/etc/passwd",
        "/srv\\..\\etc",
        "//etc/passwd",
        "/../etc",
    ] {
        check(not(subpath("/etc")), path, malformed);
    }
    check(not(subpath("/etc")), "/srv/../etc/passwd", "forbidden");
    check(not(subpath("/etc")), "/srv/a", "ok");
    check(not(glob("/etc/*")), "/etc/../etc/passwd", malformed);
    check(
        not(url(["https"], ["evil.example"])),
        "https://evil.example./",
        malformed,
    );
    check(
        not(url(["https"], ["evil.example"])),
        "https://a@evil.example/",
        malformed,
    );
    check(
        not(email_domain("evil.example")),
        "a@good.example,b@evil.example",
        malformed,
    );
    check(not(cidr(["10.0.0.0/8"])), "0x0a000001", malformed);
    check(not(cidr(["10.0.0.0/8"])), "::ffff:10.0.0.1", malformed);
    check(
        not(regex("(?s).*evil.*")),
        "a".repeat(2_048) + "evil",
        malformed,
    );
}

#[test]
fn a_forbidden_network_does_not_let_the_other_family_in() {
    check(not(cidr(["10.0.0.0/8"])), "2001:db8::1", "wrong_type");
    let both = || not(cidr(["10.0.0.0/8", "fd00::/8"]));
    check(both(), "2001:db8::1", "ok");
    check(both(), "fd00::1", "forbidden");
    check(both(), "192.0.2.1", "ok");
}

#[test]
fn one_undecided_rule_leaves_not_undecided() {
    check(not(all_of([prefix("a"), at_most(5)])), "b", "wrong_type");
    check(not(any_of([prefix("a"), at_most(5)])), "b", "wrong_type");
    check(not(any_of([prefix("a"), at_most(5)])), "a", "forbidden");
    check(not(every(at_most(5))), json!([9, "evil"]), "wrong_type");
}

/// Rules inside of rules, so many deep.
fn nested(depth: usize) -> Rule {
    (1..depth).fold(at_least(1), |rule, _| all_of([rule]))
}

#[test]
fn rules_nest_four_deep_and_no_deeper() {
    check(nested(4), 1, "ok");
    check_unsound(nested(5), "constraint.rules_too_deep");
    check_unsound(
        not(not(not(every(at_most(1))))),
        "constraint.rules_too_deep",
    );
}

#[test]
fn a_constraint_has_32_rules_and_no_more() {
    let of = |count: usize| any_of((1..count).map(|_| at_most(1)));
    check(of(32), 1, "ok");
    check_unsound(of(33), "constraint.rule_count");
    check_unsound(all_of([of(16), of(16)]), "constraint.rule_count");
    check(all_of([of(16), of(15)]), 1, "ok");
    check_unsound(all_of([]), "constraint.rule_count");
    check_unsound(any_of([]), "constraint.rule_count");
    check_unsound(not(any_of([])), "constraint.rule_count");
}

#[test]
fn an_unsound_rule_is_found_inside_of_others() {
    for outer in [not as fn(Rule) -> Rule, every, |rule| {
        any_of([at_most(1), rule])
    }] {
        check_unsound(outer(glob("[a]")), "constraint.invalid_glob");
        check_unsound(outer(regex("(")), "constraint.invalid_pattern");
    }
}

#[test]
fn a_path_over_a_list_means_each_element() {
    let sku = |items: Json| json!({ "items": items });
    let (path, rule) = ("items[].sku", || prefix("a"));
    check_path(
        path,
        rule(),
        &sku(json!([{"sku": "a1"}, {"sku": "a2"}])),
        "ok",
    );
    check_path(
        path,
        rule(),
        &sku(json!([{"sku": "a1"}, {"sku": "b"}])),
        "prefix_mismatch",
    );
    for items in [
        json!([]),
        json!([{"sku": "a1"}, {}]),
        json!([null]),
        json!(["a"]),
        Json::Null,
    ] {
        check_path(path, rule(), &sku(items), "missing_argument");
    }
    check_path(path, rule(), &sku(json!({"sku": "a1"})), "wrong_type");
    check_path(path, rule(), &json!({}), "missing_argument");
    check_path("items[]", at_most(1), &json!({"items": [1, 0]}), "ok");
    check_path(
        "items[]",
        at_most(1),
        &json!({"items": [1, 2]}),
        "above_maximum",
    );
    let nested = json!({"a": [{"b": [{"c": 1}]}, {"b": [{"c": 1}, {"c": 2}]}]});
    check_path("a[].b[].c", at_most(2), &nested, "ok");
    check_path("a[].b[].c", at_most(1), &nested, "above_maximum");
}

#[test]
fn nothing_is_absent_from_a_list_that_is_not_there() {
    let path = "items[].note";
    check_path(
        path,
        absent(),
        &json!({"items": [{}, {"note": null}]}),
        "ok",
    );
    check_path(
        path,
        absent(),
        &json!({"items": [{}, {"note": "x"}]}),
        "present",
    );
    check_path(path, absent(), &json!({"items": [["note"]]}), "wrong_type");
    for arguments in [json!({}), json!({"items": []}), json!({"items": null})] {
        check_path(path, absent(), &arguments, "missing_argument");
    }
    check_path(
        "a.items[].note",
        absent(),
        &json!({"a": [{"items": []}]}),
        "missing_argument",
    );
}

#[test]
fn a_path_over_a_list_does_not_name_a_field_of_that_name() {
    check_path(
        "items[]",
        at_most(1),
        &json!({"items[]": 1}),
        "missing_argument",
    );
}

#[test]
fn rules_read_as_words() {
    let read = |rule: Rule| Constraint::new("x", rule).unwrap().to_string();
    assert_eq!(
        read(any_of([absent(), all_of([prefix("a"), length_at_most(3)])])),
        r#"x absent or (text that starts with "a" and at most 3 long)"#
    );
    assert_eq!(
        read(every(not(one_of([1, 2])))),
        "x a list with every element (not one of 1, 2)"
    );
    assert_eq!(
        read(url(["https"], ["a.example", "*.b.example"])),
        "x a URL with scheme https and host a.example or *.b.example"
    );
    assert_eq!(
        read(glob("a\u{202e}*")),
        "x text that matches \"a\\u{202e}*\""
    );
}
