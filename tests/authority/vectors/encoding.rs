//! One content, one encoding: what a kinder reader would take, signed as it should be.

use super::case::{Case, child_with, constrained, decimal, list, root_with, rule, to_researcher};
use crate::authority::actors::{bot, issuer, root, root_fields};
use crate::authority::forge::{Cbor, Forgery, constraint, field};

const NOT_CANONICAL: &str = "token.not_canonical";
const MALFORMED: &str = "token.malformed";

pub(super) fn cases() -> Vec<Case> {
    [
        of_integers(),
        of_lengths(),
        of_maps(),
        of_lists(),
        of_flags(),
        of_the_chain(),
        of_types(),
        of_shapes(),
        of_values(),
        of_other_values(),
    ]
    .concat()
}

fn payload(name: &str, block: Vec<u8>, expected: &str) -> Case {
    Case::of(
        name,
        &Forgery::default().then_payload(block, &issuer()),
        expected,
    )
}

fn raw(name: &str, key: u64, spelled: &[u8], expected: &str) -> Case {
    Case::of(name, &root_with(key, Cbor::Raw(spelled.to_vec())), expected)
}

fn of_integers() -> Vec<Case> {
    let ends = field::EXPIRES_AFTER_S;
    let mut long_key = root_fields().encoded();
    // The first key is 0, right after the map's head.
    long_key.splice(1..2, [0x18, 0]);
    vec![
        raw("long-integer", ends, &[0x1a, 0, 0, 3, 0x84], NOT_CANONICAL),
        raw(
            "longest-integer",
            ends,
            &[0x1b, 0, 0, 0, 0, 0, 0, 3, 0x84],
            NOT_CANONICAL,
        ),
        raw(
            "long-small-integer",
            field::DEPTH,
            &[0x18, 3],
            NOT_CANONICAL,
        ),
        payload("long-key", long_key, NOT_CANONICAL),
        raw(
            "float-as-integer",
            ends,
            &[0xfa, 0x44, 0x61, 0, 0],
            MALFORMED,
        ),
        raw(
            "float-as-list",
            field::AUDIENCES,
            &[0xf9, 0x3c, 0],
            MALFORMED,
        ),
        raw("negative-integer", ends, &[0x39, 3, 0x83], MALFORMED),
        raw("time-as-integer", ends, &[0xc1, 0x19, 3, 0x84], MALFORMED),
        raw("text-as-integer", ends, b"\x63900", MALFORMED),
        raw("true-as-integer", field::VERSION, &[0xf5], MALFORMED),
    ]
}

fn of_lengths() -> Vec<Case> {
    let long_text = [&[0x78, 11], b"support-bot".as_slice()].concat();
    let long_bytes = [&[0x59, 0, 12], [7; 12].as_slice()].concat();
    let shop = Cbor::text("shop").encoded();
    let long_list = [&[0x98, 1], shop.as_slice()].concat();
    let endless_list = [&[0x9f], shop.as_slice(), &[0xff]].concat();
    let mut long_map = root_fields().encoded();
    let entries = long_map[0] - 0xa0;
    long_map.splice(0..1, [0xb8, entries]);
    let mut endless_map = root_fields().encoded();
    endless_map[0] = 0xbf;
    endless_map.push(0xff);
    vec![
        raw(
            "long-length-of-text",
            field::AGENT,
            &long_text,
            NOT_CANONICAL,
        ),
        raw(
            "long-length-of-bytes",
            field::TOKEN_ID,
            &long_bytes,
            NOT_CANONICAL,
        ),
        raw(
            "long-length-of-list",
            field::AUDIENCES,
            &long_list,
            NOT_CANONICAL,
        ),
        raw(
            "list-without-length",
            field::AUDIENCES,
            &endless_list,
            NOT_CANONICAL,
        ),
        payload("long-length-of-block", long_map, NOT_CANONICAL),
        payload("block-without-length", endless_map, NOT_CANONICAL),
        raw(
            "length-beyond-memory",
            field::AUDIENCES,
            &[0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255],
            MALFORMED,
        ),
        raw(
            "text-that-is-no-utf-8",
            field::AGENT,
            &[0x62, 0xc3, 0x28],
            MALFORMED,
        ),
    ]
}

