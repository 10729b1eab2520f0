//! What each kind of rule takes and refuses, with the values that were made to get past it.

use agentsudo_core::{
    Arguments, Constraint, Decimal, MAX_MATCHED_LEN_BYTES, Rule, Value, absent, at_least, at_most,
    cidr, decimal_at_least, decimal_at_most, decimal_between, email_domain, equals, every, glob,
    length, length_at_least, length_at_most, not, regex, subpath, subset_of, url, url_on_ports,
};
use serde_json::{Value as Json, json};

use super::actors::{bot, check as check_token, issuer, researcher, root_fields};
use super::forge::{Cbor, Fields, Forgery, constraint, field};

/// The rule on `x`, over arguments: `ok`, or the code of the violation without its first word.
#[track_caller]
pub(super) fn found(rule: Rule, arguments: &Json) -> &'static str {
    let constraint = Constraint::new("x", rule).unwrap();
    let arguments = Arguments::from_json(arguments).unwrap();
    let code = constraint
        .check(&arguments)
        .map_or_else(|violation| violation.code(), |()| "constraint.ok");
    code.strip_prefix("constraint.").unwrap()
}

#[track_caller]
pub(super) fn check(rule: Rule, value: impl Into<Json>, expected: &str) {
    let value = value.into();
    assert_eq!(found(rule, &json!({ "x": value })), expected, "{value}");
}

/// Each text gives the same answer.
#[track_caller]
fn check_each<'a>(
    rule: impl Fn() -> Rule,
    texts: impl IntoIterator<Item = &'a str>,
    expected: &str,
) {
    for text in texts {
        check(rule(), text, expected);
    }
}

#[track_caller]
pub(super) fn check_unsound(rule: Rule, expected: &str) {
    let built = Constraint::new("x", rule).map(|constraint| constraint.to_string());
    assert_eq!(built.unwrap_err().code(), expected);
}

fn decimal(mantissa: i64, scale: u8) -> Decimal {
    Decimal::new(mantissa, scale).unwrap()
}

#[test]
fn every_kind_but_absent_refuses_what_is_missing_or_null() {
    for rule in [
        decimal_at_most(1),
        length_at_most(1),
        glob("*"),
        regex(".*"),
        subpath("/"),
        url(["https"], ["a.example"]),
        email_domain("a.example"),
        cidr(["0.0.0.0/0"]),
        subset_of([1]),
    ] {
        assert_eq!(found(rule.clone(), &json!({})), "missing_argument");
        check(rule, Json::Null, "missing_argument");
    }
    check(absent(), Json::Null, "ok");
}

#[test]
fn rules_on_text_refuse_all_other_types() {
    for rule in [
        glob("*"),
        regex(".*"),
        subpath("/"),
        url(["https"], ["a.example"]),
        email_domain("a.example"),
        cidr(["0.0.0.0/0"]),
    ] {
        for value in [json!(1), json!(1.5), json!(true), json!(["/a"]), json!({})] {
            check(rule.clone(), value, "wrong_type");
        }
    }
}

#[test]
fn integers_and_decimals_compare_as_numbers() {
    let most = || decimal_at_most(5_000);
    check(most(), 5000, "ok");
    check(most(), json!(5e3), "ok");
    check(most(), json!(4999.9999), "ok");
    check(most(), json!(5000.0001), "above_maximum");
    check(most(), json!(5000.00000000001), "above_maximum");
    check(most(), "5000", "wrong_type");
    check(most(), true, "wrong_type");
    check(most(), json!([1]), "wrong_type");
    let least = || decimal_at_least(decimal(-15, 1));
    check(least(), json!(-1.5), "ok");
    check(least(), -1, "ok");
    check(least(), -2, "below_minimum");
    check(least(), json!(-1.500_000_01), "below_minimum");
    let tiny = || decimal_between(decimal(1, 18), decimal(3, 18));
    check(tiny(), json!(1e-18), "ok");
    check(tiny(), json!(3e-18), "ok");
    check(tiny(), json!(4e-18), "above_maximum");
    check(tiny(), 0, "below_minimum");
    check(
        decimal_at_most(9_007_199_254_740_991_i64),
        9_007_199_254_740_991_i64,
        "ok",
    );
}

