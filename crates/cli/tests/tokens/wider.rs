//! `agentsudo explain`: the smallest rule that would have allowed a call is minted, and allows it.

use serde_json::{Value, json};

use crate::desk::{Desk, NOW, Run};

const TOOLS: &str = r#"[{"name": "act", "scope": "write:all", "effect": "write", "sinks": [], "secrets": ["note"]}]"#;

fn explain(desk: &Desk, token: &str, found: &Value) -> Run {
    desk.write("tools.json", TOOLS);
    let arguments = json!({ "x": found }).to_string();
    let fixed = [
        "--tools",
        "tools.json",
        "--tool",
        "act",
        "--arguments",
        &arguments,
    ];
    desk.ask("explain", token, NOW, &[&fixed[..], &["--json"]].concat())
}

/// The rule on `x` refuses what was found; the proposed one admits it.
#[track_caller]
fn check(rule: &str, found: &Value, expected: &str) {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "**", "--constrain", &format!("x {rule}")]);
    let run = explain(&desk, &token, found);
    let document = run.json();
    let option = document.pointer("/needs/0/option").and_then(Value::as_str);
    let proposed = format!("--constrain 'x {expected}'");
    assert_eq!((run.exit, option), (4, Some(proposed.as_str())));
    let token = desk.mint(&["--allow", "**", "--constrain", &format!("x {expected}")]);
    explain(&desk, &token, found).check(0, "\"allowed\":true");
}

#[track_caller]
fn check_none(rule: &str, found: &Value, advice: &str) {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "**", "--constrain", &format!("x {rule}")]);
    let document = explain(&desk, &token, found).json();
    assert_eq!(document.pointer("/needs/0/option"), None);
    let said = document.pointer("/needs/0/advice").and_then(Value::as_str);
    assert!(said.unwrap().contains(advice), "{document}");
}

#[test]
fn numbers_and_lengths_widen_their_range() {
    check("decimal <= 1.5", &json!(2.25), "decimal <= 2.25");
    check("length in 2..3", &json!("abcd"), "length in 2..4");
}

#[test]
fn patterns_and_places_get_an_alternative() {
    check("glob \"a*\"", &json!("b"), "any [glob \"a*\", == \"b\"]");
    check(
        "starts-with \"a\"",
        &json!("b"),
        "any [starts-with \"a\", == \"b\"]",
    );
    check(
        "within \"/srv\"",
        &json!("/etc"),
        "any [within \"/srv\", == \"/etc\"]",
    );
    check(
        "email-domain \"a.example\"",
        &json!("x@b.example"),
        "any [email-domain \"a.example\", == \"x@b.example\"]",
    );
    check(
        "url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"]}",
        &json!("http://a.example/x"),
        "any [url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"]}, == \"http://a.example/x\"]",
    );
    check("absent", &json!("b"), "any [absent, == \"b\"]");
}

#[test]
fn lists_of_values_and_networks_take_in_one_more() {
    check(
        "subset-of [\"a\"]",
        &json!(["b"]),
        "subset-of [\"a\", \"b\"]",
    );
    check("in [\"a\"]", &json!("b"), "in [\"a\", \"b\"]");
    check(
        "networks [\"10.0.0.0/8\"]",
        &json!("192.0.2.1"),
        "networks [\"10.0.0.0/8\", \"192.0.2.1/32\"]",
    );
}

#[test]
fn where_no_wider_rule_is_proposed_it_is_said() {
    check_none(
        "not == \"raw\"",
        &json!("raw"),
        "it forbids this value alone",
    );
    check_none(
        "within \"/srv\"",
        &json!("../x"),
        "no wider rule of block 0 is proposed",
    );
    check_none(
        "every <= 5",
        &json!([]),
        "no rule on elements admits an empty list",
    );
    check_none(
        "<= 5",
        &json!("5"),
        "no wider rule of block 0 is proposed for another type",
    );
    check_none(
        "== \"a\"",
        &json!("b".repeat(2_000)),
        "no wider rule can be proposed",
    );
}

#[test]
fn a_typed_combination_of_rules_is_decided_as_it_is_shown() {
    let desk = Desk::new();
    let typed = "x all [<= 5000, >= 1]";
    let token = desk.mint(&["--allow", "**", "--constrain", typed]);
    desk.run(&["inspect", &token]).check(0, typed);
    explain(&desk, &token, &json!(5000)).check(0, "\"allowed\":true");
    check("all [<= 5000, >= 1]", &json!(0), "all [<= 5000, >= 0]");
}
