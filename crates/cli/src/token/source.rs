//! Where a token comes from: the command line, a file or standard input.
//!
//! Other users of a machine can see a command line, so the last two are there for tokens that matter.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use agentsudo::{Token, TokenError};
use anyhow::Context as _;

use crate::exit::UsageError;

/// Most bytes that are read for a token or for arguments: above the longest of each, white space included.
const MAX_TEXT_LEN_BYTES: u64 = 128 * 1024;

#[derive(Debug, clap::Args)]
pub(crate) struct TokenArg {
    /// The token's text, `@FILE`, or `-` for standard input [default: standard input]
    #[arg(value_name = "TOKEN")]
    token: Option<String>,
}

impl TokenArg {
    /// Whether it comes on standard input.
    pub(crate) fn is_on_stdin(&self) -> bool {
        self.token.as_deref().is_none_or(|text| text == "-")
    }

    /// Reads it. Text that is no token is a [`TokenError`].
    pub(crate) fn read(&self) -> anyhow::Result<Token> {
        let text = match self.token.as_deref() {
            None if io::stdin().is_terminal() => {
                let missing = "no token: give its text, `@FILE`, or pipe it in";
                return Err(UsageError(missing.to_owned()).into());
            }
            None | Some("-") => bounded(io::stdin().lock()).context("standard input")?,
            Some(text) => match text.strip_prefix('@') {
                Some(path) => {
                    let read = File::open(path).and_then(bounded);
                    read.with_context(|| format!("token file `{path}` could not be read"))?
                }
                None => text.as_bytes().to_vec(),
            },
        };
        let text = std::str::from_utf8(&text).map_err(|_| TokenError::MalformedText)?;
        Ok(Token::from_text(text.trim())?)
    }
}

/// Reads no more than the longest text that anything here can be.
pub(crate) fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_TEXT_LEN_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
