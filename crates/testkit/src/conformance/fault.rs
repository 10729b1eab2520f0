//! Why no comparison came about.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::USAGE;
use super::program::MAX_ANSWER_LEN_BYTES;

/// Why nothing can be said about the program.
#[derive(Debug)]
pub(super) enum Fault {
    /// The command line is not understood.
    Usage,
    /// There is no vector in the folder.
    NoVectors(PathBuf),
    /// A file is no vector.
    BadVector(PathBuf),
    /// A file or folder cannot be read.
    Unreadable(PathBuf, io::Error),
    /// The program cannot be started, or read from.
    Program(io::Error),
    /// It wrote a line that is no answer.
    Garbage(String),
    /// It wrote a line without end.
    LongAnswer,
    /// It answered for a vector twice, or for one that does not exist.
    Stray(String),
    /// It ended before it had answered for all vectors.
    Short {
        /// For how many it answered.
        found: usize,
        /// How many there are.
        expected: usize,
    },
    /// It answered for all, and then failed.
    Failed(ExitStatus),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => f.write_str(USAGE),
            Self::NoVectors(folder) => write!(
                f,
                "expected vectors below `{}`, found none",
                folder.display()
            ),
            Self::BadVector(path) => {
                write!(
                    f,
                    "expected an object with a text `expected` in `{}`",
                    path.display()
                )
            }
            Self::Unreadable(path, error) => write!(f, "cannot read `{}`: {error}", path.display()),
            Self::Program(error) => write!(f, "cannot run the program: {error}"),
            Self::Garbage(line) => {
                write!(
                    f,
                    r#"expected a line such as {{"name": "a/b", "result": "ok"}}, found {line:?}"#
                )
            }
            Self::LongAnswer => {
                write!(
                    f,
                    "expected lines of at most {MAX_ANSWER_LEN_BYTES} bytes, found a longer one"
                )
            }
            Self::Stray(name) => write!(
                f,
                "expected one answer for each vector, found another for {name:?}"
            ),
            Self::Short { found, expected } => {
                write!(
                    f,
                    "expected {expected} answers, found {found}: the program ended before"
                )
            }
            Self::Failed(status) => write!(f, "the program answered and then failed: {status}"),
        }
    }
}
