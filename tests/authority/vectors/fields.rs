//! Each field of a block: sound, unsound, missing, unknown.

use super::case::{
    Call, Case, between, child_with, constraint_on, list, root_of, root_with, rule, to_researcher,
    uints,
};
use crate::authority::actors::{bot, chain_of_three, issuer, root, root_fields};
use crate::authority::forge::{Cbor, Forgery, at_most, constraint, field};

pub(super) fn cases() -> Vec<Case> {
    [
        sound(),
        forms_of_grants(),
        missing(),
        unknown(),
        names(),
        scopes(),
        budgets(),
        approvals(),
        bearers(),
    ]
    .concat()
}

fn sound() -> Vec<Case> {
    let texts = |texts: &[&str]| Cbor::texts(texts);
    let everything = [
        (field::EXPIRES_AFTER_S, Cbor::Uint(600)),
        (field::VALID_AFTER_S, Cbor::Uint(0)),
        (field::AUDIENCES, texts(&["bank", "shop"])),
        (field::GRANTS, texts(&["write:*"])),
        (field::CONSTRAINTS, list([at_most("amount_minor", 5_000)])),
        (field::DEPTH, Cbor::Uint(1)),
        (field::BUDGETS, list([uints([0, 10, 60])])),
        (field::APPROVALS, texts(&["delete:**"])),
        (field::BEARER, Cbor::Bool(true)),
    ];
    let all = root_of(everything.clone());
    let fields = everything
        .into_iter()
        .fold(to_researcher(), |made, (key, value)| made.with(key, value));
    let child = all.clone().then(&fields, &bot());
    vec![
        Case::of("valid-root", &root(), "ok"),
        Case::of("valid-three-blocks", &chain_of_three(), "ok"),
        Case::of("every-field-of-a-root", &all, "ok"),
        Case::of("every-field-of-a-delegation", &child, "ok"),
        Case::of(
            "no-depth",
            &Forgery::root(&root_fields().without(field::DEPTH), &issuer()),
            "ok",
        ),
        Case::of(
            "depth-of-255",
            &root_with(field::DEPTH, Cbor::Uint(255)),
            "ok",
        ),
        Case::of(
            "one-of-two-audiences",
            &root_with(field::AUDIENCES, texts(&["bank", "shop"])),
            "ok",
        ),
        Case::of(
            "wrong-audience",
            &root_with(field::AUDIENCES, texts(&["bank"])),
            "token.audience_mismatch",
        ),
        Case::of(
            "audience-that-starts-alike",
            &root_with(field::AUDIENCES, texts(&["shop2"])),
            "token.audience_mismatch",
        ),
        Case::of(
            "audience-in-another-case",
            &root_with(field::AUDIENCES, texts(&["Shop"])),
            "token.audience_mismatch",
        ),
        Case::of(
            "delegate-only",
            &root_with(field::DELEGATE_ONLY, Cbor::Bool(true)),
            "ok",
        ),
    ]
}

fn forms_of_grants() -> Vec<Case> {
    let patterns = [
        "**",
        "write:**",
        "write:*",
        "*:refunds",
        "write:ref*",
        "a:b:c:d:e:f:g:h",
        "a.b-c_d:0",
    ];
    let tools = Cbor::texts(&["write:refunds", "issue_refund", "a.b-c_1"]);
    let mut grants: Vec<_> = patterns.iter().map(|text| Cbor::text(text)).collect();
    grants.push(tools);
    vec![
        Case::of(
            "grants-of-each-form",
            &root_with(field::GRANTS, Cbor::List(grants)),
            "ok",
        ),
        Case::of(
            "grant-twice",
            &root_with(
                field::GRANTS,
                Cbor::texts(&["write:refunds", "write:refunds"]),
            ),
            "ok",
        ),
    ]
}

fn missing() -> Vec<Case> {
    let named = [
        (field::VERSION, "version"),
        (field::ISSUER, "issuer"),
        (field::TOKEN_ID, "token-id"),
        (field::ISSUED_AT, "issued-at"),
        (field::HOLDER_KEY, "holder-key"),
        (field::AGENT, "agent"),
        (field::GRANTS, "grants"),
    ];
    let without = |key| Forgery::root(&root_fields().without(key), &issuer());
    let of_roots = named
        .map(|(key, name)| Case::of(format!("no-{name}"), &without(key), "token.missing_field"));
    let of_children =
        [(field::HOLDER_KEY, "holder-key"), (field::AGENT, "agent")].map(|(key, name)| {
            let made = root().then(&to_researcher().without(key), &bot());
            Case::of(
                format!("delegation-without-{name}"),
                &made,
                "token.missing_field",
            )
        });
    [of_roots.to_vec(), of_children.to_vec()].concat()
}

