//! `agentsudo prove`, and `agentsudo verify` with a proof.

use std::time::Duration;

use agentsudo::{Effect, Scope, ToolDefinition, ToolDefinitionParts};
use serde_json::{Value, json};

use crate::desk::{Desk, NOW, Run};

const TOOLS: &str = r#"[
    {"name": "issue_refund", "scope": "write:refunds", "effect": "destructive",
     "sinks": ["order_id", "amount_minor"], "secrets": ["note"],
     "description": "Pays money back.", "timeout_ms": 30000,
     "input_schema": {"type": "object", "properties": {
         "order_id": {"type": "string"}, "amount_minor": {"type": "integer"}, "note": {"type": "string"}}}},
    {"name": "find_order", "scope": "read:orders", "effect": "read", "sinks": []}
]"#;
const REFUND: &str = r#"{"order_id": "order_1", "amount_minor": 50}"#;
const SHOP: &[&str] = &["--audience", "shop"];

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("tools.json", TOOLS);
    desk
}

fn minted(desk: &Desk, options: &[&str]) -> String {
    desk.mint(&[&["--allow", "write:*"], SHOP, options].concat())
}

fn call(arguments: &str) -> [&str; 6] {
    [
        "--tools",
        "tools.json",
        "--tool",
        "issue_refund",
        "--arguments",
        arguments,
    ]
}

fn try_prove(desk: &Desk, token: &str, options: &[&str]) -> Run {
    let now = NOW.to_string();
    let fixed = ["prove", token, "--key", "bot.pem", "--at", &now];
    desk.run(&[&fixed[..], &call(REFUND), options].concat())
}

fn proved(desk: &Desk, token: &str) -> String {
    let run = try_prove(desk, token, &[]);
    run.check(0, "asudoproof1_");
    run.stdout.trim_end().to_owned()
}

fn verify(desk: &Desk, token: &str, proof: &str, options: &[&str]) -> Run {
    let shown = ["--proof", proof];
    let options = [SHOP, &call(REFUND), &shown, options].concat();
    desk.ask("verify", token, NOW, &options)
}

#[test]
fn a_proof_counts_for_its_call_and_is_not_spent_by_asking() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let proof = proved(&desk, &token);
    for _ in 0..2 {
        verify(&desk, &token, &proof, &[])
            .check(0, "proof counts: for this call, now\n")
            .check(0, "allowed: issue_refund (write:refunds)\n");
    }
}

#[test]
fn two_proofs_of_one_call_differ() {
    let desk = desk();
    let token = minted(&desk, &[]);
    assert_ne!(proved(&desk, &token), proved(&desk, &token));
}

#[track_caller]
fn check_other_call(options: &[&str], code: &str) {
    let desk = desk();
    let token = minted(&desk, &[]);
    let proof = proved(&desk, &token);
    let fixed = ["--tools", "tools.json", "--proof", &proof];
    desk.ask("verify", &token, NOW, &[SHOP, &fixed, options].concat())
        .check(4, &format!("({code})"));
}

#[test]
fn a_proof_counts_for_no_other_arguments_and_no_other_tool() {
    let more = r#"{"order_id": "order_1", "amount_minor": 51}"#;
    check_other_call(
        &["--tool", "issue_refund", "--arguments", more],
        "proof.signature_invalid",
    );
    let stated = TOOLS.replace("\"sinks\": []}", "\"sinks\": [], \"digest\": \"{}\"}");
    let desk = desk();
    let stated = stated.replace("{}", &"0".repeat(64));
    desk.write("tools.json", &stated);
    let token = minted(&desk, &[]);
    let proof = proved(&desk, &token);
    let other = [
        "--tool",
        "find_order",
        "--arguments",
        "{}",
        "--proof",
        &proof,
    ];
    desk.ask(
        "verify",
        &token,
        NOW,
        &[SHOP, &["--tools", "tools.json"], &other].concat(),
    )
    .check(4, "(proof.signature_invalid)");
}

#[test]
fn a_proof_counts_for_no_other_definition_token_or_verifier() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let proof = proved(&desk, &token);
    let other = minted(&desk, &[]);
    verify(&desk, &other, &proof, &[]).check(4, "(proof.signature_invalid)");
    let wide = minted(&desk, &["--audience", "bank"]);
    let run = try_prove(&desk, &wide, &["--audience", "bank"]);
    verify(&desk, &wide, run.stdout.trim_end(), &[]).check(4, "(proof.signature_invalid)");
    desk.write("tools.json", &TOOLS.replace("Pays", "Sends"));
    verify(&desk, &token, &proof, &[]).check(4, "(proof.signature_invalid)");
}

