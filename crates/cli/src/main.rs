//! `agentsudo`, the command of AgentSudo.
//!
//! It owns what people type and read. What is permitted is decided by the libraries, never here.

mod args;
mod call;
mod demo;
mod entropy;
mod exit;
mod explain;
mod generated;
mod lint;
mod prove;
mod term;
mod token;

use std::process::ExitCode;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let ended = Args::read().and_then(|args| match args.command {
        Command::Demo(demo) => demo::run(&demo),
        Command::Keys(keys) => token::keys::run(&keys),
        Command::Mint(mint) => token::mint::run(mint),
        Command::Delegate(delegate) => token::delegate::run(delegate),
        Command::Inspect(inspect) => token::inspect::run(&inspect),
        Command::Verify(verify) => token::verify::run(&verify),
        Command::Prove(prove) => prove::run(&prove),
        Command::Explain(explain) => explain::run(&explain),
        Command::Lint(lint) => lint::run(&lint),
        Command::Completions(completions) => generated::completions(&completions),
        Command::Man(man) => generated::man(&man),
    });
    ended.unwrap_or_else(|error| exit::explain(&error)).into()
}