#[test]
fn an_integer_range_takes_no_decimals() {
    check(at_most(5000), json!(4999.5), "wrong_type");
    check(at_most(5000), "5000", "wrong_type");
    check(at_most(5000), json!(5e3), "ok");
}

#[test]
fn lengths_count_characters_and_elements() {
    check(length(2, 3), "ab", "ok");
    check(length(2, 3), "äöü", "ok");
    check(length(2, 3), "\u{1f642}", "too_short");
    check(length(2, 3), "a", "too_short");
    check(length(2, 3), "abcd", "too_long");
    // One letter to the eye, two to the rule.
    check(length_at_most(1), "e\u{301}", "too_long");
    check(length_at_most(1), "a\u{200b}", "too_long");
    check(length_at_most(2), json!([1, "b"]), "ok");
    check(length_at_most(2), json!([1, 2, 3]), "too_long");
    check(length_at_least(1), json!([]), "too_short");
    check(length_at_least(1), json!({"a": 1}), "wrong_type");
    check(length_at_least(1), 12, "wrong_type");
}

#[test]
fn a_star_stands_for_anything_but_a_slash() {
    let csv = || glob("/data/*.csv");
    check_each(csv, ["/data/a.csv", "/data/.csv", "/data/a.b.csv"], "ok");
    check_each(
        csv,
        [
            "/data/a/b.csv",
            "/data/a.csv/",
            "/data/a.CSV",
            "data/a.csv",
            "/data//a.csv",
        ],
        "pattern_mismatch",
    );
    check(glob("order_*"), "order_", "ok");
    check(glob("order_*"), "Order_1", "pattern_mismatch");
    check(glob("*a*b*"), "xxaxxbxx", "ok");
    check(glob("*a*b*"), "xxbxxaxx", "pattern_mismatch");
    check(glob("ab*ba"), "aba", "pattern_mismatch");
    check(glob("plain"), "plain", "ok");
}

#[test]
fn a_glob_takes_nothing_that_another_reader_takes_for_something_else() {
    check_each(
        || glob("/data/*/x"),
        [
            "/data/../x",
            "/data/./x",
            "/data/..\\y/x",
            "/data/a\n/x",
            "/data/a\0/x",
            "/data/a\u{85}/x",
        ],
        "malformed_argument",
    );
    check(glob("/data/*/x"), "/data/.../x", "ok");
}

#[test]
fn globs_of_other_dialects_are_unsound() {
    for pattern in [
        "", "a?", "[ab]", "{a,b}", "a\\*", "**", "a/**/b", "a/../*", "a\n",
    ] {
        check_unsound(glob(pattern), "constraint.invalid_glob");
    }
    assert!(Constraint::new("x", glob("a".repeat(256))).is_ok());
    check_unsound(glob("a".repeat(257)), "constraint.invalid_glob");
}

#[test]
fn a_glob_of_many_stars_is_fast() {
    let pattern = "*a".repeat(120) + "b";
    check(glob(pattern), "a".repeat(60_000), "pattern_mismatch");
}

#[test]
fn a_regular_expression_matches_the_whole_text() {
    let id = || regex("order_[0-9]+");
    check(id(), "order_123", "ok");
    check_each(
        id,
        [
            "order_123\n",
            "\norder_123",
            "xorder_1",
            "order_1x",
            "order_",
            "order_1\u{200b}",
        ],
        "pattern_mismatch",
    );
    // Fullwidth and Arabic digits are digits to some engines.
    check_each(
        || regex(r"\d+"),
        ["\u{ff11}", "\u{661}"],
        "pattern_mismatch",
    );
    check(regex("a|b"), "ab", "pattern_mismatch");
    check(regex("(?m)^a$"), "a\na", "pattern_mismatch");
    check(regex("(?m)a$"), "a\n", "pattern_mismatch");
    check(regex("a.b"), "a\nb", "pattern_mismatch");
    check(regex("(?i)straße"), "STRAßE", "ok");
}

