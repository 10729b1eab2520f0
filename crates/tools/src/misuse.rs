//! What an author of a tool got wrong.

use agentsudo_core::{NameError, ToolName};

use crate::definition::{MAX_DESCRIPTION_LEN_BYTES, MAX_SCHEMA_LEN_BYTES};
use crate::registry::MAX_TOOLS;

/// Why a tool cannot be registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ToolMisuse {
    /// The name does not follow the grammar of tool names.
    #[error("`{name}` cannot be the name of a tool")]
    NameInvalid {
        /// The name, as it was given.
        name: String,
        /// The rule that it breaks.
        source: NameError,
    },
    /// Another tool has the name.
    #[error("expected one tool with the name `{name}`, found a second one")]
    NameTaken {
        /// The name.
        name: ToolName,
    },
    /// The description is empty.
    #[error("expected a description of the tool `{tool}`, found none")]
    DescriptionMissing {
        /// The tool.
        tool: ToolName,
    },
    /// The description is longer than 4 KiB.
    #[error(
        "expected a description of the tool `{tool}` of at most {MAX_DESCRIPTION_LEN_BYTES} \
         bytes, found {found_len_bytes}"
    )]
    DescriptionTooLong {
        /// The tool.
        tool: ToolName,
        /// How long the description is.
        found_len_bytes: usize,
    },
    /// An argument that is marked as a sink or secret is not in the input schema.
    #[error(
        "the tool `{tool}` marks `{argument}` as a sink or secret, which its input schema does \
         not have"
    )]
    SinkUnknown {
        /// The tool.
        tool: ToolName,
        /// The argument.
        argument: String,
    },
    /// The input schema does not describe an object.
    #[error(
        "expected an input schema of the tool `{tool}` with `\"type\": \"object\"`, found {found}"
    )]
    SchemaInvalid {
        /// The tool.
        tool: ToolName,
        /// What stands in its place.
        found: String,
    },
    /// A schema is longer than 64 KiB.
    #[error(
        "expected schemas of the tool `{tool}` of at most {MAX_SCHEMA_LEN_BYTES} bytes each, \
         found {found_len_bytes}"
    )]
    SchemaTooLarge {
        /// The tool.
        tool: ToolName,
        /// How long the schema is, as compact JSON.
        found_len_bytes: usize,
    },
    /// The registry is full.
    #[error("expected at most {MAX_TOOLS} tools, found one more")]
    TooMany,
}

impl ToolMisuse {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NameInvalid { .. } => "tool.name_invalid",
            Self::NameTaken { .. } => "tool.name_taken",
            Self::DescriptionMissing { .. } => "tool.description_missing",
            Self::DescriptionTooLong { .. } => "tool.description_too_long",
            Self::SinkUnknown { .. } => "tool.sink_unknown",
            Self::SchemaInvalid { .. } => "tool.schema_invalid",
            Self::SchemaTooLarge { .. } => "tool.schema_too_large",
            Self::TooMany => "tool.too_many",
        }
    }
}
