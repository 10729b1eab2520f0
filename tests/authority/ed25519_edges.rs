//! Keys and signatures on which readers of Ed25519 disagree.
//!
//! RFC 8032 leaves room: some readers multiply by the cofactor, some compare points and not bytes, some
//! reduce `S`, some take keys of small order. Each trick below is taken by one of these readers, the twins,
//! and the core refuses it in all the places where it checks a signature.

use std::sync::Arc;

use agentsudo_core::{
    ApprovalDecision, Approvers, Call, CallId, Conditions, Digest, FreezeList, Invocation,
    InvocationProof, KeyError, PublicKey, SessionHandshake, Signature, Signer, SigningInput, Token,
    Verdict, Verifier, authorize_proved,
};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::traits::IsIdentity as _;
use curve25519_dalek::{EdwardsPoint, Scalar};
use ed25519_dalek::{Verifier as _, VerifyingKey};
use sha2::{Digest as _, Sha512};

use super::actors::{
    NONCE, accept, arguments, audience, check, issuer, now, requirement, researcher, root_fields,
    verifier,
};
use super::approvals::{name, request_of, soon};
use super::forge::{Cbor, DELEGATION, Fields, Forgery, ROOT, SESSION, field, signed_bytes};

/// The order of the base point, little-endian: RFC 8032, section 5.1.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// The neutral point, and two more texts that readers take for it: `y` above the prime, and a zero `x`
/// that is said to be odd.
const NEUTRAL: [u8; 32] = ends(0x01, 0x00, 0x00);
const NEUTRAL_UNREDUCED: [u8; 32] = ends(0xee, 0xff, 0x7f);
const NEUTRAL_SIGNED: [u8; 32] = ends(0x01, 0x00, 0x80);

const fn ends(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut bytes = [middle; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}

/// Somebody who knows a secret scalar, and shows a point that may have a part of small order added to it.
#[derive(Clone, Copy)]
struct Party {
    secret: Scalar,
    key: [u8; 32],
}

impl Party {
    fn of(seed: u8) -> Self {
        Self::with(seed, EIGHT_TORSION[0])
    }

    fn with(seed: u8, small: EdwardsPoint) -> Self {
        let secret = scalar(&[&[seed]]);
        let key = (EdwardsPoint::mul_base(&secret) + small).compress();
        Self { secret, key: key.0 }
    }

    fn public(&self) -> PublicKey {
        PublicKey::from_bytes(&self.key).unwrap()
    }

    /// The signature with this `R`, the scalar of whose part without torsion is `r`.
    fn signature(&self, r: Scalar, shown: [u8; 32], message: &[u8]) -> [u8; 64] {
        let k = scalar(&[&shown, &self.key, message]);
        joined(shown, (r + k * self.secret).to_bytes())
    }
}

fn scalar(parts: &[&[u8]]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&Sha512::digest(parts.concat()).into())
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    [r, s].concat().try_into().unwrap()
}

fn halves(signature: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
    let (r, s) = signature.split_at(32);
    (r.try_into().unwrap(), s.try_into().unwrap())
}

/// A way to sign a message.
type Trick = fn(&Party, &[u8]) -> [u8; 64];

/// The nonces with which a signer tries again.
fn nonces() -> impl Iterator<Item = Scalar> {
    (1_u8..=255).map(|i| scalar(&[b"nonce", &[i]]))
}

fn honest(party: &Party, message: &[u8]) -> [u8; 64] {
    let r = scalar(&[b"nonce", message]);
    party.signature(r, EdwardsPoint::mul_base(&r).compress().0, message)
}

/// Adds the order to `S`, so many times.
fn with_larger_s(signature: [u8; 64], times: u8) -> [u8; 64] {
    let (r, mut s) = halves(&signature);
    for _ in 0..times {
        let mut carry = 0;
        for (byte, add) in s.iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            [*byte, _] = sum.to_le_bytes();
            carry = sum >> 8;
        }
    }
    joined(r, s)
}

