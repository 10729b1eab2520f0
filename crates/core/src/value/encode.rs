//! The one encoding of values: deterministic CBOR (RFC 8949, section 4.2.1), which digests and tokens hold.
//!
//! Shortest integers, definite lengths, keys sorted by their encoded bytes; a decimal is a decimal fraction
//! (tag 4, section 3.4.4). *Invariant:* what decodes encodes to the same bytes again, so that signed bytes
//! have one meaning and each meaning has one form.

use std::collections::BTreeMap;

use minicbor::data::{Tag, Type};
use minicbor::decode::Decoder;
use minicbor::encode::{Encoder, Error as EncodeError, Write};

use super::{Decimal, MAX_NESTING, MAX_SAFE_INTEGER, Value};
use crate::digest::Digest;
use crate::digest::Hasher;

const DOMAIN: &[u8] = b"agentsudo.arguments.v1\0";

/// RFC 8949, section 3.4.4: `[exponent, mantissa]`, base 10.
const DECIMAL_FRACTION: Tag = Tag::new(4);

/// The digest of arguments.
pub(super) fn digest(arguments: &BTreeMap<String, Value>) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(DOMAIN);
    let mut encoder = Encoder::new(hasher);
    let encoded = encode_map(arguments, &mut encoder);
    debug_assert!(encoded.is_ok(), "a hasher takes all bytes");
    encoder.into_writer().finish()
}

/// How long the encoding that is digested is.
pub(super) fn encoded_len_bytes(arguments: &BTreeMap<String, Value>) -> u64 {
    let mut encoder = Encoder::new(Counter(0));
    let encoded = encode_map(arguments, &mut encoder);
    debug_assert!(encoded.is_ok(), "a counter takes all bytes");
    encoder.into_writer().0
}

/// A writer that only counts.
struct Counter(u64);

impl Write for Counter {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0 = self.0.saturating_add(count(bytes.len()));
        Ok(())
    }
}

impl Value {
    /// Writes the value.
    pub(crate) fn encode_cbor<W: Write>(
        &self,
        to: &mut Encoder<W>,
    ) -> Result<(), EncodeError<W::Error>> {
        match self {
            Self::Null => to.null()?.ok(),
            Self::Bool(value) => to.bool(*value)?.ok(),
            Self::Integer(value) => to.i64(*value)?.ok(),
            Self::Decimal(value) => {
                to.tag(DECIMAL_FRACTION)?.array(2)?;
                to.i64(-i64::from(value.scale()))?
                    .i64(value.mantissa())?
                    .ok()
            }
            Self::String(value) => to.str(value)?.ok(),
            Self::List(values) => {
                to.array(count(values.len()))?;
                values.iter().try_for_each(|value| value.encode_cbor(to))
            }
            Self::Map(values) => encode_map(values, to),
        }
    }

    /// Reads one value, and refuses each encoding of it but the one that [`Self::encode_cbor`] writes.
    pub(crate) fn decode_cbor(from: &mut Decoder<'_>) -> Result<Self, EncodingError> {
        let start = from.position();
        let value = decode_at(0, from)?;
        let read = from.input().get(start..from.position());
        let mut encoder = Encoder::new(Vec::new());
        let encoded = value.encode_cbor(&mut encoder);
        if encoded.is_err() || read != Some(encoder.writer()) {
            return Err(EncodingError::NotCanonical);
        }
        Ok(value)
    }
}

fn encode_map<W: Write>(
    values: &BTreeMap<String, Value>,
    to: &mut Encoder<W>,
) -> Result<(), EncodeError<W::Error>> {
    // A key begins with its length, so shorter keys sort first.
    let mut sorted: Vec<_> = values.iter().collect();
    sorted.sort_by_key(|(key, _)| (key.len(), key.as_bytes()));
    to.map(count(sorted.len()))?;
    sorted
        .into_iter()
        .try_for_each(|(key, value)| value.encode_cbor(to.str(key)?))
}

fn count(len: usize) -> u64 {
    // A length in memory fits 64 bits on every target.
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Why bytes are no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EncodingError {
    /// No value, or one that no argument can be.
    Malformed,
    /// A value in another encoding than its one.
    NotCanonical,
}

impl From<minicbor::decode::Error> for EncodingError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self::Malformed
    }
}

/// Reads a value that has `depth` levels around it; the caller checks that the encoding is the only one.
fn decode_at(depth: usize, from: &mut Decoder<'_>) -> Result<Value, EncodingError> {
    match from.datatype()? {
        Type::Null => Ok(from.null().map(|()| Value::Null)?),
        Type::Bool => Ok(from.bool().map(Value::Bool)?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => decode_integer(from),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => decode_integer(from),
        Type::String => Ok(from.str().map(Value::from)?),
        Type::Tag => decode_decimal(from),
        Type::Array => {
            let len = definite(from.array()?, depth)?;
            let values = (0..len).map(|_| decode_at(depth + 1, from));
            values.collect::<Result<_, _>>().map(Value::List)
        }
        Type::Map => {
            let len = definite(from.map()?, depth)?;
            let entries =
                (0..len).map(|_| Ok((from.str()?.to_owned(), decode_at(depth + 1, from)?)));
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        Type::ArrayIndef | Type::MapIndef | Type::StringIndef => Err(EncodingError::NotCanonical),
        _ => Err(EncodingError::Malformed),
    }
}

fn decode_integer(from: &mut Decoder<'_>) -> Result<Value, EncodingError> {
    let integer = from.i64()?;
    if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&integer) {
        Ok(Value::Integer(integer))
    } else {
        Err(EncodingError::Malformed)
    }
}

fn decode_decimal(from: &mut Decoder<'_>) -> Result<Value, EncodingError> {
    if from.tag()? != DECIMAL_FRACTION || from.array()? != Some(2) {
        return Err(EncodingError::Malformed);
    }
    let (exponent, mantissa) = (from.i64()?, from.i64()?);
    let scale = exponent
        .checked_neg()
        .and_then(|scale| u8::try_from(scale).ok());
    let decimal = scale.and_then(|scale| Decimal::new(mantissa, scale));
    decimal.map(Value::Decimal).ok_or(EncodingError::Malformed)
}

fn definite(len: Option<u64>, depth: usize) -> Result<u64, EncodingError> {
    match len {
        None => Err(EncodingError::NotCanonical),
        Some(_) if depth >= MAX_NESTING => Err(EncodingError::Malformed),
        Some(len) => Ok(len),
    }
}
