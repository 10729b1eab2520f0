//! `agentsudo inspect`: what a token says, block by block, and what it allows in all.
//!
//! *Invariant:* what nobody verified is said to be unverified, before anything else is shown.

use agentsudo::{Audience, BlockClaims, Grant, Timestamp, Token, TokenError};
use serde::Serialize;

use super::effect::Effect;
use super::{Moment, TokenArg, Trust, TrustArgs, budget, consent, constraint, output, render};
use crate::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    token: TokenArg,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Everything that is shown of a token.
#[derive(Debug, Serialize)]
pub(super) struct Inspection {
    version: u32,
    pub(super) id: String,
    pub(super) size_bytes: usize,
    pub(super) now: Timestamp,
    pub(super) verification: Verification,
    pub(super) blocks: Vec<ShownBlock>,
    pub(super) in_effect: Effect,
}

/// How far what is shown can be trusted.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Verification {
    /// No issuer key was given: whoever made the token may have written anything.
    NotVerified,
    /// Signed by a trusted issuer, and valid now.
    Valid,
    /// Signed by a trusted issuer, and not valid now.
    OutOfTime { code: &'static str, message: String },
    /// Not valid at any time, here.
    Refused { code: &'static str, message: String },
}

#[derive(Debug, Serialize)]
pub(super) struct ShownBlock {
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issuer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) issued_at: Option<Timestamp>,
    pub(super) agent: String,
    pub(super) holder_key: String,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) grants: Vec<ShownGrant>,
    pub(super) constraints: Vec<String>,
    pub(super) budgets: Vec<String>,
    pub(super) consents: Vec<String>,
    pub(super) audiences: Vec<Audience>,
    pub(super) depth: Option<u8>,
    pub(super) delegate_only: bool,
    pub(super) bearer: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ShownGrant {
    pub(super) scope: String,
    pub(super) tools: Vec<String>,
}

pub(super) fn shown_grants(grants: &[Grant]) -> Vec<ShownGrant> {
    let shown = grants.iter().map(|grant| ShownGrant {
        scope: grant.scope().to_string(),
        tools: grant.tools().iter().map(ToString::to_string).collect(),
    });
    shown.collect()
}

impl ShownBlock {
    fn of(claims: &BlockClaims) -> Self {
        let root = claims.root.as_ref();
        Self {
            id: claims.id.to_string(),
            issuer_id: root.map(|root| root.issuer.to_string()),
            issued_at: root.map(|root| root.issued_at),
            agent: claims.agent.to_string(),
            holder_key: claims.holder.to_hex(),
            valid_from: claims.valid_from,
            expires_at: claims.expires_at,
            grants: shown_grants(&claims.grants),
            constraints: claims.constraints.iter().map(constraint::text).collect(),
            budgets: claims.budgets.iter().map(budget::text).collect(),
            consents: claims.consents.iter().map(consent::text).collect(),
            audiences: claims.audiences.clone(),
            depth: claims.depth,
            delegate_only: claims.delegate_only,
            bearer: claims.bearer,
        }
    }
}

impl Verification {
    fn of(token: &Token, trust: &Trust, now: Timestamp) -> Self {
        if trust.is_empty() {
            return Self::NotVerified;
        }
        let Err(error) = trust.verify(token, now) else {
            return Self::Valid;
        };
        let (code, message) = (error.code(), error.to_string());
        // Out of its time, a token is refused before its signatures are looked at. They are looked at here
        // as of a time at which it was valid, so that a forged one is not called expired.
        let in_time = match error {
            TokenError::Expired { expired_at, .. } => expired_at.saturating_sub_s(1),
            TokenError::NotYetValid { valid_from, .. } => valid_from,
            TokenError::IssuedInFuture { issued_at, .. } => {
                let starts = token
                    .claims()
                    .iter()
                    .filter_map(|block| block.valid_from)
                    .max();
                starts.unwrap_or(issued_at)
            }
            _ => return Self::Refused { code, message },
        };
        match trust.verify(token, in_time) {
            Ok(_) => Self::OutOfTime { code, message },
            Err(error) => Self::Refused {
                code: error.code(),
                message: error.to_string(),
            },
        }
    }

    const fn exit(&self) -> Exit {
        match self {
            Self::NotVerified | Self::Valid => Exit::Success,
            Self::OutOfTime { .. } | Self::Refused { .. } => Exit::Refused,
        }
    }
}

/// Runs `agentsudo inspect`.
pub(crate) fn run(args: &InspectArgs) -> anyhow::Result<Exit> {
    let trust = Trust::of(&args.trust)?;
    let now = args.moment.now();
    let token = args.token.read()?;
    let claims = token.claims();
    let inspection = Inspection {
        version: output::VERSION,
        id: claims
            .last()
            .map_or_else(String::new, |last| last.id.to_string()),
        size_bytes: token.as_bytes().len(),
        now,
        verification: Verification::of(&token, &trust, now),
        blocks: claims.iter().map(ShownBlock::of).collect(),
        in_effect: Effect::of(&claims),
    };
    if args.json {
        output::json(&inspection)?;
    } else {
        output::text(&render::inspection(&inspection))?;
    }
    Ok(inspection.verification.exit())
}
