//! Proofs of possession: stolen, replayed, handed on, and twisted into proofs of something else.

use std::sync::Arc;

use agentsudo_core::{
    Arguments, Call, CallId, CallTag, Conditions, Digest, Erased, FreezeList, Invocation,
    InvocationProof, MAX_PROOF_AGE_S, MemoryReplayGuard, Refusal, Requirement, SessionHandshake,
    SessionKey, SessionOpening, SessionReply, Signer as _, Timestamp, Token, Verifier,
    authorize_proved,
};

use super::actors::{
    NOW_S, arguments, audience, bot, chain_of_three, clerk, now, requirement, root, tool, verifier,
};
use super::forge::{Cbor, Key};

const REFUND: &str = r#"{"amount":4500,"order_id":"order_123"}"#;

fn at(unix_s: u64) -> Timestamp {
    Timestamp::from_unix_s(unix_s)
}

fn token() -> Token {
    Token::from_bytes(&root().bytes()).unwrap()
}

fn refunds() -> Requirement {
    requirement("issue_refund", "write:refunds")
}

fn call_of(requirement: Requirement, json: &str) -> Call<Erased> {
    Call::dynamic(
        CallId::from_bytes([1; 16]),
        Arc::new(requirement),
        arguments(json),
    )
}

fn prove(nonce: u8, requirement: &Requirement, json: &str) -> InvocationProof {
    let arguments = arguments(json);
    let invocation = Invocation::of(requirement, &arguments);
    let nonce = [nonce; 16];
    let shop = audience("shop");
    InvocationProof::sign(&token(), &shop, &invocation, now(), nonce, &bot().secret()).unwrap()
}

fn conditions(now: Timestamp, freezes: &FreezeList) -> Conditions<'_> {
    Conditions { now, freezes }
}

#[track_caller]
fn check_at(
    verifier: &Verifier,
    proof: &InvocationProof,
    call: Call<Erased>,
    now: Timestamp,
    expected: &str,
) {
    let verified = verifier.verify(&token(), now).unwrap();
    let none = FreezeList::none();
    let decided = authorize_proved(verified, proof, call, &conditions(now, &none));
    let found = decided.map_or_else(|refused| refused.into_refusal().code(), |_| "ok");
    assert_eq!(found, expected);
}

#[track_caller]
fn check(proof: &InvocationProof, call: Call<Erased>, expected: &str) {
    check_at(&verifier(), proof, call, now(), expected);
}

