//! Budgets, consents, delegate-only and bearer tokens: how they are made, and how `agentsudo inspect` shows
//! them.

use serde_json::json;

use crate::desk::{Desk, NOW};

const ORDERS: &[&str] = &["--allow", "read:orders"];

#[track_caller]
fn check_mint_refused(options: &[&str], exit: i32, said: &str) {
    let desk = Desk::new();
    desk.try_mint(&[ORDERS, options].concat())
        .check_failed(exit, said);
}

const LIMITED: &[&str] = &[
    "--allow",
    "write:*",
    "--budget",
    "calls <= 100",
    "--budget-on",
    "write:refunds: amount_minor <= 50000 per 1h",
    "--consent",
    "write:refunds: unless amount_minor <= 5000",
    "--delegable",
    "1",
];
const NARROWER: &[&str] = &[
    "--budget",
    "calls <= 10 per 60s",
    "--consent",
    "write:mail",
    "--consent",
    "write:refunds: unless amount_minor <= 5000",
];

#[test]
fn limits_of_each_block_are_shown_and_those_in_effect_by_block() {
    let desk = Desk::new();
    let token = desk.delegate(&desk.mint(LIMITED), NARROWER);
    let block_0 = "  budgets      calls <= 100
               write:refunds: amount_minor <= 50000 per 1h
  consent to   write:refunds: unless amount_minor <= 5000
";
    let in_effect = "  budgets      calls <= 100 (block 0)
               write:refunds: amount_minor <= 50000 per 1h (block 0)
               calls <= 10 per 1m (block 1)
  consent to   write:refunds: unless amount_minor <= 5000 (block 0)
               write:mail (block 1)
";
    desk.ask("inspect", &token, NOW, &[])
        .check(0, block_0)
        .check(0, in_effect);
}

#[test]
fn json_says_of_each_budget_and_consent_whose_it_is() {
    let desk = Desk::new();
    let token = desk.delegate(&desk.mint(LIMITED), NARROWER);
    let document = desk.ask("inspect", &token, NOW, &["--json"]).json();
    let effect = &document["in_effect"];
    let amount = json!({
        "block": 0,
        "budget": "write:refunds: amount_minor <= 50000 per 1h",
        "measure": "amount",
        "argument": "amount_minor",
        "max": 50_000,
        "window_s": 3_600,
        "scope": "write:refunds",
    });
    assert_eq!(effect["budgets"][1], amount);
    let calls = json!({
        "block": 1, "budget": "calls <= 10 per 1m", "measure": "calls", "max": 10,
        "window_s": 60, "scope": null,
    });
    assert_eq!(effect["budgets"][2], calls);
    let consents = json!([
        {"block": 0, "consent": "write:refunds: unless amount_minor <= 5000"},
        {"block": 1, "consent": "write:mail"},
    ]);
    assert_eq!(effect["consents"], consents);
    assert_eq!(
        document["blocks"][1]["budgets"],
        json!(["calls <= 10 per 1m"])
    );
}

#[test]
fn a_budget_that_cannot_be_one_is_answered_with_what_is_expected() {
    check_mint_refused(&["--budget", "amount_minor < 5"], 2, "`calls <= N`");
    check_mint_refused(&["--budget", "calls <= 0"], 2, "budget of 1 to");
    check_mint_refused(&["--budget", "calls <= 0"], 2, "(budget.max_out_of_range)");
    check_mint_refused(
        &["--budget", "calls <= 1 per 32d"],
        2,
        "(budget.window_out_of_range)",
    );
    check_mint_refused(&["--budget", "calls <= 1 per day"], 2, "such as `15m`");
    check_mint_refused(&["--budget-on", "calls <= 1"], 2, "a scope, a colon");
}

#[test]
fn a_consent_that_cannot_be_one_is_answered_with_what_is_expected() {
    check_mint_refused(&["--consent", "refunds"], 2, "expected a scope");
    check_mint_refused(
        &["--consent", "write:refunds: amount_minor <= 5"],
        2,
        "unless amount_minor <= 5000",
    );
    check_mint_refused(
        &["--consent", "write:refunds: unless amount_minor in 5..1"],
        2,
        "range from 5 to 1",
    );
}

