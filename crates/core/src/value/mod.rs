//! The arguments of a call, as plain values without floats.
//!
//! Owns what is decided on: one strict way in from JSON, one encoding, one digest. Leaves out what the values
//! mean; a tool's type and a token's constraints say that.
//!
//! *Invariant:* equal arguments have equal digests, whatever order and spelling their JSON had, and different
//! arguments have different ones. So what a decision saw, what a person approved and what runs are the same.
//! *Threat:* JSON that two readers understand in two ways: keys given twice, numbers beyond a float.

mod arguments;
mod decimal;
mod decode;
mod encode;
mod error;
mod literal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer};

use crate::escape::is_deceptive;

pub use arguments::Arguments;
pub use decimal::Decimal;
pub(crate) use encode::EncodingError;
pub use error::ArgumentsError;

/// Deepest nesting of lists and objects, the outermost object included. No tool needs more, and each level
/// costs stack.
pub const MAX_NESTING: usize = 32;

/// Largest arguments, in bytes of JSON: a long mail fits, a file does not belong into a call.
pub const MAX_ARGUMENTS_BYTES: usize = 65_536;

/// Most values in one call's arguments, at all levels: each costs a node of some hundred bytes.
pub const MAX_VALUES: usize = 4_096;

/// The largest integer that every reader of JSON reads exactly, 2^53 - 1 (RFC 8259, section 6).
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// One value of a call's arguments: JSON, with exact numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; in arguments, from -(2^53 - 1) to 2^53 - 1.
    Integer(i64),
    /// A number with decimal places.
    Decimal(Decimal),
    /// Text, compared byte by byte.
    String(String),
    /// Values in their order.
    List(Vec<Self>),
    /// Values by name.
    Map(BTreeMap<String, Self>),
}

impl Value {
    /// The JSON type, with its article, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::Decimal(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
        }
    }

    /// The value as the JSON library has it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;

        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::from(*value),
            Self::Integer(value) => Json::from(*value),
            Self::Decimal(value) => Json::from(value.to_f64()),
            Self::String(value) => Json::from(value.as_str()),
            Self::List(values) => values.iter().map(Self::to_json).collect(),
            Self::Map(values) => Json::Object(
                values
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_json()))
                    .collect(),
            ),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Decimal(value) => value.serialize(serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Map(values) => serializer.collect_map(values),
        }
    }
}

/// Compact JSON with sorted keys. Invisible and direction-changing characters stand as `\u202e`, so that the
/// text can be shown to people and is still JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_json(self, f)
    }
}

fn write_json<T: Serialize>(value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let json = serde_json::to_string(value).map_err(|_| fmt::Error)?;
    for character in json.chars() {
        // Outside of strings, compact JSON is visible ASCII.
        if is_deceptive(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(f, "\\u{unit:04x}")?;
            }
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

/// A number beyond [`MAX_SAFE_INTEGER`] equals no argument, and no token or arguments take it.
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Decimal(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Vec<Self>> for Value {
    fn from(values: Vec<Self>) -> Self {
        Self::List(values)
    }
}

impl From<BTreeMap<String, Self>> for Value {
    fn from(values: BTreeMap<String, Self>) -> Self {
        Self::Map(values)
    }
}

impl From<Arguments> for Value {
    fn from(arguments: Arguments) -> Self {
        arguments.into_value()
    }
}