#[test]
fn a_proof_is_for_one_call_and_for_no_other() {
    let proof = prove(1, &refunds(), REFUND);
    check(&proof, call_of(refunds(), REFUND), "ok");
    let invalid = "proof.signature_invalid";
    // Other arguments, another tool of the same scope, the same tool with another definition.
    check(&proof, call_of(refunds(), r#"{"amount":9000}"#), invalid);
    check(
        &proof,
        call_of(requirement("pay_out", "write:refunds"), REFUND),
        invalid,
    );
    let of_old = refunds();
    let redefined = Requirement::dynamic(
        tool("issue_refund"),
        Digest::of(b"another definition"),
        of_old.scope().clone(),
        of_old.effect(),
        Vec::new(),
        Vec::new(),
    );
    check(&proof, call_of(redefined, REFUND), invalid);
}

#[test]
fn a_proof_counts_once_however_its_signature_is_spelled() {
    let verifier = verifier();
    let proof = prove(1, &refunds(), REFUND);
    let call = || call_of(refunds(), REFUND);
    check_at(&verifier, &proof, call(), now(), "ok");
    check_at(&verifier, &proof, call(), now(), "proof.replayed");
    check_at(&verifier.clone(), &proof, call(), now(), "proof.replayed");
    // The twin: a verifier that remembers nothing of the first attempt takes it again.
    check(&proof, call(), "ok");
    check_at(
        &verifier,
        &prove(2, &refunds(), REFUND),
        call(),
        now(),
        "ok",
    );
}

#[test]
fn a_refused_call_has_spent_its_proof() {
    let verifier = verifier();
    let orders = requirement("find_order", "read:orders");
    let proof = prove(1, &orders, "{}");
    let call = || call_of(requirement("find_order", "read:orders"), "{}");
    check_at(&verifier, &proof, call(), now(), "scope.not_granted");
    check_at(&verifier, &proof, call(), now(), "proof.replayed");
}

#[test]
fn a_proof_is_for_this_minute() {
    let proof = prove(1, &refunds(), REFUND);
    let check_after = |now_s, expected| {
        check_at(
            &verifier(),
            &proof,
            call_of(refunds(), REFUND),
            at(now_s),
            expected,
        );
    };
    check_after(NOW_S + MAX_PROOF_AGE_S, "ok");
    check_after(NOW_S + MAX_PROOF_AGE_S + 1, "proof.out_of_time");
    check_after(NOW_S - MAX_PROOF_AGE_S, "ok");
}

#[test]
fn a_proof_from_before_the_process_started_is_refused() {
    let since = |start_s| {
        let guard = MemoryReplayGuard::new(at(start_s));
        verifier().replay_guard(Arc::new(guard))
    };
    let proof = prove(1, &refunds(), REFUND);
    let call = || call_of(refunds(), REFUND);
    check_at(
        &since(NOW_S + 1),
        &proof,
        call(),
        now(),
        "proof.out_of_time",
    );
    check_at(&since(NOW_S), &proof, call(), now(), "ok");
}

#[test]
fn a_proof_for_one_verifier_is_none_for_another() {
    let arguments = arguments(REFUND);
    let requirement = refunds();
    let invocation = Invocation::of(&requirement, &arguments);
    let bank = audience("bank");
    let (token, holder) = (token(), bot().secret());
    let proof = InvocationProof::sign(&token, &bank, &invocation, now(), [1; 16], &holder).unwrap();
    check(
        &proof,
        call_of(refunds(), REFUND),
        "proof.signature_invalid",
    );
}

#[test]
fn a_token_that_was_found_proves_nothing() {
    // The finder has the clerk's token and another key; the library does not even sign for it.
    let token = Token::from_bytes(&chain_of_three().bytes()).unwrap();
    let arguments = arguments(REFUND);
    let requirement = refunds();
    let invocation = Invocation::of(&requirement, &arguments);
    let shop = audience("shop");
    let sign = |holder: &Key| {
        let holder = holder.secret();
        InvocationProof::sign(&token, &shop, &invocation, now(), [1; 16], &holder)
    };
    assert_eq!(sign(&bot()).unwrap_err().code(), "token.holder_mismatch");
    let none = FreezeList::none();
    let attempt = |proof: &InvocationProof| {
        let verified = verifier().verify(&token, now()).unwrap();
        let call = call_of(refunds(), REFUND);
        authorize_proved(verified, proof, call, &conditions(now(), &none))
            .map_or_else(|refused| refused.into_refusal().code(), |_| "ok")
    };
    // Nor does a proof of an ancestor's holder over its own, shorter token count for the longer one.
    let of_ancestor = prove(1, &refunds(), REFUND);
    assert_eq!(attempt(&of_ancestor), "proof.signature_invalid");
    assert_eq!(attempt(&sign(&clerk()).unwrap()), "ok");
}

#[test]
fn what_is_signed_is_what_the_document_says() {
    let proof = prove(1, &refunds(), REFUND);
    let token = root().last_id().unwrap();
    let arguments = arguments(REFUND).digest();
    let definition = Digest::of(b"issue_refund");
    let signed = [
        b"agentsudo.invocation.v1\0".as_slice(),
        &token,
        definition.as_bytes(),
        arguments.as_bytes(),
        &NOW_S.to_be_bytes(),
        &[1; 16],
        &[12],
        b"issue_refund",
        b"shop",
    ]
    .concat();
    let expected = Cbor::List(vec![
        Cbor::Uint(1),
        Cbor::Uint(NOW_S),
        Cbor::Bytes(vec![1; 16]),
        Cbor::Bytes(bot().sign(&signed).to_vec()),
    ]);
    assert_eq!(proof.to_bytes(), expected.encoded());
}

#[test]
fn each_changed_byte_of_a_proof_is_refused() {
    let bytes = prove(1, &refunds(), REFUND).to_bytes();
    for i in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[i] ^= 1;
        let Ok(proof) = InvocationProof::from_bytes(&changed) else {
            continue;
        };
        let is_timely = proof.made_at().unix_s().abs_diff(NOW_S) <= MAX_PROOF_AGE_S;
        let expected = if is_timely {
            "proof.signature_invalid"
        } else {
            "proof.out_of_time"
        };
        check(&proof, call_of(refunds(), REFUND), expected);
    }
    let unchanged = InvocationProof::from_bytes(&bytes).unwrap();
    check(&unchanged, call_of(refunds(), REFUND), "ok");
}

#[test]
fn a_proof_has_one_spelling() {
    let proof = prove(1, &refunds(), REFUND);
    assert_eq!(InvocationProof::from_text(&proof.to_text()).unwrap(), proof);
    let parts = |time: Cbor, signature: Vec<u8>| {
        Cbor::List(vec![
            Cbor::Uint(1),
            time,
            Cbor::Bytes(vec![1; 16]),
            Cbor::Bytes(signature),
        ])
        .encoded()
    };
    let long_time = Cbor::Raw([vec![0x1b], NOW_S.to_be_bytes().to_vec()].concat());
    let mut trailing = proof.to_bytes();
    trailing.push(0);
    let mut version = proof.to_bytes();
    version[1] = 2;
    let cases = [
        (parts(long_time, vec![0; 64]), "proof.not_canonical"),
        (parts(Cbor::Uint(NOW_S), vec![0; 63]), "proof.malformed"),
        (trailing, "proof.malformed"),
        (version, "proof.unknown_version"),
        (Vec::new(), "proof.malformed"),
    ];
    for (bytes, expected) in cases {
        let found = InvocationProof::from_bytes(&bytes).unwrap_err().code();
        assert_eq!(found, expected);
    }
    for text in ["asudoproof1_", "asudo1_AAAA", "", "asudoproof1_AA=="] {
        let found = InvocationProof::from_text(text).unwrap_err().code();
        assert_eq!(found, "proof.malformed", "{text}");
    }
}

fn handshake(nonce: u8) -> (SessionHandshake, SessionOpening) {
    let (token, shop, holder) = (token(), audience("shop"), bot().secret());
    let mut secret = [21; 32];
    let begun = SessionHandshake::begin(&token, &shop, now(), [nonce; 16], &mut secret, &holder);
    assert_eq!(secret, [0; 32], "the caller's copy is wiped");
    begun.unwrap()
}

fn open(
    verifier: &Verifier,
    opening: &SessionOpening,
    now: Timestamp,
) -> Result<(agentsudo_core::ProvedSession, SessionReply), &'static str> {
    let verified = verifier.verify(&token(), now).unwrap();
    let opened = verified.open_session(opening, [7; 16], &mut [22; 32], now);
    opened.map_err(|error| error.code())
}

