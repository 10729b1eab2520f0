use std::fs;
use std::sync::Barrier;
use std::thread;

use agentsudo_core::Timestamp;
use mailparse::{MailHeaderMap, ParsedMail};

use agentsudo_core::Effect;
use agentsudo_tools::{Registry, States};
use serde_json::{Value, json};

use super::mail::{Mail, MailKey};
use super::*;
use crate::tests::Agent;

/// 2026-01-02T03:04:05Z.
const NOW_S: u64 = 1_767_323_045;

struct Fixture {
    outbox: Outbox,
    folder: tempfile::TempDir,
}

fn outbox() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let from = EmailAddress::parse("support@shop.example").unwrap();
    let outbox = Outbox::open(&folder.path().join("outbox"), from).unwrap();
    Fixture { outbox, folder }
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn mail(subject: &str, body: &str) -> Mail {
    mail_with_copies(&[], subject, body)
}

fn mail_with_copies(cc: &[&str], subject: &str, body: &str) -> Mail {
    Mail {
        to: address("mara@customer.example"),
        cc: Copies::new(cc.iter().map(|text| address(text)).collect()).unwrap(),
        subject: Subject::parse(subject).unwrap(),
        body: Body::parse(body).unwrap(),
    }
}

fn send(outbox: &Outbox, mail: &Mail, key: &str, now_s: u64) -> Result<MailReceipt, OutboxError> {
    outbox.send_blocking(mail, &MailKey::parse(key)?, Timestamp::from_unix_s(now_s))
}

fn only_file(outbox: &Outbox) -> Vec<u8> {
    let files = outbox.messages().unwrap();
    assert_eq!(files.len(), 1);
    fs::read(&files[0]).unwrap()
}

