//! Issuers' keys that are rotated out, in order or after a theft.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use agentsudo_core::{RevocationList, Revoked, Token, Verifier};

use super::super::actors::{NONCE, audience, bot, code, decide, now, researcher};
use super::super::forge::{Cbor, Fields, Forgery, Key, field};

/// The issuer's key of a generation.
fn key_of(generation: usize) -> Key {
    Key::of(100 + u8::try_from(generation).unwrap())
}

fn issued_by(key: &Key) -> Forgery {
    Forgery::root(&Fields::root(key, "support-bot", &bot()), key)
}

fn token_of(generation: usize) -> Token {
    Token::from_bytes(&issued_by(&key_of(generation)).bytes()).unwrap()
}

fn trusting(generations: impl IntoIterator<Item = usize>) -> Verifier {
    let nobody = Verifier::new(audience("shop"));
    generations
        .into_iter()
        .fold(nobody, |verifier, generation| {
            verifier.trust(key_of(generation).public())
        })
}

/// What becomes of the token, which is the same for its bytes, and for a chain that is remembered.
#[track_caller]
fn code_of(verifier: &Verifier, token: &Token) -> &'static str {
    let verified = [
        verifier.verify(token, now()),
        verifier.verify_bytes(token.as_bytes(), now()),
    ];
    let [first, second] =
        verified.map(|verified| verified.map_or_else(|error| error.code(), |_| "ok"));
    assert_eq!(first, second);
    first
}

#[test]
fn dropping_one_issuer_stops_its_tokens_and_no_others() {
    for dropped in 0..4 {
        let left = trusting(0..4).distrust(&key_of(dropped).public());
        for generation in 0..4 {
            let stopped = generation == dropped;
            let expected = if stopped {
                "token.unknown_issuer"
            } else {
                "ok"
            };
            let root = issued_by(&key_of(generation));
            let further = root
                .clone()
                .then(&Fields::delegation("researcher", &researcher()), &bot());
            for made in [root, further] {
                let token = Token::from_bytes(&made.bytes()).unwrap();
                assert_eq!(code_of(&left, &token), expected);
                assert_eq!(code_of(&trusting(0..4), &token), "ok", "the twin takes it");
            }
        }
    }
}

#[test]
fn a_stolen_key_signs_for_no_other_issuer() {
    // The thief names the new key and signs with the old one, which is all there is.
    let block =
        Fields::root(&key_of(1), "support-bot", &bot()).with(field::GRANTS, Cbor::texts(&["**"]));
    let forged = Token::from_bytes(&Forgery::root(&block, &key_of(0)).bytes()).unwrap();
    assert_eq!(
        code_of(&trusting([0, 1]), &forged),
        "token.signature_invalid"
    );
    assert_eq!(code_of(&trusting([1]), &forged), "token.signature_invalid");
    let own = token_of(0);
    assert_eq!(code_of(&trusting([0, 1]), &own), "ok", "the twin takes it");
    assert_eq!(code_of(&trusting([1]), &own), "token.unknown_issuer");
}

#[test]
fn a_key_that_is_going_may_be_given_shorter_lives_first() {
    let key = key_of(0).public();
    let verifier = trusting([0]);
    assert_eq!(code_of(&verifier, &token_of(0)), "ok");
    let verifier = verifier.trust_up_to(key, 900);
    assert_eq!(code_of(&verifier, &token_of(0)), "ok");
    let verifier = verifier.trust_up_to(key, 899);
    assert_eq!(code_of(&verifier, &token_of(0)), "token.lifetime_too_long");
}

/// Trust is asked for when a token is shown. Who is at work by then is stopped by revoking the key.
#[test]
fn whoever_is_at_work_under_a_stolen_key_is_stopped_by_its_revocation() {
    let revoked = Arc::new(RevocationList::new());
    let verifier = trusting([0, 1]).revocations(Arc::clone(&revoked) as _);
    let at_work = |generation| {
        let verified = verifier.verify(&token_of(generation), now()).unwrap();
        verified.held_by(&bot().secret(), &NONCE).unwrap()
    };
    let (of_old, of_new) = (at_work(0), at_work(1));
    let decided = |capability| code(&decide(capability, "any", "write:refunds", "{}"));
    // The twin: a verifier that only drops the key does not reach those who are past it.
    let dropped = verifier.clone().distrust(&key_of(0).public());
    assert_eq!(code_of(&dropped, &token_of(0)), "token.unknown_issuer");
    assert_eq!(decided(&of_old), "ok");
    let stolen = Revoked::Issuer(key_of(0).public().issuer_id());
    assert_eq!(revoked.revoke(stolen), Ok(true));
    assert_eq!(decided(&of_old), "token.revoked");
    assert_eq!(code_of(&verifier, &token_of(0)), "token.revoked");
    assert_eq!(decided(&of_new), "ok");
    assert_eq!(code_of(&verifier, &token_of(1)), "ok");
}

