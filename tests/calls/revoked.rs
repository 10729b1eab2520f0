//! Revocation: at the next call of whatever descends from it, and before a call that waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use agentsudo::danger::ObserveMode;
use agentsudo::{
    AgentName, Approval, ApprovalRule, ChannelApprover, Observe, Outcome, RevocationList,
    RevocationView, Revoked, Runtime, Session, SetupError, Signer, Timestamp, Token, TokenError,
};
use agentsudo_testkit::{seeded_agent, seeded_key};

use super::approver::ada_approves;
use super::stage::{
    NOW, Stage, ada, at, check_ended, issue_refund, refund_of, support_bot, typed_refund,
};

async fn refund(session: &Session) -> &'static str {
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    outcome.code().unwrap_or("returned")
}

fn block(session: &Session) -> Revoked {
    Revoked::Block(session.chain().leaf().unwrap().block)
}

fn code_of(opened: Result<Session, SetupError>) -> &'static str {
    opened.map_or_else(|error| error.code(), |_| "opened")
}

#[tokio::test]
async fn a_revoked_token_ends_its_open_sessions_and_opens_no_more() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = stage.token("**");
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    let permit = session.permit::<issue_refund>().unwrap();
    assert_eq!(refund(&session).await, "returned");
    assert_eq!(runtime.revoke(block(&session)), Ok(true));
    assert_eq!(runtime.revoke(block(&session)), Ok(false));
    assert_eq!(refund(&session).await, "token.revoked");
    let ran = permit.run::<issue_refund>(typed_refund(5)).await;
    assert_eq!(ran.unwrap_err().code(), "token.revoked");
    assert_eq!(session.tools().len(), 0);
    assert_eq!(stage.ledger.len(), 1);
    let again = runtime.open_session(&support_bot(), &token).await;
    assert_eq!(code_of(again), "token.revoked");
}

#[tokio::test]
async fn revoking_a_parent_stops_every_descendant_and_nobody_else() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = stage.session(&runtime, "**").await;
    let child = parent.delegate("clerk").delegable(1).open().await.unwrap();
    let grandchild = child.delegate("junior").open().await.unwrap();
    let sibling = parent.delegate("other").open().await.unwrap();
    runtime.revoke(block(&child)).unwrap();
    assert_eq!(refund(&child).await, "token.revoked");
    assert_eq!(refund(&grandchild).await, "token.revoked");
    assert_eq!(refund(&sibling).await, "returned");
    assert_eq!(refund(&parent).await, "returned");
    let late = child.delegate("late").open().await;
    assert_eq!(code_of(late), "token.revoked");
}

#[tokio::test]
async fn an_agent_a_key_and_an_issuer_can_be_revoked() {
    let by_name = Revoked::Agent(AgentName::parse("support-bot").unwrap());
    let by_key = Revoked::Holder(seeded_key(2).public_key().into());
    let by_issuer = Revoked::Issuer(seeded_key(1).public_key().issuer_id());
    for what in [by_name, by_key, by_issuer] {
        let stage = Stage::new();
        let runtime = stage.runtime();
        let session = stage.session(&runtime, "**").await;
        runtime.revoke(what).unwrap();
        assert_eq!(refund(&session).await, "token.revoked");
    }
}

fn asking(stage: &Stage, approver: ChannelApprover) -> Runtime {
    let rule = ApprovalRule::always("write:refunds").unwrap();
    let approval = Approval::ask(approver, ada_approves()).require(rule);
    let approval = approval.within(Duration::from_secs(600));
    stage.builder().approval(approval).build().unwrap()
}

