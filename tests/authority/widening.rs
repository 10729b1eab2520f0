//! A child that asks for more than its parent has, signed by hand; and the rule that it gets nothing by it.

use agentsudo_core::{Arguments, Conditions, FreezeList, Timestamp, Token, Verifier};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use serde_json::{Value as Json, json};

use super::actors::{
    NONCE, NOW_S, bot, capability, check, clerk, code, decide, issuer, refund, requirement,
    researcher, root_fields, verifier,
};
use super::forge::{Cbor, Fields, Forgery, at_most, constraint, field};
use super::model::{self, Block, Call, Limit, Rule};

/// A parent that may refund up to 5,000, and a child block signed by it.
fn child_with(key: u64, value: Cbor) -> Forgery {
    let limits = Cbor::List(vec![at_most("amount", 5_000)]);
    let parent = root_fields()
        .with(field::CONSTRAINTS, limits)
        .with(field::AUDIENCES, Cbor::texts(&["shop", "bank"]))
        .with(field::DEPTH, Cbor::Uint(1));
    let child = Fields::delegation("researcher", &researcher()).with(key, value);
    Forgery::root(&parent, &issuer()).then(&child, &bot())
}

/// The twin: what the child's block would allow if it stood alone, as it does for a verifier that looks at
/// the last block only.
fn read_alone(key: u64, value: Cbor) -> Forgery {
    let alone = Fields::root(&issuer(), "researcher", &researcher()).with(key, value);
    Forgery::root(&alone, &issuer())
}

#[track_caller]
fn check_call(made: &Forgery, tool_and_scope: (&str, &str), json: &str, expected: &str) {
    let capability = capability(&made.bytes(), &researcher());
    let decision = decide(&capability, tool_and_scope.0, tool_and_scope.1, json);
    assert_eq!(code(&decision), expected);
}

const REFUND: (&str, &str) = ("issue_refund", "write:refunds");
const PAYOUT: (&str, &str) = ("pay_out", "write:payouts");

#[test]
fn a_child_that_adds_a_grant_gets_nothing_by_it() {
    for wider in [["write:payouts"], ["write:*"], ["**"]] {
        let grants = || Cbor::texts(&wider);
        check_call(
            &child_with(field::GRANTS, grants()),
            PAYOUT,
            r#"{"amount":1}"#,
            "scope.not_granted",
        );
        check_call(
            &read_alone(field::GRANTS, grants()),
            PAYOUT,
            r#"{"amount":1}"#,
            "ok",
        );
    }
}

#[test]
fn a_child_that_adds_a_tool_gets_nothing_by_it() {
    let limited = root_fields().with(
        field::GRANTS,
        Cbor::List(vec![Cbor::texts(&["write:refunds", "issue_refund"])]),
    );
    let grants = Cbor::List(vec![Cbor::texts(&["write:refunds", "pay_out"])]);
    let child = Fields::delegation("researcher", &researcher()).with(field::GRANTS, grants.clone());
    let made = Forgery::root(&limited, &issuer()).then(&child, &bot());
    let pay_out = ("pay_out", "write:refunds");
    check_call(&made, pay_out, "{}", "scope.not_granted_to_tool");
    check_call(&made, REFUND, "{}", "scope.not_granted_to_tool");
    check_call(&read_alone(field::GRANTS, grants), pay_out, "{}", "ok");
}

#[test]
fn a_child_that_leaves_a_constraint_out_is_still_bound_by_it() {
    let grants = || Cbor::texts(&["write:refunds"]);
    let json = r#"{"amount":5001}"#;
    check_call(
        &child_with(field::GRANTS, grants()),
        REFUND,
        json,
        "constraint.above_maximum",
    );
    check_call(&read_alone(field::GRANTS, grants()), REFUND, json, "ok");
}

