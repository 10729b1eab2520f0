//! Who answers when a call waits for a person: a person at the terminal, an answer given beforehand, or
//! nobody.
//!
//! An answer given beforehand is signed like a person's, under a name that says what it is. Where nobody
//! can be asked nothing is signed at all, and the call is refused.

use std::sync::Arc;

use agentsudo::{
    AgentName, ApprovalDecision, ApprovalRequest, Approver, ApproverFault, Approvers, Clock,
    SecretKey, SetupError, Signer as _, SystemClock, TerminalApprover, Verdict, async_trait,
    generate_key,
};

use crate::args::DemoArgs;
use crate::term;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// A person at the terminal.
    Person,
    /// `--yes`.
    PresetYes,
    /// `--no`.
    PresetNo,
    /// There is no terminal and no flag.
    Nobody,
}

impl Consent {
    pub(super) fn of(args: &DemoArgs) -> Self {
        match (args.yes, args.no) {
            (true, _) => Self::PresetYes,
            (_, true) => Self::PresetNo,
            _ if term::can_ask() => Self::Person,
            _ => Self::Nobody,
        }
    }

    /// The name under which answers are signed, as the audit trail shows it.
    pub(super) const fn approver_name(self) -> &'static str {
        match self {
            Self::Person | Self::Nobody => "operator",
            Self::PresetYes => "preset-yes",
            Self::PresetNo => "preset-no",
        }
    }

    /// What a reader has to know before a call waits.
    pub(super) const fn notice(self) -> &'static str {
        match self {
            Self::Person => "You are that person now.",
            Self::PresetYes => "This time --yes answers in the place of a person.",
            Self::PresetNo => "This time --no answers in the place of a person.",
            Self::Nobody => {
                "Nobody can be asked here, because standard input is not a terminal, so the call will \
                 be refused. Use --yes or --no to answer beforehand."
            }
        }
    }

    /// The approver, and whose answers count.
    pub(super) fn approver(self) -> Result<(Arc<dyn Approver>, Approvers), SetupError> {
        let key = generate_key()?;
        let name = AgentName::parse(self.approver_name())?;
        let approvers = Approvers::nobody().and(name, key.public_key());
        let clock = SystemClock::start();
        let approver: Arc<dyn Approver> = match self {
            Self::Person => Arc::new(TerminalApprover::new(Arc::new(key), Arc::new(clock))),
            Self::PresetYes => Arc::new(PresetApprover::new(key, Verdict::Approve)),
            Self::PresetNo => {
                let reason = "denied beforehand, by --no".to_owned();
                Arc::new(PresetApprover::new(key, Verdict::Deny { reason }))
            }
            Self::Nobody => Arc::new(NobodyThere),
        };
        Ok((approver, approvers))
    }
}

/// Signs the same answer to every request.
struct PresetApprover {
    key: SecretKey,
    verdict: Verdict,
    clock: SystemClock,
}

impl PresetApprover {
    fn new(key: SecretKey, verdict: Verdict) -> Self {
        let clock = SystemClock::start();
        Self {
            key,
            verdict,
            clock,
        }
    }
}

#[async_trait]
impl Approver for PresetApprover {
    async fn decide(&self, request: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        ApprovalDecision::sign(request, self.verdict.clone(), self.clock.now(), &self.key).map_err(
            |error| ApproverFault {
                reason: error.to_string(),
            },
        )
    }
}

/// Says that nobody can be asked.
struct NobodyThere;

#[async_trait]
impl Approver for NobodyThere {
    async fn decide(&self, _: &ApprovalRequest) -> Result<ApprovalDecision, ApproverFault> {
        Err(ApproverFault {
            reason: "standard input is not a terminal, and neither --yes nor --no was given"
                .to_owned(),
        })
    }
}
