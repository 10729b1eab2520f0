//! `agentsudo mint`: a root token, signed with an issuer's key.

use std::path::PathBuf;
use std::time::Duration;

use agentsudo::{
    AgentName, Audience, Budget, ConsentRule, Constraint, Grant, Holder, MAX_BUDGETS, MAX_CONSENTS,
    Mint, ScopePattern, Timestamp, Token, TokenId, ToolName, read_key_file,
};
use serde::Serialize;

use super::effect::delegations_left;
use super::{Moment, budget, consent, constraint, key, output, span};
use crate::entropy;
use crate::exit::{Exit, UsageError};

#[derive(Debug, clap::Args)]
pub(crate) struct MintArgs {
    /// The issuer's secret key, a PEM file
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    holder: HolderArgs,
    /// Grant the scopes of a pattern, such as `read:orders` or `write:*`. May be repeated
    #[arg(long, value_name = "SCOPE", required_unless_present = "allow_tool")]
    allow: Vec<ScopePattern>,
    /// Grant scopes to some tools only. May be repeated
    #[arg(long, value_name = "SCOPE=TOOL[,TOOL]", value_parser = grant_for_tools)]
    allow_tool: Vec<Grant>,
    #[command(flatten)]
    limits: LimitArgs,
    /// How long the token lives: 45s, 15m, 8h, 1d
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = span::parse)]
    expires_in: Duration,
    /// How long after it was issued the token becomes valid; its life counts from the issue
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    valid_after: Option<Duration>,
    /// The longest life that this issuer may give; verifiers must be told the same [default: 1d]
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    max_life: Option<Duration>,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document instead of the token alone
    #[arg(long)]
    json: bool,
}

/// Who gets the token.
#[derive(Debug, clap::Args)]
pub(crate) struct HolderArgs {
    /// The name of the agent that gets the token
    #[arg(long, value_name = "NAME")]
    agent: AgentName,
    /// The agent's key: the hexadecimal digits of the public key, or a PEM file
    #[arg(long, value_name = "PUB")]
    holder: String,
}

impl HolderArgs {
    pub(crate) fn read(&self) -> anyhow::Result<Holder> {
        Ok(Holder::new(self.agent.clone(), key::named(&self.holder)?))
    }
}

/// What a token may be limited by, whoever makes it.
#[derive(Debug, clap::Args)]
pub(crate) struct LimitArgs {
    /// Require something of an argument in every call: `amount_minor <= 5000`. May be repeated
    #[arg(long, value_name = "CONSTRAINT", value_parser = constraint::parse)]
    pub(crate) constrain: Vec<Constraint>,
    /// Require it in calls of some scopes only: `write:refunds: amount_minor <= 5000`. May be repeated
    #[arg(long, value_name = "SCOPE: CONSTRAINT", value_parser = constraint::parse_on)]
    pub(crate) constrain_on: Vec<Constraint>,
    /// Limit a total, for all calls of the token and of its delegations together: `calls <= 100`,
    /// `bytes <= 65536`, or the sum of an argument, `amount_minor <= 50000 per 1h`. May be repeated
    #[arg(long, value_name = "BUDGET", value_parser = budget::parse)]
    pub(crate) budget: Vec<Budget>,
    /// Count calls of some scopes only: `write:refunds: amount_minor <= 50000 per 1h`. May be repeated
    #[arg(long, value_name = "SCOPE: BUDGET", value_parser = budget::parse_on)]
    pub(crate) budget_on: Vec<Budget>,
    /// Ask a person for consent to calls: `write:refunds`, or with an exception,
    /// `write:refunds: unless amount_minor <= 5000`. May be repeated
    #[arg(long, value_name = "SCOPE[: unless CONSTRAINT]", value_parser = consent::parse)]
    pub(crate) consent: Vec<ConsentRule>,
    /// Let the agent delegate the token and not use it
    #[arg(long)]
    pub(crate) delegate_only: bool,
    /// Let whoever shows the token use it without a proof, if every block says so: a password, which needs
    /// an audience and lives an hour at most
    #[arg(long)]
    pub(crate) bearer: bool,
    /// Make the token valid at this verifier only. May be repeated
    #[arg(long)]
    pub(crate) audience: Vec<Audience>,
    /// How many more times it may be delegated
    #[arg(long, value_name = "TIMES")]
    pub(crate) delegable: Option<u8>,
}