fn s_plus_order(party: &Party, message: &[u8]) -> [u8; 64] {
    with_larger_s(honest(party, message), 1)
}

fn s_with_its_highest_bits(party: &Party, message: &[u8]) -> [u8; 64] {
    with_larger_s(honest(party, message), 14)
}

fn r_neutral(party: &Party, message: &[u8]) -> [u8; 64] {
    party.signature(Scalar::ZERO, NEUTRAL, message)
}

fn r_neutral_unreduced(party: &Party, message: &[u8]) -> [u8; 64] {
    party.signature(Scalar::ZERO, NEUTRAL_UNREDUCED, message)
}

fn r_neutral_signed(party: &Party, message: &[u8]) -> [u8; 64] {
    party.signature(Scalar::ZERO, NEUTRAL_SIGNED, message)
}

fn r_of_order_8(party: &Party, message: &[u8]) -> [u8; 64] {
    party.signature(Scalar::ZERO, EIGHT_TORSION[1].compress().0, message)
}

fn r_plus(party: &Party, small: EdwardsPoint, message: &[u8]) -> [u8; 64] {
    let r = scalar(&[b"nonce", message]);
    let shown = (EdwardsPoint::mul_base(&r) + small).compress();
    party.signature(r, shown.0, message)
}

fn r_plus_order_2(party: &Party, message: &[u8]) -> [u8; 64] {
    r_plus(party, EIGHT_TORSION[4], message)
}

fn r_plus_order_4(party: &Party, message: &[u8]) -> [u8; 64] {
    r_plus(party, EIGHT_TORSION[2], message)
}

fn r_plus_order_8(party: &Party, message: &[u8]) -> [u8; 64] {
    r_plus(party, EIGHT_TORSION[1], message)
}

fn r_that_is_no_point(party: &Party, message: &[u8]) -> [u8; 64] {
    party.signature(Scalar::ZERO, ends(0x02, 0, 0), message)
}

/// Readers of signatures that are less strict than the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// The library's `verify`.
    Plain,
    /// Multiplies by eight, as a batch has to: the first equation of RFC 8032, section 5.1.7.
    Cofactored,
    /// Compares `R` as a point, whatever its spelling.
    ByPoints,
    /// Reduces `S` before it looks.
    Reducing,
}

const READERS: [Reader; 4] = [
    Reader::Plain,
    Reader::Cofactored,
    Reader::ByPoints,
    Reader::Reducing,
];

impl Reader {
    fn takes(self, key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
        let (r, s) = halves(signature);
        let reduced = Scalar::from_bytes_mod_order(s);
        match self {
            Self::Plain => plain(key, message, signature),
            Self::Reducing => plain(key, message, &joined(r, reduced.to_bytes())),
            Self::Cofactored => difference(key, message, signature)
                .is_some_and(|rest| rest.mul_by_cofactor().is_identity()),
            Self::ByPoints => {
                difference(key, message, signature).is_some_and(|rest| rest.is_identity())
            }
        }
    }
}

fn plain(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_bytes(key).unwrap();
    key.verify(message, &ed25519_dalek::Signature::from_bytes(signature))
        .is_ok()
}

fn strict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = VerifyingKey::from_bytes(key).unwrap();
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
        .is_ok()
}

/// `S·B - k·A - R`, which is the neutral point for a sound signature.
fn difference(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Option<EdwardsPoint> {
    let (shown, s) = halves(signature);
    let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s))?;
    let (a, r) = (point(key)?, point(&shown)?);
    let k = scalar(&[&shown, key, message]);
    Some(EdwardsPoint::mul_base(&s) - k * a - r)
}

fn point(bytes: &[u8; 32]) -> Option<EdwardsPoint> {
    CompressedEdwardsY(*bytes).decompress()
}

/// Signs by a trick whatever it is given, and notes which of the readers take it.
struct Trickster<'a> {
    party: &'a Party,
    trick: Trick,
    expected: &'a [Reader],
}

