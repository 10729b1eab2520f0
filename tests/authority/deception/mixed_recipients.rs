//! One recipient who is allowed and one who is not, in one call.

use agentsudo_core::{
    Capability, Conditions, Constraint, Digest, Effect, FreezeList, Requirement, Scope, Token,
    absent, any_of, email_domain, every, one_of, subset_of,
};

use super::super::actors::{
    arguments, bot, capability, code, issuer, mint, now, pattern, refund, tool, verifier,
};
use super::{Json, allow, json, refuse};

const OURS: &str = "ada@shop.example";
const FOREIGN: &str = "eve@evil.example";

fn texts(list: &Json) -> Vec<&str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Json::as_str).collect()
}

fn is_ours(address: &&str) -> bool {
    address.ends_with("@shop.example")
}

#[test]
fn a_list_with_one_foreign_recipient_is_refused_as_a_whole() {
    let lists = [
        json!([OURS, FOREIGN]),
        json!([FOREIGN, OURS]),
        json!([OURS, FOREIGN, OURS]),
        json!([OURS, OURS, OURS, OURS, OURS, OURS, OURS, FOREIGN]),
    ];
    for list in lists {
        let texts = texts(&list);
        assert!(
            texts.iter().any(is_ours),
            "the twin asks whether any is ours"
        );
        refuse(every(email_domain("shop.example")), list.clone());
        refuse(every(one_of([OURS])), list.clone());
        refuse(subset_of([OURS]), list);
    }
    allow(
        every(email_domain("shop.example")),
        json!([OURS, "bob@shop.example"]),
    );
}

#[test]
fn a_list_in_another_shape_is_refused() {
    for list in [
        json!([OURS, [FOREIGN]]),
        json!([OURS, { "address": FOREIGN }]),
        json!([OURS, null]),
        json!([OURS, 1]),
        json!({ "0": OURS, "1": FOREIGN }),
        json!([]),
    ] {
        // The twin looks at the texts and leaves alone what is none.
        assert!(texts(&list).iter().all(is_ours), "the twin takes it");
        refuse(every(email_domain("shop.example")), list.clone());
        refuse(subset_of([OURS]), list);
    }
}

#[test]
fn two_recipients_in_one_text_are_refused() {
    for text in [
        "eve@evil.example,ada@shop.example",
        "eve@evil.example, ada@shop.example",
        "eve@evil.example;ada@shop.example",
        "eve@evil.example ada@shop.example",
        "eve@evil.example\r\nCc: ada@shop.example",
        "eve@evil.example\nBcc:ada@shop.example",
        "Eve <eve@evil.example>, ada@shop.example",
        "\"eve@evil.example\" ada@shop.example",
        "eve@evil.example>,<ada@shop.example",
        "eve%evil.example@shop.example",
        "@evil.example:ada@shop.example",
        "eve@evil.example\0ada@shop.example",
    ] {
        assert!(is_ours(&text), "the twin takes it");
        refuse(email_domain("shop.example"), text);
        refuse(every(email_domain("shop.example")), json!([text]));
        refuse(every(email_domain("shop.example")), json!([OURS, text]));
    }
}

fn with(constraints: Vec<Constraint>) -> Capability {
    capability(token_with(constraints).as_bytes(), &bot())
}

fn token_with(constraints: Vec<Constraint>) -> Token {
    let mint = mint().grant(pattern("write:refunds"));
    let mint = constraints
        .into_iter()
        .fold(mint, agentsudo_core::Mint::constrain);
    mint.sign(&issuer().secret()).unwrap()
}

fn ours(path: &str) -> Constraint {
    let listed = every(email_domain("shop.example"));
    let rule = if path == "to" {
        listed
    } else {
        any_of([absent(), listed])
    };
    Constraint::new(path, rule).unwrap()
}

/// A mail by its fields, on to the shop's own address in any case.
fn mails_with_a_foreign_copy() -> [Json; 6] {
    [
        json!({ "to": [OURS], "cc": [FOREIGN] }),
        json!({ "to": [OURS], "bcc": [FOREIGN] }),
        json!({ "to": [OURS], "cc": [OURS], "bcc": [FOREIGN] }),
        json!({ "to": [OURS], "cc": [OURS, FOREIGN], "bcc": [] }),
        json!({ "to": [OURS], "bcc": FOREIGN }),
        json!({ "to": [OURS], "bcc": [OURS, FOREIGN] }),
    ]
}

#[test]
fn a_foreign_copy_is_refused_where_each_field_is_constrained() {
    let each = with(vec![ours("to"), ours("cc"), ours("bcc")]);
    let only_to = with(vec![ours("to")]);
    for mail in mails_with_a_foreign_copy() {
        let mail = mail.to_string();
        assert_ne!(code(&refund(&each, &mail)), "ok", "{mail}");
        // The twin: a token whose author thought of `to` alone.
        assert_eq!(code(&refund(&only_to, &mail)), "ok", "{mail}");
    }
    for mail in [
        json!({ "to": [OURS] }),
        json!({ "to": [OURS], "cc": null, "bcc": [OURS] }),
    ] {
        assert_eq!(code(&refund(&each, &mail.to_string())), "ok", "{mail}");
    }
}

/// A verifier that is strict asks for a rule on every recipient that the tool has, so that nobody has to
/// think of `bcc`.
#[test]
fn a_token_that_forgets_a_field_of_copies_sends_nothing_where_that_is_asked_for() {
    let sends = Requirement::dynamic(
        tool("send_mail"),
        Digest::of(b"send_mail"),
        Scope::parse("write:refunds").unwrap(),
        Effect::Write,
        ["to", "cc", "bcc"].map(str::to_owned).to_vec(),
        Vec::new(),
    );
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    let decided = |strict: bool, constraints: Vec<Constraint>| {
        let verifier = if strict {
            verifier().strict()
        } else {
            verifier()
        };
        let verified = verifier.verify(&token_with(constraints), now()).unwrap();
        let mail = arguments(r#"{"to":["ada@shop.example"],"bcc":["eve@evil.example"]}"#);
        let decision = verified.decide(&sends, &mail, &conditions);
        decision.map_or_else(|refusal| refusal.code(), |_| "ok")
    };
    let sink = "constraint.sink_unconstrained";
    assert_eq!(decided(false, vec![ours("to")]), "ok", "the twin takes it");
    assert_eq!(decided(true, vec![ours("to")]), sink);
    assert_eq!(decided(true, vec![ours("to"), ours("cc")]), sink);
    let each = vec![ours("to"), ours("cc"), ours("bcc")];
    assert_eq!(decided(true, each), "constraint.none_holds");
}

#[test]
fn a_path_over_a_list_asks_about_each_element() {
    let rule = || email_domain("shop.example");
    let to = with(vec![Constraint::new("to[].address", rule()).unwrap()]);
    let mail = |list: Json| json!({ "to": list }).to_string();
    let (ours, foreign) = (json!({ "address": OURS }), json!({ "address": FOREIGN }));
    assert_eq!(code(&refund(&to, &mail(json!([ours])))), "ok");
    for list in [
        json!([ours, foreign]),
        json!([foreign, ours]),
        json!([ours, {}]),
        json!([ours, FOREIGN]),
        json!([[foreign], ours]),
        json!([]),
    ] {
        assert_ne!(code(&refund(&to, &mail(list.clone()))), "ok", "{list}");
    }
}