#[test]
fn an_expression_cannot_leave_the_group_that_anchors_it() {
    for pattern in [
        "a)|(?:b",
        "a)|b|(?:c",
        "(?x)a #",
        "(?x)a|b # )",
        "a\\",
        "(",
        "*",
        "a{2",
        "(?=a)",
        r"(a)\1",
    ] {
        let built = Constraint::new("x", regex(pattern));
        match built {
            Err(error) => assert_eq!(error.code(), "constraint.invalid_pattern"),
            Ok(_) => check(regex(pattern), "evil b evil", "pattern_mismatch"),
        }
    }
    check_unsound(regex("a)|(?:b"), "constraint.invalid_pattern");
}

#[test]
fn expressions_have_a_length_and_a_size() {
    assert!(Constraint::new("x", regex("a".repeat(256))).is_ok());
    for pattern in [
        String::new(),
        "a".repeat(257),
        "(a{1000}){1000}".to_owned(),
        r"\w{5000}".to_owned(),
        "a\nb".to_owned(),
    ] {
        check_unsound(regex(pattern), "constraint.invalid_pattern");
    }
}

#[test]
fn expressions_that_never_end_elsewhere_end_here() {
    for pattern in ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*b", "(a*)*(a*)*b"] {
        let longest = "a".repeat(MAX_MATCHED_LEN_BYTES);
        check(regex(pattern), longest.as_str(), "pattern_mismatch");
        check(regex(pattern), longest + "a", "malformed_argument");
    }
}

#[test]
fn the_expressions_of_a_constraint_share_a_bound() {
    let ids = |count: usize| json!(vec!["a".repeat(512); count]);
    check(every(regex("a*")), ids(4), "ok");
    check(every(regex("a*")), ids(5), "malformed_argument");
    check(not(every(regex("b*"))), ids(5), "malformed_argument");
}

#[test]
fn a_token_has_16_regular_expressions_and_no_more() {
    let signed = |count: usize| {
        let regexes = || Cbor::List(vec![constraint("x", 7, Cbor::text("a+")); count]);
        let root = root_fields().with(field::CONSTRAINTS, regexes());
        let child = Fields::delegation("researcher", &researcher());
        let child = child.with(field::CONSTRAINTS, regexes());
        Forgery::root(&root, &issuer()).then(&child, &bot()).bytes()
    };
    check_token(&signed(8), "ok");
    check_token(&signed(9), "token.constraint_unsound");
    // Those inside of other rules count too.
    let inner = Cbor::List(vec![Cbor::Uint(7), Cbor::text("a+")]);
    let all = |count: usize| {
        let rules = Cbor::List(vec![inner.clone(); count]);
        let list = Cbor::List(vec![constraint("x", 15, rules)]);
        Forgery::root(&root_fields().with(field::CONSTRAINTS, list), &issuer()).bytes()
    };
    check_token(&all(16), "ok");
    check_token(&all(17), "token.constraint_unsound");
}

#[test]
fn a_path_is_compared_name_by_name() {
    let data = || subpath("/srv/data");
    check_each(
        data,
        [
            "/srv/data",
            "/srv/data/",
            "/srv/data/a",
            "/srv//data/./a",
            "/srv/data/a/../b",
            "/srv/x/../data/a",
            "/srv/data/...",
            "/srv/data/..a",
        ],
        "ok",
    );
    check_each(
        data,
        [
            "/srv",
            "/",
            "/srv/database",
            "/srv/data/../x",
            "/srv/data/a/../../x",
            "/srv/Data/a",
            "/srv/d\u{430}ta/a",
            "/srv/data\u{200b}/a",
            "/srv/data /a",
            "/srv/data\u{2215}a",
        ],
        "outside_path",
    );
}

