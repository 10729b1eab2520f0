//! `agentsudo lint`.

use serde_json::json;

use crate::desk::{Desk, NOW, Run};

const TOOLS: &str = r#"[
    {"name": "find_order", "scope": "read:orders", "effect": "read", "sinks": ["order_id"]},
    {"name": "issue_refund", "scope": "write:refunds", "effect": "destructive",
     "sinks": ["order_id", "amount_minor"]},
    {"name": "send_mail", "scope": "write:mail", "effect": "write", "sinks": ["to"]}
]"#;

fn lint(desk: &Desk, token: &str, options: &[&str]) -> Run {
    desk.write("tools.json", TOOLS);
    let fixed = ["--tools", "tools.json"];
    desk.ask("lint", token, NOW, &[&fixed[..], options].concat())
}

#[track_caller]
fn check(options: &[&str], exit: i32, expected: &str) {
    let desk = Desk::new();
    let run = lint(&desk, &desk.mint(options), &[]);
    assert_eq!((run.exit, run.stdout.as_str()), (exit, expected));
}

#[test]
fn each_open_sink_of_a_granted_tool_is_found() {
    check(
        &["--allow", "**", "--constrain-on", "write:refunds: amount_minor <= 5000"],
        4,
        "\
open: issue_refund (write:refunds, destructive): no rule pins `order_id` (constraint.sink_unconstrained)
open: send_mail (write:mail, write): no rule pins `to` (constraint.sink_unconstrained)
",
    );
}

#[test]
fn what_is_pinned_or_not_granted_or_only_reads_is_not_found() {
    let pinned = "pinned: 2 of 3 tools are granted, and no sink of theirs is open\n";
    check(
        &[
            "--allow",
            "read:*",
            "--allow-tool",
            "write:*=send_mail",
            "--constrain-on",
            "write:mail: to[] email-domain \"shop.example\"",
        ],
        0,
        pinned,
    );
}

#[test]
fn a_rule_that_leaves_the_sink_open_pins_nothing() {
    let granted = ["--allow", "write:mail", "--constrain", "to length <= 9"];
    check(
        &granted,
        4,
        "open: send_mail (write:mail, write): no rule pins `to` (constraint.sink_unconstrained)\n",
    );
}

#[test]
fn a_delegation_may_pin_what_its_parent_left_open() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "write:mail", "--delegable", "1"]);
    lint(&desk, &token, &[]).check(4, "open: send_mail");
    let narrower = desk.delegate(&token, &["--constrain", "to == \"a@shop.example\""]);
    lint(&desk, &narrower, &[]).check(0, "pinned: 1 of 3 tools");
}

#[test]
fn a_token_to_be_delegated_is_looked_at_for_whoever_will_use_it() {
    let options = [
        "--allow",
        "write:mail",
        "--delegate-only",
        "--delegable",
        "1",
    ];
    check(
        &options,
        4,
        "open: send_mail (write:mail, write): no rule pins `to` (constraint.sink_unconstrained)\n",
    );
}

#[test]
fn findings_in_json_are_the_same() {
    let desk = Desk::new();
    let run = lint(
        &desk,
        &desk.mint(&["--allow", "write:refunds"]),
        &["--json"],
    );
    let expected = json!({
        "version": 1,
        "valid": true,
        "tools": 3,
        "granted": 1,
        "findings": [{
            "code": "constraint.sink_unconstrained",
            "tool": "issue_refund",
            "scope": "write:refunds",
            "effect": "destructive",
            "sinks": ["order_id", "amount_minor"],
        }],
    });
    assert_eq!((run.exit, run.json()), (4, expected));
}

#[test]
fn a_token_that_nobody_vouches_for_is_not_linted() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "**"]);
    desk.write("tools.json", TOOLS);
    desk.run(&["lint", &token, "--tools", "tools.json"])
        .check_failed(2, "--issuer");
    let expired = ["--tools", "tools.json"];
    desk.ask("lint", &token, NOW + 3_600, &expired)
        .check(4, "refused: token expired");
    desk.ask("lint", &token, NOW, &[])
        .check_failed(2, "--tools <FILE>");
}
