//! What a tool is, for the model that calls it and the operator who allows it.
//!
//! A definition is checked when it is made and never changes. Its digest covers everything that
//! either of them relies on, so a decision or a pin that names the digest names all of it; a tool
//! whose description alone changed is another tool.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use agentsudo_core::{
    Action, Arguments, ArgumentsError, Digest, Effect, Requirement, Scope, ToolName,
};
use serde_json::{Value, json};

use crate::misuse::ToolMisuse;
use crate::schema;
use crate::tool::Tool;

/// Longest description: several screens, and a small part of a model's context.
pub const MAX_DESCRIPTION_LEN_BYTES: usize = 4 * 1024;

/// Longest schema, as compact JSON: every model's own limit is below it.
pub const MAX_SCHEMA_LEN_BYTES: usize = 64 * 1024;

/// Separates these digests from all others.
const DIGEST_DOMAIN: &str = "agentsudo/tool-definition/v1";

/// What a tool that is known at run time only says about itself.
///
/// Scope, effect, sinks and secrets come from whoever operates the tool, never from a server that
/// offers it.
#[derive(Debug, Clone)]
pub struct ToolDefinitionParts {
    /// `[a-z0-9][a-z0-9_.-]*`, up to 64 bytes.
    pub name: String,
    /// What the tool does, for the model.
    pub description: String,
    /// A JSON Schema of an object.
    pub input_schema: Value,
    /// A JSON Schema of the result, if it is known.
    pub output_schema: Option<Value>,
    /// The authority that a call needs.
    pub scope: Scope,
    /// What a call does to the world.
    pub effect: Effect,
    /// The arguments that decide where something goes or how much.
    pub sinks: Vec<String>,
    /// The arguments that an audit record must not show.
    pub secrets: Vec<String>,
    /// After this time a call is given up.
    pub timeout: Duration,
}

/// What a tool is, checked.
#[derive(Debug, Clone)]
pub struct ToolDefinition {
    description: String,
    input_schema: Value,
    output_schema: Option<Value>,
    timeout: Duration,
    requirement: Arc<Requirement>,
}

impl ToolDefinition {
    /// Checks and completes a definition: the input schema is closed and says what a call needs.
    ///
    /// # Errors
    /// [`ToolMisuse`] says what to change.
    pub fn new(parts: ToolDefinitionParts) -> Result<Self, ToolMisuse> {
        let name = ToolName::parse(&parts.name).map_err(|source| ToolMisuse::NameInvalid {
            name: parts.name,
            source,
        })?;
        check_description(&name, &parts.description)?;
        let mut input_schema = schema::closed(parts.input_schema);
        if let Some(found) = no_object(&input_schema) {
            return Err(ToolMisuse::SchemaInvalid { tool: name, found });
        }
        check_marks(
            &name,
            &input_schema,
            parts.sinks.iter().chain(&parts.secrets),
        )?;
        schema::annotate(&mut input_schema, &parts.scope, parts.effect, &parts.sinks);
        for schema in [Some(&input_schema), parts.output_schema.as_ref()]
            .into_iter()
            .flatten()
        {
            check_schema_len(&name, schema)?;
        }
        let described = json!({
            "name": name,
            "description": parts.description,
            "input_schema": input_schema,
            "output_schema": parts.output_schema,
            "scope": parts.scope.as_str(),
            "effect": parts.effect.as_str(),
            "sinks": parts.sinks,
            "secrets": parts.secrets,
            "timeout_ms": timeout_ms(parts.timeout),
        });
        let digest = Digest::of_parts(DIGEST_DOMAIN, &[canonical(&described).as_bytes()]);
        let requirement = Requirement::dynamic(
            name,
            digest,
            parts.scope,
            parts.effect,
            parts.sinks,
            parts.secrets,
        );
        Ok(Self {
            description: parts.description,
            input_schema,
            output_schema: parts.output_schema,
            timeout: parts.timeout,
            requirement: Arc::new(requirement),
        })
    }

