//! Every bound: at it, and one past it.

use agentsudo_core::{
    Constraint, Delegation, Freeze, FreezeList, MAX_AUDIENCES, MAX_BLOCKS, MAX_CHOICES,
    MAX_CONSTRAINTS, MAX_FREEZES, MAX_GRANTS, MAX_PATH_SEGMENT_LEN_BYTES, MAX_PATH_SEGMENTS,
    MAX_RULE_TEXT_LEN_BYTES, MAX_TOKEN_LEN_BYTES, MAX_TOOLS_PER_GRANT, Mint, TOKEN_TEXT_PREFIX,
    Timestamp, Token, TokenError, at_most, one_of, prefix,
};

use super::actors::{
    NOW_S, audience, bot, check, grant_for, holder, issuer, mint, now, pattern, root_fields,
};
use super::forge::{Cbor, Fields, Forgery, constraint, field, signed_bytes};

/// A root with one field replaced by a list of so many elements.
fn root_with(key: u64, count: usize, element: impl Fn(usize) -> Cbor) -> Vec<u8> {
    let list = Cbor::List((0..count).map(element).collect());
    Forgery::root(&root_fields().with(key, list), &issuer()).bytes()
}

fn minted(mint: Mint) -> &'static str {
    let made = mint.sign(&issuer().secret());
    made.map_or_else(|error| error.code(), |_| "ok")
}

fn base() -> Mint {
    mint().grant(pattern("write:refunds"))
}

#[test]
fn grants_of_a_block() {
    let grants = |count| root_with(field::GRANTS, count, |i| Cbor::text(&format!("a:{i}")));
    check(&grants(MAX_GRANTS), "ok");
    check(&grants(MAX_GRANTS + 1), "token.malformed");
    let built =
        |count| minted((0..count).fold(mint(), |mint, i| mint.grant(pattern(&format!("a:{i}")))));
    assert_eq!(built(MAX_GRANTS), "ok");
    assert_eq!(built(MAX_GRANTS + 1), "token.malformed");
    assert_eq!(built(0), "token.missing_field");
}

