//! What may be typed.

use std::path::PathBuf;

use clap::Parser as _;

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