fn session() -> (agentsudo_core::ProvedSession, SessionKey) {
    let (begun, opening) = handshake(1);
    let (session, reply) = open(&verifier(), &opening, now()).unwrap();
    let reply = SessionReply::from_bytes(&reply.to_bytes()).unwrap();
    (session, begun.finish(&reply).unwrap())
}

fn tag(key: &SessionKey, counter: u64, json: &str) -> CallTag {
    let (requirement, arguments) = (refunds(), arguments(json));
    let tag = key.tag(counter, &Invocation::of(&requirement, &arguments));
    CallTag::from_bytes(&tag.to_bytes()).unwrap()
}

fn authorize(session: &agentsudo_core::ProvedSession, tag: &CallTag, json: &str) -> &'static str {
    let none = FreezeList::none();
    let conditions = conditions(now(), &none);
    let decided = session.authorize(call_of(refunds(), json), tag, &conditions);
    decided.map_or_else(|refused| refused.into_refusal().code(), |_| "ok")
}

#[test]
fn both_sides_of_a_handshake_have_one_key_and_calls_need_it() {
    let (session, key) = session();
    assert_eq!(authorize(&session, &tag(&key, 0, REFUND), REFUND), "ok");
    assert_eq!(
        authorize(&session, &tag(&key, 1, REFUND), r#"{"amount":9000}"#),
        "session.tag_invalid"
    );
    // The wrong tag has used nothing up; the right one is used up by its call.
    let second = tag(&key, 1, REFUND);
    assert_eq!(authorize(&session, &second, REFUND), "ok");
    assert_eq!(authorize(&session, &second, REFUND), "session.tag_replayed");
}

#[test]
fn whoever_stands_between_has_no_key() {
    let (begun, opening) = handshake(1);
    let (session, reply) = open(&verifier(), &opening, now()).unwrap();
    // It answers the holder with a half of its own, and knows that half's secret.
    let (_, own) = {
        let verified = verifier().verify(&token(), now()).unwrap();
        verified
            .open_session(&opening, *reply.session(), &mut [66; 32], now())
            .unwrap()
    };
    let key = begun.finish(&own).unwrap();
    let found = authorize(&session, &tag(&key, 0, REFUND), REFUND);
    assert_eq!(found, "session.tag_invalid");
}

#[test]
fn a_half_of_small_order_agrees_on_nothing() {
    let (begun, opening) = handshake(1);
    let (_, reply) = open(&verifier(), &opening, now()).unwrap();
    let mut bytes = reply.to_bytes();
    let len = bytes.len();
    bytes[len - 32..].fill(0);
    let weak = SessionReply::from_bytes(&bytes).unwrap();
    let refused = begun.finish(&weak).unwrap_err();
    assert_eq!(refused.code(), "session.weak_agreement");
}

#[test]
fn an_opening_counts_once_and_for_this_minute() {
    let verifier = verifier();
    let (_, opening) = handshake(1);
    let late = at(NOW_S + MAX_PROOF_AGE_S + 1);
    assert_eq!(
        open(&verifier, &opening, late).unwrap_err(),
        "proof.out_of_time"
    );
    // The attempt out of time came too early to be remembered.
    let opening = SessionOpening::from_bytes(&opening.to_bytes()).unwrap();
    assert!(open(&verifier, &opening, now()).is_ok());
    assert_eq!(
        open(&verifier, &opening, now()).unwrap_err(),
        "proof.replayed"
    );
}

#[test]
fn each_changed_byte_of_an_opening_is_refused() {
    let bytes = handshake(1).1.to_bytes();
    for i in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[i] ^= 1;
        let Ok(opening) = SessionOpening::from_bytes(&changed) else {
            continue;
        };
        assert!(open(&verifier(), &opening, now()).is_err(), "byte {i}");
    }
}

