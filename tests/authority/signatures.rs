//! Keys and signatures that are almost right.

use agentsudo_core::{
    ApprovalDecision, ApprovalRefusal, KeyError, PublicKey, Signature, Token, TokenError, Verdict,
};
use ed25519_dalek::Verifier as _;
use sha2::{Digest as _, Sha512};

use super::actors::{
    NONCE, accept, audience, bot, capability, check, issuer, root, root_fields, verifier,
};
use super::approvals::{Canned, approvers, boss, request_of, soon};
use super::forge::{
    APPROVAL, Cbor, DELEGATION, Fields, Forgery, Key, ROOT, SESSION, field, signed_bytes,
};

/// The order of the base point, little-endian: RFC 8032, section 5.1.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// The neutral point.
const NEUTRAL: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 1;
    bytes
};

/// Adds two little-endian numbers.
fn add(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut carry = 0;
    let mut sum = [0; 32];
    for (sum, (a, b)) in sum.iter_mut().zip(a.iter().zip(b)) {
        let total = u16::from(*a) + u16::from(*b) + carry;
        [*sum, _] = total.to_le_bytes();
        carry = total >> 8;
    }
    sum
}

/// Subtracts, if the result is not negative.
fn subtract(a: &[u8; 32], b: &[u8; 32]) -> Option<[u8; 32]> {
    let mut borrow = 0;
    let mut difference = [0; 32];
    for (to, (a, b)) in difference.iter_mut().zip(a.iter().zip(b)) {
        let total = 0x100 + u16::from(*a) - u16::from(*b) - borrow;
        [*to, _] = total.to_le_bytes();
        borrow = u16::from(total < 0x100);
    }
    (borrow == 0).then_some(difference)
}

fn add_mod_l(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let sum = add(a, b);
    subtract(&sum, &L).unwrap_or(sum)
}

/// A little-endian number modulo the order, one bit after the other.
fn mod_l(bytes: &[u8]) -> [u8; 32] {
    multiply_mod_l(bytes, &NEUTRAL)
}

fn multiply_mod_l(a: &[u8], b: &[u8; 32]) -> [u8; 32] {
    let bits = a
        .iter()
        .rev()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    bits.fold([0; 32], |product, bit| {
        let doubled = add_mod_l(&product, &product);
        if bit == 1 {
            add_mod_l(&doubled, b)
        } else {
            doubled
        }
    })
}

fn halves(signature: &[u8]) -> ([u8; 32], [u8; 32]) {
    let (r, s) = signature.split_at(32);
    (r.try_into().unwrap(), s.try_into().unwrap())
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    [r, s].concat().try_into().unwrap()
}

#[test]
fn a_malleated_signature_is_refused_on_every_block() {
    let made = root().then(&Fields::delegation("researcher", &bot()), &bot());
    check(&made.bytes(), "ok");
    for block in 0..2 {
        let mut malleated = made.clone();
        let (r, s) = halves(&made.parts[block].1);
        let larger = add(&s, &L);
        malleated.parts[block].1 = joined(r, larger).to_vec();
        check(&malleated.bytes(), "token.signature_invalid");
        // The twin: a library that reduces S first, as older ones do, takes it for a second signature.
        assert_eq!(mod_l(&larger), s);
        assert_ne!(malleated.bytes(), made.bytes());
    }
}

#[test]
fn the_name_of_a_token_comes_from_what_is_signed_and_not_from_the_signature() {
    // A replay list that is keyed by signature bytes forgets a token that was signed anew.
    let made = root();
    let id = made.last_id().unwrap();
    assert_eq!(capability(&made.bytes(), &bot()).id().as_bytes(), &id);
    let mut resigned = made.clone();
    resigned.parts[0].1 = vec![9; 64];
    assert_eq!(resigned.last_id(), Some(id));
}

#[test]
fn a_signature_with_a_small_order_r_is_refused() {
    // The holder of a sound key can make R the neutral point: S = k·a. Such a signature is one of many.
    let payload = root_fields().encoded();
    let message = signed_bytes(ROOT, None, &payload);
    let signature = small_order_r(&issuer(), &message);
    let lax = ed25519_dalek::Signature::from_bytes(&signature);
    assert!(
        issuer().verifying().verify(&message, &lax).is_ok(),
        "the twin takes it"
    );
    let made = Forgery::default().then_signed(payload, signature);
    check(&made.bytes(), "token.signature_invalid");
}

