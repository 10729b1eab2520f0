use std::collections::BTreeMap;
use std::{fmt, io};

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::decode::{self, Limits};
use super::{ArgumentsError, MAX_ARGUMENTS_BYTES, Value};
use crate::digest::Digest;

/// The arguments of one call: values by name, within the limits of this module.
///
/// ```
/// use agentsudo_core::{Arguments, Value};
///
/// let arguments = Arguments::from_json_slice(br#"{"order_id": "order_123", "amount_minor": 5e3}"#)?;
/// assert_eq!(arguments.get("amount_minor"), Some(&Value::Integer(5000)));
/// assert_eq!(arguments.to_string(), r#"{"amount_minor":5000,"order_id":"order_123"}"#);
///
/// let twice = Arguments::from_json_slice(br#"{"amount_minor": 1, "amount_minor": 5000}"#);
/// assert_eq!(twice.unwrap_err().code(), "arguments.duplicate_key");
/// # Ok::<(), agentsudo_core::ArgumentsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Arguments(BTreeMap<String, Value>);

impl Arguments {
    /// Reads JSON text, strictly.
    ///
    /// # Errors
    /// [`ArgumentsError`] for anything but one JSON object within the limits that each reader of JSON
    /// understands in the same way: no key twice, no number that a 64-bit float would change.
    pub fn from_json_slice(json: &[u8]) -> Result<Self, ArgumentsError> {
        // Before parsing: nothing is spent on what is too large anyway.
        check_len(json.len())?;
        Self::within_len(decode::from_slice(json)?)
    }

    /// Takes over JSON that was parsed elsewhere. Prefer [`Self::from_json_slice`]: a parser that keeps the
    /// last of two equal keys hides the first one.
    ///
    /// # Errors
    /// As [`Self::from_json_slice`], but there is no malformed JSON and no key twice.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, ArgumentsError> {
        Self::within_len(decode::from_deserializer(json)?)
    }

    /// The arguments that a type stands for. As in JSON, a float that is no number becomes `null`.
    ///
    /// # Errors
    /// [`ArgumentsError::NotSerializable`] if the type has no JSON form; otherwise as
    /// [`Self::from_json_slice`].
    pub fn from_serialize<T: Serialize>(typed: &T) -> Result<Self, ArgumentsError> {
        // By way of text: a JSON tree would silently drop a field that is written twice.
        let json = serde_json::to_vec(typed).map_err(|error| ArgumentsError::NotSerializable {
            reason: error.to_string(),
        })?;
        Self::from_json_slice(&json)
    }

    /// Arguments from single values.
    ///
    /// # Errors
    /// [`ArgumentsError`] if there are too many or too deep or too large ones, or an integer is out of range.
    pub fn from_map(values: BTreeMap<String, Value>) -> Result<Self, ArgumentsError> {
        Limits::new().admit_map(&values, 0)?;
        Self::within_len(values)
    }

    fn within_len(values: BTreeMap<String, Value>) -> Result<Self, ArgumentsError> {
        let arguments = Self(values);
        let mut counted = CountedLen(0);
        serde_json::to_writer(&mut counted, &arguments).map_err(|error| {
            ArgumentsError::NotSerializable {
                reason: error.to_string(),
            }
        })?;
        check_len(counted.0)?;
        Ok(arguments)
    }

    /// The values as a tool's type. It may be lenient: compare with
    /// [`Self::unknown_fields_against`].
    ///
    /// # Errors
    /// [`ArgumentsError::Invalid`] with what the type said.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ArgumentsError> {
        serde_json::from_value(self.to_json()).map_err(|error| ArgumentsError::Invalid {
            reason: error.to_string(),
        })
    }

    /// The arguments as the JSON library has them, always an object.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let entries = self
            .0
            .iter()
            .map(|(key, value)| (key.clone(), value.to_json()));
        serde_json::Value::Object(entries.collect())
    }

    /// The argument of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The value at a path of names, one per level. Names do not reach into lists; an empty path names nothing.
    #[must_use]
    pub fn lookup(&self, path: &[String]) -> Option<&Value> {
        let (first, inner) = path.split_first()?;
        inner
            .iter()
            .try_fold(self.0.get(first)?, |value, name| match value {
                Value::Map(values) => values.get(name),
                _ => None,
            })
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there is no argument.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values by name.
    #[must_use]
    pub const fn as_map(&self) -> &BTreeMap<String, Value> {
        &self.0
    }

    /// The arguments as one value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Map(self.0)
    }

    /// The digest of what these arguments mean: SHA-256 over `agentsudo.arguments.v1`, a zero byte and their
    /// deterministic CBOR (RFC 8949, section 4.2.1).
    #[must_use]
    pub fn digest(&self) -> Digest {
        super::encode::digest(&self.0)
    }

    /// How many bytes the encoding that [`Self::digest`] hashes has, its domain string not counted.
    #[must_use]
    pub fn encoded_len_bytes(&self) -> u64 {
        super::encode::encoded_len_bytes(&self.0)
    }

    /// Where these arguments have a value that their canonical form, which a type gave back, does not have.
    ///
    /// `null` counts as absent. The path names the first such key, such as `items[2].note`, or the list or
    /// object that has another shape.
    #[must_use]
    pub fn unknown_fields_against(&self, canonical: &Self) -> Option<String> {
        unknown_key("", &self.0, &canonical.0)
    }
}

fn unknown_key(
    path: &str,
    given: &BTreeMap<String, Value>,
    canonical: &BTreeMap<String, Value>,
) -> Option<String> {
    let present = given.iter().filter(|(_, value)| **value != Value::Null);
    present.into_iter().find_map(|(key, value)| {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match canonical.get(key) {
            Some(canonical) => unknown_part(path, value, canonical),
            None => Some(path),
        }
    })
}

fn unknown_part(path: String, given: &Value, canonical: &Value) -> Option<String> {
    match (given, canonical) {
        (Value::Map(given), Value::Map(canonical)) => unknown_key(&path, given, canonical),
        (Value::List(given), Value::List(canonical)) if given.len() == canonical.len() => {
            let mut pairs = given.iter().zip(canonical).enumerate();
            pairs.find_map(|(at, (given, canonical))| {
                unknown_part(format!("{path}[{at}]"), given, canonical)
            })
        }
        // What a list or object holds is nowhere in a canonical form of another shape.
        (Value::Map(_) | Value::List(_), _) => Some(path),
        _ => None,
    }
}

fn check_len(found: usize) -> Result<(), ArgumentsError> {
    if found > MAX_ARGUMENTS_BYTES {
        Err(ArgumentsError::TooLarge { found })
    } else {
        Ok(())
    }
}

/// Counts bytes of JSON without keeping them.
struct CountedLen(usize);

impl io::Write for CountedLen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

/// Compact JSON with sorted keys, safe to show like a [`Value`].
impl fmt::Display for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::write_json(self, f)
    }
}
