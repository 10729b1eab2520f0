//! What is typed, what it is read as, and how it is shown again.

use super::{parse, parse_on, text};

#[track_caller]
fn check(typed: &str, expected: &str) {
    let constraint = parse(typed).unwrap();
    assert_eq!(text(&constraint), expected);
    assert_eq!(parse(expected).unwrap(), constraint);
}

#[track_caller]
fn check_refused(typed: &str, said: &str) {
    let error = parse(typed).unwrap_err();
    assert!(error.contains(said), "{error}");
}

#[test]
fn equality_takes_any_json_value() {
    check("currency == \"EUR\"", "currency == \"EUR\"");
    check("dry_run==true", "dry_run == true");
    check(
        "a.b ==  {\"y\": 1.50, \"x\": [1]}",
        "a.b == {\"x\":[1],\"y\":1.5}",
    );
}

#[test]
fn a_choice_takes_a_list() {
    check(
        "currency in [\"EUR\",\"USD\"]",
        "currency in [\"EUR\", \"USD\"]",
    );
    check("n in[1]", "n in [1]");
}

#[test]
fn ranges_include_their_bounds() {
    check("amount_minor<=5000", "amount_minor <= 5000");
    check("amount_minor >= -5", "amount_minor >= -5");
    check("amount_minor in 1..5000", "amount_minor in 1..5000");
    check("amount_minor in -5 .. -1", "amount_minor in -5..-1");
}

#[test]
fn a_prefix_is_json_text() {
    check("to starts-with \"a b\"", "to starts-with \"a b\"");
    check("to starts-with \"\\u202e\"", "to starts-with \"\\u202e\"");
}

#[test]
fn a_path_may_begin_like_an_operator() {
    check("in in [1]", "in in [1]");
    check("international == 1", "international == 1");
}

#[test]
fn no_form_is_answered_with_the_forms() {
    for typed in [
        "", "x", "x 5", "x < 5", "x = 5", "x is 5", "x <= ten", "x in 1-5", "x <= 1.5",
    ] {
        check_refused(typed, "`path in N..M`");
    }
    check_refused("x inside [1]", "`path in N..M`");
    check_refused("x starts-with 5", "`path in N..M`");
}

#[test]
fn a_value_that_is_not_json_is_said_to_be_none() {
    check_refused("x == EUR", "expected one JSON value, found `EUR`");
    check_refused("x == 1, \"y\": 2", "expected one JSON value");
    check_refused("x == 1}", "expected one JSON value");
    check_refused("x == {\"a\":1,\"a\":2}", "duplicate key");
}

#[test]
fn what_can_never_hold_is_refused() {
    check_refused("x in 5..1", "range from 5 to 1");
    check_refused("x in []", "1 to 256 choices");
    check_refused("x == null", "say `absent`");
    check_refused("x starts-with \"\"", "prefix of 1");
    check_refused("a..b == 1", "expected a path");
}

#[test]
fn a_scope_limits_a_constraint() {
    let constraint = parse_on("write:refunds: amount_minor <= 5000").unwrap();
    assert_eq!(text(&constraint), "write:refunds: amount_minor <= 5000");
    assert_eq!(parse_on(&text(&constraint)).unwrap(), constraint);
}

#[test]
fn a_scope_that_is_missing_or_malformed_is_refused() {
    assert!(
        parse_on("amount_minor <= 5000")
            .unwrap_err()
            .contains("a colon, a space")
    );
    assert!(
        parse_on("refunds: amount_minor <= 1")
            .unwrap_err()
            .contains("scope")
    );
}

#[test]
fn places_are_typed_as_json_text() {
    check("file within \"/srv/notes\"", "file within \"/srv/notes\"");
    check(
        "to email-domain \"*.shop.example\"",
        "to email-domain \"*.shop.example\"",
    );
    check(
        "ip networks[\"10.0.0.0/8\",\"fd00::/8\"]",
        "ip networks [\"10.0.0.0/8\", \"fd00::/8\"]",
    );
    let hook = "hook url {\"schemes\": [\"https\"], \"hosts\": [\"*.shop.example\"]}";
    check(hook, hook);
    let on_port = hook.replace('}', ", \"ports\": [8443]}");
    check(&on_port, &on_port);
}

