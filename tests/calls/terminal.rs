//! The approver at a terminal: what is shown, and which answers approve.

use std::io::{self, Cursor, Write};
use std::sync::{Arc, Mutex};

use agentsudo::{Approval, ApprovalRule, Clock, State, TerminalApprover, ToolError, tool};
use serde_json::{Value, json};

use super::approver::ada_approves;
use super::stage::{Ledger, Stage, ada, ended};

/// Sends money.
#[tool(scope = "write:money", effect = "destructive")]
async fn send_money(
    comment: String,
    #[sink] to_account: String,
    #[sink] amount_minor: u64,
    State(ledger): State<Ledger>,
) -> Result<(), ToolError> {
    ledger.enter(&format!("{to_account} {comment}"), amount_minor);
    Ok(())
}

/// Has more to say than a screen holds.
#[expect(clippy::too_many_arguments, reason = "there have to be many")]
#[tool(scope = "write:money", effect = "destructive")]
async fn fill_the_screen(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
    #[sink] z_account: String,
) -> Result<(), ToolError> {
    drop((z_account, a, b, c, d, e, f, g, h, i, j, k, l, m));
    Ok(())
}

/// What a person sees.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Calls as often as there are comments, with everything that is typed; returns the ends and the screen.
async fn ask(typed: impl Into<Vec<u8>>, comments: &[&str]) -> (Vec<&'static str>, String) {
    let (stage, screen) = (Stage::new(), Screen::default());
    let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
    let reader = Cursor::new(typed.into());
    let approver = TerminalApprover::with_io(Arc::new(ada()), clock, reader, screen.clone());
    let approval = Approval::ask(approver, ada_approves())
        .require(ApprovalRule::always("write:money").unwrap());
    let builder = stage.builder().tool(send_money).approval(approval);
    let session = stage.session(&builder.build().unwrap(), "**").await;
    let mut ends = Vec::new();
    for comment in comments {
        ends.push(ended(&session.call("send_money", &payment(comment)).await));
    }
    let ran = ends.iter().filter(|end| **end == "returned").count();
    assert_eq!(stage.ledger.len(), ran);
    let shown = screen.0.lock().unwrap().clone();
    (ends, String::from_utf8(shown).unwrap())
}

fn payment(comment: &str) -> Value {
    json!({ "comment": comment, "to_account": "DE02-EVE", "amount_minor": 4_200 })
}

#[tokio::test]
async fn many_arguments_do_not_push_the_sinks_off_the_screen() {
    let (stage, screen) = (Stage::new(), Screen::default());
    let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
    let reader = Cursor::new("no\n");
    let approver = TerminalApprover::with_io(Arc::new(ada()), clock, reader, screen.clone());
    let approval = Approval::ask(approver, ada_approves())
        .require(ApprovalRule::always("write:money").unwrap());
    let runtime = stage
        .builder()
        .tool(fill_the_screen)
        .approval(approval)
        .build()
        .unwrap();
    let session = stage.session(&runtime, "**").await;
    let arguments = json!({ "z_account": "DE02-EVE", "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1, "j": 1, "k": 1, "l": 1, "m": 1 });
    assert_eq!(
        ended(&session.call("fill_the_screen", &arguments).await),
        "approval.denied"
    );
    let shown = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    assert!(shown.contains("  z_account: DE02-EVE\n  a: 1\n"), "{shown}");
    assert!(
        shown.contains("  and 2 more, none of which decides where or how much\n"),
        "{shown}"
    );
}

async fn check(typed: impl Into<Vec<u8>>, expected: &[&str]) {
    let comments = vec!["rent"; expected.len()];
    assert_eq!(ask(typed, &comments).await.0, expected);
}

#[tokio::test]
async fn yes_approves() {
    check("yes\n", &["returned"]).await;
    check("  yes\r\n", &["returned"]).await;
}

#[tokio::test]
async fn everything_else_denies() {
    for typed in [
        "no\n",
        "y\n",
        "\n",
        "YES\n",
        "YES please\n",
        "yes please\n",
        "yes, no\n",
        "true\n",
        "1\n",
        "да\n",
        "yesyes\n",
        "\u{200b}yes\n",
    ] {
        check(typed, &["approval.denied"]).await;
    }
}

#[tokio::test]
async fn the_end_of_the_input_denies() {
    check("", &["approval.denied", "approval.denied"]).await;
}

#[tokio::test]
async fn one_answer_is_for_one_call() {
    check("yes\nno\n", &["returned", "approval.denied"]).await;
    check("no\nyes\n", &["approval.denied", "returned"]).await;
}

#[tokio::test]
async fn bytes_that_are_no_text_approve_nothing() {
    check(b"\xff\xfeyes\n".to_vec(), &["fault.approver_unavailable"]).await;
}

#[tokio::test]
async fn the_tail_of_a_long_line_is_not_the_answer_to_the_next_request() {
    let line = format!("{}yes\n", "x".repeat(256));
    check(line.clone(), &["approval.denied", "approval.denied"]).await;
    // The twin: the line after it is.
    check(line + "yes\n", &["approval.denied", "returned"]).await;
}

#[tokio::test]
async fn sinks_are_shown_first_in_the_order_of_the_tool() {
    let (_, shown) = ask("no\n", &["rent"]).await;
    let place = |what: &str| {
        shown
            .find(what)
            .unwrap_or_else(|| panic!("{what}: {shown}"))
    };
    assert!(place("support-bot asks to run send_money (write:money)") < place("to_account"));
    assert!(place("to_account: DE02-EVE") < place("amount_minor: 4200"));
    assert!(place("amount_minor: 4200") < place("comment: rent"));
}

#[tokio::test]
async fn hostile_text_is_escaped() {
    let hostile = "ok\u{1b}[2J\u{202e}\r\n  amount_minor: 1";
    let (_, shown) = ask("no\n", &[hostile]).await;
    for hidden in ['\u{1b}', '\u{202e}', '\r'] {
        assert!(!shown.contains(hidden), "{shown:?}");
    }
    assert!(
        shown.contains(r"comment: ok\u{1b}[2J\u{202e}\r\n  amount_minor: 1"),
        "{shown}"
    );
    let amounts = shown
        .lines()
        .filter(|line| line.trim().starts_with("amount_minor"));
    assert_eq!(amounts.count(), 1, "{shown}");
}

#[tokio::test]
async fn a_huge_argument_is_cut_and_its_length_is_shown() {
    let (_, shown) = ask("no\n", &[&"x".repeat(60_000)]).await;
    assert!(shown.len() < 2_000, "{}", shown.len());
    assert!(shown.contains("…(+59700 chars)"), "{shown}");
    assert!(shown.contains("to_account: DE02-EVE"), "{shown}");
}