#[test]
fn a_proof_counts_for_a_minute_either_way() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let proof = proved(&desk, &token);
    let shown = ["--proof", &proof];
    let options = [SHOP, &call(REFUND), &shown].concat();
    desk.ask("verify", &token, NOW + 60, &options)
        .check(0, "proof counts");
    for at in [NOW + 61, NOW - 61] {
        desk.ask("verify", &token, at, &options).check(4, "(");
    }
    desk.ask("verify", &token, NOW + 61, &options)
        .check(4, "(proof.out_of_time)");
}

#[test]
fn text_that_is_no_proof_is_refused() {
    let desk = desk();
    let token = minted(&desk, &[]);
    for text in ["", "hello", "asudoproof1_", &token] {
        verify(&desk, &token, text, &[]).check(4, "(proof.malformed)");
    }
    verify(&desk, &token, "@gone.txt", &[]).check_failed(3, "proof file `gone.txt`");
}

#[test]
fn a_proof_comes_from_a_file_and_arguments_from_a_file_or_a_pipe() {
    let desk = desk();
    let token = minted(&desk, &[]);
    desk.write("refund.json", REFUND);
    desk.write("proof.txt", &format!("{}\n", proved(&desk, &token)));
    let fixed = [
        "verify",
        &token,
        "--issuer",
        "issuer.pub.pem",
        "--at",
        "1800000000",
        "--proof",
        "@proof.txt",
    ];
    for arguments in ["@refund.json", "-"] {
        desk.run_on(REFUND, &[&fixed[..], SHOP, &call(arguments)].concat())
            .check(0, "proof counts");
    }
    let twice = ["verify", "-", "--issuer", "issuer.pub.pem"];
    desk.run_on(REFUND, &[&twice[..], &call("-")].concat())
        .check_failed(2, "give the token as text or as `@FILE`");
}

#[test]
fn without_a_proof_only_a_bearer_may_call() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let options = [SHOP, &call(REFUND)].concat();
    desk.ask("verify", &token, NOW, &options)
        .check(4, "(proof.required)");
    let bearer = minted(&desk, &["--bearer"]);
    desk.ask("verify", &bearer, NOW, &options)
        .check(0, "no proof needed: a bearer token\nallowed: ");
}

#[test]
fn a_proof_counts_though_its_call_is_refused() {
    let desk = desk();
    let token = minted(&desk, &["--constrain", "amount_minor <= 49"]);
    let proof = proved(&desk, &token);
    let run = verify(&desk, &token, &proof, &["--json"]);
    let expected = json!({
        "tool": "issue_refund",
        "scope": "write:refunds",
        "proved": true,
        "allowed": false,
        "code": "constraint.above_maximum",
        "message": "argument `amount_minor` is refused, expected at most 49 by block 0",
    });
    assert_eq!((run.exit, &run.json()["call"]), (4, &expected));
    assert_eq!(run.json()["valid"], true);
}

#[test]
fn strict_verification_wants_every_sink_pinned() {
    let desk = desk();
    let token = minted(&desk, &["--constrain", "amount_minor <= 50"]);
    let proof = proved(&desk, &token);
    verify(&desk, &token, &proof, &[]).check(0, "allowed");
    verify(&desk, &token, &proof, &["--strict"])
        .check(4, "`order_id`")
        .check(4, "(constraint.sink_unconstrained)");
}

#[test]
fn what_was_revoked_is_refused() {
    let desk = Desk::new();
    let token = desk.mint(&["--allow", "read:orders", "--delegable", "1"]);
    let token = desk.delegate(&token, &[]);
    let document = desk.run(&["inspect", &token, "--json"]).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let blocks = &document["blocks"];
    let revoked = [
        format!("block:{}", text(&blocks[0]["id"])),
        format!("block:{}", text(&blocks[1]["id"])),
        format!("holder:{}", text(&blocks[0]["holder_key"])),
        "agent:researcher".to_owned(),
        format!("issuer:{}", text(&blocks[0]["issuer_id"])),
    ];
    for what in &revoked {
        desk.ask("verify", &token, NOW, &["--revoked", what])
            .check(4, "was revoked (token.revoked)");
    }
    let others = [
        "--revoked",
        "agent:other",
        "--revoked",
        "issuer:0000000000000000",
    ];
    desk.ask("verify", &token, NOW, &others).check(0, "valid");
    desk.ask("verify", &token, NOW, &["--revoked", "token:1"])
        .check_failed(2, "expected `block:` or `holder:`");
}

#[test]
fn a_call_is_named_as_a_whole() {
    let desk = desk();
    let token = minted(&desk, &[]);
    for options in [
        &["--proof", "x"] as &[&str],
        &["--strict"],
        &[
            "--proof",
            "x",
            "--tool",
            "a",
            "--tools",
            "tools.json",
            "--arguments",
            "{}",
        ],
        &["--tool", "issue_refund"],
        &["--tools", "tools.json"],
    ] {
        desk.ask("verify", &token, NOW, options)
            .check_failed(2, "required arguments");
    }
}

