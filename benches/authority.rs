//! What authority costs: verifying tokens beside one raw signature check, and deciding in memory.
//!
//! Compare the figures of one run with each other; machines differ, and the same machine does from hour to
//! hour.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has nothing to measure"
)]

use std::hint::black_box;
use std::sync::Arc;

use agentsudo::{
    Audience, Call, CallId, Capability, Conditions, Constraint, Delegation, Effect, Erased, Freeze,
    FreezeList, Holder, Mint, Requirement, Scope, ScopePattern, SecretKey, Signer, Timestamp,
    Token, TokenId, ToolName, Verifier, at_most, between, prefix,
};
use agentsudo_testkit::seeded_key;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use ed25519_dalek::{Signer as _, SigningKey};

const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);
const AUDIENCE: &str = "shop";

fn holder(agent: &str, key: &SecretKey) -> Holder {
    Holder::new(agent.parse().unwrap(), key.public_key())
}

fn constraint() -> Constraint {
    Constraint::new("amount_minor", at_most(5_000)).unwrap()
}

fn mint(issuer: &SecretKey, grants: usize) -> Token {
    let mut mint = Mint::new(
        holder("support-bot", &seeded_key(10)),
        NOW,
        900,
        TokenId::from_bytes([7; 12]),
    )
    .constrain(constraint())
    .delegable(15);
    for i in 1..grants {
        mint = mint.grant(format!("read:thing-{i}").parse().unwrap());
    }
    mint.grant("write:refunds".parse().unwrap())
        .sign(issuer)
        .unwrap()
}

fn delegate(parent: &Token, depth: u8) -> Token {
    let (from, to) = (seeded_key(10 + depth), seeded_key(11 + depth));
    Delegation::to(holder("researcher", &to))
        .sign(parent, &from)
        .unwrap()
}

fn chain(issuer: &SecretKey, delegations: u8) -> Token {
    (0..delegations).fold(mint(issuer, 1), |token, depth| delegate(&token, depth))
}

fn verifier(issuer: &SecretKey) -> Verifier {
    Verifier::new(Audience::parse(AUDIENCE).unwrap()).trust(issuer.public_key())
}

fn verify(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify");
    let raw = SigningKey::from_bytes(&[1; 32]);
    let message = [7_u8; 150];
    let signature = raw.sign(&message);
    let public = raw.verifying_key();
    group.bench_function("raw verify_strict", |b| {
        b.iter(|| {
            public
                .verify_strict(black_box(&message), black_box(&signature))
                .unwrap()
        });
    });
    let issuer = seeded_key(1);
    let verifier = verifier(&issuer);
    for delegations in [0, 1, 3] {
        let bytes = chain(&issuer, delegations).as_bytes().to_vec();
        let id = BenchmarkId::new("wire to verified, delegations", delegations);
        group.bench_with_input(id, &bytes, |b, bytes| {
            b.iter(|| {
                let token = Token::from_bytes(black_box(bytes)).unwrap();
                verifier.verify(&token, NOW).unwrap()
            });
        });
    }
    group.bench_function("decode only, delegations/3", |b| {
        let bytes = chain(&issuer, 3).as_bytes().to_vec();
        b.iter(|| Token::from_bytes(black_box(&bytes)).unwrap());
    });
    group.bench_function("refuse 48 KB of rubbish", |b| {
        let rubbish = vec![0x82_u8; 48 * 1_024];
        b.iter(|| Token::from_bytes(black_box(&rubbish)).unwrap_err());
    });
    group.finish();
}

fn make(c: &mut Criterion) {
    let mut group = c.benchmark_group("make");
    let raw = SigningKey::from_bytes(&[1; 32]);
    group.bench_function("raw sign", |b| b.iter(|| raw.sign(black_box(&[7_u8; 150]))));
    let issuer = seeded_key(1);
    group.bench_function("mint", |b| b.iter(|| mint(&issuer, 1)));
    let parent = mint(&issuer, 1);
    group.bench_function("delegate", |b| b.iter(|| delegate(&parent, 0)));
    group.finish();
}

fn capability(grants: usize) -> Capability {
    let issuer = seeded_key(1);
    let verified = verifier(&issuer)
        .verify(&mint(&issuer, grants), NOW)
        .unwrap();
    verified.held_by(&seeded_key(10), &[3; 32]).unwrap()
}

fn refund() -> (Arc<Requirement>, Call<Erased>) {
    let requirement = Arc::new(Requirement::dynamic(
        ToolName::parse("issue_refund").unwrap(),
        agentsudo::Digest::of(b"definition"),
        Scope::literal("write:refunds"),
        Effect::Destructive,
        vec!["amount_minor".to_owned()],
        Vec::new(),
    ));
    let arguments = br#"{"order_id":"order_123","amount_minor":4500,"currency":"EUR"}"#;
    let arguments = agentsudo::Arguments::from_json_slice(arguments).unwrap();
    let call = Call::dynamic(
        CallId::from_bytes([1; 16]),
        Arc::clone(&requirement),
        arguments,
    );
    (requirement, call)
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide in memory");
    let (requirement, call) = refund();
    let mut freezes = FreezeList::none();
    let later = NOW.saturating_add_s(60);
    freezes
        .add(
            Freeze::new("admin:**".parse().unwrap(), "release", later),
            NOW,
        )
        .unwrap();
    for grants in [1, 100, 250] {
        let capability = capability(grants);
        group.bench_with_input(
            BenchmarkId::new("one constraint, grants", grants),
            &(),
            |b, ()| {
                let conditions = Conditions {
                    now: NOW,
                    freezes: &freezes,
                };
                b.iter(|| {
                    capability
                        .decide(&requirement, black_box(call.arguments()), &conditions)
                        .unwrap()
                });
            },
        );
    }
    let issuer = seeded_key(1);
    let token = Mint::new(
        holder("support-bot", &seeded_key(10)),
        NOW,
        900,
        TokenId::from_bytes([7; 12]),
    )
    .grant(ScopePattern::parse("write:*").unwrap())
    .constrain(Constraint::new("amount_minor", between(1, 5_000)).unwrap())
    .constrain(Constraint::new("order_id", prefix("order_")).unwrap())
    .constrain(Constraint::new("currency", agentsudo::equals("EUR")).unwrap())
    .sign(&issuer)
    .unwrap();
    let verified = verifier(&issuer).verify(&token, NOW).unwrap();
    let capability = verified.held_by(&seeded_key(10), &[3; 32]).unwrap();
    group.bench_function("three constraints, wildcard grant", |b| {
        let conditions = Conditions {
            now: NOW,
            freezes: &freezes,
        };
        b.iter(|| {
            capability
                .decide(&requirement, black_box(call.arguments()), &conditions)
                .unwrap()
        });
    });
    group.finish();
}

criterion_group!(authority, verify, make, decide);
criterion_main!(authority);
