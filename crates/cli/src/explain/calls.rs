//! The calls to explain: one from the command line, or one JSON object a line from standard input.

use std::io::{self, BufRead, Read as _};

use agentsudo::{Arguments, ArgumentsError, Value};

use crate::exit::UsageError;

/// Longest line: the longest arguments that any call may have, and room for the tool's name.
const MAX_LINE_LEN_BYTES: usize = 128 * 1024;

/// A call that somebody may make.
pub(super) struct AskedCall {
    pub(super) tool: String,
    pub(super) arguments: Result<Arguments, ArgumentsError>,
}

impl AskedCall {
    /// The call that two options name.
    pub(super) fn typed(tool: &str, arguments: &[u8]) -> Self {
        Self {
            tool: tool.to_owned(),
            arguments: Arguments::from_json_slice(arguments),
        }
    }

    /// Reads `{"tool": "…", "arguments": {…}}`, strictly.
    fn parse(line: &[u8]) -> Result<Self, String> {
        let fields = Arguments::from_json_slice(line).map_err(|error| error.to_string())?;
        let unknown = fields
            .iter()
            .find(|(name, _)| !["tool", "arguments"].contains(name));
        match (fields.get("tool"), fields.get("arguments"), unknown) {
            (Some(Value::String(tool)), Some(Value::Map(arguments)), None) => Ok(Self {
                tool: tool.clone(),
                arguments: Arguments::from_map(arguments.clone()),
            }),
            _ => Err(
                "expected `{\"tool\": \"…\", \"arguments\": {…}}` and no other fields".to_owned(),
            ),
        }
    }
}

/// Reads calls line by line and hands each on, so that a long list never stands in memory.
pub(super) fn each_line(
    mut from: impl BufRead,
    mut explain: impl FnMut(AskedCall) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut number = 0_usize;
    loop {
        let mut line = Vec::new();
        let limit = MAX_LINE_LEN_BYTES as u64 + 1;
        read_line(&mut from, limit, &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        number = number.saturating_add(1);
        let wrong = |what: &str| UsageError(format!("line {number}: {what}"));
        if line.len() > MAX_LINE_LEN_BYTES {
            let what = format!("expected at most {MAX_LINE_LEN_BYTES} bytes");
            return Err(wrong(&what).into());
        }
        if !line.trim_ascii().is_empty() {
            explain(AskedCall::parse(&line).map_err(|what| wrong(&what))?)?;
        }
    }
}

fn read_line(from: &mut impl BufRead, limit: u64, line: &mut Vec<u8>) -> io::Result<usize> {
    from.take(limit).read_until(b'\n', line)
}
