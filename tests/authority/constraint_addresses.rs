//! Rules on where something goes, URLs, mail addresses and networks, and the spellings that get past others.

use agentsudo_core::{Constraint, Rule, cidr, email_domain, url, url_on_ports};

use super::constraint_kinds::{check, check_each, check_unsound};

pub(super) fn shop() -> Rule {
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
