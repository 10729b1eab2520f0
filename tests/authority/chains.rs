//! A chain of agents: whose authority it is, which block refuses, and what it costs in bytes.

use agentsudo_core::{
    Conditions, Constraint, Delegation, Digest, Freeze, FreezeList, Mint, Refusal, Scope,
    Timestamp, ToolName, at_most,
};

use super::actors::{
    NOW_S, arguments, bot, capability, chain_of_three, clerk, code, decide, grant_for, holder,
    issuer, mint, now, pattern, refund, requirement, researcher, root, root_fields, tool,
};
use super::forge::{Cbor, Fields, Forgery, Key, field};

/// A chain in which each agent keeps the scopes that its parent names.
fn granting(grants: [&[&str]; 3]) -> Forgery {
    let [of_bot, of_researcher, of_clerk] = grants.map(Cbor::texts);
    Forgery::root(&root_fields().with(field::GRANTS, of_bot), &issuer())
        .then(
            &Fields::delegation("researcher", &researcher()).with(field::GRANTS, of_researcher),
            &bot(),
        )
        .then(
            &Fields::delegation("clerk", &clerk()).with(field::GRANTS, of_clerk),
            &researcher(),
        )
}

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[test]
fn the_principals_stay_in_their_order() {
    let made = chain_of_three();
    let capability = capability(&made.bytes(), &clerk());
    assert_eq!(
        capability.chain().to_string(),
        "support-bot > researcher > clerk"
    );
    let keys = [bot(), researcher(), clerk()];
    for (at, (link, key)) in capability.chain().iter().zip(&keys).enumerate() {
        let mut until_here = made.clone();
        until_here.parts.truncate(at + 1);
        assert_eq!(link.holder, key.public());
        assert_eq!(link.block.as_bytes(), &until_here.last_id().unwrap());
    }
    let leaf = capability.chain().leaf().unwrap();
    assert_eq!(leaf.agent.as_str(), "clerk");
    assert_eq!(capability.id(), leaf.block);
}

#[test]
fn the_authority_of_a_chain_is_what_all_its_blocks_allow() {
    let made = granting([
        &["write:refunds", "write:orders", "read:**"],
        &["write:**", "read:orders"],
        &["**"],
    ]);
    let capability = capability(&made.bytes(), &clerk());
    let decided = |scope: &str| code(&decide(&capability, "any", scope, "{}"));
    for allowed in ["write:refunds", "write:orders", "read:orders"] {
        assert_eq!(decided(allowed), "ok", "{allowed}");
    }
    for refused in ["write:payouts", "read:customers", "delete:orders"] {
        assert_eq!(decided(refused), "scope.not_granted", "{refused}");
    }
}

#[track_caller]
fn check_block(made: &Forgery, needs: &str, expected: usize) {
    let capability = capability(&made.bytes(), &clerk());
    let refused = decide(&capability, "any", needs, "{}").unwrap_err();
    let scope = scope(needs);
    assert_eq!(
        refused,
        Refusal::ScopeNotGranted {
            scope,
            block: expected
        }
    );
}

#[test]
fn a_refusal_names_the_first_block_that_does_not_grant() {
    check_block(&granting([&["a:b"], &["**"], &["**"]]), "write:refunds", 0);
    check_block(&granting([&["**"], &["a:b"], &["**"]]), "write:refunds", 1);
    check_block(&granting([&["**"], &["**"], &["a:b"]]), "write:refunds", 2);
    check_block(&granting([&["**"], &["a:b"], &["a:b"]]), "write:refunds", 1);
}

fn refusing(fields: &Fields, name: &str) -> Refusal {
    let made = Forgery::root(
        &root_fields().with(field::GRANTS, Cbor::texts(&["**"])),
        &issuer(),
    );
    let capability = capability(&made.then(fields, &bot()).bytes(), &researcher());
    decide(&capability, name, "write:refunds", "{}").unwrap_err()
}

