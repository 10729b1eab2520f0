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
    Audience, Call, CallId, CallTag, Capability, Conditions, Constraint, Delegation, Digest,
    Effect, Erased, Freeze, FreezeList, Holder, Invocation, InvocationProof, KeyError,
    MemoryReplayGuard, Mint, ProvedSession, PublicKey, Requirement, RevocationList, Revoked, Scope,
    ScopePattern, ScopeSet, SecretKey, SessionHandshake, SessionKey, Signature, Signer,
    SigningInput, Timestamp, Token, TokenId, ToolName, Verifier, at_most, authorize_proved,
    between, equals, prefix, regex,
};
use agentsudo_testkit::seeded_key;
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use ed25519_dalek::{Signer as _, SigningKey};

const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);
const AUDIENCE: &str = "shop";
const ARGUMENTS: &[u8] = br#"{"order_id":"order_123","amount_minor":4500,"currency":"EUR"}"#;

fn holder(agent: &str, key: &SecretKey) -> Holder {
    Holder::new(agent.parse().unwrap(), key.public_key())
}

fn constraint() -> Constraint {
    Constraint::new("amount_minor", at_most(5_000)).unwrap()
}

fn mint(bot: &Holder, issuer: &dyn Signer, grants: usize) -> Token {
    let mut mint = Mint::new(bot.clone(), NOW, 900, TokenId::from_bytes([7; 12]))
        .constrain(constraint())
        .delegable(15);
    for i in 1..grants {
        mint = mint.grant(format!("read:thing-{i}").parse().unwrap());
    }
    mint.grant("write:refunds".parse().unwrap())
        .sign(issuer)
        .unwrap()
}

fn root(issuer: &SecretKey, grants: usize) -> Token {
    root_by(issuer, grants)
}

fn root_by(issuer: &dyn Signer, grants: usize) -> Token {
    mint(&holder("support-bot", &seeded_key(10)), issuer, grants)
}

/// A chain of so many delegations, and the key of its last holder.
fn chain(issuer: &SecretKey, delegations: u8) -> (Token, SecretKey) {
    let first = (root(issuer, 1), seeded_key(10));
    (1..=delegations).fold(first, |(parent, from), depth| {
        let to = seeded_key(10 + depth);
        let child = Delegation::to(holder("researcher", &to))
            .sign(&parent, &from)
            .unwrap();
        (child, to)
    })
}

fn audience() -> Audience {
    Audience::parse(AUDIENCE).unwrap()
}

fn verifier(issuer: &SecretKey) -> Verifier {
    Verifier::new(audience()).trust(issuer.public_key())
}

fn conditions(freezes: &FreezeList) -> Conditions<'_> {
    Conditions { now: NOW, freezes }
}

fn requirement() -> Requirement {
    Requirement::dynamic(
        ToolName::parse("issue_refund").unwrap(),
        Digest::of(b"definition"),
        Scope::literal("write:refunds"),
        Effect::Destructive,
        vec!["amount_minor".to_owned()],
        Vec::new(),
    )
}

fn refund() -> Call<Erased> {
    let arguments = agentsudo::Arguments::from_json_slice(ARGUMENTS).unwrap();
    let requirement = Arc::new(requirement());
    Call::dynamic(CallId::from_bytes([1; 16]), requirement, arguments)
}

fn raw_verify_strict(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>) {
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
}

fn verify(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify");
    raw_verify_strict(&mut group);
    let issuer = seeded_key(1);
    let verifier = verifier(&issuer).chain_cache_len_bytes(0);
    for delegations in [0, 1, 3] {
        let bytes = chain(&issuer, delegations).0.as_bytes().to_vec();
        let id = BenchmarkId::new("wire to verified, delegations", delegations);
        group.bench_with_input(id, &bytes, |b, bytes| {
            b.iter(|| verifier.verify_bytes(black_box(bytes), NOW).unwrap());
        });
    }
    group.bench_function("decode only, delegations/3", |b| {
        let bytes = chain(&issuer, 3).0.as_bytes().to_vec();
        b.iter(|| Token::from_bytes(black_box(&bytes)).unwrap());
    });
    group.bench_function("refuse 48 KB of rubbish", |b| {
        let rubbish = vec![0x82_u8; 48 * 1_024];
        b.iter(|| verifier.verify_bytes(black_box(&rubbish), NOW).unwrap_err());
    });
    let by_nobody = [
        ("250 grants", unsigned_grants()),
        ("16 regular expressions", unsigned_expressions()),
    ];
    for (name, token) in by_nobody {
        group.bench_function(
            BenchmarkId::new("refuse what no issuer signed", name),
            |b| {
                b.iter(|| {
                    let refused = verifier.verify_bytes(black_box(token.as_bytes()), NOW);
                    refused.unwrap_err()
                });
            },
        );
    }
    group.finish();
}

