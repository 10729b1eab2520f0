//! `agentsudo explain`.

use serde_json::{Value, json};

use crate::desk::{Desk, NOW, Run};

const MANIFEST: &str = r#"[
    {"name": "issue_refund", "scope": "write:refunds", "effect": "destructive",
     "sinks": ["order_id", "amount_minor"], "secrets": ["note"]},
    {"name": "find_order", "scope": "read:orders", "effect": "read", "sinks": [],
     "input_schema": {"type": "object", "properties": {"order_id": {"type": "string"}}}}
]"#;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("tools.json", MANIFEST);
    desk
}

fn explain(desk: &Desk, token: &str, tool: &str, arguments: &Value, options: &[&str]) -> Run {
    let arguments = arguments.to_string();
    let fixed = [
        "--manifest",
        "tools.json",
        "--tool",
        tool,
        "--arguments",
        &arguments,
    ];
    desk.ask("explain", token, NOW, &[&fixed[..], options].concat())
}

fn explain_lines(desk: &Desk, lines: &str) -> Run {
    let token = desk.mint(&["--allow", "read:*"]);
    let fixed = [
        "explain",
        &token,
        "--issuer",
        "issuer.pub.pem",
        "--manifest",
        "tools.json",
    ];
    desk.run_on(
        lines,
        &[&fixed[..], &["--at", "1800000000", "--json"]].concat(),
    )
}

#[test]
fn an_allowed_call_is_said_to_be_allowed() {
    let desk = desk();
    let token = desk.mint(&[
        "--allow",
        "write:refunds",
        "--constrain",
        "amount_minor <= 50",
    ]);
    let run = explain(
        &desk,
        &token,
        "issue_refund",
        &json!({"amount_minor": 50}),
        &[],
    );
    assert_eq!(
        (run.exit, run.stdout.as_str()),
        (0, "allowed: issue_refund (write:refunds)\n")
    );
}

#[test]
fn a_missing_scope_is_answered_with_the_grant_of_each_block() {
    let desk = desk();
    let token = desk.mint(&["--allow", "read:orders", "--delegable", "1"]);
    let token = desk.delegate(&token, &["--only", "read:*"]);
    let run = explain(&desk, &token, "issue_refund", &json!({}), &[]);
    let expected = "\
refused: issue_refund (write:refunds): block 0 does not grant `write:refunds` (scope.not_granted)
  to allow it: mint block 0 with `--allow write:refunds` added
  to allow it: delegate block 1 with `--only write:refunds` added
";
    assert_eq!((run.exit, run.stdout.as_str()), (4, expected));
}

#[test]
fn a_grant_to_another_tool_is_answered_with_the_tool() {
    let desk = desk();
    let token = desk.mint(&["--allow-tool", "write:*=list_refunds"]);
    explain(&desk, &token, "issue_refund", &json!({}), &[])
        .check(4, "(scope.not_granted_to_tool)")
        .check(4, "`--allow-tool write:refunds=issue_refund`");
}

#[test]
fn a_broken_rule_is_shown_with_what_was_found_and_what_would_admit_it() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*", "--constrain", "amount_minor <= 50"]);
    let run = explain(
        &desk,
        &token,
        "issue_refund",
        &json!({"amount_minor": 51}),
        &["--json"],
    );
    let expected = json!({
        "version": 1,
        "tool": "issue_refund",
        "allowed": false,
        "scope": "write:refunds",
        "code": "constraint.above_maximum",
        "message": "argument `amount_minor` is refused, expected at most 50 by block 0",
        "block": 0,
        "needs": [{
            "block": 0,
            "rule": "amount_minor <= 50",
            "found": "51",
            "option": "--constrain 'amount_minor <= 51'",
            "advice": "make the rule of block 0 as wide as `--constrain 'amount_minor <= 51'`",
        }],
    });
    assert_eq!((run.exit, run.json()), (4, expected));
}

#[test]
fn a_missing_argument_and_a_wrong_type_are_advised_in_words() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*", "--constrain", "amount_minor <= 50"]);
    explain(&desk, &token, "issue_refund", &json!({}), &[])
        .check(4, "amount_minor <= 50, found nothing")
        .check(4, "give the argument `amount_minor`");
    explain(
        &desk,
        &token,
        "issue_refund",
        &json!({"amount_minor": "50"}),
        &[],
    )
    .check(4, "(constraint.wrong_type)")
    .check(4, "give `amount_minor` the type that the rule is about");
}

#[test]
fn what_is_asked_for_is_enough() {
    let desk = desk();
    let arguments = json!({"amount_minor": 51, "currency": "USD"});
    let rules = [
        "--constrain",
        "amount_minor in 1..50",
        "--constrain",
        "currency == \"EUR\"",
    ];
    let token = desk.mint(&[&["--allow", "read:*"] as &[&str], &rules].concat());
    let run = explain(&desk, &token, "issue_refund", &arguments, &["--json"]);
    let document = run.json();
    let options = document["needs"].as_array().unwrap().iter();
    let options = options.map(|need| need["option"].as_str().unwrap().split_once(' ').unwrap());
    let options = options.flat_map(|(name, value)| [name, value.trim_matches('\'')]);
    let token = desk.mint(&options.collect::<Vec<_>>());
    explain(&desk, &token, "issue_refund", &arguments, &[]).check(0, "allowed");
}

