//! Time: when a token begins and ends, and how long it may live.

use agentsudo_core::danger::ObserveMode;
use agentsudo_core::{
    Capability, Conditions, DEFAULT_MAX_LIFETIME_S, Delegation, FreezeList, MAX_CLOCK_SKEW_S,
    MAX_LIFETIME_S, Mint, Timestamp, Token, TokenId, Verifier,
};

use super::actors::{
    NONCE, NOW_S, arguments, audience, bot, check, holder, issuer, mint, now, pattern, requirement,
    researcher, root, root_fields, stranger, verifier,
};
use super::forge::{Cbor, Fields, Forgery, field};

fn at(unix_s: u64) -> Timestamp {
    Timestamp::from_unix_s(unix_s)
}

fn verified(verifier: &Verifier, bytes: &[u8], unix_s: u64) -> &'static str {
    let token = Token::from_bytes(bytes);
    let verified = token.and_then(|token| verifier.verify(&token, at(unix_s)));
    verified.map_or_else(|error| error.code(), |_| "ok")
}

#[track_caller]
fn check_at(made: &Forgery, unix_s: u64, expected: &str) {
    assert_eq!(verified(&verifier(), &made.bytes(), unix_s), expected);
}

fn lives(seconds: u64) -> Forgery {
    let fields = root_fields().with(field::EXPIRES_AFTER_S, Cbor::Uint(seconds));
    Forgery::root(&fields, &issuer())
}

#[test]
fn a_token_is_valid_to_the_second_before_it_expires() {
    check_at(&lives(900), NOW_S + 899, "ok");
    check_at(&lives(900), NOW_S + 900, "token.expired");
    check_at(&lives(900), u64::MAX, "token.expired");
    // The twin compares with `>` and is one second too kind.
    let expired = |now: u64, expires: u64| now > expires;
    assert!(!expired(NOW_S + 900, NOW_S + 900));
}

#[test]
fn a_token_is_valid_from_the_second_that_it_names() {
    let waits = root_fields().with(field::VALID_AFTER_S, Cbor::Uint(100));
    let made = Forgery::root(&waits, &issuer());
    check_at(&made, NOW_S + 99, "token.not_yet_valid");
    check_at(&made, NOW_S + 100, "ok");
    // The twin: without the field it is valid at once.
    check_at(&root(), NOW_S + 99, "ok");
}

#[test]
fn a_delegation_can_wait_longer_and_not_shorter() {
    let waits = |seconds| {
        Fields::delegation("researcher", &researcher())
            .with(field::VALID_AFTER_S, Cbor::Uint(seconds))
    };
    let root = Forgery::root(
        &root_fields().with(field::VALID_AFTER_S, Cbor::Uint(100)),
        &issuer(),
    );
    check_at(
        &root.clone().then(&waits(0), &bot()),
        NOW_S + 99,
        "token.not_yet_valid",
    );
    check_at(
        &root.clone().then(&waits(200), &bot()),
        NOW_S + 199,
        "token.not_yet_valid",
    );
    check_at(&root.then(&waits(200), &bot()), NOW_S + 200, "ok");
}

#[test]
fn a_delegation_can_end_earlier_and_not_later() {
    let ends = |seconds| {
        Fields::delegation("researcher", &researcher())
            .with(field::EXPIRES_AFTER_S, Cbor::Uint(seconds))
    };
    check_at(&root().then(&ends(100), &bot()), NOW_S + 99, "ok");
    check_at(
        &root().then(&ends(100), &bot()),
        NOW_S + 100,
        "token.expired",
    );
    check_at(&root().then(&ends(u64::MAX), &bot()), NOW_S + 899, "ok");
    check_at(
        &root().then(&ends(u64::MAX), &bot()),
        NOW_S + 900,
        "token.expired",
    );
}

#[test]
fn an_issuer_whose_clock_is_a_minute_ahead_is_believed() {
    assert_eq!(MAX_CLOCK_SKEW_S, 60);
    check_at(&root(), NOW_S - 60, "ok");
    check_at(&root(), NOW_S - 61, "token.issued_in_future");
}

#[test]
fn the_skew_of_clocks_does_not_bring_a_named_start_forward() {
    let waits = root_fields().with(field::VALID_AFTER_S, Cbor::Uint(0));
    let made = Forgery::root(&waits, &issuer());
    check_at(&made, NOW_S - 1, "token.not_yet_valid");
    check_at(&made, NOW_S, "ok");
}