fn small_order_r(key: &Key, message: &[u8]) -> [u8; 64] {
    let mut secret: [u8; 32] = Sha512::digest(key.seed())[..32].try_into().unwrap();
    secret[0] &= 248;
    secret[31] = secret[31] & 127 | 64;
    let hash = Sha512::digest([&NEUTRAL, &key.bytes(), message].concat());
    joined(NEUTRAL, multiply_mod_l(&hash, &mod_l(&secret)))
}

/// The four points of order 1, 2 and 4, and second spellings of two of them: first byte, those between, last.
const SMALL_ORDER: [(u8, [u8; 32], u8); 6] = [
    (0xed, [0xff; 32], 0x7f),
    (0xee, [0xff; 32], 0x7f),
    (0x01, [0; 32], 0x00),
    (0xec, [0xff; 32], 0x7f),
    (0x00, [0; 32], 0x80),
    (0x00, [0; 32], 0x00),
];

fn small_order_points() -> impl Iterator<Item = [u8; 32]> {
    SMALL_ORDER.into_iter().map(|(first, mut bytes, last)| {
        bytes[0] = first;
        bytes[31] = last;
        bytes
    })
}

#[test]
fn a_small_order_key_is_no_holder_and_no_issuer() {
    for point in small_order_points() {
        let held = root_fields().with(field::HOLDER_KEY, Cbor::Bytes(point.to_vec()));
        check(
            &Forgery::root(&held, &issuer()).bytes(),
            "token.key_unsound",
        );
        let passed_on = Fields::delegation("researcher", &bot())
            .with(field::HOLDER_KEY, Cbor::Bytes(point.to_vec()));
        check(
            &root().then(&passed_on, &bot()).bytes(),
            "token.key_unsound",
        );
        assert_eq!(PublicKey::from_bytes(&point), Err(KeyError::Weak));
    }
    // The twin: under the neutral point as key, one signature that nobody made fits every message.
    let weak = ed25519_dalek::VerifyingKey::from_bytes(&NEUTRAL).unwrap();
    let nobodys = ed25519_dalek::Signature::from_bytes(&joined(NEUTRAL, [0; 32]));
    for message in [b"one".as_slice(), b"another"] {
        assert!(weak.verify(message, &nobodys).is_ok());
        assert!(weak.verify_strict(message, &nobodys).is_err());
    }
}

#[test]
fn a_key_in_a_second_spelling_is_no_holder_and_no_issuer() {
    // y = p + 3, which the library folds into y = 3: one key under two names.
    let mut folded = [0xff; 32];
    folded[0] = 0xf0;
    folded[31] = 0x7f;
    assert!(
        ed25519_dalek::VerifyingKey::from_bytes(&folded).is_ok(),
        "the twin takes it"
    );
    let held = root_fields().with(field::HOLDER_KEY, Cbor::Bytes(folded.to_vec()));
    check(
        &Forgery::root(&held, &issuer()).bytes(),
        "token.key_unsound",
    );
    assert_eq!(PublicKey::from_bytes(&folded), Err(KeyError::InvalidPoint));
}

#[test]
fn bytes_that_are_no_key_are_no_holder() {
    for len in [0, 31, 33] {
        let held = root_fields().with(field::HOLDER_KEY, Cbor::Bytes(vec![2; len]));
        check(&Forgery::root(&held, &issuer()).bytes(), "token.malformed");
    }
    let held = root_fields().with(
        field::HOLDER_KEY,
        Cbor::Bytes([[2].as_slice(), &[0; 31]].concat()),
    );
    check(
        &Forgery::root(&held, &issuer()).bytes(),
        "token.key_unsound",
    );
}

const DOMAINS: [&[u8]; 4] = [ROOT, DELEGATION, SESSION, APPROVAL];

/// Signs what a place wants signed, but for the purpose `made_for`.
fn signed_for(made_for: &[u8], signer: &Key, content: &[u8]) -> [u8; 64] {
    signer.sign(&[made_for, content].concat())
}

#[track_caller]
fn check_domain(made_for: &[u8], place: &[u8], accepted: bool) {
    assert_eq!(
        accepted,
        made_for == place,
        "made for {:?}, offered as {:?}",
        str::from_utf8(made_for),
        str::from_utf8(place)
    );
}

