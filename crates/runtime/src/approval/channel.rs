//! An approver at the other end of a channel: a user interface, a chat, another task.

use agentsudo_core::{ApprovalDecision, ApprovalRequest, KeyError, Signer, Timestamp, Verdict};
use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::{Approver, ApproverFault};

/// Hands requests to whoever holds the receiver.
#[derive(Debug, Clone)]
pub struct ChannelApprover(mpsc::Sender<PendingApproval>);

/// A request that waits for its answer. Dropping it leaves the request unanswered, which refuses it.
#[derive(Debug)]
pub struct PendingApproval {
    request: ApprovalRequest,
    answer: oneshot::Sender<ApprovalDecision>,
}

impl ChannelApprover {
    /// A channel that holds at most so many requests that nobody has taken yet; one more is refused.
    #[must_use]
    pub fn with_capacity(requests: usize) -> (Self, mpsc::Receiver<PendingApproval>) {
        let (sender, receiver) = mpsc::channel(requests.max(1));
        (Self(sender), receiver)
    }
}

impl PendingApproval {
    /// What is asked.
    #[must_use]
    pub const fn request(&self) -> &ApprovalRequest {
        &self.request
    }

    /// Signs consent with an approver's key and answers. Says whether anybody still waited.
    ///
    /// # Errors
    /// [`KeyError`] when the signer fails; the request then stays unanswered.
    pub fn approve(self, signer: &dyn Signer, now: Timestamp) -> Result<bool, KeyError> {
        self.sign_and_answer(Verdict::Approve, signer, now)
    }

    /// Signs a denial with an approver's key and answers. The agent is told the reason.
    ///
    /// # Errors
    /// [`KeyError`] when the signer fails; the request then stays unanswered.
    pub fn deny(
        self,
        reason: impl Into<String>,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<bool, KeyError> {
        self.sign_and_answer(
            Verdict::Deny {
                reason: reason.into(),
            },
            signer,
            now,
        )
    }

    fn sign_and_answer(
        self,
        verdict: Verdict,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<bool, KeyError> {
        let decision = ApprovalDecision::sign(&self.request, verdict, now, signer)?;
        Ok(self.answer(decision))
    }

    /// Answers, once. Says whether anybody still waited.
    pub fn answer(self, decision: ApprovalDecision) -> bool {
        self.answer.send(decision).is_ok()
    }
}

#[async_trait]
impl Approver for ChannelApprover {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        let (answer, answered) = oneshot::channel();
        let pending = PendingApproval {
            request: request.clone(),
            answer,
        };
        self.0.try_send(pending).map_err(|error| ApproverFault {
            reason: match error {
                mpsc::error::TrySendError::Full(_) => "too many requests wait already".to_owned(),
                mpsc::error::TrySendError::Closed(_) => "nobody takes requests any more".to_owned(),
            },
        })?;
        answered.await.map_err(|_| ApproverFault {
            reason: "the request was put aside".to_owned(),
        })
    }
}