#[test]
fn a_key_that_is_trusted_again_is_trusted_again() {
    let verifier = trusting([0, 1]).distrust(&key_of(0).public());
    assert_eq!(code_of(&verifier, &token_of(0)), "token.unknown_issuer");
    let verifier = verifier.trust(key_of(0).public());
    assert_eq!(code_of(&verifier, &token_of(0)), "ok");
    let unknown = verifier.distrust(&key_of(9).public());
    assert_eq!(code_of(&unknown, &token_of(0)), "ok");
}

const ROTATIONS: usize = 5;
const THREADS: usize = 4;
/// Rounds of each thread between two changes.
const ROUNDS: usize = 5;

/// Which verifier is in force, and how far the rotation has come, as those see it who verify.
struct Trust {
    verifier: RwLock<Arc<Verifier>>,
    /// The newest generation that is trusted for certain.
    trusted: AtomicUsize,
    /// The oldest generation that nobody is about to drop.
    kept: AtomicUsize,
    /// The oldest generation that is not dropped for certain.
    not_dropped: AtomicUsize,
}

impl Trust {
    fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn swap(&self, change: impl FnOnce(Verifier) -> Verifier) {
        let changed = change((*self.verifier()).clone());
        *self
            .verifier
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(changed);
    }

    /// The new key first and everywhere, then no more of the old one.
    fn rotate(&self, generation: usize, under_load: impl Fn()) {
        self.swap(|verifier| verifier.trust(key_of(generation + 1).public()));
        self.trusted.store(generation + 1, Ordering::SeqCst);
        under_load();
        self.kept.store(generation + 1, Ordering::SeqCst);
        self.swap(|verifier| verifier.distrust(&key_of(generation).public()));
        self.not_dropped.store(generation + 1, Ordering::SeqCst);
        under_load();
    }

    /// Verifies a token of each generation once, and holds the verdicts against what is certain.
    fn check_all(&self, tokens: &[Token]) {
        for (generation, token) in tokens.iter().enumerate() {
            let not_dropped = self.not_dropped.load(Ordering::SeqCst);
            let trusted = self.trusted.load(Ordering::SeqCst);
            let found = code_of(&self.verifier(), token);
            let kept = self.kept.load(Ordering::SeqCst);
            if generation < not_dropped {
                assert_eq!(found, "token.unknown_issuer", "dropped and taken");
            }
            if (kept..=trusted).contains(&generation) {
                assert_eq!(found, "ok", "trusted and refused");
            }
        }
    }
}

#[test]
fn keys_are_rotated_under_load_and_no_verdict_is_wrong() {
    let tokens: Vec<_> = (0..=ROTATIONS).map(token_of).collect();
    let trust = Trust {
        verifier: RwLock::new(Arc::new(trusting([0]))),
        trusted: AtomicUsize::new(0),
        kept: AtomicUsize::new(0),
        not_dropped: AtomicUsize::new(0),
    };
    let rounds: [AtomicUsize; THREADS] = Default::default();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let verify = |round: &AtomicUsize| {
            while !over.load(Ordering::SeqCst) {
                trust.check_all(&tokens);
                round.fetch_add(1, Ordering::SeqCst);
            }
        };
        let threads = rounds
            .each_ref()
            .map(|round| scope.spawn(move || verify(round)));
        let under_load = || {
            for (round, thread) in rounds.iter().zip(&threads) {
                let until = round.load(Ordering::SeqCst) + ROUNDS;
                // A thread that failed says so when it is joined.
                while round.load(Ordering::SeqCst) < until && !thread.is_finished() {
                    thread::yield_now();
                }
            }
        };
        under_load();
        (0..ROTATIONS).for_each(|generation| trust.rotate(generation, under_load));
        over.store(true, Ordering::SeqCst);
    });
    let verifier = trust.verifier();
    let found: Vec<_> = tokens
        .iter()
        .map(|token| code_of(&verifier, token))
        .collect();
    let mut expected = ["token.unknown_issuer"; ROTATIONS + 1];
    expected[ROTATIONS] = "ok";
    assert_eq!(found, expected);
}

/// The twin: a reader that remembers verdicts and not under whose trust they came about.
#[test]
fn a_verdict_that_is_remembered_outlives_the_key() {
    let mut remembered = BTreeMap::new();
    let mut found = |verifier: &Verifier, token: &Token| {
        let bytes = token.as_bytes().to_vec();
        *remembered
            .entry(bytes)
            .or_insert_with(|| code_of(verifier, token))
    };
    let (before, token) = (trusting([0, 1]), token_of(0));
    assert_eq!(found(&before, &token), "ok");
    let after = before.distrust(&key_of(0).public());
    assert_eq!(found(&after, &token), "ok", "the twin takes it");
    assert_eq!(code_of(&after, &token), "token.unknown_issuer");
}
