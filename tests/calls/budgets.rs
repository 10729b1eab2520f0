//! Budgets: no way of splitting, racing, delegating or breaking calls off spends more than there is.

use std::sync::{Arc, Mutex};

use agentsudo::{
    AuditFault, AuditRecord, AuditSink, Budget, BudgetLedger, BudgetRefusal, Builder, Denied, Draw,
    LedgerFault, MemoryBudgets, Ready, Reply, Reservation, Runtime, ScopePattern, Session, State,
    Token, ToolError, async_trait, at_most, sudo, tool,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::approver::{No, ada_approves};
use super::stage::{
    Ledger, NOW, Stage, ada, at, check_ended, ended, issue_refund, refund_of, support_bot,
};

/// Ends as it is told.
#[tool(scope = "write:odd_refunds", effect = "write", timeout = "10s")]
async fn odd_refund(
    amount_minor: u64,
    how: String,
    State(ledger): State<Ledger>,
) -> Result<(), ToolError> {
    match how.as_str() {
        "permanent" => return Err(ToolError::permanent("shop.order_unknown", "no such order")),
        "retryable" => return Err(ToolError::retryable("shop.busy", "try again")),
        "unknown" => return Err(ToolError::outcome_unknown("shop.unclear", "who knows")),
        "panics" => panic!("the till is on fire"),
        "hangs" => std::future::pending().await,
        _ => ledger.enter("odd", amount_minor),
    }
    Ok(())
}

#[sudo(scope = "write:refunds", effect = "write")]
async fn guarded(amount_minor: u64, #[skip] ledger: &Ledger) -> Result<(), Denied> {
    ledger.enter("guarded", amount_minor);
    Ok(())
}

fn odd(how: &str) -> Value {
    json!({ "amount_minor": 60, "how": how })
}

fn total(max: u64) -> Budget {
    Budget::amount("amount_minor", max).unwrap()
}

fn token(stage: &Stage, budgets: impl IntoIterator<Item = Budget>) -> Token {
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let request = budgets
        .into_iter()
        .fold(request.delegable(8), |request, budget| {
            request.budget(budget)
        });
    request.mint().unwrap()
}

async fn open(stage: &Stage, runtime: &Runtime, budget: Budget) -> Session {
    let token = token(stage, [budget]);
    runtime.open_session(&support_bot(), &token).await.unwrap()
}

fn builder(stage: &Stage) -> Builder<Ready> {
    stage.builder().tool(odd_refund)
}

fn build(stage: &Stage) -> Runtime {
    builder(stage).build().unwrap()
}

async fn refund(session: &Session, amount_minor: u64) -> &'static str {
    let outcome = session.call("issue_refund", &refund_of(amount_minor)).await;
    outcome.code().unwrap_or("returned")
}

/// Splits a large refund into three, none of which breaks the rule on one call.
async fn three_times_ten_thousand(budget: Option<Budget>) -> (Stage, [&'static str; 3]) {
    let stage = Stage::new();
    let request = stage.issuer.token_for(&support_bot()).allow("write:**");
    let request = request.constrain("amount_minor", at_most(10_000));
    let request = budget
        .into_iter()
        .fold(request, |request, budget| request.budget(budget));
    let token = request.mint().unwrap();
    let session = stage.runtime().open_session(&support_bot(), &token).await;
    let session = session.unwrap();
    let mut ended = [""; 3];
    for code in &mut ended {
        *code = refund(&session, 10_000).await;
    }
    (stage, ended)
}

#[tokio::test]
async fn a_sum_that_is_split_into_calls_stays_a_sum() {
    let (stage, ended) = three_times_ten_thousand(Some(total(10_000))).await;
    assert_eq!(ended, ["returned", "budget.exceeded", "budget.exceeded"]);
    assert_eq!(stage.ledger.entries(), [("order_1".to_owned(), 10_000)]);
    assert_eq!(
        stage.trail(),
        [
            "intent",
            "returned",
            "refused budget.exceeded",
            "refused budget.exceeded"
        ]
    );
}

/// The twin: a rule on one call knows nothing of the others.
#[tokio::test]
async fn without_a_budget_a_sum_is_split() {
    let (stage, ended) = three_times_ten_thousand(None).await;
    assert_eq!(ended, ["returned"; 3]);
    assert_eq!(stage.ledger.len(), 3);
}

/// Reserves everything, whatever was reserved before.
struct Generous;

#[async_trait]
impl BudgetLedger for Generous {
    async fn reserve(&self, draw: Draw) -> Result<Reservation, BudgetRefusal> {
        let at = draw.at;
        Ok(Reservation::of(draw, at))
    }

    async fn commit(&self, _: Reservation) -> Result<(), LedgerFault> {
        Ok(())
    }

    async fn release(&self, _: Reservation) -> Result<(), LedgerFault> {
        Ok(())
    }
}

/// A hundred calls at the same time on a budget of one; how many came through.
async fn race(stage: &Stage, runtime: &Runtime) -> usize {
    let session = Arc::new(open(stage, runtime, Budget::calls(1)).await);
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let session = Arc::clone(&session);
        calls.spawn(async move { refund(&session, 5).await });
    }
    let ended = calls.join_all().await;
    assert!(
        ended
            .iter()
            .all(|code| ["returned", "budget.exceeded"].contains(code))
    );
    ended.iter().filter(|code| **code == "returned").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_calls_at_once_on_a_budget_of_one_one_runs() {
    let stage = Stage::new();
    assert_eq!(race(&stage, &stage.runtime()).await, 1);
    assert_eq!(stage.ledger.len(), 1);
}

/// The twin: a ledger that does not count.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_ledger_that_counts_all_hundred_run() {
    let stage = Stage::new();
    let runtime = stage.builder().budgets(Generous).build().unwrap();
    assert_eq!(race(&stage, &runtime).await, 100);
    assert_eq!(stage.ledger.len(), 100);
}

