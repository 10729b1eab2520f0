//! `agentsudo prove`: an invocation proof, made by the holder of a token for one call.
//!
//! The token is not verified: a holder need not know its issuer. *Invariant:* no proof is made that could
//! never count.

use std::path::PathBuf;

use agentsudo::{
    Audience, BlockClaims, Invocation, InvocationProof, MAX_PROOF_AGE_S, Signer as _, Timestamp,
    Token, TokenError, read_key_file,
};
use serde::Serialize;

use crate::call::manifest::ToolsArg;
use crate::call::{self, ProposedCall};
use crate::entropy;
use crate::exit::{Exit, UsageError};
use crate::token::{Moment, TokenArg, audiences, output};

#[derive(Debug, clap::Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    token: TokenArg,
    /// The secret key of the token's holder, a PEM file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Who is to verify the proof [default: the audience of the token, if it has one]
    #[arg(long)]
    audience: Option<Audience>,
    #[command(flatten)]
    tools: ToolsArg,
    /// The tool that is called
    #[arg(long, value_name = "NAME")]
    tool: String,
    /// The exact arguments of the call: JSON, `@FILE`, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    arguments: String,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document instead of the proof alone
    #[arg(long)]
    json: bool,
}

/// A proof that was just made.
#[derive(Debug, Serialize)]
struct Made {
    version: u32,
    proof: String,
    audience: Audience,
    tool: String,
    definition_digest: String,
    arguments_digest: String,
    made_at: Timestamp,
    /// The first second at which it counts no more.
    ends_at: Timestamp,
}

/// Runs `agentsudo prove`.
pub(crate) fn run(args: &ProveArgs) -> anyhow::Result<Exit> {
    call::refuse_two_on_stdin(&args.token, &args.arguments)?;
    let proposed = ProposedCall::read(&args.tools.tools, &args.tool, &args.arguments)?;
    let key = read_key_file(&args.key)?;
    let token = args.token.read()?;
    let claims = token.claims();
    let last = claims.last().ok_or(TokenError::Malformed)?;
    if last.holder != key.public_key() {
        return Err(TokenError::HolderMismatch.into());
    }
    if last.delegate_only {
        return Err(TokenError::DelegateOnly.into());
    }
    let now = args.moment.now();
    let ends = claims.iter().filter_map(|block| block.expires_at).min();
    if let Some(expired_at) = ends.filter(|expired_at| now >= *expired_at) {
        return Err(TokenError::Expired { expired_at, now }.into());
    }
    let audience = audience(args.audience.as_ref(), &claims)?;
    let made = make(&token, audience, &proposed, now, &key)?;
    if args.json {
        output::json(&made)?;
    } else {
        output::text(&format!("{}\n", made.proof))?;
    }
    Ok(Exit::Success)
}

/// The verifier that was named and may accept the token, or the only one that may.
fn audience(named: Option<&Audience>, claims: &[BlockClaims]) -> anyhow::Result<Audience> {
    let meant_for = audiences(claims);
    if let Some(named) = named {
        let is_meant = meant_for.is_none_or(|meant_for| meant_for.contains(named));
        let expected = named.to_string();
        return if is_meant {
            Ok(named.clone())
        } else {
            Err(TokenError::AudienceMismatch { expected }.into())
        };
    }
    match meant_for.as_deref() {
        Some([only]) => Ok(only.clone()),
        _ => {
            let what = "no verifier to prove it to: expected its name with --audience";
            Err(UsageError(what.to_owned()).into())
        }
    }
}

fn make(
    token: &Token,
    audience: Audience,
    proposed: &ProposedCall,
    now: Timestamp,
    key: &agentsudo::SecretKey,
) -> anyhow::Result<Made> {
    let invocation = Invocation::of(&proposed.requirement, &proposed.arguments);
    let proof = InvocationProof::sign(token, &audience, &invocation, now, entropy::random()?, key)?;
    Ok(Made {
        version: output::VERSION,
        proof: proof.to_text(),
        audience,
        tool: proposed.requirement.tool().to_string(),
        definition_digest: proposed.requirement.definition().to_string(),
        arguments_digest: proposed.arguments.digest().to_string(),
        made_at: proof.made_at(),
        ends_at: proof.made_at().saturating_add_s(MAX_PROOF_AGE_S + 1),
    })
}
