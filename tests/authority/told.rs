//! What a refused agent is told, and what it is not.

use agentsudo_core::{
    ApprovalRefusal, ArgumentsError, Constraint, Freeze, Refusal, TokenError, Told, Verifier,
    equals, one_of, prefix,
};

use super::actors::{
    accept, audience, bot, capability, issuer, mint, now, pattern, refund, root, root_fields,
    stranger,
};
use super::forge::{Cbor, Fields, Forgery, constraint, field};

fn told(error: TokenError) -> Told {
    Refusal::Token(error).told()
}

fn refused(made: &Forgery) -> TokenError {
    accept(&made.bytes()).unwrap_err()
}

#[test]
fn a_bad_signature_an_unknown_issuer_and_a_wrong_audience_look_the_same() {
    let bad_signature = refused(&Forgery::root(&root_fields(), &stranger()));
    let fields = Fields::root(&stranger(), "support-bot", &bot());
    let unknown_issuer = refused(&Forgery::root(&fields, &stranger()));
    let fields = root_fields().with(field::AUDIENCES, Cbor::texts(&["bank"]));
    let wrong_audience = refused(&Forgery::root(&fields, &issuer()));
    let another_holder = accept(&root().bytes())
        .unwrap()
        .held_by(&stranger().secret(), &[5; 32])
        .unwrap_err();
    let all = [
        bad_signature,
        unknown_issuer,
        wrong_audience,
        another_holder,
    ];
    // The twin: what the log keeps tells them apart.
    let codes = [
        "signature_invalid",
        "unknown_issuer",
        "audience_mismatch",
        "holder_mismatch",
    ];
    for (error, code) in all.into_iter().zip(codes) {
        assert_eq!(error.code(), format!("token.{code}"));
        let told = told(error);
        assert_eq!(told, self::told(TokenError::Malformed));
        assert_eq!(told.code, "token.invalid");
    }
}

#[test]
fn a_refused_token_says_nothing_of_us() {
    let elsewhere = Verifier::new(audience("internal-ledger"));
    let token = agentsudo_core::Token::from_bytes(&root().bytes()).unwrap();
    let unknown = elsewhere.verify(&token, now()).unwrap_err();
    let text = format!("{:?}", told(unknown));
    assert!(!text.contains("ledger"), "{text}");
    let named = root_fields().with(field::AUDIENCES, Cbor::texts(&["bank"]));
    let token =
        agentsudo_core::Token::from_bytes(&Forgery::root(&named, &issuer()).bytes()).unwrap();
    let elsewhere = elsewhere.trust(issuer().public());
    let mismatch = elsewhere.verify(&token, now()).unwrap_err();
    assert!(
        mismatch.to_string().contains("internal-ledger"),
        "the log says it"
    );
    let text = format!("{:?}", told(mismatch));
    assert!(!text.contains("ledger"), "{text}");
}

#[test]
fn an_expired_token_is_told_since_its_holder_can_mend_that() {
    let token = agentsudo_core::Token::from_bytes(&root().bytes()).unwrap();
    let later = now().saturating_add_s(900);
    let expired = super::actors::verifier().verify(&token, later).unwrap_err();
    assert_eq!(told(expired).code, "token.expired");
}

#[test]
fn the_values_of_an_allow_list_stay_in_the_log() {
    for rule in [
        one_of(["secret-1", "secret-2"]),
        equals("secret-1"),
        prefix("secret-"),
    ] {
        let token = mint()
            .grant(pattern("write:refunds"))
            .constrain(Constraint::new("to", rule).unwrap())
            .sign(&issuer().secret())
            .unwrap();
        let capability = capability(token.as_bytes(), &bot());
        for json in [r#"{"to":"guess"}"#, r#"{"to":1}"#, "{}"] {
            let refusal = refund(&capability, json).unwrap_err();
            assert!(refusal.to_string().contains("secret-"), "the log says it");
            let told = format!("{:?}", refusal.told());
            assert!(!told.contains("secret-"), "{told}");
            assert!(told.contains("`to`"), "{told}");
        }
    }
}

#[test]
fn the_scopes_that_a_token_does_grant_are_not_listed() {
    let fields = root_fields().with(field::GRANTS, Cbor::texts(&["write:payroll"]));
    let capability = capability(&Forgery::root(&fields, &issuer()).bytes(), &bot());
    let refusal = refund(&capability, "{}").unwrap_err();
    for text in [refusal.to_string(), format!("{:?}", refusal.told())] {
        assert!(!text.contains("payroll"), "{text}");
        assert!(text.contains("write:refunds"), "{text}");
    }
}

/// One line, all of it visible, whatever stands in it.
#[track_caller]
fn check_shown(refusal: &Refusal) {
    for text in [refusal.to_string(), refusal.told().message] {
        let hidden = |c: char| c.is_control() || "\u{202e}\u{200b}\u{2066}\u{feff}".contains(c);
        assert!(!text.contains(hidden), "{text:?}");
        assert!(
            text.chars().count() < 1_000,
            "{} characters",
            text.chars().count()
        );
    }
}

const HOSTILE: &str = "a\u{1b}[2J\n{\"event\":\"intent\"}\r\u{202e}\u{200b}\u{2066}\u{feff}\0";

#[test]
fn hostile_names_are_shown_escaped() {
    let name = HOSTILE.to_owned();
    check_shown(&Refusal::UnknownTool { name });
    check_shown(&Refusal::UnknownTool {
        name: HOSTILE.repeat(1_000),
    });
    let path = HOSTILE.repeat(1_000);
    check_shown(&Refusal::Arguments(ArgumentsError::UnknownField { path }));
    let key = HOSTILE.to_owned();
    check_shown(&Refusal::Arguments(ArgumentsError::DuplicateKey { key }));
    let reason = HOSTILE.repeat(1_000);
    check_shown(&Refusal::Arguments(ArgumentsError::Invalid { reason }));
}

#[test]
fn a_hostile_reason_of_a_denial_is_shown_escaped() {
    let by = agentsudo_core::AgentName::parse("boss").unwrap();
    let reason = HOSTILE.to_owned();
    check_shown(&Refusal::Approval(ApprovalRefusal::Denied { by, reason }));
}

#[test]
fn a_hostile_reason_of_a_freeze_is_shown_escaped() {
    check_shown(&Refusal::Frozen(Freeze::new(pattern("**"), HOSTILE, now())));
}

#[test]
fn hostile_values_in_a_rule_are_shown_escaped() {
    for rule in [equals(HOSTILE), prefix(HOSTILE)] {
        let token = mint()
            .grant(pattern("write:refunds"))
            .constrain(Constraint::new("to", rule).unwrap())
            .sign(&issuer().secret())
            .unwrap();
        let capability = capability(token.as_bytes(), &bot());
        check_shown(&refund(&capability, "{}").unwrap_err());
    }
}

#[test]
fn hostile_texts_in_a_token_are_shown_escaped() {
    let root_with =
        |key: u64, value: Cbor| Forgery::root(&root_fields().with(key, value), &issuer());
    let hostile = || Cbor::text(HOSTILE);
    for made in [
        root_with(field::AGENT, hostile()),
        root_with(field::AUDIENCES, Cbor::List(vec![hostile()])),
        root_with(field::GRANTS, Cbor::List(vec![hostile()])),
        root_with(field::GRANTS, Cbor::texts(&["write:refunds", HOSTILE])),
        root_with(
            field::CONSTRAINTS,
            Cbor::List(vec![constraint(HOSTILE, 0, Cbor::Null)]),
        ),
    ] {
        check_shown(&Refusal::Token(refused(&made)));
    }
}
