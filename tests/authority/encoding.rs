//! One content, one encoding: everything that a kinder reader would take is refused, signed or not.

use agentsudo_core::{MAX_NESTING, Token};

use super::actors::{
    accept, bot, capability, check, code, issuer, refund, researcher, root, root_fields,
};
use super::forge::{Cbor, Fields, Forgery, constraint, field};

/// Signs a root payload as it is: whatever refuses it, a bad signature does not.
fn signed(payload: Vec<u8>) -> Vec<u8> {
    Forgery::default().then_payload(payload, &issuer()).bytes()
}

/// A root with another spelling of one field. A kind reader takes it for the plain one.
#[track_caller]
fn check_spelling(key: u64, plain: Cbor, spelled: &[u8], expected: &str) {
    let with = |value: Cbor| signed(root_fields().with(key, value).encoded());
    let (plain, spelled) = (with(plain), with(Cbor::Raw(spelled.to_vec())));
    check(&plain, "ok");
    check(&spelled, expected);
    assert_eq!(
        payload_read_leniently(&spelled),
        payload_read_leniently(&plain)
    );
}

/// The twin: what a kind reader makes of the first block.
fn payload_read_leniently(bytes: &[u8]) -> Cbor {
    match Cbor::read_leniently(bytes) {
        Ok(Cbor::List(mut items)) => items.remove(0),
        other => panic!("expected a list, found {other:?}"),
    }
}

#[test]
fn integers_are_the_shortest() {
    let plain = || Cbor::Uint(23);
    check_spelling(
        field::EXPIRES_AFTER_S,
        plain(),
        &[0x18, 23],
        "token.not_canonical",
    );
    check_spelling(
        field::EXPIRES_AFTER_S,
        plain(),
        &[0x19, 0, 23],
        "token.not_canonical",
    );
    check_spelling(
        field::EXPIRES_AFTER_S,
        plain(),
        &[0x1a, 0, 0, 0, 23],
        "token.not_canonical",
    );
    let eight = [0x1b, 0, 0, 0, 0, 0, 0, 0, 23];
    check_spelling(
        field::EXPIRES_AFTER_S,
        plain(),
        &eight,
        "token.not_canonical",
    );
    check_spelling(
        field::DEPTH,
        Cbor::Uint(1),
        &[0x18, 1],
        "token.not_canonical",
    );
}

#[test]
fn keys_of_fields_are_the_shortest() {
    let mut payload = root_fields().encoded();
    check(&signed(payload.clone()), "ok");
    // The first key is 0, right after the map's head.
    payload.splice(1..2, [0x18, 0]);
    check(&signed(payload), "token.not_canonical");
}

#[test]
fn lengths_are_the_shortest() {
    let long_text = [&[0x78, 11], b"support-bot".as_slice()].concat();
    check_spelling(
        field::AGENT,
        Cbor::text("support-bot"),
        &long_text,
        "token.not_canonical",
    );
    let long_bytes = [&[0x59, 0, 12], [7; 12].as_slice()].concat();
    check_spelling(
        field::TOKEN_ID,
        Cbor::Bytes(vec![7; 12]),
        &long_bytes,
        "token.not_canonical",
    );
    let long_list = [&[0x98, 1], Cbor::text("shop").encoded().as_slice()].concat();
    check_spelling(
        field::AUDIENCES,
        Cbor::texts(&["shop"]),
        &long_list,
        "token.not_canonical",
    );
}

#[test]
fn the_chain_and_the_blocks_have_the_shortest_heads() {
    let plain = root().bytes();
    let mut longer = plain.clone();
    longer.splice(0..1, [0x98, 2]);
    check(&longer, "token.not_canonical");
    assert_eq!(
        Cbor::read_leniently(&longer).unwrap(),
        Cbor::read_leniently(&plain).unwrap()
    );
    let mut payload = root_fields().encoded();
    let entries = payload[0] - 0xa0;
    payload.splice(0..1, [0xb8, entries]);
    check(&signed(payload), "token.not_canonical");
}

