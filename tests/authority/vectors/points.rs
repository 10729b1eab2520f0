//! Ed25519 at its edges: keys, `R` and `S` on which verifiers are known to disagree (RFC 8032, section 5.1.7).
//!
//! The forged signatures fit a verifier with one check less, and each test of that kind says which.

use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha512};

use super::case::{Case, root_with, to_researcher};
use crate::authority::actors::{bot, issuer, root, root_fields};
use crate::authority::forge::{Cbor, DELEGATION, Fields, Forgery, ROOT, field, signed_bytes};

/// The order of the group, little endian.
pub(super) const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// The base point.
const BASE: [u8; 32] = {
    let mut base = [0x66; 32];
    base[0] = 0x58;
    base
};
/// A point of order 8.
const EIGHTH: [u8; 32] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];

pub(super) fn cases() -> Vec<Case> {
    [
        of_holder_keys(),
        of_weak_holders(),
        of_s(),
        of_r(),
        of_mixed_order(),
    ]
    .concat()
}

/// 32 bytes that start with one byte, with the rest equal.
fn filled(first: u8, rest: u8, last: u8) -> [u8; 32] {
    let mut bytes = [rest; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

fn neutral() -> [u8; 32] {
    filled(1, 0, 0)
}

fn of_holder_keys() -> Vec<Case> {
    let negative_eighth = {
        let mut bytes = EIGHTH;
        bytes[31] |= 0x80;
        bytes
    };
    let keys = [
        ("small-order-holder", neutral()),
        ("holder-of-order-2", filled(0xec, 0xff, 0x7f)),
        ("holder-of-order-4", [0; 32]),
        ("holder-of-order-4-negative", filled(0, 0, 0x80)),
        ("holder-of-order-8", EIGHTH),
        ("holder-of-order-8-negative", negative_eighth),
        (
            "holder-that-is-neutral-and-not-canonical",
            filled(0xee, 0xff, 0x7f),
        ),
        ("holder-that-is-neutral-with-a-sign", filled(1, 0, 0x80)),
        (
            "holder-of-order-4-and-not-canonical",
            filled(0xed, 0xff, 0x7f),
        ),
        // y = 3 + p, and y = 3 is a point of the full order.
        ("holder-that-is-not-canonical", filled(0xf0, 0xff, 0x7f)),
        (
            "holder-that-is-not-canonical-with-a-sign",
            filled(0xf0, 0xff, 0xff),
        ),
        ("holder-that-is-no-point", filled(2, 0, 0)),
    ];
    let unsound = keys.map(|(name, key)| Case::of(name, &held_by(key), "token.key_unsound"));
    let sound = Case::of("holder-of-a-small-y", &held_by(filled(3, 0, 0)), "ok");
    [unsound.to_vec(), vec![sound]].concat()
}

fn held_by(key: [u8; 32]) -> Forgery {
    root_with(field::HOLDER_KEY, Cbor::Bytes(key.to_vec()))
}

/// The neutral point and `S` = 0, which fit every message under a key of order 1.
pub(super) fn fits_weak_keys() -> [u8; 64] {
    [neutral(), [0; 32]].concat().try_into().unwrap()
}

fn of_weak_holders() -> Vec<Case> {
    let delegated = held_by(neutral()).then_signed(to_researcher().encoded(), fits_weak_keys());
    let weak_leaf = to_researcher().with(field::HOLDER_KEY, Cbor::Bytes(neutral().to_vec()));
    let mut forged = root();
    forged.parts[0].1[0] ^= 1;
    let mut forged_and_weak = held_by(neutral());
    forged_and_weak.parts[0].1[0] ^= 1;
    vec![
        Case::of(
            "delegated-by-a-small-order-holder",
            &delegated,
            "token.key_unsound",
        ),
        Case::of(
            "delegated-to-a-small-order-holder",
            &root().then(&weak_leaf, &bot()),
            "token.key_unsound",
        ),
        // Whose key it is comes out of a signed block, so the signature is looked at first.
        Case::of(
            "forged-with-a-small-order-holder",
            &forged_and_weak,
            "token.signature_invalid",
        ),
        Case::of(
            "forged-with-a-sound-holder",
            &forged,
            "token.signature_invalid",
        ),
    ]
}

pub(super) fn plus(number: [u8; 32], other: [u8; 32]) -> [u8; 32] {
    let mut carry = 0;
    let mut sum = [0; 32];
    for ((sum, one), other) in sum.iter_mut().zip(number).zip(other) {
        let total = u16::from(one) + u16::from(other) + carry;
        *sum = total.to_le_bytes()[0];
        carry = total >> 8;
    }
    sum
}

/// Changes the `S` of a signature.
fn with_s(mut made: Forgery, block: usize, change: impl Fn([u8; 32]) -> [u8; 32]) -> Forgery {
    let signature = &mut made.parts[block].1;
    let s = change(signature[32..].try_into().unwrap());
    signature.splice(32.., s);
    made
}

fn of_s() -> Vec<Case> {
    let child = || root().then(&to_researcher(), &bot());
    let invalid = "token.signature_invalid";
    let high_bit = |mut s: [u8; 32]| {
        s[31] |= 0x80;
        s
    };
    vec![
        Case::of(
            "s-plus-the-order",
            &with_s(root(), 0, |s| plus(s, L)),
            invalid,
        ),
        Case::of(
            "s-plus-twice-the-order",
            &with_s(root(), 0, |s| plus(plus(s, L), L)),
            invalid,
        ),
        Case::of(
            "s-plus-the-order-in-a-delegation",
            &with_s(child(), 1, |s| plus(s, L)),
            invalid,
        ),
        Case::of(
            "s-with-its-highest-bit",
            &with_s(root(), 0, high_bit),
            invalid,
        ),
        Case::of("s-that-is-the-order", &with_s(root(), 0, |_| L), invalid),
    ]
}

/// A signature by a key, with any point in the place of `R`: `S` = `r` + `h` · secret.
///
/// `shown` is what stands in the signature, and `r` what its maker knows of it.
fn signature_with(
    secret: &SigningKey,
    shown: [u8; 32],
    r: u64,
    key: [u8; 32],
    message: &[u8],
) -> [u8; 64] {
    let a = secret.to_scalar();
    let h = reduced(a, &challenge(shown, key, message));
    let s = h * a + number(&a, r);
    [shown, s.to_bytes()].concat().try_into().unwrap()
}

fn challenge(shown: [u8; 32], key: [u8; 32], message: &[u8]) -> [u8; 64] {
    let hash = Sha512::new().chain_update(shown).chain_update(key);
    hash.chain_update(message).finalize().into()
}

/// A number as a scalar of the same type as another.
fn number<S: From<u64>>(_like: &S, number: u64) -> S {
    S::from(number)
}

/// 64 bytes, little endian, as a scalar of the same type as another.
fn reduced<S>(like: S, bytes: &[u8; 64]) -> S
where
    S: From<u64> + Copy + core::ops::Mul<Output = S> + core::ops::Add<Output = S>,
{
    let bytes = bytes.iter().rev();
    bytes.fold(number(&like, 0), |sum, byte| {
        sum * number(&like, 256) + number(&like, u64::from(*byte))
    })
}

/// `number` times the base point, and a point of small order on top.
fn point(number_of_base: u64, on_top: [u8; 32]) -> [u8; 32] {
    let read = |bytes| {
        ed25519_dalek::VerifyingKey::from_bytes(&bytes)
            .unwrap()
            .to_edwards()
    };
    let factor = number(
        &SigningKey::from_bytes(&[1; 32]).to_scalar(),
        number_of_base,
    );
    (read(BASE) * factor + read(on_top)).compress().to_bytes()
}

fn of_r() -> Vec<Case> {
    let secret = SigningKey::from_bytes(&issuer().seed());
    let block = root_fields().encoded();
    let message = signed_bytes(ROOT, None, &block);
    let with = |shown, r| {
        let signature = signature_with(&secret, shown, r, issuer().bytes(), &message);
        Forgery::default().then_signed(block.clone(), signature)
    };
    let invalid = "token.signature_invalid";
    vec![
        Case::of("r-of-a-known-number", &with(point(5, neutral()), 5), "ok"),
        // Fits without the check of small order.
        Case::of("r-that-is-neutral", &with(neutral(), 0), invalid),
        // Fits if points are compared, and not their bytes.
        Case::of(
            "r-that-is-neutral-and-not-canonical",
            &with(filled(0xee, 0xff, 0x7f), 0),
            invalid,
        ),
        Case::of(
            "r-that-is-neutral-with-a-sign",
            &with(filled(1, 0, 0x80), 0),
            invalid,
        ),
        // Fit with a cofactor in the equation.
        Case::of("r-of-order-8", &with(EIGHTH, 0), invalid),
        Case::of("r-of-mixed-order", &with(point(5, EIGHTH), 5), invalid),
        Case::of("r-that-is-no-point", &with(filled(2, 0, 0), 5), invalid),
    ]
}

/// A holder key with a part of order 8 is no weak key. What it signs fits without a cofactor when the
/// challenge is a multiple of 8, and with one in any case.
fn of_mixed_order() -> Vec<Case> {
    let secret = SigningKey::from_bytes(&bot().seed());
    let read = |bytes| {
        ed25519_dalek::VerifyingKey::from_bytes(&bytes)
            .unwrap()
            .to_edwards()
    };
    let mixed = (read(bot().bytes()) + read(EIGHTH)).compress().to_bytes();
    let parent = held_by(mixed);
    let block = to_researcher().encoded();
    let message = signed_bytes(DELEGATION, parent.last_id().as_ref(), &block);
    let residue = |r: u64| {
        let hash = challenge(point(r, neutral()), mixed, &message);
        reduced(secret.to_scalar(), &hash).to_bytes()[0] % 8
    };
    let first = |fits: fn(u8) -> bool| (1..).find(|r| fits(residue(*r))).unwrap();
    let signed = |r: u64| {
        let signature = signature_with(&secret, point(r, neutral()), r, mixed, &message);
        parent.clone().then_signed(block.clone(), signature)
    };
    let elsewhere = Fields::delegation("researcher", &bot());
    vec![
        Case::of("holder-of-mixed-order", &parent, "ok"),
        Case::of(
            "delegated-by-a-holder-of-mixed-order",
            &signed(first(|rest| rest == 0)),
            "ok",
        ),
        Case::of(
            "delegated-with-a-cofactor",
            &signed(first(|rest| rest != 0)),
            "token.signature_invalid",
        ),
        Case::of(
            "delegated-to-the-same-key",
            &root().then(&elsewhere, &bot()),
            "ok",
        ),
    ]
}
