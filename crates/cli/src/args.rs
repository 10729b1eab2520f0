//! What may be typed.

use std::path::PathBuf;

use clap::Parser as _;

use crate::explain::ExplainArgs;
use crate::generated::{CompletionsArgs, ManArgs};
use crate::lint::LintArgs;
use crate::prove::ProveArgs;
use crate::token::delegate::DelegateArgs;
use crate::token::inspect::InspectArgs;
use crate::token::keys::KeysArgs;
use crate::token::mint::MintArgs;
use crate::token::verify::VerifyArgs;

/// The permission layer of AI agents.
#[derive(Debug, clap::Parser)]
#[command(name = "agentsudo", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show agents at work in a small shop: what runs, what is stopped, and what is written down.
    ///
    /// Everything happens in a new folder on this computer: a SQLite shop, an outbox of e-mails and an
    /// audit log. No language model and no account are needed.
    #[command(after_help = crate::exit::HELP)]
    Demo(DemoArgs),
    /// Make keys, and look at them.
    Keys(KeysArgs),
    /// Make a token for an agent, signed with an issuer's key.
    ///
    /// The token is all that standard output gets, so that it can be piped.
    #[command(after_help = crate::exit::HELP)]
    Mint(MintArgs),
    /// Make a narrower token for another agent, signed with the key of the token's holder.
    ///
    /// Whatever is typed, the new token allows nothing that the given one does not allow.
    #[command(after_help = crate::exit::HELP)]
    Delegate(DelegateArgs),
    /// Show what a token says, block by block, and what all of its blocks together allow.
    #[command(after_help = crate::exit::HELP)]
    Inspect(InspectArgs),
    /// Say whether a token is valid, and whether a proof would count for a call of it.
    ///
    /// Nothing runs and nothing is spent.
    #[command(after_help = crate::exit::HELP)]
    Verify(VerifyArgs),
    /// Make a proof for one call, signed with the key of the token's holder.
    ///
    /// The proof is all that standard output gets. It is bound to the token, the verifier, the tool as its
    /// definition stands and the exact arguments; it counts once, and for a minute.
    #[command(after_help = crate::exit::HELP)]
    Prove(ProveArgs),
    /// Say how calls would be decided under a token, and what would allow the refused ones.
    ///
    /// Nothing runs. Calls are given with --tool, or on standard input as one JSON object a line:
    /// {"tool": "issue_refund", "arguments": {"amount_minor": 50}}
    #[command(after_help = crate::exit::HELP)]
    Explain(ExplainArgs),
    /// Find the tools with effects that a token grants and whose sinks no rule of it pins.
    ///
    /// A sink is an argument that decides where something goes or how much. Exits with 4 if there is one that
    /// anything can be put into.
    #[command(after_help = crate::exit::HELP)]
    Lint(LintArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command.
    Man(ManArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Approve beforehand what waits for a person, for use in scripts.
    #[arg(long, conflicts_with = "no")]
    pub(crate) yes: bool,
    /// Deny beforehand what waits for a person, for use in scripts.
    #[arg(long)]
    pub(crate) no: bool,
    /// Print one JSON document instead of the story.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where to put the shop, the outbox and the audit log: an empty folder, or one to be made.
    /// [default: a new temporary folder, which is kept]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
}

impl Args {
    /// Reads the command line.
    pub(crate) fn read() -> anyhow::Result<Self> {
        Ok(Self::try_parse()?)
    }
}
