//! An agent for the tests of the tools: it goes the whole way from a signed token to a decision, so
//! that a tool is called with a proof and in no other way.

use std::sync::Arc;

use agentsudo_core::{
    AgentName, Arguments, Audience, CallId, Capability, Conditions, FreezeList, Holder, Mint,
    ScopePattern, SecretKey, Signer, Timestamp, TokenId, Verifier, authorize,
};
use agentsudo_tools::{CallContext, CallContextParts, Registry, States};
use serde_json::Value;

/// 2026-01-02T03:04:05Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_s(1_767_323_045);

pub(crate) struct Agent {
    registry: Registry,
    states: Arc<States>,
    capability: Capability,
}

impl Agent {
    pub(crate) fn with_grant(pattern: &str, registry: Registry, states: States) -> Self {
        let (issuer, holder) = (
            SecretKey::from_seed(&mut [1; 32]),
            SecretKey::from_seed(&mut [2; 32]),
        );
        let name = AgentName::parse("support-bot").unwrap();
        let token = Mint::new(
            Holder::new(name, holder.public_key()),
            NOW,
            60,
            TokenId::from_bytes([3; 12]),
        )
        .grant(ScopePattern::parse(pattern).unwrap())
        .sign(&issuer)
        .unwrap();
        let capability = Verifier::new(Audience::parse("test").unwrap())
            .trust(issuer.public_key())
            .verify(&token, NOW)
            .unwrap()
            .held_by(&holder, &[4; 32])
            .unwrap();
        Self {
            registry,
            states: Arc::new(states),
            capability,
        }
    }

    /// Calls a tool; `call` tells one call from another. An error is its code.
    pub(crate) async fn call(
        &self,
        call: u8,
        tool: &str,
        arguments: Value,
    ) -> Result<Value, String> {
        let tool = self.registry.get(tool).unwrap();
        let call_id = CallId::from_bytes([call; 16]);
        let arguments =
            Arguments::from_json(&arguments).map_err(|error| error.code().to_owned())?;
        let decoded = tool
            .tool()
            .decode(call_id, tool.definition().requirement(), &arguments)
            .map_err(|error| error.code().to_owned())?;
        let conditions = Conditions {
            now: NOW,
            freezes: &FreezeList::default(),
        };
        let authorized = authorize(&self.capability, decoded, &conditions)
            .map_err(|refused| refused.refusal().code().to_owned())?;
        let ctx = CallContext::new(CallContextParts {
            call_id,
            session_id: "session".to_owned(),
            chain: self.capability.chain().clone(),
            now: NOW,
            states: Arc::clone(&self.states),
        });
        tool.tool()
            .invoke(authorized, &ctx)
            .await
            .map_err(|error| error.code().to_owned())
    }
}
