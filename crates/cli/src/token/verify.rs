//! `agentsudo verify`: whether a token is valid, in a line and an exit code, and what would become of a call.

use agentsudo::{BlockClaims, Revoked, Timestamp, Token, TokenError, Verified};
use serde::Serialize;

use super::presented::{CallArgs, Presented, PresentedAnswer};
use super::{Moment, Refused, TokenArg, Trust, TrustArgs, output, revoked, span};
use crate::exit::{Exit, UsageError};
use crate::term::{BAD, GOOD, painted};

#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    token: TokenArg,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    call: CallArgs,
    /// Take this for revoked: `block:HEX`, `holder:HEX`, `agent:NAME` or `issuer:HEX`. May be repeated
    #[arg(long, value_name = "KIND:WHAT", value_parser = revoked::parse)]
    revoked: Vec<Revoked>,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Whether a token is valid, for machines.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    version: u32,
    valid: bool,
    #[serde(flatten)]
    refused: Option<Refused>,
    agents: Vec<String>,
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<PresentedAnswer>,
}

impl Answer {
    /// The answer for a token that is not valid.
    pub(crate) const fn no(refused: Refused) -> Self {
        Self {
            version: output::VERSION,
            valid: false,
            refused: Some(refused),
            agents: Vec::new(),
            expires_at: None,
            call: None,
        }
    }
}

/// Runs `agentsudo verify`.
pub(crate) fn run(args: &VerifyArgs) -> anyhow::Result<Exit> {
    let presented = args.call.read(&args.token)?;
    let trust = required_trust(&args.trust)?
        .strict(args.call.strict)
        .without(&args.revoked)
        .map_err(|error| UsageError(format!("{error} ({})", error.code())))?;
    let now = args.moment.now();
    let refused = match token_or_refusal(&args.token)? {
        Ok(token) => match trust.verify_as_named(&token, now) {
            Ok(verified) => return accept(args, &token, verified, presented, now),
            Err(refused) => refused,
        },
        Err(refused) => refused,
    };
    if args.json {
        output::json(&Answer::no(refused))?;
    } else {
        print_refusal(&refused)?;
    }
    Ok(Exit::Refused)
}

/// Reads the issuers to trust, at least one.
pub(crate) fn required_trust(args: &TrustArgs) -> anyhow::Result<Trust> {
    let trust = Trust::of(args)?;
    if trust.is_empty() {
        let missing = "no issuer to trust: name its public key with --issuer";
        return Err(UsageError(missing.to_owned()).into());
    }
    Ok(trust)
}

/// Text that is no token is an answer here, and no failure.
fn token_or_refusal(token: &TokenArg) -> anyhow::Result<Result<Token, Refused>> {
    match token.read() {
        Ok(token) => Ok(Ok(token)),
        Err(error) => Ok(Err(Refused::from(error.downcast::<TokenError>()?))),
    }
}

fn accept(
    args: &VerifyArgs,
    token: &Token,
    verified: Verified,
    presented: Option<Presented>,
    now: Timestamp,
) -> anyhow::Result<Exit> {
    let claims = token.claims();
    let expires_at = claims.iter().filter_map(|block| block.expires_at).min();
    let agents = agents(&claims);
    let call = presented.map(|presented| presented.decide(verified, &claims, now));
    let exit = match &call {
        Some(call) if !call.is_allowed() => Exit::Refused,
        _ => Exit::Success,
    };
    if args.json {
        output::json(&Answer {
            version: output::VERSION,
            valid: true,
            refused: None,
            agents,
            expires_at,
            call,
        })?;
    } else {
        let until = expires_at.map_or_else(String::new, |time| {
            format!(", expires {time} ({})", span::relative(time, now))
        });
        let valid = painted(GOOD, "valid");
        let call = call.map_or_else(String::new, |call| call.text());
        output::text(&format!("{valid}: {}{until}\n{call}", agents.join(" > ")))?;
    }
    Ok(exit)
}

/// Says why a token is refused, in a line.
pub(crate) fn print_refusal(refused: &Refused) -> anyhow::Result<()> {
    let Refused { code, message } = refused;
    output::text(&format!(
        "{}: {message} ({code})\n",
        painted(BAD, "refused")
    ))
}

fn agents(claims: &[BlockClaims]) -> Vec<String> {
    claims.iter().map(|block| block.agent.to_string()).collect()
}
