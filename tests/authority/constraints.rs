//! Which rule applies, what it says, and what nobody may skip.

use agentsudo_core::{Constraint, Rule, Value, at_least, at_most, between, equals, one_of, prefix};

use super::actors::{
    bot, capability, check, code, decide, issuer, mint, pattern, refund, researcher, root,
    root_fields,
};
use super::forge::{Cbor, Fields, Forgery, constraint, field};

#[track_caller]
fn check_rule(rule: Rule, value: &str, expected: &str) {
    let token = mint()
        .grant(pattern("write:refunds"))
        .constrain(Constraint::new("x", rule).unwrap())
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    let decision = refund(&capability, &format!(r#"{{"x":{value}}}"#));
    assert_eq!(code(&decision), expected, "{value}");
}

#[test]
fn one_minor_unit_over_the_ceiling_is_refused() {
    check_rule(at_most(5000), "5000", "ok");
    check_rule(at_most(5000), "5001", "constraint.above_maximum");
    check_rule(at_least(10), "10", "ok");
    check_rule(at_least(10), "9", "constraint.below_minimum");
    check_rule(between(10, 20), "9", "constraint.below_minimum");
    check_rule(between(10, 20), "21", "constraint.above_maximum");
}

#[test]
fn values_are_equal_by_type_and_content() {
    check_rule(equals("5"), r#""5""#, "ok");
    check_rule(equals("5"), "5", "constraint.not_equal");
    check_rule(equals(5), "5.0", "ok");
    check_rule(equals(1), "true", "constraint.not_equal");
    check_rule(equals(true), "true", "ok");
    check_rule(equals(Value::List(vec![Value::from(1)])), "[1]", "ok");
    check_rule(
        equals(Value::List(vec![Value::from(1)])),
        "[1,2]",
        "constraint.not_equal",
    );
    check_rule(equals("a"), r#"["a"]"#, "constraint.not_equal");
}

#[test]
fn a_recipient_that_only_looks_alike_is_refused() {
    let allowed = || one_of(["pay@shop.example", "caf\u{e9}@shop.example"]);
    check_rule(allowed(), r#""pay@shop.example""#, "ok");
    for close in [
        "Pay@shop.example",
        "pay@shop.example ",
        "pay@shop.example.",
        "p\u{430}y@shop.example",
        "pay\u{200b}@shop.example",
        "pay@shop.example\\u0000",
        "cafe\u{301}@shop.example",
    ] {
        check_rule(allowed(), &format!("\"{close}\""), "constraint.not_one_of");
    }
    check_rule(
        allowed(),
        r#"["pay@shop.example","x@y"]"#,
        "constraint.not_one_of",
    );
}

#[test]
fn a_prefix_is_compared_byte_by_byte() {
    check_rule(prefix("order_"), r#""order_1""#, "ok");
    check_rule(
        prefix("order_"),
        r#""Order_1""#,
        "constraint.prefix_mismatch",
    );
    check_rule(
        prefix("order_"),
        r#"" order_1""#,
        "constraint.prefix_mismatch",
    );
    check_rule(prefix("order_"), r#""order""#, "constraint.prefix_mismatch");
    check_rule(prefix("1"), "1", "constraint.wrong_type");
}

fn constrained(constraints: Vec<Cbor>) -> Vec<u8> {
    let fields = root_fields()
        .with(field::GRANTS, Cbor::texts(&["**"]))
        .with(field::CONSTRAINTS, Cbor::List(constraints));
    Forgery::root(&fields, &issuer()).bytes()
}

#[test]
fn a_kind_of_constraint_that_nobody_knows_is_refused() {
    let sound = super::forge::at_most("amount", 1);
    for kind in [18, 19, 23, 24, u64::MAX] {
        let unknown = constraint("amount", kind, Cbor::Uint(1));
        check(
            &constrained(vec![unknown.clone()]),
            "token.unknown_constraint_kind",
        );
        check(
            &constrained(vec![sound.clone(), unknown.clone()]),
            "token.unknown_constraint_kind",
        );
        let block = Fields::delegation("researcher", &researcher())
            .with(field::CONSTRAINTS, Cbor::List(vec![unknown]));
        check(
            &root().then(&block, &bot()).bytes(),
            "token.unknown_constraint_kind",
        );
    }
    // The twin skips what it does not know: without the unknown one, the call is allowed.
    let skipped = capability(&constrained(vec![sound]), &bot());
    assert_eq!(code(&refund(&skipped, r#"{"amount":1}"#)), "ok");
}

#[test]
fn a_constraint_of_another_shape_is_refused() {
    let range = || Cbor::List(vec![Cbor::Null, Cbor::Uint(1)]);
    for parts in [
        vec![],
        vec![Cbor::text("x")],
        vec![Cbor::text("x"), Cbor::Uint(2)],
        vec![
            Cbor::text("x"),
            Cbor::Uint(2),
            range(),
            Cbor::text("**"),
            Cbor::Null,
        ],
        vec![Cbor::text("x"), Cbor::Uint(2), range(), Cbor::Null],
        vec![Cbor::Uint(0), Cbor::Uint(2), range()],
        vec![Cbor::text("x"), Cbor::text("range"), range()],
        vec![Cbor::text("x"), Cbor::Uint(3), Cbor::Uint(1)],
        vec![Cbor::text("x"), Cbor::Uint(1), Cbor::text("a")],
    ] {
        check(&constrained(vec![Cbor::List(parts)]), "token.malformed");
    }
    check(&constrained(vec![Cbor::text("x")]), "token.malformed");
}

#[track_caller]
fn check_argument(kind: u64, argument: Cbor, expected: &str) {
    check(
        &constrained(vec![constraint("x", kind, argument)]),
        expected,
    );
}

#[test]
fn an_argument_of_another_shape_is_refused() {
    let list = |items: Vec<Cbor>| Cbor::List(items);
    for kind in 1..=17 {
        check_argument(kind, Cbor::Bool(true), "token.malformed");
        check_argument(kind, Cbor::Map(vec![]), "token.malformed");
    }
    let no_rule = || list(vec![Cbor::Uint(14)]);
    let long_rule = || list(vec![Cbor::Uint(14), Cbor::Null, Cbor::Null]);
    for rule in [no_rule(), long_rule(), list(vec![])] {
        for kind in [13, 17] {
            check_argument(kind, rule.clone(), "token.malformed");
        }
        for kind in [15, 16] {
            check_argument(kind, list(vec![rule.clone()]), "token.malformed");
        }
    }
    for bounds in [
        vec![Cbor::Uint(1)],
        vec![Cbor::Uint(1), Cbor::Uint(2), Cbor::Uint(3)],
        vec![Cbor::text("1"), Cbor::Null],
    ] {
        for kind in [2, 4, 5] {
            check_argument(kind, list(bounds.clone()), "token.malformed");
        }
    }
    check_argument(5, list(vec![Cbor::Int(-1), Cbor::Null]), "token.malformed");
    let hosts = || Cbor::texts(&["a.example"]);
    check_argument(9, list(vec![hosts()]), "token.malformed");
    let ports = list(vec![Cbor::Uint(65_536)]);
    check_argument(
        9,
        list(vec![Cbor::texts(&["https"]), hosts(), ports]),
        "token.malformed",
    );
}

#[test]
fn an_argument_has_one_encoding() {
    let list = |items: Vec<Cbor>| Cbor::List(items);
    let no_ports = vec![
        Cbor::texts(&["https"]),
        Cbor::texts(&["a.example"]),
        list(vec![]),
    ];
    check_argument(9, list(no_ports), "token.not_canonical");
    let whole = Cbor::Tag(4, Box::new(list(vec![Cbor::Int(-1), Cbor::Int(50)])));
    check_argument(4, list(vec![whole, Cbor::Null]), "token.malformed");
    let long = Cbor::Raw(vec![0x18, 5]);
    check_argument(5, list(vec![long, Cbor::Null]), "token.not_canonical");
    let long_kind = list(vec![Cbor::Raw(vec![0x18, 14]), Cbor::Null]);
    check_argument(17, long_kind, "token.not_canonical");
}

#[test]
fn a_path_that_names_nothing_is_refused() {
    for path in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a[0]",
        "[]",
        "a[]b",
        "a[][]",
        "a.[]",
        "a b",
        "a\n",
        "a\u{202e}",
        "\u{200b}",
    ] {
        let built = Constraint::new(path, at_most(1));
        assert_eq!(
            built.unwrap_err().code(),
            "constraint.invalid_path",
            "{path:?}"
        );
        let signed = constrained(vec![super::forge::at_most(path, 1)]);
        check(&signed, "token.constraint_unsound");
    }
}

#[test]
fn a_constraint_on_some_scopes_binds_calls_of_those() {
    let limit = Constraint::new("amount", at_most(10)).unwrap();
    let token = mint()
        .grant(pattern("**"))
        .constrain(limit.on(pattern("write:**")))
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    let decided = |scope: &str, json: &str| code(&decide(&capability, "any", scope, json));
    assert_eq!(
        decided("write:refunds", r#"{"amount":11}"#),
        "constraint.above_maximum"
    );
    assert_eq!(
        decided("write:refunds:eu", "{}"),
        "constraint.missing_argument"
    );
    assert_eq!(decided("write:refunds", r#"{"amount":10}"#), "ok");
    assert_eq!(decided("read:orders", r#"{"amount":11}"#), "ok");
    assert_eq!(decided("read:orders", "{}"), "ok");
}

#[test]
fn a_constraint_on_all_scopes_binds_every_call() {
    let token = mint()
        .grant(pattern("**"))
        .constrain(Constraint::new("amount", at_most(10)).unwrap())
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    let decision = decide(&capability, "any", "read:orders", "{}");
    assert_eq!(code(&decision), "constraint.missing_argument");
}

#[test]
fn constraints_on_one_argument_add_up() {
    let bounds = vec![
        super::forge::at_most("amount", 100),
        super::forge::at_most("amount", 10),
        super::forge::at_most("amount", 50),
    ];
    let capability = capability(&constrained(bounds), &bot());
    assert_eq!(code(&refund(&capability, r#"{"amount":10}"#)), "ok");
    assert_eq!(
        code(&refund(&capability, r#"{"amount":11}"#)),
        "constraint.above_maximum"
    );
}
