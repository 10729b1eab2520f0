//! `agentsudo explain`: budgets, consents, strict verification and tokens to be delegated.

use serde_json::{Value, json};

use crate::desk::{Desk, NOW, Run};

const TOOLS: &str = r#"[
    {"name": "issue_refund", "scope": "write:refunds", "effect": "destructive",
     "sinks": ["order_id", "amount_minor"], "secrets": ["note", "pin"]}
]"#;

fn explain(desk: &Desk, token: &str, arguments: &Value, options: &[&str]) -> Run {
    desk.write("tools.json", TOOLS);
    let arguments = arguments.to_string();
    let fixed = [
        "--tools",
        "tools.json",
        "--tool",
        "issue_refund",
        "--arguments",
        &arguments,
    ];
    desk.ask("explain", token, NOW, &[&fixed[..], options].concat())
}

#[track_caller]
fn check(limits: &[&str], arguments: &Value, options: &[&str], exit: i32, expected: &str) {
    let desk = Desk::new();
    let token = desk.mint(&[&["--allow", "write:*"], limits].concat());
    let run = explain(&desk, &token, arguments, options);
    assert_eq!((run.exit, run.stdout.as_str()), (exit, expected));
}

#[test]
fn an_allowed_call_says_what_it_still_needs() {
    check(
        &[
            "--consent",
            "write:refunds: unless amount_minor <= 1000",
            "--budget",
            "calls <= 10",
            "--budget",
            "amount_minor <= 50000 per 1h",
            "--budget-on",
            "write:mail: calls <= 1",
        ],
        &json!({"amount_minor": 4500}),
        &[],
        0,
        "\
allowed: issue_refund (write:refunds)
  needs a person's consent, by block 0
  draws 1 of the budget `calls <= 10`, by block 0
  draws 4500 of the budget `amount_minor <= 50000 per 1h`, by block 0
",
    );
}

#[test]
fn obligations_in_json_name_the_block() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "write:*", "--delegable", "1"]);
    let limits = ["--consent", "write:*", "--budget", "bytes <= 500"];
    let token = desk.delegate(&token, &limits);
    let run = explain(&desk, &token, &json!({"amount_minor": 1}), &["--json"]);
    let expected = json!({
        "consent_by_block": 1,
        "draws": [{"block": 1, "budget": "bytes <= 500", "amount": 15}],
    });
    assert_eq!((run.exit, &run.json()["obligations"]), (0, &expected));
}

#[test]
fn a_consent_with_an_exception_that_holds_is_not_needed() {
    check(
        &["--consent", "write:refunds: unless amount_minor <= 5000"],
        &json!({"amount_minor": 5000}),
        &[],
        0,
        "allowed: issue_refund (write:refunds)\n",
    );
}

#[test]
fn a_call_that_is_more_than_a_budget_is_answered_with_the_budget() {
    check(
        &["--budget-on", "write:refunds: amount_minor <= 5000 per 1d"],
        &json!({"amount_minor": 9000}),
        &[],
        4,
        "\
refused: issue_refund (write:refunds): the call draws more of `amount_minor` than the 5000 of 5000 left by block 0 (budget.exceeded)
  block 0: write:refunds: amount_minor <= 5000 per 1d, found 9000
  to allow it: make the budget of block 0 as great as `--budget-on 'write:refunds: amount_minor <= 9000 per 1d'`
",
    );
}

#[test]
fn sums_of_lists_and_bytes_are_proposed_as_they_are_drawn() {
    let desk = Desk::new();
    let limits = [
        "--allow",
        "**",
        "--budget",
        "items[].n <= 3",
        "--budget",
        "bytes <= 5",
    ];
    let token = desk.mint(&limits);
    let arguments = json!({"items": [{"n": 2}, {"n": 2}]});
    let run = explain(&desk, &token, &arguments, &["--json"]);
    run.check(4, "budget.exceeded");
    let options = run.json()["needs"].clone();
    assert_eq!(options[0]["option"], "--budget 'items[].n <= 4'");
    let wide = [
        "--allow",
        "**",
        "--budget",
        "items[].n <= 4",
        "--budget",
        "bytes <= 16",
    ];
    assert_eq!(options[1]["option"], "--budget 'bytes <= 16'");
    explain(&desk, &desk.mint(&wide), &arguments, &[]).check(0, "draws 16 of");
}

