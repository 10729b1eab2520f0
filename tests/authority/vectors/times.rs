//! When a token is valid.

use super::case::{Case, child_with, root_of, root_with};
use crate::authority::actors::{NOW_S, issuer, root, root_fields};
use crate::authority::forge::{Cbor, Forgery, field};

pub(super) fn cases() -> Vec<Case> {
    [of_roots(), of_starts(), of_delegations(), beyond_64_bits()].concat()
}

fn of_roots() -> Vec<Case> {
    let endless = Forgery::root(&root_fields().without(field::EXPIRES_AFTER_S), &issuer());
    let lives = |seconds| root_with(field::EXPIRES_AFTER_S, Cbor::Uint(seconds));
    vec![
        Case::of("last-second", &root(), "ok").at(NOW_S + 899),
        Case::of("expired-this-second", &root(), "token.expired").at(NOW_S + 900),
        Case::of("expired-long-ago", &root(), "token.expired").at(NOW_S * 2),
        Case::of("issued-60-s-ahead", &root(), "ok").at(NOW_S - 60),
        Case::of("issued-in-future", &root(), "token.issued_in_future").at(NOW_S - 61),
        Case::of("clock-set-back", &root(), "token.issued_in_future").at(NOW_S - 86_400),
        Case::of("no-expiry", &endless, "token.missing_field"),
        Case::of("a-day", &lives(86_400), "ok"),
        Case::of(
            "lifetime-above-maximum",
            &lives(86_401),
            "token.lifetime_too_long",
        ),
        Case::of("lifetime-of-nothing", &lives(0), "token.lifetime_too_long"),
    ]
}

fn of_starts() -> Vec<Case> {
    let starts = |seconds| root_with(field::VALID_AFTER_S, Cbor::Uint(seconds));
    let early = "token.not_yet_valid";
    let never = "token.lifetime_too_long";
    vec![
        Case::of("first-second", &starts(10), "ok").at(NOW_S + 10),
        Case::of("a-second-too-early", &starts(10), early).at(NOW_S + 9),
        Case::of("a-start-at-0-allows-no-skew", &starts(0), early).at(NOW_S - 1),
        Case::of("starts-before-it-ends", &starts(899), "ok").at(NOW_S + 899),
        Case::of("starts-as-it-ends", &starts(900), never).at(NOW_S + 900),
    ]
}

fn of_delegations() -> Vec<Case> {
    let ends = |seconds| child_with(root(), field::EXPIRES_AFTER_S, Cbor::Uint(seconds));
    let starts = |seconds| child_with(root(), field::VALID_AFTER_S, Cbor::Uint(seconds));
    vec![
        Case::of("delegation-in-its-last-second", &ends(60), "ok").at(NOW_S + 59),
        Case::of("delegation-expired-this-second", &ends(60), "token.expired").at(NOW_S + 60),
        Case::of("delegation-not-started", &starts(60), "token.not_yet_valid").at(NOW_S + 59),
        Case::of(
            "delegation-starts-after-the-root-ends",
            &starts(900),
            "token.lifetime_too_long",
        ),
        Case::of("delegation-of-no-life", &ends(0), "token.lifetime_too_long"),
    ]
}

/// Sums that a careless verifier lets wrap round.
fn beyond_64_bits() -> Vec<Case> {
    let most = || Cbor::Uint(u64::MAX);
    let issued_in = |second| root_with(field::ISSUED_AT, Cbor::Uint(second));
    let issued_last = root_with(field::ISSUED_AT, most());
    let starts_last = root_with(field::VALID_AFTER_S, most());
    let lives_longest = root_with(field::EXPIRES_AFTER_S, most());
    let child_lives_longest = child_with(root(), field::EXPIRES_AFTER_S, most());
    let both = root_of([
        (field::ISSUED_AT, most()),
        (field::VALID_AFTER_S, Cbor::Uint(1)),
    ]);
    vec![
        Case::of(
            "issued-after-the-last-second-of-64-bits",
            &issued_last,
            "token.malformed",
        ),
        Case::of(
            "issued-in-the-last-second-of-the-year-9999",
            &issued_in(253_402_300_799),
            "token.issued_in_future",
        ),
        Case::of(
            "issued-in-the-year-10000",
            &issued_in(253_402_300_800),
            "token.malformed",
        ),
        Case::of(
            "starts-beyond-64-bits",
            &starts_last,
            "token.lifetime_too_long",
        ),
        Case::of(
            "ends-beyond-64-bits",
            &lives_longest,
            "token.lifetime_too_long",
        ),
        Case::of("delegation-ends-beyond-64-bits", &child_lives_longest, "ok"),
        Case::of("issued-last-and-starts-later", &both, "token.malformed"),
    ]
}
