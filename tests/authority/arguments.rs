//! Arguments that mean two things, or more than the tool knows.

use std::sync::Arc;

use agentsudo_core::{
    Action, Arguments, ArgumentsError, Call, CallId, Conditions, Constraint, Digest, Effect,
    FreezeList, MAX_NESTING, Requirement, Scope, at_most, authorize, between, equals, one_of,
};
use serde::{Deserialize, Serialize};

use super::actors::{bot, capability, code, issuer, mint, now, pattern, refund, tool};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Refund {
    #[serde(alias = "order")]
    order_id: String,
    #[serde(alias = "amt")]
    amount_minor: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(default)]
    customer: Customer,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Customer {
    #[serde(default)]
    email: String,
}

impl Action for Refund {
    const SCOPE: Scope = Scope::literal("write:refunds");
    const EFFECT: Effect = Effect::Write;
    const SINKS: &'static [&'static str] = &["amount_minor"];
    const SECRETS: &'static [&'static str] = &[];
}

fn decoded(json: &str) -> Result<Call<Refund>, ArgumentsError> {
    let requirement = Requirement::of::<Refund>(tool("issue_refund"), Digest::of(b"definition"));
    let arguments = Arguments::from_json_slice(json.as_bytes())?;
    Call::decode(
        CallId::from_bytes([1; 16]),
        Arc::new(requirement),
        &arguments,
    )
}

#[track_caller]
fn check(json: &str, expected: &str) {
    let found = decoded(json);
    assert_eq!(
        found.as_ref().map_or_else(ArgumentsError::code, |_| "ok"),
        expected,
        "{json}"
    );
}

/// The twin: what the tool's type alone says.
fn the_type_takes_it(json: &str) -> bool {
    serde_json::from_str::<Refund>(json).is_ok()
}

#[test]
fn the_arguments_of_the_tool_are_taken() {
    check(r#"{"order_id":"a","amount_minor":1}"#, "ok");
    check(
        r#"{"order_id":"a","amount_minor":1,"note":"b","customer":{"email":"c"}}"#,
        "ok",
    );
}

#[test]
fn an_extra_argument_is_refused() {
    let json = r#"{"order_id":"a","amount_minor":1,"force":true}"#;
    assert!(the_type_takes_it(json));
    check(json, "arguments.unknown_field");
}

#[test]
fn an_extra_argument_inside_another_is_refused() {
    let json = r#"{"order_id":"a","amount_minor":1,"customer":{"email":"c","bcc":"d"}}"#;
    assert!(the_type_takes_it(json));
    check(json, "arguments.unknown_field");
}

#[test]
fn an_argument_by_its_second_name_is_refused() {
    // A constraint on `amount_minor` would look for it in vain under `amt`.
    for json in [
        r#"{"order_id":"a","amt":999999}"#,
        r#"{"order":"a","amount_minor":1}"#,
    ] {
        assert!(the_type_takes_it(json));
        check(json, "arguments.unknown_field");
    }
    let both = r#"{"order_id":"a","amount_minor":1,"amt":999999}"#;
    check(both, "arguments.invalid");
}

#[test]
fn an_argument_in_another_case_is_refused() {
    check(
        r#"{"order_id":"a","amount_minor":1,"Amount_Minor":9}"#,
        "arguments.unknown_field",
    );
    check(r#"{"order_id":"a","Amount_minor":1}"#, "arguments.invalid");
}

#[test]
fn an_object_or_list_in_the_place_of_a_text_is_refused() {
    check(
        r#"{"order_id":["a"],"amount_minor":1}"#,
        "arguments.invalid",
    );
    // A tuple is another spelling of a struct, for the library.
    let json = r#"{"order_id":"a","amount_minor":1,"customer":["c"]}"#;
    assert!(the_type_takes_it(json));
    check(json, "arguments.unknown_field");
}

#[test]
fn a_field_that_is_kept_from_view_cannot_be_proposed() {
    #[derive(Serialize, Deserialize)]
    struct Hiding {
        amount_minor: u64,
        #[serde(default, skip_serializing)]
        really: u64,
    }
    impl Action for Hiding {
        const SCOPE: Scope = Scope::literal("write:refunds");
        const EFFECT: Effect = Effect::Write;
        const SINKS: &'static [&'static str] = &[];
        const SECRETS: &'static [&'static str] = &[];
    }
    let requirement = Requirement::of::<Hiding>(tool("issue_refund"), Digest::of(b"definition"));
    let json = r#"{"amount_minor":1,"really":999999}"#;
    assert_eq!(
        serde_json::from_str::<Hiding>(json).unwrap().really,
        999_999
    );
    let arguments = super::actors::arguments(json);
    let id = CallId::from_bytes([1; 16]);
    let refused = Call::<Hiding>::decode(id, Arc::new(requirement), &arguments).unwrap_err();
    assert_eq!(refused.code(), "arguments.unknown_field");
}

