use minicbor::{Decoder, Encoder};
use proptest::prelude::*;

use super::{any_arguments, arguments};
use crate::digest::Digest;
use crate::value::{MAX_NESTING, Value};

fn encode(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    value.encode_cbor(&mut encoder).unwrap();
    encoder.into_writer()
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.replace(' ', "").into_bytes();
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

/// The bytes of the argument `x`, and back.
#[track_caller]
fn check_bytes(json: &str, expected: &str) {
    let arguments = arguments(&format!("{{\"x\":{json}}}"));
    let value = arguments.get("x").unwrap();
    assert_eq!(encode(value), hex(expected));
    assert_eq!(
        &Value::decode_cbor(&mut Decoder::new(&hex(expected))).unwrap(),
        value
    );
}

#[track_caller]
fn check_bytes_refused(bytes: &str) {
    assert!(Value::decode_cbor(&mut Decoder::new(&hex(bytes))).is_err());
}

#[test]
fn integers_are_as_short_as_can_be() {
    check_bytes("23", "17");
    check_bytes("24", "18 18");
    check_bytes("256", "19 01 00");
    check_bytes("-1", "20");
    check_bytes("9007199254740991", "1b 00 1f ff ff ff ff ff ff");
    check_bytes("-9007199254740991", "3b 00 1f ff ff ff ff ff fe");
}

#[test]
fn decimals_are_decimal_fractions() {
    check_bytes("0.1", "c4 82 20 01");
    check_bytes("-273.15", "c4 82 21 39 6a b2");
}

#[test]
fn shorter_keys_come_first() {
    check_bytes(r#"{"b":1,"aa":2,"":3}"#, "a3 60 03 61 62 01 62 61 61 02");
}

#[test]
fn lists_texts_and_constants_are_plain() {
    check_bytes(r#"[null,true,false,"é"]"#, "84 f6 f5 f4 62 c3 a9");
}

#[test]
fn other_encodings_of_the_same_value_are_refused() {
    check_bytes_refused("18 01");
    check_bytes_refused("78 01 61");
    check_bytes_refused("9f ff");
    check_bytes_refused("98 00");
    check_bytes_refused("bf ff");
    check_bytes_refused("7f 61 61 ff");
    check_bytes_refused("a2 62 61 61 01 61 62 02");
    check_bytes_refused("a2 61 61 01 61 61 01");
}

#[test]
fn decimals_out_of_form_are_refused() {
    check_bytes_refused("c4 82 20 0a");
    check_bytes_refused("c4 82 00 01");
    check_bytes_refused("c4 82 32 01");
    check_bytes_refused("c4 82 3b 7f ff ff ff ff ff ff ff 01");
    check_bytes_refused("c4 83 20 01 01");
    check_bytes_refused("c5 82 20 01");
    check_bytes_refused("d8 04 82 20 01");
}

#[test]
fn what_no_value_is_is_refused() {
    check_bytes_refused("");
    check_bytes_refused("f7");
    check_bytes_refused("f9 3c 00");
    check_bytes_refused("41 00");
    check_bytes_refused("1b 00 20 00 00 00 00 00 00");
    check_bytes_refused("3b ff ff ff ff ff ff ff ff");
    check_bytes_refused("a1 01 01");
    check_bytes_refused("61 ff");
    check_bytes_refused("9b ff ff ff ff ff ff ff ff");
    check_bytes_refused("bb ff ff ff ff ff ff ff ff");
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: usize| format!("{}f6", "81".repeat(levels));
    assert!(Value::decode_cbor(&mut Decoder::new(&hex(&nested(MAX_NESTING)))).is_ok());
    check_bytes_refused(&nested(MAX_NESTING + 1));
    check_bytes_refused(&nested(100_000));
}

#[test]
fn one_value_is_read_and_no_more() {
    let bytes = hex("01 02");
    let mut decoder = Decoder::new(&bytes);
    assert_eq!(Value::decode_cbor(&mut decoder).unwrap(), Value::Integer(1));
    assert_eq!(decoder.position(), 1);
}

#[test]
fn the_digest_is_over_the_domain_and_the_bytes() {
    let bytes = b"agentsudo.arguments.v1\0\xa1\x61x\x01";
    assert_eq!(arguments("{\"x\":1}").digest(), Digest::of(bytes));
}

#[test]
fn different_types_have_different_digests() {
    let digests = [
        "5000",
        "\"5000\"",
        "5000.5",
        "true",
        "null",
        "[5000]",
        "{\"x\":5000}",
    ]
    .map(|json| arguments(&format!("{{\"x\":{json}}}")).digest());
    let distinct: std::collections::BTreeSet<_> = digests.into_iter().collect();
    assert_eq!(distinct.len(), digests.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_read_back_from_their_bytes(arguments in any_arguments()) {
        let value = arguments.into_value();
        let bytes = encode(&value);
        prop_assert_eq!(Value::decode_cbor(&mut Decoder::new(&bytes)).unwrap(), value);
    }

    #[test]
    fn bytes_that_are_read_are_the_only_ones(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        let mut decoder = Decoder::new(&bytes);
        if let Ok(value) = Value::decode_cbor(&mut decoder) {
            prop_assert_eq!(encode(&value), &bytes[..decoder.position()]);
        }
    }
}
