//! Constraints on where something goes: paths, URLs, mail addresses, networks.

use super::case::{Case, list, uints};
use super::constraints::{Given, calls, https};
use crate::authority::forge::Cbor;

pub(super) fn cases() -> Vec<Case> {
    [of_paths(), of_urls(), of_addresses()].concat()
}

fn of_paths() -> Vec<Case> {
    [
        calls(8, &Cbor::text("/srv/data"), BELOW_A_BASE),
        calls(8, &Cbor::text("data"), BELOW_A_RELATIVE_BASE),
    ]
    .concat()
}

fn of_urls() -> Vec<Case> {
    let local = list([
        Cbor::texts(&["http"]),
        Cbor::texts(&["127.0.0.1", "[2001:db8::1]"]),
        uints([80, 8080]),
    ]);
    [
        calls(9, &https(&["api.shop.example", "*.cdn.example"]), URLS),
        calls(9, &local, URLS_OF_ADDRESSES),
    ]
    .concat()
}

fn of_addresses() -> Vec<Case> {
    [
        calls(10, &Cbor::text("shop.example"), MAIL),
        calls(10, &Cbor::text("*.shop.example"), MAIL_BELOW),
        calls(11, &Cbor::texts(&["::1/128"]), LOCAL),
        calls(10, &Cbor::text("bank.example"), FOLDED),
        calls(
            11,
            &Cbor::texts(&["10.0.0.0/8", "2001:db8::/32"]),
            ADDRESSES,
        ),
    ]
    .concat()
}

const BELOW_A_BASE: &[Given] = &[
    ("subpath", "\"/srv/data/a/b.txt\"", "ok"),
    ("subpath-of-the-base", "\"/srv/data\"", "ok"),
    ("subpath-with-empty-names", "\"/srv//data/./a/\"", "ok"),
    ("subpath-up-and-down-again", "\"/srv/data/../data/a\"", "ok"),
    (
        "subpath-beside-the-base",
        "\"/srv/database\"",
        "outside_path",
    ),
    ("subpath-up", "\"/srv/data/../secrets\"", "outside_path"),
    (
        "subpath-above-the-start",
        "\"/../srv/data\"",
        "malformed_argument",
    ),
    (
        "subpath-with-an-escape",
        "\"/srv/data/%2e%2e/secrets\"",
        "malformed_argument",
    ),
    (
        "subpath-with-a-backslash",
        r#""/srv/data/..\\secrets""#,
        "malformed_argument",
    ),
    (
        "subpath-with-a-zero-byte",
        r#""/srv/data/a\u0000.txt""#,
        "malformed_argument",
    ),
    (
        "subpath-with-two-slashes-in-front",
        "\"//srv/data\"",
        "malformed_argument",
    ),
    (
        "subpath-that-is-relative",
        "\"srv/data/a\"",
        "malformed_argument",
    ),
    ("subpath-of-no-text", "\"\"", "malformed_argument"),
];

const BELOW_A_RELATIVE_BASE: &[Given] = &[
    ("relative-subpath", "\"data/a\"", "ok"),
    ("relative-subpath-up", "\"data/../a\"", "outside_path"),
    (
        "relative-subpath-above-its-start",
        "\"../data/a\"",
        "malformed_argument",
    ),
    (
        "relative-subpath-that-is-absolute",
        "\"/data/a\"",
        "malformed_argument",
    ),
];