fn of_maps() -> Vec<Case> {
    let version = root_fields().entries()[0].1.clone();
    let moved = root_fields()
        .without(field::VERSION)
        .with_last(field::VERSION, version);
    let twice = root_fields().with_last(field::DEPTH, Cbor::Uint(200));
    let with_another = |key: Cbor| {
        let mut payload = root_fields().encoded();
        payload[0] += 1;
        [payload, key.encoded(), vec![0xf6]].concat()
    };
    vec![
        payload("fields-out-of-order", moved.encoded(), NOT_CANONICAL),
        payload("field-twice", twice.encoded(), NOT_CANONICAL),
        payload(
            "field-by-name",
            with_another(Cbor::text("bearer")),
            MALFORMED,
        ),
        payload("field-below-zero", with_another(Cbor::Int(-1)), MALFORMED),
        payload("block-as-a-list", list([]).encoded(), MALFORMED),
        payload(
            "block-in-a-text-of-bytes",
            Cbor::Bytes(root_fields().encoded()).encoded(),
            MALFORMED,
        ),
    ]
}

fn of_lists() -> Vec<Case> {
    let named = [
        (field::AUDIENCES, "audiences"),
        (field::GRANTS, "grants"),
        (field::CONSTRAINTS, "constraints"),
        (field::BUDGETS, "budgets"),
        (field::APPROVALS, "approvals"),
    ];
    let of_roots = named.map(|(key, name)| {
        Case::of(
            format!("no-{name}"),
            &root_with(key, list([])),
            NOT_CANONICAL,
        )
    });
    let of_children = named.map(|(key, name)| {
        Case::of(
            format!("delegation-with-no-{name}"),
            &child_with(root(), key, list([])),
            NOT_CANONICAL,
        )
    });
    let grant = |grant| root_with(field::GRANTS, list([grant]));
    let path = list([Cbor::texts(&["x"]), Cbor::Uint(3), Cbor::text("a")]);
    let ports = list([
        Cbor::texts(&["https"]),
        Cbor::texts(&["a.example"]),
        list([]),
    ]);
    let others = vec![
        Case::of(
            "grant-to-no-tool",
            &grant(Cbor::texts(&["write:refunds"])),
            NOT_CANONICAL,
        ),
        Case::of(
            "path-of-one-name-as-a-list",
            &constrained(path),
            NOT_CANONICAL,
        ),
        Case::of(
            "url-rule-with-no-ports",
            &constrained(constraint("x", 9, ports)),
            NOT_CANONICAL,
        ),
    ];
    [of_roots.into(), of_children.into(), others].concat()
}

fn of_flags() -> Vec<Case> {
    let named = [
        (field::DELEGATE_ONLY, "delegate-only"),
        (field::BEARER, "bearer"),
    ];
    let cases = named.into_iter().flat_map(|(key, name)| {
        let with = |value| child_with(root(), key, value);
        [
            Case::of(
                format!("{name}-is-false"),
                &with(Cbor::Bool(false)),
                NOT_CANONICAL,
            ),
            Case::of(format!("{name}-is-1"), &with(Cbor::Uint(1)), MALFORMED),
            Case::of(format!("{name}-is-null"), &with(Cbor::Null), MALFORMED),
        ]
    });
    cases.collect()
}

fn of_the_chain() -> Vec<Case> {
    let plain = root().bytes();
    let with_head = |head: &[u8]| [head, &plain[1..]].concat();
    let half = list([Cbor::Raw(root_fields().encoded())]).encoded();
    let with_signature = |len: usize| {
        let mut made = root();
        made.parts[0].1.resize(len, 0);
        made
    };
    let text_signature = list([
        Cbor::Raw(root_fields().encoded()),
        Cbor::Text("a".repeat(64)),
    ]);
    vec![
        Case::of_bytes(
            "long-length-of-chain",
            &with_head(&[0x98, 2]),
            NOT_CANONICAL,
        ),
        Case::of_bytes(
            "chain-without-length",
            &[with_head(&[0x9f]), vec![0xff]].concat(),
            NOT_CANONICAL,
        ),
        Case::of_bytes(
            "a-zero-follows",
            &[plain.as_slice(), &[0]].concat(),
            MALFORMED,
        ),
        Case::of_bytes(
            "another-token-follows",
            &[plain.as_slice(), &plain].concat(),
            MALFORMED,
        ),
        Case::of_bytes("cut-by-a-byte", &plain[..plain.len() - 1], MALFORMED),
        Case::of_bytes("no-bytes", &[], MALFORMED),
        Case::of_bytes("no-blocks", &[0x80], MALFORMED),
        Case::of_bytes("a-block-without-signature", &half, MALFORMED),
        Case::of_bytes("a-map-around-the-token", &with_head(&[0xa1]), MALFORMED),
        Case::of_bytes("signature-in-a-text", &text_signature.encoded(), MALFORMED),
        Case::of("signature-of-63-bytes", &with_signature(63), MALFORMED),
        Case::of("signature-of-65-bytes", &with_signature(65), MALFORMED),
        Case::of("no-signature", &with_signature(0), MALFORMED),
    ]
}

