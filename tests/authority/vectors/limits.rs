//! Every bound: at it, and one past it.

use super::case::{Case, between, constrained, list, root_with, rule, uints};
use crate::authority::actors::{NOW_S, bot, issuer, root_fields};
use crate::authority::forge::{Cbor, Fields, Forgery, at_most, constraint, field};

const MALFORMED: &str = "token.malformed";
const UNSOUND: &str = "token.constraint_unsound";

pub(super) fn cases() -> Vec<Case> {
    [
        of_the_token(),
        of_lists(),
        of_names(),
        of_rules(),
        of_rule_lists(),
        of_rule_texts(),
        of_budgets(),
        of_matching(),
        of_places(),
    ]
    .concat()
}

/// The same with so many, and with one more.
fn pair(name: &str, most: usize, made: impl Fn(usize) -> Forgery, past: &str) -> [Case; 2] {
    [
        Case::of(format!("{most}-{name}"), &made(most), "ok"),
        Case::of(format!("{}-{name}", most + 1), &made(most + 1), past),
    ]
}

fn repeated(count: usize, element: impl Fn(usize) -> Cbor) -> Cbor {
    list((0..count).map(element))
}

fn of_the_token() -> Vec<Case> {
    let chain = |blocks: usize| {
        let deep = root_fields().with(field::DEPTH, Cbor::Uint(255));
        let same = Fields::delegation("support-bot", &bot());
        (1..blocks).fold(Forgery::root(&deep, &issuer()), |made, _| {
            made.then(&same, &bot())
        })
    };
    let of_len = |len: usize| {
        let with = |last: usize| {
            let prefix = |i| {
                constraint(
                    "x",
                    3,
                    Cbor::Text("a".repeat(if i < 25 { 620 } else { last })),
                )
            };
            root_with(field::CONSTRAINTS, repeated(26, prefix))
        };
        let made = with(256 + len - with(256).bytes().len());
        assert_eq!(made.bytes().len(), len);
        made
    };
    [
        pair("blocks", 16, chain, "token.too_many_blocks"),
        pair("bytes-of-token", 16_384, of_len, "token.too_large"),
    ]
    .concat()
}

fn of_lists() -> Vec<Case> {
    let audience = |i: usize| Cbor::text(if i == 0 { "shop" } else { "bank" });
    let tools = |count: usize| {
        let names = (0..count).map(|i| Cbor::text(&format!("tool_{i}")));
        list([list([Cbor::text("a:b")].into_iter().chain(names))])
    };
    [
        pair(
            "grants",
            256,
            |n| {
                root_with(
                    field::GRANTS,
                    repeated(n, |i| Cbor::text(&format!("a:{i}"))),
                )
            },
            MALFORMED,
        ),
        pair(
            "tools-of-a-grant",
            64,
            |n| root_with(field::GRANTS, tools(n)),
            MALFORMED,
        ),
        pair(
            "constraints",
            64,
            |n| root_with(field::CONSTRAINTS, repeated(n, |_| at_most("x", 1))),
            MALFORMED,
        ),
        pair(
            "audiences",
            16,
            |n| root_with(field::AUDIENCES, repeated(n, audience)),
            MALFORMED,
        ),
        pair(
            "budgets",
            16,
            |n| root_with(field::BUDGETS, repeated(n, |_| uints([0, 1]))),
            MALFORMED,
        ),
        pair(
            "approvals",
            16,
            |n| root_with(field::APPROVALS, repeated(n, |_| Cbor::text("a:b"))),
            MALFORMED,
        ),
    ]
    .concat()
}

fn of_names() -> Vec<Case> {
    let path = |path: Cbor| constrained(list([path, Cbor::Uint(14), Cbor::Null]));
    let segments = |n: usize| root_with(field::GRANTS, Cbor::texts(&[vec!["a"; n].join(":")]));
    let scope = |n: usize| {
        root_with(
            field::GRANTS,
            Cbor::texts(&[format!("a:{}", "b".repeat(n - 2))]),
        )
    };
    let audience = |n: usize| {
        root_with(
            field::AUDIENCES,
            Cbor::texts(&["shop".to_owned(), "a".repeat(n)]),
        )
    };
    [
        pair(
            "bytes-of-agent",
            64,
            |n| root_with(field::AGENT, Cbor::Text("a".repeat(n))),
            "token.name_unsound",
        ),
        pair("bytes-of-audience", 128, audience, "token.name_unsound"),
        pair("bytes-of-scope", 128, scope, "token.scope_unsound"),
        pair("segments-of-scope", 8, segments, "token.scope_unsound"),
        pair(
            "names-of-path",
            8,
            |n| path(Cbor::texts(&vec!["a"; n])),
            MALFORMED,
        ),
        pair(
            "bytes-of-a-name-of-path",
            64,
            |n| path(Cbor::Text("a".repeat(n))),
            UNSOUND,
        ),
    ]
    .concat()
}

