//! Golden tokens: one file a case, named after the attack, for every implementation to agree on.
//!
//! `tests/vectors/README.md` describes the files and how they are written anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use agentsudo_core::{PublicKey, Timestamp, Token, Verifier};
use serde::{Deserialize, Serialize};

use super::actors::{
    NOW_S, audience, bot, chain_of_three, issuer, researcher, root, root_fields, stranger,
};
use super::forge::{Cbor, Fields, Forgery, at_most, constraint, field};

/// Set to anything, it makes the first test below write the files instead of comparing them.
const REGENERATE: &str = "AGENTSUDO_REGENERATE_VECTORS";

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    token_hex: String,
    issuer_hex: String,
    audience: String,
    now: u64,
    expected: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn at(made: &Forgery, now: u64, expected: &str) -> Vector {
    Vector {
        token_hex: hex(&made.bytes()),
        issuer_hex: hex(&issuer().bytes()),
        audience: "shop".to_owned(),
        now,
        expected: expected.to_owned(),
    }
}

fn now(made: &Forgery, expected: &str) -> Vector {
    at(made, NOW_S, expected)
}

fn root_with(key: u64, value: Cbor) -> Forgery {
    Forgery::root(&root_fields().with(key, value), &issuer())
}

fn to_researcher() -> Fields {
    Fields::delegation("researcher", &researcher())
}

fn constrained(constraint: Cbor) -> Forgery {
    root_with(field::CONSTRAINTS, Cbor::List(vec![constraint]))
}

fn flipped_signature() -> Forgery {
    let mut made = chain_of_three();
    made.parts[1].1[10] ^= 0x40;
    made
}

fn spliced_delegation() -> Forgery {
    let narrow = root_with(field::GRANTS, Cbor::texts(&["write:refunds:eu"]));
    let mut made = root();
    made.parts
        .push(narrow.then(&to_researcher(), &bot()).parts[1].clone());
    made
}

fn small_order_holder() -> Forgery {
    let mut neutral = vec![0; 32];
    neutral[0] = 1;
    root_with(field::HOLDER_KEY, Cbor::Bytes(neutral))
}

fn endless() -> Forgery {
    Forgery::root(&root_fields().without(field::EXPIRES_AFTER_S), &issuer())
}

fn of_the_stranger() -> Forgery {
    let fields = Fields::root(&stranger(), "support-bot", &bot());
    Forgery::root(&fields, &stranger())
}

fn sealed_and_delegated() -> Forgery {
    let sealed = root_fields().without(field::DEPTH);
    Forgery::root(&sealed, &issuer()).then(&to_researcher(), &bot())
}

fn rule(kind: u64, argument: Cbor) -> Cbor {
    Cbor::List(vec![Cbor::Uint(kind), argument])
}

fn refused_within_a_rule() -> [Case; 4] {
    let is_text = || rule(3, Cbor::text("a"));
    let deep = (0..3).fold(is_text(), |inner, _| rule(17, inner));
    let unsound = "token.constraint_unsound";
    let unknown = constraint("x", 17, rule(99, Cbor::Null));
    let host = Cbor::List(vec![
        Cbor::texts(&["https"]),
        Cbor::texts(&["Shop.example"]),
    ]);
    let anchors = constraint("x", 7, Cbor::text("a)|(?:b"));
    [
        (
            "unknown-kind-within-a-rule",
            now(&constrained(unknown), "token.unknown_constraint_kind"),
        ),
        (
            "rules-five-deep",
            now(
                &constrained(constraint("x", 15, Cbor::List(vec![deep]))),
                unsound,
            ),
        ),
        (
            "host-in-upper-case",
            now(&constrained(constraint("x", 9, host)), unsound),
        ),
        (
            "expression-that-leaves-its-group",
            now(&constrained(anchors), unsound),
        ),
    ]
}

/// One constraint of each kind.
fn every_kind() -> Forgery {
    let text = Cbor::text;
    let bounds = |min: Cbor, max: Cbor| Cbor::List(vec![min, max]);
    let half = || Cbor::Tag(4, Box::new(Cbor::List(vec![Cbor::Int(-1), Cbor::Int(5)])));
    let url = vec![
        Cbor::texts(&["https"]),
        Cbor::texts(&["shop.example", "*.cdn.example"]),
        Cbor::List(vec![Cbor::Uint(443), Cbor::Uint(8443)]),
    ];
    let list = Cbor::List(vec![rule(14, Cbor::Null), rule(3, text("a"))]);
    let arguments = [
        text("a"),
        Cbor::texts(&["a", "b"]),
        bounds(Cbor::Null, Cbor::Int(5)),
        text("a"),
        bounds(half(), Cbor::Int(5)),
        bounds(Cbor::Uint(1), Cbor::Null),
        text("order_*"),
        text("order_[0-9]+"),
        text("/srv/data"),
        Cbor::List(url),
        text("*.shop.example"),
        Cbor::texts(&["10.0.0.0/8", "2001:db8::/32"]),
        Cbor::texts(&["a", "b"]),
        rule(5, bounds(Cbor::Null, Cbor::Uint(9))),
        Cbor::Null,
        list.clone(),
        list,
        rule(3, text("a")),
    ];
    let kinds = (0_u64..).zip(arguments);
    let constraints = kinds.map(|(kind, argument)| constraint("x[]", kind, argument));
    root_with(field::CONSTRAINTS, Cbor::List(constraints.collect()))
}