#[test]
fn the_greatest_budget_and_window_are_taken_by_token_and_command_alike() {
    let desk = Desk::new();
    let greatest = "calls <= 9007199254740991 per 31d";
    let token = desk.mint(&[ORDERS, &["--budget", greatest]].concat());
    desk.ask("inspect", &token, NOW, &[]).check(0, greatest);
}

#[track_caller]
fn check_count(option: &str, value: &str, found: usize, exit: i32, said: &str) {
    let typed = [option, value].repeat(found);
    let run = Desk::new().try_mint(&[ORDERS, &typed].concat());
    run.check(exit, said);
}

#[test]
fn a_block_has_sixteen_budgets_and_sixteen_consents_at_most() {
    check_count("--budget", "calls <= 1", 16, 0, "asudo1_");
    check_count(
        "--budget",
        "calls <= 1",
        17,
        2,
        "at most 16 budgets in one block, found 17",
    );
    check_count("--consent", "write:*", 16, 0, "asudo1_");
    check_count(
        "--consent",
        "write:*",
        17,
        2,
        "at most 16 consents in one block, found 17",
    );
}

const HOUR: &[&str] = &["--bearer", "--audience", "shop", "--expires-in", "1h"];

#[test]
fn a_bearer_token_needs_an_audience_and_a_short_life() {
    check_mint_refused(&["--bearer"], 4, "must name its audiences");
    check_mint_refused(
        &["--bearer", "--audience", "shop", "--expires-in", "3601s"],
        4,
        "(token.bearer_unbound)",
    );
    Desk::new().mint(&[ORDERS, HOUR].concat());
}

#[test]
fn a_token_is_for_its_bearer_where_every_block_says_so() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, HOUR, &["--delegable", "1"]].concat());
    let both = desk.delegate(&token, &["--bearer"]);
    desk.run(&["inspect", &both])
        .check(0, "  used by      whoever shows it, without a proof\n");
    let one = desk.delegate(&token, &[]);
    desk.run(&["inspect", &one])
        .check(0, "  used by      researcher, with a proof of key ");
    for (token, expected) in [(&both, true), (&one, false)] {
        let document = desk.run(&["inspect", token, "--json"]).json();
        assert_eq!(document["in_effect"]["bearer"], expected);
        assert_eq!(document["blocks"][0]["bearer"], true);
    }
}

#[test]
fn a_token_to_be_delegated_is_used_by_nobody() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--delegate-only", "--delegable", "1"]].concat());
    desk.run(&["inspect", &token])
        .check(0, "  use          to be delegated, and not used\n")
        .check(
            0,
            "  used by      nobody: support-bot may only delegate it\n",
        );
    let used = desk.delegate(&token, &[]);
    desk.run(&["inspect", &used])
        .check(0, "  used by      researcher, with a proof of key ");
}

#[test]
fn a_token_to_be_delegated_that_cannot_be_is_not_made() {
    check_mint_refused(&["--delegate-only"], 2, "expected --delegable 1 or more");
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--delegable", "1"]].concat());
    desk.try_delegate(&token, &["--delegate-only"])
        .check_failed(2, "in every block before");
}

#[test]
fn whoever_may_only_delegate_gets_the_token_back_under_no_name() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--delegate-only", "--delegable", "1"]].concat());
    let fixed = ["delegate", &token, "--key", "bot.pem", "--agent"];
    let same_key = ["other", "--holder", "bot.pub.pem"];
    desk.run(&[&fixed[..], &same_key].concat())
        .check_failed(4, "(token.delegates_to_itself)");
    let same_name = ["support-bot", "--holder", "researcher.pub.pem"];
    desk.run(&[&fixed[..], &same_name].concat())
        .check_failed(4, "(token.delegates_to_itself)");
}

#[test]
fn a_sealed_delegation_goes_no_further() {
    let desk = Desk::new();
    let token = desk.mint(&[ORDERS, &["--delegable", "9"]].concat());
    let sealed = desk.delegate(&token, &["--sealed"]);
    desk.run(&["inspect", &sealed])
        .check(0, "  delegations  0 may follow\n")
        .check(0, "  delegations  0 left\n");
    desk.try_delegate(&token, &["--sealed", "--delegable", "1"])
        .check_failed(2, "cannot be used with");
}
