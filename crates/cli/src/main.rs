//! `agentsudo`, the command of AgentSudo.
//!
//! It owns what people type and read. What is permitted is decided by the libraries, never here.

mod args;
mod demo;
mod exit;
mod term;

use std::process::ExitCode;

use crate::args::{Args, Command};

fn main() -> ExitCode {
    let ended = Args::read().and_then(|args| match args.command {
        Command::Demo(demo) => demo::run(&demo),
    });
    ended.unwrap_or_else(|error| exit::explain(&error)).into()
}
