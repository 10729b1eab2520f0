//! `agentsudo explain`: how calls would be decided, and what would allow the refused ones. Nothing runs.
//!
//! The token is verified and the library decides; that the presenter holds the token's key is not asked, and
//! what earlier calls have drawn on budgets is not known, so an answer is no authority. A value that a tool
//! marks as secret is never shown.

mod calls;
pub(crate) mod needs;
mod totals;
mod wider;

use std::io::{self, IsTerminal as _};

use agentsudo::{
    Arguments, BlockClaims, BudgetRefusal, Conditions, FreezeList, Obligations, Refusal, Timestamp,
    TokenError, ToolDefinition, Verified, escape,
};
use serde::Serialize;

use self::calls::AskedCall;
use self::needs::{Need, RefusedCall};
use crate::call;
use crate::call::answer::Owed;
use crate::call::manifest::{Manifest, ToolsArg};
use crate::exit::{Exit, UsageError};
use crate::term::{BAD, GOOD, painted};
use crate::token::{Moment, Refused, TokenArg, TrustArgs, output, verify};

/// How much of a tool's name is shown, in characters: more than any has.
const MAX_TOOL_CHARS: usize = 64;

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    token: TokenArg,
    #[command(flatten)]
    tools: ToolsArg,
    #[command(flatten)]
    trust: TrustArgs,
    /// Explain a call of this tool [default: the calls on standard input]
    #[arg(long, value_name = "NAME", requires = "arguments")]
    tool: Option<String>,
    /// The arguments of the call: JSON, `@FILE`, or `-` for standard input
    #[arg(long, value_name = "JSON", requires = "tool")]
    arguments: Option<String>,
    /// Refuse calls with effects of which a sink is not pinned by any rule
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document a line and call
    #[arg(long)]
    json: bool,
}

/// How one call would be decided.
#[derive(Debug, Serialize)]
struct Explanation {
    version: u32,
    tool: String,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(flatten)]
    refused: Option<Refused>,
    /// The first block that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<usize>,
    /// What has to happen before an allowed call may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    obligations: Option<Owed>,
    needs: Vec<Need>,
}

/// Runs `agentsudo explain`.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let one = args.tool.as_deref().zip(args.arguments.as_deref());
    let stdin_wanted = one.is_none();
    if stdin_wanted && args.token.is_on_stdin() {
        let what = "the calls come on standard input: give the token as text or as `@FILE`";
        return Err(UsageError(what.to_owned()).into());
    }
    if stdin_wanted && io::stdin().is_terminal() {
        let what = "no call: name one with --tool and --arguments, or pipe calls in";
        return Err(UsageError(what.to_owned()).into());
    }
    if let Some((_, arguments)) = one {
        call::refuse_two_on_stdin(&args.token, arguments)?;
    }
    let trust = verify::required_trust(&args.trust)?.strict(args.strict);
    let manifest = Manifest::read(&args.tools.tools)?;
    let now = args.moment.now();
    let token = args.token.read()?;
    let verified = match trust.verify_as_named(&token, now) {
        Ok(verified) => verified,
        Err(refused) => {
            if args.json {
                output::json_line(&verify::Answer::no(refused))?;
            } else {
                verify::print_refusal(&refused)?;
            }
            return Ok(Exit::Refused);
        }
    };
    let claims = token.claims();
    let asked = Asked {
        verified: &verified,
        claims: &claims,
        manifest: &manifest,
        is_strict: args.strict,
        now,
    };
    let mut all_allowed = true;
    let mut answer = |call: AskedCall| {
        let explanation = asked.explain(&call);
        all_allowed &= explanation.allowed;
        explanation.print(args.json)
    };
    match one {
        Some((tool, typed)) => answer(AskedCall::typed(tool, &call::arguments_json(typed)?))?,
        None => calls::each_line(io::stdin().lock(), answer)?,
    }
    Ok(if all_allowed {
        Exit::Success
    } else {
        Exit::Refused
    })
}

/// What every call is explained with.
struct Asked<'a> {
    verified: &'a Verified,
    claims: &'a [BlockClaims],
    manifest: &'a Manifest,
    is_strict: bool,
    now: Timestamp,
}

impl Asked<'_> {
    fn explain(&self, asked: &AskedCall) -> Explanation {
        let tool = self.manifest.get(&asked.tool);
        let requirement = tool.map(|tool| &**tool.requirement());
        let decided = self.decide(tool, asked);
        let mut needs = Vec::new();
        if let (Err(_), Some(requirement), Ok(arguments)) =
            (&decided, requirement, &asked.arguments)
        {
            let refused = RefusedCall {
                verified: self.verified,
                blocks: self.claims,
                requirement,
                arguments,
                is_strict: self.is_strict,
            };
            needs = refused.needs();
        }
        let owed = decided.as_ref().ok().zip(requirement);
        Explanation {
            version: output::VERSION,
            tool: escape(&asked.tool, MAX_TOOL_CHARS),
            allowed: decided.is_ok(),
            scope: tool.map(|tool| tool.scope().to_string()),
            obligations: owed
                .map(|(obligations, required)| Owed::of(obligations, self.claims, required)),
            block: decided
                .as_ref()
                .err()
                .and_then(|refusal| self.block_of(refusal)),
            refused: decided
                .err()
                .map(|refusal| call::refused(&refusal, requirement)),
            needs,
        }
    }

    fn decide(
        &self,
        tool: Option<&ToolDefinition>,
        call: &AskedCall,
    ) -> Result<Obligations, Refusal> {
        let tool = tool.ok_or_else(|| Refusal::UnknownTool {
            name: call.tool.clone(),
        })?;
        let arguments: &Arguments = call.arguments.as_ref().map_err(Clone::clone)?;
        tool.refuse_unknown(arguments)?;
        let freezes = FreezeList::none();
        let conditions = Conditions {
            now: self.now,
            freezes: &freezes,
        };
        self.verified
            .decide(tool.requirement(), arguments, &conditions)
    }

    const fn block_of(&self, refusal: &Refusal) -> Option<usize> {
        match refusal {
            Refusal::ScopeNotGranted { block, .. }
            | Refusal::ToolNotGranted { block, .. }
            | Refusal::Constraint { block, .. }
            | Refusal::Budget(
                BudgetRefusal::AmountUnsound { block, .. } | BudgetRefusal::Exceeded { block, .. },
            ) => Some(*block),
            Refusal::Token(TokenError::DelegateOnly) => self.claims.len().checked_sub(1),
            _ => None,
        }
    }
}

impl Explanation {
    fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            return output::json_line(self);
        }
        let scope = match &self.scope {
            Some(scope) => format!("{} ({scope})", self.tool),
            None => self.tool.clone(),
        };
        let Some(Refused { code, message }) = &self.refused else {
            let owed = self.obligations.as_ref().map(Owed::text);
            let owed = owed.unwrap_or_default();
            let allowed = painted(GOOD, "allowed");
            return output::text(&format!("{allowed}: {scope}\n{owed}"));
        };
        let mut text = format!("{}: {scope}: {message} ({code})\n", painted(BAD, "refused"));
        for need in &self.needs {
            if let Some(rule) = &need.rule {
                let found = need.found.as_deref().unwrap_or("nothing");
                text += &format!("  block {}: {rule}, found {found}\n", need.block);
            }
            text += &format!("  to allow it: {}\n", need.advice);
        }
        output::text(&text)
    }
}
