//! Paths and URLs that leave the place which they name. A rule decides on the resolved form of the text. What
//! a text cannot show, links in a file system and redirects, is for the connector that follows them.

use agentsudo_core::{all_of, prefix, subpath, url};

use super::{Rule, allow, refuse};

const BASE: &str = "/srv/reports";

/// Where a text leads once everybody on the way has decoded it.
fn lands(path: &str) -> String {
    let mut decoded = path.to_owned();
    for (from, to) in [
        ("%25", "%"),
        ("%2e", "."),
        ("%2E", "."),
        ("%2f", "/"),
        ("%5c", "/"),
        ("\\", "/"),
    ] {
        decoded = decoded.replace(from, to);
    }
    let until_nul = decoded.split('\0').next().unwrap_or_default();
    let mut names = Vec::new();
    for name in until_nul
        .split('/')
        .filter(|name| !matches!(*name, "" | "."))
    {
        if name == ".." {
            names.pop();
        } else {
            names.push(name);
        }
    }
    format!("/{}", names.join("/"))
}

fn is_below_base(path: &str) -> bool {
    path == BASE || path.starts_with(&format!("{BASE}/"))
}

#[test]
fn a_path_that_leaves_its_base_is_refused() {
    for path in [
        "/srv/reports/../secrets",
        "/srv/reports/a/../../secrets",
        "/srv/reports/./.././secrets",
        "/srv/reports/..//secrets",
        "/srv/reports/a/../../reports-old/x",
        "/srv/reports-old/x",
        "/srv/reports/%2e%2e/secrets",
        "/srv/reports/%2E%2e/secrets",
        "/srv/reports/.%2e/secrets",
        "/srv/reports/..%2fsecrets",
        "/srv/reports/%252e%252e/secrets",
        "/srv/reports/..\\secrets",
        "/srv/reports/..%5csecrets",
        "/srv/reports/../secrets\0.pdf",
        "/srv/reports/../../../../../etc/passwd",
    ] {
        assert!(path.starts_with(BASE), "the twin takes it");
        assert!(
            !is_below_base(&lands(path)),
            "and is led out: {}",
            lands(path)
        );
        refuse(subpath(BASE), path);
    }
}

#[test]
fn a_path_is_judged_by_where_it_leads_and_not_by_how_it_is_written() {
    for path in [
        "/srv/reports/a/../b",
        "/srv/./reports//b",
        "/srv/x/../reports/b",
    ] {
        assert!(is_below_base(&lands(path)));
        allow(subpath(BASE), path);
    }
}

/// What the rule cannot know. A connector resolves links first and asks about what it found; or opens
/// the file in a way that follows none.
#[cfg(unix)]
#[test]
fn a_link_is_resolved_by_whoever_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let (base, secrets) = (folder.join("reports"), folder.join("secrets"));
    std::fs::create_dir(&base).unwrap();
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("plan"), "secret").unwrap();
    std::os::unix::fs::symlink(&secrets, base.join("link")).unwrap();
    let rule = || subpath(base.to_str().unwrap());
    for shown in [base.join("link/plan"), base.join("link/../secrets/plan")] {
        // The text is below the base, and the twin reads what is not.
        allow(rule(), shown.to_str().unwrap());
        assert_eq!(std::fs::read_to_string(&shown).unwrap(), "secret");
        let resolved = shown.canonicalize().unwrap();
        refuse(rule(), resolved.to_str().unwrap());
    }
}

fn shop() -> Rule {
    url(["https"], ["api.shop.example"])
}

type Reader = fn(&str) -> bool;

/// Twins, as they are written every day.
const STARTS: Reader = |url| url.starts_with("https://api.shop.example");
const CONTAINS: Reader = |url| url.contains("api.shop.example");
const AFTER_AT: Reader = |url| {
    let rest = url.rsplit('@').next().unwrap_or_default();
    rest.starts_with("api.shop.example")
};
const ENDS: Reader = |url| url.trim_end_matches('/').ends_with("api.shop.example");
const SEEN: Reader = |url| {
    let seen = url
        .replace('\u{43e}', "o")
        .replace("xn--shp-dmc", "shop")
        .replace(['\u{ff0e}', '\u{3002}'], ".")
        .replace("%2e", ".")
        .replace(['\u{200b}', '\u{ad}', '\t', '\n'], "");
    STARTS(&seen.to_lowercase())
};

#[test]
fn a_url_that_names_one_host_and_leads_to_another_is_refused() {
    let attacks: [(&str, Reader); 25] = [
        ("https://api.shop.example@evil.example/", STARTS),
        ("https://api.shop.example:443@evil.example/", STARTS),
        ("https://api.shop.example:pay@evil.example/", STARTS),
        ("https://api.shop.example%40evil.example/", STARTS),
        ("https://api.shop.example.evil.example/", STARTS),
        ("https://api.shop.example-evil.example/", STARTS),
        ("https://api.shop.example%2eevil.example/", STARTS),
        ("https://api.shop.example%00.evil.example/", STARTS),
        ("https://api.shop.example\\.evil.example/", STARTS),
        ("https://api.shop.example\\@evil.example/", STARTS),
        ("https://evil.example/https://api.shop.example/", CONTAINS),
        ("https://evil.example/?next=api.shop.example", CONTAINS),
        ("https://evil.example#@api.shop.example/", AFTER_AT),
        ("https://evil.example/@api.shop.example/", AFTER_AT),
        ("https://evil.example\\@api.shop.example/", AFTER_AT),
        ("https://user@evil.example@api.shop.example/", AFTER_AT),
        ("https://user@api.shop.example/", AFTER_AT),
        ("https://evil.example?api.shop.example", ENDS),
        ("https://evil-api.shop.example/", ENDS),
        ("https://api.sh\u{43e}p.example/", SEEN),
        ("https://api.xn--shp-dmc.example/", SEEN),
        ("https://api.shop\u{3002}example/", SEEN),
        ("https://api.shop%2eexample/", SEEN),
        ("https://api.sh\u{200b}op.example/", SEEN),
        ("ht\ntps://api.shop.example/", SEEN),
    ];
    for (url, twin) in attacks {
        assert!(twin(url), "the twin takes it: {url}");
        refuse(shop(), url);
    }
}

#[test]
fn a_url_that_leaves_its_path_is_refused() {
    let orders = "https://api.shop.example/orders/";
    let rule = || all_of([shop(), prefix(orders)]);
    allow(rule(), "https://api.shop.example/orders/1");
    for url in [
        "https://api.shop.example/orders/../admin",
        "https://api.shop.example/orders/%2e%2e/admin",
        "https://api.shop.example/orders/.%2E/admin",
        "https://api.shop.example/orders/..;/admin",
        "https://api.shop.example/orders/%252e%252e/admin",
        "https://api.shop.example/orders/..%2fadmin",
        "https://api.shop.example/orders/..\\admin",
    ] {
        assert!(url.starts_with(orders), "the twin takes it");
        refuse(rule(), url);
    }
}

/// What the rule cannot know. A client that follows a redirect asks about the next place as well.
#[test]
fn a_redirect_is_asked_about_by_whoever_follows_it() {
    allow(
        shop(),
        "https://api.shop.example/go?to=https://evil.example/",
    );
    // The twin follows the answer without a word; the same rule, asked again, stops it.
    for location in [
        "https://evil.example/",
        "//evil.example/",
        "http://api.shop.example/",
    ] {
        refuse(shop(), location);
    }
}