#[tokio::test]
async fn ten_sub_agents_have_one_budget() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = open(&stage, &runtime, total(100)).await;
    for i in 0..10 {
        let child = parent
            .delegate(&format!("worker-{i}"))
            .open()
            .await
            .unwrap();
        let expected = if i == 0 {
            "returned"
        } else {
            "budget.exceeded"
        };
        assert_eq!(refund(&child, 100).await, expected);
    }
    assert_eq!(refund(&parent, 1).await, "budget.exceeded");
    assert_eq!(stage.ledger.len(), 1);
}

/// The twin: budgets of their own are counted apart.
#[tokio::test]
async fn ten_sub_agents_with_budgets_of_their_own_spend_ten() {
    let stage = Stage::new();
    let parent = stage.session(&stage.runtime(), "**").await;
    for i in 0..10 {
        let child = parent.delegate(&format!("worker-{i}")).budget(total(100));
        assert_eq!(refund(&child.open().await.unwrap(), 100).await, "returned");
    }
    assert_eq!(stage.ledger.len(), 10);
}

#[tokio::test]
async fn a_call_that_one_budget_refuses_draws_on_none() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = open(&stage, &runtime, total(100)).await;
    let child = parent.delegate("worker").budget(total(30)).open().await;
    let child = child.unwrap();
    assert_eq!(refund(&child, 30).await, "returned");
    for _ in 0..10 {
        assert_eq!(refund(&child, 30).await, "budget.exceeded");
    }
    assert_eq!(refund(&parent, 70).await, "returned");
    assert_eq!(refund(&parent, 1).await, "budget.exceeded");
}

#[tokio::test]
async fn two_sessions_of_a_token_share_its_budget_and_two_tokens_do_not() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let same = token(&stage, [Budget::calls(1)]);
    let first = runtime.open_session(&support_bot(), &same).await.unwrap();
    assert_eq!(refund(&first, 5).await, "returned");
    first.end();
    let second = runtime.open_session(&support_bot(), &same).await.unwrap();
    assert_eq!(refund(&second, 5).await, "budget.exceeded");
    let other = open(&stage, &runtime, Budget::calls(1)).await;
    assert_eq!(refund(&other, 5).await, "returned");
}

#[tokio::test]
async fn a_window_has_room_again_when_it_is_over() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = open(&stage, &runtime, Budget::calls(1).per_s(60)).await;
    assert_eq!(refund(&session, 5).await, "returned");
    stage.clock.advance_s(59);
    assert_eq!(refund(&session, 5).await, "budget.exceeded");
    stage.clock.advance_s(1);
    assert_eq!(refund(&session, 5).await, "returned");
}

#[tokio::test]
async fn a_budget_on_some_scopes_counts_no_others() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let request = request.budget_on("write:**", Budget::calls(1));
    let token = request.mint().unwrap();
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    let order = json!({ "order_id": "order_1" });
    for _ in 0..3 {
        check_ended(&session.call("read_order", &order).await, "returned");
    }
    assert_eq!(refund(&session, 5).await, "returned");
    assert_eq!(refund(&session, 5).await, "budget.exceeded");
}