const URLS: &[Given] = &[
    (
        "url",
        "\"https://api.shop.example/v1/orders?id=1&x=..\"",
        "ok",
    ),
    (
        "url-with-its-usual-port",
        "\"https://api.shop.example:443/\"",
        "ok",
    ),
    ("url-in-upper-case", "\"HTTPS://API.Shop.Example/A\"", "ok"),
    ("url-of-a-host-below", "\"https://a.b.cdn.example/\"", "ok"),
    (
        "url-with-another-scheme",
        "\"http://api.shop.example/\"",
        "scheme_not_allowed",
    ),
    (
        "url-with-another-host",
        "\"https://evil-api.shop.example/\"",
        "host_not_allowed",
    ),
    (
        "url-with-the-host-in-front-of-another",
        "\"https://api.shop.example.evil.example/\"",
        "host_not_allowed",
    ),
    (
        "url-of-the-host-above",
        "\"https://cdn.example/\"",
        "host_not_allowed",
    ),
    (
        "url-of-a-host-that-ends-alike",
        "\"https://evilcdn.example/\"",
        "host_not_allowed",
    ),
    (
        "url-of-a-punycode-host",
        "\"https://xn--pi-7ka.shop.example/\"",
        "host_not_allowed",
    ),
    (
        "url-of-an-address",
        "\"https://127.0.0.1/\"",
        "host_not_allowed",
    ),
    (
        "url-of-another-port",
        "\"https://api.shop.example:8443/\"",
        "port_not_allowed",
    ),
    (
        "url-with-a-user",
        "\"https://api.shop.example@evil.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-user-and-a-port",
        "\"https://api.shop.example:443@evil.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-backslash",
        r#""https://api.shop.example\\@evil.example/""#,
        "malformed_argument",
    ),
    (
        "url-with-a-fragment",
        "\"https://evil.example#@api.shop.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-query-after-the-host",
        "\"https://evil.example?.cdn.example/\"",
        "malformed_argument",
    ),
    (
        "url-of-another-kind",
        "\"file:///etc/passwd\"",
        "malformed_argument",
    ),
    (
        "url-without-scheme",
        "\"//api.shop.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-dot-after-the-host",
        "\"https://api.shop.example./\"",
        "malformed_argument",
    ),
    (
        "url-with-a-foreign-letter",
        "\"https://\u{430}pi.shop.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-an-escaped-host",
        "\"https://api%2eshop.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-path-up",
        "\"https://api.shop.example/v1/../admin\"",
        "malformed_argument",
    ),
    (
        "url-with-an-escaped-path-up",
        "\"https://api.shop.example/v1/%2e%2E/admin\"",
        "malformed_argument",
    ),
    (
        "url-with-a-path-up-and-a-semicolon",
        "\"https://api.shop.example/v1/..;/admin\"",
        "malformed_argument",
    ),
    (
        "url-with-an-escaped-slash",
        "\"https://api.shop.example/v1%2fadmin\"",
        "malformed_argument",
    ),
    (
        "url-with-an-escape-twice",
        "\"https://api.shop.example/%252e%252e/\"",
        "malformed_argument",
    ),
    (
        "url-with-an-escaped-line-feed",
        "\"https://api.shop.example/a%0d%0a\"",
        "malformed_argument",
    ),
    (
        "url-with-a-line-feed",
        r#""https://api.shop.example/\n""#,
        "malformed_argument",
    ),
    (
        "url-with-half-an-escape",
        "\"https://api.shop.example/%z\"",
        "malformed_argument",
    ),
    (
        "url-of-a-scheme-that-is-not-known",
        "\"ftp://api.shop.example/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-zero-before-its-port",
        "\"https://api.shop.example:0443/\"",
        "malformed_argument",
    ),
    (
        "url-with-a-port-that-wraps-round",
        "\"https://api.shop.example:65979/\"",
        "malformed_argument",
    ),
    (
        "url-with-an-empty-port",
        "\"https://api.shop.example:/\"",
        "malformed_argument",
    ),
];

const URLS_OF_ADDRESSES: &[Given] = &[
    (
        "url-of-an-address-that-is-allowed",
        "\"http://127.0.0.1:8080/\"",
        "ok",
    ),
    (
        "url-of-an-ipv6-address",
        "\"http://[2001:0DB8:0:0::1]/\"",
        "ok",
    ),
    (
        "url-of-an-address-in-hexadecimal",
        "\"http://0x7f000001/\"",
        "malformed_argument",
    ),
    (
        "url-of-an-address-in-one-number",
        "\"http://2130706433/\"",
        "malformed_argument",
    ),
    (
        "url-of-a-short-address",
        "\"http://127.1/\"",
        "malformed_argument",
    ),
    (
        "url-of-an-address-in-an-address",
        "\"http://[::ffff:127.0.0.1]/\"",
        "malformed_argument",
    ),
    (
        "url-of-a-name-for-the-address",
        "\"http://localhost/\"",
        "host_not_allowed",
    ),
    (
        "url-of-a-port-that-is-not-listed",
        "\"http://127.0.0.1:443/\"",
        "port_not_allowed",
    ),
];