#[test]
fn a_path_that_readers_disagree_about_is_refused() {
    check_each(
        || subpath("/srv/data"),
        [
            "",
            "srv/data/a",
            "./srv/data/a",
            "//srv/data/a",
            "/../srv/data/a",
            "/srv/data/../../../srv/data/a",
            "/srv/data/%2e%2e/x",
            "/srv/data/%252e",
            "/srv/data/..\\x",
            "\\srv\\data",
            "/srv/data/a\0.txt",
            "/srv/data/a\n",
            "/srv/data/\u{7f}",
        ],
        "malformed_argument",
    );
    check(
        subpath("/srv"),
        "/srv/".to_owned() + &"a".repeat(4_091),
        "ok",
    );
    check(
        subpath("/srv"),
        "/srv/".to_owned() + &"a".repeat(4_092),
        "malformed_argument",
    );
}

#[test]
fn a_relative_base_takes_relative_paths() {
    let docs = || subpath("docs/en");
    check_each(
        docs,
        ["docs/en", "docs/en/a", "./docs/en/a", "docs/x/../en"],
        "ok",
    );
    check_each(docs, ["docs", "docs/end", "en/docs", "."], "outside_path");
    check_each(
        docs,
        ["/docs/en/a", "../docs/en/a", "docs/../../docs/en"],
        "malformed_argument",
    );
    check(subpath("/"), "/any/thing", "ok");
    check(subpath("/"), "any", "malformed_argument");
}

#[test]
fn a_base_that_is_not_in_normal_form_is_unsound() {
    for base in [
        "", ".", "./a", "/a/", "//a", "/a//b", "/a/../b", "a\\b", "/a%20", "/a\n",
    ] {
        check_unsound(subpath(base), "constraint.invalid_base_path");
    }
}

fn shop() -> Rule {
    url(["https"], ["api.shop.example", "*.cdn.example"])
}

#[test]
fn urls_are_allowed_by_scheme_host_and_port() {
    check_each(
        shop,
        [
            "https://api.shop.example",
            "https://api.shop.example/",
            "https://api.shop.example/v1/orders?id=1&x=..",
            "https://api.shop.example:443/a",
            "HTTPS://API.Shop.Example/a",
            "https://a.cdn.example/a%20b",
            "https://a.b.cdn.example/",
            "https://xn--bcher-kva.cdn.example/",
        ],
        "ok",
    );
    check(shop(), "http://api.shop.example/", "scheme_not_allowed");
    check_each(
        shop,
        [
            "https://shop.example/",
            "https://evil-api.shop.example/",
            "https://api.shop.example.evil.example/",
            "https://cdn.example/",
            "https://evilcdn.example/",
            "https://xn--pi-7ka.shop.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
        ],
        "host_not_allowed",
    );
    check_each(
        shop,
        [
            "https://api.shop.example:8443/",
            "https://api.shop.example:80/",
        ],
        "port_not_allowed",
    );
}

