//! `agentsudo demo` as a process: what it prints, leaves behind and exits with.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use agentsudo_connectors::outbox::{EmailAddress, Outbox};
use agentsudo_connectors::shop::{OrderId, RowCounts, Shop};
use mailparse::MailHeaderMap as _;
use serde_json::Value;

/// A finished run of the demo, in a folder that goes with it.
struct Run {
    _temporary: tempfile::TempDir,
    folder: PathBuf,
    exit: Option<i32>,
    stdout: String,
    stderr: String,
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentsudo"));
    command.stdin(Stdio::null()).env_remove("CLICOLOR_FORCE");
    command
}

fn run_demo(flags: &[&str]) -> Run {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("demo");
    let output = command()
        .arg("demo")
        .args(flags)
        .arg("--dir")
        .arg(&folder)
        .output()
        .unwrap();
    Run {
        _temporary: temporary,
        folder,
        exit: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    fn shop(&self) -> Shop {
        Shop::open(&self.folder.join("shop.db")).unwrap()
    }

    fn refunded_minor(&self, order: &str) -> Vec<u64> {
        let refunds = self
            .shop()
            .refunds(&OrderId::parse(order).unwrap())
            .unwrap();
        refunds.iter().map(|refund| refund.amount_minor).collect()
    }

    fn messages(&self) -> Vec<PathBuf> {
        let from = EmailAddress::parse("support@shop.example").unwrap();
        Outbox::open(&self.folder.join("outbox"), from)
            .unwrap()
            .messages()
            .unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

#[track_caller]
fn check_refused_command_line(arguments: &[&str], said: &str) {
    let output = command().args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
    assert!(output.stdout.is_empty());
}

/// Agent, tool and end of every call, as the document's scenes tell them.
fn ends_of_calls(document: &Value) -> Vec<(String, String, String)> {
    let calls = document["scenes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|scene| scene["calls"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    calls
        .map(|call| {
            let reply = &call["reply"];
            let end = reply.get("code").unwrap_or(&reply["outcome"]);
            (text(&call["agent"]), text(&call["tool"]), text(end))
        })
        .collect()
}

#[test]
fn with_yes_everything_holds_and_the_story_is_told() {
    let run = run_demo(&["--yes"]);
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stderr, "");
    for line in [
        "support-bot calls issue_refund(order_id: order_123, amount_minor: 4500)",
        "refused  scope.not_granted",
        "approved, so the shop's database has the refund: 120.00 EUR",
        "support-bot > mail-writer calls send_email(to: warehouse@shop.example",
        "nothing was sent to collector@evil.example",
        "refused  freeze.in_force",
        "all 17 calls are in the trail",
        "17 calls: 8 ran (1 approved by preset-yes), 9 refused.",
    ] {
        assert!(
            run.stdout.contains(line),
            "expected `{line}` in\n{}",
            run.stdout
        );
    }
}

#[test]
fn a_pipe_gets_no_colours() {
    let run = run_demo(&["--yes"]);
    assert!(!run.stdout.contains('\u{1b}'));
}

#[test]
fn with_yes_the_large_refund_is_in_the_database() {
    let run = run_demo(&["--yes"]);
    assert_eq!(run.refunded_minor("order_122"), [12_000]);
    assert_eq!(run.refunded_minor("order_123"), [4_500]);
}

#[test]
fn with_no_the_large_refund_does_not_happen() {
    let run = run_demo(&["--no"]);
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("refused  approval.denied"),
        "{}",
        run.stdout
    );
    assert!(run.refunded_minor("order_122").is_empty());
    assert_eq!(run.refunded_minor("order_123"), [4_500]);
}

#[test]
fn without_a_terminal_and_a_flag_the_call_is_refused_and_the_flags_are_named() {
    let run = run_demo(&[]);
    assert_eq!(run.exit, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("Use --yes or --no"), "{}", run.stdout);
    assert!(
        run.stdout.contains("refused  fault.approver_unavailable"),
        "{}",
        run.stdout
    );
    assert!(run.refunded_minor("order_122").is_empty());
}

#[test]
fn no_agent_deleted_anything() {
    let run = run_demo(&["--yes"]);
    let expected = RowCounts {
        customers: 4,
        orders: 6,
        refunds: 2,
        notes: 0,
    };
    assert_eq!(run.shop().counts().unwrap(), expected);
}

#[test]
fn the_messages_are_real_ones_and_go_only_where_they_may() {
    let run = run_demo(&["--yes"]);
    let mut recipients = run
        .messages()
        .iter()
        .map(|file| recipient(file))
        .collect::<Vec<_>>();
    recipients.sort();
    assert_eq!(
        recipients,
        ["mara@customer.example", "warehouse@shop.example"]
    );
}

#[track_caller]
fn recipient(file: &Path) -> String {
    let message = fs::read(file).unwrap();
    let message = mailparse::parse_mail(&message).unwrap();
    assert!(message.headers.get_first_value("Message-ID").is_some());
    assert!(message.headers.get_first_value("Cc").is_none());
    message.headers.get_first_value("To").unwrap()
}

#[test]
fn every_line_of_the_audit_log_is_a_record() {
    let run = run_demo(&["--yes"]);
    let log = fs::read_to_string(run.folder.join("audit.jsonl")).unwrap();
    let records = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let sequence = records
        .map(|record| record["sequence"].as_u64().unwrap())
        .collect::<Vec<_>>();
    assert!(sequence.len() > 17);
    assert_eq!(sequence, (0..).take(sequence.len()).collect::<Vec<_>>());
}

#[test]
fn the_document_has_the_end_of_every_call() {
    let run = run_demo(&["--json", "--yes"]);
    assert_eq!(run.exit, Some(0), "{}", run.stderr);
    let ends = ends_of_calls(&run.json());
    let ends = ends
        .iter()
        .map(|(agent, tool, end)| (agent.as_str(), tool.as_str(), end.as_str()))
        .collect::<Vec<_>>();
    let expected = [
        ("support-bot", "get_order", "returned"),
        ("support-bot", "issue_refund", "returned"),
        ("support-bot", "send_email", "returned"),
        ("support-bot", "delete_customer", "scope.not_granted"),
        ("analytics-bot", "sales_report", "returned"),
        ("analytics-bot", "issue_refund", "scope.not_granted"),
        ("support-bot", "issue_refund", "returned"),
        ("mail-writer", "send_email", "returned"),
        ("mail-writer", "send_email", "constraint.not_equal"),
        ("mail-writer", "issue_refund", "scope.not_granted"),
        ("support-bot", "get_order", "returned"),
        ("support-bot", "issue_refund", "constraint.not_one_of"),
        ("support-bot", "send_email", "constraint.not_one_of"),
        ("support-bot", "send_email", "constraint.not_equal"),
        ("support-bot", "wipe_database", "scope.not_granted"),
        ("ops-bot", "wipe_database", "freeze.in_force"),
        ("ops-bot", "sales_report", "returned"),
    ];
    assert_eq!(ends, expected);
}

#[test]
fn the_document_says_who_approved_and_through_which_chain() {
    let document = run_demo(&["--json", "--yes"]).json();
    let rows = document["trail"].as_array().unwrap();
    let approved = rows.iter().filter(|row| row["approved_by"] == "preset-yes");
    assert_eq!(approved.count(), 1);
    assert_eq!(
        rows[7]["chain"],
        serde_json::json!(["support-bot", "mail-writer"])
    );
    assert_eq!(document["summary"]["not_held"], 0);
    assert_eq!(document["version"], 1);
}

#[test]
fn the_document_is_all_that_is_printed() {
    let run = run_demo(&["--json"]);
    assert!(run.json().is_object());
    assert_eq!(run.stderr, "");
}

#[test]
fn an_unknown_flag_is_refused() {
    check_refused_command_line(&["demo", "--loud"], "--loud");
}

#[test]
fn both_answers_at_once_are_refused() {
    check_refused_command_line(&["demo", "--yes", "--no"], "--no");
}

#[test]
fn no_command_explains_itself() {
    check_refused_command_line(&[], "demo");
}

#[test]
fn a_folder_that_is_not_empty_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let path = folder.path().to_str().unwrap();
    check_refused_command_line(&["demo", "--yes", "--dir", path], "is not empty");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    check_refused_command_line(&["demo", "--yes", "--dir", path], "is a file");
}

#[test]
fn help_names_the_exit_codes() {
    let output = command().args(["demo", "--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Exit codes:"));
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = command()
        .args(["demo", "--yes", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&stderr), "");
}
