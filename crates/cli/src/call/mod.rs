//! One call as it is typed, and what the commands that decide calls say of it.
//!
//! *Invariant:* the value of an argument that a tool marks as secret is never shown, in no message either.

pub(crate) mod answer;
pub(crate) mod manifest;

use std::path::Path;
use std::sync::Arc;

use agentsudo::{ArgPath, Arguments, BudgetRefusal, Measure, Refusal, Requirement, ToolDefinition};
use anyhow::Context as _;

use self::manifest::Manifest;
use crate::exit::UsageError;
use crate::token::{Refused, source};

/// The call of a tool whose definition is known to the last byte: what a proof is about.
pub(crate) struct ProposedCall {
    pub(crate) requirement: Arc<Requirement>,
    pub(crate) arguments: Arguments,
}

impl ProposedCall {
    /// Reads the call that options name. What cannot be a call of the tool is a mistake of whoever typed it.
    pub(crate) fn read(tools: &Path, tool: &str, arguments: &str) -> anyhow::Result<Self> {
        let manifest = Manifest::read(tools)?;
        let listed = manifest.required(tool)?;
        let digest = listed.digest().map_err(UsageError)?;
        let arguments = Arguments::from_json_slice(&arguments_json(arguments)?)
            .and_then(|arguments| {
                listed.definition().refuse_unknown(&arguments)?;
                Ok(arguments)
            })
            .map_err(|error| UsageError(format!("arguments: {error} ({})", error.code())))?;
        Ok(Self {
            requirement: Arc::new(requirement(listed.definition(), digest)),
            arguments,
        })
    }
}

fn requirement(tool: &ToolDefinition, digest: agentsudo::Digest) -> Requirement {
    Requirement::dynamic(
        tool.name().clone(),
        digest,
        tool.scope().clone(),
        tool.effect(),
        tool.sinks().to_vec(),
        tool.secrets().to_vec(),
    )
}

/// Whether arguments are to be read from standard input.
pub(crate) fn is_on_stdin(arguments: &str) -> bool {
    arguments == "-"
}

/// Refuses to read two things from standard input.
pub(crate) fn refuse_two_on_stdin(
    token: &crate::token::TokenArg,
    arguments: &str,
) -> Result<(), UsageError> {
    if token.is_on_stdin() && is_on_stdin(arguments) {
        let what = "the arguments come on standard input: give the token as text or as `@FILE`";
        return Err(UsageError(what.to_owned()));
    }
    Ok(())
}

/// The bytes of arguments: JSON as it is typed, `@FILE`, or `-` for standard input.
pub(crate) fn arguments_json(typed: &str) -> anyhow::Result<Vec<u8>> {
    if is_on_stdin(typed) {
        return source::bounded(std::io::stdin().lock()).context("standard input");
    }
    match typed.strip_prefix('@') {
        Some(path) => {
            let read = std::fs::File::open(path).and_then(source::bounded);
            read.with_context(|| format!("arguments `{path}` could not be read"))
        }
        None => Ok(typed.as_bytes().to_vec()),
    }
}

/// Whether an argument, or the one that it is a part of, is marked as secret.
pub(crate) fn is_secret(requirement: &Requirement, path: &ArgPath) -> bool {
    let name = path.segments().first();
    let name = name.map(|name| name.strip_suffix("[]").unwrap_or(name));
    name.is_some_and(|name| requirement.secrets().iter().any(|secret| secret == name))
}

/// A refusal in the words of the log, without the values of secret arguments.
pub(crate) fn refused(refusal: &Refusal, requirement: Option<&Requirement>) -> Refused {
    let secret = match (refusal, requirement) {
        (
            Refusal::Budget(BudgetRefusal::Exceeded {
                measure: Measure::Amount(path),
                block,
                max,
                ..
            }),
            Some(requirement),
        ) if is_secret(requirement, path) => Some(format!(
            "the call draws more than {max} of the secret `{path}`, which is all there is by block {block}"
        )),
        _ => None,
    };
    Refused {
        code: refusal.code(),
        message: secret.unwrap_or_else(|| refusal.to_string()),
    }
}
