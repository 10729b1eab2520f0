//! `agentsudo mint`: a root token, signed with an issuer's key.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentsudo::{
    AgentName, Audience, Clock, Constraint, Grant, Holder, Issuer, ScopePattern, SetupError,
    Timestamp, Token, ToolName, read_key_file,
};
use serde::Serialize;

use super::{Moment, constraint, key, output, span};
use crate::exit::Exit;

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
    /// Make the token valid at this verifier only. May be repeated
    #[arg(long)]
    pub(crate) audience: Vec<Audience>,
    /// How many more times it may be delegated
    #[arg(long, value_name = "TIMES")]
    pub(crate) delegable: Option<u8>,
}

impl LimitArgs {
    pub(crate) fn constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.constrain.iter().chain(&self.constrain_on)
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

/// A clock that stands still, so that one command has one time.
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
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

/// Prints a token that was just made.
pub(crate) fn print(token: &Token, json: bool) -> anyhow::Result<Exit> {
    if json {
        let claims = token.claims();
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
pub(crate) fn run(args: &MintArgs) -> anyhow::Result<Exit> {
    print(&mint(args)?, args.json)
}

fn mint(args: &MintArgs) -> anyhow::Result<Token> {
    let holder = args.holder.read()?;
    let key = read_key_file(&args.key)?;
    let mut issuer = Issuer::new(Arc::new(key), Arc::new(Standing(args.moment.now())));
    if let Some(life) = args.max_life {
        issuer = issuer.max_lifetime_s(life.as_secs());
    }
    let mut request = issuer.token_for(holder).expires_in(args.expires_in);
    for scopes in &args.allow {
        request = request.allow(scopes.as_str());
    }
    for grant in &args.allow_tool {
        for tool in grant.tools() {
            request = request.allow_tool(grant.scope().as_str(), tool.as_str());
        }
    }
    for constraint in args.limits.constraints() {
        let (path, rule) = (constraint.path().to_string(), constraint.rule().clone());
        request = match constraint.scope() {
            Some(scopes) => request.constrain_on(scopes.as_str(), &path, rule),
            None => request.constrain(&path, rule),
        };
    }
    for audience in &args.limits.audience {
        request = request.audience(audience.as_str());
    }
    if let Some(times) = args.limits.delegable {
        request = request.delegable(times);
    }
    if let Some(wait) = args.valid_after {
        request = request.valid_after(wait);
    }
    request.mint().map_err(|error| match error {
        SetupError::Token(refused) => refused.into(),
        other => other.into(),
    })
}
