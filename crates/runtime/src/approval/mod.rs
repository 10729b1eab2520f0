//! Asking a person, and waiting for the answer.
//!
//! Owns when a call has to wait and whom it asks. Whether an answer counts is decided in one place, by
//! [`agentsudo_core::Approvers::check`]. A wait holds a task, never a thread; silence refuses.

mod channel;
mod rule;
mod terminal;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use agentsudo_core::{
    ApprovalDecision, ApprovalRefusal, ApprovalRequest, ApprovalWindow, Approvers, Erased, Pending,
};
use async_trait::async_trait;
use futures_util::FutureExt as _;

pub use channel::{ChannelApprover, PendingApproval};
pub use rule::ApprovalRule;
pub use terminal::TerminalApprover;

use crate::clock::Clock;
use crate::entropy::random;
use crate::outcome::{Denied, Fault};
use crate::pipeline::panic_message;

/// How long a request can be answered unless told otherwise: five minutes.
pub const DEFAULT_APPROVAL_WINDOW: Duration = Duration::from_secs(300);
/// Longest time that a request can be answered: one day.
pub const MAX_APPROVAL_WINDOW: Duration = Duration::from_secs(86_400);

/// A way to ask a person.
///
/// What comes back is a signed decision. There is no `bool` here that could be true by mistake.
#[async_trait]
pub trait Approver: Send + Sync {
    /// Puts the request to a person and waits for the answer.
    ///
    /// # Errors
    /// [`ApproverFault`] when nobody could be asked.
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault>;
}

#[async_trait]
impl<A: Approver + ?Sized> Approver for Arc<A> {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        (**self).decide(request).await
    }
}

/// Nobody could be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nobody could be asked: {reason}")]
pub struct ApproverFault {
    /// Why not.
    pub reason: String,
}

/// Which calls wait for a person, whom they ask and how long.
pub struct Approval {
    approver: Arc<dyn Approver>,
    approvers: Approvers,
    rules: Vec<ApprovalRule>,
    window: Duration,
}

impl Approval {
    /// Asks through `approver`; answers of `approvers` count.
    #[must_use]
    pub fn ask(approver: impl Approver + 'static, approvers: Approvers) -> Self {
        Self {
            approver: Arc::new(approver),
            approvers,
            rules: Vec::new(),
            window: DEFAULT_APPROVAL_WINDOW,
        }
    }

    /// Makes the calls of a rule wait.
    #[must_use]
    pub fn require(mut self, rule: ApprovalRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// How long a request can be answered, at most [`MAX_APPROVAL_WINDOW`].
    #[must_use]
    pub fn within(mut self, window: Duration) -> Self {
        self.window = window.min(MAX_APPROVAL_WINDOW);
        self
    }

    /// Lets the call go on once everything that its rules and its token ask for is there.
    pub(crate) async fn obtain(
        &self,
        pending: Pending<Erased>,
        clock: &dyn Clock,
    ) -> Result<Pending<Erased>, Denied> {
        let Some(reason) = self.reason_to_ask(&pending) else {
            return Ok(pending);
        };
        if self.approvers.is_empty() {
            return Err(Denied::Refused(ApprovalRefusal::NobodyToAsk.into()));
        }
        let requested_at = clock.now();
        let expires_at = requested_at.saturating_add_s(self.window.as_secs());
        let nonce = random().map_err(|error| Fault::NoEntropy {
            reason: error.to_string(),
        })?;
        let window = ApprovalWindow {
            requested_at,
            expires_at,
            nonce,
        };
        let request = ApprovalRequest::for_call(pending.call(), &reason, &window);
        let decide = AssertUnwindSafe(async { self.approver.decide(&request).await });
        let asked = tokio::time::timeout(self.window, decide.catch_unwind()).await;
        let expired = ApprovalRefusal::Expired {
            expired_at: expires_at,
        };
        let decision = asked
            .map_err(|_| Denied::Refused(expired.into()))?
            .map_err(|panic| Fault::ApproverUnavailable {
                reason: format!("it panicked: {}", panic_message(&*panic)),
            })?
            .map_err(|fault| Fault::ApproverUnavailable {
                reason: fault.reason,
            })?;
        let refused = |refusal: ApprovalRefusal| Denied::Refused(refusal.into());
        let approved = self
            .approvers
            .check(&request, decision, clock.now())
            .map_err(refused)?;
        pending.approved_by(approved).map_err(refused)
    }

    fn reason_to_ask(&self, pending: &Pending<Erased>) -> Option<String> {
        let call = pending.call();
        if let Some(rule) = self.rules.iter().find(|rule| rule.asks_for(call)) {
            return Some(rule.reason());
        }
        // The rule stands in the block that made this agent a holder.
        let link = call.chain().iter().nth(pending.obligations().consent()?)?;
        Some(format!(
            "the token of `{}` asks for a person's consent",
            link.agent
        ))
    }
}

impl std::fmt::Debug for Approval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Approval")
            .field("approvers", &self.approvers)
            .field("rules", &self.rules)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