#[test]
fn a_child_that_raises_an_amount_is_still_bound_by_the_lower_one() {
    let raised = || Cbor::List(vec![at_most("amount", 1_000_000)]);
    let json = r#"{"amount":5001}"#;
    check_call(
        &child_with(field::CONSTRAINTS, raised()),
        REFUND,
        json,
        "constraint.above_maximum",
    );
    check_call(
        &child_with(field::CONSTRAINTS, raised()),
        REFUND,
        r#"{"amount":5000}"#,
        "ok",
    );
    check_call(
        &read_alone(field::CONSTRAINTS, raised()),
        REFUND,
        json,
        "ok",
    );
}

#[test]
fn a_child_that_limits_its_constraints_to_no_call_is_still_bound() {
    let range = Cbor::List(vec![Cbor::Null, Cbor::Int(5_000)]);
    let on = Cbor::List(vec![
        Cbor::text("amount"),
        Cbor::Uint(2),
        range,
        Cbor::text("no:such"),
    ]);
    let list = || Cbor::List(vec![on.clone()]);
    let json = r#"{"amount":5001}"#;
    check_call(
        &child_with(field::CONSTRAINTS, list()),
        REFUND,
        json,
        "constraint.above_maximum",
    );
    check_call(&read_alone(field::CONSTRAINTS, list()), REFUND, json, "ok");
}

#[test]
fn a_child_that_allows_another_value_than_its_parent_allows_none() {
    let to = |address: &str| Cbor::List(vec![constraint("to", 0, Cbor::text(address))]);
    let parent = root_fields().with(field::CONSTRAINTS, to("a@shop.example"));
    let child = Fields::delegation("researcher", &researcher())
        .with(field::CONSTRAINTS, to("b@evil.example"));
    let made = Forgery::root(&parent, &issuer()).then(&child, &bot());
    for address in ["a@shop.example", "b@evil.example"] {
        let json = json!({ "to": address }).to_string();
        check_call(&made, REFUND, &json, "constraint.not_equal");
    }
}