fn of_rules() -> Vec<Case> {
    let deep = |levels: usize| {
        let inner = rule(3, Cbor::text("a"));
        let nested = (2..levels).fold(inner, |inner, _| rule(17, inner));
        constrained(constraint("x", 15, list([nested])))
    };
    // The outermost counts as well.
    let many = |rules: usize| {
        constrained(constraint(
            "x",
            16,
            repeated(rules - 1, |_| rule(14, Cbor::Null)),
        ))
    };
    let patterns = |count: usize| {
        root_with(
            field::CONSTRAINTS,
            repeated(count, |_| constraint("x", 7, Cbor::text("a+"))),
        )
    };
    let over_blocks = |count: usize| {
        let pattern = |_| constraint("x", 7, Cbor::text("a+"));
        let child = Fields::delegation("support-bot", &bot());
        let child = child.with(field::CONSTRAINTS, repeated(count - 8, pattern));
        root_with(field::CONSTRAINTS, repeated(8, pattern)).then(&child, &bot())
    };
    [
        pair("levels-of-rules", 4, deep, UNSOUND),
        pair("rules-of-a-constraint", 32, many, UNSOUND),
        pair("expressions-of-a-token", 16, patterns, UNSOUND),
        pair("expressions-of-two-blocks", 16, over_blocks, UNSOUND),
    ]
    .concat()
}

fn of_rule_lists() -> Vec<Case> {
    let with = |kind: u64, argument: Cbor| constrained(constraint("x", kind, argument));
    let number = |i: usize| Cbor::Uint(i as u64);
    let url = |schemes: usize, hosts: usize, ports: usize| {
        let ports = repeated(ports, |i| Cbor::Uint(i as u64 + 1));
        let hosts = repeated(hosts, |_| Cbor::text("a.example"));
        with(
            9,
            list([repeated(schemes, |_| Cbor::text("https")), hosts, ports]),
        )
    };
    let network = |i: usize| Cbor::Text(format!("10.0.{i}.0/24"));
    let pairs = [
        pair("choices", 256, |n| with(1, repeated(n, number)), MALFORMED),
        pair(
            "values-of-a-subset",
            256,
            |n| with(12, repeated(n, number)),
            MALFORMED,
        ),
        pair("schemes", 64, |n| url(n, 1, 1), MALFORMED),
        pair("hosts", 64, |n| url(1, n, 1), MALFORMED),
        pair("ports", 64, |n| url(1, 1, n), MALFORMED),
        pair(
            "networks",
            64,
            |n| with(11, repeated(n, network)),
            MALFORMED,
        ),
    ];
    let none = [
        ("no-choices", 1, list([])),
        ("no-values-of-a-subset", 12, list([])),
        ("no-networks", 11, list([])),
        ("no-hosts", 9, list([Cbor::texts(&["https"]), list([])])),
        (
            "no-schemes",
            9,
            list([list([]), Cbor::texts(&["a.example"])]),
        ),
        ("no-rules-of-which-all-hold", 15, list([])),
        ("no-rules-of-which-one-holds", 16, list([])),
    ];
    let none = none.map(|(name, kind, argument)| Case::of(name, &with(kind, argument), UNSOUND));
    [pairs.concat(), none.to_vec()].concat()
}

fn of_rule_texts() -> Vec<Case> {
    let with = |kind: u64, text: String| constrained(constraint("x", kind, Cbor::Text(text)));
    let length = |most: u64| constrained(constraint("x", 5, list([Cbor::Null, Cbor::Uint(most)])));
    let safe = 9_007_199_254_740_991;
    let range = |max: i64| constrained(constraint("x", 2, between(None, Some(max))));
    let mut cases = [
        pair(
            "bytes-of-prefix",
            1_024,
            |n| with(3, "a".repeat(n)),
            UNSOUND,
        ),
        pair("bytes-of-glob", 256, |n| with(6, "a".repeat(n)), UNSOUND),
        pair("bytes-of-base", 4_096, |n| with(8, "a".repeat(n)), UNSOUND),
        pair(
            "bytes-of-expression",
            256,
            |n| with(7, "a".repeat(n)),
            UNSOUND,
        ),
    ]
    .concat();
    for (name, kind) in [
        ("no-prefix", 3),
        ("no-glob", 6),
        ("no-expression", 7),
        ("no-base", 8),
        ("no-domain", 10),
    ] {
        cases.push(Case::of(name, &with(kind, String::new()), UNSOUND));
    }
    cases.extend([
        Case::of("range-to-2-53-less-1", &range(safe), "ok"),
        Case::of("range-to-2-53", &range(safe + 1), UNSOUND),
        Case::of(
            "range-from-minus-2-64",
            &constrained(constraint(
                "x",
                2,
                list([
                    Cbor::Raw([&[0x3b], [0xff; 8].as_slice()].concat()),
                    Cbor::Null,
                ]),
            )),
            MALFORMED,
        ),
        Case::of(
            "range-from-minus-2-53",
            &constrained(constraint("x", 2, between(Some(-safe - 1), None))),
            UNSOUND,
        ),
        Case::of("length-of-32-bits", &length(u64::from(u32::MAX)), "ok"),
        Case::of("length-of-33-bits", &length(1 << 32), MALFORMED),
        Case::of("port-65535", &port(65_535), "ok"),
        Case::of("port-65536", &port(65_536), MALFORMED),
        Case::of("port-0", &port(0), UNSOUND),
    ]);
    cases
}

