//! `agentsudo explain`: how calls would be decided, and what would allow the refused ones. Nothing runs.
//!
//! The token is verified and the library decides; that the presenter holds the token's key is not asked, so
//! an answer is no authority. A value that a tool marks as secret is never shown.

mod calls;
mod manifest;
mod needs;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use agentsudo::{
    Arguments, BlockClaims, Conditions, FreezeList, Refusal, Timestamp, ToolDefinition, Verified,
    escape,
};
use serde::Serialize;

use self::calls::AskedCall;
use self::manifest::Manifest;
use self::needs::Need;
use crate::exit::{Exit, UsageError};
use crate::term::{BAD, GOOD, painted};
use crate::token::{Moment, Refused, TokenArg, TrustArgs, output, verify};

/// How much of a tool's name is shown, in characters: more than any has.
const MAX_TOOL_CHARS: usize = 64;

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    token: TokenArg,
    /// The tools: a JSON list of {name, scope, effect, sinks, secrets?, input_schema?}
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    /// Explain a call of this tool [default: the calls on standard input]
    #[arg(long, value_name = "NAME", requires = "arguments")]
    tool: Option<String>,
    /// The arguments of the call
    #[arg(long, value_name = "JSON", requires = "tool")]
    arguments: Option<String>,
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
    let trust = verify::required_trust(&args.trust)?;
    let manifest = Manifest::read(&args.manifest)?;
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
        now,
    };
    let mut all_allowed = true;
    let mut answer = |call: AskedCall| {
        let explanation = asked.explain(&call);
        all_allowed &= explanation.allowed;
        explanation.print(args.json)
    };
    match one {
        Some((tool, arguments)) => answer(AskedCall::typed(tool, arguments))?,
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
    now: Timestamp,
}

impl Asked<'_> {
    fn explain(&self, call: &AskedCall) -> Explanation {
        let tool = self.manifest.get(&call.tool);
        let decided = self.decide(tool, call);
        let mut needs = Vec::new();
        if let (Err(_), Some(tool), Ok(arguments)) = (&decided, tool, &call.arguments) {
            needs = needs::of(self.claims, tool.requirement(), arguments);
        }
        let refusal = decided.err();
        Explanation {
            version: output::VERSION,
            tool: escape(&call.tool, MAX_TOOL_CHARS),
            allowed: refusal.is_none(),
            scope: tool.map(|tool| tool.scope().to_string()),
            block: refusal.as_ref().and_then(block_of),
            refused: refusal.map(|refusal| Refused {
                code: refusal.code(),
                message: refusal.to_string(),
            }),
            needs,
        }
    }

    fn decide(&self, tool: Option<&ToolDefinition>, call: &AskedCall) -> Result<(), Refusal> {
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
            .map(drop)
    }
}

const fn block_of(refusal: &Refusal) -> Option<usize> {
    match refusal {
        Refusal::ScopeNotGranted { block, .. }
        | Refusal::ToolNotGranted { block, .. }
        | Refusal::Constraint { block, .. } => Some(*block),
        _ => None,
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
            return output::text(&format!("{}: {scope}\n", painted(GOOD, "allowed")));
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