#[test]
fn a_scope_granted_to_other_tools_is_told_apart_from_one_not_granted() {
    let to_researcher = || Fields::delegation("researcher", &researcher());
    let granted = |grants: Vec<Cbor>| to_researcher().with(field::GRANTS, Cbor::List(grants));
    let for_tool = Cbor::texts(&["write:refunds", "issue_refund"]);
    let expected = Refusal::ToolNotGranted {
        tool: tool("pay_out"),
        scope: scope("write:refunds"),
        block: 1,
    };
    assert_eq!(refusing(&granted(vec![for_tool]), "pay_out"), expected);
    let other_scope = Cbor::texts(&["read:orders", "pay_out"]);
    let expected = Refusal::ScopeNotGranted {
        scope: scope("write:refunds"),
        block: 1,
    };
    assert_eq!(refusing(&granted(vec![other_scope]), "pay_out"), expected);
}

#[test]
fn a_grant_limited_to_tools_covers_those_and_no_others() {
    let token = mint()
        .grant_for(grant_for("write:*", &["issue_refund", "pay_out"]))
        .grant_for(grant_for("read:orders", &["list_orders"]))
        .sign(&issuer().secret())
        .unwrap();
    let capability = capability(token.as_bytes(), &bot());
    let decided = |tool: &str, scope: &str| code(&decide(&capability, tool, scope, "{}"));
    assert_eq!(decided("issue_refund", "write:refunds"), "ok");
    assert_eq!(decided("pay_out", "write:refunds"), "ok");
    assert_eq!(decided("list_orders", "read:orders"), "ok");
    assert_eq!(
        decided("list_orders", "write:refunds"),
        "scope.not_granted_to_tool"
    );
    assert_eq!(
        decided("issue_refund", "read:orders"),
        "scope.not_granted_to_tool"
    );
    assert_eq!(
        decided("issue_refund_", "write:refunds"),
        "scope.not_granted_to_tool"
    );
    assert_eq!(
        decided("issue_refund", "read:customers"),
        "scope.not_granted"
    );
}

#[test]
fn a_grant_to_any_tool_stays_one() {
    let grant = agentsudo_core::Grant::any_tool(pattern("write:refunds"));
    let narrowed = grant
        .clone()
        .and_tool(ToolName::parse("issue_refund").unwrap());
    assert_eq!(narrowed, grant);
}

