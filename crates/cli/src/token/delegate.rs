//! `agentsudo delegate`: a narrower token for another agent, made offline by the holder.

use std::path::PathBuf;
use std::time::Duration;

use agentsudo::{Delegation, Grant, ScopePattern, Token, read_key_file};

use super::mint::{self, HolderArgs, LimitArgs};
use super::{Moment, TokenArg, span};
use crate::exit::Exit;

#[derive(Debug, clap::Args)]
pub(crate) struct DelegateArgs {
    #[command(flatten)]
    token: TokenArg,
    /// The secret key of the token's present holder, a PEM file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    holder: HolderArgs,
    /// Keep only the scopes of a pattern, and of others that are kept too. May be repeated
    #[arg(long, value_name = "SCOPE")]
    only: Vec<ScopePattern>,
    /// Keep scopes for some tools only. May be repeated
    #[arg(long, value_name = "SCOPE=TOOL[,TOOL]", value_parser = mint::grant_for_tools)]
    only_tool: Vec<Grant>,
    #[command(flatten)]
    limits: LimitArgs,
    /// Let nobody delegate it further: as `--delegable 0`
    #[arg(long, conflicts_with = "delegable")]
    sealed: bool,
    /// How long from now the delegation lives, if the token lives that long: 45s, 15m, 8h, 1d
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document instead of the token alone
    #[arg(long)]
    json: bool,
}

/// Runs `agentsudo delegate`.
pub(crate) fn run(args: DelegateArgs) -> anyhow::Result<Exit> {
    let json = args.json;
    mint::print(&delegate(args)?, json)
}

fn delegate(args: DelegateArgs) -> anyhow::Result<Token> {
    args.limits.check()?;
    let holder = args.holder.read()?;
    let key = read_key_file(&args.key)?;
    let token = args.token.read()?;
    let limits = args.limits;
    let any_tool = args.only.into_iter().map(Grant::any_tool);
    let mut delegation = Delegation::to(holder);
    delegation = any_tool
        .chain(args.only_tool)
        .fold(delegation, Delegation::only_for);
    delegation = limits.constraints().fold(delegation, Delegation::constrain);
    delegation = limits.budgets().fold(delegation, Delegation::budget);
    let consents = limits.consent.into_iter();
    delegation = consents.fold(delegation, Delegation::consent);
    let audiences = limits.audience.into_iter();
    delegation = audiences.fold(delegation, Delegation::audience);
    if limits.delegate_only {
        delegation = delegation.delegate_only();
    }
    if limits.bearer {
        delegation = delegation.bearer();
    }
    if args.sealed {
        delegation = delegation.sealed();
    }
    if let Some(times) = limits.delegable {
        delegation = delegation.delegable(times);
    }
    if let Some(life) = args.expires_in {
        let now = args.moment.now();
        delegation = delegation.expires_at(now.saturating_add_s(life.as_secs()));
    }
    Ok(delegation.sign(&token, &key)?)
}
