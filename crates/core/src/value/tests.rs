mod encoding;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Arguments, ArgumentsError, Decimal, MAX_ARGUMENTS_BYTES, MAX_NESTING, MAX_SAFE_INTEGER,
    MAX_VALUES, Value,
};

fn read(json: &str) -> Result<Arguments, ArgumentsError> {
    Arguments::from_json_slice(json.as_bytes())
}

fn arguments(json: &str) -> Arguments {
    read(json).unwrap()
}

/// What the argument `x` is read as.
#[track_caller]
fn check(json: &str, expected: impl Into<Value>) {
    let read = arguments(&format!("{{\"x\":{json}}}"));
    assert_eq!(read.get("x"), Some(&expected.into()));
}

#[track_caller]
fn check_refused(json: &str, code: &str) {
    assert_eq!(read(json).unwrap_err().code(), code, "{json:.100}");
}

/// Why the argument `x` is refused.
#[track_caller]
fn check_value_refused(json: &str, code: &str) {
    check_refused(&format!("{{\"x\":{json}}}"), code);
}

fn decimal(mantissa: i64, scale: u8) -> Decimal {
    Decimal::new(mantissa, scale).unwrap()
}

mod numbers {
    use super::*;

    #[test]
    fn whole_numbers_are_integers_however_they_are_written() {
        check("5000", 5000);
        check("5e3", 5000);
        check("5000.0", 5000);
        check("0.5e4", 5000);
        check("-7", -7);
    }

    #[test]
    fn minus_zero_is_zero() {
        check("-0", 0);
        check("-0.0", 0);
        check("-0e5", 0);
    }

    #[test]
    fn the_largest_integers_are_those_that_a_float_holds() {
        check("9007199254740991", MAX_SAFE_INTEGER);
        check("-9007199254740991", -MAX_SAFE_INTEGER);
        check_value_refused("9007199254740992", "arguments.integer_out_of_range");
        check_value_refused("-9007199254740992", "arguments.integer_out_of_range");
        check_value_refused("18446744073709551615", "arguments.integer_out_of_range");
        check_value_refused("1e16", "arguments.integer_out_of_range");
        check_value_refused("1e300", "arguments.integer_out_of_range");
        check("1e15", 1_000_000_000_000_000_i64);
    }

    #[test]
    fn fractions_are_decimals_without_trailing_zeros() {
        check("0.1", decimal(1, 1));
        check("10.50", decimal(105, 1));
        check("-1.5e-7", decimal(-15, 8));
        check("1e-18", decimal(1, 18));
    }

    #[test]
    fn fifteen_digits_are_the_most() {
        check("12345678901234.5", decimal(123_456_789_012_345, 1));
        check_value_refused("123456789012345.6", "arguments.number_out_of_range");
        check_value_refused("0.1234567890123456", "arguments.number_out_of_range");
        check_value_refused("18446744073709551617", "arguments.number_out_of_range");
    }

    #[test]
    fn eighteen_places_are_the_most() {
        check_value_refused("1e-19", "arguments.number_out_of_range");
        check_value_refused("5e-324", "arguments.number_out_of_range");
    }

    #[test]
    fn numbers_beyond_any_float_are_refused() {
        check_value_refused("1e400", "arguments.number_out_of_range");
        check_value_refused("-1e400", "arguments.number_out_of_range");
    }

    #[test]
    fn what_is_no_number_in_json_is_malformed() {
        for text in ["NaN", "Infinity", "01", "+1", "1.", ".5", "0x10", "1_000"] {
            check_value_refused(text, "arguments.malformed");
        }
    }

    #[test]
    fn decimals_are_shown_and_ordered_as_numbers() {
        let shown = |mantissa, scale| decimal(mantissa, scale).to_string();
        assert_eq!(shown(-5, 3), "-0.005");
        assert_eq!(shown(123_456, 2), "1234.56");
        assert_eq!(shown(1, 18), "0.000000000000000001");
        assert!(decimal(2, 1) > decimal(15, 2) && decimal(-2, 1) < decimal(1, 18));
    }

    #[test]
    fn decimals_out_of_form_can_not_be_made() {
        for (mantissa, scale) in [(0, 1), (10, 1), (5, 0), (5, 19), (1_000_000_000_000_001, 1)] {
            assert_eq!(Decimal::new(mantissa, scale), None);
        }
        assert_eq!(Decimal::new(i64::MIN, 1), None);
    }
}

mod structure {
    use super::*;

