//! How the command ends: its exit codes and the words on standard error.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use agentsudo::{KeyError, KeyFileError, ProofError, SetupError, TokenError};

/// The exit codes, as `--help` explains them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  everything happened as it should
  1  something that the demo promises did not hold
  2  the command line is wrong
  3  something failed: a file, the database, the audit log
  4  refused: a token is not valid, or a call is not allowed, or a sink is open";

/// The exit codes. They are stable: scripts may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything happened as it should.
    Success = 0,
    /// Something that the demo promises did not hold.
    NotHeld = 1,
    /// The command line is wrong; nothing was done.
    Usage = 2,
    /// The world failed.
    Fault = 3,
    /// The verifier said no.
    Refused = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What was typed cannot be done, in words for whoever typed it.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Says on standard error what went wrong, and chooses the exit code.
///
/// A reader that has seen enough, such as `head`, is no failure.
pub(crate) fn explain(error: &anyhow::Error) -> Exit {
    if let Some(typed) = error.downcast_ref::<clap::Error>() {
        // Help and version also come as errors, and are printed to standard output.
        let exit = if typed.use_stderr() {
            Exit::Usage
        } else {
            Exit::Success
        };
        // Where even this cannot be printed, the exit code is all that is left to say it.
        let _ = typed.print();
        return exit;
    }
    let is_closed_pipe = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if is_closed_pipe {
        return Exit::Success;
    }
    let code = code_of(error).map_or_else(String::new, |code| format!(" ({code})"));
    let _ = writeln!(anstream::stderr().lock(), "agentsudo: {error:#}{code}");
    if error.is::<UsageError>() {
        Exit::Usage
    } else if error.is::<TokenError>() {
        Exit::Refused
    } else {
        Exit::Fault
    }
}

/// The stable code of an error of ours, as `docs/errors.md` lists it.
fn code_of(error: &anyhow::Error) -> Option<&'static str> {
    let token = error.downcast_ref().map(TokenError::code);
    let file = || error.downcast_ref().map(KeyFileError::code);
    let key = || error.downcast_ref().map(KeyError::code);
    let setup = || error.downcast_ref().map(SetupError::code);
    let proof = || error.downcast_ref().map(ProofError::code);
    token
        .or_else(file)
        .or_else(key)
        .or_else(setup)
        .or_else(proof)
}
