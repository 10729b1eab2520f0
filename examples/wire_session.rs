//! A session over a wire: one signature to open it, then a short code on each call.
//!
//! You will see both sides agree on a key that never travels, calls decided by their codes alone, a code used
//! twice refused, and one moved to other arguments refused.
//!
//! `cargo run -p agentsudo-examples --example wire_session`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use agentsudo::{
    Agent, Arguments, Audience, Call, CallId, CallTag, Clock, Conditions, Digest, Effect,
    FreezeList, Invocation, Issuer, ProvedSession, Requirement, Scope, SecretKey, SessionHandshake,
    SessionOpening, SessionReply, SystemClock, Timestamp, Verifier, generate_key,
};

/// What the verifier knows of the tool, and the agent from a list of tools.
fn requirement() -> anyhow::Result<Requirement> {
    let definition = Digest::of(b"what the model and the operator see of the tool");
    let scope = Scope::parse("write:refunds")?;
    let sinks = vec!["amount_minor".to_owned()];
    let tool = "issue_refund".parse()?;
    Ok(Requirement::dynamic(
        tool,
        definition,
        scope,
        Effect::Write,
        sinks,
        Vec::new(),
    ))
}

/// The verifier's side of one call: its bytes come in, and are decided.
fn decide(
    session: &ProvedSession,
    tag: &[u8],
    json: &str,
    now: Timestamp,
) -> anyhow::Result<&'static str> {
    let arguments = Arguments::from_json_slice(json.as_bytes())?;
    let id = CallId::from_bytes(random()?);
    let call = Call::dynamic(id, Arc::new(requirement()?), arguments);
    let freezes = FreezeList::none();
    let conditions = Conditions {
        now,
        freezes: &freezes,
    };
    let decided = session.authorize(call, &CallTag::from_bytes(tag)?, &conditions);
    Ok(decided.map_or_else(|refused| refused.into_refusal().code(), |_| "allowed"))
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

fn main() -> anyhow::Result<()> {
    let now = SystemClock::start().now();
    let (issuer, shop) = (Issuer::generate()?, Audience::parse("shop")?);
    let verifier = Verifier::new(shop.clone()).trust(issuer.public_key());
    let key = Arc::new(generate_key()?);
    let agent = Agent::with_signer("support-bot".parse()?, Arc::<SecretKey>::clone(&key));
    let token = issuer.token_for(&agent).allow("write:refunds").mint()?;

    // The agent opens: a signed half of a key agreement, bound to the token, the shop and this minute.
    let (begun, opening) =
        SessionHandshake::begin(&token, &shop, now, random()?, &mut random()?, &key)?;
    let sent = opening.to_bytes();

    // The verifier answers with its half.
    let verified = verifier.verify_bytes(token.as_bytes(), now)?;
    let opening = SessionOpening::from_bytes(&sent)?;
    let (session, reply) = verified.open_session(&opening, random()?, &mut random()?, now)?;

    // Both have the key now. The agent puts a code on each call.
    let session_key = begun.finish(&SessionReply::from_bytes(&reply.to_bytes())?)?;
    let requirement = requirement()?;
    let tag = |counter, json: &str| -> anyhow::Result<Vec<u8>> {
        let arguments = Arguments::from_json_slice(json.as_bytes())?;
        let invocation = Invocation::of(&requirement, &arguments);
        Ok(session_key.tag(counter, &invocation).to_bytes())
    };
    let (small, large) = (r#"{"amount_minor":4500}"#, r#"{"amount_minor":99999}"#);
    let first = tag(0, small)?;
    let cases = [
        ("the first call", &first, small, "allowed"),
        ("the same code again", &first, small, "session.tag_replayed"),
        (
            "a code for other arguments",
            &tag(1, small)?,
            large,
            "session.tag_invalid",
        ),
        ("the next call", &tag(1, small)?, small, "allowed"),
    ];
    for (name, tag, json, expected) in cases {
        let found = decide(&session, tag, json, now)?;
        println!("{name}: {found}");
        anyhow::ensure!(found == expected, "expected {expected}");
    }
    Ok(())
}
