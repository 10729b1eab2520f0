use crate::escape::{echo, escape};

use super::{MAX_ARGUMENTS_BYTES, MAX_NESTING, MAX_SAFE_INTEGER, MAX_VALUES};

/// Why something is no arguments of a call, or not those of this tool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentsError {
    /// Not JSON.
    #[error(
        "malformed arguments: expected JSON, found a syntax error at line {line} column {column}"
    )]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("arguments of a wrong type: expected a JSON object, found {found}")]
    NotAnObject {
        /// What it is instead.
        found: &'static str,
    },
    /// A name occurs twice in one object: readers differ in which one they take.
    #[error(
        "duplicate key in arguments: expected each once, found `{}` again",
        echo(key)
    )]
    DuplicateKey {
        /// The name.
        key: String,
    },
    /// A whole number that other readers of JSON would change.
    #[error(
        "integer out of range: expected -{MAX_SAFE_INTEGER} to {MAX_SAFE_INTEGER}, found `{}`",
        echo(found)
    )]
    IntegerOutOfRange {
        /// The number.
        found: String,
    },
    /// A fraction that a 64-bit float does not hold exactly.
    #[error(
        "number out of range: expected at most 15 significant digits and 18 decimal places, found `{}`",
        echo(found)
    )]
    NumberOutOfRange {
        /// The number, as far as it can be told.
        found: String,
    },
    /// Lists and objects stand too deep in each other.
    #[error("arguments nested too deep: expected at most {MAX_NESTING} levels")]
    TooDeep,
    /// Too many bytes of JSON.
    #[error("arguments too large: expected at most {MAX_ARGUMENTS_BYTES} bytes, found {found}")]
    TooLarge {
        /// How many bytes of compact JSON.
        found: usize,
    },
    /// Too many values in all.
    #[error("too many values in arguments: expected at most {MAX_VALUES}")]
    TooManyValues,
    /// An argument that the tool does not have.
    #[error(
        "unknown argument: expected only those of the tool, found `{}`",
        echo(path)
    )]
    UnknownField {
        /// Where it stands, such as `items[2].note`.
        path: String,
    },
    /// The tool's type refuses the arguments.
    #[error("invalid arguments: {}", excerpt(reason))]
    Invalid {
        /// What the type said; it may repeat the arguments.
        reason: String,
    },
    /// A value that has no JSON form.
    #[error("arguments have no JSON form: {}", excerpt(reason))]
    NotSerializable {
        /// What the serializer said.
        reason: String,
    },
}

impl ArgumentsError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "arguments.malformed",
            Self::NotAnObject { .. } => "arguments.not_an_object",
            Self::DuplicateKey { .. } => "arguments.duplicate_key",
            Self::IntegerOutOfRange { .. } => "arguments.integer_out_of_range",
            Self::NumberOutOfRange { .. } => "arguments.number_out_of_range",
            Self::TooDeep => "arguments.too_deep",
            Self::TooLarge { .. } => "arguments.too_large",
            Self::TooManyValues => "arguments.too_many_values",
            Self::UnknownField { .. } => "arguments.unknown_field",
            Self::Invalid { .. } => "arguments.invalid",
            Self::NotSerializable { .. } => "arguments.not_serializable",
        }
    }
}

/// Both ends of a message that may repeat hostile text in its middle: what was expected stands at its end.
fn excerpt(reason: &str) -> String {
    const END_CHARS: usize = 48;
    let len = reason.chars().count();
    if len <= 2 * END_CHARS {
        return escape(reason, len);
    }
    let start: String = reason.chars().take(END_CHARS).collect();
    let end: String = reason.chars().skip(len - END_CHARS).collect();
    format!("{}…{}", escape(&start, END_CHARS), escape(&end, END_CHARS))
}
