//! Decisions over one call: scopes, sinks, budgets, approvals.

use super::case::{
    Call, Case, between, constrained, constraint_on, list, root_of, root_with, rule, uints,
};
use crate::authority::actors::root;
use crate::authority::forge::{Cbor, Forgery, at_most, constraint, field};

pub(super) fn cases() -> Vec<Case> {
    [
        of_scopes(),
        pinned(),
        pinned_otherwise(),
        not_pinned(),
        budgets_of_calls(),
        budgets_of_amounts(),
        budgets_of_lists(),
        approvals(),
        in_order(),
    ]
    .concat()
}

fn of_scopes() -> Vec<Case> {
    let granted = |scope: &str| root_with(field::GRANTS, Cbor::texts(&[scope]));
    let other = "scope.not_granted";
    let cases = [
        ("the-scope", "write:refunds", "write:refunds", "ok"),
        ("any-scope", "**", "delete:all:things", "ok"),
        ("a-scope-below", "write:**", "write:refunds:eu", "ok"),
        ("a-segment", "write:*", "write:refunds", "ok"),
        ("an-inner-segment", "*:refunds", "write:refunds", "ok"),
        (
            "the-start-of-a-segment",
            "write:ref*",
            "write:refunds",
            "ok",
        ),
        ("another-verb", "read:refunds", "write:refunds", other),
        ("a-longer-scope", "write:refunds", "write:refunds:eu", other),
        (
            "a-shorter-scope",
            "write:refunds:eu",
            "write:refunds",
            other,
        ),
        ("nothing-below", "write:refunds:**", "write:refunds", other),
        ("one-segment-for-two", "write:*", "write:refunds:eu", other),
        (
            "the-start-of-a-segment-for-two",
            "write:ref*",
            "write:refunds:eu",
            other,
        ),
        ("another-start", "write:ref*", "write:rex", other),
    ];
    let cases = cases.map(|(name, pattern, scope, expected)| {
        Case::of(format!("grants-{name}"), &granted(pattern), expected).called(Call::of(
            "issue_refund",
            scope,
            "{}",
        ))
    });
    cases.into()
}

/// A transfer to somebody, under a strict verifier.
fn strict(name: &str, made: &Forgery, json: &str, expected: &str) -> Case {
    let call = Call::refund(json)
        .with_effect("destructive")
        .with_sinks(&["to"]);
    Case::of(name, made, expected).called(call).strict()
}

const TO: &str = r#"{"to":"a"}"#;

fn pinned() -> Vec<Case> {
    let text = Cbor::text;
    let rules = [
        ("equals", 0, text("a")),
        ("one-of", 1, Cbor::texts(&["a", "b"])),
        ("a-prefix", 3, text("a")),
        ("a-glob", 6, text("a*")),
        ("an-expression", 7, text("[ab]")),
        (
            "one-of-all",
            15,
            list([rule(5, between(None, Some(9))), rule(3, text("a"))]),
        ),
        (
            "each-of-any",
            16,
            list([rule(0, text("a")), rule(3, text("b"))]),
        ),
    ];
    let mut cases: Vec<_> = rules
        .map(|(name, kind, argument)| {
            let made = constrained(constraint("to", kind, argument));
            strict(&format!("sink-pinned-by-{name}"), &made, TO, "ok")
        })
        .into();
    let elements = constrained(constraint("to[]", 3, text("a")));
    cases.push(strict(
        "sink-pinned-in-its-elements",
        &elements,
        r#"{"to":["a"]}"#,
        "ok",
    ));
    cases
}