#[tokio::test]
async fn the_agent_is_told_what_is_left() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = open(&stage, &runtime, total(100)).await;
    assert_eq!(refund(&session, 70).await, "returned");
    let outcome = session.call("issue_refund", &refund_of(31)).await;
    let Reply::Refused { code, message, .. } = outcome.to_reply() else {
        panic!("{outcome:?}");
    };
    assert_eq!(code, "budget.exceeded");
    assert_eq!(
        message,
        "the token limits the total: 30 of 100 of `amount_minor` are left"
    );
    assert_eq!(refund(&session, 30).await, "returned");
}

#[tokio::test]
async fn guarded_functions_draw_as_well() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = open(&stage, &runtime, total(100)).await;
    let twice = async {
        guarded(60, &stage.ledger).await.unwrap();
        guarded(60, &stage.ledger).await.unwrap_err().code()
    };
    assert_eq!(session.within(twice).await, "budget.exceeded");
    assert_eq!(stage.ledger.len(), 1);
}

/// Calls once in a way that does not return, on a budget for one such call, and says how the next one ends.
async fn next_after(how: &str, expected: &str) -> &'static str {
    let stage = Stage::new();
    let runtime = build(&stage);
    let session = open(&stage, &runtime, total(100)).await;
    check_ended(&session.call("odd_refund", &odd(how)).await, expected);
    ended(&session.call("odd_refund", &odd("")).await)
}

#[tokio::test]
async fn what_certainly_did_not_happen_is_given_back() {
    assert_eq!(
        next_after("permanent", "shop.order_unknown").await,
        "returned"
    );
    assert_eq!(next_after("retryable", "shop.busy").await, "returned");
}

#[tokio::test(start_paused = true)]
async fn what_may_have_happened_stays_drawn() {
    assert_eq!(
        next_after("unknown", "shop.unclear").await,
        "budget.exceeded"
    );
    assert_eq!(
        next_after("panics", "tool.panicked").await,
        "budget.exceeded"
    );
    assert_eq!(
        next_after("hangs", "tool.timed_out").await,
        "budget.exceeded"
    );
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_runs_stays_drawn() {
    let stage = Stage::new();
    let runtime = build(&stage);
    let session = open(&stage, &runtime, total(100)).await;
    let hangs = odd("hangs");
    let started = async {
        while !stage.trail().contains(&"intent".to_owned()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = session.call("odd_refund", &hangs) => panic!("it hangs"),
        () = started => {}
    }
    // Whatever a task of its own might give back is given back now.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    check_ended(
        &session.call("odd_refund", &odd("")).await,
        "budget.exceeded",
    );
}

#[tokio::test]
async fn a_call_that_a_person_denies_draws_nothing() {
    let stage = Stage::new();
    let rule = agentsudo::ApprovalRule::always("write:refunds").unwrap();
    let approval = agentsudo::Approval::ask(No(ada(), "no"), ada_approves()).require(rule);
    let runtime = builder(&stage).approval(approval).build().unwrap();
    let session = open(&stage, &runtime, total(100)).await;
    assert_eq!(refund(&session, 60).await, "approval.denied");
    check_ended(&session.call("odd_refund", &odd("")).await, "returned");
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Keep,
    Fail,
    Hang,
}

/// A sink that keeps records, or does not.
#[derive(Clone)]
struct Disk(Arc<Mutex<Way>>);

#[async_trait]
impl AuditSink for Disk {
    async fn append(&self, _: &AuditRecord) -> Result<(), AuditFault> {
        let way = *self.0.lock().unwrap();
        match way {
            Way::Keep => Ok(()),
            Way::Fail => Err(AuditFault::new("read-only")),
            Way::Hang => std::future::pending().await,
        }
    }
}

/// A call that draws on all of the budget and whose intent is not recorded does not run.
async fn next_after_no_intent(way: Way) -> &'static str {
    let stage = Stage::new();
    let disk = Disk(Arc::new(Mutex::new(Way::Keep)));
    let set = |way| *disk.0.lock().unwrap() = way;
    let runtime = stage.builder_with(disk.clone()).build().unwrap();
    let session = open(&stage, &runtime, total(100)).await;
    set(way);
    let later = async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        code = refund(&session, 100) => assert_eq!(code, "fault.audit_unavailable"),
        () = later => assert_eq!(way, Way::Hang),
    }
    set(Way::Keep);
    // What was dropped is given back by a task of its own.
    tokio::task::yield_now().await;
    assert_eq!(stage.ledger.len(), 0);
    refund(&session, 100).await
}

#[tokio::test]
async fn what_was_reserved_and_never_started_is_given_back() {
    assert_eq!(next_after_no_intent(Way::Fail).await, "returned");
    assert_eq!(next_after_no_intent(Way::Hang).await, "returned");
}