#[track_caller]
fn check_not_proved(token: &[&str], options: &[&str], exit: i32, said: &str) {
    let desk = desk();
    let token = minted(&desk, token);
    try_prove(&desk, &token, options).check_failed(exit, said);
}

#[test]
fn no_proof_is_made_that_could_never_count() {
    check_not_proved(&[], &["--audience", "bank"], 4, "(token.audience_mismatch)");
    check_not_proved(
        &["--delegate-only", "--delegable", "1"],
        &[],
        4,
        "(token.delegate_only)",
    );
    let desk = desk();
    let token = minted(&desk, &[]);
    let late = (NOW + 3_600).to_string();
    let key = ["--key", "bot.pem", "--at", &late];
    desk.run(&[&["prove", token.as_str()] as &[&str], &key, &call(REFUND)].concat())
        .check_failed(4, "(token.expired)");
    let key = ["--key", "issuer.pem", "--audience", "shop"];
    desk.run(&[&["prove", token.as_str()] as &[&str], &key, &call(REFUND)].concat())
        .check_failed(4, "(token.holder_mismatch)");
}

#[test]
fn the_verifier_is_named_where_the_token_does_not() {
    let desk = desk();
    let token = desk.mint(&["--allow", "write:*"]);
    try_prove(&desk, &token, &[]).check_failed(2, "expected its name with --audience");
    try_prove(&desk, &token, SHOP).check(0, "asudoproof1_");
}

#[test]
fn a_call_that_cannot_be_one_is_answered_with_what_is_expected() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let prove = |tool: &str, arguments: &str| {
        let fixed = ["prove", &token, "--key", "bot.pem", "--tools", "tools.json"];
        desk.run(&[&fixed[..], &["--tool", tool, "--arguments", arguments]].concat())
    };
    prove("drop_table", "{}").check_failed(2, "expected one of `find_order`, `issue_refund`");
    prove("drop_table", "{}").check_failed(2, "(tool.unknown)");
    prove("issue_refund", "[]").check_failed(2, "(arguments.not_an_object)");
    prove("issue_refund", "{\"id\": 1}").check_failed(2, "(arguments.unknown_field)");
    prove("issue_refund", "@gone.json").check_failed(3, "arguments `gone.json`");
    prove("find_order", "{}").check_failed(2, "expected its digest, or description");
}

#[test]
fn a_digest_that_is_not_the_definition_s_is_refused() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let stated = |digest: &str| {
        let stated = format!("\"timeout_ms\": 30000, \"digest\": \"{digest}\"");
        desk.write(
            "tools.json",
            &TOOLS.replace("\"timeout_ms\": 30000", &stated),
        );
        try_prove(&desk, &token, &["--json"])
    };
    stated(&"0".repeat(64)).check_failed(2, "its definition has the digest");
    stated("x").check_failed(2, "(digest.");
    let made = try_prove(&desk, &token, &["--json"]);
    made.check_failed(2, "(digest.");
    desk.write("tools.json", TOOLS);
    let digest = try_prove(&desk, &token, &["--json"]).json();
    let digest = digest["definition_digest"].as_str().unwrap().to_owned();
    stated(&digest).check(0, "asudoproof1_");
}

#[test]
fn the_definition_that_a_program_prints_has_the_digest_that_a_proof_is_about() {
    let definition = ToolDefinition::new(ToolDefinitionParts {
        name: "issue_refund".to_owned(),
        description: "Pays money back.".to_owned(),
        input_schema: json!({"type": "object", "properties": {
            "order_id": {"type": "string"}, "amount_minor": {"type": "integer"},
            "lines": {"type": "array", "items": {"type": "object", "properties": {}}},
        }}),
        output_schema: Some(json!({"type": "string"})),
        scope: Scope::parse("write:refunds").unwrap(),
        effect: Effect::Write,
        sinks: vec!["order_id".to_owned()],
        secrets: Vec::new(),
        timeout: Duration::from_secs(5),
    });
    let definition = definition.unwrap();
    let desk = desk();
    let token = minted(&desk, &[]);
    for digest in [json!(definition.digest().to_string()), Value::Null] {
        let mut printed = definition.to_json();
        printed["digest"] = digest;
        desk.write("tools.json", &json!([printed]).to_string());
        let made = try_prove(&desk, &token, &["--json"]).json();
        assert_eq!(made["definition_digest"], definition.digest().to_string());
    }
}

#[test]
fn a_proof_in_json_says_what_it_is_about() {
    let desk = desk();
    let token = minted(&desk, &[]);
    let document = try_prove(&desk, &token, &["--json"]).json();
    assert_eq!(document["audience"], "shop");
    assert_eq!(document["tool"], "issue_refund");
    assert_eq!(
        (&document["made_at"], &document["ends_at"]),
        (&json!(NOW), &json!(NOW + 61))
    );
    let proof = document["proof"].as_str().unwrap();
    verify(&desk, &token, proof, &[]).check(0, "proof counts");
}
