//! Wildcards in grants: what each covers, and what is refused as a grant.
//!
//! You will see a table of patterns and scopes, then the coded errors for texts that are no grants, and
//! that such a text makes no token either.
//!
//! `cargo run -p agentsudo-examples --example wildcards`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{Agent, Issuer, Scope, ScopePattern};

const COVERED: [(&str, &[&str], &[&str]); 4] = [
    (
        "read:*",
        &["read:orders", "read:customers"],
        &["read:orders:eu", "write:orders"],
    ),
    (
        "write:orders*",
        &["write:orders", "write:orders_archive"],
        &["write:order", "write:orders:eu"],
    ),
    (
        "write:**",
        &["write:orders", "write:orders:eu"],
        &["read:orders"],
    ),
    ("**", &["read:orders", "delete:customers:eu"], &[]),
];

const REFUSED: [(&str, &str); 6] = [
    ("*", "scope.lone_star"),
    ("read:orders,write:refunds", "scope.looks_like_list"),
    ("Write:Refunds", "scope.bad_character"),
    ("write:re?unds", "scope.bad_character"),
    ("write:*refunds", "scope.misplaced_wildcard"),
    ("refunds", "scope.too_few_segments"),
];

fn main() -> anyhow::Result<()> {
    for (text, covered, not_covered) in COVERED {
        let pattern = ScopePattern::parse(text)?;
        println!("`{text}`");
        for scope in covered {
            println!("  covers {scope}");
            anyhow::ensure!(pattern.matches(&Scope::parse(scope)?));
        }
        for scope in not_covered {
            println!("  does not cover {scope}");
            anyhow::ensure!(!pattern.matches(&Scope::parse(scope)?));
        }
    }

    println!("\nno grants:");
    for (text, code) in REFUSED {
        let Err(error) = ScopePattern::parse(text) else {
            anyhow::bail!("`{text}` must not be a grant");
        };
        println!("  {:26} {error}", error.code());
        anyhow::ensure!(error.code() == code);
    }

    // A required scope names one authority. Wildcards are for grants.
    let Err(error) = Scope::parse("write:*") else {
        anyhow::bail!("a required scope must be a literal");
    };
    println!("  {:26} {error}", error.code());
    anyhow::ensure!(error.code() == "scope.pattern_where_literal");

    // The mistake is kept until the token is to be signed; then there is no token.
    let minted = Issuer::generate()?
        .token_for(&Agent::generate("admin-bot")?)
        .allow("read:orders")
        .allow("*")
        .mint();
    let Err(error) = minted else {
        anyhow::bail!("a lone star must not make a token");
    };
    println!("\nno token: {error}");
    anyhow::ensure!(error.code() == "scope.lone_star");
    Ok(())
}