#[test]
fn what_cannot_be_counted_is_said_to_need_a_number() {
    for found in [
        json!({}),
        json!({"amount_minor": "5"}),
        json!({"amount_minor": -5}),
    ] {
        let desk = Desk::new();
        let token = desk.mint(&["--allow", "**", "--budget", "amount_minor <= 5"]);
        explain(&desk, &token, &found, &[])
            .check(4, "(budget.amount_unsound)")
            .check(
                4,
                "to allow it: give a whole number from 0 up of `amount_minor`",
            );
    }
}

#[test]
fn a_secret_amount_is_never_shown() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "**", "--budget", "pin <= 8000"]);
    for options in [&[] as &[&str], &["--json"]] {
        let refused = explain(&desk, &token, &json!({"pin": 8417}), options);
        refused.check(4, "budget.exceeded").check(4, "secret");
        let allowed = explain(&desk, &token, &json!({"pin": 7417}), options);
        allowed.check(0, "pin <= 8000");
        assert!(!format!("{}{}", refused.stdout, allowed.stdout).contains("417"));
    }
    explain(&desk, &token, &json!({"pin": 7417}), &[]).check(0, "draws a secret amount of");
}

#[test]
fn strict_verification_is_answered_with_a_rule_for_each_open_sink() {
    check(
        &["--constrain", "amount_minor <= 5000"],
        &json!({"order_id": "it's", "amount_minor": 50}),
        &["--strict"],
        4,
        "\
refused: issue_refund (write:refunds): no constraint pins the sink `order_id` of `issue_refund`, which strict verification asks for (constraint.sink_unconstrained)
  to allow it: mint block 0 with `--constrain-on 'write:refunds: order_id == \"it'\\''s\"'` added, or a wider rule on `order_id`
",
    );
}

#[test]
fn the_rules_for_open_sinks_are_enough() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "write:*", "--delegable", "1"]);
    let arguments = json!({"order_id": ["a", "b"]});
    let parent = desk.delegate(&token, &[]);
    let run = explain(&desk, &parent, &arguments, &["--strict", "--json"]);
    let needs = run.json()["needs"].clone();
    let options = needs.as_array().unwrap().iter();
    let options = options.map(|need| need["option"].as_str().unwrap().split_once(' ').unwrap());
    let options = options.flat_map(|(name, value)| [name, value.trim_matches('\'')]);
    let narrower = desk.delegate(&token, &options.collect::<Vec<_>>());
    explain(&desk, &narrower, &arguments, &["--strict"]).check(0, "allowed");
    assert_eq!((needs[0]["block"].as_u64(), run.exit), (Some(1), 4));
}

#[test]
fn a_token_to_be_delegated_says_who_has_to_use_it() {
    check(
        &["--delegate-only", "--delegable", "1"],
        &json!({}),
        &[],
        4,
        "\
refused: issue_refund (write:refunds): the token's holder may delegate it and not use it (token.delegate_only)
  to allow it: let `support-bot` delegate the token to the agent that makes the call, or mint block 0 without `--delegate-only`
",
    );
}

#[test]
fn arguments_come_from_a_file_or_a_pipe() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "write:*"]);
    desk.write("tools.json", TOOLS);
    desk.write("call.json", "{\"amount_minor\": 5}");
    let fixed = [
        "explain",
        &token,
        "--issuer",
        "issuer.pub.pem",
        "--at",
        "1800000000",
        "--manifest",
        "tools.json",
        "--tool",
        "issue_refund",
        "--arguments",
    ];
    for arguments in ["@call.json", "-"] {
        desk.run_on(
            "{\"amount_minor\": 5}",
            &[&fixed[..], &[arguments]].concat(),
        )
        .check(0, "allowed");
    }
}