fn port(port: u64) -> Forgery {
    let url = list([
        Cbor::texts(&["https"]),
        Cbor::texts(&["a.example"]),
        uints([port]),
    ]);
    constrained(constraint("x", 9, url))
}

fn of_budgets() -> Vec<Case> {
    let with = |parts: &[u64]| root_with(field::BUDGETS, list([uints(parts.iter().copied())]));
    let safe = 9_007_199_254_740_991;
    let unsound = "token.budget_unsound";
    let month = 31 * 86_400;
    vec![
        Case::of("budget-of-2-53-less-1", &with(&[0, safe]), "ok"),
        Case::of("budget-of-2-53", &with(&[0, safe + 1]), unsound),
        Case::of("budget-in-31-days", &with(&[0, 1, month]), "ok"),
        Case::of(
            "budget-in-31-days-and-a-second",
            &with(&[0, 1, month + 1]),
            unsound,
        ),
    ]
}

fn of_places() -> Vec<Case> {
    let long = "constraint.malformed_argument";
    let json = |text: &str| format!(r#"{{"x":"{text}"}}"#);
    let url = list([Cbor::texts(&["https"]), Cbor::texts(&["*.a.example"])]);
    let url = constrained(constraint("x", 9, url));
    // Labels of one letter, the last of one or two.
    let host = |len: usize| {
        let rest = len - 11;
        format!(
            "{}{}.a.example",
            "b.".repeat(rest / 2),
            "b".repeat(1 + rest % 2)
        )
    };
    let path = constrained(constraint("x", 8, Cbor::text("/a")));
    let file = |len: usize| format!("/a/{}", "b".repeat(len - 3));
    let mail = constrained(constraint("x", 10, Cbor::text("*.a.example")));
    let address = |len: usize| format!("a@{}", host(len - 2));
    vec![
        Case::of("253-bytes-of-host", &url, "ok")
            .refunding(&json(&format!("https://{}/", host(253)))),
        Case::of("254-bytes-of-host", &url, long)
            .refunding(&json(&format!("https://{}/", host(254)))),
        Case::of("4096-bytes-of-path", &path, "ok").refunding(&json(&file(4_096))),
        Case::of("4097-bytes-of-path", &path, long).refunding(&json(&file(4_097))),
        Case::of("254-bytes-of-mail", &mail, "ok").refunding(&json(&address(254))),
        Case::of("255-bytes-of-mail", &mail, long).refunding(&json(&address(255))),
    ]
}

/// What one call may cost.
fn of_matching() -> Vec<Case> {
    let pattern = |path: &str| constrained(constraint(path, 7, Cbor::text("a+")));
    let text = |len: usize| format!(r#"{{"x":"{}"}}"#, "a".repeat(len));
    let texts = |first: usize, second: usize| {
        format!(
            r#"{{"x":["{}","{}"]}}"#,
            "a".repeat(first),
            "a".repeat(second)
        )
    };
    let long = "constraint.malformed_argument";
    let url = list([Cbor::texts(&["https"]), Cbor::texts(&["a.example"])]);
    let url = constrained(constraint("x", 9, url));
    let address = |len: usize| format!(r#"{{"x":"https://a.example/{}"}}"#, "a".repeat(len - 18));
    let mail = constrained(constraint("x", 10, Cbor::text("shop.example")));
    let local = |len: usize| format!(r#"{{"x":"{}@shop.example"}}"#, "a".repeat(len));
    vec![
        Case::of("2048-bytes-to-match", &pattern("x"), "ok").refunding(&text(2_048)),
        Case::of("2049-bytes-to-match", &pattern("x"), long).refunding(&text(2_049)),
        Case::of("2048-bytes-to-match-in-two-texts", &pattern("x[]"), "ok")
            .refunding(&texts(2_000, 48)),
        Case::of("2049-bytes-to-match-in-two-texts", &pattern("x[]"), long)
            .refunding(&texts(2_000, 49)),
        Case::of("2048-bytes-of-url", &url, "ok").refunding(&address(2_048)),
        Case::of("2049-bytes-of-url", &url, long).refunding(&address(2_049)),
        Case::of("64-bytes-before-the-at-sign", &mail, "ok").refunding(&local(64)),
        Case::of("65-bytes-before-the-at-sign", &mail, long).refunding(&local(65)),
        Case::of(
            "the-last-second-of-a-day",
            &root_with(field::EXPIRES_AFTER_S, Cbor::Uint(86_400)),
            "ok",
        )
        .at(NOW_S + 86_399),
    ]
}
