//! An approver that follows a script.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use agentsudo_core::{ApprovalDecision, ApprovalRequest, Signer, Timestamp, Verdict};
use agentsudo_runtime::{Approver, ApproverFault, async_trait};

/// Answers requests in the order of its script, and remembers what it was asked.
///
/// When the script is over it says that nobody is there, which refuses the call.
#[derive(Clone)]
pub struct ScriptedApprover(Arc<Inner>);

struct Inner {
    signer: Box<dyn Signer>,
    at: Timestamp,
    script: Mutex<VecDeque<Verdict>>,
    asked: Mutex<Vec<ApprovalRequest>>,
}

impl ScriptedApprover {
    /// Signs with this key and dates its answers with this time.
    #[must_use]
    pub fn new(
        signer: impl Signer + 'static,
        at: Timestamp,
        script: impl IntoIterator<Item = Verdict>,
    ) -> Self {
        let script = Mutex::new(script.into_iter().collect());
        Self(Arc::new(Inner {
            signer: Box::new(signer),
            at,
            script,
            asked: Mutex::default(),
        }))
    }

    /// What was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<ApprovalRequest> {
        self.0
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl Approver for ScriptedApprover {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        self.0
            .asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
        let next = self
            .0
            .script
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let verdict = next.ok_or_else(|| ApproverFault {
            reason: "the script is over".to_owned(),
        })?;
        ApprovalDecision::sign(request, verdict, self.0.at, &*self.0.signer).map_err(|error| {
            ApproverFault {
                reason: error.to_string(),
            }
        })
    }
}

impl fmt::Debug for ScriptedApprover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptedApprover")
    }
}
