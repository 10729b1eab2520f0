//! `agentsudo lint`: the tools with effects that a token grants and whose sinks no rule of it pins.
//!
//! What strict verification would refuse, found before any call. A budget or a consent rule says nothing of
//! what one call may put where, so it pins nothing.

use agentsudo::{BlockClaims, Requirement, Verified};
use serde::Serialize;

use crate::call::manifest::{Manifest, ToolsArg};
use crate::exit::Exit;
use crate::explain::needs;
use crate::term::{BAD, GOOD, painted};
use crate::token::{Moment, TokenArg, TrustArgs, output, verify};

#[derive(Debug, clap::Args)]
pub(crate) struct LintArgs {
    #[command(flatten)]
    token: TokenArg,
    #[command(flatten)]
    tools: ToolsArg,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    moment: Moment,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What was found in a valid token.
#[derive(Debug, Serialize)]
struct Report {
    version: u32,
    valid: bool,
    /// How many tools the manifest has.
    tools: usize,
    /// How many of them the token grants.
    granted: usize,
    findings: Vec<Finding>,
}

/// A tool that the token grants, and into whose sinks anything can be put.
#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    tool: String,
    scope: String,
    effect: &'static str,
    sinks: Vec<String>,
}

/// What strict verification says of such a call.
const CODE: &str = "constraint.sink_unconstrained";

/// Runs `agentsudo lint`.
pub(crate) fn run(args: &LintArgs) -> anyhow::Result<Exit> {
    let trust = verify::required_trust(&args.trust)?;
    let manifest = Manifest::read(&args.tools.tools)?;
    let token = args.token.read()?;
    let verified = match trust.verify_as_named(&token, args.moment.now()) {
        Ok(verified) => verified,
        Err(refused) => {
            if args.json {
                output::json(&verify::Answer::no(refused))?;
            } else {
                verify::print_refusal(&refused)?;
            }
            return Ok(Exit::Refused);
        }
    };
    let report = Report::of(&verified, &token.claims(), &manifest);
    if args.json {
        output::json(&report)?;
    } else {
        output::text(&report.text())?;
    }
    Ok(if report.findings.is_empty() {
        Exit::Success
    } else {
        Exit::Refused
    })
}

impl Report {
    fn of(verified: &Verified, claims: &[BlockClaims], manifest: &Manifest) -> Self {
        let granted = manifest
            .requirements()
            .filter(|requirement| needs::is_granted(claims, requirement));
        let granted = granted.collect::<Vec<_>>();
        let findings = granted
            .iter()
            .filter_map(|requirement| Finding::of(verified, requirement));
        Self {
            version: output::VERSION,
            valid: true,
            tools: manifest.requirements().count(),
            findings: findings.collect(),
            granted: granted.len(),
        }
    }

    fn text(&self) -> String {
        if self.findings.is_empty() {
            return format!(
                "{}: {} of {} tools are granted, and no sink of theirs is open\n",
                painted(GOOD, "pinned"),
                self.granted,
                self.tools
            );
        }
        self.findings.iter().map(Finding::text).collect()
    }
}

impl Finding {
    fn of(verified: &Verified, requirement: &Requirement) -> Option<Self> {
        let sinks = verified.unpinned_sinks(requirement);
        let sinks = sinks.into_iter().map(str::to_owned).collect::<Vec<_>>();
        (!sinks.is_empty()).then(|| Self {
            code: CODE,
            tool: requirement.tool().to_string(),
            scope: requirement.scope().to_string(),
            effect: requirement.effect().as_str(),
            sinks,
        })
    }

    fn text(&self) -> String {
        format!(
            "{}: {} ({}, {}): no rule pins `{}` ({CODE})\n",
            painted(BAD, "open"),
            self.tool,
            self.scope,
            self.effect,
            self.sinks.join("`, `")
        )
    }
}