#[test]
fn lengths_are_definite() {
    let text = [
        &[0x7f],
        Cbor::text("support-bot").encoded().as_slice(),
        &[0xff],
    ]
    .concat();
    check_spelling(
        field::AGENT,
        Cbor::text("support-bot"),
        &text,
        "token.malformed",
    );
    let bytes = [
        &[0x5f],
        Cbor::Bytes(vec![7; 12]).encoded().as_slice(),
        &[0xff],
    ]
    .concat();
    check_spelling(
        field::TOKEN_ID,
        Cbor::Bytes(vec![7; 12]),
        &bytes,
        "token.malformed",
    );
    let list = [&[0x9f], Cbor::text("shop").encoded().as_slice(), &[0xff]].concat();
    check_spelling(
        field::AUDIENCES,
        Cbor::texts(&["shop"]),
        &list,
        "token.not_canonical",
    );
}

#[test]
fn the_chain_and_the_blocks_have_definite_lengths() {
    let plain = root().bytes();
    let mut endless = plain.clone();
    endless[0] = 0x9f;
    endless.push(0xff);
    check(&endless, "token.not_canonical");
    assert_eq!(
        Cbor::read_leniently(&endless).unwrap(),
        Cbor::read_leniently(&plain).unwrap()
    );
    let mut payload = root_fields().encoded();
    payload[0] = 0xbf;
    payload.push(0xff);
    check(&signed(payload), "token.not_canonical");
}

#[test]
fn fields_stand_in_their_order() {
    let version = root_fields().entries()[0].1.clone();
    let moved = root_fields()
        .without(field::VERSION)
        .with_last(field::VERSION, version);
    check(&signed(moved.encoded()), "token.not_canonical");
    assert_eq!(
        payload_read_leniently(&signed(moved.encoded())),
        payload_read_leniently(&root().bytes())
    );
}

#[test]
fn a_field_stands_once() {
    let twice = root_fields().with_last(field::DEPTH, Cbor::Uint(200));
    check(&signed(twice.encoded()), "token.not_canonical");
    // The twin: the last one wins, and the token may be passed on two hundred times.
    let last = root_fields().with(field::DEPTH, Cbor::Uint(200));
    assert_eq!(
        payload_read_leniently(&signed(twice.encoded())),
        payload_read_leniently(&signed(last.encoded()))
    );
}

#[test]
fn a_list_of_nothing_is_left_out() {
    for key in [field::AUDIENCES, field::GRANTS, field::CONSTRAINTS] {
        let empty = root_fields().with(key, Cbor::List(Vec::new()));
        check(&signed(empty.encoded()), "token.not_canonical");
        let block =
            Fields::delegation("researcher", &researcher()).with(key, Cbor::List(Vec::new()));
        check(&root().then(&block, &bot()).bytes(), "token.not_canonical");
    }
}

#[test]
fn a_grant_to_no_tool_is_not_a_grant_to_any_tool() {
    let grants = |grant: Cbor| {
        let fields = root_fields().with(field::GRANTS, Cbor::List(vec![grant]));
        signed(fields.encoded())
    };
    check(
        &grants(Cbor::texts(&["write:refunds"])),
        "token.not_canonical",
    );
    check(&grants(Cbor::List(Vec::new())), "token.not_canonical");
    check(&grants(Cbor::text("write:refunds")), "ok");
    check(
        &grants(Cbor::texts(&["write:refunds", "issue_refund"])),
        "ok",
    );
}

#[test]
fn nothing_follows_the_last_signature() {
    for tail in [[0x00].as_slice(), &[0xf6], &[0xff], &[0; 64]] {
        let longer = [root().bytes(), tail.to_vec()].concat();
        check(&longer, "token.malformed");
        assert!(Cbor::read_leniently(&longer).is_ok(), "the twin takes it");
    }
}

#[test]
fn nothing_is_tagged() {
    let expires = Cbor::Tag(1, Box::new(Cbor::Uint(900))).encoded();
    check_spelling(
        field::EXPIRES_AFTER_S,
        Cbor::Uint(900),
        &expires,
        "token.malformed",
    );
    let plain = root().bytes();
    // Tag 55799 says "this is CBOR" and changes nothing.
    let tagged = [&[0xd9, 0xd9, 0xf7], plain.as_slice()].concat();
    check(&tagged, "token.malformed");
    assert_eq!(
        Cbor::read_leniently(&tagged).unwrap(),
        Cbor::read_leniently(&plain).unwrap()
    );
}