#[test]
fn a_url_that_readers_disagree_about_is_refused() {
    check_each(
        shop,
        [
            "",
            "api.shop.example",
            "//api.shop.example/",
            "https:api.shop.example",
            "https:/api.shop.example",
            "https:///api.shop.example",
            "https:\\\\api.shop.example\\",
            "https://api.shop.example\\@evil.example/",
            "https://user@api.shop.example/",
            "https://api.shop.example@evil.example/",
            "https://api.shop.example:443@evil.example/",
            "https://evil.example#@api.shop.example/",
            "https://api.shop.example#",
            "https://api.shop.example/#a",
            "https://evil.example?.cdn.example/",
            "https://api.shop.example?x=1",
            "https://api.shop.example./",
            "https://.cdn.example/",
            "https://a..cdn.example/",
            "https://-a.cdn.example/",
            "https://a_b.cdn.example/",
            "https://api%2eshop.example/",
            "https://\u{430}pi.shop.example/",
            "https://api.shop\u{3002}example/",
            "https://api.shop.ex\u{200b}ample/",
            "https://api.shop.example:/",
            "https://api.shop.example:0443/",
            "https://api.shop.example:+443/",
            "https://api.shop.example:65536/",
            "https://api.shop.example:443:443/",
            " https://api.shop.example/",
            "https://api.shop.example/\n",
            "https://api.shop.example/\r\nHost: evil.example",
            "https://api.shop.example/a b",
            "https://api.shop.example/%zz",
            "https://api.shop.example/?%4",
            "javascript:alert(1)//https://api.shop.example/",
            "file:///etc/passwd",
            "ftp://api.shop.example/",
        ],
        "malformed_argument",
    );
}

#[test]
fn no_reader_can_shorten_the_path_of_a_url() {
    check_each(
        shop,
        [
            "https://api.shop.example/v1/../admin",
            "https://api.shop.example/v1/..",
            "https://api.shop.example/./v1",
            "https://api.shop.example/v1/%2e%2E/admin",
            "https://api.shop.example/v1/.%2e/admin",
            "https://api.shop.example/v1/..;/admin",
            "https://api.shop.example/v1%2f..%2fadmin",
            "https://api.shop.example/v1%5cadmin",
            "https://api.shop.example/%252e%252e/",
            "https://api.shop.example/a%00",
            "https://api.shop.example/a%0d%0a",
        ],
        "malformed_argument",
    );
    check(shop(), "https://api.shop.example/?next=%2e%2e%2f", "ok");
}

#[test]
fn addresses_as_hosts_have_one_form() {
    let local = || url_on_ports(["http"], ["127.0.0.1", "[2001:db8::1]"], [80, 8080]);
    check_each(
        local,
        [
            "http://127.0.0.1/",
            "http://127.0.0.1:8080/",
            "http://[2001:db8::1]:8080",
            "http://[2001:0DB8:0:0::1]/",
        ],
        "ok",
    );
    check_each(
        local,
        [
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://127.1/",
            "http://127.0.0.01/",
            "http://127.0.0.1./",
            "http://a.127/",
            "http://[::ffff:127.0.0.1]/",
            "http://[2001:db8::1%25eth0]/",
            "http://[127.0.0.1]/",
            "http://2001:db8::1/",
            "http://[2001:db8::1/",
        ],
        "malformed_argument",
    );
    check(local(), "http://127.0.0.1:443/", "port_not_allowed");
    check(local(), "http://localhost/", "host_not_allowed");
}

#[test]
fn a_url_may_have_so_many_bytes() {
    let start = "https://api.shop.example/";
    let long = |len: usize| format!("{start}{}", "a".repeat(len - start.len()));
    check(shop(), long(2_048), "ok");
    check(shop(), long(2_049), "malformed_argument");
}

#[test]
fn url_rules_that_name_no_host_are_unsound() {
    let host = "constraint.invalid_host";
    for wrong in [
        "",
        "*",
        "*.",
        "*.com",
        "a.*.example",
        "Shop.example",
        "shop.example.",
        "a b",
        "shop.example:443",
        "user@shop.example",
        "0x7f",
        "127.1",
        "::1",
        "[::0:1]",
        "[::ffff:127.0.0.1]",
        "*.0.0.1",
        "b\u{fc}cher.example",
    ] {
        check_unsound(url(["https"], [wrong]), host);
    }
    check_unsound(url(["ftp"], ["a.example"]), "constraint.unknown_scheme");
    check_unsound(url(["HTTPS"], ["a.example"]), "constraint.unknown_scheme");
    check_unsound(
        url_on_ports(["https"], ["a.example"], [0]),
        "constraint.invalid_port",
    );
    check_unsound(url(["https"], [""; 0]), "constraint.host_count");
    check_unsound(url([""; 0], ["a.example"]), "constraint.host_count");
    assert!(Constraint::new("x", url(["https"], ["a.example"; 64])).is_ok());
    check_unsound(url(["https"], ["a.example"; 65]), "constraint.host_count");
    check_unsound(url(["https"; 65], ["a.example"]), "constraint.host_count");
    let on_ports = |ports: u16| url_on_ports(["https"], ["a.example"], 1..=ports);
    assert!(Constraint::new("x", on_ports(64)).is_ok());
    check_unsound(on_ports(65), "constraint.host_count");
}