#[test]
fn a_child_that_lives_longer_ends_with_its_parent() {
    let longer = || Cbor::Uint(86_400);
    let at = Timestamp::from_unix_s(NOW_S + 900);
    let verified = |made: &Forgery| {
        let token = Token::from_bytes(&made.bytes()).unwrap();
        let verified = verifier().verify(&token, at);
        verified.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(
        verified(&child_with(field::EXPIRES_AFTER_S, longer())),
        "token.expired"
    );
    assert_eq!(
        verified(&read_alone(field::EXPIRES_AFTER_S, longer())),
        "ok"
    );
}

#[test]
fn a_child_that_permits_more_delegations_permits_none() {
    let deeper = child_with(field::DEPTH, Cbor::Uint(200));
    let further = deeper.then(&Fields::delegation("clerk", &clerk()), &researcher());
    check(&further.bytes(), "token.depth_exceeded");
    let alone = read_alone(field::DEPTH, Cbor::Uint(200));
    let further = alone.then(&Fields::delegation("clerk", &clerk()), &researcher());
    check(&further.bytes(), "ok");
}

#[test]
fn a_child_that_names_another_audience_is_meant_for_nobody() {
    let elsewhere = || Cbor::texts(&["ledger"]);
    let made = child_with(field::AUDIENCES, elsewhere());
    check(&made.bytes(), "token.audience_mismatch");
    let ledger = Verifier::new(super::actors::audience("ledger")).trust(issuer().public());
    let verified = |made: &Forgery| {
        let token = Token::from_bytes(&made.bytes()).unwrap();
        let verified = ledger.verify(&token, super::actors::now());
        verified.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(verified(&made), "token.audience_mismatch");
    assert_eq!(verified(&read_alone(field::AUDIENCES, elsewhere())), "ok");
}

#[test]
fn a_child_that_speaks_for_the_issuer_is_refused() {
    for (key, value) in root_fields().entries().iter().take(4).cloned() {
        check(&child_with(key, value).bytes(), "token.unknown_field");
    }
}

#[test]
fn a_child_restricts_for_all_its_descendants() {
    let lowered = child_with(field::CONSTRAINTS, Cbor::List(vec![at_most("amount", 10)]));
    let capability = capability(&lowered.bytes(), &researcher());
    assert_eq!(
        code(&refund(&capability, r#"{"amount":11}"#)),
        "constraint.above_maximum"
    );
}

const SCOPES: [&str; 5] = [
    "write:refunds",
    "write:refunds:eu",
    "write:orders",
    "read:orders",
    "read:refunds",
];
const PATTERNS: [&str; 12] = [
    "**",
    "**",
    "write:**",
    "write:*",
    "*:refunds",
    "write:re*",
    "write:refunds",
    "read:orders",
    "read:**",
    "*:*",
    "write:refunds:*",
    "*:refunds:eu",
];
const TOOLS: [&str; 3] = ["issue_refund", "list_orders", "pay_out"];
const PATHS: [&[&str]; 4] = [&["amount"], &["to"], &["customer", "email"], &["flags"]];

fn any_value() -> impl Strategy<Value = Json> {
    prop_oneof![
        4 => (-2_i64..12).prop_map(Json::from),
        3 => prop::sample::select(vec!["a", "ab", "b", ""]).prop_map(Json::from),
        1 => Just(json!(true)),
        1 => Just(json!(null)),
        1 => Just(json!(["a"])),
        1 => Just(json!([1, "b"])),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        1 => any_value().prop_map(Rule::Equals),
        2 => prop::collection::vec(any_value(), 1..6).prop_map(Rule::OneOf),
        4 => (-2_i64..6, 0_i64..9).prop_map(|(min, more)| Rule::Range(Some(min), Some(min + more))),
        2 => (2_i64..12).prop_map(|max| Rule::Range(None, Some(max))),
        1 => (-2_i64..4).prop_map(|min| Rule::Range(Some(min), None)),
        2 => prop::sample::select(vec!["a", "ab", "b"]).prop_map(|text| Rule::Prefix(text.to_owned())),
    ]
}

fn any_limit() -> impl Strategy<Value = Limit> {
    let on = prop::option::of(prop::sample::select(PATTERNS.to_vec()));
    (prop::sample::select(PATHS.to_vec()), any_rule(), on).prop_map(|(path, rule, on)| Limit {
        path,
        rule,
        on,
    })
}

fn any_block() -> impl Strategy<Value = Block> {
    let tools = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::sample::subsequence(TOOLS.to_vec(), 1..=3),
    ];
    let grants = prop::collection::vec((prop::sample::select(PATTERNS.to_vec()), tools), 0..4);
    let limits = prop_oneof![
        3 => Just(Vec::new()),
        2 => prop::collection::vec(any_limit(), 1..3),
    ];
    let audiences = prop::sample::select(vec![
        vec![],
        vec![],
        vec![],
        vec![],
        vec!["shop"],
        vec!["shop", "bank"],
        vec!["bank"],
    ]);
    let expires = prop_oneof![
        3 => Just(None),
        3 => (500_u64..2_000).prop_map(Some),
        1 => prop::sample::select(vec![0, 1, 100, 86_400, 86_401, u64::MAX]).prop_map(Some),
    ];
    let waits = prop_oneof![
        8 => Just(None),
        1 => prop::sample::select(vec![0, 1, 50, 600]).prop_map(Some),
    ];
    let depth = prop_oneof![6 => Just(None), 1 => (0_u8..4).prop_map(Some)];
    (grants, limits, audiences, expires, waits, depth).prop_map(
        |(grants, limits, audiences, expires_after_s, valid_after_s, depth)| Block {
            grants,
            limits,
            audiences,
            expires_after_s,
            valid_after_s,
            depth,
        },
    )
}

/// One to four blocks; the first has what a root has to have.
fn any_chain() -> impl Strategy<Value = Vec<Block>> {
    let root_depth = prop_oneof![8 => Just(Some(3)), 1 => Just(Some(1)), 1 => Just(None)];
    (prop::collection::vec(any_block(), 1..5), root_depth).prop_map(|(mut chain, depth)| {
        let root = &mut chain[0];
        root.depth = depth;
        root.expires_after_s = root.expires_after_s.or(Some(900));
        if root.grants.is_empty() {
            root.grants.push(("**", Vec::new()));
        }
        chain
    })
}

fn any_call() -> impl Strategy<Value = Call> {
    let argument = || prop::option::weighted(0.9, any_value());
    let at = prop_oneof![
        8 => 0_u64..500,
        2 => prop::sample::select(vec![0, 1, 49, 50, 99, 100, 600, 899, 900, 1_999]),
    ];
    let names = (
        prop::sample::select(TOOLS.to_vec()),
        prop::sample::select(SCOPES.to_vec()),
    );
    let early = prop_oneof![15 => Just(60_u64), 1 => Just(0_u64), 1 => Just(59_u64)];
    (
        names,
        argument(),
        argument(),
        argument(),
        argument(),
        at,
        early,
    )
        .prop_map(|((tool, scope), amount, to, email, flags, at, early)| {
            let mut arguments = serde_json::Map::new();
            let customer = email.map(|email| json!({ "email": email }));
            for (name, value) in [
                ("amount", amount),
                ("to", to),
                ("customer", customer),
                ("flags", flags),
            ] {
                if let Some(value) = value {
                    arguments.insert(name.to_owned(), value);
                }
            }
            Call {
                tool,
                scope,
                arguments: Json::Object(arguments),
                at_s: NOW_S - 61 + early + u64::from(early == 60) + at,
            }
        })
}

/// The real engine, from the bytes of the token to the decision.
fn really_allows(chain: &[Block], call: &Call) -> bool {
    let now = Timestamp::from_unix_s(call.at_s);
    let token = Token::from_bytes(&model::signed(chain).bytes()).unwrap();
    let holder = model::holder_of(chain.len() - 1);
    let Ok(verified) = verifier().verify(&token, now) else {
        return false;
    };
    let capability = verified.held_by(&holder.secret(), &NONCE).unwrap();
    let arguments = Arguments::from_json(&call.arguments).unwrap();
    let conditions = Conditions {
        now,
        freezes: &FreezeList::none(),
    };
    capability
        .decide(&requirement(call.tool, call.scope), &arguments, &conditions)
        .is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_chain_allows_what_every_block_allows(chain in any_chain(), call in any_call()) {
        prop_assert_eq!(really_allows(&chain, &call), model::allows(&chain, &call));
    }

    #[test]
    fn what_a_child_may_every_ancestor_may(chain in any_chain(), call in any_call()) {
        if really_allows(&chain, &call) {
            for len in 1..chain.len() {
                prop_assert!(really_allows(&chain[..len], &call), "ancestor {}", len - 1);
            }
        }
    }
}

/// The two properties above would hold of an engine that refuses everything.
#[test]
fn random_chains_are_allowed_often_enough_to_mean_something() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut allowed, mut long_and_allowed, mut leaf_only) = (0, 0, 0);
    for _ in 0..2_000 {
        let chain = any_chain().new_tree(&mut runner).unwrap().current();
        let call = any_call().new_tree(&mut runner).unwrap().current();
        let all = model::allows(&chain, &call);
        allowed += u32::from(all);
        long_and_allowed += u32::from(all && chain.len() > 2);
        // The twin: an engine that asks the last block only.
        let leaf = Block {
            expires_after_s: Some(86_400),
            ..chain[chain.len() - 1].clone()
        };
        leaf_only += u32::from(!all && model::allows(&[leaf], &call));
    }
    assert!(allowed > 200, "{allowed}");
    assert!(long_and_allowed > 20, "{long_and_allowed}");
    assert!(leaf_only > 200, "{leaf_only}");
}