/// Counts in memory, after something else has happened.
struct After<F>(MemoryBudgets, F);

#[async_trait]
impl<F: Fn() + Send + Sync> BudgetLedger for After<F> {
    async fn reserve(&self, draw: Draw) -> Result<Reservation, BudgetRefusal> {
        (self.1)();
        self.0.reserve(draw).await
    }

    async fn commit(&self, reservation: Reservation) -> Result<(), LedgerFault> {
        self.0.commit(reservation).await
    }

    async fn release(&self, reservation: Reservation) -> Result<(), LedgerFault> {
        self.0.release(reservation).await
    }
}

#[tokio::test]
async fn what_the_last_decision_refuses_is_given_back() {
    let stage = Stage::new();
    let slot = Arc::new(std::sync::OnceLock::<Runtime>::new());
    let frozen = Arc::clone(&slot);
    let freeze = move || {
        let writes = ScopePattern::parse("write:refunds").unwrap();
        let runtime = frozen.get().unwrap();
        runtime.freeze(writes, "stop", at(NOW + 60)).unwrap();
    };
    let ledger = After(MemoryBudgets::new(), freeze);
    let runtime = builder(&stage).budgets(ledger).build().unwrap();
    slot.set(runtime.clone()).unwrap();
    let session = open(&stage, &runtime, total(100)).await;
    assert_eq!(refund(&session, 60).await, "freeze.in_force");
    assert_eq!(stage.ledger.len(), 0);
    check_ended(&session.call("odd_refund", &odd("")).await, "returned");
}

/// A ledger that cannot be asked.
struct Down;

/// A ledger that breaks down.
struct Broken;

/// A ledger that does not answer.
struct Silent;

macro_rules! fails_to_reserve {
    ($ledger:ty, $how:expr) => {
        #[async_trait]
        impl BudgetLedger for $ledger {
            async fn reserve(&self, _: Draw) -> Result<Reservation, BudgetRefusal> {
                $how
            }

            async fn commit(&self, _: Reservation) -> Result<(), LedgerFault> {
                panic!("nothing was reserved")
            }

            async fn release(&self, _: Reservation) -> Result<(), LedgerFault> {
                panic!("nothing was reserved")
            }
        }
    };
}

fails_to_reserve!(
    Down,
    Err(BudgetRefusal::LedgerUnavailable {
        reason: "no connection".to_owned()
    })
);
fails_to_reserve!(Broken, panic!("the ledger is on fire"));
fails_to_reserve!(Silent, std::future::pending().await);

async fn check_refused_with(ledger: impl BudgetLedger + 'static) {
    let stage = Stage::new();
    let runtime = stage.builder().budgets(ledger).build().unwrap();
    let session = open(&stage, &runtime, total(100)).await;
    assert_eq!(refund(&session, 5).await, "budget.ledger_unavailable");
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail(), ["refused budget.ledger_unavailable"]);
    let unlimited = stage.session(&runtime, "write:**").await;
    assert_eq!(
        refund(&unlimited, 5).await,
        "returned",
        "nothing is counted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_in_any_way_refuses_what_it_should_count() {
    check_refused_with(Down).await;
    check_refused_with(Broken).await;
    check_refused_with(Silent).await;
}

/// Reserves, and cannot write down how a call ends.
struct Forgetful;

#[async_trait]
impl BudgetLedger for Forgetful {
    async fn reserve(&self, draw: Draw) -> Result<Reservation, BudgetRefusal> {
        Generous.reserve(draw).await
    }

    async fn commit(&self, _: Reservation) -> Result<(), LedgerFault> {
        let reason = "no connection".to_owned();
        Err(LedgerFault { reason })
    }

    async fn release(&self, _: Reservation) -> Result<(), LedgerFault> {
        panic!("the ledger is on fire")
    }
}

#[tokio::test]
async fn a_ledger_that_fails_after_the_call_takes_nothing_from_its_caller() {
    let stage = Stage::new();
    let runtime = builder(&stage).budgets(Forgetful).build().unwrap();
    let session = open(&stage, &runtime, total(100)).await;
    check_ended(&session.call("odd_refund", &odd("")).await, "returned");
    let failed = session.call("odd_refund", &odd("permanent")).await;
    check_ended(&failed, "shop.order_unknown");
}

#[tokio::test]
async fn a_typed_call_draws_as_well() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = open(&stage, &runtime, Budget::calls(1)).await;
    let typed = || session.run::<issue_refund>(super::stage::typed_refund(5));
    assert_eq!(typed().await.unwrap(), 5);
    assert_eq!(typed().await.unwrap_err().code(), "budget.exceeded");
}
