//! A call as a verifier would be shown it: with a proof, or with the token alone where it is for its bearer.
//!
//! The verifier is a new one and is forgotten: no proof is spent, and nothing is drawn on a budget.

use std::path::PathBuf;

use agentsudo::{
    BlockClaims, Call, CallId, Conditions, FreezeList, InvocationProof, Obligations, ProofError,
    Refusal, Timestamp, Verified, authorize_proved,
};
use anyhow::Context as _;
use serde::Serialize;

use super::{Refused, TokenArg, source};
use crate::call::answer::Owed;
use crate::call::{self, ProposedCall};
use crate::term::{BAD, GOOD, painted};

#[derive(Debug, clap::Args)]
pub(crate) struct CallArgs {
    /// Decide a call of this tool as well
    #[arg(long, value_name = "NAME", requires = "tools", requires = "arguments")]
    tool: Option<String>,
    /// The tools: a JSON list of {name, scope, effect, sinks, digest, …}
    #[arg(
        long,
        value_name = "FILE",
        visible_alias = "manifest",
        requires = "tool"
    )]
    tools: Option<PathBuf>,
    /// The exact arguments of the call: JSON, `@FILE`, or `-` for standard input
    #[arg(long, value_name = "JSON", requires = "tool")]
    arguments: Option<String>,
    /// The proof that came with the call: its text, or `@FILE`. It is not spent
    #[arg(long, value_name = "PROOF", requires = "tool", requires = "audience")]
    proof: Option<String>,
    /// Refuse a call with effects of which a sink is not pinned by any rule
    #[arg(long, requires = "tool")]
    pub(super) strict: bool,
}

/// A call, and what came with it.
pub(super) struct Presented {
    call: ProposedCall,
    proof: Option<Result<InvocationProof, ProofError>>,
}

/// What would become of the call now.
#[derive(Debug, Serialize)]
pub(super) struct PresentedAnswer {
    tool: String,
    scope: String,
    /// Whether the call is made by somebody who may make it: by its proof, or as the token's bearer.
    proved: bool,
    allowed: bool,
    #[serde(flatten)]
    refused: Option<Refused>,
    /// What has to happen before the call may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    obligations: Option<Owed>,
    #[serde(skip)]
    has_proof: bool,
}

impl CallArgs {
    /// Reads the call, if there is one.
    pub(super) fn read(&self, token: &TokenArg) -> anyhow::Result<Option<Presented>> {
        let typed = self.tool.as_ref().zip(self.arguments.as_ref());
        let Some(((tool, arguments), tools)) = typed.zip(self.tools.as_ref()) else {
            return Ok(None);
        };
        call::refuse_two_on_stdin(token, arguments)?;
        let proof = match &self.proof {
            Some(typed) => Some(read_proof(typed)?),
            None => None,
        };
        Ok(Some(Presented {
            call: ProposedCall::read(tools, tool, arguments)?,
            proof,
        }))
    }
}

/// Text that is no proof is an answer, and no failure.
fn read_proof(typed: &str) -> anyhow::Result<Result<InvocationProof, ProofError>> {
    let Some(path) = typed.strip_prefix('@') else {
        return Ok(InvocationProof::from_text(typed.trim()));
    };
    let read = std::fs::File::open(path).and_then(source::bounded);
    let bytes = read.with_context(|| format!("proof file `{path}` could not be read"))?;
    let text = str::from_utf8(&bytes).map_err(|_| ProofError::Malformed);
    Ok(text.and_then(|text| InvocationProof::from_text(text.trim())))
}

impl Presented {
    pub(super) fn decide(
        self,
        verified: Verified,
        blocks: &[BlockClaims],
        now: Timestamp,
    ) -> PresentedAnswer {
        let requirement = std::sync::Arc::clone(&self.call.requirement);
        let has_proof = self.proof.is_some();
        let decided = self.obligations(verified, now);
        let proved = !matches!(decided, Err(Refusal::Proof(_)));
        let obligations = decided.as_ref().ok();
        PresentedAnswer {
            tool: requirement.tool().to_string(),
            scope: requirement.scope().to_string(),
            proved,
            allowed: decided.is_ok(),
            obligations: obligations.map(|owed| Owed::of(owed, blocks, &requirement)),
            refused: decided
                .err()
                .map(|refusal| call::refused(&refusal, Some(&requirement))),
            has_proof,
        }
    }

    fn obligations(self, verified: Verified, now: Timestamp) -> Result<Obligations, Refusal> {
        let freezes = FreezeList::none();
        let conditions = Conditions {
            now,
            freezes: &freezes,
        };
        let ProposedCall {
            requirement,
            arguments,
        } = self.call;
        let Some(proof) = self.proof else {
            let capability = verified.bearer()?;
            return capability.decide(&requirement, &arguments, &conditions);
        };
        // Nobody sees the id of a call that is not made.
        let id = CallId::from_bytes([0; CallId::LEN_BYTES]);
        let call = Call::dynamic(id, requirement, arguments);
        match authorize_proved(verified, &proof?, call, &conditions) {
            Ok(pending) => Ok(pending.obligations().clone()),
            Err(refused) => Err(refused.into_refusal()),
        }
    }
}

impl PresentedAnswer {
    pub(super) const fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// For people, in lines.
    pub(super) fn text(&self) -> String {
        let call = format!("{} ({})", self.tool, self.scope);
        let proof = match (self.proved, self.has_proof) {
            (false, _) => String::new(),
            (true, true) => format!("{}: for this call, now\n", painted(GOOD, "proof counts")),
            (true, false) => format!("{}: a bearer token\n", painted(GOOD, "no proof needed")),
        };
        let Some(Refused { code, message }) = &self.refused else {
            let owed = self.obligations.as_ref().map(Owed::text);
            let owed = owed.unwrap_or_default();
            return format!("{proof}{}: {call}\n{owed}", painted(GOOD, "allowed"));
        };
        let refused = painted(BAD, "refused");
        format!("{proof}{refused}: {call}: {message} ({code})\n")
    }
}