/// A value in a constraint, and other encodings of it or of what is close to it.
#[track_caller]
fn check_value(sound: Cbor, others: &[Cbor]) {
    let equal_to = |value: Cbor| {
        let rule = Cbor::List(vec![constraint("x", 0, value)]);
        signed(root_fields().with(field::CONSTRAINTS, rule).encoded())
    };
    check(&equal_to(sound), "ok");
    for other in others {
        assert!(
            Cbor::read_leniently(&equal_to(other.clone())).is_ok(),
            "the twin takes it"
        );
        let found = accept(&equal_to(other.clone())).unwrap_err().code();
        let of_form = ["token.not_canonical", "token.malformed"];
        assert!(of_form.contains(&found), "{found}");
    }
}

fn decimal(exponent: i64, mantissa: i64) -> Cbor {
    let parts = vec![Cbor::Int(exponent), Cbor::Int(mantissa)];
    Cbor::Tag(4, Box::new(Cbor::List(parts)))
}

#[test]
fn numbers_in_constraints_have_one_encoding_too() {
    let long = Cbor::Raw(vec![0x18, 5]);
    check_value(Cbor::Uint(5), &[long, decimal(0, 5), decimal(-1, 50)]);
    check_value(Cbor::Int(-1), &[Cbor::Raw(vec![0x38, 0])]);
    check_value(decimal(-1, 5), &[decimal(-2, 50)]);
    let beyond = [Cbor::Uint(9_007_199_254_740_992), Cbor::Uint(u64::MAX)];
    check_value(Cbor::Uint(9_007_199_254_740_991), &beyond);
}

#[test]
fn texts_lists_and_objects_in_constraints_have_one_encoding_too() {
    let map = |keys: &[&str]| {
        let entries = keys.iter().map(|key| (Cbor::text(key), Cbor::Bool(true)));
        Cbor::Map(entries.collect())
    };
    let text = [Cbor::Raw(vec![0x78, 1, b'x']), Cbor::Bytes(vec![b'x'])];
    check_value(Cbor::text("x"), &text);
    check_value(Cbor::List(vec![]), &[Cbor::Raw(vec![0x9f, 0xff])]);
    let others = [
        map(&["b", "a", "aa"]),
        map(&["aa", "a", "b"]),
        map(&["a", "a"]),
    ];
    check_value(map(&["a", "b", "aa"]), &others);
}

#[test]
fn values_that_json_does_not_have_are_refused() {
    for raw in [
        [0xfb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0].as_slice(), // a float, 0.5
        &[0xf7],                                         // undefined
        &[0xf8, 22],                                     // null, the long way
        &[0xe0],                                         // a simple value without a meaning
        &[0xc1, 0x05],                                   // a time
    ] {
        let rule = Cbor::List(vec![constraint("x", 0, Cbor::Raw(raw.to_vec()))]);
        let fields = root_fields().with(field::CONSTRAINTS, rule);
        check(&signed(fields.encoded()), "token.malformed");
    }
}

#[test]
fn fields_of_another_type_are_refused() {
    for (key, _) in root_fields().entries() {
        for wrong in [
            Cbor::Bool(true),
            Cbor::Null,
            Cbor::Int(-1),
            Cbor::Map(vec![]),
        ] {
            check(
                &signed(root_fields().with(*key, wrong).encoded()),
                "token.malformed",
            );
        }
    }
    let float = Cbor::Raw(vec![0xfa, 0x44, 0x61, 0, 0]);
    check(
        &signed(root_fields().with(field::EXPIRES_AFTER_S, float).encoded()),
        "token.malformed",
    );
    let wide = root_fields().with(field::DEPTH, Cbor::Uint(256));
    check(&signed(wide.encoded()), "token.malformed");
}

#[test]
fn a_block_that_is_no_map_is_refused() {
    for block in [
        Cbor::Null,
        Cbor::List(vec![]),
        Cbor::Bytes(root_fields().encoded()),
    ] {
        check(&signed(block.encoded()), "token.malformed");
    }
}