/// A child's call waits for a person; what happens to the parent meanwhile decides.
async fn after_waiting(meanwhile: impl FnOnce(&Runtime, &Session)) -> (Outcome, usize) {
    let stage = Stage::new();
    let (approver, mut requests) = ChannelApprover::with_capacity(1);
    let runtime = asking(&stage, approver);
    let parent = stage.session(&runtime, "**").await;
    let child = parent.delegate("clerk").open().await.unwrap();
    let refund = refund_of(5);
    let approve = async {
        let pending = requests.recv().await.unwrap();
        meanwhile(&runtime, &parent);
        assert!(pending.approve(&ada(), at(NOW)).unwrap());
    };
    let (outcome, ()) = tokio::join!(child.call("issue_refund", &refund), approve);
    (outcome, stage.ledger.len())
}

#[tokio::test]
async fn revoking_a_parent_stops_a_child_s_call_that_waits_for_a_person() {
    let revoke = |runtime: &Runtime, parent: &Session| {
        runtime.revoke(block(parent)).unwrap();
    };
    let (outcome, effects) = after_waiting(revoke).await;
    check_ended(&outcome, "token.revoked");
    assert_eq!(effects, 0);
}

/// The twin: nothing was revoked, or something else.
#[tokio::test]
async fn what_waits_goes_on_where_nothing_of_its_chain_was_revoked() {
    let (outcome, effects) = after_waiting(|_, _| ()).await;
    check_ended(&outcome, "returned");
    assert_eq!(effects, 1);
    let revoke_another = |runtime: &Runtime, _: &Session| {
        let another = Revoked::Agent(AgentName::parse("another").unwrap());
        runtime.revoke(another).unwrap();
    };
    let (outcome, _) = after_waiting(revoke_another).await;
    check_ended(&outcome, "returned");
}

#[tokio::test]
async fn observing_lifts_no_revocation() {
    let stage = Stage::new();
    let mode = ObserveMode::until(at(NOW), at(NOW + 100_000));
    let builder = stage.builder().observe(Observe::everything(mode));
    let runtime = builder.build().unwrap();
    // One lacks the scope and one has expired: each alone would be lifted.
    for (scopes, later_s) in [("**", 0), ("read:**", 0), ("**", 4_000)] {
        let token = stage.token(scopes);
        let session = runtime.open_session(&support_bot(), &token).await.unwrap();
        stage.clock.advance_s(later_s);
        assert_eq!(refund(&session).await, "returned");
        runtime.revoke(block(&session)).unwrap();
        assert_eq!(refund(&session).await, "token.revoked");
        let again = runtime.open_session(&support_bot(), &token).await;
        assert_eq!(
            code_of(again),
            "token.revoked",
            "{scopes} after {later_s} s"
        );
    }
}

/// A view that says how old it is and what it knows.
struct View {
    version: AtomicU64,
    list: RevocationList,
    fresh_until: u64,
}

impl View {
    fn fresh_until(fresh_until: u64) -> Arc<Self> {
        Arc::new(Self {
            version: AtomicU64::new(7),
            list: RevocationList::new(),
            fresh_until,
        })
    }
}

impl RevocationView for View {
    fn version(&self, now: Timestamp) -> Result<u64, TokenError> {
        if now.unix_s() < self.fresh_until {
            return Ok(self.version.load(Ordering::Acquire));
        }
        Err(TokenError::RevocationsStale {
            as_of: at(self.fresh_until),
            max_staleness_s: 0,
            now,
        })
    }

    fn is_revoked(&self, what: &Revoked) -> bool {
        self.list.is_revoked(what)
    }
}

fn viewing(stage: &Stage, view: &Arc<View>) -> Runtime {
    let view = Arc::clone(view) as Arc<dyn RevocationView>;
    stage.builder().revocations(view).build().unwrap()
}

#[tokio::test]
async fn what_another_view_says_counts_besides_the_runtime_s_own_list() {
    let stage = Stage::new();
    let view = View::fresh_until(u64::MAX);
    let runtime = viewing(&stage, &view);
    let (first, second) = (
        stage.session(&runtime, "**").await,
        stage.session(&runtime, "**").await,
    );
    assert_eq!(refund(&first).await, "returned");
    view.list.revoke(block(&first)).unwrap();
    view.version.fetch_add(1, Ordering::Release);
    assert_eq!(refund(&first).await, "token.revoked");
    assert_eq!(refund(&second).await, "returned");
    runtime.revoke(block(&second)).unwrap();
    assert_eq!(refund(&second).await, "token.revoked");
}

