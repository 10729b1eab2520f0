//! `agentsudo verify`.

use serde_json::json;

use crate::desk::{Desk, NOW};

const ORDERS: &[&str] = &["--allow", "read:orders", "--expires-in", "15m"];

/// The token with one character of its last signature changed.
pub(crate) fn forged(token: &str) -> String {
    let at = token.len() - 20;
    let (start, rest) = token.split_at(at);
    let (old, end) = rest.split_at(1);
    let new = if old == "A" { "B" } else { "A" };
    format!("{start}{new}{end}")
}

#[test]
fn a_token_ends_at_its_second() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    desk.ask("verify", &token, NOW + 899, &[])
        .check(0, "(in 1 s)");
    desk.ask("verify", &token, NOW + 900, &[])
        .check(4, "refused: token expired at 2027-01-15T08:15:00Z")
        .check(4, "(token.expired)");
}

#[test]
fn a_token_from_the_future_is_refused() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    desk.ask("verify", &token, NOW - 61, &[])
        .check(4, "(token.issued_in_future)");
}

#[test]
fn a_changed_token_is_refused() {
    let desk = Desk::new();
    let token = forged(&desk.mint(ORDERS));
    desk.ask("verify", &token, NOW, &[])
        .check(4, "(token.signature_invalid)");
}

#[test]
fn another_issuer_is_not_trusted() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    let shown = desk.run(&["keys", "show", "issuer.pem", "--json"]).json();
    let id = shown["issuer_id"].as_str().unwrap();
    desk.run(&["verify", &token, "--issuer", "bot.pub.pem"])
        .check(
            4,
            &format!("not trusted here: `{id}` (token.unknown_issuer)"),
        );
}

#[test]
fn one_of_several_issuers_is_enough() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    desk.ask("verify", &token, NOW, &["--issuer", "bot.pub.pem"])
        .check(0, "valid");
}

#[test]
fn an_audience_is_named_and_fits() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--audience", "shop"]].concat());
    desk.ask("verify", &token, NOW, &["--audience", "shop"])
        .check(0, "valid");
    desk.ask("verify", &token, NOW, &["--audience", "bank"])
        .check(4, "(token.audience_mismatch)");
    desk.ask("verify", &token, NOW, &[])
        .check(4, "meant for `shop`, and no --audience says who verifies");
}

#[test]
fn a_verifier_needs_an_issuer_to_trust() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    desk.run(&["verify", &token]).check_failed(2, "--issuer");
}

#[test]
fn text_that_is_no_token_is_refused() {
    let desk = Desk::new();
    for text in ["hello", "asudo1_", "asudo1_AAAA", ""] {
        desk.run_on(text, &["verify", "--issuer", "issuer.pub.pem"])
            .check(4, "(token.malformed");
    }
}

#[test]
fn the_answer_in_json_is_the_same() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    let valid = desk.ask("verify", &token, NOW, &["--json"]);
    let expected = json!({
        "version": 1, "valid": true, "agents": ["support-bot"], "expires_at": NOW + 900,
    });
    assert_eq!((valid.exit, valid.json()), (0, expected));
    let refused = desk.ask("verify", &token, NOW + 900, &["--json"]);
    let document = refused.json();
    assert_eq!((refused.exit, &document["valid"]), (4, &json!(false)));
    assert_eq!(document["code"], "token.expired");
}