#[test]
fn keys_that_are_no_numbers_are_refused() {
    let mut payload = root_fields().encoded();
    payload.splice(1..2, Cbor::text("version").encoded());
    check(&signed(payload), "token.malformed");
    let mut payload = root_fields().encoded();
    payload.splice(1..2, [0x20]);
    check(&signed(payload), "token.malformed");
}

#[test]
fn every_field_that_a_block_needs_is_missed() {
    for (key, _) in root_fields().entries() {
        let expected = if *key == field::DEPTH {
            "ok"
        } else {
            "token.missing_field"
        };
        check(&signed(root_fields().without(*key).encoded()), expected);
    }
    for key in [field::HOLDER_KEY, field::AGENT] {
        let lacking = Fields::delegation("researcher", &researcher()).without(key);
        check(
            &root().then(&lacking, &bot()).bytes(),
            "token.missing_field",
        );
    }
}

#[test]
fn a_field_that_nobody_knows_is_refused() {
    for key in [16, 17, 100, u64::MAX] {
        let root_with = root_fields().with(key, Cbor::Null);
        check(&signed(root_with.encoded()), "token.unknown_field");
        let block = Fields::delegation("researcher", &researcher()).with(key, Cbor::Null);
        check(&root().then(&block, &bot()).bytes(), "token.unknown_field");
    }
    // The twin: without the field, which is how a reader takes it that skips what it does not know.
    assert_eq!(
        code(&refund(&capability(&root().bytes(), &bot()), "{}")),
        "ok"
    );
}

#[test]
fn another_version_is_refused() {
    for version in [0, 2, 255, u64::MAX] {
        let fields = root_fields().with(field::VERSION, Cbor::Uint(version));
        check(&signed(fields.encoded()), "token.unknown_version");
    }
}

#[test]
fn a_chain_of_no_blocks_or_half_blocks_is_refused() {
    check(&[0x80], "token.malformed");
    let half = Cbor::List(vec![Cbor::Raw(root_fields().encoded())]);
    check(&half.encoded(), "token.malformed");
    check(&[], "token.malformed");
    check(&[0xa0], "token.malformed");
}

#[test]
fn a_signature_of_another_length_is_refused() {
    for len in [0, 63, 65, 128] {
        let mut made = root();
        made.parts[0].1.resize(len, 0);
        check(&made.bytes(), "token.malformed");
    }
}

#[test]
fn values_nested_without_end_are_refused() {
    let nested = |levels: usize| {
        let value = [vec![0x81; levels], vec![0xf6]].concat();
        let rule = Cbor::List(vec![constraint("x", 0, Cbor::Raw(value))]);
        signed(root_fields().with(field::CONSTRAINTS, rule).encoded())
    };
    check(&nested(MAX_NESTING), "ok");
    check(&nested(MAX_NESTING + 1), "token.malformed");
    check(&nested(10_000), "token.malformed");
    // The twin: it is sound CBOR that only has no bound.
    assert!(minicbor::Decoder::new(&nested(10_000)).skip().is_ok());
}

#[test]
fn a_huge_length_allocates_nothing() {
    // Were memory reserved for what is announced, these would abort: the twin shows that it is not there.
    assert!(Vec::<u8>::new().try_reserve_exact(usize::MAX / 2).is_err());
    for major in [0x5b, 0x7b, 0x9b, 0xbb] {
        let head = [&[major], (u64::MAX / 2).to_be_bytes().as_slice()].concat();
        assert!(Token::from_bytes(&head).is_err());
        for key in 0..12 {
            let fields = root_fields().with(key, Cbor::Raw(head.clone()));
            assert!(Token::from_bytes(&signed(fields.encoded())).is_err());
        }
        let value = Cbor::List(vec![constraint("x", 0, Cbor::Raw(head.clone()))]);
        let fields = root_fields().with(field::CONSTRAINTS, value);
        check(&signed(fields.encoded()), "token.malformed");
        let path = Cbor::List(vec![Cbor::List(vec![Cbor::Raw(head)])]);
        let fields = root_fields().with(field::CONSTRAINTS, path);
        check(&signed(fields.encoded()), "token.malformed");
    }
}