type Case = (&'static str, Vector);

fn valid() -> [Case; 4] {
    let constrained = constrained(at_most("amount_minor", 5_000));
    [
        ("valid-root", now(&root(), "ok")),
        ("valid-three-blocks", now(&chain_of_three(), "ok")),
        ("valid-constraint", now(&constrained, "ok")),
        ("valid-every-kind", now(&every_kind(), "ok")),
    ]
}

fn times() -> [Case; 4] {
    let long = root_with(field::EXPIRES_AFTER_S, Cbor::Uint(86_401));
    [
        (
            "expired-this-second",
            at(&root(), NOW_S + 900, "token.expired"),
        ),
        (
            "issued-in-future",
            at(&root(), NOW_S - 61, "token.issued_in_future"),
        ),
        ("no-expiry", now(&endless(), "token.missing_field")),
        (
            "lifetime-above-maximum",
            now(&long, "token.lifetime_too_long"),
        ),
    ]
}

fn signatures() -> [Case; 7] {
    let bank = root_with(field::AUDIENCES, Cbor::texts(&["bank"]));
    let by_stranger = Forgery::root(&root_fields(), &stranger());
    let by_nobody = root().then(&to_researcher(), &stranger());
    let invalid = "token.signature_invalid";
    [
        ("wrong-audience", now(&bank, "token.audience_mismatch")),
        (
            "unknown-issuer",
            now(&of_the_stranger(), "token.unknown_issuer"),
        ),
        ("signed-by-stranger", now(&by_stranger, invalid)),
        ("flipped-signature", now(&flipped_signature(), invalid)),
        ("spliced-delegation", now(&spliced_delegation(), invalid)),
        ("delegated-by-nobody", now(&by_nobody, invalid)),
        (
            "sealed-and-delegated",
            now(&sealed_and_delegated(), "token.depth_exceeded"),
        ),
    ]
}

fn forms() -> [Case; 6] {
    let second_root = root().then(&root_fields(), &bot());
    let version = root_with(field::VERSION, Cbor::Uint(2));
    let kind = constrained(constraint("x", 99, Cbor::Null));
    let long = root_with(field::EXPIRES_AFTER_S, Cbor::Raw(vec![0x1a, 0, 0, 3, 0x84]));
    [
        (
            "root-as-second-block",
            now(&second_root, "token.unknown_field"),
        ),
        (
            "small-order-holder",
            now(&small_order_holder(), "token.key_unsound"),
        ),
        ("unknown-version", now(&version, "token.unknown_version")),
        (
            "unknown-field",
            now(&root_with(12, Cbor::Null), "token.unknown_field"),
        ),
        (
            "unknown-constraint-kind",
            now(&kind, "token.unknown_constraint_kind"),
        ),
        ("long-integer", now(&long, "token.not_canonical")),
    ]
}

fn cases() -> BTreeMap<&'static str, Vector> {
    let cases = valid().into_iter().chain(times());
    let cases = cases.chain(signatures()).chain(forms());
    cases.chain(refused_within_a_rule()).collect()
}

fn written(vector: &Vector) -> String {
    serde_json::to_string_pretty(vector).unwrap() + "\n"
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own switch, documented beside the files that it writes"
)]
fn is_regenerating() -> bool {
    std::env::var_os(REGENERATE).is_some()
}

#[test]
fn the_files_are_what_the_generator_writes() {
    for (name, vector) in cases() {
        let path = folder().join(name).with_extension("json");
        if is_regenerating() {
            fs::write(&path, written(&vector)).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, written(&vector), "{}", path.display());
    }
}

#[test]
fn every_file_is_accepted_or_refused_as_it_says() {
    let mut seen = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            check_file(&path);
            seen += 1;
        }
    }
    assert_eq!(
        seen,
        cases().len(),
        "each file has a case, and each case a file"
    );
}

#[track_caller]
fn check_file(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let vector: Vector = serde_json::from_str(&text).unwrap();
    let issuer: PublicKey = vector.issuer_hex.parse().unwrap();
    let verifier = Verifier::new(audience(&vector.audience)).trust(issuer);
    let found = Token::from_bytes(&bytes_of(&vector.token_hex))
        .and_then(|token| verifier.verify(&token, Timestamp::from_unix_s(vector.now)));
    let found = found.map_or_else(|error| error.code(), |_| "ok");
    assert_eq!(found, vector.expected, "{}", path.display());
}
