//! What the tests of this topic share: a shop, an agent at work in it, and the trail that it leaves.

use std::sync::{Arc, Mutex};

use agentsudo::{
    Agent, Audience, AuditEvent, AuditRecord, AuditSink, Builder, Issuer, MemoryAudit, Outcome,
    Ready, Runtime, Session, State, Timestamp, Token, ToolError, Verifier, tool,
};
use agentsudo_testkit::{FixedClock, seeded_agent, seeded_issuer, seeded_key};
use serde_json::{Value, json};

/// When the tests play.
pub(super) const NOW: u64 = 1_800_000_000;
/// How long tokens of the stage live.
pub(super) const LIFETIME_S: u64 = 3_600;

/// What the tools did, which is what an attacker is after.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Arc<Mutex<Vec<(String, u64)>>>);

impl Ledger {
    pub(super) fn enter(&self, what: &str, amount_minor: u64) {
        self.0.lock().unwrap().push((what.to_owned(), amount_minor));
    }

    pub(super) fn entries(&self) -> Vec<(String, u64)> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn len(&self) -> usize {
        self.entries().len()
    }
}

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive", timeout = "10s")]
pub(super) async fn issue_refund(
    order_id: String,
    #[sink] amount_minor: u64,
    State(ledger): State<Ledger>,
) -> Result<u64, ToolError> {
    ledger.enter(&order_id, amount_minor);
    Ok(amount_minor)
}

/// Reads an order.
#[tool(scope = "read:orders", effect = "read", timeout = "10s")]
pub(super) async fn read_order(
    order_id: String,
    State(ledger): State<Ledger>,
) -> Result<String, ToolError> {
    ledger.enter(&order_id, 0);
    Ok(format!("order {order_id}"))
}

/// A refund, as a model writes it.
pub(super) fn refund_of(amount_minor: u64) -> Value {
    json!({ "order_id": "order_1", "amount_minor": amount_minor })
}

/// A refund, as a program writes it.
pub(super) fn typed_refund(amount_minor: u64) -> IssueRefund {
    IssueRefund {
        order_id: "order_1".to_owned(),
        amount_minor,
    }
}

/// A clock, an issuer that the runtimes trust, a trail and a ledger.
pub(super) struct Stage {
    pub(super) clock: FixedClock,
    pub(super) issuer: Issuer,
    pub(super) audit: MemoryAudit,
    pub(super) ledger: Ledger,
}

impl Stage {
    pub(super) fn new() -> Self {
        let clock = FixedClock::at(NOW);
        Self {
            issuer: seeded_issuer(1, clock.clone()),
            audit: MemoryAudit::new(),
            ledger: Ledger::default(),
            clock,
        }
    }

    pub(super) fn builder(&self) -> Builder<Ready> {
        self.builder_with(self.audit.clone())
    }

    pub(super) fn builder_with(&self, sink: impl AuditSink + 'static) -> Builder<Ready> {
        let audience = Audience::parse("shop").unwrap();
        Runtime::builder(Verifier::new(audience).trust(self.issuer.public_key()))
            .audit(sink)
            .clock(self.clock.clone())
            .state(self.ledger.clone())
            .state(self.audit.clone())
            .tool(issue_refund)
            .tool(read_order)
    }

    pub(super) fn runtime(&self) -> Runtime {
        self.builder().build().unwrap()
    }

    /// A token of the agent `support-bot` for one pattern of scopes.
    pub(super) fn token(&self, scopes: &str) -> Token {
        let request = self.issuer.token_for(&support_bot()).allow(scopes);
        request.delegable(8).mint().unwrap()
    }

    pub(super) async fn session(&self, runtime: &Runtime, scopes: &str) -> Session {
        let token = self.token(scopes);
        runtime.open_session(&support_bot(), &token).await.unwrap()
    }

    /// What the trail says of calls, one line a record; sessions are left out.
    pub(super) fn trail(&self) -> Vec<String> {
        trail_of(&self.audit.records())
    }
}

pub(super) fn support_bot() -> Agent {
    seeded_agent("support-bot", 2).unwrap()
}

/// The key of the approver `ada`.
pub(super) fn ada() -> agentsudo::SecretKey {
    seeded_key(9)
}

pub(super) fn at(unix_s: u64) -> Timestamp {
    Timestamp::from_unix_s(unix_s)
}

pub(super) fn trail_of(records: &[AuditRecord]) -> Vec<String> {
    records
        .iter()
        .filter_map(|record| line_of(&record.event))
        .collect()
}

fn line_of(event: &AuditEvent) -> Option<String> {
    Some(match event {
        AuditEvent::SessionOpened { .. } | AuditEvent::SessionRefused { .. } => return None,
        AuditEvent::Refused { code, .. } => format!("refused {code}"),
        AuditEvent::Intent {
            would_refuse,
            approval,
            possession: _,
        } => {
            let observed = would_refuse
                .as_ref()
                .map(|refusal| format!(", would refuse {}", refusal.code));
            let approved = approval
                .as_ref()
                .map(|approval| format!(", approved by {}", approval.by));
            format!(
                "intent{}{}",
                observed.unwrap_or_default(),
                approved.unwrap_or_default()
            )
        }
        AuditEvent::Returned { .. } => "returned".to_owned(),
        AuditEvent::Answered { .. } => "answered".to_owned(),
        AuditEvent::Failed { code } => format!("failed {code}"),
        AuditEvent::Unknown { code } => format!("unknown {code}"),
    })
}

/// The code of whatever went wrong, or `returned`.
pub(super) fn ended(outcome: &Outcome) -> &'static str {
    outcome.code().unwrap_or("returned")
}

#[track_caller]
pub(super) fn check_ended(outcome: &Outcome, expected: &str) {
    assert_eq!(ended(outcome), expected, "{outcome:?}");
}