const MAIL: &[Given] = &[
    ("mail", "\"A.b+c_d-e@SHOP.example\"", "ok"),
    (
        "mail-of-another-domain",
        "\"a@evil.example\"",
        "domain_not_allowed",
    ),
    (
        "mail-of-a-domain-below",
        "\"a@eu.shop.example\"",
        "domain_not_allowed",
    ),
    (
        "mail-of-a-domain-that-ends-alike",
        "\"a@evilshop.example\"",
        "domain_not_allowed",
    ),
    (
        "mail-without-an-at-sign",
        "\"shop.example\"",
        "malformed_argument",
    ),
    ("mail-of-nobody", "\"@shop.example\"", "malformed_argument"),
    (
        "mail-with-a-letter-that-folds-to-another",
        "\"a@\u{17f}hop.example\"",
        "malformed_argument",
    ),
    (
        "mail-with-a-name",
        "\"a <a@shop.example>\"",
        "malformed_argument",
    ),
    (
        "mail-to-two",
        "\"x@evil.example,a@shop.example\"",
        "malformed_argument",
    ),
    (
        "mail-with-two-at-signs",
        "\"x@evil.example@shop.example\"",
        "malformed_argument",
    ),
    (
        "mail-with-quotes",
        r#""\"x@evil.example\"@shop.example""#,
        "malformed_argument",
    ),
    (
        "mail-with-a-route",
        "\"x%evil.example@shop.example\"",
        "malformed_argument",
    ),
    (
        "mail-with-a-line-feed",
        r#""a@shop.example\nBcc: x@evil.example""#,
        "malformed_argument",
    ),
    (
        "mail-with-a-foreign-letter",
        "\"a@sh\u{43e}p.example\"",
        "malformed_argument",
    ),
    (
        "mail-to-an-option",
        "\"-oQ@shop.example\"",
        "malformed_argument",
    ),
];

const MAIL_BELOW: &[Given] = &[
    ("mail-below", "\"a@a.eu.shop.example\"", "ok"),
    ("mail-not-below", "\"a@shop.example\"", "domain_not_allowed"),
];

const ADDRESSES: &[Given] = &[
    ("address", "\"10.255.0.1\"", "ok"),
    ("address-in-ipv6", "\"2001:0db8:0:0::ff\"", "ok"),
    (
        "address-of-another-network",
        "\"11.0.0.1\"",
        "outside_network",
    ),
    (
        "address-of-the-cloud",
        "\"169.254.169.254\"",
        "outside_network",
    ),
    (
        "address-with-zeros-in-front",
        "\"010.0.0.1\"",
        "malformed_argument",
    ),
    (
        "address-in-hexadecimal",
        "\"0x0a000001\"",
        "malformed_argument",
    ),
    ("address-in-short-form", "\"10.1\"", "malformed_argument"),
    (
        "address-mapped-into-ipv6",
        "\"::ffff:10.0.0.1\"",
        "malformed_argument",
    ),
    (
        "address-translated-into-ipv6",
        "\"64:ff9b::a00:1\"",
        "malformed_argument",
    ),
    (
        "address-with-a-zone",
        "\"2001:db8::1%eth0\"",
        "malformed_argument",
    ),
    (
        "address-with-a-port",
        "\"10.0.0.1:80\"",
        "malformed_argument",
    ),
    (
        "address-in-brackets",
        "\"[2001:db8::1]\"",
        "malformed_argument",
    ),
    ("address-in-a-number", "167772161", "wrong_type"),
];

const LOCAL: &[Given] = &[
    ("address-of-this-machine", "\"::1\"", "ok"),
    ("address-of-any-machine", "\"::\"", "outside_network"),
    ("address-of-ipv4-in-ipv6", "\"::2\"", "malformed_argument"),
];

const FOLDED: &[Given] = &[(
    "mail-with-a-kelvin-sign",
    "\"a@ban\u{212a}.example\"",
    "malformed_argument",
)];
