//! A call that comes with a proof of its own instead of a session: for callers that keep none open.
//!
//! *Invariants:* it has the same life as any other call, and each proof has one such life; until the proof is
//! checked nothing is recorded in the name of the token's agents, and what is recorded has a quota.

use std::fmt;

use agentsudo_core::{
    Arguments, AuditSubject, Call, Erased, InvocationProof, MAX_LIFETIME_S, Refusal, Timestamp,
    Token, Verified, authorize_proved,
};
use agentsudo_tools::Registered;

use crate::audit::Entry;
use crate::outcome::{Denied, Outcome};
use crate::pipeline::{Caller, Work, caught};
use crate::proposed::Proposed;
use crate::runtime::Runtime;
use crate::session;

/// A call as it comes in from somewhere else: all of it bytes that nobody has looked at.
#[derive(Clone, Copy)]
pub struct SignedCall<'a> {
    /// The token.
    pub token: &'a [u8],
    /// The proof that the token's holder wants this call, as [`InvocationProof::to_bytes`] writes it.
    pub proof: &'a [u8],
    /// The tool's name.
    pub tool: &'a str,
    /// The arguments, as JSON. The proof is about these, as they were proposed.
    pub arguments: &'a [u8],
}

impl Runtime {
    /// Makes one call with a proof for it, without a session: decided, approved, reserved and recorded like any
    /// other. The proof is spent, also when the call is then refused.
    ///
    /// Proposal layers see the call before its proof is checked. What they change was not signed by the holder
    /// and is refused.
    pub async fn call_proved(&self, signed: &SignedCall<'_>) -> Outcome {
        let id = match session::new_call_id() {
            Ok(id) => id,
            Err(fault) => return Outcome::Faulted(fault),
        };
        let (verified, proof, arguments) = match self.admit(signed) {
            Ok(admitted) => admitted,
            Err(denied) => return self.deny_proposal(None, id, signed.tool, denied).await,
        };
        let chain = verified.chain().clone();
        let proposed = Proposed::new(id, signed.tool.to_owned(), chain, arguments);
        match self.decode(proposed).await {
            Ok((call, registered)) => {
                let caller = Caller::Signed(signed.token);
                self.run_proved(caller, verified, &proof, call, registered)
                    .await
            }
            Err(denied) => self.deny_proposal(None, id, signed.tool, denied).await,
        }
    }

    fn admit(
        &self,
        signed: &SignedCall<'_>,
    ) -> Result<(Verified, InvocationProof, Arguments), Denied> {
        let verify = || self.verify_bytes(signed.token, self.now());
        let verified = caught(verify)?.map_err(Refusal::from)?;
        let proof = InvocationProof::from_bytes(signed.proof).map_err(Refusal::from)?;
        let arguments = Arguments::from_json_slice(signed.arguments).map_err(Refusal::from)?;
        Ok((verified, proof, arguments))
    }

    async fn run_proved(
        &self,
        caller: Caller<'_>,
        verified: Verified,
        proof: &InvocationProof,
        call: Call<Erased>,
        registered: &Registered,
    ) -> Outcome {
        let entry = Entry {
            call: call.id(),
            session: None,
            chain: verified.chain().clone(),
            tool: Some(call.requirement().tool().to_string()),
            subject: Some(AuditSubject::of(&call)),
            // Unless the decision finds that the proof does not count.
            is_proven: true,
        };
        let decide = || {
            self.under_conditions(|conditions| authorize_proved(verified, proof, call, conditions))
        };
        self.carry_on(caller, entry, Work::of_tool(registered), decide)
            .await
    }
}

/// When the root of a token ends that was verified before.
pub(crate) fn root_ends_at(token: &[u8], now: Timestamp) -> Timestamp {
    Token::from_bytes(token).map_or_else(
        |_| now.saturating_add_s(MAX_LIFETIME_S),
        |token| session::root_ends_at(&token, now),
    )
}

impl fmt::Debug for SignedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCall")
            .field("tool", &self.tool)
            .finish_non_exhaustive()
    }
}