#[test]
fn texts_and_lists_are_limited_in_their_own_words() {
    check("name glob \"order_*\"", "name glob \"order_*\"");
    check("name regex \"[a-z]{1,8}\"", "name regex \"[a-z]{1,8}\"");
    check("note length <= 200", "note length <= 200");
    check("note length in 1..200", "note length in 1..200");
    check(
        "tags subset-of [\"a\",\"b\"]",
        "tags subset-of [\"a\", \"b\"]",
    );
    check("rate decimal in 0.5..1", "rate decimal in 0.5..1");
    check("rate decimal >= 0.25", "rate decimal >= 0.25");
}

#[test]
fn a_rule_may_stand_behind_every_or_not() {
    check(
        "to[] email-domain \"shop.example\"",
        "to[] email-domain \"shop.example\"",
    );
    check(
        "to every email-domain \"shop.example\"",
        "to every email-domain \"shop.example\"",
    );
    check("mode not in [\"raw\"]", "mode not in [\"raw\"]");
    check("note absent", "note absent");
}

#[test]
fn rules_are_combined_in_a_list() {
    check(
        "amount_minor all [<= 5000,>= 1]",
        "amount_minor all [<= 5000, >= 1]",
    );
    check(
        "to any [email-domain \"a.example\", == \"x@b.example\"]",
        "to any [email-domain \"a.example\", == \"x@b.example\"]",
    );
    check("x any[== 1]", "x any [== 1]");
    check(
        "to every any [in [\"a\", \"b\"], all [glob \"c*\", length <= 9]]",
        "to every any [in [\"a\", \"b\"], all [glob \"c*\", length <= 9]]",
    );
}

#[test]
fn commas_and_brackets_in_values_divide_no_rules() {
    let odd = "x any [== \"a, ]\\\" [\", == {\"a\":[1,2],\"b\":\"}\"}, absent]";
    check(odd, odd);
    let hook = "hook any [url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"]}, absent]";
    check(hook, hook);
}

#[test]
fn any_two_rules_are_combined_and_read_back() {
    let rules = [
        "== \"a, [b\"",
        "== {\"a\":[1,{\"b\":\"}]\"}]}",
        "in [\"x]\", [1, 2], null]",
        "<= 5",
        ">= -5",
        "in 1..5",
        "starts-with \"\\\\\"",
        "glob \"a*, b\"",
        "regex \"[a-z]{1,8},\\\\]\"",
        "length in 1..2",
        "decimal <= 0.5",
        "within \"/srv/a,b\"",
        "email-domain \"*.shop.example\"",
        "networks [\"10.0.0.0/8\", \"fd00::/8\"]",
        "url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"], \"ports\": [1, 2]}",
        "subset-of [\"a\", \"]\"]",
        "absent",
    ];
    for a in rules {
        for b in rules {
            for typed in [
                format!("x any [{a}, {b}]"),
                format!("x all [{a}, any [{b}, {a}]]"),
                format!("x any [every {a}, not {b}]"),
            ] {
                let constraint = parse(&typed).unwrap();
                assert_eq!(parse(&text(&constraint)).unwrap(), constraint, "{typed}");
            }
        }
    }
}

#[test]
fn a_list_of_rules_that_is_none_is_answered_with_the_forms() {
    for typed in [
        "x all",
        "x all <= 5",
        "x all [5]",
        "x any [<= 5",
        "x any [<= 5]]",
        "x any [<= 5,]",
        "x any [== 1] 5",
        "x any [== 1, [>= 5]",
        "x allow [== 1]",
    ] {
        check_refused(typed, "`path in N..M`");
    }
    check_refused("x any []", "1 to 32 rules");
    check_refused("x any []", "(constraint.rule_count)");
    check_refused(
        "x all [all [all [all [== 1]]]]",
        "(constraint.rules_too_deep)",
    );
    check_refused("x any [== EUR]", "expected one JSON value, found `EUR`");
}

#[test]
fn the_words_take_nothing_but_their_own_values() {
    for typed in [
        "note absent 1",
        "file within 5",
        "note length 5",
        "note length <= -1",
        "rate decimal \"1\" ",
        "ip networks [1]",
        "ip networks \"10.0.0.0/8\"",
        "hook url [\"https\"]",
        "hook url {\"schemes\": [\"https\"]}",
        "hook url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"], \"port\": [1]}",
        "hook url {\"schemes\": [\"https\"], \"hosts\": [\"a.example\"], \"ports\": [65536]}",
        "to every",
        "to not",
    ] {
        check_refused(typed, "`path in N..M`");
    }
    check_refused("ip networks [\"10.0.0.1/8\"]", "10.0.0.1/8");
    check_refused("file within \"srv/../etc\"", "srv/../etc");
    check_refused(&format!("x {}== 1", "not ".repeat(9)), "at most 4 deep");
}