#[test]
fn a_capability_ends_however_it_is_kept() {
    let token = Token::from_bytes(&root().bytes()).unwrap();
    let capability = verifier()
        .verify(&token, now())
        .unwrap()
        .held_by(&bot().secret(), &NONCE)
        .unwrap();
    let refunds = requirement("issue_refund", "write:refunds");
    let decide = |unix_s| {
        let conditions = Conditions {
            now: at(unix_s),
            freezes: &FreezeList::none(),
        };
        let decision = capability.decide(&refunds, &arguments("{}"), &conditions);
        decision.map_or_else(|refusal| refusal.code(), |_| "ok")
    };
    assert_eq!(decide(NOW_S + 899), "ok");
    assert_eq!(decide(NOW_S + 900), "token.expired");
    assert_eq!(decide(NOW_S - 61), "token.not_yet_valid");
    assert_eq!(capability.expires_at(), at(NOW_S + 900));
}

#[test]
fn a_token_without_an_end_is_refused() {
    let endless = root_fields().without(field::EXPIRES_AFTER_S);
    check(
        &Forgery::root(&endless, &issuer()).bytes(),
        "token.missing_field",
    );
    let null = endless.with(field::EXPIRES_AFTER_S, Cbor::Null);
    check(&Forgery::root(&null, &issuer()).bytes(), "token.malformed");
}

#[test]
fn an_end_in_a_delegation_does_not_stand_in_for_the_roots() {
    let ends = Fields::delegation("researcher", &researcher())
        .with(field::EXPIRES_AFTER_S, Cbor::Uint(60));
    let endless = Forgery::root(&root_fields().without(field::EXPIRES_AFTER_S), &issuer());
    check(&endless.then(&ends, &bot()).bytes(), "token.missing_field");
}

#[test]
fn a_life_of_nothing_or_beyond_the_default_is_refused() {
    check(&lives(0).bytes(), "token.lifetime_too_long");
    check(&lives(1).bytes(), "ok");
    check(&lives(DEFAULT_MAX_LIFETIME_S).bytes(), "ok");
    check(
        &lives(DEFAULT_MAX_LIFETIME_S + 1).bytes(),
        "token.lifetime_too_long",
    );
    check(&lives(u64::MAX).bytes(), "token.lifetime_too_long");
}

#[test]
fn a_token_that_begins_after_its_end_is_refused() {
    for (waits, expected) in [
        (899, "token.not_yet_valid"),
        (900, "token.lifetime_too_long"),
        (u64::MAX, "token.lifetime_too_long"),
    ] {
        let fields = root_fields().with(field::VALID_AFTER_S, Cbor::Uint(waits));
        check(&Forgery::root(&fields, &issuer()).bytes(), expected);
    }
}

#[test]
fn an_issuer_is_held_to_its_own_maximum_and_to_ours() {
    let trusting = |max_s| Verifier::new(audience("shop")).trust_up_to(issuer().public(), max_s);
    let verified = |max_s, seconds| verified(&trusting(max_s), &lives(seconds).bytes(), NOW_S);
    assert_eq!(verified(60, 60), "ok");
    assert_eq!(verified(60, 61), "token.lifetime_too_long");
    assert_eq!(verified(MAX_LIFETIME_S, MAX_LIFETIME_S), "ok");
    assert_eq!(verified(u64::MAX, MAX_LIFETIME_S), "ok");
    assert_eq!(
        verified(u64::MAX, MAX_LIFETIME_S + 1),
        "token.lifetime_too_long"
    );
    assert_eq!(verified(u64::MAX, u64::MAX), "token.lifetime_too_long");
    assert_eq!(verified(0, 1), "token.lifetime_too_long");
}