impl Trickster<'_> {
    #[track_caller]
    fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        let signature = (self.trick)(self.party, message);
        let taken_by = READERS
            .into_iter()
            .filter(|reader| reader.takes(&self.party.key, message, &signature));
        assert_eq!(taken_by.collect::<Vec<_>>(), self.expected);
        signature
    }
}

impl Signer for Trickster<'_> {
    fn public_key(&self) -> PublicKey {
        self.party.public()
    }

    fn sign(&self, input: &SigningInput) -> Result<Signature, KeyError> {
        Ok(Signature::from_bytes(self.sign_bytes(input.as_bytes())))
    }
}

/// Offers a signature in each place where the core checks one: a root block, a delegation, the proof that
/// opens a session in the process or across processes, the proof of one call, a person's consent.
#[track_caller]
fn offer_everywhere(party: &Party, trick: Trick, taken_by: &[Reader], accepted: bool) {
    let signer = Trickster {
        party,
        trick,
        expected: taken_by,
    };
    let expected = |code: &'static str| if accepted { "ok" } else { code };

    let id = Digest::of(&party.key).as_bytes()[..8].to_vec();
    let payload = root_fields().with(field::ISSUER, Cbor::Bytes(id)).encoded();
    let signature = signer.sign_bytes(&signed_bytes(ROOT, None, &payload));
    let root = Forgery::default().then_signed(payload, signature);
    let trusting = Verifier::new(audience("shop")).trust(party.public());
    let token = Token::from_bytes(&root.bytes()).unwrap();
    let found = trusting.verify(&token, now()).map(drop);
    let found = found.map_or_else(|error| error.code(), |()| "ok");
    assert_eq!(found, expected("token.signature_invalid"), "root");

    let given = given_to(party);
    let payload = Fields::delegation("researcher", &researcher()).encoded();
    let message = signed_bytes(DELEGATION, given.last_id().as_ref(), &payload);
    let delegated = given
        .clone()
        .then_signed(payload, signer.sign_bytes(&message));
    check(&delegated.bytes(), expected("token.signature_invalid"));

    let verified = accept(&given.bytes()).unwrap();
    let found = verified.held_by(&signer, &NONCE).map(drop);
    let found = found.map_or_else(|error| error.code(), |()| "ok");
    assert_eq!(found, expected("token.holder_mismatch"), "session");

    let token = Token::from_bytes(&given.bytes()).unwrap();
    let found = opened(&token, &signer);
    assert_eq!(found, expected("proof.signature_invalid"), "handshake");
    let found = invoked(&token, &signer);
    assert_eq!(found, expected("proof.signature_invalid"), "invocation");

    let request = request_of("{}");
    let approvers = Approvers::nobody().and(name("boss"), party.public());
    let decision = ApprovalDecision::sign(&request, Verdict::Approve, soon(), &signer).unwrap();
    let found = approvers.check(&request, decision, soon()).map(drop);
    let found = found.map_or_else(|error| error.code(), |()| "ok");
    assert_eq!(found, expected("approval.signature_invalid"), "approval");
}

