//! The list of tools that calls are explained and proved for: a JSON file.
//!
//! Each tool says what the library's own tool definitions say, so such a list can be printed by a program
//! that has the tools. The library checks each definition; this module only reads the file. *Invariant:* the
//! digest that a proof is about is stated in the file, or made of a whole definition, and never of defaults.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agentsudo::{
    Digest, Effect, Refusal, Requirement, Scope, ToolDefinition, ToolDefinitionParts, ToolMisuse,
    escape,
};
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::UsageError;

/// Longest manifest: 64 KiB of schema for some hundred tools.
const MAX_LEN_BYTES: u64 = 16 * 1024 * 1024;
/// How much of a tool's name is shown, in characters: more than any has.
const MAX_NAME_CHARS: usize = 64;
/// How many tools are named to somebody who named another.
const MAX_NAMED: usize = 16;

/// Where to find the tools.
#[derive(Debug, clap::Args)]
pub(crate) struct ToolsArg {
    /// The tools: a JSON list of {name, scope, effect, sinks, secrets?, input_schema?, …}
    #[arg(long, value_name = "FILE", visible_alias = "manifest")]
    pub(crate) tools: PathBuf,
}

/// One tool, as the file has it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    scope: Scope,
    effect: Effect,
    sinks: Vec<String>,
    #[serde(default)]
    secrets: Vec<String>,
    input_schema: Option<Value>,
    // What only the digest of a definition depends on.
    description: Option<Value>,
    output_schema: Option<Value>,
    timeout_ms: Option<Value>,
    digest: Option<Value>,
}

/// One tool: what decisions depend on, and what its definition's digest is made of.
pub(crate) struct Listed {
    definition: ToolDefinition,
    entry: Entry,
}

/// The tools by name.
pub(crate) struct Manifest {
    path: PathBuf,
    tools: BTreeMap<String, Listed>,
}

impl Manifest {
    /// Reads the file. What is wrong with its content is a mistake of whoever wrote it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut json = Vec::new();
        let file =
            File::open(path).and_then(|file| file.take(MAX_LEN_BYTES).read_to_end(&mut json));
        file.with_context(|| format!("manifest `{}` could not be read", path.display()))?;
        let wrong = |what: &dyn std::fmt::Display| {
            UsageError(format!("manifest `{}`: {what}", path.display()))
        };
        let entries: Vec<Entry> = serde_json::from_slice(&json).map_err(|error| wrong(&error))?;
        let mut tools = BTreeMap::new();
        for entry in entries {
            let definition = entry.clone().define().map_err(|error| wrong(&error))?;
            let name = definition.name().to_string();
            let listed = Listed { definition, entry };
            if tools.insert(name.clone(), listed).is_some() {
                return Err(wrong(&format!("two tools are called `{name}`")).into());
            }
        }
        Ok(Self {
            path: path.to_owned(),
            tools,
        })
    }

    /// The tool of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&ToolDefinition> {
        self.tools.get(name).map(Listed::definition)
    }

    /// The tool of this name, which whoever typed it expects to be there.
    pub(crate) fn required(&self, name: &str) -> Result<&Listed, UsageError> {
        self.tools.get(name).ok_or_else(|| {
            let name = escape(name, MAX_NAME_CHARS);
            let code = Refusal::UnknownTool { name: name.clone() }.code();
            let known = self.tools.keys().take(MAX_NAMED).cloned();
            let known = known.collect::<Vec<_>>().join("`, `");
            let path = self.path.display();
            UsageError(format!(
                "manifest `{path}`: no tool is called `{name}`, expected one of `{known}` ({code})"
            ))
        })
    }

    /// What calls of each tool require, by name.
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        let tools = self.tools.values();
        tools.map(|listed| &**listed.definition.requirement())
    }
}

impl Listed {
    /// The definition, with defaults where the file says nothing: its digest is of no use.
    pub(crate) const fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The digest of the tool's definition: as stated, and as the definition gives it where it is whole.
    pub(crate) fn digest(&self) -> Result<Digest, String> {
        let name = self.definition.name();
        let stated = match &self.entry.digest {
            None | Some(Value::Null) => None,
            Some(Value::String(digest)) => Some(
                Digest::parse(digest)
                    .map_err(|error| format!("tool `{name}`: {error} ({})", error.code()))?,
            ),
            Some(_) => return Err(format!("tool `{name}`: expected a text as its digest")),
        };
        let made = match self.entry.clone().whole() {
            Some(parts) => {
                let definition = ToolDefinition::new(parts);
                Some(definition.map_err(|error| error.to_string())?.digest())
            }
            None => None,
        };
        match (stated, made) {
            (Some(stated), Some(made)) if stated != made => Err(format!(
                "tool `{name}`: its definition has the digest `{made}`, and it states `{stated}`"
            )),
            (stated, made) => stated.or(made).ok_or_else(|| {
                format!(
                    "tool `{name}`: a proof is about its whole definition: expected its digest, or \
                     description, input_schema, timeout_ms and, if it has one, output_schema"
                )
            }),
        }
    }
}

impl Entry {
    fn define(self) -> Result<ToolDefinition, ToolMisuse> {
        let marked = self.sinks.iter().chain(&self.secrets);
        // Without a schema any arguments are taken, and the marked ones are known by their marks.
        let marked = marked.map(|name| (name.clone(), json!({})));
        let open = json!({
            "type": "object",
            "properties": marked.collect::<serde_json::Map<_, _>>(),
            "additionalProperties": true,
        });
        let input_schema = self.input_schema.clone().unwrap_or(open);
        ToolDefinition::new(self.parts(
            "as in the manifest".to_owned(),
            input_schema,
            None,
            Duration::from_secs(30),
        ))
    }

    /// The definition as its owner made it, if all of it is there.
    fn whole(mut self) -> Option<ToolDefinitionParts> {
        let Some(Value::String(description)) = self.description.take() else {
            return None;
        };
        let input_schema = self.input_schema.take()?;
        let output_schema = self.output_schema.take().filter(|schema| !schema.is_null());
        let timeout = Duration::from_millis(self.timeout_ms.take()?.as_u64()?);
        Some(self.parts(description, input_schema, output_schema, timeout))
    }

    fn parts(
        self,
        description: String,
        input_schema: Value,
        output_schema: Option<Value>,
        timeout: Duration,
    ) -> ToolDefinitionParts {
        ToolDefinitionParts {
            name: self.name,
            description,
            input_schema,
            output_schema,
            scope: self.scope,
            effect: self.effect,
            sinks: self.sinks,
            secrets: self.secrets,
            timeout,
        }
    }
}