#[test]
fn a_secret_argument_is_never_shown() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*", "--constrain", "note == \"plain\""]);
    for options in [&[] as &[&str], &["--json"]] {
        let run = explain(
            &desk,
            &token,
            "issue_refund",
            &json!({"note": "hunter2"}),
            options,
        );
        run.check(4, "constraint.not_equal").check(4, "secret");
        assert!(!run.stdout.contains("hunter2"));
    }
}

#[test]
fn a_secret_list_is_never_shown_by_its_elements() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*", "--constrain", "note[] == \"plain\""]);
    let run = explain(
        &desk,
        &token,
        "issue_refund",
        &json!({"note": ["hunter2"]}),
        &[],
    );
    run.check(4, "note[] == \"plain\", found secret");
    assert!(!run.stdout.contains("hunter2"));
}

#[test]
fn a_rule_on_elements_is_shown_with_the_list() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*", "--constrain", "items[].count <= 2"]);
    let arguments = json!({"items": [{"count": 1}, {"count": 3}]});
    explain(&desk, &token, "issue_refund", &arguments, &[])
        .check(4, "items[].count <= 2, found [{\"count\":1},{\"count\":3}]")
        .check(4, "as wide as `--constrain 'items[].count <= 3'`");
}

#[test]
fn each_line_is_answered_with_a_line() {
    let lines = "\
{\"tool\": \"find_order\", \"arguments\": {\"order_id\": \"order_1\"}}

{\"tool\": \"find_order\", \"arguments\": {\"id\": 1}}
{\"tool\": \"drop_table\", \"arguments\": {}}
{\"tool\": \"issue_refund\", \"arguments\": {}}";
    let run = explain_lines(&desk(), lines);
    let codes = run.stdout.lines().map(|line| {
        let document: Value = serde_json::from_str(line).unwrap();
        document["code"].as_str().unwrap_or("allowed").to_owned()
    });
    let expected = [
        "allowed",
        "arguments.unknown_field",
        "tool.unknown",
        "scope.not_granted",
    ];
    assert_eq!(codes.collect::<Vec<_>>(), expected);
    assert_eq!((run.exit, run.stderr.as_str()), (4, ""));
}

#[test]
fn a_line_that_is_no_call_is_named_by_its_number() {
    let good = "{\"tool\": \"find_order\", \"arguments\": {}}\n";
    for bad in [
        "x",
        "[]",
        "{\"tool\": 1, \"arguments\": {}}",
        "{\"tool\": \"a\", \"tool\": \"b\"}",
    ] {
        explain_lines(&desk(), &format!("{good}{bad}")).check(2, "line 2: ");
    }
    let extra = "{\"tool\": \"find_order\", \"arguments\": {}, \"as\": \"root\"}";
    explain_lines(&desk(), extra).check_failed(2, "no other fields");
    explain_lines(&desk(), &"x".repeat(200_000)).check_failed(2, "expected at most 131072 bytes");
}

#[test]
fn a_token_that_is_not_valid_explains_nothing() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*", "--expires-in", "1m"]);
    let fixed = [
        "--manifest",
        "tools.json",
        "--tool",
        "issue_refund",
        "--arguments",
        "{}",
    ];
    let run = desk.ask("explain", &token, NOW + 60, &fixed);
    run.check(4, "refused: token expired");
    assert!(!run.stdout.contains("issue_refund"));
}

#[test]
fn a_token_is_piped_in_where_the_call_is_not() {
    let desk = desk();
    let token = desk.mint(&["--allow", "read:*"]);
    let fixed = [
        "explain",
        "--issuer",
        "issuer.pub.pem",
        "--manifest",
        "tools.json",
    ];
    let at = ["--at", "1800000000"];
    let call = ["--tool", "find_order", "--arguments", "{}"];
    desk.run_on(&token, &[&fixed[..], &at, &call].concat())
        .check(0, "allowed");
    desk.run_on(&token, &[&fixed[..], &at].concat())
        .check_failed(2, "give the token as text or as `@FILE`");
}

#[track_caller]
fn check_manifest(content: &str, said: &str) {
    let desk = desk();
    let token = desk.mint(&["--allow", "read:*"]);
    desk.write("tools.json", content);
    explain(&desk, &token, "x", &json!({}), &[]).check_failed(2, said);
}

#[test]
fn a_manifest_is_read_strictly() {
    let tool = r#"{"name": "x", "scope": "a:b", "effect": "read", "sinks": []}"#;
    check_manifest("{}", "manifest `tools.json`: ");
    check_manifest(&format!("[{tool}, {tool}]"), "two tools are called `x`");
    check_manifest(
        &tool
            .replace("sinks", "sink")
            .replace('{', "[{")
            .replace('}', "}]"),
        "`sink`",
    );
    check_manifest(&format!("[{}]", tool.replace("a:b", "a:*")), "scope");
    check_manifest(&format!("[{}]", tool.replace("\"x\"", "\"X\"")), "X");
    let desk = desk();
    let token = desk.mint(&["--allow", "read:*"]);
    let fixed = [
        "--manifest",
        "gone.json",
        "--tool",
        "x",
        "--arguments",
        "{}",
    ];
    desk.ask("explain", &token, NOW, &fixed)
        .check_failed(3, "manifest `gone.json` could not be read");
}
