//! Passing a token on: who may, how far, and how little that gives.

use agentsudo_core::{Constraint, Delegation, Grant, Timestamp, Token, TokenError, at_most};

use super::actors::{
    NOW_S, audience, bot, capability, check, clerk, code, decide, holder, issuer, mint, pattern,
    refund, researcher, root, root_fields, stranger,
};
use super::forge::{Cbor, Fields, Forgery, field};

fn token(depth: Option<u8>) -> Token {
    let mint = mint().grant(pattern("write:refunds"));
    let mint = match depth {
        Some(depth) => mint.delegable(depth),
        None => mint,
    };
    mint.sign(&issuer().secret()).unwrap()
}

fn to_researcher() -> Delegation {
    Delegation::to(holder("researcher", &researcher()))
}

#[test]
fn a_holder_delegates_without_any_key_of_the_issuer() {
    let child = to_researcher()
        .sign(&token(Some(1)), &bot().secret())
        .unwrap();
    let capability = capability(child.as_bytes(), &researcher());
    assert_eq!(code(&refund(&capability, "{}")), "ok");
}

#[test]
fn who_is_not_the_holder_delegates_nothing() {
    for key in [stranger(), issuer(), researcher()] {
        let refused = to_researcher().sign(&token(Some(1)), &key.secret());
        assert_eq!(refused.unwrap_err(), TokenError::HolderMismatch);
        // Signed by hand, past the builder.
        let made = root().then(&Fields::delegation("researcher", &researcher()), &key);
        check(&made.bytes(), "token.signature_invalid");
    }
}

#[test]
fn only_the_last_holder_passes_a_token_on() {
    let made = root().then(&Fields::delegation("researcher", &researcher()), &bot());
    let next = Fields::delegation("clerk", &clerk());
    check(
        &made.clone().then(&next, &bot()).bytes(),
        "token.signature_invalid",
    );
    check(&made.then(&next, &researcher()).bytes(), "ok");
}

#[test]
fn a_builder_leaves_signatures_to_the_verifier_which_looks_at_each() {
    let mut made = root().then(&Fields::delegation("support-bot", &bot()), &bot());
    made.parts[1].1[0] ^= 1;
    let parent = Token::from_bytes(&made.bytes()).unwrap();
    let child = to_researcher().sign(&parent, &bot().secret()).unwrap();
    check(child.as_bytes(), "token.signature_invalid");
}

#[test]
fn a_token_that_does_not_say_so_is_not_passed_on() {
    for sealed in [token(None), token(Some(0))] {
        let refused = to_researcher().sign(&sealed, &bot().secret());
        assert_eq!(refused.unwrap_err().code(), "token.depth_exceeded");
    }
    let by_hand = |root: Fields| {
        Forgery::root(&root, &issuer())
            .then(&Fields::delegation("researcher", &researcher()), &bot())
            .bytes()
    };
    check(
        &by_hand(root_fields().without(field::DEPTH)),
        "token.depth_exceeded",
    );
    check(
        &by_hand(root_fields().with(field::DEPTH, Cbor::Uint(0))),
        "token.depth_exceeded",
    );
    // The twin: the same block after a root that permits one.
    check(
        &by_hand(root_fields().with(field::DEPTH, Cbor::Uint(1))),
        "ok",
    );
}

#[test]
fn a_token_is_passed_on_as_often_as_every_block_permits() {
    let depth = |fields: Fields, depth| fields.with(field::DEPTH, Cbor::Uint(depth));
    let made = |of_root, of_researcher: Option<u64>| {
        let to_researcher = Fields::delegation("researcher", &researcher());
        let to_researcher = match of_researcher {
            Some(permitted) => depth(to_researcher, permitted),
            None => to_researcher,
        };
        Forgery::root(&depth(root_fields(), of_root), &issuer())
            .then(&to_researcher, &bot())
            .then(&Fields::delegation("clerk", &clerk()), &researcher())
            .bytes()
    };
    check(&made(2, None), "ok");
    check(&made(2, Some(1)), "ok");
    check(&made(1, None), "token.depth_exceeded");
    check(&made(2, Some(0)), "token.depth_exceeded");
    // A child that permits more than its parent had to give.
    check(&made(1, Some(255)), "token.depth_exceeded");
    check(&made(0, Some(255)), "token.depth_exceeded");
}

#[test]
fn a_delegation_wider_than_its_parent_is_useless_and_harmless() {
    let child = to_researcher()
        .only(pattern("**"))
        .only_for(Grant::any_tool(pattern("write:payouts")))
        .expires_at(Timestamp::MAX)
        .delegable(255)
        .sign(&token(Some(1)), &bot().secret())
        .unwrap();
    let capability = capability(child.as_bytes(), &researcher());
    assert_eq!(code(&refund(&capability, "{}")), "ok");
    let payouts = decide(&capability, "pay_out", "write:payouts", "{}");
    assert_eq!(code(&payouts), "scope.not_granted");
    assert_eq!(capability.expires_at(), Timestamp::from_unix_s(NOW_S + 900));
    let further = Delegation::to(holder("clerk", &clerk())).sign(&child, &researcher().secret());
    assert_eq!(further.unwrap_err().code(), "token.depth_exceeded");
}

#[test]
fn a_delegation_to_scopes_that_its_parent_lacks_allows_nothing() {
    let child = to_researcher()
        .only(pattern("write:payouts"))
        .sign(&token(Some(1)), &bot().secret())
        .unwrap();
    let capability = capability(child.as_bytes(), &researcher());
    for scope in ["write:payouts", "write:refunds"] {
        assert_eq!(
            code(&decide(&capability, "any", scope, "{}")),
            "scope.not_granted"
        );
    }
}

#[test]
fn a_delegation_narrows_in_every_way_it_says() {
    let child = to_researcher()
        .constrain(Constraint::new("amount", at_most(10)).unwrap())
        .audience(audience("shop"))
        .expires_at(Timestamp::from_unix_s(NOW_S + 60))
        .sign(&token(Some(1)), &bot().secret())
        .unwrap();
    let capability = capability(child.as_bytes(), &researcher());
    assert_eq!(code(&refund(&capability, r#"{"amount":10}"#)), "ok");
    assert_eq!(
        code(&refund(&capability, r#"{"amount":11}"#)),
        "constraint.above_maximum"
    );
    assert_eq!(capability.expires_at(), Timestamp::from_unix_s(NOW_S + 60));
}

#[test]
fn audiences_of_a_chain_are_those_that_every_block_names() {
    let made = |of_root: &[&str], of_child: &[&str]| {
        let named = |fields: Fields, names: &[&str]| match names {
            [] => fields,
            names => fields.with(field::AUDIENCES, Cbor::texts(names)),
        };
        Forgery::root(&named(root_fields(), of_root), &issuer())
            .then(
                &named(Fields::delegation("researcher", &researcher()), of_child),
                &bot(),
            )
            .bytes()
    };
    check(&made(&["shop", "bank"], &["shop"]), "ok");
    check(&made(&["bank"], &["shop"]), "token.audience_mismatch");
    check(
        &made(&["shop", "bank"], &["bank"]),
        "token.audience_mismatch",
    );
    check(&made(&[], &["bank"]), "token.audience_mismatch");
    check(&made(&["shop"], &[]), "ok");
}