#[test]
fn a_signature_made_for_another_purpose_is_no_root_block() {
    let payload = root_fields().encoded();
    for made_for in DOMAINS {
        let signature = signed_for(made_for, &issuer(), &payload);
        let made = Forgery::default().then_signed(payload.clone(), signature);
        check_domain(made_for, ROOT, accept(&made.bytes()).is_ok());
    }
}

#[test]
fn a_signature_made_for_another_purpose_is_no_delegation() {
    let payload = Fields::delegation("researcher", &bot()).encoded();
    let content = [root().last_id().unwrap().as_slice(), &payload].concat();
    for made_for in DOMAINS {
        let signature = signed_for(made_for, &bot(), &content);
        let made = root().then_signed(payload.clone(), signature);
        check_domain(made_for, DELEGATION, accept(&made.bytes()).is_ok());
    }
}

#[test]
fn a_signature_made_for_another_purpose_opens_no_session() {
    for made_for in DOMAINS {
        let verified = accept(&root().bytes()).unwrap();
        let input = verified.challenge(&NONCE);
        let content = input.as_bytes().strip_prefix(SESSION).unwrap();
        let signature = Signature::from_bytes(signed_for(made_for, &bot(), content));
        let opened = verified.proved_by(&NONCE, &signature);
        check_domain(made_for, SESSION, opened.is_ok());
    }
}

#[test]
fn a_signature_made_for_another_purpose_approves_nothing() {
    let request = request_of("{}");
    let seen = Canned::listening(&boss());
    let _ = ApprovalDecision::sign(&request, Verdict::Approve, soon(), &seen);
    let input = seen.heard();
    let content = input.strip_prefix(APPROVAL).unwrap();
    for made_for in DOMAINS {
        let forged = Canned::saying(&boss(), signed_for(made_for, &boss(), content));
        let decision = ApprovalDecision::sign(&request, Verdict::Approve, soon(), &forged).unwrap();
        let approved = approvers().check(&request, decision, soon());
        if let Err(refusal) = &approved {
            assert_eq!(refusal, &ApprovalRefusal::SignatureInvalid);
        }
        check_domain(made_for, APPROVAL, approved.is_ok());
    }
}

#[test]
fn without_domains_one_signature_serves_every_purpose() {
    // The twin of the four tests above: the same content signed bare, and checked bare.
    let content = root_fields().encoded();
    let bare = issuer().sign(&content);
    let signature = ed25519_dalek::Signature::from_bytes(&bare);
    let fits_bare = |_place: &[u8]| {
        issuer()
            .verifying()
            .verify_strict(&content, &signature)
            .is_ok()
    };
    assert!(DOMAINS.into_iter().all(fits_bare));
    let made = Forgery::default().then_signed(content.clone(), bare);
    check(&made.bytes(), "token.signature_invalid");
}

#[test]
fn a_proof_is_bound_to_its_token_its_challenge_and_its_verifier() {
    let wide = Forgery::root(
        &root_fields().with(field::GRANTS, Cbor::texts(&["**"])),
        &issuer(),
    );
    let proof = |bytes: &[u8], nonce: &[u8; 32]| {
        let challenge = accept(bytes).unwrap();
        Signature::from_bytes(bot().sign(challenge.challenge(nonce).as_bytes()))
    };
    let signature = proof(&root().bytes(), &NONCE);
    let proved = |bytes: &[u8], nonce: &[u8; 32]| {
        let verified = accept(bytes).unwrap();
        verified.proved_by(nonce, &signature).map(drop)
    };
    assert_eq!(proved(&root().bytes(), &NONCE), Ok(()));
    let refused = Err(TokenError::HolderMismatch);
    assert_eq!(proved(&wide.bytes(), &NONCE), refused);
    assert_eq!(proved(&root().bytes(), &[6; 32]), refused);
    // A verifier that is shown the token cannot pass the proof on to another one.
    let bank = agentsudo_core::Verifier::new(audience("bank")).trust(issuer().public());
    let token = Token::from_bytes(&root().bytes()).unwrap();
    let at_the_bank = bank.verify(&token, super::actors::now()).unwrap();
    assert_eq!(at_the_bank.proved_by(&NONCE, &signature).map(drop), refused);
    // The twin: shown bytes alone are accepted by all of them.
    assert!(
        accept(&wide.bytes()).is_ok() && verifier().verify(&token, super::actors::now()).is_ok()
    );
}