/// Constraints in other shapes than theirs.
#[expect(clippy::too_many_lines, reason = "a list of cases and nothing else")]
fn of_shapes() -> Vec<Case> {
    let text = Cbor::text;
    let shapes = [
        (
            "constraint-of-five-parts",
            list([
                text("x"),
                Cbor::Uint(14),
                Cbor::Null,
                text("a:b"),
                Cbor::Null,
            ]),
        ),
        ("constraint-that-is-a-text", text("x")),
        (
            "constraint-with-a-number-for-its-scope",
            list([text("x"), Cbor::Uint(14), Cbor::Null, Cbor::Uint(0)]),
        ),
        (
            "constraint-with-its-kind-in-a-text",
            list([text("x"), text("14"), Cbor::Null]),
        ),
        (
            "constraint-on-a-number",
            list([Cbor::Uint(0), Cbor::Uint(14), Cbor::Null]),
        ),
        (
            "absent-with-an-argument",
            constraint("x", 14, Cbor::Bool(true)),
        ),
        ("prefix-that-is-a-number", constraint("x", 3, Cbor::Uint(1))),
        (
            "range-of-one-bound",
            constraint("x", 2, list([Cbor::Uint(1)])),
        ),
        (
            "range-to-a-text",
            constraint("x", 2, list([Cbor::Null, text("5")])),
        ),
        (
            "range-to-a-decimal",
            constraint("x", 2, list([Cbor::Null, decimal(-1, 5)])),
        ),
        (
            "decimal-range-to-2-53",
            constraint(
                "x",
                4,
                list([Cbor::Null, Cbor::Uint(9_007_199_254_740_992)]),
            ),
        ),
        (
            "length-below-zero",
            constraint("x", 5, list([Cbor::Int(-1), Cbor::Null])),
        ),
        ("choices-without-a-list", constraint("x", 1, text("a"))),
        (
            "networks-without-a-list",
            constraint("x", 11, text("10.0.0.0/8")),
        ),
        (
            "network-that-is-a-number",
            constraint("x", 11, list([Cbor::Uint(10)])),
        ),
        (
            "url-rule-of-schemes-only",
            constraint("x", 9, list([Cbor::texts(&["https"])])),
        ),
        (
            "url-rule-of-texts",
            constraint("x", 9, Cbor::texts(&["https", "a.example"])),
        ),
        ("rule-within-that-is-a-text", constraint("x", 17, text("a"))),
        (
            "rule-within-of-one-part",
            constraint("x", 17, list([Cbor::Uint(14)])),
        ),
        (
            "rule-within-of-three-parts",
            constraint("x", 17, list([Cbor::Uint(14), Cbor::Null, Cbor::Null])),
        ),
        (
            "rules-without-a-list",
            constraint("x", 15, rule(14, Cbor::Null)),
        ),
    ];
    let cases = shapes.map(|(name, shape)| Case::of(name, &constrained(shape), MALFORMED));
    cases.into()
}

fn of_types() -> Vec<Case> {
    let bytes = |len: usize| Cbor::Bytes(vec![7; len]);
    let of_root = [
        ("issuer-of-7-bytes", field::ISSUER, bytes(7)),
        (
            "issuer-of-32-bytes",
            field::ISSUER,
            Cbor::Bytes(issuer().bytes().to_vec()),
        ),
        ("token-id-of-13-bytes", field::TOKEN_ID, bytes(13)),
        ("holder-key-of-31-bytes", field::HOLDER_KEY, bytes(31)),
        ("holder-key-of-33-bytes", field::HOLDER_KEY, bytes(33)),
        (
            "holder-key-in-a-text",
            field::HOLDER_KEY,
            Cbor::Text("a".repeat(32)),
        ),
        (
            "agent-in-bytes",
            field::AGENT,
            Cbor::Bytes(b"support-bot".to_vec()),
        ),
        (
            "audience-without-a-list",
            field::AUDIENCES,
            Cbor::text("shop"),
        ),
        (
            "grants-without-a-list",
            field::GRANTS,
            Cbor::text("write:refunds"),
        ),
        (
            "grants-as-bytes",
            field::GRANTS,
            list([Cbor::Bytes(b"write:refunds".to_vec())]),
        ),
        ("depth-of-256", field::DEPTH, Cbor::Uint(256)),
        (
            "constraint-of-two-parts",
            field::CONSTRAINTS,
            list([list([Cbor::text("x"), Cbor::Uint(14)])]),
        ),
        ("null-for-a-field", field::DEPTH, Cbor::Null),
    ];
    let cases = of_root.map(|(name, key, value)| Case::of(name, &root_with(key, value), MALFORMED));
    cases.into()
}