#[test]
fn no_kind_of_signature_passes_for_another() {
    let invocation = prove(1, &refunds(), REFUND).to_bytes();
    let opening = handshake(1).1.to_bytes();
    assert!(SessionOpening::from_bytes(&invocation).is_err());
    assert!(InvocationProof::from_bytes(&opening).is_err());
    // The answer to a challenge in the place of a proof's signature, and the other way round.
    let verified = verifier().verify(&token(), now()).unwrap();
    let challenge = verified.challenge(&[3; 32]);
    let answer = bot().secret().sign(&challenge).unwrap();
    let mut twisted = invocation.clone();
    let len = twisted.len();
    twisted[len - 64..].copy_from_slice(answer.as_bytes());
    let proof = InvocationProof::from_bytes(&twisted).unwrap();
    check(
        &proof,
        call_of(refunds(), REFUND),
        "proof.signature_invalid",
    );
    let signature: [u8; 64] = invocation[len - 64..].try_into().unwrap();
    let signature = agentsudo_core::Signature::from_bytes(signature);
    assert_eq!(
        verified.proved_by(&[3; 32], &signature).unwrap_err().code(),
        "token.holder_mismatch"
    );
}

#[test]
fn what_an_agent_is_told_of_a_proof_helps_the_honest_only() {
    let told = |error: agentsudo_core::ProofError| Refusal::from(error).told().code;
    assert_eq!(
        told(agentsudo_core::ProofError::SignatureInvalid),
        "proof.invalid"
    );
    assert_eq!(
        told(agentsudo_core::ProofError::TagInvalid),
        "proof.invalid"
    );
    assert_eq!(told(agentsudo_core::ProofError::Replayed), "proof.replayed");
    assert_eq!(told(agentsudo_core::ProofError::Required), "proof.required");
}

/// A typed request with a field that its caller may leave out.
#[derive(serde::Serialize, serde::Deserialize)]
struct Search {
    text: String,
    #[serde(default)]
    page: u32,
}

impl agentsudo_core::Action for Search {
    const SCOPE: agentsudo_core::Scope = agentsudo_core::Scope::literal("write:refunds");
    const EFFECT: agentsudo_core::Effect = agentsudo_core::Effect::Write;
    const SINKS: &'static [&'static str] = &[];
    const SECRETS: &'static [&'static str] = &[];
}

#[test]
fn a_proof_is_about_the_arguments_that_its_caller_sent() {
    let sent = arguments(r#"{"text":"a"}"#);
    let decoded = |arguments: &Arguments| {
        let id = CallId::from_bytes([1; 16]);
        let requirement = Requirement::of::<Search>(tool("issue_refund"), Digest::of(b"d"));
        Call::<Search>::decode(id, Arc::new(requirement), arguments).unwrap()
    };
    let name = tool("issue_refund");
    let invocation = Invocation::new(&name, Digest::of(b"d"), &sent);
    let (shop, holder) = (audience("shop"), bot().secret());
    let proof =
        InvocationProof::sign(&token(), &shop, &invocation, now(), [1; 16], &holder).unwrap();
    let none = FreezeList::none();
    let attempt = |arguments: &Arguments| {
        let verified = verifier().verify(&token(), now()).unwrap();
        authorize_proved(
            verified,
            &proof,
            decoded(arguments),
            &conditions(now(), &none),
        )
        .map_or_else(|refused| refused.into_refusal().code(), |_| "ok")
    };
    assert_eq!(attempt(&sent), "ok");
    // What the decoder fills in is not what was signed, and somebody else may have sent it.
    assert_eq!(
        attempt(&arguments(r#"{"text":"a","page":0}"#)),
        "proof.signature_invalid"
    );
}