/// The handshake of a session between processes.
fn opened(token: &Token, signer: &Trickster<'_>) -> &'static str {
    let shop = audience("shop");
    let (_, opening) =
        SessionHandshake::begin(token, &shop, now(), [1; 16], &mut [2; 32], signer).unwrap();
    let verified = verifier().verify(token, now()).unwrap();
    let opened = verified.open_session(&opening, [3; 16], &mut [4; 32], now());
    opened.map_or_else(|error| error.code(), |_| "ok")
}

/// One call with a proof of its own.
fn invoked(token: &Token, signer: &Trickster<'_>) -> &'static str {
    let (shop, nonce) = (audience("shop"), [1; 16]);
    let needed = Arc::new(requirement("issue_refund", "write:refunds"));
    let arguments = arguments("{}");
    let invocation = Invocation::of(&needed, &arguments);
    let proof = InvocationProof::sign(token, &shop, &invocation, now(), nonce, signer).unwrap();
    let call = Call::dynamic(CallId::from_bytes([5; 16]), Arc::clone(&needed), arguments);
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    let verified = verifier().verify(token, now()).unwrap();
    let proved = authorize_proved(verified, &proof, call, &conditions);
    proved.map_or_else(|refused| refused.into_refusal().code(), |_| "ok")
}

/// A root token for the party's key.
fn given_to(party: &Party) -> Forgery {
    let key = Cbor::Bytes(party.key.to_vec());
    Forgery::root(&root_fields().with(field::HOLDER_KEY, key), &issuer())
}

#[test]
fn under_a_sound_key_the_core_takes_the_one_signature_that_all_readers_take() {
    offer_everywhere(&Party::of(1), honest, &READERS, true);
}

#[test]
fn under_a_sound_key_the_core_takes_nothing_else() {
    use Reader::{ByPoints, Cofactored, Plain, Reducing};
    let tricks: [(Trick, &[Reader]); 10] = [
        (s_plus_order, &[Reducing]),
        (s_with_its_highest_bits, &[Reducing]),
        (r_neutral, &[Plain, Cofactored, ByPoints, Reducing]),
        (r_neutral_unreduced, &[Cofactored, ByPoints]),
        (r_neutral_signed, &[Cofactored, ByPoints]),
        (r_of_order_8, &[Cofactored]),
        (r_plus_order_2, &[Cofactored]),
        (r_plus_order_4, &[Cofactored]),
        (r_plus_order_8, &[Cofactored]),
        (r_that_is_no_point, &[]),
    ];
    for (trick, taken_by) in tricks {
        offer_everywhere(&Party::of(1), trick, taken_by, false);
    }
}

#[test]
fn the_points_of_small_order_are_what_they_are_said_to_be() {
    for (at, order) in [(0, 1), (1, 8), (2, 4), (4, 2)] {
        let point = EIGHT_TORSION[at];
        let smallest = (1_u8..=8).find(|n| (Scalar::from(*n) * point).is_identity());
        assert_eq!(smallest, Some(order));
    }
}

/// Every text of 32 bytes that some reader takes for a point of small order: the eight canonical ones, `y`
/// above the prime, and an odd `x` that is zero.
fn texts_of_small_order() -> Vec<[u8; 32]> {
    let mut texts = EIGHT_TORSION.map(|point| point.compress().0).to_vec();
    texts.extend([
        NEUTRAL_SIGNED,
        NEUTRAL_UNREDUCED,
        ends(0xee, 0xff, 0xff),
        ends(0xec, 0xff, 0xff),
        ends(0xed, 0xff, 0x7f),
        ends(0xed, 0xff, 0xff),
    ]);
    texts
}

/// The signature under a key of small order that nobody had to make, for a message that it fits by chance:
/// one in eight at worst.
fn nobodys(key: &[u8; 32], message: &[u8]) -> Option<[u8; 64]> {
    let mut signatures = EIGHT_TORSION
        .map(|r| joined(r.compress().0, [0; 32]))
        .into_iter();
    signatures.find(|signature| plain(key, message, signature))
}

#[track_caller]
fn check_loaded(key: &[u8; 32], expected: &Result<(), KeyError>) {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(&PublicKey::from_bytes(key).map(drop), expected, "{hex}");
    assert_eq!(&hex.parse::<PublicKey>().map(drop), expected, "{hex}");
    let read = serde_json::from_value::<PublicKey>(hex.clone().into());
    assert_eq!(read.is_ok(), expected.is_ok(), "{hex}");
    let read = PublicKey::from_pem(&pem_of(key));
    assert_eq!(read.is_ok(), expected.is_ok(), "{hex}");
}

/// A key as PEM, written by hand: RFC 8410, section 4.
fn pem_of(key: &[u8; 32]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let start = [
        0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
    ];
    // 44 bytes: the last group has two, and one sign of padding.
    let bytes = [start.as_slice(), key, &[0]].concat();
    let mut text = String::new();
    for group in bytes.as_chunks::<3>().0 {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        text.extend([18, 12, 6, 0].map(|by| ALPHABET[(bits >> by & 63) as usize] as char));
    }
    text.replace_range(text.len() - 1.., "=");
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

#[test]
fn a_key_of_small_order_is_never_loaded_in_any_spelling() {
    let texts = texts_of_small_order();
    assert_eq!(texts.len(), 14);
    for key in texts {
        // The twin: the library loads it, and takes a signature that took no secret.
        let mut messages = (0_u8..64).map(|i| [i]);
        assert!(messages.any(|message| nobodys(&key, &message).is_some()));
        check_loaded(&key, &Err(KeyError::Weak));
        let held = root_fields().with(field::HOLDER_KEY, Cbor::Bytes(key.to_vec()));
        check(
            &Forgery::root(&held, &issuer()).bytes(),
            "token.key_unsound",
        );
    }
}

/// The twin of a whole attack: a root token for a key of small order, delegated on by nobody. `verify` takes
/// the delegation, so a reader that loads such keys lets everybody act for its holder.
#[test]
fn a_delegation_that_nobody_signed_is_refused_for_its_key() {
    let key = NEUTRAL;
    let party = Party {
        secret: Scalar::ZERO,
        key,
    };
    let given = given_to(&party);
    let payload = Fields::delegation("researcher", &researcher()).encoded();
    let message = signed_bytes(DELEGATION, given.last_id().as_ref(), &payload);
    let signature = nobodys(&key, &message).unwrap();
    assert!(plain(&key, &message, &signature) && !strict(&key, &message, &signature));
    let stolen = given.then_signed(payload, signature);
    check(&stolen.bytes(), "token.key_unsound");
}

#[test]
fn a_key_has_one_spelling() {
    let (mut loaded_twice, mut weak) = (0, 0);
    for low in 0_u8..19 {
        for sign in [0x00, 0x80] {
            let canonical = ends(low, 0x00, sign);
            let folded = ends(0xed + low, 0xff, 0x7f | sign);
            // The twin: the library reads both as one point, and keeps them apart as keys.
            let Ok(key) = VerifyingKey::from_bytes(&folded) else {
                check_loaded(&folded, &Err(KeyError::InvalidPoint));
                continue;
            };
            assert_eq!(point(&folded), point(&canonical));
            loaded_twice += 1;
            if key.is_weak() {
                weak += 1;
                check_loaded(&folded, &Err(KeyError::Weak));
            } else {
                check_loaded(&folded, &Err(KeyError::InvalidPoint));
                check_loaded(&canonical, &Ok(()));
            }
            let held = root_fields().with(field::HOLDER_KEY, Cbor::Bytes(folded.to_vec()));
            check(
                &Forgery::root(&held, &issuer()).bytes(),
                "token.key_unsound",
            );
        }
    }
    assert_eq!((loaded_twice, weak), (24, 4));
}

/// Keys with a part of order 2, 4 or 8 beside the part of prime order.
fn mixed() -> [Party; 3] {
    [4, 2, 1].map(|at| Party::with(1, EIGHT_TORSION[at]))
}

/// The part of small order that a party's key has.
fn small_part(party: &Party) -> EdwardsPoint {
    point(&party.key).unwrap() - EdwardsPoint::mul_base(&party.secret)
}

/// Tries nonces until the hash takes the small part out of the equation: one in eight at worst.
fn ground(party: &Party, message: &[u8]) -> [u8; 64] {
    signed_when(party, message, |k, small| (k * small).is_identity())
}

/// Stops at a nonce for which it does not.
fn not_ground(party: &Party, message: &[u8]) -> [u8; 64] {
    signed_when(party, message, |k, small| !(k * small).is_identity())
}

fn signed_when(
    party: &Party,
    message: &[u8],
    fits: impl Fn(Scalar, EdwardsPoint) -> bool,
) -> [u8; 64] {
    let small = small_part(party);
    let tried = nonces().find_map(|r| {
        let shown = EdwardsPoint::mul_base(&r).compress().0;
        let k = scalar(&[&shown, &party.key, message]);
        fits(k, small).then(|| party.signature(r, shown, message))
    });
    tried.unwrap()
}

/// Gives `R` the small part that the hash leaves over.
fn ground_with_mixed_r(party: &Party, message: &[u8]) -> [u8; 64] {
    let small = small_part(party);
    let tried = nonces().find_map(|r| {
        let part = -small;
        let shown = (EdwardsPoint::mul_base(&r) + part).compress().0;
        let k = scalar(&[&shown, &party.key, message]);
        (k * small + part)
            .is_identity()
            .then(|| party.signature(r, shown, message))
    });
    tried.unwrap()
}

/// What strict verification does with keys of mixed order, exactly: it takes the key, and of its signatures
/// those for which `S·B - k·A` is `R` to the byte. Whoever knows the secret finds one after at most some tens
/// of tries; it refuses the others, which a reader with cofactor takes.
///
/// That is acceptable, and so the core spends no multiplication on refusing such keys. Nobody signs without
/// the secret: as with a sound key, a signature that fits two messages is a collision of SHA-512 modulo the
/// order. All single verifications by the rules of `docs/token-format.md` agree, since they are free of the
/// cofactor and reduce the hash modulo the order first, as this test does by itself. And that one secret has
/// eight such keys gives its owner nothing that making eight secrets does not. What would not be acceptable
/// is checking several signatures in one batch, which needs the cofactor.
#[test]
fn a_key_of_mixed_order_proves_what_a_sound_one_proves() {
    for party in mixed() {
        check_loaded(&party.key, &Ok(()));
        offer_everywhere(&party, ground, &READERS, true);
        offer_everywhere(&party, ground_with_mixed_r, &READERS, true);
        offer_everywhere(&party, not_ground, &[Reader::Cofactored], false);
        offer_everywhere(&party, s_plus_order_ground, &[Reader::Reducing], false);
    }
}

fn s_plus_order_ground(party: &Party, message: &[u8]) -> [u8; 64] {
    with_larger_s(ground(party, message), 1)
}

#[test]
fn a_signature_under_one_key_of_a_secret_does_not_count_under_another() {
    let sound = Party::of(1);
    for party in mixed() {
        let message = b"pay 5 to ada";
        let (of_sound, of_mixed) = (honest(&sound, message), ground(&party, message));
        assert!(strict(&sound.key, message, &of_sound));
        assert!(strict(&party.key, message, &of_mixed));
        assert!(!strict(&party.key, message, &of_sound));
        assert!(!strict(&sound.key, message, &of_mixed));
        // And the key that a token names is the one whose signature counts.
        let verified = accept(&given_to(&party).bytes()).unwrap();
        let other = Trickster {
            party: &sound,
            trick: honest,
            expected: &READERS,
        };
        let opened = verified.held_by(&other, &NONCE).map(drop);
        assert_eq!(opened.unwrap_err().code(), "token.holder_mismatch");
    }
}

/// Under a mixed key `R` can be of small order for some messages. `verify` takes such a signature; it needs
/// the secret too, and the core refuses it.
#[test]
fn under_a_mixed_key_an_r_of_small_order_is_refused() {
    for party in mixed() {
        let verified = || accept(&given_to(&party).bytes()).unwrap();
        let found = (0_u8..=255).find_map(|i| {
            let nonce = [i; 32];
            let input = verified().challenge(&nonce);
            assert!(input.as_bytes().starts_with(SESSION));
            let tried = EIGHT_TORSION.map(|r| {
                let shown = r.compress().0;
                party.signature(Scalar::ZERO, shown, input.as_bytes())
            });
            let mut tried = tried.into_iter();
            let taken = tried.find(|signature| plain(&party.key, input.as_bytes(), signature))?;
            Some((nonce, taken))
        });
        let (nonce, signature) = found.unwrap();
        let opened = verified().proved_by(&nonce, &Signature::from_bytes(signature));
        assert_eq!(opened.unwrap_err().code(), "token.holder_mismatch");
    }
}
