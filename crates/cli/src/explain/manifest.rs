//! The list of tools that calls are explained for: a JSON file.
//!
//! Each tool says what the library's own tool definitions say, so such a list can be printed by a program
//! that has the tools. The library checks each definition; this module only reads the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use agentsudo::{Effect, Scope, ToolDefinition, ToolDefinitionParts, ToolMisuse};
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::UsageError;

/// Longest manifest: 64 KiB of schema for some hundred tools.
const MAX_LEN_BYTES: u64 = 16 * 1024 * 1024;

/// One tool, as the file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    scope: Scope,
    effect: Effect,
    sinks: Vec<String>,
    #[serde(default)]
    secrets: Vec<String>,
    input_schema: Option<Value>,
    // What programs print of a tool besides, and what no decision depends on.
    #[serde(default, rename = "description")]
    _description: Option<Value>,
    #[serde(default, rename = "output_schema")]
    _output_schema: Option<Value>,
    #[serde(default, rename = "timeout_ms")]
    _timeout_ms: Option<Value>,
    #[serde(default, rename = "digest")]
    _digest: Option<Value>,
}

/// The tools by name.
pub(super) struct Manifest(BTreeMap<String, ToolDefinition>);

impl Manifest {
    /// Reads the file. What is wrong with its content is a mistake of whoever wrote it.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
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
            let tool = entry.define().map_err(|error| wrong(&error))?;
            let name = tool.name().to_string();
            if tools.insert(name.clone(), tool).is_some() {
                return Err(wrong(&format!("two tools are called `{name}`")).into());
            }
        }
        Ok(Self(tools))
    }

    /// The tool of this name.
    pub(super) fn get(&self, name: &str) -> Option<&ToolDefinition> {
        self.0.get(name)
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
        ToolDefinition::new(ToolDefinitionParts {
            name: self.name,
            description: "as in the manifest".to_owned(),
            input_schema: self.input_schema.unwrap_or(open),
            output_schema: None,
            scope: self.scope,
            effect: self.effect,
            sinks: self.sinks,
            secrets: self.secrets,
            timeout: Duration::from_secs(30),
        })
    }
}
