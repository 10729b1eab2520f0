//! Texts that are on an edge of some rule.

use super::choices::Pool;

pub(super) const PREFIXES: Pool = Pool {
    sound: &["a", "https://shop.example/", "b", "é", "buy"],
    odd: &[""],
};

pub(super) const GLOBS: Pool = Pool {
    sound: &["*", "a*", "*b", "a/*", "*/b", "a*b*c", "*.txt"],
    odd: &["**", "a?", "../*", "", "a\\b", "[ab]"],
};

pub(super) const GLOB_SUBJECTS: [&str; 10] = [
    "a",
    "ab",
    "a/b",
    "abc",
    "b",
    "a/b/c",
    "..",
    "a\\b",
    "notes.txt",
    "aXbXc",
];

pub(super) const REGEXES: Pool = Pool {
    sound: &[
        "a+",
        "[a-z]+",
        "a|ab",
        "\\d{3}",
        "(?i)AB",
        ".*",
        "^a$",
        "\\w+@\\w+",
        "a*?",
        "(a|b)*",
    ],
    odd: &["", "(", "a)|(?:b", ".{1000}", "a\nb", "(?=a)"],
};

pub(super) const REGEX_SUBJECTS: [&str; 8] = ["a", "ab", "aaa", "123", "a\n", "é", "b", "x@y"];

pub(super) const BASES: Pool = Pool {
    sound: &["/srv/data", "srv", "/", "a", "data/a", "..."],
    odd: &["/srv/", "", "a/../b", "//srv", ".", "..", "a%b"],
};

pub(super) const PATHS: [&str; 12] = [
    "/srv/data/x",
    "/srv/data",
    "/srv/database",
    "/srv/data/../x",
    "srv/a",
    "srv",
    "../srv",
    "/..",
    "/srv%2fdata",
    "a//b",
    "//srv/data",
    "./srv/./data/",
];

pub(super) const HOSTS: Pool = Pool {
    sound: &[
        "shop.example",
        "api.shop.example",
        "*.shop.example",
        "192.0.2.1",
        "[2001:db8::1]",
        "localhost",
    ],
    odd: &[
        "Shop.Example",
        "*.example",
        "0x7f.1",
        "1.2.3",
        "[::ffff:1.2.3.4]",
        "a_b.example",
        "shop.example.",
        "[2001:DB8::0:1]",
        "user@shop.example",
        "-a.example",
        "*",
        "*.",
        "[::1",
        "a.0x",
        "a.b.1",
        "*.192.0.2.1",
        "xshop.example",
        "",
    ],
};

pub(super) const URLS: [&str; 10] = [
    "https://shop.example/a",
    "https://api.shop.example",
    "http://shop.example",
    "https://evil.example/",
    "https://shop.example@evil.example/",
    "https://shop.example#x",
    "HTTPS://SHOP.EXAMPLE/",
    "https:/shop.example",
    "https://[2001:db8:0::1]:443/",
    "https://shop.example/%",
];

pub(super) const DOMAINS: Pool = Pool {
    sound: &["shop.example", "*.shop.example", "evil.example"],
    odd: &[
        "example",
        "*.example",
        "Shop.example",
        "",
        "192.0.2.1",
        "a..b",
        "*.*.shop.example",
    ],
};

pub(super) const MAILS: [&str; 14] = [
    "a@shop.example",
    "a@eu.shop.example",
    "A+b@SHOP.example",
    "a@evil.example",
    "a@b@shop.example",
    "-a@shop.example",
    "a b@shop.example",
    "@shop.example",
    "a@",
    "a.b'c@shop.example",
    "a..b@shop.example",
    "a@xshop.example",
    "a%b@shop.example",
    "a@localhost",
];

pub(super) const NETWORKS: Pool = Pool {
    sound: &[
        "10.0.0.0/8",
        "192.0.2.0/24",
        "2001:db8::/32",
        "0.0.0.0/0",
        "::/0",
        "192.0.2.1/32",
        "fe80::/10",
        "::1/128",
    ],
    odd: &[
        "10.0.0.1/8",
        "10.0.0.0/33",
        "2001:db8:0::/48",
        "::ffff:0:0/96",
        "10.0.0.0/08",
        "1.2.3.4",
        "10.0.0.0/+8",
        "10.0.0.0/",
        "2001:DB8::/32",
        "::/129",
        "2002::/16",
    ],
};

pub(super) const ADDRESSES: [&str; 18] = [
    "10.0.0.1",
    "192.0.2.1",
    "192.0.2.255",
    "2001:db8::1",
    "2001:DB8:0:0::1",
    "::1",
    "::",
    "010.0.0.1",
    "0x7f.1",
    "::ffff:10.0.0.1",
    "64:ff9b::1",
    "fe80::1%eth0",
    "1.2.3.4.5",
    "fe80:::1",
    "::10.0.0.1",
    "1:2:3:4:5:6:7::",
    "1:2:3:4:5:6:7:8:9",
    "fe80::1:2.3.4.5",
];