#[test]
fn addresses_are_allowed_by_domain() {
    let domain = || email_domain("shop.example");
    check_each(
        domain,
        [
            "a@shop.example",
            "A.b+c_d-e@SHOP.example",
            "o'neil@shop.example",
        ],
        "ok",
    );
    check_each(
        domain,
        [
            "a@evil.example",
            "a@sub.shop.example",
            "a@evilshop.example",
            "a@shop.example.evil.example",
            "a@xn--shp-jna.example",
        ],
        "domain_not_allowed",
    );
    let below = || email_domain("*.shop.example");
    check_each(below, ["a@eu.shop.example", "a@a.b.shop.example"], "ok");
    check_each(
        below,
        ["a@shop.example", "a@evilshop.example"],
        "domain_not_allowed",
    );
}

#[test]
fn what_is_not_one_plain_address_is_refused() {
    check_each(
        || email_domain("shop.example"),
        [
            "",
            "shop.example",
            "@shop.example",
            "a@",
            "a@shop.example@evil.example",
            "a@evil.example@shop.example",
            "a@evil.example,b@shop.example",
            "b@evil.example a@shop.example",
            "Shop <a@shop.example>",
            "a@shop.example\n",
            "a@shop.example\r\nBcc: b@evil.example",
            "\"a b\"@shop.example",
            "a(evil)@shop.example",
            "b%evil.example@shop.example",
            "evil.example!b@shop.example",
            "-oQ/tmp@shop.example",
            ".a@shop.example",
            "a..b@shop.example",
            "a.@shop.example",
            "a@shop.example.",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@localhost",
            "\u{430}@shop.example",
            "a@sh\u{43e}p.example",
            "a\u{200b}@shop.example",
            "a@shop.example\0",
            "mailto:a@shop.example",
        ],
        "malformed_argument",
    );
    let local = |len: usize| "a".repeat(len) + "@shop.example";
    check(email_domain("shop.example"), local(64), "ok");
    check(
        email_domain("shop.example"),
        local(65),
        "malformed_argument",
    );
    for domain in [
        "",
        "example",
        "Shop.example",
        "@shop.example",
        "*.example",
        "127.0.0.1",
        "[::1]",
    ] {
        check_unsound(email_domain(domain), "constraint.invalid_host");
    }
}

