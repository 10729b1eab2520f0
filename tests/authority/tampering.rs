//! Bytes changed, cut, moved or taken from other tokens.

use agentsudo_core::{Token, TokenError};

use super::actors::{
    accept, audience, bot, capability, chain_of_three, check, clerk, code, issuer, mint, now,
    refund, researcher, root, root_fields, stranger, verifier,
};
use super::forge::{Cbor, DELEGATION, Fields, Forgery, Key, ROOT, field, signed_bytes};

/// What a verifier without signatures does: the form is right, so be it.
fn form_is_right(bytes: &[u8]) -> bool {
    Token::from_bytes(bytes).is_ok()
}

#[test]
fn every_flipped_bit_of_a_chain_is_refused() {
    let bytes = chain_of_three().bytes();
    check(&bytes, "ok");
    let mut well_formed = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            well_formed += usize::from(form_is_right(&flipped));
            assert!(accept(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
    // The twin: most flips only a signature stops.
    assert!(well_formed > bytes.len() * 4, "{well_formed}");
}

#[test]
fn every_shorter_token_is_refused() {
    let bytes = chain_of_three().bytes();
    for len in 0..bytes.len() {
        assert!(accept(&bytes[..len]).is_err(), "{len} bytes");
    }
    // The twin: a reader that leaves alone what follows takes a prefix that ends with a block.
    let mut padded = bytes;
    padded.push(0);
    assert!(Cbor::read_leniently(&padded).is_ok());
    check(&padded, "token.malformed");
}

#[test]
fn a_byte_inserted_anywhere_is_refused() {
    let bytes = chain_of_three().bytes();
    for at in 0..=bytes.len() {
        for byte in [0x00, 0x18, 0x40, 0x5f, 0x80, 0xa0, 0xc4, 0xf6, 0xff] {
            let mut longer = bytes.clone();
            longer.insert(at, byte);
            assert!(accept(&longer).is_err(), "{byte:#x} at {at}");
        }
    }
}

#[test]
fn blocks_in_another_order_are_refused() {
    // Both delegations are signed by one key, so nothing but the order tells them apart.
    let made = root()
        .then(&Fields::delegation("support-bot", &bot()), &bot())
        .then(&Fields::delegation("researcher", &bot()), &bot());
    check(&made.bytes(), "ok");
    let mut moved = made;
    moved.parts.swap(1, 2);
    check(&moved.bytes(), "token.signature_invalid");
    assert!(every_block_is_signed_alone(&moved), "the twin takes it");
}

#[test]
fn a_block_written_twice_is_refused() {
    let mut made = root().then(&Fields::delegation("support-bot", &bot()), &bot());
    check(&made.bytes(), "ok");
    made.parts.push(made.parts[1].clone());
    check(&made.bytes(), "token.signature_invalid");
    assert!(every_block_is_signed_alone(&made), "the twin takes it");
}

#[test]
fn a_block_taken_out_of_the_middle_is_refused() {
    let narrow = Fields::delegation("support-bot", &bot())
        .with(field::GRANTS, Cbor::texts(&["write:refunds:eu"]));
    let mut made = root()
        .then(&narrow, &bot())
        .then(&Fields::delegation("researcher", &researcher()), &bot());
    check(&made.bytes(), "ok");
    made.parts.remove(1);
    check(&made.bytes(), "token.signature_invalid");
    assert!(every_block_is_signed_alone(&made), "the twin takes it");
}

#[test]
fn a_delegation_moved_to_a_wider_token_is_refused() {
    let narrow = root_fields().with(field::GRANTS, Cbor::texts(&["write:refunds:eu"]));
    let to_researcher = Fields::delegation("researcher", &researcher());
    let given = Forgery::root(&narrow, &issuer()).then(&to_researcher, &bot());
    let mut spliced = root();
    spliced.parts.push(given.parts[1].clone());
    check(&given.bytes(), "ok");
    check(&spliced.bytes(), "token.signature_invalid");
    assert!(every_block_is_signed_alone(&spliced), "the twin takes it");
}

#[test]
fn a_token_under_another_root_is_refused() {
    let mut swapped = chain_of_three();
    let id = Cbor::Bytes(vec![8; 12]);
    let other = Forgery::root(&root_fields().with(field::TOKEN_ID, id), &issuer());
    swapped.parts[0] = other.parts[0].clone();
    check(&swapped.bytes(), "token.signature_invalid");
    assert!(every_block_is_signed_alone(&swapped), "the twin takes it");
}

/// The twin: a verifier that checks that each block was signed by somebody it knows, and does not ask after
/// which block.
fn every_block_is_signed_alone(made: &Forgery) -> bool {
    let previous = known_ids();
    let signed = |payload: &[u8], found: &[u8], key: &Key| {
        let fits = |bytes: &[u8]| key.sign(bytes) == *found;
        fits(&signed_bytes(ROOT, None, payload))
            || previous
                .iter()
                .any(|id| fits(&signed_bytes(DELEGATION, Some(id), payload)))
    };
    let mut parts = made.parts.iter();
    parts.all(|(payload, found)| {
        let known = [issuer(), bot(), researcher()];
        known.iter().any(|key| signed(payload, found, key))
    })
}

/// The ids of every block that these tests sign after.
fn known_ids() -> Vec<[u8; 32]> {
    let same = Fields::delegation("support-bot", &bot());
    let eu = Cbor::texts(&["write:refunds:eu"]);
    [
        root(),
        root().then(&same, &bot()),
        root().then(&same.clone().with(field::GRANTS, eu.clone()), &bot()),
        Forgery::root(&root_fields().with(field::GRANTS, eu), &issuer()),
        root().then(&Fields::delegation("researcher", &researcher()), &bot()),
    ]
    .iter()
    .filter_map(Forgery::last_id)
    .collect()
}

#[test]
fn a_delegation_is_no_first_block() {
    let made = Forgery::root(&Fields::delegation("support-bot", &bot()), &issuer());
    check(&made.bytes(), "token.missing_field");
}

#[test]
fn a_root_is_no_second_block() {
    // Signed by the holder, as a delegation has to be: only its fields give it away.
    let wide = root_fields().with(field::GRANTS, Cbor::texts(&["**"]));
    check(&root().then(&wide, &bot()).bytes(), "token.unknown_field");
    let plain = Fields::delegation("support-bot", &bot());
    check(&root().then(&plain, &bot()).bytes(), "ok");
}

#[test]
fn two_tokens_in_one_are_refused() {
    let mut both = root();
    both.parts.extend(root().parts);
    check(&both.bytes(), "token.unknown_field");
    let mut one_after_the_other = root().bytes();
    one_after_the_other.extend(root().bytes());
    check(&one_after_the_other, "token.malformed");
}

#[test]
fn a_token_cut_back_to_its_parent_is_of_no_use_to_the_child() {
    // The parent's own token is part of the child's, and it is valid: what the child lacks is the key.
    let mut cut = chain_of_three();
    cut.parts.pop();
    let as_clerk = accept(&cut.bytes())
        .unwrap()
        .held_by(&clerk().secret(), &[5; 32]);
    assert_eq!(as_clerk.unwrap_err(), TokenError::HolderMismatch);
    // The twin: bearer use, where showing the bytes is enough.
    assert!(accept(&cut.bytes()).is_ok());
    assert_eq!(
        code(&refund(&capability(&cut.bytes(), &researcher()), "{}")),
        "ok"
    );
}

#[test]
fn an_issuer_that_signs_for_another_is_refused() {
    let made = Forgery::root(&root_fields(), &stranger());
    check(&made.bytes(), "token.signature_invalid");
    let own_name = Fields::root(&stranger(), "support-bot", &bot());
    let made = Forgery::root(&own_name, &stranger());
    check(&made.bytes(), "token.unknown_issuer");
    // The twin: whoever trusts the key accepts it.
    let trusting = verifier().trust(stranger().public());
    let token = Token::from_bytes(&made.bytes()).unwrap();
    assert!(trusting.verify(&token, now()).is_ok());
    let distrusting = trusting.distrust(&stranger().public());
    assert_eq!(
        distrusting.verify(&token, now()).unwrap_err(),
        TokenError::UnknownIssuer
    );
}

#[test]
fn a_token_for_another_audience_is_refused() {
    let bank = mint()
        .grant(super::actors::pattern("write:refunds"))
        .audience(audience("bank"))
        .sign(&issuer().secret())
        .unwrap();
    check(bank.as_bytes(), "token.audience_mismatch");
    // The twin: the same token where it belongs.
    let at_the_bank = agentsudo_core::Verifier::new(audience("bank")).trust(issuer().public());
    assert!(at_the_bank.verify(&bank, now()).is_ok());
}

#[test]
fn an_audience_is_compared_as_a_whole() {
    for close in ["Shop", "shop.", "shop:8080", "sho", "shop,bank"] {
        let named = root_fields().with(field::AUDIENCES, Cbor::texts(&[close]));
        check(
            &Forgery::root(&named, &issuer()).bytes(),
            "token.audience_mismatch",
        );
    }
    let several = root_fields().with(field::AUDIENCES, Cbor::texts(&["bank", "shop"]));
    check(&Forgery::root(&several, &issuer()).bytes(), "ok");
}
