//! Arguments that two readers understand in two ways, and those that only look like what is allowed.

use super::case::{Case, between, constrained, list, root_with, rule};
use crate::authority::actors::root;
use crate::authority::forge::{Cbor, Forgery, at_most, constraint, field};

const TWICE: &str = "arguments.duplicate_key";
const MALFORMED: &str = "arguments.malformed";
const MISSING: &str = "constraint.missing_argument";

pub(super) fn cases() -> Vec<Case> {
    [
        of_json(),
        of_limits(),
        of_numbers(),
        of_what_is_not_there(),
        of_look_alikes(),
        of_lists(),
        of_copies(),
    ]
    .concat()
}

/// What it is, the text, and the code.
const JSON: &[(&str, &str, &str)] = &[
    (
        "name-twice",
        r#"{"amount_minor":10,"amount_minor":999999}"#,
        TWICE,
    ),
    (
        "name-twice-with-the-harmless-one-last",
        r#"{"amount_minor":999999,"amount_minor":10}"#,
        TWICE,
    ),
    (
        "name-twice-by-escape",
        r#"{"amount_minor":10,"amount\u005fminor":999999}"#,
        TWICE,
    ),
    (
        "name-twice-further-in",
        r#"{"amount_minor":10,"to":{"iban":"a","iban":"b"}}"#,
        TWICE,
    ),
    (
        "name-twice-in-a-list",
        r#"{"amount_minor":10,"items":[{"a":1,"a":2}]}"#,
        TWICE,
    ),
    ("comma-at-the-end", r#"{"amount_minor":10,}"#, MALFORMED),
    ("comment", r#"{"amount_minor":10/*999999*/}"#, MALFORMED),
    ("single-quotes", r"{'amount_minor':10}", MALFORMED),
    ("name-without-quotes", r"{amount_minor:10}", MALFORMED),
    (
        "text-after-the-object",
        r#"{"amount_minor":10}{"amount_minor":999999}"#,
        MALFORMED,
    ),
    ("no-text", "", MALFORMED),
    ("half-an-object", r#"{"amount_minor":10"#, MALFORMED),
    ("not-a-number", r#"{"amount_minor":NaN}"#, MALFORMED),
    ("infinity", r#"{"amount_minor":-Infinity}"#, MALFORMED),
    (
        "number-with-a-zero-in-front",
        r#"{"amount_minor":010}"#,
        MALFORMED,
    ),
    ("number-with-a-plus", r#"{"amount_minor":+10}"#, MALFORMED),
    (
        "number-in-hexadecimal",
        r#"{"amount_minor":0x10}"#,
        MALFORMED,
    ),
    (
        "number-that-ends-with-a-point",
        r#"{"amount_minor":10.}"#,
        MALFORMED,
    ),
    (
        "half-a-surrogate-pair",
        r#"{"amount_minor":10,"note":"\ud800"}"#,
        MALFORMED,
    ),
    (
        "line-feed-in-a-text",
        "{\"amount_minor\":10,\"note\":\"a\nb\"}",
        MALFORMED,
    ),
    (
        "byte-order-mark",
        "\u{feff}{\"amount_minor\":10}",
        MALFORMED,
    ),
    (
        "a-list",
        r#"[{"amount_minor":10}]"#,
        "arguments.not_an_object",
    ),
    ("a-number", "10", "arguments.not_an_object"),
    ("null", "null", "arguments.not_an_object"),
    (
        "white-space-around",
        " {\t\"amount_minor\" :\r\n10 } ",
        "ok",
    ),
    (
        "name-by-escape",
        r#"{"amount\u005fminor":5001}"#,
        "constraint.above_maximum",
    ),
    (
        "name-in-upper-case",
        r#"{"Amount_minor":10}"#,
        "constraint.missing_argument",
    ),
    (
        "name-with-a-space",
        r#"{"amount_minor ":10}"#,
        "constraint.missing_argument",
    ),
];

fn of_json() -> Vec<Case> {
    let capped = constrained(at_most("amount_minor", 5_000));
    let cases = JSON.iter();
    let cases =
        cases.map(|(name, json, expected)| Case::of(*name, &capped, expected).refunding(json));
    cases.collect()
}

fn of_limits() -> Vec<Case> {
    let nested = |levels: usize| {
        format!(
            r#"{{"x":{}{}}}"#,
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    let zeros = |count: usize| format!(r#"{{"x":[{}]}}"#, vec!["0"; count - 1].join(","));
    let text = |len: usize| format!(r#"{{"x":"{}"}}"#, "a".repeat(len - 8));
    vec![
        Case::of("65536-bytes", &root(), "ok").refunding(&text(65_536)),
        Case::of("65537-bytes", &root(), "arguments.too_large").refunding(&text(65_537)),
        Case::of("32-levels", &root(), "ok").refunding(&nested(32)),
        Case::of("33-levels", &root(), "arguments.too_deep").refunding(&nested(33)),
        Case::of("10000-levels", &root(), "arguments.too_deep").refunding(&nested(10_000)),
        Case::of("4096-values", &root(), "ok").refunding(&zeros(4_096)),
        Case::of("4097-values", &root(), "arguments.too_many_values").refunding(&zeros(4_097)),
    ]
}

fn of_numbers() -> Vec<Case> {
    let capped = || constrained(at_most("x", 5_000));
    let decimal = || constrained(constraint("x", 4, between(Some(0), Some(5_000))));
    let wrong = "constraint.wrong_type";
    let above = "constraint.above_maximum";
    let far = "arguments.integer_out_of_range";
    let odd = "arguments.number_out_of_range";
    let all = [
        ("amount-in-a-text", "\"5000\"", wrong),
        ("amount-in-a-list", "[5000]", wrong),
        ("amount-in-an-object", r#"{"x":5000}"#, wrong),
        ("amount-that-is-true", "true", wrong),
        ("amount-with-an-exponent", "5e3", "ok"),
        ("amount-with-a-large-exponent", "5e30", far),
        ("amount-with-a-zero-after-the-point", "5000.0", "ok"),
        ("amount-just-above", "5001", above),
        ("amount-just-above-with-an-exponent", "5.001e3", above),
        ("amount-with-a-fraction", "4999.5", wrong),
        ("amount-far-below", "-9007199254740991", "ok"),
        ("amount-of-2-53-less-1", "9007199254740991", above),
        ("amount-of-2-53", "9007199254740992", far),
        ("amount-that-a-float-rounds", "9007199254740993", far),
        ("amount-of-minus-2-53", "-9007199254740992", far),
        ("amount-beyond-any-float", "1e400", odd),
        ("amount-far-below-any-float", "-1e400", odd),
        ("minus-zero", "-0", "ok"),
        ("fraction-of-sixteen-digits", "0.1234567890123456", odd),
        ("fraction-that-a-float-drops", "5000.00000000000000001", odd),
        ("fraction-that-a-float-takes-for-nothing", "1e-400", odd),
        ("fraction-of-nineteen-places", "0.0000000000000000005", odd),
    ];
    let json = |number: &str| format!(r#"{{"x":{number}}}"#);
    let mut cases: Vec<_> = all
        .map(|(name, number, expected)| {
            Case::of(name, &capped(), expected).refunding(&json(number))
        })
        .into();
    let fractions = [
        ("decimal-just-above", "5000.0001", above),
        ("decimal-just-below", "4999.9999", "ok"),
        ("decimal-below-zero", "-0.01", "constraint.below_minimum"),
        ("decimal-in-a-text", "\"4999.9999\"", wrong),
        ("decimal-of-fifteen-digits", "0.123456789012345", "ok"),
        ("decimal-with-zeros-at-its-end", "0.5000", "ok"),
        ("decimal-of-eighteen-places", "0.000000000000000005", "ok"),
        (
            "decimal-that-a-float-rounds",
            "0.1000000000000000055511151231257827",
            "arguments.number_out_of_range",
        ),
        ("decimal-with-an-exponent", "50e-2", "ok"),
    ];
    cases.extend(fractions.map(|(name, number, expected)| {
        Case::of(name, &decimal(), expected).refunding(&json(number))
    }));
    let at_least = constrained(constraint("x", 2, between(Some(1), Some(5_000))));
    cases.push(
        Case::of("amount-below-zero", &at_least, "constraint.below_minimum")
            .refunding(r#"{"x":-1}"#),
    );
    cases
}

/// What it is, the path of the constraint, the text, and the code.
const ON_PATHS: &[(&str, &str, &str, &str)] = &[
    ("amount-beside-its-path", "to.x", r#"{"x":10}"#, MISSING),
    (
        "amount-by-a-name-with-a-dot",
        "to.x",
        r#"{"to.x":10}"#,
        MISSING,
    ),
    (
        "amount-null-on-its-path",
        "to.x",
        r#"{"to":{"x":null}}"#,
        MISSING,
    ),
    (
        "amount-on-a-path-through-null",
        "to.x",
        r#"{"to":null}"#,
        MISSING,
    ),
    (
        "amount-on-a-path-through-a-text",
        "to.x",
        r#"{"to":"x"}"#,
        MISSING,
    ),
    (
        "amount-on-a-path-through-a-list",
        "to.x",
        r#"{"to":[{"x":10}]}"#,
        MISSING,
    ),
    ("amount-on-its-path", "to.x", r#"{"to":{"x":10}}"#, "ok"),
    (
        "amounts-in-a-list",
        "items[].x",
        r#"{"items":[{"x":10},{"x":5000}]}"#,
        "ok",
    ),
    (
        "amounts-in-a-list-with-one-above",
        "items[].x",
        r#"{"items":[{"x":10},{"x":5001}]}"#,
        "constraint.above_maximum",
    ),
    (
        "amounts-in-a-list-with-one-missing",
        "items[].x",
        r#"{"items":[{"x":10},{}]}"#,
        MISSING,
    ),
    (
        "amounts-in-an-empty-list",
        "items[].x",
        r#"{"items":[]}"#,
        MISSING,
    ),
    ("amounts-in-no-list", "items[].x", "{}", MISSING),
    (
        "amounts-in-an-object",
        "items[].x",
        r#"{"items":{"x":10}}"#,
        "constraint.wrong_type",
    ),
];

fn of_what_is_not_there() -> Vec<Case> {
    let on_path = |argument: &str| {
        let path = Cbor::texts(&argument.split('.').collect::<Vec<_>>());
        constrained(list([path, Cbor::Uint(2), between(None, Some(5_000))]))
    };
    let all = [
        ("amount-missing", "x", "{}"),
        ("amount-null", "x", r#"{"x":null}"#),
    ];
    let mut cases: Vec<_> = all
        .map(|(name, path, json)| {
            Case::of(name, &constrained(at_most(path, 5_000)), MISSING).refunding(json)
        })
        .into();
    cases.extend(ON_PATHS.iter().map(|(name, path, json, expected)| {
        Case::of(*name, &on_path(path), expected).refunding(json)
    }));
    cases
}

fn of_look_alikes() -> Vec<Case> {
    let recipient = |choice: &str| constrained(constraint("x", 1, Cbor::texts(&[choice])));
    let plain = || recipient("pay@shop.example");
    let accented = || recipient("caf\u{e9}");
    let other = "constraint.not_one_of";
    let texts: [(&str, Forgery, &str, &str); 9] = [
        ("recipient-itself", plain(), "pay@shop.example", "ok"),
        (
            "recipient-by-escape",
            plain(),
            r"pay\u0040shop.example",
            "ok",
        ),
        (
            "recipient-in-upper-case",
            plain(),
            "Pay@shop.example",
            other,
        ),
        (
            "recipient-with-a-foreign-letter",
            plain(),
            "p\u{430}y@shop.example",
            other,
        ),
        (
            "recipient-with-a-zero-width-space",
            plain(),
            "pay\u{200b}@shop.example",
            other,
        ),
        (
            "recipient-with-a-wide-letter",
            plain(),
            "\u{ff50}ay@shop.example",
            other,
        ),
        (
            "recipient-with-a-space",
            plain(),
            "pay@shop.example ",
            other,
        ),
        ("accent-in-one-sign", accented(), "caf\u{e9}", "ok"),
        ("accent-in-two-signs", accented(), "cafe\u{301}", other),
    ];
    let cases = texts.map(|(name, made, text, expected)| {
        Case::of(name, &made, expected).refunding(&format!(r#"{{"x":"{text}"}}"#))
    });
    cases.into()
}

fn of_lists() -> Vec<Case> {
    let among = constrained(constraint(
        "to",
        12,
        Cbor::texts(&["a@shop.example", "b@shop.example"]),
    ));
    let not_all = "constraint.not_subset";
    let all = [
        (
            "that-are-all-allowed",
            r#"["b@shop.example","b@shop.example"]"#,
            "ok",
        ),
        (
            "with-a-foreign-one",
            r#"["a@shop.example","x@evil.example"]"#,
            not_all,
        ),
        ("with-null", r#"["a@shop.example",null]"#, not_all),
        (
            "in-a-list-in-the-list",
            r#"["a@shop.example",["b@shop.example"]]"#,
            not_all,
        ),
        ("that-are-nobody", "[]", "constraint.empty_list"),
        (
            "that-are-one-text",
            "\"a@shop.example\"",
            "constraint.wrong_type",
        ),
    ];
    let cases = all.map(|(name, json, expected)| {
        Case::of(format!("recipients-{name}"), &among, expected)
            .refunding(&format!(r#"{{"to":{json}}}"#))
    });
    cases.into()
}

/// A mail with copies: `to` has to be there, the others may.
fn of_copies() -> Vec<Case> {
    let domain = || rule(10, Cbor::text("shop.example"));
    let to = constraint("to[]", 10, Cbor::text("shop.example"));
    let copies = |path| constraint(path, 16, list([rule(14, Cbor::Null), rule(13, domain())]));
    let made = root_with(field::CONSTRAINTS, list([to, copies("cc"), copies("bcc")]));
    let ours = r#""a@shop.example""#;
    let theirs = r#""x@evil.example""#;
    let all = [
        ("no-copies", format!(r#"{{"to":[{ours}]}}"#), "ok"),
        (
            "copies",
            format!(r#"{{"to":[{ours}],"cc":[{ours}]}}"#),
            "ok",
        ),
        (
            "a-foreign-recipient",
            format!(r#"{{"to":[{ours},{theirs}]}}"#),
            "constraint.domain_not_allowed",
        ),
        (
            "a-foreign-copy",
            format!(r#"{{"to":[{ours}],"cc":[{theirs}]}}"#),
            "constraint.none_holds",
        ),
        (
            "a-foreign-blind-copy",
            format!(r#"{{"to":[{ours}],"bcc":[{ours},{theirs}]}}"#),
            "constraint.none_holds",
        ),
    ];
    let cases = all.map(|(name, json, expected)| {
        Case::of(format!("mail-with-{name}"), &made, expected).refunding(&json)
    });
    cases.into()
}
