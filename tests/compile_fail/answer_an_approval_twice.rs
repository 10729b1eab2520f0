//! A request is answered once.

use agentsudo::{ApprovalDecision, PendingApproval};

fn twice(pending: PendingApproval, decision: ApprovalDecision) {
    pending.answer(decision.clone());
    pending.answer(decision);
}

fn main() {}