/// By rules that are about other values than plain texts.
fn pinned_otherwise() -> Vec<Case> {
    let text = Cbor::text;
    let others = [
        ("a-maximum", 2, between(None, Some(5)), r#"{"to":5}"#),
        (
            "a-decimal-maximum",
            4,
            between(None, Some(5)),
            r#"{"to":5}"#,
        ),
        ("a-path", 8, text("/srv"), r#"{"to":"/srv/a"}"#),
        (
            "a-url",
            9,
            list([Cbor::texts(&["https"]), Cbor::texts(&["a.example"])]),
            r#"{"to":"https://a.example/"}"#,
        ),
        (
            "a-domain",
            10,
            text("shop.example"),
            r#"{"to":"a@shop.example"}"#,
        ),
        (
            "a-network",
            11,
            Cbor::texts(&["10.0.0.0/8"]),
            r#"{"to":"10.0.0.1"}"#,
        ),
        ("a-subset", 12, Cbor::texts(&["a"]), r#"{"to":["a"]}"#),
        ("every", 13, rule(3, text("a")), r#"{"to":["a"]}"#),
        ("absence", 14, Cbor::Null, "{}"),
    ];
    let mut cases: Vec<_> = others
        .map(|(name, kind, argument, json)| {
            let made = constrained(constraint("to", kind, argument));
            strict(&format!("sink-pinned-by-{name}"), &made, json, "ok")
        })
        .into();
    let to = || Call::refund(TO).with_sinks(&["to"]);
    let free = |name| Case::of(name, &root(), "ok");
    cases.push(free("sink-not-pinned-without-strictness").called(to()));
    cases.push(
        free("sink-not-pinned-of-a-read")
            .called(to().with_effect("read"))
            .strict(),
    );
    cases.push(free("no-sinks").refunding(TO).strict());
    cases
}

fn not_pinned() -> Vec<Case> {
    let text = Cbor::text;
    let free = "constraint.sink_unconstrained";
    let not = rule(17, rule(3, text("b")));
    let length = rule(5, between(None, Some(9)));
    let rules = [
        ("a-length", 5, between(None, Some(9)), TO),
        ("what-it-is-not", 17, rule(3, text("b")), TO),
        ("a-minimum", 2, between(Some(1), None), r#"{"to":5}"#),
        (
            "a-decimal-minimum",
            4,
            between(Some(1), None),
            r#"{"to":5}"#,
        ),
        ("a-glob-of-a-star", 6, text("*"), TO),
        ("none-of-all", 15, list([not.clone(), length.clone()]), TO),
        ("one-of-any", 16, list([rule(3, text("a")), length]), TO),
        ("every-that-is-not", 13, not, r#"{"to":["a"]}"#),
    ];
    let mut cases = vec![strict("sink-not-pinned", &root(), TO, free)];
    cases.extend(rules.map(|(name, kind, argument, json)| {
        let made = constrained(constraint("to", kind, argument));
        strict(&format!("sink-not-pinned-by-{name}"), &made, json, free)
    }));
    let elsewhere = constrained(constraint_on("to", 3, text("a"), "write:orders"));
    let other = constrained(constraint(
        "cc",
        16,
        list([rule(14, Cbor::Null), rule(3, text("a"))]),
    ));
    let both = Call::refund(r#"{"to":"a","amount_minor":5}"#).with_sinks(&["to", "amount_minor"]);
    cases.extend([
        strict("sink-pinned-for-another-scope", &elsewhere, TO, free),
        strict("another-sink-pinned", &other, TO, free),
        Case::of("sink-not-pinned-of-a-write", &root(), free)
            .called(Call::refund(TO).with_sinks(&["to"]))
            .strict(),
        Case::of(
            "one-of-two-sinks-pinned",
            &constrained(constraint("to", 3, text("a"))),
            free,
        )
        .called(both)
        .strict(),
    ]);
    cases
}

fn budget(parts: impl IntoIterator<Item = Cbor>) -> Forgery {
    root_with(field::BUDGETS, list([list(parts)]))
}

fn budgets_of_calls() -> Vec<Case> {
    // {"x":"aaaa"}: a map, a name of one byte, a text of four.
    let bytes = |max: u64| root_with(field::BUDGETS, list([uints([1, max])]));
    let four = r#"{ "x" : "aaaa" }"#;
    vec![
        Case::of(
            "budget-of-one-call",
            &root_with(field::BUDGETS, list([uints([0, 1])])),
            "ok",
        )
        .refunding("{}"),
        Case::of("budget-of-as-many-bytes", &bytes(8), "ok").refunding(four),
        Case::of("budget-of-a-byte-less", &bytes(7), "budget.exceeded").refunding(four),
        Case::of("budget-of-the-bytes-of-nothing", &bytes(1), "ok").refunding("{}"),
    ]
}

fn budgets_of_amounts() -> Vec<Case> {
    let made = || budget([Cbor::text("amount_minor"), Cbor::Uint(5_000)]);
    let on = |scope: &str| {
        budget([
            Cbor::text("amount_minor"),
            Cbor::Uint(5_000),
            Cbor::Null,
            Cbor::text(scope),
        ])
    };
    let unsound = "budget.amount_unsound";
    let amounts = [
        ("at-it", r#"{"amount_minor":5000}"#, "ok"),
        ("of-zero", r#"{"amount_minor":0}"#, "ok"),
        ("in-another-spelling", r#"{"amount_minor":5e3}"#, "ok"),
        ("above-it", r#"{"amount_minor":5001}"#, "budget.exceeded"),
        ("missing", "{}", unsound),
        ("null", r#"{"amount_minor":null}"#, unsound),
        ("below-zero", r#"{"amount_minor":-1}"#, unsound),
        ("with-a-fraction", r#"{"amount_minor":0.5}"#, unsound),
        ("in-a-text", r#"{"amount_minor":"10"}"#, unsound),
        ("that-is-true", r#"{"amount_minor":true}"#, unsound),
        ("in-a-list", r#"{"amount_minor":[10]}"#, unsound),
    ];
    let mut cases: Vec<_> = amounts
        .map(|(name, json, expected)| {
            Case::of(format!("budget-amount-{name}"), &made(), expected).refunding(json)
        })
        .into();
    cases.push(
        Case::of("budget-for-the-scope", &on("write:*"), "budget.exceeded")
            .refunding(r#"{"amount_minor":5001}"#),
    );
    cases.push(
        Case::of("budget-for-another-scope", &on("write:orders"), "ok")
            .refunding(r#"{"amount_minor":5001}"#),
    );
    cases.push(
        Case::of(
            "budget-for-another-scope-and-no-amount",
            &on("write:orders"),
            "ok",
        )
        .refunding("{}"),
    );
    cases
}

fn budgets_of_lists() -> Vec<Case> {
    let path = Cbor::texts(&["items[]", "amount_minor"]);
    let made = budget([path, Cbor::Uint(100)]);
    let most = 9_007_199_254_740_991_u64;
    let large = budget([Cbor::text("x[]"), Cbor::Uint(most)]);
    let many = format!(r#"{{"x":[{}]}}"#, vec![most.to_string(); 2_049].join(","));
    let all = [
        (
            "at-it",
            r#"{"items":[{"amount_minor":60},{"amount_minor":40}]}"#,
            "ok",
        ),
        (
            "above-it",
            r#"{"items":[{"amount_minor":60},{"amount_minor":41}]}"#,
            "budget.exceeded",
        ),
        (
            "with-one-missing",
            r#"{"items":[{"amount_minor":60},{}]}"#,
            "budget.amount_unsound",
        ),
        (
            "with-one-below-zero",
            r#"{"items":[{"amount_minor":160},{"amount_minor":-100}]}"#,
            "budget.amount_unsound",
        ),
        (
            "of-no-list",
            r#"{"items":{"amount_minor":60}}"#,
            "budget.amount_unsound",
        ),
        (
            "of-an-empty-list",
            r#"{"items":[]}"#,
            "budget.amount_unsound",
        ),
        ("of-a-missing-list", "{}", "budget.amount_unsound"),
    ];
    let mut cases: Vec<_> = all
        .map(|(name, json, expected)| {
            Case::of(format!("budget-sum-{name}"), &made, expected).refunding(json)
        })
        .into();
    cases.push(Case::of("budget-sum-beyond-64-bits", &large, "budget.exceeded").refunding(&many));
    cases
}

fn approvals() -> Vec<Case> {
    let always = |scope: &str| root_with(field::APPROVALS, Cbor::texts(&[scope]));
    let unless = |kind, argument| {
        let approval = list([
            Cbor::text("write:*"),
            Cbor::text("amount_minor"),
            Cbor::Uint(kind),
            argument,
        ]);
        root_with(field::APPROVALS, list([approval]))
    };
    let small = || unless(2, between(None, Some(100)));
    let ask = "approval.required";
    let two = root_with(
        field::APPROVALS,
        list([
            list([
                Cbor::text("write:*"),
                Cbor::text("amount_minor"),
                Cbor::Uint(2),
                between(None, Some(100)),
            ]),
            list([
                Cbor::text("write:*"),
                Cbor::text("to"),
                Cbor::Uint(3),
                Cbor::text("a"),
            ]),
        ]),
    );
    vec![
        Case::of("approval-of-the-scope", &always("write:refunds"), ask).refunding("{}"),
        Case::of("approval-of-a-pattern", &always("**"), ask).refunding("{}"),
        Case::of("approval-of-another-scope", &always("write:orders"), "ok").refunding("{}"),
        Case::of("approval-of-a-larger-amount", &small(), ask).refunding(r#"{"amount_minor":101}"#),
        Case::of("no-approval-of-a-small-amount", &small(), "ok")
            .refunding(r#"{"amount_minor":100}"#),
        Case::of("approval-of-a-missing-amount", &small(), ask).refunding("{}"),
        Case::of("approval-of-an-amount-in-a-text", &small(), ask)
            .refunding(r#"{"amount_minor":"100"}"#),
        Case::of(
            "approval-unless-not-decided",
            &unless(17, rule(2, between(Some(101), None))),
            ask,
        )
        .refunding(r#"{"amount_minor":"1"}"#),
        Case::of("approval-of-one-of-two", &two, ask).refunding(r#"{"amount_minor":100,"to":"b"}"#),
        Case::of("no-approval-of-either", &two, "ok").refunding(r#"{"amount_minor":100,"to":"a"}"#),
    ]
}

/// Calls with two flaws: the first in the order of checks is what the log keeps.
fn in_order() -> Vec<Case> {
    let all = || {
        root_of([
            (field::GRANTS, Cbor::texts(&["write:*"])),
            (field::CONSTRAINTS, list([at_most("amount_minor", 5_000)])),
            (
                field::BUDGETS,
                list([list([Cbor::text("amount_minor"), Cbor::Uint(100)])]),
            ),
            (field::APPROVALS, Cbor::texts(&["write:*"])),
        ])
    };
    let broker = root_of([
        (field::GRANTS, Cbor::texts(&["read:*"])),
        (field::DELEGATE_ONLY, Cbor::Bool(true)),
    ]);
    let call = |amount: u32| {
        Call::refund(&format!(r#"{{"amount_minor":{amount},"to":"a"}}"#)).with_sinks(&["to"])
    };
    vec![
        Case::of("holder-before-grants", &broker, "token.delegate_only").refunding("{}"),
        Case::of("grants-before-constraints", &all(), "scope.not_granted").called(Call::of(
            "issue_refund",
            "read:refunds",
            r#"{"amount_minor":5001}"#,
        )),
        Case::of(
            "constraints-before-sinks",
            &all(),
            "constraint.above_maximum",
        )
        .called(call(5_001))
        .strict(),
        Case::of(
            "sinks-before-budgets",
            &all(),
            "constraint.sink_unconstrained",
        )
        .called(call(101))
        .strict(),
        Case::of("budgets-before-approvals", &all(), "budget.exceeded").called(call(101)),
        Case::of("approvals-last", &all(), "approval.required").called(call(100)),
    ]
}