fn equal_to(value: Cbor) -> Forgery {
    constrained(constraint("x", 0, value))
}

/// Values of constraints that are sound, and other encodings of them.
fn of_values() -> Vec<Case> {
    let flag = || Cbor::Bool(true);
    let map = |keys: &[&str]| Cbor::Map(keys.iter().map(|key| (Cbor::text(key), flag())).collect());
    let sound = [
        (
            "value-of-every-type",
            list([
                Cbor::Null,
                flag(),
                Cbor::Int(-1),
                Cbor::text("x"),
                decimal(-1, 5),
                map(&["a", "b", "aa"]),
            ]),
        ),
        ("value-of-2-53-less-1", Cbor::Uint(9_007_199_254_740_991)),
        ("decimal-of-15-digits", decimal(-3, 123_456_789_012_345)),
        ("decimal-of-18-places", decimal(-18, 5)),
    ];
    let sound = sound.map(|(name, value)| Case::of(name, &equal_to(value), "ok"));
    let other = [
        ("value-with-a-long-integer", Cbor::Raw(vec![0x18, 5])),
        ("value-with-a-long-text", Cbor::Raw(vec![0x78, 1, b'x'])),
        (
            "value-with-a-list-without-length",
            Cbor::Raw(vec![0x9f, 0xff]),
        ),
        ("value-with-keys-out-of-order", map(&["b", "a"])),
        ("value-with-keys-sorted-as-text", map(&["aa", "b"])),
        ("value-with-a-key-twice", map(&["a", "a"])),
    ];
    let other = other.map(|(name, value)| Case::of(name, &equal_to(value), NOT_CANONICAL));
    [sound.to_vec(), other.to_vec()].concat()
}

/// Values that no argument can be.
fn of_other_values() -> Vec<Case> {
    let values = [
        ("value-of-2-53", Cbor::Uint(9_007_199_254_740_992)),
        ("value-of-minus-2-53", Cbor::Int(-9_007_199_254_740_992)),
        ("value-of-64-bits", Cbor::Uint(u64::MAX)),
        (
            "value-of-2-53-in-a-list",
            list([Cbor::Uint(9_007_199_254_740_992)]),
        ),
        ("decimal-with-a-zero-at-its-end", decimal(-2, 50)),
        ("decimal-that-is-whole", decimal(0, 5)),
        ("decimal-with-zeros-for-an-exponent", decimal(1, 5)),
        ("decimal-of-16-digits", decimal(-3, 1_234_567_890_123_456)),
        ("decimal-of-19-places", decimal(-19, 5)),
        (
            "value-that-is-a-float",
            Cbor::Raw(vec![0xfb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]),
        ),
        ("value-that-is-undefined", Cbor::Raw(vec![0xf7])),
        ("value-that-is-a-simple-value", Cbor::Raw(vec![0xe0])),
        ("value-that-is-null-the-long-way", Cbor::Raw(vec![0xf8, 22])),
        ("value-that-is-bytes", Cbor::Bytes(vec![b'x'])),
        ("value-that-is-a-time", Cbor::Raw(vec![0xc1, 0x05])),
        (
            "value-nested-10000-deep",
            Cbor::Raw([vec![0x81; 10_000], vec![0xf6]].concat()),
        ),
    ];
    let key = Cbor::Map(vec![(Cbor::Uint(1), Cbor::Null)]);
    let inside = constrained(constraint("x", 17, rule(0, key)));
    let in_a_child = child_with(
        root(),
        field::CONSTRAINTS,
        list([constraint("x", 0, Cbor::Raw(vec![0xf7]))]),
    );
    let mut cases: Vec<_> = values
        .map(|(name, value)| Case::of(name, &equal_to(value), MALFORMED))
        .into();
    cases.push(Case::of("value-with-a-number-as-key", &inside, MALFORMED));
    cases.push(Case::of(
        "value-that-is-undefined-in-a-delegation",
        &in_a_child,
        MALFORMED,
    ));
    cases.push(Case::of(
        "delegation-that-is-a-list",
        &root().then_payload(list([]).encoded(), &bot()),
        MALFORMED,
    ));
    cases.push(Case::of(
        "delegation-that-is-sound",
        &root().then(&to_researcher(), &bot()),
        "ok",
    ));
    cases
}
