//! Replacing the key of an issuer while the runtime is at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use agentsudo::danger::ObserveMode;
use agentsudo::{Issuer, Observe, Runtime, Token};
use agentsudo_testkit::seeded_issuer;
use tokio::task::JoinSet;

use super::stage::{NOW, Stage, at, refund_of, support_bot};

const NEW_KEY: u8 = 21;

fn new_issuer(stage: &Stage) -> Issuer {
    seeded_issuer(NEW_KEY, stage.clock.clone())
}

fn token_of(issuer: &Issuer) -> Token {
    let request = issuer.token_for(&support_bot()).allow("**");
    request.mint().unwrap()
}

/// Opens a session and calls once.
async fn attempt(runtime: &Runtime, token: &Token) -> &'static str {
    let session = match runtime.open_session(&support_bot(), token).await {
        Ok(session) => session,
        Err(error) => return error.code(),
    };
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    outcome.code().unwrap_or("returned")
}

#[tokio::test]
async fn a_new_key_counts_from_now_on_and_the_old_one_until_it_is_distrusted() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let (old, new) = (token_of(&stage.issuer), token_of(&new_issuer(&stage)));
    assert_eq!(attempt(&runtime, &new).await, "token.unknown_issuer");
    runtime.trust(new_issuer(&stage).public_key());
    assert_eq!(attempt(&runtime, &new).await, "returned");
    assert_eq!(attempt(&runtime, &old).await, "returned");
    runtime.distrust(&stage.issuer.public_key()).unwrap();
    assert_eq!(attempt(&runtime, &new).await, "returned");
    assert_eq!(attempt(&runtime, &old).await, "token.unknown_issuer");
}

#[tokio::test]
async fn open_sessions_of_a_distrusted_issuer_are_refused_at_the_next_call() {
    let stage = Stage::new();
    let mode = ObserveMode::until(at(NOW), at(NOW + 600));
    let observed = stage.builder().observe(Observe::everything(mode));
    for runtime in [stage.runtime(), observed.build().unwrap()] {
        let (may, may_not) = (
            stage.session(&runtime, "**").await,
            stage.session(&runtime, "read:**").await,
        );
        let child = may.delegate("clerk").open().await.unwrap();
        runtime.distrust(&stage.issuer.public_key()).unwrap();
        for session in [&may, &may_not, &child] {
            let outcome = session.call("issue_refund", &refund_of(5)).await;
            assert_eq!(outcome.code(), Some("token.revoked"));
        }
    }
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn an_issuer_that_is_trusted_again_has_its_sessions_back() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = stage.session(&runtime, "**").await;
    let key = stage.issuer.public_key();
    runtime.distrust(&key).unwrap();
    let refund = refund_of(5);
    let outcome = session.call("issue_refund", &refund).await;
    assert_eq!(outcome.code(), Some("token.revoked"));
    runtime.trust(key);
    let outcome = session.call("issue_refund", &refund).await;
    assert_eq!(outcome.code(), None);
}

#[tokio::test]
async fn an_issuer_may_be_trusted_for_shorter_lives() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let key = stage.issuer.public_key();
    runtime.trust_up_to(key, 600);
    let token = token_of(&stage.issuer);
    assert_eq!(attempt(&runtime, &token).await, "token.lifetime_too_long");
}

/// How far the rotation is: 1 the new key is trusted, 2 the old one no more.
#[derive(Default)]
struct Drill {
    begun: AtomicUsize,
    done: AtomicUsize,
    is_over: AtomicBool,
    attempts: AtomicUsize,
}

impl Drill {
    /// Calls on and on, and holds the end of each call against the steps around it.
    async fn work(self: Arc<Self>, runtime: Runtime, token: Token, is_new: bool) {
        while !self.is_over.load(Ordering::Acquire) {
            let done = self.done.load(Ordering::Acquire);
            let ended = attempt(&runtime, &token).await;
            let begun = self.begun.load(Ordering::Acquire);
            let expected: &[&str] = match is_new {
                true if done >= 1 => &["returned"],
                true if begun == 0 => &["token.unknown_issuer"],
                true => &["returned", "token.unknown_issuer"],
                false if done == 2 => &["token.unknown_issuer"],
                false if begun < 2 => &["returned"],
                false => &["returned", "token.unknown_issuer", "token.revoked"],
            };
            assert!(expected.contains(&ended), "{ended}, expected {expected:?}");
            self.attempts.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Takes a step once the workers have got through some calls.
    async fn step(&self, take: impl FnOnce()) {
        self.pass().await;
        self.begun.fetch_add(1, Ordering::AcqRel);
        take();
        self.done.fetch_add(1, Ordering::AcqRel);
        self.pass().await;
    }

    async fn pass(&self) {
        let until = self.attempts.load(Ordering::Acquire) + 200;
        while self.attempts.load(Ordering::Acquire) < until {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_each_step_counts_from_the_moment_it_is_done_and_hits_nobody_else() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let drill = Arc::new(Drill::default());
    let mut workers = JoinSet::new();
    for i in 0..8 {
        let is_new = i % 2 == 0;
        let token = match is_new {
            true => token_of(&new_issuer(&stage)),
            false => token_of(&stage.issuer),
        };
        workers.spawn(Arc::clone(&drill).work(runtime.clone(), token, is_new));
    }
    let rotate = async {
        let new = new_issuer(&stage).public_key();
        drill.step(|| runtime.trust(new)).await;
        let old = stage.issuer.public_key();
        drill.step(|| runtime.distrust(&old).unwrap()).await;
        drill.is_over.store(true, Ordering::Release);
    };
    tokio::select! {
        () = rotate => {}
        Some(failed) = workers.join_next() => failed.unwrap(),
    }
    workers.join_all().await;
    assert!(stage.ledger.len() > 0);
}