#[test]
fn addresses_are_allowed_by_network() {
    let inside = || cidr(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
    check_each(
        inside,
        [
            "10.0.0.0",
            "10.255.255.255",
            "192.0.2.7",
            "2001:db8::1",
            "2001:DB8:0:0::1",
        ],
        "ok",
    );
    check_each(
        inside,
        [
            "9.255.255.255",
            "11.0.0.0",
            "192.0.2.8",
            "2001:db9::",
            "::1",
            "::",
        ],
        "outside_network",
    );
    check_each(
        inside,
        [
            "",
            "0x0a000001",
            "167772161",
            "10.1",
            "010.0.0.1",
            "10.0.0.1 ",
            "10.0.0.1\n",
            "10.0.0.1:80",
            "10.0.0.0/8",
            "[::1]",
            "fe80::1%eth0",
            "\u{ff11}0.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a00:1",
            "::10.0.0.1",
            "::ffff:0:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:0:a00:1::",
            "localhost",
        ],
        "malformed_argument",
    );
    check(cidr(["10.0.0.0/8"]), "2001:db8::1", "outside_network");
    check(cidr(["0.0.0.0/0"]), "255.255.255.255", "ok");
    check(cidr(["::/0"]), "ffff::", "ok");
    check(cidr(["2001:db8::1/128"]), "2001:db8::1", "ok");
}

#[test]
fn networks_have_one_form() {
    for network in [
        "",
        "10.0.0.0",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/08",
        "10.0.0.0/+8",
        "10.0.0.0/8 ",
        "10.0/8",
        "2001:DB8::/32",
        "2001:db8:0::/32",
        "::/129",
        "::ffff:10.0.0.0/104",
        "64:ff9b::/96",
    ] {
        check_unsound(cidr([network]), "constraint.invalid_network");
    }
    check_unsound(cidr([""; 0]), "constraint.network_count");
    assert!(Constraint::new("x", cidr(["10.0.0.0/8"; 64])).is_ok());
    check_unsound(cidr(["10.0.0.0/8"; 65]), "constraint.network_count");
}

#[test]
fn a_subset_has_known_elements_and_one_at_least() {
    let tags = || subset_of(["a", "b"]);
    check(tags(), json!(["a"]), "ok");
    check(tags(), json!(["b", "a", "b"]), "ok");
    check(tags(), json!([]), "empty_list");
    for list in [
        json!(["a", "c"]),
        json!(["A"]),
        json!(["a\u{200b}"]),
        json!([["a"]]),
        json!([null]),
        json!([1]),
    ] {
        check(tags(), list, "not_subset");
    }
    check(tags(), "a", "wrong_type");
    check(tags(), json!({"a": "a"}), "wrong_type");
    check(subset_of([1]), json!([1.0]), "ok");
    check_unsound(subset_of([0; 0]), "constraint.choice_count");
    assert!(Constraint::new("x", subset_of(0..256)).is_ok());
    check_unsound(subset_of(0..257), "constraint.choice_count");
}

#[test]
fn ranges_that_allow_nothing_or_all_are_unsound() {
    check_unsound(decimal_between(1, decimal(5, 1)), "constraint.empty_range");
    check_unsound(length(2, 1), "constraint.empty_range");
    check_unsound(
        Rule::Length {
            min: None,
            max: None,
        },
        "constraint.unbounded_range",
    );
    check_unsound(
        Rule::DecimalRange {
            min: None,
            max: None,
        },
        "constraint.unbounded_range",
    );
    check_unsound(
        decimal_at_most(9_007_199_254_740_992_i64),
        "constraint.bound_out_of_range",
    );
    assert!(Constraint::new("x", decimal_between(decimal(5, 1), decimal(5, 1))).is_ok());
}

#[test]
fn only_bounds_are_told() {
    let told = |rule: Rule, value: Json| {
        let arguments = Arguments::from_json(&json!({ "x": value })).unwrap();
        let constraint = Constraint::new("x", rule).unwrap();
        constraint.check(&arguments).unwrap_err().told()
    };
    assert_eq!(
        told(length_at_most(2), json!("abc")),
        "argument `x` must be at most 2 long"
    );
    assert_eq!(
        told(decimal_at_most(decimal(995, 1)), json!(100)),
        "argument `x` must be a number at most 99.5"
    );
    assert_eq!(told(absent(), json!(1)), "argument `x` must be left out");
    for rule in [
        shop(),
        email_domain("shop.example"),
        cidr(["10.0.0.0/8"]),
        subpath("/secret"),
        regex("secret"),
        glob("secret*"),
        agentsudo_core::all_of([at_least(1), at_most(2)]),
        not(equals(Value::from("x"))),
    ] {
        assert_eq!(
            told(rule, json!("x")),
            "argument `x` is not a value that the token allows"
        );
    }
}
