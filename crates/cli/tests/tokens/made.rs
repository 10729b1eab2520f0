//! `agentsudo mint` and `agentsudo delegate`.

use crate::desk::{Desk, NOW, Run};

const ORDERS: &[&str] = &["--allow", "read:orders"];

#[track_caller]
fn check_mint_refused(options: &[&str], exit: i32, said: &str) {
    Desk::new().try_mint(options).check_failed(exit, said);
}

#[test]
fn keys_mint_delegate_and_verify_fit_together() {
    let desk = Desk::new();
    let token = desk.mint(&[
        "--allow",
        "write:*",
        "--delegable",
        "1",
        "--expires-in",
        "15m",
    ]);
    let narrower = desk.delegate(&token, &["--only", "write:refunds", "--expires-in", "5m"]);
    desk.ask("verify", &token, NOW, &[]).check(
        0,
        "valid: support-bot, expires 2027-01-15T08:15:00Z (in 15 min)",
    );
    desk.ask("verify", &narrower, NOW, &[]).check(
        0,
        "valid: support-bot > researcher, expires 2027-01-15T08:05:00Z (in 5 min)",
    );
}

#[test]
fn mint_prints_one_line_that_inspect_takes() {
    let desk = Desk::new();
    let minted = desk.try_mint(ORDERS);
    minted.check(0, "asudo1_");
    assert_eq!(
        (minted.stdout.lines().count(), minted.stderr.as_str()),
        (1, "")
    );
    desk.run_on(&minted.stdout, &["inspect", "-"])
        .check(0, "support-bot");
}

#[test]
fn a_made_token_in_json_has_its_text_and_end() {
    let desk = Desk::new();
    let made = desk.try_mint(&[ORDERS, &["--expires-in", "1m", "--json"]].concat());
    let document = made.json();
    assert_eq!(document["expires_at"], NOW + 60);
    let token = document["token"].as_str().unwrap();
    let inspected = desk.run(&["inspect", token, "--json"]).json();
    assert_eq!(inspected["id"], document["id"]);
    assert_eq!(inspected["size_bytes"], document["size_bytes"]);
}

#[test]
fn a_holder_is_named_by_digits_or_by_either_file() {
    let desk = Desk::new();
    let shown = desk.run(&["keys", "show", "bot.pem", "--json"]).json();
    let digits = shown["public_key"].as_str().unwrap();
    for holder in ["bot.pem", "bot.pub.pem", digits] {
        let fixed = [
            "mint",
            "--key",
            "issuer.pem",
            "--agent",
            "bot",
            "--holder",
            holder,
        ];
        let minted = desk.run(&[&fixed[..], ORDERS].concat());
        let document = desk.run_on(&minted.stdout, &["inspect", "--json"]).json();
        assert_eq!(document["blocks"][0]["holder_key"], digits);
    }
}

#[test]
fn a_holder_that_is_neither_is_refused() {
    let desk = Desk::new();
    let with = |holder: &str| -> Run {
        let fixed = [
            "mint",
            "--key",
            "issuer.pem",
            "--agent",
            "bot",
            "--holder",
            holder,
        ];
        desk.run(&[&fixed[..], ORDERS].concat())
    };
    with("bot").check_failed(2, "64 hexadecimal digits of a public key, or a PEM file");
    with(&"0".repeat(64)).check_failed(2, "small order");
    with(&"A".repeat(64)).check_failed(2, "lower case hexadecimal");
}

#[test]
fn a_token_that_grants_nothing_is_not_made() {
    check_mint_refused(&[], 2, "--allow <SCOPE>");
}

#[test]
fn a_grant_to_tools_alone_is_enough() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow-tool", "read:orders=find_order,list_orders"]);
    desk.run(&["inspect", &token])
        .check(0, "read:orders to find_order, list_orders\n");
}

#[test]
fn a_malformed_constraint_is_answered_with_the_forms() {
    let options = [ORDERS, &["--constrain", "amount_minor < 5000"]].concat();
    check_mint_refused(&options, 2, "`path in N..M`");
    let options = [ORDERS, &["--constrain", "amount_minor any []"]].concat();
    check_mint_refused(&options, 2, "(constraint.rule_count)");
    let options = [ORDERS, &["--constrain-on", "amount_minor <= 5000"]].concat();
    check_mint_refused(&options, 2, "`write:refunds: amount_minor <= 5000`");
}

#[test]
fn malformed_words_are_refused_with_what_is_expected() {
    check_mint_refused(&["--allow", "*"], 2, "`**`");
    check_mint_refused(&["--allow", "refunds"], 2, "--allow");
    check_mint_refused(&["--allow-tool", "read:orders"], 2, "read:orders");
    check_mint_refused(&["--allow-tool", "read:orders=A"], 2, "tool name");
    check_mint_refused(
        &[ORDERS, &["--expires-in", "15"]].concat(),
        2,
        "such as `15m`",
    );
    check_mint_refused(&[ORDERS, &["--audience", "a b"]].concat(), 2, "audience");
    check_mint_refused(&[ORDERS, &["--delegable", "256"]].concat(), 2, "256");
}

#[test]
fn a_life_that_is_longer_than_a_day_needs_permission_on_both_sides() {
    let week = [ORDERS, &["--expires-in", "7d"]].concat();
    check_mint_refused(&week, 4, "(token.lifetime_too_long)");
    let desk = Desk::new();
    let token = desk.mint(&[&week[..], &["--max-life", "7d"]].concat());
    desk.ask("verify", &token, NOW, &[])
        .check(4, "(token.lifetime_too_long)");
    desk.ask("verify", &token, NOW, &["--max-life", "7d"])
        .check(0, "valid");
}

#[test]
fn a_token_that_waits_is_valid_later() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--valid-after", "1m"]].concat());
    desk.ask("verify", &token, NOW + 59, &[])
        .check(4, "(token.not_yet_valid)");
    desk.ask("verify", &token, NOW + 60, &[]).check(0, "valid");
}

#[test]
fn only_the_holder_delegates() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--delegable", "1"]].concat());
    desk.run(&[
        "delegate",
        &token,
        "--key",
        "issuer.pem",
        "--agent",
        "x",
        "--holder",
        "bot.pem",
    ])
    .check_failed(4, "(token.holder_mismatch)");
}

#[test]
fn a_token_is_delegated_as_often_as_it_says() {
    let desk = Desk::new();
    let token = desk.mint(ORDERS);
    desk.try_delegate(&token, &[])
        .check_failed(4, "(token.depth_exceeded)");
}

#[test]
fn a_delegation_that_asks_for_more_gets_no_more() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--delegable", "1", "--expires-in", "1m"]].concat());
    let wide = desk.delegate(
        &token,
        &["--only", "**", "--delegable", "9", "--expires-in", "1h"],
    );
    let document = desk.run(&["inspect", &wide, "--json"]).json();
    let effect = &document["in_effect"];
    assert_eq!(effect["grants"].as_array().unwrap().len(), 1);
    assert_eq!(effect["grants"][0]["scope"], "read:orders");
    assert_eq!(effect["expires_at"], NOW + 60);
    assert_eq!(effect["delegations_left"], 0);
}