#[test]
fn a_key_given_twice_is_refused() {
    let json = r#"{"order_id":"a","amount_minor":10,"amount_minor":999999}"#;
    // The twin: this reader keeps the last, another the first.
    let kept: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(kept["amount_minor"], 999_999);
    check(json, "arguments.duplicate_key");
    let escaped = r#"{"order_id":"a","amount_minor":10,"amount\u005fminor":999999}"#;
    check(escaped, "arguments.duplicate_key");
    let inner = r#"{"order_id":"a","amount_minor":1,"customer":{"email":"a","email":"b"}}"#;
    check(inner, "arguments.duplicate_key");
}

#[test]
fn objects_without_end_are_refused() {
    let nested = |levels: usize| {
        format!(
            r#"{{"x":{}1{}}}"#,
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let read = |json: &str| {
        let read = Arguments::from_json_slice(json.as_bytes());
        read.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(read(&nested(MAX_NESTING)), "ok");
    assert_eq!(read(&nested(MAX_NESTING + 1)), "arguments.too_deep");
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_NESTING + 1)).is_ok());
    assert_eq!(read(&nested(10_000)), "arguments.too_deep");
    let objects = format!("{}1{}", r#"{"x":"#.repeat(10_000), "}".repeat(10_000));
    assert_eq!(read(&objects), "arguments.too_deep");
}

/// Decides a refund of this amount under `from 0 to 5000`: typed first, then by constraint alone.
#[track_caller]
fn check_amount(amount: &str, as_type: &str, by_constraint: &str) {
    check(
        &format!(r#"{{"order_id":"a","amount_minor":{amount}}}"#),
        as_type,
    );
    assert_eq!(
        decide_amount(between(0, 5000), amount),
        by_constraint,
        "{amount}"
    );
}

fn decide_amount(rule: agentsudo_core::Rule, amount: &str) -> &'static str {
    let token = mint()
        .grant(pattern("write:refunds"))
        .constrain(Constraint::new("amount_minor", rule).unwrap())
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    let json = format!(r#"{{"amount_minor":{amount}}}"#);
    match Arguments::from_json_slice(json.as_bytes()) {
        Ok(_) => code(&refund(&capability, &json)),
        Err(error) => error.code(),
    }
}

/// The twin: limits compared as floats, after the coercion that scripting languages do.
fn a_float_is_at_most(amount: &str, max: f64) -> bool {
    amount.trim_matches('"').parse::<f64>().unwrap() <= max
}

#[test]
fn an_amount_as_text_is_no_amount() {
    check_amount(r#""5000""#, "arguments.invalid", "constraint.wrong_type");
    assert!(a_float_is_at_most(r#""5000""#, 5000.0));
}

#[test]
fn an_amount_in_other_spellings_is_the_same_amount() {
    check_amount("5e3", "ok", "ok");
    check_amount("5000.0", "ok", "ok");
    check_amount("50E+2", "ok", "ok");
    check_amount("5001e0", "ok", "constraint.above_maximum");
    let spelled = |amount: &str| {
        let json = format!(r#"{{"order_id":"a","amount_minor":{amount}}}"#);
        decoded(&json).unwrap().digest()
    };
    assert_eq!(spelled("5e3"), spelled("5000"));
}

#[test]
fn a_part_of_the_smallest_unit_is_refused() {
    check_amount("5000.0001", "arguments.invalid", "constraint.wrong_type");
    check_amount("0.5", "arguments.invalid", "constraint.wrong_type");
    assert!(a_float_is_at_most("0.5", 5000.0));
}

#[test]
fn a_negative_amount_is_refused() {
    check_amount("-1", "arguments.invalid", "constraint.below_minimum");
    check_amount("-0", "ok", "ok");
    // The twin: a limit without a lower bound.
    assert_eq!(decide_amount(at_most(5000), "-1"), "ok");
}

#[test]
fn an_amount_beyond_any_float_is_refused() {
    check_amount(
        "1e400",
        "arguments.number_out_of_range",
        "arguments.number_out_of_range",
    );
    check_amount(
        "-1e400",
        "arguments.number_out_of_range",
        "arguments.number_out_of_range",
    );
    check_amount(
        "1e308",
        "arguments.integer_out_of_range",
        "arguments.integer_out_of_range",
    );
}

#[test]
fn an_amount_that_a_float_would_change_is_refused() {
    let out = "arguments.integer_out_of_range";
    check_amount("9007199254740993", out, out);
    check_amount("-9007199254740993", out, out);
    let beyond = "arguments.number_out_of_range";
    check_amount("18446744073709551616", beyond, beyond);
    // The twin: as a float it is the greatest amount that is still allowed.
    assert!(a_float_is_at_most(
        "9007199254740993",
        9_007_199_254_740_992.0
    ));
    assert_eq!(
        decide_amount(at_most(9_007_199_254_740_991), "9007199254740991"),
        "ok"
    );
}

#[test]
fn an_amount_that_is_no_number_is_refused() {
    for amount in ["true", "[1]", "{}", r#""""#, r#""0x10""#] {
        check_amount(amount, "arguments.invalid", "constraint.wrong_type");
    }
    for amount in ["NaN", "Infinity", "+1", "01", "1_000", ".5", "5."] {
        check_amount(amount, "arguments.malformed", "arguments.malformed");
    }
}

#[test]
fn a_constrained_argument_that_is_absent_or_null_is_refused() {
    for rule in [
        at_most(5000),
        equals("a"),
        one_of(["a"]),
        agentsudo_core::prefix("a"),
    ] {
        let token = mint()
            .grant(pattern("write:refunds"))
            .constrain(Constraint::new("customer.email", rule).unwrap())
            .sign(&issuer().secret())
            .unwrap();
        let capability = capability(token.as_bytes(), &bot());
        for json in [
            "{}",
            r#"{"customer":null}"#,
            r#"{"customer":{}}"#,
            r#"{"customer":{"email":null}}"#,
            r#"{"customer":"a"}"#,
            r#"{"customer":["a"]}"#,
            r#"{"customer.email":"a"}"#,
        ] {
            let decision = refund(&capability, json);
            assert_eq!(code(&decision), "constraint.missing_argument", "{json}");
            // The twin: a rule that is only looked at when its argument is there.
            let json: serde_json::Value = serde_json::from_str(json).unwrap();
            assert!(
                json.pointer("/customer/email")
                    .is_none_or(serde_json::Value::is_null)
            );
        }
    }
}

#[test]
fn an_argument_that_must_be_null_can_never_be() {
    let token = mint()
        .grant(pattern("write:refunds"))
        .constrain(Constraint::new("x", equals(agentsudo_core::Value::Null)).unwrap())
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    for json in ["{}", r#"{"x":null}"#, r#"{"x":0}"#] {
        assert_ne!(code(&refund(&capability, json)), "ok");
    }
}

#[test]
fn a_default_of_the_type_is_decided_on_as_if_it_had_been_given() {
    let token = mint()
        .grant(pattern("write:refunds"))
        .constrain(Constraint::new("customer.email", equals("a@b")).unwrap())
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    let decide = |json: &str| authorize(&capability, decoded(json).unwrap(), &conditions);
    let refused = decide(r#"{"order_id":"a","amount_minor":1}"#).unwrap_err();
    assert_eq!(refused.refusal().code(), "constraint.not_equal");
    let json = r#"{"order_id":"a","amount_minor":1,"customer":{"email":"a@b"}}"#;
    assert_eq!(decide(json).unwrap().into_action().customer.email, "a@b");
}
