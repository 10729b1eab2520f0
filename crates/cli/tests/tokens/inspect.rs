//! `agentsudo inspect`.

use serde_json::json;

use crate::desk::{Desk, NOW};
use crate::verify::forged;

const OPTIONS: &[&str] = &[
    "--allow",
    "write:*",
    "--allow-tool",
    "read:orders=find_order",
    "--constrain-on",
    "write:refunds: amount_minor <= 5000",
    "--audience",
    "shop",
    "--expires-in",
    "15m",
    "--delegable",
    "2",
];
const NARROWER: &[&str] = &[
    "--only",
    "read:*",
    "--only",
    "*:refunds",
    "--constrain",
    "currency in [\"EUR\"]",
    "--expires-in",
    "5m",
];

/// Keys and ids differ from run to run; everything else is compared as it stands.
fn without_ids(text: &str) -> String {
    let is_hex = |word: &str| word.len() >= 8 && word.bytes().all(|c| c.is_ascii_hexdigit());
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(|word| {
            let plain = word.trim_end_matches([')', ',']);
            if is_hex(plain) {
                word.replace(plain, "#")
            } else {
                word.to_owned()
            }
        });
        words.collect::<Vec<_>>().join(" ") + "\n"
    });
    lines.collect()
}

const DELEGATED: &str = "\
token #, 386 bytes
verified: signed by a trusted issuer, and in its time

block 0: root, by issuer #
  agent        support-bot (key #)
  issued       2027-01-15T08:00:00Z (1 min ago)
  expires      2027-01-15T08:15:00Z (in 14 min)
  grants       write:*
               read:orders to find_order
  constraints  write:refunds: amount_minor <= 5000
  audience     shop
  delegations  2 may follow

block 1: delegation by support-bot
  agent        researcher (key #)
  expires      2027-01-15T08:05:00Z (in 4 min)
  grants       read:*
               *:refunds
  constraints  currency in [\"EUR\"]

in effect
  agents       support-bot > researcher
  used by      researcher, with a proof of key #
  expires      2027-01-15T08:05:00Z (in 4 min)
  grants       write:refunds
               read:orders to find_order
  constraints  write:refunds: amount_minor <= 5000
               currency in [\"EUR\"]
  audience     shop
  delegations  1 left
";

#[test]
fn a_delegated_token_is_shown_block_by_block_and_in_effect() {
    let desk = Desk::new();
    let token = desk.delegate(&desk.mint(OPTIONS), NARROWER);
    let shown = desk.ask("inspect", &token, NOW + 60, &[]);
    assert_eq!(without_ids(&shown.stdout), DELEGATED);
    assert_eq!((shown.exit, shown.stderr.as_str()), (0, ""));
}

#[test]
fn json_says_what_all_blocks_allow_together() {
    let desk = Desk::new();
    let token = desk.delegate(&desk.mint(OPTIONS), NARROWER);
    let document = desk.ask("inspect", &token, NOW, &["--json"]).json();
    assert_eq!(document["verification"], json!({"state": "valid"}));
    let expected = json!({
        "agents": ["support-bot", "researcher"],
        "holder_key": document["blocks"][1]["holder_key"],
        "delegate_only": false,
        "bearer": false,
        "valid_from": null,
        "expires_at": NOW + 300,
        "grants": [
            {"scope": "write:refunds", "tools": []},
            {"scope": "read:orders", "tools": ["find_order"]},
        ],
        "constraints": ["write:refunds: amount_minor <= 5000", "currency in [\"EUR\"]"],
        "budgets": [],
        "consents": [],
        "audiences": ["shop"],
        "delegations_left": 1,
    });
    assert_eq!(document["in_effect"], expected);
}

#[test]
fn without_an_issuer_nothing_is_said_to_be_verified() {
    let desk = Desk::new();
    let token = forged(&desk.mint(OPTIONS));
    let shown = desk.run(&["inspect", &token]);
    shown.check(0, "not verified: no issuer key given");
    let document = desk.run(&["inspect", &token, "--json"]).json();
    assert_eq!(document["verification"], json!({"state": "not_verified"}));
}

#[test]
fn a_token_comes_as_argument_file_or_standard_input() {
    let desk = Desk::new();
    let token = desk.mint(OPTIONS);
    desk.write("token.txt", &format!("{token}\n"));
    let at = ["--at", "1800000000"];
    let shown = [
        desk.run(&[&["inspect", token.as_str()] as &[&str], &at].concat()),
        desk.run(&[&["inspect", "@token.txt"] as &[&str], &at].concat()),
        desk.run_on(&token, &[&["inspect", "-"] as &[&str], &at].concat()),
        desk.run_on(
            &format!(" {token}\n\n"),
            &[&["inspect"] as &[&str], &at].concat(),
        ),
    ];
    for run in &shown {
        assert_eq!((run.exit, &run.stdout), (0, &shown[0].stdout));
    }
}

#[test]
fn a_token_file_that_is_not_there_is_a_fault() {
    let desk = Desk::new();
    desk.run(&["inspect", "@gone.txt"])
        .check_failed(3, "token file `gone.txt` could not be read");
}

#[test]
fn text_that_is_no_token_is_refused() {
    let desk = Desk::new();
    desk.run(&["inspect", "hello"])
        .check_failed(4, "(token.malformed_text)");
    desk.run_on(&"x".repeat(100_000), &["inspect"])
        .check_failed(4, "(token.malformed_text)");
}

#[test]
fn an_expired_token_is_told_from_a_forged_one() {
    let desk = Desk::new();
    let token = desk.mint(OPTIONS);
    desk.ask("inspect", &token, NOW + 900, &[]).check(
        4,
        "not valid: signed by a trusted issuer, but token expired",
    );
    desk.ask("inspect", &token, NOW - 61, &[]).check(
        4,
        "not valid: signed by a trusted issuer, but token was issued",
    );
    for at in [NOW - 61, NOW, NOW + 900] {
        desk.ask("inspect", &forged(&token), at, &[])
            .check(4, "(token.signature_invalid)");
    }
}

#[test]
fn a_token_that_allows_nothing_says_so() {
    let desk = Desk::new();
    let token = desk.mint(OPTIONS);
    let token = desk.delegate(&token, &["--only", "delete:*", "--audience", "bank"]);
    desk.run(&["inspect", &token])
        .check(0, "  grants       nothing\n")
        .check(0, "  audience     none\n");
}