#[test]
fn the_builder_refuses_the_lives_that_the_verifier_refuses() {
    let minted = |seconds, max_s| {
        let id = TokenId::from_bytes([7; TokenId::LEN_BYTES]);
        let made = Mint::new(holder("support-bot", &bot()), now(), seconds, id)
            .grant(pattern("write:refunds"))
            .max_lifetime_s(max_s)
            .sign(&issuer().secret());
        made.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(minted(60, 60), "ok");
    assert_eq!(minted(61, 60), "token.lifetime_too_long");
    assert_eq!(minted(0, 60), "token.lifetime_too_long");
    assert_eq!(minted(MAX_LIFETIME_S, u64::MAX), "ok");
    assert_eq!(
        minted(MAX_LIFETIME_S + 1, u64::MAX),
        "token.lifetime_too_long"
    );
    assert_eq!(minted(u64::MAX, u64::MAX), "token.lifetime_too_long");
}

#[test]
fn a_delegation_that_ends_before_it_begins_is_not_built() {
    let parent = mint()
        .grant(pattern("write:refunds"))
        .delegable(1)
        .sign(&issuer().secret())
        .unwrap();
    for unix_s in [0, NOW_S - 1, NOW_S] {
        let made = Delegation::to(holder("researcher", &researcher()))
            .expires_at(at(unix_s))
            .sign(&parent, &bot().secret());
        assert_eq!(made.unwrap_err().code(), "token.lifetime_too_long");
    }
}

#[test]
fn times_at_the_end_of_time_do_not_wrap() {
    let issued = |unix_s| {
        let fields = root_fields()
            .with(field::ISSUED_AT, Cbor::Uint(unix_s))
            .with(field::EXPIRES_AFTER_S, Cbor::Uint(MAX_LIFETIME_S));
        Forgery::root(&fields, &issuer()).bytes()
    };
    let last = Timestamp::MAX.unix_s();
    let trusting = verifier().trust_up_to(issuer().public(), u64::MAX);
    assert_eq!(verified(&trusting, &issued(last - 1), last - 1), "ok");
    assert_eq!(verified(&trusting, &issued(last), last), "token.expired");
    assert_eq!(
        verified(&trusting, &issued(last), NOW_S),
        "token.issued_in_future"
    );
    // Beyond it there is no time.
    assert_eq!(
        verified(&trusting, &issued(last + 1), NOW_S),
        "token.malformed"
    );
    assert_eq!(
        verified(&trusting, &issued(u64::MAX), NOW_S),
        "token.malformed"
    );
}

/// Observe mode lets a token in that is out of its time; `tests/calls` shows what that records.
fn observed(made: &Forgery, unix_s: u64) -> Result<Capability, &'static str> {
    let mode = ObserveMode::until(at(NOW_S - 1_000), at(NOW_S + 10_000));
    let token = Token::from_bytes(&made.bytes()).map_err(|error| error.code())?;
    let verified = verifier().verify_out_of_time(&token, at(unix_s), &mode);
    let verified = verified.map_err(|error| error.code())?;
    Ok(verified.held_by(&bot().secret(), &NONCE).unwrap())
}

#[test]
fn a_token_let_in_out_of_its_time_allows_no_call() {
    let refunds = requirement("issue_refund", "write:refunds");
    let waits = root_fields().with(field::VALID_AFTER_S, Cbor::Uint(100));
    let waits = Forgery::root(&waits, &issuer());
    for (made, unix_s, expected) in [
        (&root(), NOW_S + 900, "token.expired"),
        (&root(), NOW_S - 61, "token.not_yet_valid"),
        (&waits, NOW_S + 99, "token.not_yet_valid"),
        (&root(), NOW_S, "ok"),
    ] {
        let conditions = Conditions {
            now: at(unix_s),
            freezes: &FreezeList::none(),
        };
        let capability = observed(made, unix_s).unwrap();
        let decision = capability.decide(&refunds, &arguments("{}"), &conditions);
        assert_eq!(super::actors::code(&decision), expected);
    }
}

#[test]
fn observe_mode_lifts_nothing_but_time() {
    let refused = |made: &Forgery| observed(made, NOW_S + 900).map(drop).unwrap_err();
    let by_stranger = Forgery::root(&root_fields(), &stranger());
    assert_eq!(refused(&by_stranger), "token.signature_invalid");
    let unknown = Fields::root(&stranger(), "support-bot", &bot());
    assert_eq!(
        refused(&Forgery::root(&unknown, &stranger())),
        "token.unknown_issuer"
    );
    let bank = root_fields().with(field::AUDIENCES, Cbor::texts(&["bank"]));
    assert_eq!(
        refused(&Forgery::root(&bank, &issuer())),
        "token.audience_mismatch"
    );
    assert_eq!(refused(&lives(86_401)), "token.lifetime_too_long");
    let sealed = Forgery::root(&root_fields().without(field::DEPTH), &issuer());
    let passed_on = sealed.then(&Fields::delegation("support-bot", &bot()), &bot());
    assert_eq!(refused(&passed_on), "token.depth_exceeded");
}

#[test]
fn observe_mode_that_is_over_lifts_nothing() {
    assert!(observed(&root(), NOW_S + 9_999).is_ok());
    assert_eq!(
        observed(&root(), NOW_S + 10_000).map(drop),
        Err("token.expired")
    );
    assert_eq!(
        observed(&root(), NOW_S - 1_001).map(drop),
        Err("token.issued_in_future")
    );
}