#[tokio::test]
async fn a_view_that_is_too_old_refuses_everything_also_while_observing() {
    let stage = Stage::new();
    let mode = ObserveMode::until(at(NOW), at(NOW + 600));
    let view = View::fresh_until(NOW + 60);
    let observed = stage.builder().observe(Observe::everything(mode));
    let observed = observed.revocations(Arc::clone(&view) as Arc<dyn RevocationView>);
    for runtime in [viewing(&stage, &view), observed.build().unwrap()] {
        stage.clock.set(NOW);
        let session = stage.session(&runtime, "**").await;
        assert_eq!(refund(&session).await, "returned");
        stage.clock.set(NOW + 60);
        assert_eq!(refund(&session).await, "revocation.stale");
    }
    assert_eq!(stage.ledger.len(), 2);
}

#[tokio::test]
async fn a_view_that_goes_back_to_an_older_list_refuses() {
    let stage = Stage::new();
    let view = View::fresh_until(u64::MAX);
    let runtime = viewing(&stage, &view);
    let session = stage.session(&runtime, "**").await;
    assert_eq!(refund(&session).await, "returned");
    view.version.store(6, Ordering::Release);
    // One goes back and the other forth: the sum would be the same.
    runtime.revoke(block(&session)).unwrap();
    assert_eq!(refund(&session).await, "revocation.rolled_back");
    let other = stage.token("**");
    let opened = runtime.open_session(&support_bot(), &other).await;
    assert_eq!(code_of(opened), "revocation.rolled_back");
    view.version.store(7, Ordering::Release);
    let opened = runtime.open_session(&support_bot(), &other).await;
    assert_eq!(code_of(opened), "opened");
}

/// Breaks down once it is armed.
struct Panics(AtomicBool);

impl RevocationView for Panics {
    fn version(&self, _: Timestamp) -> Result<u64, TokenError> {
        assert!(!self.0.load(Ordering::Acquire), "the list is on fire");
        Ok(0)
    }

    fn is_revoked(&self, _: &Revoked) -> bool {
        false
    }
}

#[tokio::test]
async fn a_view_that_breaks_down_refuses() {
    let stage = Stage::new();
    let view = Arc::new(Panics(AtomicBool::new(false)));
    let (approver, mut requests) = ChannelApprover::with_capacity(1);
    let rule = ApprovalRule::always("write:refunds").unwrap();
    let approval = Approval::ask(approver, ada_approves()).require(rule);
    let builder = stage.builder().revocations(Arc::clone(&view) as _);
    let runtime = builder.approval(approval).build().unwrap();
    let session = stage.session(&runtime, "**").await;
    let approve = async {
        let pending = requests.recv().await.unwrap();
        view.0.store(true, Ordering::Release);
        assert!(pending.approve(&ada(), at(NOW)).unwrap());
    };
    let (waiting, ()) = tokio::join!(refund(&session), approve);
    assert_eq!(waiting, "fault.decision_panicked");
    assert_eq!(refund(&session).await, "fault.decision_panicked");
    let opened = runtime
        .open_session(&support_bot(), &stage.token("**"))
        .await;
    assert_eq!(code_of(opened), "fault.decision_panicked");
    assert_eq!(stage.ledger.len(), 0);
}

#[tokio::test]
async fn a_token_that_is_revoked_before_it_is_shown_opens_nothing() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = stage.session(&runtime, "**").await;
    let clerk = seeded_agent("clerk", 5).unwrap();
    let token: Token = parent.delegate("clerk").sign_for(&clerk).unwrap();
    runtime.revoke(block(&parent)).unwrap();
    let opened = runtime.open_session(&clerk, &token).await;
    assert_eq!(code_of(opened), "token.revoked");
}
