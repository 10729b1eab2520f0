//! Feeds the golden vectors to a verifier of tokens, in any language, and compares its answers.
//!
//! ```sh
//! agentsudo-conformance [--vectors DIR] PROGRAM [ARG...]
//! ```
//!
//! The program reads one vector as a line of JSON each, without `expected` and with a `name`, and writes one
//! line `{"name": .., "result": ..}` for each, in any order. The exit code is 0 when it agrees with all
//! vectors, 1 when it does not, and 2 when it cannot be said: no vectors, a program that dies, answers
//! something else or too little.

mod fault;
mod program;
mod report;
#[cfg(test)]
mod tests;
mod vectors;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use fault::Fault;
use report::Report;

const USAGE: &str = "usage: agentsudo-conformance [--vectors DIR] PROGRAM [ARG...]";
const DEFAULT_FOLDER: &str = "tests/vectors";

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1)) {
        Ok(report) if write!(io::stdout(), "{report}").is_err() => ExitCode::from(2),
        Ok(report) if report.agrees() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(fault) => {
            // Nothing is left to do about a standard error that is closed.
            let _ = writeln!(io::stderr(), "{fault}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<Report, Fault> {
    let mut folder = PathBuf::from(DEFAULT_FOLDER);
    let mut next = arguments.next();
    if next
        .as_ref()
        .is_some_and(|argument| argument == "--vectors")
    {
        folder = arguments.next().ok_or(Fault::Usage)?.into();
        next = arguments.next();
    }
    let mut command = Command::new(next.ok_or(Fault::Usage)?);
    command.args(arguments);
    let vectors = vectors::load(&folder)?;
    let answers = program::ask(command, &vectors)?;
    Ok(Report::of(&vectors, &answers))
}