fn unknown() -> Vec<Case> {
    let version = |version| root_with(field::VERSION, Cbor::Uint(version));
    let kind = |kind| {
        root_with(
            field::CONSTRAINTS,
            list([constraint("x", kind, Cbor::Null)]),
        )
    };
    let within = constraint("x", 17, rule(99, Cbor::Null));
    let unknown_kind = "token.unknown_constraint_kind";
    vec![
        Case::of("unknown-version", &version(2), "token.unknown_version"),
        Case::of("version-0", &version(0), "token.unknown_version"),
        Case::of(
            "unknown-field",
            &root_with(16, Cbor::Null),
            "token.unknown_field",
        ),
        Case::of(
            "unknown-field-of-64-bits",
            &root_with(u64::MAX, Cbor::Null),
            "token.unknown_field",
        ),
        Case::of(
            "unknown-field-of-a-delegation",
            &child_with(root(), 16, Cbor::Null),
            "token.unknown_field",
        ),
        Case::of("unknown-constraint-kind", &kind(99), unknown_kind),
        Case::of("the-first-unknown-constraint-kind", &kind(18), unknown_kind),
        Case::of(
            "unknown-kind-within-a-rule",
            &root_with(field::CONSTRAINTS, list([within])),
            unknown_kind,
        ),
    ]
}

fn names() -> Vec<Case> {
    let unsound = "token.name_unsound";
    let agent = |name: &str| root_with(field::AGENT, Cbor::text(name));
    let tool = |name: &str| root_with(field::GRANTS, list([Cbor::texts(&["write:refunds", name])]));
    let audience = |name: &str| root_with(field::AUDIENCES, Cbor::texts(&["shop", name]));
    vec![
        Case::of("agent-with-all-signs", &agent("0a_b.c-d"), "ok"),
        Case::of("agent-in-upper-case", &agent("Support-bot"), unsound),
        Case::of("agent-without-name", &agent(""), unsound),
        Case::of("agent-that-starts-with-a-dot", &agent(".bot"), unsound),
        Case::of("agent-with-a-line-feed", &agent("support-bot\n"), unsound),
        Case::of(
            "agent-with-a-foreign-letter",
            &agent("supp\u{43e}rt-bot"),
            unsound,
        ),
        Case::of(
            "agent-of-a-delegation-with-a-space",
            &child_with(root(), field::AGENT, Cbor::text("a b")),
            unsound,
        ),
        Case::of("tool-with-a-star", &tool("*"), unsound),
        Case::of("tool-in-upper-case", &tool("Issue_refund"), unsound),
        Case::of(
            "audience-of-visible-signs",
            &audience("https://shop.example:443/~a?b#c"),
            "ok",
        ),
        Case::of("audience-without-name", &audience(""), unsound),
        Case::of("audience-with-a-space", &audience("sh op"), unsound),
        Case::of("audience-with-a-zero-byte", &audience("shop\0"), unsound),
        Case::of("audience-with-an-accent", &audience("sh\u{f6}p"), unsound),
    ]
}

fn scopes() -> Vec<Case> {
    let named = [
        ("a-lone-star", "*"),
        ("no-colon", "write"),
        ("nothing", ""),
        ("nothing-between-colons", "write::refunds"),
        ("a-colon-at-the-end", "write:"),
        ("upper-case", "write:Refunds"),
        ("a-star-inside-a-segment", "write:re*ds"),
        ("a-star-in-front", "write:*unds"),
        ("a-star-at-the-end-of-an-inner-segment", "wri*:refunds"),
        ("two-stars-inside", "write:**:eu"),
        ("two-stars-after-letters", "write:re**"),
        ("three-stars", "write:***"),
        ("two-scopes", "write:refunds,write:orders"),
        ("two-scopes-and-a-space", "write:refunds write:orders"),
        ("a-foreign-letter", "write:r\u{435}funds"),
    ];
    let granted = named.map(|(name, scope)| {
        Case::of(
            format!("scope-of-{name}"),
            &root_with(field::GRANTS, Cbor::texts(&[scope])),
            "token.scope_unsound",
        )
    });
    let of_constraint = constraint_on("x", 14, Cbor::Null, "*");
    let of_budget = list([Cbor::Uint(0), Cbor::Uint(1), Cbor::Null, Cbor::text("*")]);
    let others = [
        ("constraint", field::CONSTRAINTS, of_constraint),
        ("budget", field::BUDGETS, of_budget),
        ("approval", field::APPROVALS, Cbor::text("*")),
    ];
    let others = others.map(|(name, key, value)| {
        Case::of(
            format!("scope-of-a-{name}"),
            &root_with(key, list([value])),
            "token.scope_unsound",
        )
    });
    [granted.to_vec(), others.to_vec()].concat()
}

