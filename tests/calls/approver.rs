//! Approvers that answer in every way that there is.

use std::sync::Mutex;

use agentsudo::{
    AgentName, ApprovalDecision, ApprovalRequest, Approver, ApproverFault, Approvers, PublicKey,
    SecretKey, Signer, Verdict, async_trait,
};

use super::stage::{NOW, at};

/// Approves everything, with this key.
pub(super) struct Yes(pub(super) SecretKey);

/// Denies everything, for this reason.
pub(super) struct No(pub(super) SecretKey, pub(super) &'static str);

/// Approves the first request, and gives the same answer ever after.
pub(super) struct Parrot(
    pub(super) SecretKey,
    pub(super) Mutex<Option<ApprovalDecision>>,
);

/// Never answers.
pub(super) struct Silence;

/// Breaks down.
pub(super) struct Panics;

pub(super) fn answer(
    request: &ApprovalRequest,
    verdict: Verdict,
    key: &SecretKey,
) -> ApprovalDecision {
    ApprovalDecision::sign(request, verdict, at(NOW), key).unwrap()
}

#[async_trait]
impl Approver for Yes {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        Ok(answer(request, Verdict::Approve, &self.0))
    }
}

#[async_trait]
impl Approver for No {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        let reason = self.1.to_owned();
        Ok(answer(request, Verdict::Deny { reason }, &self.0))
    }
}

#[async_trait]
impl Approver for Parrot {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        let mut first = self.1.lock().unwrap();
        let answered = first.get_or_insert_with(|| answer(request, Verdict::Approve, &self.0));
        Ok(answered.clone())
    }
}

#[async_trait]
impl Approver for Silence {
    async fn decide(&self, _: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        std::future::pending().await
    }
}

#[async_trait]
impl Approver for Panics {
    async fn decide(&self, _: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        panic!("the pager is on fire")
    }
}

pub(super) fn approvers(name: &str, key: PublicKey) -> Approvers {
    Approvers::nobody().and(AgentName::parse(name).unwrap(), key)
}

pub(super) fn ada_approves() -> Approvers {
    approvers("ada", super::stage::ada().public_key())
}
