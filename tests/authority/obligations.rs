//! Totals and consents: what an allowed call still waits for, and strict verification of sinks.

use std::sync::Arc;

use agentsudo_core::{
    Budget, Call, CallId, Capability, Conditions, ConsentRule, Constraint, Delegation, Effect,
    Erased, FreezeList, Pending, Requirement, Reserved, Rule, Scope, Token, at_least, at_most,
    authorize, authorize_pending, between, equals, every, glob, length_at_most, not, prefix,
};

use super::actors::{
    NONCE, arguments, bot, holder, issuer, mint, now, pattern, researcher, tool, verifier,
};
use super::forge::Key;

fn requirement(effect: Effect) -> Requirement {
    Requirement::dynamic(
        tool("issue_refund"),
        agentsudo_core::Digest::of(b"definition"),
        Scope::literal("write:refunds"),
        effect,
        vec!["amount".to_owned(), "to".to_owned()],
        Vec::new(),
    )
}

fn call(json: &str) -> Call<Erased> {
    let requirement = Arc::new(requirement(Effect::Write));
    Call::dynamic(CallId::from_bytes([1; 16]), requirement, arguments(json))
}

fn capability(token: &Token, holder: &Key) -> Capability {
    let verified = verifier().verify(token, now()).unwrap();
    verified.held_by(&holder.secret(), &NONCE).unwrap()
}

fn budgeted() -> Token {
    let budget = Budget::amount("amount", 10_000).unwrap();
    mint()
        .grant(pattern("write:*"))
        .budget(budget)
        .delegable(1)
        .sign(&issuer().secret())
        .unwrap()
}

fn pending(capability: &Capability, json: &str) -> Pending<Erased> {
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    authorize_pending(capability, call(json), &conditions).unwrap()
}

fn settled(pending: Pending<Erased>, capability: &Capability) -> &'static str {
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    let settled = pending.settle(Some(capability), &conditions);
    settled.map_or_else(|refusal| refusal.code(), |_| "ok")
}