fn budgets() -> Vec<Case> {
    let with = |budget: Cbor| root_with(field::BUDGETS, list([budget]));
    let amount = || Cbor::text("amount_minor");
    let on = || Cbor::text("write:**");
    let forms = [
        uints([0, 10]),
        uints([1, 4_096, 60]),
        list([amount(), Cbor::Uint(1)]),
        list([
            Cbor::texts(&["items[]", "amount_minor"]),
            Cbor::Uint(1),
            Cbor::Uint(60),
        ]),
        list([amount(), Cbor::Uint(1), Cbor::Uint(60), on()]),
        list([Cbor::Uint(0), Cbor::Uint(1), Cbor::Null, on()]),
    ];
    let unsound = "token.budget_unsound";
    let malformed = "token.malformed";
    vec![
        Case::of(
            "budgets-of-each-form",
            &root_with(field::BUDGETS, Cbor::List(forms.into())),
            "ok",
        ),
        Case::of(
            "budget-of-an-unknown-measure",
            &with(uints([2, 10])),
            unsound,
        ),
        Case::of("budget-of-nothing", &with(uints([0, 0])), unsound),
        Case::of("budget-in-no-time", &with(uints([0, 10, 0])), unsound),
        Case::of("budget-of-one-part", &with(uints([0])), malformed),
        Case::of(
            "budget-of-five-parts",
            &with(list([Cbor::Uint(0), Cbor::Uint(1), Cbor::Null, on(), on()])),
            malformed,
        ),
        Case::of(
            "budget-with-null-for-its-window",
            &with(list([Cbor::Uint(0), Cbor::Uint(1), Cbor::Null])),
            malformed,
        ),
        Case::of(
            "budget-below-zero",
            &with(list([Cbor::Uint(0), Cbor::Int(-1)])),
            malformed,
        ),
        Case::of("budget-that-is-a-number", &with(Cbor::Uint(10)), malformed),
        Case::of(
            "budget-of-a-path-of-one-name-as-a-list",
            &with(list([Cbor::texts(&["x"]), Cbor::Uint(1)])),
            "token.not_canonical",
        ),
    ]
}

fn approvals() -> Vec<Case> {
    let with = |approval: Cbor| root_with(field::APPROVALS, list([approval]));
    let unless = |kind, argument| {
        list([
            Cbor::text("write:**"),
            Cbor::text("amount_minor"),
            Cbor::Uint(kind),
            argument,
        ])
    };
    let nested = unless(
        16,
        list([rule(14, Cbor::Null), rule(2, between(None, Some(5)))]),
    );
    let forms = list([
        Cbor::text("delete:**"),
        unless(2, between(None, Some(5))),
        nested,
    ]);
    vec![
        Case::of(
            "approvals-of-each-form",
            &root_with(field::APPROVALS, forms),
            "ok",
        ),
        Case::of(
            "approval-unless-an-unknown-rule",
            &with(unless(18, Cbor::Null)),
            "token.unknown_constraint_kind",
        ),
        Case::of(
            "approval-unless-an-unsound-rule",
            &with(unless(2, between(None, None))),
            "token.constraint_unsound",
        ),
        Case::of(
            "approval-of-two-parts",
            &with(list([Cbor::text("write:**"), Cbor::text("x")])),
            "token.malformed",
        ),
        Case::of(
            "approval-of-five-parts",
            &with(list([
                Cbor::text("write:**"),
                Cbor::text("x"),
                Cbor::Uint(14),
                Cbor::Null,
                Cbor::text("a:b"),
            ])),
            "token.malformed",
        ),
        Case::of(
            "approval-that-is-a-number",
            &with(Cbor::Uint(0)),
            "token.malformed",
        ),
    ]
}

fn bearers() -> Vec<Case> {
    let bearer = |more: &[(u64, Cbor)]| {
        let says_so = [(field::BEARER, Cbor::Bool(true))];
        root_of(says_so.into_iter().chain(more.iter().cloned()))
    };
    let shop = || (field::AUDIENCES, Cbor::texts(&["shop"]));
    let lives = |seconds| (field::EXPIRES_AFTER_S, Cbor::Uint(seconds));
    let unbound = "token.bearer_unbound";
    let late = child_with(
        root_with(field::EXPIRES_AFTER_S, Cbor::Uint(7_200)),
        field::BEARER,
        Cbor::Bool(true),
    );
    let child_names_it = child_with(bearer(&[]), field::AUDIENCES, Cbor::texts(&["shop"]));
    let child_shortens_it = child_with(
        bearer(&[shop(), lives(3_601)]),
        field::EXPIRES_AFTER_S,
        Cbor::Uint(60),
    );
    let call = |case: Case| case.called(Call::refund("{}")).unproved();
    vec![
        call(Case::of(
            "bearer-for-an-hour",
            &bearer(&[shop(), lives(3_600)]),
            "ok",
        )),
        Case::of(
            "bearer-for-more-than-an-hour",
            &bearer(&[shop(), lives(3_601)]),
            unbound,
        ),
        Case::of("bearer-without-audience", &bearer(&[]), unbound),
        Case::of(
            "bearer-whose-child-names-the-audience",
            &child_names_it,
            unbound,
        ),
        Case::of(
            "bearer-whose-child-ends-sooner",
            &child_shortens_it,
            unbound,
        ),
        Case::of("bearer-in-a-delegation-only", &late, "ok"),
    ]
}