/// Sends one message and reads the file back with a parser that is not the writer's.
#[track_caller]
fn check(mail: &Mail, expected: impl Fn(&ParsedMail<'_>)) {
    let fixture = outbox();
    send(&fixture.outbox, mail, "call1", NOW_S).unwrap();
    let file = only_file(&fixture.outbox);
    expected(&mailparse::parse_mail(&file).unwrap());
}

#[test]
fn a_message_has_the_headers_it_was_given_and_no_others() {
    check(&mail("Your refund", "It is on its way."), |read| {
        let headers: Vec<_> = read
            .headers
            .iter()
            .map(|header| (header.get_key(), header.get_value()))
            .collect();
        let expected = [
            ("Message-ID", "<call1@shop.example>"),
            ("Date", "Fri, 02 Jan 2026 03:04:05 +0000"),
            ("From", "support@shop.example"),
            ("To", "mara@customer.example"),
            ("Subject", "Your refund"),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "7bit"),
        ];
        assert_eq!(
            headers,
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
        assert_eq!(read.get_body().unwrap(), "It is on its way.");
    });
}

#[test]
fn letters_outside_ascii_survive() {
    check(
        &mail("Rückgabe der Übertöpfe ✓", "Grüße\nund Dank"),
        |read| {
            let subject = read.headers.get_first_value("Subject").unwrap();
            assert_eq!(subject, "Rückgabe der Übertöpfe ✓");
            assert_eq!(
                read.get_body().unwrap().replace("\r\n", "\n"),
                "Grüße\nund Dank"
            );
        },
    );
}

#[test]
fn every_copy_is_in_the_header() {
    let cc = ["one@shop.example", "two@shop.example"];
    check(&mail_with_copies(&cc, "Hello", "Hi"), |read| {
        let found = read.headers.get_first_value("Cc").unwrap();
        assert_eq!(found, "one@shop.example, two@shop.example");
    });
}

#[test]
fn a_body_that_looks_like_headers_stays_a_body() {
    let body = "Bcc: collector@evil.example\r\n\r\nSubject: other";
    check(&mail("Hello", body), |read| {
        assert_eq!(read.headers.get_first_value("Bcc"), None);
        assert_eq!(read.headers.get_all_values("Subject"), ["Hello"]);
        assert_eq!(read.get_body().unwrap(), body);
    });
}

#[test]
fn a_subject_that_looks_like_an_encoded_word_is_shown_as_it_is() {
    let subject = "=?utf-8?q?=0D=0ABcc:_collector@evil.example?=";
    check(&mail(subject, "Hi"), |read| {
        assert_eq!(read.headers.get_first_value("Bcc"), None);
        assert_eq!(read.headers.get_all_values("Subject").len(), 1);
    });
}

#[test]
fn the_longest_message_can_be_sent_twice() {
    let fixture = outbox();
    let longest = mail(
        &"ü".repeat(SUBJECT_MAX_CHARS),
        &"ü".repeat(BODY_MAX_BYTES / 2),
    );
    let first = send(&fixture.outbox, &longest, "call1", NOW_S).unwrap();
    assert_eq!(
        send(&fixture.outbox, &longest, "call1", NOW_S + 1).unwrap(),
        first
    );
}

#[test]
fn a_repeated_key_writes_once_and_returns_the_same_receipt() {
    let fixture = outbox();
    let message = mail("Hello", "Hi");
    let first = send(&fixture.outbox, &message, "call1", NOW_S).unwrap();
    let file = only_file(&fixture.outbox);
    assert_eq!(
        send(&fixture.outbox, &message, "call1", NOW_S + 60).unwrap(),
        first
    );
    assert_eq!(only_file(&fixture.outbox), file);
}

#[track_caller]
fn check_conflict(second: &Mail) {
    let fixture = outbox();
    send(
        &fixture.outbox,
        &mail("Hello", "Date: today"),
        "call1",
        NOW_S,
    )
    .unwrap();
    let file = only_file(&fixture.outbox);
    let error = send(&fixture.outbox, second, "call1", NOW_S).unwrap_err();
    assert_eq!(error.code(), "outbox.idempotency_conflict");
    assert_eq!(only_file(&fixture.outbox), file);
}

#[test]
fn a_repeated_key_with_another_body_is_refused() {
    check_conflict(&mail("Hello", "Bye"));
}

#[test]
fn a_repeated_key_with_another_date_in_the_body_is_refused() {
    check_conflict(&mail("Hello", "Date: tomorrow"));
}

#[test]
fn a_repeated_key_with_another_copy_is_refused() {
    check_conflict(&mail_with_copies(
        &["two@shop.example"],
        "Hello",
        "Date: today",
    ));
}

#[test]
fn racing_calls_with_one_key_write_once() {
    let fixture = outbox();
    let (message, start) = (mail("Hello", "Hi"), Barrier::new(4));
    thread::scope(|scope| {
        for racer in 0..4 {
            let (fixture, message, start) = (&fixture, &message, &start);
            scope.spawn(move || {
                start.wait();
                send(&fixture.outbox, message, "call1", NOW_S + racer).unwrap();
            });
        }
    });
    only_file(&fixture.outbox);
    assert_eq!(
        fs::read_dir(fixture.folder.path().join("outbox"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn two_keys_are_two_messages() {
    let fixture = outbox();
    send(&fixture.outbox, &mail("Hello", "Hi"), "call1", NOW_S).unwrap();
    send(&fixture.outbox, &mail("Hello", "Hi"), "call2", NOW_S).unwrap();
    assert_eq!(fixture.outbox.messages().unwrap().len(), 2);
}

#[test]
fn a_folder_that_is_gone_is_a_fault_that_may_pass() {
    let fixture = outbox();
    fs::remove_dir(fixture.folder.path().join("outbox")).unwrap();
    let error = send(&fixture.outbox, &mail("Hello", "Hi"), "call1", NOW_S).unwrap_err();
    assert_eq!(error.code(), "outbox.unavailable");
}

#[test]
fn the_last_time_there_is_can_be_stated() {
    let fixture = outbox();
    send(&fixture.outbox, &mail("Hello", "Hi"), "call1", u64::MAX).unwrap();
    let file = only_file(&fixture.outbox);
    let read = mailparse::parse_mail(&file).unwrap();
    let date = read.headers.get_first_value("Date").unwrap();
    assert_eq!(date, "Fri, 31 Dec 9999 23:59:59 +0000");
}

#[track_caller]
fn check_address(text: &str, fits: bool) {
    let found = EmailAddress::parse(text).map_err(|error| error.code());
    let expected = if fits {
        Ok(address(text))
    } else {
        Err("outbox.address_malformed")
    };
    assert_eq!(found, expected, "{text:?}");
    assert!(!fits || text.parse::<lettre::Address>().is_ok(), "{text:?}");
}

#[test]
fn plain_addresses_are_addresses() {
    check_address("mara@customer.example", true);
    check_address("mara.m+shop_1-2@mail.customer.example", true);
    check_address("x@xn--bcher-kva.example", true);
}

#[test]
fn an_address_has_no_second_reading() {
    check_address("Mara <mara@customer.example>", false);
    check_address("mara@customer.example, eve@evil.example", false);
    check_address("mara@customer.example eve@evil.example", false);
    check_address("mara@customer.example@evil.example", false);
    check_address("\"mara@customer.example\"@evil.example", false);
    check_address("mara(to)@customer.example", false);
    check_address("mara@[127.0.0.1]", false);
    check_address("m\u{430}ra@customer.example", false);
    check_address("mara@cust\u{43e}mer.example", false);
    check_address("mara@customer.example\u{200b}", false);
}

#[test]
fn an_address_cannot_carry_a_header() {
    check_address("mara@customer.example\r\nBcc: eve@evil.example", false);
    check_address("mara\n@customer.example", false);
    check_address("mara@customer.example\0", false);
}

#[test]
fn half_an_address_is_none() {
    check_address("", false);
    check_address("mara", false);
    check_address("@customer.example", false);
    check_address("mara@", false);
    check_address("mara@localhost", false);
    check_address(".mara@customer.example", false);
    check_address("ma..ra@customer.example", false);
    check_address("mara@-customer.example", false);
    check_address("mara@customer..example", false);
    check_address("mara@customer.example.", false);
}

#[test]
fn an_address_is_bounded() {
    check_address(&format!("{}@customer.example", "m".repeat(64)), true);
    check_address(&format!("{}@customer.example", "m".repeat(65)), false);
    check_address(&format!("m@{}.example", "c".repeat(63)), true);
    check_address(&format!("m@{}.example", "c".repeat(64)), false);
    let domain = format!("{0}.{0}.{0}", "c".repeat(63));
    check_address(&format!("{}@{domain}", "m".repeat(62)), true);
    check_address(&format!("{}@{domain}", "m".repeat(63)), false);
}

#[track_caller]
fn check_subject(text: &str, expected: Result<(), &str>) {
    let found = Subject::parse(text).map(drop).map_err(|error| error.code());
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn a_subject_with_a_line_end_is_refused() {
    check_subject(
        "Hello\r\nBcc: eve@evil.example",
        Err("outbox.subject_control"),
    );
    check_subject(
        "Hello\nBcc: eve@evil.example",
        Err("outbox.subject_control"),
    );
    check_subject(
        "Hello\rBcc: eve@evil.example",
        Err("outbox.subject_control"),
    );
    check_subject("Hello\u{2028}there", Err("outbox.subject_control"));
    check_subject("Hello\u{85}there", Err("outbox.subject_control"));
}

#[test]
fn a_subject_cannot_steer_how_it_is_shown() {
    check_subject("\u{1b}[2JHello", Err("outbox.subject_control"));
    check_subject("Hello \u{202e}olleH", Err("outbox.subject_control"));
}

#[test]
fn a_subject_is_bounded() {
    check_subject("", Err("outbox.subject_length"));
    check_subject(&"ü".repeat(SUBJECT_MAX_CHARS), Ok(()));
    check_subject(
        &"ü".repeat(SUBJECT_MAX_CHARS + 1),
        Err("outbox.subject_length"),
    );
}

#[test]
fn a_body_is_bounded_text() {
    let code = |text: &str| Body::parse(text).map(drop).map_err(|error| error.code());
    assert_eq!(code(""), Ok(()));
    assert_eq!(code(&"b".repeat(BODY_MAX_BYTES)), Ok(()));
    assert_eq!(
        code(&"b".repeat(BODY_MAX_BYTES + 1)),
        Err("outbox.body_length")
    );
    assert_eq!(code("a\0b"), Err("outbox.body_nul"));
}

#[test]
fn copies_are_bounded() {
    let with = |count: usize| Copies::new(vec![address("two@shop.example"); count]).map(drop);
    assert!(with(CC_MAX).is_ok());
    assert_eq!(with(CC_MAX + 1).unwrap_err().code(), "outbox.cc_count");
}

#[test]
fn a_key_cannot_leave_the_folder() {
    for key in [
        "",
        "../call1",
        "a/b",
        "a\\b",
        "call1\n",
        ".hidden",
        &"k".repeat(101),
    ] {
        let error = MailKey::parse(key).unwrap_err();
        assert_eq!(error.code(), "outbox.key_malformed", "{key:?}");
    }
    assert!(MailKey::parse(&"k".repeat(100)).is_ok());
}

fn registry() -> Registry {
    let mut registry = Registry::new();
    register(&mut registry).unwrap();
    registry
}

#[test]
fn the_tool_states_what_it_asks_for() {
    let registry = registry();
    let requirement = registry
        .get("send_email")
        .unwrap()
        .definition()
        .requirement();
    assert_eq!(requirement.scope().as_str(), "write:email");
    assert_eq!(requirement.effect(), Effect::Destructive);
    assert_eq!(requirement.sinks(), ["to", "cc"]);
}

async fn call(outbox: &Outbox, arguments: Value) -> Result<Value, String> {
    let mut states = States::new();
    states.insert(outbox.clone());
    Agent::with_grant("write:email", registry(), states)
        .call(1, "send_email", arguments)
        .await
}

#[tokio::test]
async fn an_authorized_call_writes_one_message() {
    let fixture = outbox();
    let asked = json!({ "to": "mara@customer.example", "subject": "Hello", "body": "Hi" });
    let receipt = call(&fixture.outbox, asked.clone()).await.unwrap();
    let expected = json!({
        "message_id": "<as-01010101010101010101010101010101@shop.example>",
        "to": "mara@customer.example",
        "cc": [],
    });
    assert_eq!(receipt, expected);
    assert_eq!(call(&fixture.outbox, asked).await, Ok(receipt));
    assert!(only_file(&fixture.outbox).starts_with(b"Message-ID: <as-0101"));
}

#[track_caller]
fn check_refused(field: &str, value: Value) {
    let fixture = outbox();
    let mut asked = json!({ "to": "mara@customer.example", "subject": "Hello", "body": "Hi" });
    asked[field] = value;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let refused = runtime.block_on(call(&fixture.outbox, asked));
    assert_eq!(refused, Err("arguments.invalid".to_owned()));
    assert!(fixture.outbox.messages().unwrap().is_empty());
}

#[test]
fn what_would_become_a_header_is_refused_before_a_decision() {
    check_refused("subject", json!("Hello\r\nBcc: eve@evil.example"));
    check_refused(
        "to",
        json!("mara@customer.example\r\nBcc: eve@evil.example"),
    );
    check_refused("cc", json!(["two@shop.example\nBcc: eve@evil.example"]));
}

#[test]
fn a_second_recipient_is_refused_before_a_decision() {
    check_refused("to", json!("mara@customer.example, eve@evil.example"));
    check_refused("to", json!(["mara@customer.example", "eve@evil.example"]));
    check_refused("cc", json!(vec!["two@shop.example"; CC_MAX + 1]));
}
