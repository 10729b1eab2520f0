//! An agent elsewhere that signs each of its calls, and what a thief gets who overhears one.
//!
//! You will see a call arrive as bytes with a proof, run once, and be refused when it is sent again, when its
//! arguments are changed, and when somebody else tries the token without its key.
//!
//! `cargo run -p agentsudo-examples --example signed_calls`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use agentsudo::{
    Agent, Arguments, Audience, Invocation, Issuer, MemoryAudit, Runtime, SignedCall, Token,
    ToolError, Verifier, tool,
};

/// Refunds an order.
#[tool(scope = "write:refunds", effect = "destructive")]
async fn issue_refund(order_id: String, #[sink] amount_minor: u64) -> Result<String, ToolError> {
    Ok(format!("refunded {amount_minor} of {order_id}"))
}

/// What the agent sends: its token, a proof for this one call, and the arguments that it is about.
fn sign(agent: &Agent, token: &Token, runtime: &Runtime, json: &[u8]) -> anyhow::Result<Vec<u8>> {
    // An agent elsewhere knows the tool's name and the digest of its definition from a list of tools.
    let registered = runtime.registry().get("issue_refund");
    let tool = registered.ok_or_else(|| anyhow::anyhow!("no such tool"))?;
    let arguments = Arguments::from_json_slice(json)?;
    let invocation = Invocation::of(tool.definition().requirement(), &arguments);
    let shop = Audience::parse("shop")?;
    let proof = agent.sign_call(token, &shop, &invocation, runtime.now())?;
    Ok(proof.to_bytes())
}

async fn arrive(
    runtime: &Runtime,
    token: &Token,
    proof: &[u8],
    arguments: &[u8],
    expected: Option<&str>,
) -> anyhow::Result<()> {
    let call = SignedCall {
        token: token.as_bytes(),
        proof,
        tool: "issue_refund",
        arguments,
    };
    let outcome = runtime.call_proved(&call).await;
    println!("  {}", serde_json::to_string(&outcome.to_reply())?);
    anyhow::ensure!(outcome.code() == expected, "expected {expected:?}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let issuer = Issuer::generate()?;
    let verifier = Verifier::new(Audience::parse("shop")?).trust(issuer.public_key());
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .tool(issue_refund)
        .build()?;
    let agent = Agent::generate("support-bot")?;
    let token = issuer.token_for(&agent).allow("write:refunds").mint()?;

    let refund = br#"{"order_id":"order_123","amount_minor":4500}"#;
    let proof = sign(&agent, &token, &runtime, refund)?;
    println!("the agent's call:");
    arrive(&runtime, &token, &proof, refund, None).await?;
    println!("the same bytes again:");
    arrive(&runtime, &token, &proof, refund, Some("proof.replayed")).await?;

    let proof = sign(&agent, &token, &runtime, refund)?;
    println!("a fresh proof with other arguments:");
    let more = br#"{"order_id":"order_123","amount_minor":99999}"#;
    let invalid = Some("proof.signature_invalid");
    arrive(&runtime, &token, &proof, more, invalid).await?;

    let thief = Agent::generate("support-bot")?;
    println!("a thief with the token and a key of its own:");
    let refused = sign(&thief, &token, &runtime, refund);
    println!(
        "  {}",
        refused.err().map(|e| e.to_string()).unwrap_or_default()
    );
    let stranger = issuer.token_for(&thief).allow("read:*").mint()?;
    let proof = sign(&thief, &stranger, &runtime, refund)?;
    arrive(&runtime, &token, &proof, refund, invalid).await
}
