//! The verifier against a second one that is slow and obvious: the same answer to every question.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p agentsudo-tests --test suite authority::reference` asks
//! for longer. A disagreement is a fault of one of the two, or of the description that both follow.

use agentsudo_testkit::reference::case::{Case, NOW_S, plain_trust};
use agentsudo_testkit::reference::targets::{assert_agrees, assert_narrows};
use agentsudo_testkit::reference::{covers, is_pattern, normal_host, normal_path, verify};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::actors::{chain_of_three, check, root, root_fields};
use super::forge::{Cbor, Forgery, field};

/// Cases in an ordinary run. `PROPTEST_CASES` asks for more, never for fewer.
const CASES: u32 = 2_000;

fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    ProptestConfig {
        cases: asked.cases.max(cases),
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(config(CASES))]

    #[test]
    fn both_say_the_same_of_every_chain_and_call(bytes in vec(any::<u8>(), 0..900)) {
        assert_agrees(&Case::of(&bytes));
    }

    #[test]
    fn a_normal_path_is_its_own_normal_path(path in "/?((a|b|\\.|\\.\\.|é)?/){0,8}[ab.]{0,2}") {
        if let Some(once) = normal_path(&path).filter(|once| !once.is_empty()) {
            prop_assert_eq!(normal_path(&once), Some(once));
        }
    }

    #[test]
    fn a_normal_host_is_its_own_normal_host(host in "[a-zA-Z0-9.:x\\[\\]-]{1,16}|\\[[0-9a-fA-F:]{2,20}\\]") {
        if let Some(once) = normal_host(&host) {
            prop_assert_eq!(normal_host(&once), Some(once));
        }
    }

    #[test]
    fn the_naive_matcher_reads_a_scope_as_a_pattern_of_itself(scope in "[a-z]{1,3}(:[a-z]{1,3}){1,7}") {
        prop_assert!(is_pattern(&scope) && covers(&scope, &scope) && covers("**", &scope));
    }
}

proptest! {
    // Each of these verifies several tokens.
    #![proptest_config(config(CASES / 4))]

    #[test]
    fn no_chain_allows_what_an_ancestor_does_not(bytes in vec(any::<u8>(), 100..600)) {
        assert_narrows(&Case::of(&bytes));
    }
}

/// What the second verifier says of bytes that the first one gets in the other tests.
#[track_caller]
fn check_both(made: &Forgery, expected: &str) {
    check(&made.bytes(), expected);
    let trust = plain_trust();
    assert_eq!(trust.now_s, NOW_S);
    let answer = verify(&made.bytes(), &trust);
    assert_eq!(answer.err().unwrap_or("ok"), expected);
}

#[test]
fn the_second_verifier_accepts_what_is_sound() {
    check_both(&root(), "ok");
    check_both(&chain_of_three(), "ok");
}

#[test]
fn the_second_verifier_refuses_for_the_same_reason() {
    let odd = |key, value| Forgery::root(&root_fields().with(key, value), &super::actors::issuer());
    check_both(&odd(field::VERSION, Cbor::Uint(2)), "token.unknown_version");
    check_both(&odd(field::AGENT, Cbor::text("Bot")), "token.name_unsound");
    check_both(
        &odd(field::EXPIRES_AFTER_S, Cbor::Uint(0)),
        "token.lifetime_too_long",
    );
    check_both(
        &odd(field::AUDIENCES, Cbor::texts(&["bank"])),
        "token.audience_mismatch",
    );
    check_both(
        &Forgery::root(&root_fields(), &super::actors::stranger()),
        "token.signature_invalid",
    );
}

/// Random bytes that never come past the first check would compare nothing.
#[test]
fn the_cases_reach_every_step_of_both_verifiers() {
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    let mut state = 7_u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    };
    for _ in 0..2_500 {
        let bytes: Vec<u8> = (0..500).map(|_| byte()).collect();
        for answer in assert_agrees(&Case::of(&bytes)) {
            *seen.entry(answer).or_default() += 1;
        }
    }
    for code in [
        "ok",
        "token.malformed",
        "token.not_canonical",
        "token.unknown_issuer",
        "token.depth_exceeded",
        "token.lifetime_too_long",
        "token.bearer_unbound",
        "token.delegates_to_itself",
        "token.issued_in_future",
        "token.expired",
        "token.not_yet_valid",
        "token.audience_mismatch",
        "token.signature_invalid",
        "token.key_unsound",
        "token.revoked",
        "revocation.stale",
        "token.delegate_only",
        "freeze.in_force",
        "scope.not_granted",
        "scope.not_granted_to_tool",
        "constraint.missing_argument",
        "constraint.wrong_type",
        "constraint.malformed_argument",
        "constraint.sink_unconstrained",
        "budget.amount_unsound",
        "budget.exceeded",
    ] {
        assert!(
            seen.contains_key(code),
            "no case is refused with {code}: {seen:?}"
        );
    }
}