/// Names the issuer, and carries its signature as little as any other.
fn unsigned_grants() -> Token {
    root_by(&Unsigned(seeded_key(1).public_key()), 250)
}

/// The same with expressions that take long to compile.
fn unsigned_expressions() -> Token {
    let mint = Mint::new(
        holder("support-bot", &seeded_key(10)),
        NOW,
        900,
        TokenId::from_bytes([7; 12]),
    );
    let slow = || Constraint::new("order_id", regex("(a|b)".repeat(51))).unwrap();
    (0..16)
        .fold(mint, |mint, _| mint.constrain(slow()))
        .grant("write:refunds".parse().unwrap())
        .sign(&Unsigned(seeded_key(1).public_key()))
        .unwrap()
}

/// From the bytes of a token and of a proof to an authorized call.
fn authorize(c: &mut Criterion) {
    let mut group = c.benchmark_group("authorize with a proof");
    raw_verify_strict(&mut group);
    let issuer = seeded_key(1);
    let requirement = requirement();
    let none = FreezeList::none();
    for (name, cache_len_bytes) in [("wire, delegations", 0), ("cached, delegations", 1 << 20)] {
        for delegations in [0, 1, 3] {
            let (token, key) = chain(&issuer, delegations);
            let verifier = verifier(&issuer).chain_cache_len_bytes(cache_len_bytes);
            let call = refund();
            let invocation = Invocation::of(&requirement, call.arguments());
            let proof = InvocationProof::sign(&token, &audience(), &invocation, NOW, [1; 16], &key);
            let proof = proof.unwrap().to_bytes();
            group.bench_function(BenchmarkId::new(name, delegations), |b| {
                b.iter_batched(
                    // Each attempt meets a verifier that has not seen the proof.
                    || {
                        let guard = Arc::new(MemoryReplayGuard::new(NOW));
                        (verifier.clone().replay_guard(guard), refund())
                    },
                    |(verifier, call)| {
                        let verified = verifier.verify_bytes(token.as_bytes(), NOW).unwrap();
                        let proof = InvocationProof::from_bytes(black_box(&proof)).unwrap();
                        authorize_proved(verified, &proof, call, &conditions(&none)).unwrap()
                    },
                    BatchSize::SmallInput,
                );
            });
        }
    }
    let (session, key) = session(&issuer);
    let invocation = Invocation::of(&requirement, refund().arguments());
    let mut counter = 0;
    group.bench_function("session, a code for each call", |b| {
        b.iter_batched(
            || {
                counter += 1;
                let tag = key.tag(counter, &invocation).to_bytes();
                (tag, refund())
            },
            |(tag, call)| {
                let tag = CallTag::from_bytes(black_box(&tag)).unwrap();
                session.authorize(call, &tag, &conditions(&none)).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn session(issuer: &SecretKey) -> (ProvedSession, SessionKey) {
    let (token, key) = (three_constraints(issuer), seeded_key(10));
    let (begun, opening) =
        SessionHandshake::begin(&token, &audience(), NOW, [1; 16], &mut [2; 32], &key).unwrap();
    let verified = verifier(issuer).verify(&token, NOW).unwrap();
    let (session, reply) = verified
        .open_session(&opening, [3; 16], &mut [4; 32], NOW)
        .unwrap();
    (session, begun.finish(&reply).unwrap())
}

/// Signs nothing, at once: what is left is all that minting and delegating add to a signature.
struct Unsigned(PublicKey);

impl Signer for Unsigned {
    fn public_key(&self) -> PublicKey {
        self.0
    }

    fn sign(&self, _: &SigningInput) -> Result<Signature, KeyError> {
        Ok(Signature::from_bytes([1; 64]))
    }
}

fn make(c: &mut Criterion) {
    let mut group = c.benchmark_group("make");
    let raw = SigningKey::from_bytes(&[1; 32]);
    group.bench_function("raw sign", |b| b.iter(|| raw.sign(black_box(&[7_u8; 150]))));
    let issuer = seeded_key(1);
    let (bot, key) = (holder("support-bot", &seeded_key(10)), seeded_key(10));
    let unsigned = |key: &SecretKey| Unsigned(key.public_key());
    let signers: [(&str, &dyn Signer); 2] = [
        ("mint", &issuer),
        ("mint, all but the signature", &unsigned(&issuer)),
    ];
    for (name, signer) in signers {
        group.bench_function(name, |b| b.iter(|| mint(black_box(&bot), signer, 1)));
    }
    let parent = mint(&bot, &issuer, 1);
    let researcher = holder("researcher", &seeded_key(11));
    let signers: [(&str, &dyn Signer); 2] = [
        ("delegate", &key),
        ("delegate, all but the signature", &unsigned(&key)),
    ];
    for (name, signer) in signers {
        group.bench_function(name, |b| {
            b.iter(|| {
                Delegation::to(black_box(&researcher).clone())
                    .constrain(constraint())
                    .sign(&parent, signer)
                    .unwrap()
            });
        });
    }
    group.finish();
}

fn three_constraints(issuer: &SecretKey) -> Token {
    let bot = holder("support-bot", &seeded_key(10));
    Mint::new(bot, NOW, 900, TokenId::from_bytes([7; 12]))
        .grant(ScopePattern::parse("write:*").unwrap())
        .constrain(Constraint::new("amount_minor", between(1, 5_000)).unwrap())
        .constrain(Constraint::new("order_id", prefix("order_")).unwrap())
        .constrain(Constraint::new("currency", equals("EUR")).unwrap())
        .sign(issuer)
        .unwrap()
}

fn capability(verifier: &Verifier, token: &Token) -> Capability {
    let verified = verifier.verify(token, NOW).unwrap();
    verified.held_by(&seeded_key(10), &[3; 32]).unwrap()
}

fn decide(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide in memory");
    let (requirement, call) = (requirement(), refund());
    let mut freezes = FreezeList::none();
    let later = NOW.saturating_add_s(60);
    freezes
        .add(
            Freeze::new("admin:**".parse().unwrap(), "release", later),
            NOW,
        )
        .unwrap();
    let conditions = conditions(&freezes);
    let issuer = seeded_key(1);
    for grants in [1, 100, 250] {
        let capability = capability(&verifier(&issuer), &root(&issuer, grants));
        group.bench_function(BenchmarkId::new("one constraint, grants", grants), |b| {
            b.iter(|| {
                capability
                    .decide(&requirement, black_box(call.arguments()), &conditions)
                    .unwrap()
            });
        });
    }
    for revocations in [0_u32, 100_000] {
        let list = Arc::new(RevocationList::new());
        for i in 0..revocations {
            let block = Digest::of(&i.to_be_bytes());
            list.revoke(Revoked::Block(block)).unwrap();
        }
        let verifier = verifier(&issuer).revocations(list);
        let capability = capability(&verifier, &three_constraints(&issuer));
        let name = "three constraints, wildcard grant, revocations";
        group.bench_function(BenchmarkId::new(name, revocations), |b| {
            b.iter(|| {
                capability
                    .decide(&requirement, black_box(call.arguments()), &conditions)
                    .unwrap()
            });
        });
    }
    for patterns in [1_u32, 100, 10_000] {
        let set =
            ScopeSet::compile((0..patterns).map(|i| format!("read:thing-{i}").parse().unwrap()));
        let scope = Scope::literal("read:thing-0");
        group.bench_function(BenchmarkId::new("scope set, patterns", patterns), |b| {
            b.iter(|| set.contains(black_box(&scope)));
        });
    }
    group.finish();
}

criterion_group!(authority, verify, authorize, make, decide);
criterion_main!(authority);