    /// The definition of a tool whose types are known.
    pub(crate) fn of<T: Tool>() -> Result<Self, ToolMisuse> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self::new(ToolDefinitionParts {
            name: T::NAME.to_owned(),
            description: T::DESCRIPTION.to_owned(),
            input_schema: schema::of_input::<T::Action>(),
            output_schema: Some(schema::of_output::<T::Output>()),
            scope: T::Action::SCOPE,
            effect: T::Action::EFFECT,
            sinks: owned(T::Action::SINKS),
            secrets: owned(T::Action::SECRETS),
            timeout: T::TIMEOUT,
        })
    }

    /// The tool's name.
    #[must_use]
    pub fn name(&self) -> &ToolName {
        self.requirement.tool()
    }

    /// What the tool does, for the model.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The JSON Schema (2020-12) of the arguments: a closed object, with what a call needs under
    /// `x-agentsudo`.
    #[must_use]
    pub const fn input_schema(&self) -> &Value {
        &self.input_schema
    }

    /// The JSON Schema (2020-12) of the result, if it is known.
    #[must_use]
    pub const fn output_schema(&self) -> Option<&Value> {
        self.output_schema.as_ref()
    }

    /// The authority that a call needs.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        self.requirement.scope()
    }

    /// What a call does to the world.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.requirement.effect()
    }

    /// The arguments that decide where something goes or how much.
    #[must_use]
    pub fn sinks(&self) -> &[String] {
        self.requirement.sinks()
    }

    /// The arguments that an audit record must not show.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        self.requirement.secrets()
    }

    /// After this time a call is given up.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The digest of everything above.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.requirement.definition()
    }

    /// What every call of the tool requires.
    #[must_use]
    pub const fn requirement(&self) -> &Arc<Requirement> {
        &self.requirement
    }

    /// Everything above, for people and programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name(),
            "description": self.description,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
            "scope": self.scope().as_str(),
            "effect": self.effect().as_str(),
            "sinks": self.sinks(),
            "secrets": self.secrets(),
            "timeout_ms": timeout_ms(self.timeout),
            "digest": self.digest().to_string(),
        })
    }

    /// Refuses arguments that a closed input schema does not name. For tools that decode without a
    /// Rust type; nested objects are not looked at.
    ///
    /// # Errors
    /// [`ArgumentsError::UnknownField`] names the first one.
    pub fn refuse_unknown(&self, arguments: &Arguments) -> Result<(), ArgumentsError> {
        if !schema::is_closed(&self.input_schema) {
            return Ok(());
        }
        let known = schema::property_names(&self.input_schema);
        match arguments.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, _)) => Err(ArgumentsError::UnknownField {
                path: name.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

fn check_description(tool: &ToolName, description: &str) -> Result<(), ToolMisuse> {
    if description.trim().is_empty() {
        return Err(ToolMisuse::DescriptionMissing { tool: tool.clone() });
    }
    let found_len_bytes = description.len();
    if found_len_bytes > MAX_DESCRIPTION_LEN_BYTES {
        return Err(ToolMisuse::DescriptionTooLong {
            tool: tool.clone(),
            found_len_bytes,
        });
    }
    Ok(())
}

fn check_schema_len(tool: &ToolName, schema: &Value) -> Result<(), ToolMisuse> {
    let found_len_bytes = schema.to_string().len();
    if found_len_bytes > MAX_SCHEMA_LEN_BYTES {
        return Err(ToolMisuse::SchemaTooLarge {
            tool: tool.clone(),
            found_len_bytes,
        });
    }
    Ok(())
}

fn check_marks<'a>(
    tool: &ToolName,
    input_schema: &Value,
    marked: impl Iterator<Item = &'a String>,
) -> Result<(), ToolMisuse> {
    let known = schema::property_names(input_schema);
    for argument in marked {
        if !known.contains(argument.as_str()) {
            let (tool, argument) = (tool.clone(), argument.clone());
            return Err(ToolMisuse::SinkUnknown { tool, argument });
        }
    }
    Ok(())
}

/// What a schema says about its type, unless it says `object`.
fn no_object(schema: &Value) -> Option<String> {
    match schema.get("type") {
        Some(Value::String(name)) if name == "object" => None,
        Some(found) => Some(format!("`\"type\": {found}`")),
        None => Some("no type".to_owned()),
    }
}

fn timeout_ms(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)
}

/// Compact JSON with sorted keys, whether or not some crate turns on `serde_json/preserve_order`.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let entry = |(key, value): (&String, &Value)| {
                format!("{}:{}", Value::from(key.as_str()), canonical(value))
            };
            format!(
                "{{{}}}",
                sorted.into_iter().map(entry).collect::<Vec<_>>().join(",")
            )
        }
        Value::Array(list) => {
            format!(
                "[{}]",
                list.iter().map(canonical).collect::<Vec<_>>().join(",")
            )
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests;
