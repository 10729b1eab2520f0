//! Delegations that try to allow more than the token that they were made of, each signed as it should be.

use super::case::{
    Call, Case, between, child_with, constrained, constraint_on, list, root_of, root_with,
    to_researcher,
};
use crate::authority::actors::{NOW_S, bot, clerk, issuer, researcher, root, root_fields};
use crate::authority::forge::{Cbor, Fields, Forgery, at_most, constraint, field};

pub(super) fn cases() -> Vec<Case> {
    [
        of_scopes(),
        of_constraints(),
        of_times_and_audiences(),
        of_depth(),
        of_what_only_roots_say(),
        of_budgets_and_approvals(),
        of_holders(),
        of_bearers(),
    ]
    .concat()
}

fn of_scopes() -> Vec<Case> {
    let grants = |root: Forgery, grants: Cbor| child_with(root, field::GRANTS, grants);
    let for_one_tool = || {
        root_with(
            field::GRANTS,
            list([Cbor::texts(&["write:refunds", "issue_refund"])]),
        )
    };
    let other_scope = || Call::of("issue_refund", "write:orders", "{}");
    let other_tool = || Call::of("issue_all_refunds", "write:refunds", "{}");
    let other = "scope.not_granted";
    let to_others = "scope.not_granted_to_tool";
    vec![
        Case::of(
            "grants-everything",
            &grants(root(), Cbor::texts(&["**"])),
            other,
        )
        .called(other_scope()),
        Case::of(
            "grants-another-scope",
            &grants(root(), Cbor::texts(&["write:orders"])),
            other,
        )
        .called(other_scope()),
        Case::of(
            "grants-another-scope-and-loses-the-first",
            &grants(root(), Cbor::texts(&["write:orders"])),
            other,
        )
        .refunding("{}"),
        Case::of(
            "grants-less",
            &grants(root(), Cbor::texts(&["write:refunds"])),
            "ok",
        )
        .refunding("{}"),
        Case::of(
            "grants-the-scope-to-any-tool",
            &grants(for_one_tool(), Cbor::texts(&["write:refunds"])),
            to_others,
        )
        .called(other_tool()),
        Case::of(
            "grants-the-scope-to-another-tool",
            &grants(
                for_one_tool(),
                list([Cbor::texts(&["write:refunds", "issue_all_refunds"])]),
            ),
            to_others,
        )
        .called(other_tool()),
        Case::of(
            "keeps-the-scope-for-one-tool",
            &grants(for_one_tool(), Cbor::texts(&["**"])),
            "ok",
        )
        .refunding("{}"),
    ]
}