impl LimitArgs {
    pub(crate) fn constraints(&self) -> impl Iterator<Item = Constraint> {
        self.constrain.iter().chain(&self.constrain_on).cloned()
    }

    /// Refuses more of a kind than one block may have, before anything is signed.
    pub(crate) fn check(&self) -> Result<(), UsageError> {
        let budgets = self.budget.len().saturating_add(self.budget_on.len());
        let consents = self.consent.len();
        for (found, max, what) in [
            (budgets, MAX_BUDGETS, "budgets"),
            (consents, MAX_CONSENTS, "consents"),
        ] {
            if found > max {
                return Err(UsageError(format!(
                    "expected at most {max} {what} in one block, found {found}"
                )));
            }
        }
        Ok(())
    }

    pub(crate) fn budgets(&self) -> impl Iterator<Item = Budget> {
        self.budget.iter().chain(&self.budget_on).cloned()
    }
}

/// Reads `write:refunds=issue_refund,list_refunds`.
pub(crate) fn grant_for_tools(text: &str) -> Result<Grant, String> {
    let form = || {
        format!(
            "expected a scope, `=` and tools, such as `write:refunds=issue_refund`, found `{text}`"
        )
    };
    let (scopes, tools) = text.split_once('=').ok_or_else(form)?;
    let scopes = ScopePattern::parse(scopes).map_err(|error| error.to_string())?;
    let tools = tools.split(',').map(ToolName::parse);
    let mut tools = tools
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?
        .into_iter();
    let first = tools.next().ok_or_else(form)?;
    Ok(tools.fold(Grant::for_tool(scopes, first), Grant::and_tool))
}

/// A token that was just made.
#[derive(Debug, Serialize)]
struct Made {
    version: u32,
    token: String,
    id: String,
    expires_at: Option<Timestamp>,
    size_bytes: usize,
}

/// Prints a token that was just made, if it is good for anything.
pub(crate) fn print(token: &Token, json: bool) -> anyhow::Result<Exit> {
    let claims = token.claims();
    let is_used = claims.last().is_some_and(|last| !last.delegate_only);
    if !is_used && delegations_left(&claims) == 0 {
        let what = "a token for --delegate-only that cannot be delegated is good for nothing: \
                    expected --delegable 1 or more, in it and in every block before";
        return Err(UsageError(what.to_owned()).into());
    }
    if json {
        output::json(&Made {
            version: output::VERSION,
            token: token.to_text(),
            id: claims
                .last()
                .map_or_else(String::new, |last| last.id.to_string()),
            expires_at: claims.iter().filter_map(|claims| claims.expires_at).min(),
            size_bytes: token.as_bytes().len(),
        })?;
    } else {
        output::text(&format!("{}\n", token.to_text()))?;
    }
    Ok(Exit::Success)
}

/// Runs `agentsudo mint`.
pub(crate) fn run(args: MintArgs) -> anyhow::Result<Exit> {
    let json = args.json;
    print(&mint(args)?, json)
}

fn mint(args: MintArgs) -> anyhow::Result<Token> {
    args.limits.check()?;
    let holder = args.holder.read()?;
    let key = read_key_file(&args.key)?;
    let id = TokenId::from_bytes(entropy::random()?);
    let limits = args.limits;
    let mut mint = Mint::new(holder, args.moment.now(), args.expires_in.as_secs(), id);
    if let Some(life) = args.max_life {
        mint = mint.max_lifetime_s(life.as_secs());
    }
    mint = args.allow.into_iter().fold(mint, Mint::grant);
    mint = args.allow_tool.into_iter().fold(mint, Mint::grant_for);
    mint = limits.constraints().fold(mint, Mint::constrain);
    mint = limits.budgets().fold(mint, Mint::budget);
    mint = limits.consent.into_iter().fold(mint, Mint::consent);
    mint = limits.audience.into_iter().fold(mint, Mint::audience);
    if limits.delegate_only {
        mint = mint.delegate_only();
    }
    if limits.bearer {
        mint = mint.bearer();
    }
    if let Some(times) = limits.delegable {
        mint = mint.delegable(times);
    }
    if let Some(wait) = args.valid_after {
        mint = mint.valid_after_s(wait.as_secs());
    }
    Ok(mint.sign(&key)?)
}
