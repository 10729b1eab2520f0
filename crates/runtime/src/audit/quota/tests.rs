use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use agentsudo_core::{Audience, CallId, Refusal, Verifier};

use super::{MAX_REFUSALS_PER_CODE, Quota, REFUSAL_WINDOW, Suppressed, Timestamp};
use crate::audit::MemoryAudit;
use crate::clock::Clock;
use crate::outcome::Denied;
use crate::runtime::Runtime;

const EXPIRED: &str = "token.expired";
const MISSING: &str = "session.missing";

fn at(unix_s: u64) -> Timestamp {
    Timestamp::from_unix_s(unix_s)
}

/// How many of so many refusals are written.
fn written(quota: &Quota, code: &'static str, now: u64, times: u32) -> u32 {
    let mut written = 0;
    for _ in 0..times {
        if let Some(place) = quota.place(code, at(now)) {
            place.kept();
            written += 1;
        }
    }
    written
}

#[test]
fn each_code_has_its_quota_in_each_window() {
    let quota = Quota::default();
    let window_s = REFUSAL_WINDOW.as_secs();
    for now in [1_000, 1_000 + window_s, 1_000 + 5 * window_s] {
        for code in [EXPIRED, MISSING] {
            assert_eq!(written(&quota, code, now, 100), MAX_REFUSALS_PER_CODE);
            assert_eq!(written(&quota, code, now + window_s - 1, 100), 0);
        }
    }
    let each = 3 * (200 - u64::from(MAX_REFUSALS_PER_CODE));
    assert_eq!(
        quota.suppressed(),
        Suppressed::from([(EXPIRED, each), (MISSING, each)])
    );
}

#[test]
fn what_is_told_is_told_once_and_what_came_since_stays() {
    let quota = Quota::default();
    written(&quota, EXPIRED, 0, MAX_REFUSALS_PER_CODE + 3);
    let told = quota.suppressed();
    written(&quota, EXPIRED, 0, 2);
    written(&quota, MISSING, 0, MAX_REFUSALS_PER_CODE + 1);
    quota.told(&told);
    assert_eq!(
        quota.suppressed(),
        Suppressed::from([(EXPIRED, 2), (MISSING, 1)])
    );
    quota.told(&quota.suppressed());
    assert!(quota.suppressed().is_empty());
}

#[test]
fn a_place_that_is_given_up_is_counted() {
    let quota = Quota::default();
    drop(quota.place(EXPIRED, at(0)));
    assert_eq!(quota.suppressed(), Suppressed::from([(EXPIRED, 1)]));
}

struct Standing(Arc<AtomicU64>);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        at(self.0.load(Ordering::SeqCst))
    }
}

/// A program that calls guarded functions outside of any session floods the trail like anybody else.
#[tokio::test]
async fn calls_outside_of_any_session_have_a_quota() {
    let (audit, time) = (MemoryAudit::new(), Arc::new(AtomicU64::new(1_000)));
    let runtime = Runtime::builder(Verifier::new(Audience::parse("shop").unwrap()))
        .audit(audit.clone())
        .clock(Standing(Arc::clone(&time)))
        .build()
        .unwrap();
    let deny = async || {
        let id = CallId::from_bytes([7; 16]);
        let denied = Denied::Refused(Refusal::NoSession);
        let outcome = runtime.deny_proposal(None, id, "errand", denied).await;
        assert_eq!(outcome.code(), Some(MISSING));
    };
    for _ in 0..100 {
        deny().await;
    }
    let quota = usize::try_from(MAX_REFUSALS_PER_CODE).unwrap();
    assert_eq!(audit.records().len(), quota);
    time.fetch_add(REFUSAL_WINDOW.as_secs(), Ordering::SeqCst);
    deny().await;
    let counted = u64::from(100 - MAX_REFUSALS_PER_CODE);
    let records = audit.records();
    assert_eq!(
        records[quota].suppressed,
        Suppressed::from([(MISSING, counted)])
    );
}