    #[test]
    fn only_an_object_is_arguments() {
        for (json, kind) in [
            ("[]", "a list"),
            ("1", "a number"),
            ("\"x\"", "a string"),
            ("null", "null"),
            ("true", "a boolean"),
        ] {
            assert_eq!(read(json), Err(ArgumentsError::NotAnObject { found: kind }));
        }
    }

    #[test]
    fn a_key_given_twice_is_refused_at_every_depth() {
        check_refused(r#"{"a":1,"a":1}"#, "arguments.duplicate_key");
        check_refused(
            r#"{"a":{"b":[{"c":1,"d":2,"c":3}]}}"#,
            "arguments.duplicate_key",
        );
        check_refused(r#"{"a":1,"\u0061":2}"#, "arguments.duplicate_key");
    }

    #[test]
    fn keys_that_differ_are_different() {
        assert_eq!(
            arguments(r#"{"a":1,"A":2,"é":3,"e\u0301":4}"#)
                .iter()
                .count(),
            4
        );
    }

    #[test]
    fn broken_json_is_malformed() {
        for json in [
            "",
            "{",
            "{\"a\":}",
            "{}{}",
            "{} x",
            "{'a':1}",
            "{\"a\":1,}",
            "{\"a\":\"\\ud800\"}",
        ] {
            check_refused(json, "arguments.malformed");
        }
        let bytes = b"{\"a\":\"\xff\"}";
        assert_eq!(
            Arguments::from_json_slice(bytes).unwrap_err().code(),
            "arguments.malformed"
        );
    }

    fn nested(levels: usize) -> String {
        format!(
            "{{\"x\":{}{}}}",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    }

    #[test]
    fn thirty_two_levels_are_the_deepest() {
        assert!(read(&nested(MAX_NESTING)).is_ok());
        check_refused(&nested(MAX_NESTING + 1), "arguments.too_deep");
        check_refused(&"{\"x\":".repeat(10_000), "arguments.too_deep");
    }

    #[test]
    fn four_thousand_and_ninety_six_values_are_the_most() {
        // The list itself is one.
        let list = |values: usize| format!("{{\"x\":[{}]}}", vec!["0"; values].join(","));
        assert!(read(&list(MAX_VALUES - 1)).is_ok());
        check_refused(&list(MAX_VALUES), "arguments.too_many_values");
    }

    #[test]
    fn the_size_limit_is_checked_before_parsing() {
        let sized = |len: usize| format!("{{\"x\":\"{}\"}}", "a".repeat(len - 8));
        assert!(read(&sized(MAX_ARGUMENTS_BYTES)).is_ok());
        check_refused(&sized(MAX_ARGUMENTS_BYTES + 1), "arguments.too_large");
        check_refused(&"x".repeat(MAX_ARGUMENTS_BYTES + 1), "arguments.too_large");
    }

    #[test]
    fn the_same_limits_hold_for_parsed_json_and_for_maps() {
        let from_json = |json| Arguments::from_json(&json).map_err(|error| error.code());
        assert_eq!(from_json(json!([])), Err("arguments.not_an_object"));
        assert_eq!(
            from_json(json!({ "x": u64::MAX })),
            Err("arguments.integer_out_of_range")
        );
        assert_eq!(
            from_json(json!({ "x": 1.0 / 3.0 })),
            Err("arguments.number_out_of_range")
        );
        let long = "a".repeat(MAX_ARGUMENTS_BYTES);
        assert_eq!(from_json(json!({ "x": long })), Err("arguments.too_large"));

        let from_map = |value: Value| {
            let map = BTreeMap::from([("x".to_owned(), value)]);
            Arguments::from_map(map).map_err(|error| error.code())
        };
        let nested = |levels| (1..levels).fold(Value::Null, |inner, _| Value::List(vec![inner]));
        assert!(from_map(nested(MAX_NESTING)).is_ok());
        assert_eq!(from_map(nested(MAX_NESTING + 1)), Err("arguments.too_deep"));
        assert_eq!(
            from_map(i64::MAX.into()),
            Err("arguments.integer_out_of_range")
        );
        assert_eq!(from_map(long.into()), Err("arguments.too_large"));
        let many = Value::List(vec![Value::Null; MAX_VALUES]);
        assert_eq!(from_map(many), Err("arguments.too_many_values"));
    }

    #[test]
    fn numbers_that_grow_when_written_out_count_with_their_length() {
        let json = format!("{{\"x\":[{}]}}", vec!["1e15"; MAX_VALUES - 1].join(","));
        check_refused(&json, "arguments.too_large");
    }

    #[test]
    fn deserializing_is_as_strict_as_reading() {
        let read =
            |json| serde_json::from_str::<Arguments>(json).map_err(|error| error.to_string());
        assert_eq!(read("{\"a\":5e3}").unwrap(), arguments("{\"a\":5000}"));
        assert!(
            read("{\"a\":1,\"a\":2}")
                .unwrap_err()
                .starts_with("duplicate key in arguments")
        );
        assert!(read("[]").is_err());
    }

    #[test]
    fn messages_repeat_at_most_64_characters() {
        let hostile = "\\u202e".repeat(5_000);
        let error = read(&format!("{{\"{hostile}\":1,\"{hostile}\":1}}"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("…(+4936 chars)"), "{error:.80}");
        let typed = arguments(&format!("{{\"x\":\"{}\"}}", "a".repeat(5_000)));
        let error = typed
            .decode::<BTreeMap<String, u64>>()
            .unwrap_err()
            .to_string();
        assert!(
            error.matches('a').count() < 80 && error.ends_with("expected u64"),
            "{error}"
        );
    }
}

mod typed {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Refund {
        order_id: String,
        amount_minor: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(default)]
        items: Vec<Item>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Item {
        sku: String,
    }

    #[track_caller]
    fn check_unknown(given: &str, expected: Option<&str>) {
        let given = arguments(given);
        let canonical = Arguments::from_serialize(&given.decode::<Refund>().unwrap()).unwrap();
        assert_eq!(
            given.unknown_fields_against(&canonical).as_deref(),
            expected
        );
    }

    #[test]
    fn a_type_and_its_arguments_are_two_forms_of_one_thing() {
        let refund = Refund {
            order_id: "order_123".to_owned(),
            amount_minor: 5000,
            note: None,
            items: vec![Item {
                sku: "x".to_owned(),
            }],
        };
        let shown = Arguments::from_serialize(&refund).unwrap();
        let json = r#"{"amount_minor":5000,"items":[{"sku":"x"}],"order_id":"order_123"}"#;
        assert_eq!(shown.to_string(), json);
        assert_eq!(shown.decode::<Refund>().unwrap(), refund);
    }

    #[test]
    fn all_known_arguments_are_known() {
        check_unknown(
            r#"{"order_id":"a","amount_minor":5e3,"items":[{"sku":"x"}]}"#,
            None,
        );
    }

    #[test]
    fn null_counts_as_absent() {
        check_unknown(
            r#"{"order_id":"a","amount_minor":1,"note":null,"other":null}"#,
            None,
        );
    }

    #[test]
    fn an_argument_that_the_type_ignored_is_unknown() {
        check_unknown(
            r#"{"order_id":"a","amount_minor":1,"force":true}"#,
            Some("force"),
        );
    }

    #[test]
    fn an_unknown_key_is_found_in_lists() {
        let json =
            r#"{"order_id":"a","amount_minor":1,"items":[{"sku":"x"},{"sku":"y","price":1}]}"#;
        check_unknown(json, Some("items[1].price"));
    }

    #[track_caller]
    fn check_against(given: &str, canonical: &str, expected: Option<&str>) {
        let unknown = arguments(given).unknown_fields_against(&arguments(canonical));
        assert_eq!(unknown.as_deref(), expected);
    }

    #[test]
    fn a_list_of_another_length_is_unknown() {
        check_against(r#"{"a":{"b":[1,2]}}"#, r#"{"a":{"b":[1]}}"#, Some("a.b"));
        check_against(r#"{"a":[]}"#, r#"{"a":[1]}"#, Some("a"));
    }

    #[test]
    fn another_shape_is_unknown_and_another_value_is_not() {
        check_against(r#"{"a":{"b":1}}"#, r#"{"a":"b"}"#, Some("a"));
        check_against(r#"{"a":[1]}"#, r#"{"a":1}"#, Some("a"));
        check_against(r#"{"a":"x","b":1}"#, r#"{"a":"y","b":[1]}"#, None);
    }

    #[test]
    fn a_field_written_twice_is_refused() {
        #[derive(Serialize)]
        struct Twice {
            a: u8,
            #[serde(flatten)]
            more: BTreeMap<&'static str, u8>,
        }
        let twice = Twice {
            a: 1,
            more: BTreeMap::from([("a", 2)]),
        };
        let error = Arguments::from_serialize(&twice).unwrap_err();
        assert_eq!(error.code(), "arguments.duplicate_key");
    }

    #[test]
    fn what_has_no_json_form_is_not_serializable() {
        let keyed_by_lists = BTreeMap::from([(vec![1], 2)]);
        let error = Arguments::from_serialize(&keyed_by_lists).unwrap_err();
        assert_eq!(error.code(), "arguments.not_serializable");
    }

    #[test]
    fn a_type_that_refuses_makes_arguments_invalid() {
        let error = arguments(r#"{"order_id":"a","amount_minor":-1}"#)
            .decode::<Refund>()
            .unwrap_err();
        assert_eq!(error.code(), "arguments.invalid");
        assert!(error.to_string().contains("expected u64"), "{error}");
    }
}

mod shown {
    use super::*;

    #[test]
    fn arguments_are_compact_json_with_sorted_keys() {
        let json = r#"{ "b": [1, 0.5, null], "a": {"d": "x\n", "c": true} }"#;
        let expected = r#"{"a":{"c":true,"d":"x\n"},"b":[1,0.5,null]}"#;
        assert_eq!(arguments(json).to_string(), expected);
        assert_eq!(arguments(json).to_json().to_string(), expected);
    }

    #[test]
    fn hidden_characters_are_shown_and_read_back() {
        let hostile = arguments("{\"x\":\"a\u{202e}b\u{e0041}\u{7f}\"}");
        assert_eq!(hostile.to_string(), r#"{"x":"a\u202eb\udb40\udc41\u007f"}"#);
        assert_eq!(arguments(&hostile.to_string()), hostile);
    }

    #[test]
    fn a_path_leads_through_objects() {
        let path = |path: &[&str]| path.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let arguments = arguments(r#"{"a":{"b":{"c":1}},"l":[1]}"#);
        assert_eq!(
            arguments.lookup(&path(&["a", "b", "c"])),
            Some(&Value::Integer(1))
        );
        assert_eq!(arguments.lookup(&path(&["a", "x"])), None);
        assert_eq!(arguments.lookup(&path(&["a", "b", "c", "d"])), None);
        assert_eq!(arguments.lookup(&path(&["l", "0"])), None);
        assert_eq!(arguments.lookup(&[]), None);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let decimal = (-999_999_999_999_999_i64..=999_999_999_999_999, 1_u8..=18);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).prop_map(Value::Integer),
        (-300_i64..300).prop_map(Value::Integer),
        decimal
            .prop_filter_map("form", |(mantissa, scale)| Decimal::new(mantissa, scale))
            .prop_map(Value::Decimal),
        ".{0,8}".prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::btree_map(".{0,3}", inner, 0..5).prop_map(Value::Map),
        ]
    })
}

fn any_arguments() -> impl Strategy<Value = Arguments> {
    prop::collection::btree_map("[a-z]{0,3}", any_value(), 0..5)
        .prop_map(|values| Arguments::from_map(values).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_reads_back_as_the_same_arguments(arguments in any_arguments()) {
        prop_assert_eq!(&read(&arguments.to_string()).unwrap(), &arguments);
        prop_assert_eq!(&Arguments::from_json(&arguments.to_json()).unwrap(), &arguments);
        prop_assert_eq!(&Arguments::from_serialize(&arguments).unwrap(), &arguments);
    }

    #[test]
    fn the_order_of_keys_does_not_change_the_digest(
        entries in prop::collection::btree_map("[a-z]{1,3}", -9_i64..9, 0..6).prop_map(Vec::from_iter).prop_shuffle(),
    ) {
        let json = |entries: &[(String, i64)]| {
            let entries = entries.iter().map(|(key, value)| format!("\"{key}\":{value}"));
            format!("{{\"outer\":{{{}}}}}", entries.collect::<Vec<_>>().join(","))
        };
        let mut sorted = entries.clone();
        sorted.sort();
        let (given, sorted) = (arguments(&json(&entries)), arguments(&json(&sorted)));
        prop_assert_eq!(given.digest(), sorted.digest());
    }

    #[test]
    fn equal_digests_mean_equal_arguments(one in any_arguments(), other in any_arguments()) {
        prop_assert_eq!(one.digest() == other.digest(), one == other);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = Arguments::from_json_slice(&bytes);
    }

    #[test]
    fn any_text_like_json_is_read_or_refused(text in "\\{\"a\":[-0-9.eE\\[\\]{}\",:a\\\\u]{0,24}\\}") {
        if let Ok(arguments) = read(&text) {
            prop_assert_eq!(read(&arguments.to_string()).unwrap(), arguments);
        }
    }

    #[test]
    fn any_float_is_exact_or_refused(float in any::<f64>()) {
        if let Ok(arguments) = Arguments::from_json(&json!({ "x": float })) {
            let back = arguments.to_json()["x"].as_f64();
            prop_assert!(back.is_some_and(|back| back == float) || !float.is_finite());
        }
    }
}