#[test]
fn what_draws_on_a_budget_runs_only_when_just_that_was_reserved() {
    let capability = capability(&budgeted(), &bot());
    let wanted = pending(&capability, r#"{"amount":4500}"#);
    let charges = wanted.obligations().charges().to_vec();
    assert_eq!((charges[0].amount, charges[0].max), (4_500, 10_000));
    assert_eq!(settled(wanted, &capability), "budget.unreserved");

    let wanted = pending(&capability, r#"{"amount":4500}"#);
    let other = pending(&capability, r#"{"amount":1}"#);
    let cheaper = Reserved::of(other.obligations().charges().to_vec());
    assert_eq!(
        wanted.reserved_by(&cheaper).unwrap_err().code(),
        "budget.unreserved"
    );
    // The twin: with its own reservation it runs.
    let wanted = pending(&capability, r#"{"amount":4500}"#);
    let reserved = wanted.reserved_by(&Reserved::of(charges)).unwrap();
    assert_eq!(settled(reserved, &capability), "ok");
}

#[test]
fn whoever_cannot_meet_obligations_is_refused() {
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    let code = |token: &Token| {
        let capability = capability(token, &bot());
        let decided = authorize(&capability, call(r#"{"amount":1}"#), &conditions);
        decided.map_or_else(|refused| refused.into_refusal().code(), |_| "ok")
    };
    assert_eq!(code(&budgeted()), "budget.unreserved");
    let plain = || mint().grant(pattern("write:*"));
    let asking = plain().consent(ConsentRule::always(pattern("write:**")));
    assert_eq!(
        code(&asking.sign(&issuer().secret()).unwrap()),
        "approval.required"
    );
    let reads = plain()
        .consent(ConsentRule::always(pattern("read:**")))
        .budget(Budget::calls(1).on(pattern("read:**")));
    assert_eq!(code(&reads.sign(&issuer().secret()).unwrap()), "ok");
}

#[test]
fn descendants_draw_on_the_budget_of_the_block_that_introduced_it() {
    let parent = budgeted();
    let child = |name: &str| {
        let own = Budget::calls(3).per_s(60);
        Delegation::to(holder(name, &researcher()))
            .budget(own)
            .sign(&parent, &bot().secret())
            .unwrap()
    };
    let charges = |token: &Token, holder: &Key| {
        let pending = pending(&capability(token, holder), r#"{"amount":4500}"#);
        pending.obligations().charges().to_vec()
    };
    let of_parent = charges(&parent, &bot());
    let (first, second) = (
        charges(&child("a"), &researcher()),
        charges(&child("b"), &researcher()),
    );
    assert_eq!(of_parent[0].budget, first[0].budget);
    assert_eq!(first[0].budget, second[0].budget);
    // Their own budgets are two, one for each child.
    assert_ne!(first[1].budget, second[1].budget);
    assert_eq!((first[1].amount, first[1].window_s), (1, Some(60)));
}

/// Whether strict verification lets a write pass whose sinks are `amount` and `to`, given rules on them.
fn strict(effect: Effect, rules: &[(&str, Rule)]) -> &'static str {
    let mint = rules
        .iter()
        .fold(mint().grant(pattern("write:*")), |mint, (path, rule)| {
            mint.constrain(Constraint::new(path, rule.clone()).unwrap())
        });
    let token = mint.sign(&issuer().secret()).unwrap();
    let decide = |verifier: agentsudo_core::Verifier| {
        let verified = verifier.verify(&token, now()).unwrap();
        let conditions = Conditions {
            now: now(),
            freezes: &FreezeList::none(),
        };
        let arguments = arguments(r#"{"amount":5,"to":["a@shop.example"]}"#);
        let decided = verified.decide(&requirement(effect), &arguments, &conditions);
        decided.map_or_else(|refusal| refusal.code(), |_| "ok")
    };
    // The twin: without `strict`, all of these pass.
    assert_eq!(decide(verifier()), "ok");
    decide(verifier().strict())
}

#[test]
fn strict_verification_wants_each_sink_of_a_write_pinned() {
    let to = || ("to[]", prefix("a@"));
    let open = "constraint.sink_unconstrained";
    assert_eq!(strict(Effect::Write, &[]), open);
    assert_eq!(strict(Effect::Write, &[("amount", at_most(5))]), open);
    assert_eq!(strict(Effect::Write, &[("amount", at_most(5)), to()]), "ok");
    assert_eq!(strict(Effect::Destructive, &[to()]), open);
    assert_eq!(strict(Effect::Read, &[]), "ok");
}

#[test]
fn a_rule_that_leaves_a_sink_open_does_not_pin_it() {
    let with = |rule: Rule| strict(Effect::Write, &[("amount", rule), ("to[]", prefix("a@"))]);
    let open = "constraint.sink_unconstrained";
    assert_eq!(with(at_least(1)), open);
    assert_eq!(with(not(equals(6))), open);
    assert_eq!(with(between(1, 5)), "ok");
    assert_eq!(
        with(agentsudo_core::any_of([at_most(5), at_least(1)])),
        open
    );
    assert_eq!(
        with(agentsudo_core::all_of([at_most(5), at_least(1)])),
        "ok"
    );
    let to = |path: &str, rule: Rule| {
        let amount = ("amount", at_most(5));
        strict(Effect::Write, &[amount, (path, rule)])
    };
    assert_eq!(to("to", length_at_most(3)), open);
    assert_eq!(to("to[]", glob("*")), open);
    assert_eq!(to("to", every(glob("*@shop.example"))), "ok");
}

#[test]
fn a_rule_for_another_scope_pins_nothing() {
    let rule = |scope: &str| {
        let amount = Constraint::new("amount", at_most(5)).unwrap();
        let to = Constraint::new("to[]", prefix("a@")).unwrap();
        let token = mint()
            .grant(pattern("write:*"))
            .constrain(amount.on(pattern(scope)))
            .constrain(to)
            .sign(&issuer().secret())
            .unwrap();
        let verified = verifier().verify(&token, now()).unwrap();
        verified
            .unpinned_sinks(&requirement(Effect::Write))
            .join(" ")
    };
    assert_eq!(rule("write:refunds"), "");
    assert_eq!(rule("write:orders"), "amount");
}
