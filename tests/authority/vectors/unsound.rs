//! Arguments that no constraint may have.

use super::case::{Case, between, constrained, decimal, list};
use super::constraints::https;
use crate::authority::forge::{Cbor, constraint};

pub(super) fn cases() -> Vec<Case> {
    [unsound_texts(), unsound_places(), unsound_numbers()].concat()
}

fn unsound(kind: u64, arguments: &[(&str, Cbor)]) -> Vec<Case> {
    let cases = arguments.iter().map(|(name, argument)| {
        let made = constrained(constraint("x", kind, argument.clone()));
        Case::of(format!("unsound-{name}"), &made, "token.constraint_unsound")
    });
    cases.collect()
}

fn unsound_texts() -> Vec<Case> {
    let text = Cbor::text;
    let paths = [
        ("path-without-name", text("")),
        ("path-of-brackets", text("[]")),
        ("path-with-a-dot", text("a.b")),
        ("path-with-an-index", text("a[0]")),
        ("path-with-a-space", text("a b")),
        ("path-with-a-hidden-sign", text("a\u{200b}")),
        ("path-of-no-names", list([])),
    ];
    let paths = paths.map(|(name, path)| {
        let made = constrained(list([path, Cbor::Uint(14), Cbor::Null]));
        Case::of(format!("unsound-{name}"), &made, "token.constraint_unsound")
    });
    [
        paths.to_vec(),
        unsound(
            6,
            &[
                ("glob-with-two-stars", text("a/**/b")),
                ("glob-with-a-question-mark", text("a?")),
                ("glob-with-brackets", text("[ab]")),
                ("glob-with-a-line-feed", text("a\n*")),
                ("glob-with-a-backslash", text("a\\*")),
            ],
        ),
        unsound(
            7,
            &[
                ("expression-that-leaves-its-group", text("a)|(?:b")),
                ("expression-that-looks-ahead", text("(?=a)a")),
                ("expression-that-refers-back", text(r"(a)\1")),
                ("expression-with-a-line-feed", text("a\nb")),
                ("expression-without-text-to-repeat", text("*")),
            ],
        ),
    ]
    .concat()
}

fn unsound_places() -> Vec<Case> {
    let text = Cbor::text;
    let with_scheme = |scheme: &str| list([Cbor::texts(&[scheme]), Cbor::texts(&["a.example"])]);
    [
        unsound(
            8,
            &[
                ("base-with-a-slash-at-its-end", text("/srv/data/")),
                ("base-with-a-way-up", text("/srv/../data")),
                ("base-with-an-escape", text("/srv/%64ata")),
                ("base-with-two-slashes", text("/srv//data")),
            ],
        ),
        unsound(
            9,
            &[
                ("host-in-upper-case", https(&["Shop.example"])),
                ("host-that-is-a-star", https(&["*"])),
                ("host-below-a-top-level", https(&["*.com"])),
                ("host-with-a-star-inside", https(&["a.*.example"])),
                ("host-below-an-address", https(&["*.0.0.1"])),
                ("host-below-one-in-upper-case", https(&["*.Shop.example"])),
                ("host-with-a-port", https(&["shop.example:443"])),
                ("host-that-is-half-an-address", https(&["127.1"])),
                ("host-that-is-an-address-without-brackets", https(&["::1"])),
                ("host-that-is-a-long-address", https(&["[::0:1]"])),
                ("scheme-that-is-not-known", with_scheme("ftp")),
                ("scheme-in-upper-case", with_scheme("HTTPS")),
            ],
        ),
        unsound(
            10,
            &[
                ("domain-in-upper-case", text("Shop.example")),
                ("domain-of-one-label", text("localhost")),
                ("domain-below-a-top-level", text("*.example")),
                ("domain-that-is-an-address", text("127.0.0.1")),
            ],
        ),
        unsound(
            11,
            &[
                (
                    "network-with-bits-after-its-prefix",
                    Cbor::texts(&["10.0.0.1/8"]),
                ),
                ("network-without-prefix", Cbor::texts(&["10.0.0.0"])),
                ("network-with-a-long-prefix", Cbor::texts(&["10.0.0.0/33"])),
                ("network-with-a-mask", Cbor::texts(&["10.0.0.0/255.0.0.0"])),
                ("network-in-upper-case", Cbor::texts(&["2001:DB8::/32"])),
                ("network-in-a-long-form", Cbor::texts(&["2001:db8:0::/32"])),
            ],
        ),
    ]
    .concat()
}

fn unsound_numbers() -> Vec<Case> {
    [
        unsound(
            2,
            &[
                ("range-without-bounds", between(None, None)),
                ("range-turned-round", between(Some(5), Some(4))),
            ],
        ),
        unsound(
            4,
            &[
                ("decimal-range-without-bounds", between(None, None)),
                (
                    "decimal-range-turned-round",
                    list([decimal(-1, 5), decimal(-2, 25)]),
                ),
            ],
        ),
        unsound(
            5,
            &[
                ("length-without-bounds", between(None, None)),
                ("length-turned-round", between(Some(2), Some(1))),
            ],
        ),
    ]
    .concat()
}