fn of_constraints() -> Vec<Case> {
    let limited = || constrained(at_most("amount_minor", 5_000));
    let child = |constraint| child_with(limited(), field::CONSTRAINTS, list([constraint]));
    let above = "constraint.above_maximum";
    let elsewhere = constraint_on(
        "amount_minor",
        2,
        between(None, Some(9_000)),
        "write:refunds",
    );
    let free = limited().then(&to_researcher(), &bot());
    let narrow = child_with(
        limited(),
        field::CONSTRAINTS,
        list([at_most("amount_minor", 100)]),
    );
    vec![
        Case::of(
            "raises-an-amount",
            &child(at_most("amount_minor", 9_000)),
            above,
        )
        .refunding(r#"{"amount_minor":5001}"#),
        Case::of("raises-an-amount-for-a-scope", &child(elsewhere), above)
            .refunding(r#"{"amount_minor":5001}"#),
        Case::of("drops-a-constraint", &free, above).refunding(r#"{"amount_minor":5001}"#),
        Case::of("keeps-a-constraint", &free, "ok").refunding(r#"{"amount_minor":5000}"#),
        Case::of("lowers-an-amount", &narrow, above).refunding(r#"{"amount_minor":101}"#),
        Case::of(
            "excuses-a-missing-argument",
            &child(constraint("amount_minor", 14, Cbor::Null)),
            "constraint.missing_argument",
        )
        .refunding("{}"),
    ]
}

fn of_times_and_audiences() -> Vec<Case> {
    let longer = child_with(root(), field::EXPIRES_AFTER_S, Cbor::Uint(9_000));
    let waits = root_with(field::VALID_AFTER_S, Cbor::Uint(60));
    let earlier = child_with(waits, field::VALID_AFTER_S, Cbor::Uint(0));
    let bank = || root_with(field::AUDIENCES, Cbor::texts(&["bank"]));
    let for_us = child_with(bank(), field::AUDIENCES, Cbor::texts(&["shop"]));
    let for_both = child_with(bank(), field::AUDIENCES, Cbor::texts(&["bank", "shop"]));
    let for_any = bank().then(&to_researcher(), &bot());
    let foreign = "token.audience_mismatch";
    vec![
        Case::of("extends-the-expiry", &longer, "token.expired").at(NOW_S + 900),
        Case::of("starts-earlier", &earlier, "token.not_yet_valid").at(NOW_S + 59),
        Case::of("changes-the-audience", &for_us, foreign),
        Case::of("adds-an-audience", &for_both, foreign),
        Case::of("drops-the-audience", &for_any, foreign),
    ]
}

fn of_depth() -> Vec<Case> {
    let to_clerk = || Fields::delegation("clerk", &clerk());
    let shallow = || root_with(field::DEPTH, Cbor::Uint(1));
    let raised =
        child_with(shallow(), field::DEPTH, Cbor::Uint(255)).then(&to_clerk(), &researcher());
    let silent = shallow()
        .then(&to_researcher(), &bot())
        .then(&to_clerk(), &researcher());
    let sealed = child_with(root(), field::DEPTH, Cbor::Uint(0)).then(&to_clerk(), &researcher());
    let sealed_root = root_with(field::DEPTH, Cbor::Uint(0));
    let unsaid = Forgery::root(&root_fields().without(field::DEPTH), &issuer());
    let deeper = "token.depth_exceeded";
    vec![
        Case::of("raises-the-depth", &raised, deeper),
        Case::of("says-no-depth", &silent, deeper),
        Case::of("follows-a-sealed-delegation", &sealed, deeper),
        Case::of(
            "follows-a-sealed-root",
            &sealed_root.then(&to_researcher(), &bot()),
            deeper,
        ),
        Case::of(
            "follows-a-root-without-depth",
            &unsaid.then(&to_researcher(), &bot()),
            deeper,
        ),
        Case::of(
            "is-as-deep-as-it-may",
            &shallow().then(&to_researcher(), &bot()),
            "ok",
        ),
    ]
}

/// A delegation with a field of a root, in the hope that the last one counts.
fn of_what_only_roots_say() -> Vec<Case> {
    let all = root_fields();
    let of_roots = all
        .entries()
        .iter()
        .filter(|(key, _)| *key <= field::ISSUED_AT);
    let names = ["a-version", "an-issuer", "a-token-id", "a-time-of-issue"];
    let cases = of_roots.zip(names).map(|((key, value), name)| {
        let made = child_with(root(), *key, value.clone());
        Case::of(format!("says-{name}"), &made, "token.unknown_field")
    });
    cases.collect()
}

fn of_budgets_and_approvals() -> Vec<Case> {
    let amount = |max: u64| list([list([Cbor::text("amount_minor"), Cbor::Uint(max)])]);
    let limited = || root_with(field::BUDGETS, amount(5_000));
    let over = "budget.exceeded";
    let raised = child_with(limited(), field::BUDGETS, amount(9_000));
    let dropped = limited().then(&to_researcher(), &bot());
    let elsewhere = list([list([
        Cbor::text("amount_minor"),
        Cbor::Uint(9_000),
        Cbor::Null,
        Cbor::text("write:orders"),
    ])]);
    let moved = child_with(limited(), field::BUDGETS, elsewhere);
    let asked = || root_with(field::APPROVALS, Cbor::texts(&["write:refunds"]));
    let silent = asked().then(&to_researcher(), &bot());
    let excused = list([list([
        Cbor::text("write:refunds"),
        Cbor::text("amount_minor"),
        Cbor::Uint(2),
        between(None, Some(9_000)),
    ])]);
    let excused = child_with(asked(), field::APPROVALS, excused);
    let moved_approval = child_with(asked(), field::APPROVALS, Cbor::texts(&["write:orders"]));
    let ask = "approval.required";
    let much = r#"{"amount_minor":5001}"#;
    vec![
        Case::of("raises-a-budget", &raised, over).refunding(much),
        Case::of("drops-a-budget", &dropped, over).refunding(much),
        Case::of("moves-a-budget-to-another-scope", &moved, over).refunding(much),
        Case::of("drops-an-approval", &silent, ask).refunding(much),
        Case::of("excuses-itself-from-an-approval", &excused, ask).refunding(much),
        Case::of("moves-an-approval-to-another-scope", &moved_approval, ask).refunding(much),
    ]
}

/// A holder that may only delegate, and tries to use the token under another block.
fn of_holders() -> Vec<Case> {
    let broker = || root_with(field::DELEGATE_ONLY, Cbor::Bool(true));
    let again = "token.delegates_to_itself";
    let same_key = broker().then(&Fields::delegation("researcher", &bot()), &bot());
    let same_name = broker().then(&Fields::delegation("support-bot", &researcher()), &bot());
    let on = |to: &Fields| {
        broker()
            .then(&to_researcher(), &bot())
            .then(to, &researcher())
    };
    let later_key = on(&Fields::delegation("clerk", &bot()));
    let later_name = on(&Fields::delegation("support-bot", &clerk()));
    let inner = child_with(root(), field::DELEGATE_ONLY, Cbor::Bool(true));
    let inner_again = inner
        .clone()
        .then(&Fields::delegation("clerk", &researcher()), &researcher());
    let back = inner.then(&Fields::delegation("support-bot", &bot()), &researcher());
    let cleared = child_with(root(), field::DELEGATE_ONLY, Cbor::Bool(false));
    let passed_on = broker().then(&to_researcher(), &bot());
    vec![
        Case::of(
            "uses-what-it-may-only-delegate",
            &broker(),
            "token.delegate_only",
        )
        .refunding("{}"),
        Case::of("shows-what-it-may-only-delegate", &broker(), "ok"),
        Case::of("uses-what-a-broker-delegated", &passed_on, "ok").refunding("{}"),
        Case::of("delegates-to-its-own-key", &same_key, again),
        Case::of("delegates-to-its-own-name", &same_name, again),
        Case::of(
            "delegates-to-its-own-key-through-another",
            &later_key,
            again,
        ),
        Case::of(
            "delegates-to-its-own-name-through-another",
            &later_name,
            again,
        ),
        Case::of(
            "delegates-to-its-own-key-from-the-middle",
            &inner_again,
            again,
        ),
        Case::of("delegates-back-to-a-free-holder", &back, "ok").refunding("{}"),
        Case::of("says-that-it-is-no-broker", &cleared, "token.not_canonical"),
    ]
}

fn of_bearers() -> Vec<Case> {
    let bearer = || {
        root_of([
            (field::AUDIENCES, Cbor::texts(&["shop"])),
            (field::BEARER, Cbor::Bool(true)),
        ])
    };
    let all = child_with(bearer(), field::BEARER, Cbor::Bool(true));
    let not_the_leaf = bearer().then(&to_researcher(), &bot());
    let not_the_root = child_with(root(), field::BEARER, Cbor::Bool(true));
    let needed = "proof.required";
    vec![
        Case::of("shows-a-bearer-token", &bearer(), "ok")
            .refunding("{}")
            .unproved(),
        Case::of("shows-a-bearer-token-passed-on", &all, "ok")
            .refunding("{}")
            .unproved(),
        Case::of("shows-a-token-of-a-holder", &root(), needed)
            .refunding("{}")
            .unproved(),
        Case::of(
            "shows-a-bearer-token-bound-by-its-child",
            &not_the_leaf,
            needed,
        )
        .refunding("{}")
        .unproved(),
        Case::of("says-that-it-is-a-bearer-token", &not_the_root, needed)
            .refunding("{}")
            .unproved(),
    ]
}