#[test]
fn tools_of_a_grant() {
    let tools = |count: usize| {
        let names = (0..count).map(|i| Cbor::text(&format!("tool_{i}")));
        let grant = Cbor::List([Cbor::text("a:b")].into_iter().chain(names).collect());
        root_with(field::GRANTS, 1, |_| grant.clone())
    };
    check(&tools(MAX_TOOLS_PER_GRANT), "ok");
    check(&tools(MAX_TOOLS_PER_GRANT + 1), "token.malformed");
    let built = |count: usize| {
        let names: Vec<_> = (0..count).map(|i| format!("tool_{i}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        minted(mint().grant_for(grant_for("a:b", &names)))
    };
    assert_eq!(built(MAX_TOOLS_PER_GRANT), "ok");
    assert_eq!(built(MAX_TOOLS_PER_GRANT + 1), "token.malformed");
}

#[test]
fn constraints_of_a_block() {
    let rules = |count| root_with(field::CONSTRAINTS, count, |_| super::forge::at_most("x", 1));
    check(&rules(MAX_CONSTRAINTS), "ok");
    check(&rules(MAX_CONSTRAINTS + 1), "token.malformed");
    let built = |count| {
        minted((0..count).fold(base(), |mint, _| {
            mint.constrain(Constraint::new("x", at_most(1)).unwrap())
        }))
    };
    assert_eq!(built(MAX_CONSTRAINTS), "ok");
    assert_eq!(built(MAX_CONSTRAINTS + 1), "token.malformed");
}

#[test]
fn audiences_of_a_block() {
    let audiences = |count| {
        root_with(field::AUDIENCES, count, |i| {
            Cbor::text(if i == 0 { "shop" } else { "bank" })
        })
    };
    check(&audiences(MAX_AUDIENCES), "ok");
    check(&audiences(MAX_AUDIENCES + 1), "token.malformed");
    let built = |count| {
        minted((0..count).fold(base(), |mint, i| mint.audience(audience(&format!("a{i}")))))
    };
    assert_eq!(built(MAX_AUDIENCES), "ok");
    assert_eq!(built(MAX_AUDIENCES + 1), "token.malformed");
}

/// A chain of so many blocks, every one signed as it should be.
fn chain(blocks: usize) -> Forgery {
    let deep = root_fields().with(field::DEPTH, Cbor::Uint(255));
    let same = Fields::delegation("support-bot", &bot());
    (1..blocks).fold(Forgery::root(&deep, &issuer()), |made, _| {
        made.then(&same, &bot())
    })
}

/// The twin: a verifier that checks one signature after the other, however many there are.
fn every_signature_fits(made: &Forgery) -> bool {
    let mut before = Forgery::default();
    made.parts.iter().all(|(payload, signature)| {
        let (domain, key) = match before.parts.len() {
            0 => (super::forge::ROOT, issuer()),
            _ => (super::forge::DELEGATION, bot()),
        };
        let previous = match before.parts.len() {
            0 => None,
            // The signer's own view: only the id of the last block counts.
            _ => before.last_id(),
        };
        let fits = key.sign(&signed_bytes(domain, previous.as_ref(), payload)) == **signature;
        before.parts.push((payload.clone(), signature.clone()));
        fits
    })
}

#[test]
fn blocks_of_a_chain() {
    check(&chain(MAX_BLOCKS).bytes(), "ok");
    let longer = chain(MAX_BLOCKS + 1);
    assert!(every_signature_fits(&longer), "the twin takes it");
    check(&longer.bytes(), "token.too_many_blocks");
}

#[test]
fn the_builder_stops_at_the_last_block_too() {
    let mut token = base().delegable(255).sign(&issuer().secret()).unwrap();
    let delegate =
        |token: &Token| Delegation::to(holder("support-bot", &bot())).sign(token, &bot().secret());
    for _ in 1..MAX_BLOCKS {
        token = delegate(&token).unwrap();
    }
    assert_eq!(delegate(&token).unwrap_err(), TokenError::TooManyBlocks);
}

#[test]
fn a_chain_of_a_thousand_links_is_refused_by_its_size() {
    let long = chain(1_000);
    let len = long.bytes().len();
    assert!(len > MAX_TOKEN_LEN_BYTES);
    check(&long.bytes(), "token.too_large");
    // Cut to the greatest length, the head alone gives it away.
    check(
        &long.bytes()[..MAX_TOKEN_LEN_BYTES],
        "token.too_many_blocks",
    );
}

/// A sound token of exactly so many bytes, filled up with prefixes.
fn of_len(len: usize) -> Vec<u8> {
    let with = |last: usize| {
        root_with(field::CONSTRAINTS, 26, |i| {
            let text = if i < 25 { 620 } else { last };
            constraint("x", 3, Cbor::Text("a".repeat(text)))
        })
    };
    let made = with(256 + len - with(256).len());
    assert_eq!(made.len(), len);
    made
}

#[test]
fn bytes_of_a_token() {
    check(&of_len(MAX_TOKEN_LEN_BYTES), "ok");
    check(&of_len(MAX_TOKEN_LEN_BYTES + 1), "token.too_large");
    let largest = Token::from_bytes(&of_len(MAX_TOKEN_LEN_BYTES)).unwrap();
    assert_eq!(Token::from_text(&largest.to_text()).unwrap(), largest);
    // The twin: the larger one is as sound as the other.
    assert!(
        minicbor::Decoder::new(&of_len(MAX_TOKEN_LEN_BYTES + 1))
            .skip()
            .is_ok()
    );
}

#[test]
fn a_megabyte_is_refused_as_bytes_and_as_text() {
    let megabyte = vec![0x81; 1 << 20];
    let refused = Token::from_bytes(&megabyte).unwrap_err();
    assert_eq!(refused, TokenError::TooLarge { found: 1 << 20 });
    let text = format!("{TOKEN_TEXT_PREFIX}{}", "A".repeat(1 << 20));
    let refused = Token::from_text(&text).unwrap_err();
    assert_eq!(refused.code(), "token.too_large");
}

#[track_caller]
fn check_path(path: &str, expected: &str) {
    let built = Constraint::new(path, at_most(1));
    let built = built.map_or_else(|error| error.code(), |_| "ok");
    assert_eq!(built, expected);
}

#[test]
fn steps_of_a_path() {
    let steps = |count| vec!["a"; count].join(".");
    check_path(&steps(MAX_PATH_SEGMENTS), "ok");
    check_path(&steps(MAX_PATH_SEGMENTS + 1), "constraint.invalid_path");
    check_path(&"a".repeat(MAX_PATH_SEGMENT_LEN_BYTES), "ok");
    check_path(
        &"a".repeat(MAX_PATH_SEGMENT_LEN_BYTES + 1),
        "constraint.invalid_path",
    );
    let signed = |count| {
        let steps = Cbor::texts(&vec!["a"; count]);
        let range = Cbor::List(vec![Cbor::Null, Cbor::Uint(1)]);
        let rule = Cbor::List(vec![steps, Cbor::Uint(2), range]);
        root_with(field::CONSTRAINTS, 1, |_| rule.clone())
    };
    check(&signed(0), "token.constraint_unsound");
    // One step has a spelling of its own.
    check(&signed(1), "token.not_canonical");
    check(&signed(2), "ok");
    check(&signed(MAX_PATH_SEGMENTS), "ok");
    check(&signed(MAX_PATH_SEGMENTS + 1), "token.malformed");
}

#[test]
fn choices_of_a_rule() {
    let choices = |count: usize| {
        let choices = Cbor::List((0..count).map(|i| Cbor::Uint(i as u64)).collect());
        root_with(field::CONSTRAINTS, 1, |_| {
            constraint("x", 1, choices.clone())
        })
    };
    check(&choices(MAX_CHOICES), "ok");
    check(&choices(MAX_CHOICES + 1), "token.malformed");
    check(&choices(0), "token.constraint_unsound");
    let built = |count: u32| {
        let built = Constraint::new("x", one_of(0..count));
        built.map_or_else(|error| error.code(), |_| "ok")
    };
    let most = u32::try_from(MAX_CHOICES).unwrap();
    assert_eq!(built(most), "ok");
    assert_eq!(built(most + 1), "constraint.choice_count");
    assert_eq!(built(0), "constraint.choice_count");
}

#[test]
fn text_of_a_rule() {
    let text = |len| {
        root_with(field::CONSTRAINTS, 1, |_| {
            constraint("x", 3, Cbor::Text("a".repeat(len)))
        })
    };
    check(&text(MAX_RULE_TEXT_LEN_BYTES), "ok");
    check(
        &text(MAX_RULE_TEXT_LEN_BYTES + 1),
        "token.constraint_unsound",
    );
    check(&text(0), "token.constraint_unsound");
    let built = |len| {
        let built = Constraint::new("x", prefix("a".repeat(len)));
        built.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(built(MAX_RULE_TEXT_LEN_BYTES), "ok");
    assert_eq!(built(MAX_RULE_TEXT_LEN_BYTES + 1), "constraint.text_length");
    assert_eq!(built(0), "constraint.text_length");
}

#[test]
fn ranges_that_cannot_hold_are_refused() {
    let range = |min: Cbor, max: Cbor| {
        let bounds = Cbor::List(vec![min, max]);
        root_with(field::CONSTRAINTS, 1, |_| {
            constraint("x", 2, bounds.clone())
        })
    };
    const MOST: i64 = 9_007_199_254_740_991;
    check(&range(Cbor::Int(-MOST), Cbor::Int(MOST)), "ok");
    check(&range(Cbor::Int(1), Cbor::Int(1)), "ok");
    for (min, max) in [
        (Cbor::Null, Cbor::Null),
        (Cbor::Int(2), Cbor::Int(1)),
        (Cbor::Null, Cbor::Int(MOST + 1)),
        (Cbor::Int(-MOST - 1), Cbor::Null),
        (Cbor::Null, Cbor::Int(i64::MAX)),
    ] {
        check(&range(min, max), "token.constraint_unsound");
    }
    check(&range(Cbor::Null, Cbor::Uint(u64::MAX)), "token.malformed");
    check(&range(Cbor::Null, Cbor::text("5")), "token.malformed");
    for bounds in [vec![], vec![Cbor::Uint(1)], vec![Cbor::Uint(1); 3]] {
        let rule = constraint("x", 2, Cbor::List(bounds));
        check(
            &root_with(field::CONSTRAINTS, 1, |_| rule.clone()),
            "token.malformed",
        );
    }
}

#[test]
fn freezes_at_a_time() {
    let until = |seconds| Timestamp::from_unix_s(NOW_S + seconds);
    let freeze = |i: usize| Freeze::new(pattern(&format!("a:{i}")), "why", until(60));
    let mut freezes = FreezeList::none();
    for i in 0..MAX_FREEZES {
        freezes.add(freeze(i), now()).unwrap();
    }
    let refused = freezes.add(freeze(MAX_FREEZES), now()).unwrap_err();
    assert_eq!(refused.code(), "freeze.too_many");
    assert_eq!(
        freezes.iter().count(),
        MAX_FREEZES,
        "none was dropped for it"
    );
    // Those that are over make room.
    freezes.add(freeze(MAX_FREEZES), until(60)).unwrap();
    assert_eq!(freezes.iter().count(), 1);
}