/// A call that breaks everything, under conditions that do too.
#[test]
fn refusals_come_in_the_order_time_freeze_grants_constraints() {
    let fields = root_fields()
        .with(field::GRANTS, Cbor::texts(&["a:b"]))
        .with(
            field::CONSTRAINTS,
            Cbor::List(vec![super::forge::at_most("x", 1)]),
        );
    let ungranted = capability(&Forgery::root(&fields, &issuer()).bytes(), &bot());
    let fields = fields.with(field::GRANTS, Cbor::texts(&["**"]));
    let granted = capability(&Forgery::root(&fields, &issuer()).bytes(), &bot());
    let mut frozen = FreezeList::none();
    let until = Timestamp::from_unix_s(NOW_S + 5_000);
    frozen
        .add(Freeze::new(pattern("**"), "code freeze", until), now())
        .unwrap();
    let none = FreezeList::none();
    let late = Timestamp::from_unix_s(NOW_S + 900);
    for (capability, now, freezes, json, expected) in [
        (&ungranted, late, &frozen, "{}", "token.expired"),
        (&ungranted, now(), &frozen, "{}", "freeze.in_force"),
        (&ungranted, now(), &none, "{}", "scope.not_granted"),
        (&granted, now(), &none, "{}", "constraint.missing_argument"),
        (&granted, now(), &none, r#"{"x":1}"#, "ok"),
    ] {
        let conditions = Conditions { now, freezes };
        let refunds = requirement("issue_refund", "write:refunds");
        let decision = capability.decide(&refunds, &arguments(json), &conditions);
        assert_eq!(code(&decision), expected);
    }
}

#[test]
fn grants_of_every_block_come_before_constraints_of_any() {
    let made = Forgery::root(
        &root_fields().with(
            field::CONSTRAINTS,
            Cbor::List(vec![super::forge::at_most("x", 1)]),
        ),
        &issuer(),
    )
    .then(
        &Fields::delegation("researcher", &researcher()).with(field::GRANTS, Cbor::texts(&["a:b"])),
        &bot(),
    );
    let capability = capability(&made.bytes(), &researcher());
    assert_eq!(code(&refund(&capability, "{}")), "scope.not_granted");
}

#[test]
fn the_first_constraint_that_is_broken_is_named_with_its_block() {
    let rules = |max| Cbor::List(vec![super::forge::at_most("x", max)]);
    let made = Forgery::root(
        &root_fields().with(field::CONSTRAINTS, rules(10)),
        &issuer(),
    )
    .then(
        &Fields::delegation("researcher", &researcher()).with(field::CONSTRAINTS, rules(5)),
        &bot(),
    );
    let capability = capability(&made.bytes(), &researcher());
    let block_of = |json: &str| match refund(&capability, json).unwrap_err() {
        Refusal::Constraint { block, .. } => block,
        other => panic!("expected a constraint, found {other}"),
    };
    assert_eq!(block_of(r#"{"x":11}"#), 0);
    assert_eq!(block_of(r#"{"x":6}"#), 1);
}

#[test]
fn a_frozen_scope_is_refused_whatever_the_token_says() {
    let fields = root_fields().with(field::GRANTS, Cbor::texts(&["**"]));
    let capability = capability(&Forgery::root(&fields, &issuer()).bytes(), &bot());
    let until = Timestamp::from_unix_s(NOW_S + 60);
    let mut freezes = FreezeList::none();
    freezes
        .add(
            Freeze::new(pattern("write:**"), "code freeze", until),
            now(),
        )
        .unwrap();
    let decided = |scope: &str, unix_s: u64| {
        let conditions = Conditions {
            now: Timestamp::from_unix_s(unix_s),
            freezes: &freezes,
        };
        code(&capability.decide(&requirement("any", scope), &arguments("{}"), &conditions))
    };
    assert_eq!(decided("write:refunds", NOW_S), "freeze.in_force");
    assert_eq!(decided("write:refunds:eu", NOW_S + 59), "freeze.in_force");
    assert_eq!(decided("write:refunds", NOW_S + 60), "ok");
    assert_eq!(decided("read:orders", NOW_S), "ok");
}

#[test]
fn a_list_of_tools_shows_what_some_call_could_do() {
    let capability = capability(&root().bytes(), &bot());
    let none = FreezeList::none();
    let conditions = Conditions {
        now: now(),
        freezes: &none,
    };
    let may = |scope: &str| capability.may_call(&requirement("any", scope), &conditions);
    assert_eq!(code(&may("write:refunds")), "ok");
    assert_eq!(code(&may("write:orders")), "scope.not_granted");
}

#[test]
fn a_root_token_fits_190_bytes_and_a_delegation_115_more() {
    let root = |mint: Mint| {
        mint.grant(pattern("write:refunds"))
            .constrain(Constraint::new("amount_minor", at_most(5_000)).unwrap())
            .sign(&issuer().secret())
            .unwrap()
    };
    let plain = root(mint()).as_bytes().len();
    assert!(plain <= 190, "a root token has {plain} bytes");
    let mut token = root(mint().delegable(3));
    assert!(token.as_bytes().len() <= plain + 2);
    let keys = [bot(), researcher(), clerk(), Key::of(5)];
    for pair in keys.windows(2) {
        let before = token.as_bytes().len();
        let next = Delegation::to(holder("researcher", &pair[1]));
        token = next.sign(&token, &pair[0].secret()).unwrap();
        let more = token.as_bytes().len() - before;
        assert!(more <= 115, "a delegation has {more} bytes");
    }
}

#[test]
fn the_digest_of_a_block_is_the_hash_of_what_is_signed() {
    let made = root();
    let signed = super::forge::signed_bytes(super::forge::ROOT, None, &made.parts[0].0);
    let capability = capability(&made.bytes(), &bot());
    assert_eq!(capability.id(), Digest::of(&signed));
}
