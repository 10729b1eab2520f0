//! A rule, a value that it refuses, and the rule that admits it too.

use std::collections::BTreeMap;

use agentsudo::{Arguments, Value};

use super::NoWider;
use crate::token::constraint::{parse, text_of};

/// A constraint on `x`, as it is typed, and the argument as JSON.
fn wider(rule: &str, found: &str) -> Result<String, NoWider> {
    let constraint = parse(&format!("x {rule}")).unwrap();
    let arguments = Arguments::from_json_slice(format!("{{\"x\":{found}}}").as_bytes());
    let wider = super::rule(&constraint, &arguments.unwrap())?;
    Ok(text_of(constraint.path(), &wider).split_off(2))
}

#[track_caller]
fn check(rule: &str, found: &str, expected: &str) {
    assert_eq!(wider(rule, found).as_deref(), Ok(expected));
}

#[track_caller]
fn check_none(rule: &str, found: &str, expected: NoWider) {
    assert_eq!(wider(rule, found), Err(expected));
}

#[test]
fn ranges_and_lengths_grow_to_the_value() {
    check("<= 5", "9", "<= 9");
    check("in 3..5", "1", "in 1..5");
    check("decimal in 0.5..1", "1.25", "decimal in 0.5..1.25");
    check("decimal >= 0.5", "0", "decimal >= 0");
    check("length <= 2", "\"äöü\"", "length <= 3");
    check("length in 2..3", "[1]", "length in 1..3");
}

#[test]
fn a_value_joins_the_choices() {
    check("== \"a\"", "\"b\"", "in [\"a\", \"b\"]");
    check("in [\"a\"]", "1", "in [\"a\", 1]");
    check(
        "subset-of [\"a\"]",
        "[\"a\", \"b\", \"c\", \"b\"]",
        "subset-of [\"a\", \"b\", \"c\"]",
    );
}

#[test]
fn a_pattern_gets_the_very_value_as_an_alternative() {
    check(
        "starts-with \"/in/\"",
        "\"/out\"",
        "any [starts-with \"/in/\", == \"/out\"]",
    );
    check("glob \"a*\"", "\"b\"", "any [glob \"a*\", == \"b\"]");
    check("regex \"a+\"", "\"b\"", "any [regex \"a+\", == \"b\"]");
    check(
        "within \"/srv\"",
        "\"/etc/motd\"",
        "any [within \"/srv\", == \"/etc/motd\"]",
    );
    check(
        "email-domain \"a.example\"",
        "\"x@b.example\"",
        "any [email-domain \"a.example\", == \"x@b.example\"]",
    );
    let url = "url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"]}";
    let expected = format!("any [{url}, == \"https://b.example/\"]");
    check(url, "\"https://b.example/\"", &expected);
    check("absent", "\"x\"", "any [absent, == \"x\"]");
}

#[test]
fn an_address_joins_the_networks_alone() {
    check(
        "networks [\"10.0.0.0/8\"]",
        "\"192.0.2.7\"",
        "networks [\"10.0.0.0/8\", \"192.0.2.7/32\"]",
    );
    check(
        "networks [\"10.0.0.0/8\"]",
        "\"2001:db8::1\"",
        "networks [\"10.0.0.0/8\", \"2001:db8::1/128\"]",
    );
}

#[test]
fn combined_rules_give_way_where_they_refuse() {
    check("all [<= 5, >= 1]", "9", "all [<= 9, >= 1]");
    check("any [<= 5, >= 10]", "7", "any [<= 5, >= 10, == 7]");
    check("any [<= 5, == 7]", "8", "any [<= 5, in [7, 8]]");
    check("every <= 5", "[1, 9, 7]", "every <= 9");
    check("not in [\"a\", \"b\"]", "\"a\"", "not in [\"b\"]");
    check(
        "not starts-with \"a\"",
        "\"ab\"",
        "any [not starts-with \"a\", == \"ab\"]",
    );
}

#[test]
fn every_element_of_a_list_on_the_way_is_admitted() {
    let constraint = parse("items[].count <= 2").unwrap();
    let json = br#"{"items": [{"count": 1}, {"count": 7}, {"count": 3}]}"#;
    let arguments = Arguments::from_json_slice(json).unwrap();
    let wider = super::rule(&constraint, &arguments).unwrap();
    assert_eq!(text_of(constraint.path(), &wider), "items[].count <= 7");
}

#[test]
fn where_no_wider_rule_is_worth_having_there_is_none() {
    check_none("<= 5", "\"9\"", NoWider::OtherType);
    check_none("<= 5", "null", NoWider::Missing);
    check_none("within \"/srv\"", "\"../../etc\"", NoWider::Malformed);
    check_none("networks [\"10.0.0.0/8\"]", "\"127.1\"", NoWider::Malformed);
    check_none("every <= 5", "[]", NoWider::NoElements);
    check_none("subset-of [1]", "[]", NoWider::NoElements);
    check_none("not == \"raw\"", "\"raw\"", NoWider::ForbidsOnlyThis);
    check_none("not in [\"raw\"]", "\"raw\"", NoWider::ForbidsOnlyThis);
}

#[test]
fn a_list_that_is_full_takes_nothing_more() {
    let full = (0..256)
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    check_none(&format!("in [{full}]"), "256", NoWider::Unfit);
    check_none(
        "== \"a\"",
        &format!("\"{}\"", "b".repeat(1_100)),
        NoWider::Unfit,
    );
}

#[test]
fn a_list_without_elements_on_the_way_is_admitted_by_no_rule() {
    let constraint = parse("items[].count <= 2").unwrap();
    let arguments = Arguments::from_json_slice(br#"{"items": []}"#).unwrap();
    assert_eq!(
        super::rule(&constraint, &arguments),
        Err(NoWider::NoElements)
    );
}

#[test]
fn a_value_that_is_not_there_is_none() {
    let mut found = Vec::new();
    let fields = BTreeMap::from([("a".to_owned(), Value::Integer(1))]);
    let path = ["a".to_owned(), "b".to_owned()];
    assert_eq!(
        super::values(&path, &fields, &mut found),
        Err(NoWider::Missing)
    );
}
