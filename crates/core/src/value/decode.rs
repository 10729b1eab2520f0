//! Strict reading of JSON.
//!
//! One visitor for text and for parsed JSON. It counts levels and values while it reads, so that nothing
//! beyond the limits is ever built, and the stack depth does not depend on the input.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::decimal::shortest_digits;
use super::{Arguments, ArgumentsError, Decimal, MAX_NESTING, MAX_SAFE_INTEGER, MAX_VALUES, Value};

type Map = BTreeMap<String, Value>;

/// Reads one JSON text, with nothing but white space after it.
pub(super) fn from_slice(json: &[u8]) -> Result<Map, ArgumentsError> {
    let mut limits = Limits::new();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = Seed {
        limits: &mut limits,
        depth: 0,
    }
    .deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    let value = value.map_err(|error| limits.refusal.unwrap_or_else(|| malformed(&error)))?;
    super::literal::check_all(json)?;
    into_map(value)
}

/// Reads JSON that is parsed already.
pub(super) fn from_deserializer<'de, D>(deserializer: D) -> Result<Map, ArgumentsError>
where
    D: Deserializer<'de, Error: fmt::Display>,
{
    let mut limits = Limits::new();
    let value = Seed {
        limits: &mut limits,
        depth: 0,
    }
    .deserialize(deserializer);
    into_map(value.map_err(|error| {
        limits.refusal.unwrap_or_else(|| ArgumentsError::Invalid {
            reason: error.to_string(),
        })
    })?)
}

fn into_map(value: Value) -> Result<Map, ArgumentsError> {
    match value {
        Value::Map(values) => Ok(values),
        other => Err(ArgumentsError::NotAnObject {
            found: other.kind(),
        }),
    }
}

fn malformed(error: &serde_json::Error) -> ArgumentsError {
    // The library has no other way to tell: a number like 1e400, which no float holds.
    if error.to_string().starts_with("number out of range") {
        return ArgumentsError::NumberOutOfRange {
            found: "a number beyond any float".to_owned(),
        };
    }
    ArgumentsError::Malformed {
        line: error.line(),
        column: error.column(),
    }
}

/// What may still be read, and why reading stopped.
pub(super) struct Limits {
    values_left: usize,
    refusal: Option<ArgumentsError>,
}

impl Limits {
    pub(super) const fn new() -> Self {
        Self {
            values_left: MAX_VALUES,
            refusal: None,
        }
    }

    /// Checks values that were built in another way. `depth` is the number of levels around the map.
    pub(super) fn admit_map(&mut self, values: &Map, depth: usize) -> Result<(), ArgumentsError> {
        check_depth(depth)?;
        values
            .values()
            .try_for_each(|value| self.admit(value, depth + 1))
    }

    fn admit(&mut self, value: &Value, depth: usize) -> Result<(), ArgumentsError> {
        self.take_value()?;
        match value {
            Value::Integer(found) => integer(*found).map(drop),
            Value::List(values) => {
                check_depth(depth)?;
                values
                    .iter()
                    .try_for_each(|value| self.admit(value, depth + 1))
            }
            Value::Map(values) => self.admit_map(values, depth),
            Value::Null | Value::Bool(_) | Value::Decimal(_) | Value::String(_) => Ok(()),
        }
    }

    fn take_value(&mut self) -> Result<(), ArgumentsError> {
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or(ArgumentsError::TooManyValues)?;
        Ok(())
    }

    /// Keeps the typed error while the deserializer's own, which the library wants, goes up.
    fn or_refuse<T, E: de::Error>(&mut self, result: Result<T, ArgumentsError>) -> Result<T, E> {
        result.map_err(|refusal| {
            self.refusal = Some(refusal);
            E::custom("refused")
        })
    }
}

fn check_depth(depth: usize) -> Result<(), ArgumentsError> {
    if depth < MAX_NESTING {
        Ok(())
    } else {
        Err(ArgumentsError::TooDeep)
    }
}

/// An integer that every reader of JSON reads alike.
fn integer<I: TryInto<i64> + fmt::Display + Copy>(found: I) -> Result<Value, ArgumentsError> {
    let safe = -MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER;
    match found.try_into() {
        Ok(integer) if safe.contains(&integer) => Ok(Value::Integer(integer)),
        _ => Err(ArgumentsError::IntegerOutOfRange {
            found: found.to_string(),
        }),
    }
}

/// The exact number that a float stands for: its shortest text.
fn number(float: f64) -> Result<Value, ArgumentsError> {
    let out_of_range = || ArgumentsError::NumberOutOfRange {
        found: format!("{float:e}"),
    };
    let (digits, exponent) = shortest_digits(float).ok_or_else(out_of_range)?;
    if let Ok(zeros) = u32::try_from(exponent) {
        let product = 10_i64
            .checked_pow(zeros)
            .and_then(|power| digits.checked_mul(power));
        let too_large = || ArgumentsError::IntegerOutOfRange {
            found: format!("{float:e}"),
        };
        return integer(product.ok_or_else(too_large)?);
    }
    let scale = u8::try_from(exponent.unsigned_abs()).ok();
    let decimal = scale.and_then(|scale| Decimal::new(digits, scale));
    decimal.map(Value::Decimal).ok_or_else(out_of_range)
}

/// Reads one value that has `depth` levels around it.
struct Seed<'a> {
    limits: &'a mut Limits,
    depth: usize,
}

impl Seed<'_> {
    fn inner(&mut self) -> Seed<'_> {
        Seed {
            limits: &mut *self.limits,
            depth: self.depth + 1,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        // The outermost object is no argument.
        if self.depth > 0 {
            let taken = self.limits.take_value();
            self.limits.or_refuse(taken)?;
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        self.limits.or_refuse(integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        self.limits.or_refuse(integer(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        self.limits.or_refuse(number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Value, A::Error> {
        self.limits.or_refuse(check_depth(self.depth))?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self.inner())? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        self.limits.or_refuse(check_depth(self.depth))?;
        let mut values = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            match values.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(entries.next_value_seed(self.inner())?);
                }
                Entry::Occupied(place) => {
                    let key = place.key().clone();
                    return self
                        .limits
                        .or_refuse(Err(ArgumentsError::DuplicateKey { key }));
                }
            }
        }
        Ok(Value::Map(values))
    }
}

/// Strict, as [`Arguments::from_json_slice`].
impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = from_deserializer(deserializer).map_err(de::Error::custom)?;
        Self::from_map(values).map_err(de::Error::custom)
    }
}
