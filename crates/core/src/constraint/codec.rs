//! How a constraint stands in a token: `[path, kind, argument]`, or `[path, kind, argument, scope]`.
//!
//! A path of one name is that text, a longer one an array of texts. The argument of a range is
//! `[minimum or null, maximum or null]`.

use minicbor::data::Type;
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

use super::{ArgPath, Constraint, MAX_CHOICES, MAX_PATH_SEGMENTS, Rule};
use crate::cbor::{bounded_array, text};
use crate::scope::ScopePattern;
use crate::token::TokenError;
use crate::value::Value;

const EQUALS: u64 = 0;
const ONE_OF: u64 = 1;
const RANGE: u64 = 2;
const PREFIX: u64 = 3;

impl Constraint {
    pub(crate) fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
    ) -> Result<(), EncodeError<W::Error>> {
        to.array(if self.on.is_some() { 4 } else { 3 })?;
        match self.path.segments() {
            [only] => {
                to.str(only)?;
            }
            segments => {
                to.array(segments.len() as u64)?;
                for segment in segments {
                    to.str(segment)?;
                }
            }
        }
        match &self.rule {
            Rule::Equals(value) => value.encode_cbor(to.u64(EQUALS)?)?,
            Rule::OneOf(values) => {
                to.u64(ONE_OF)?.array(values.len() as u64)?;
                for value in values {
                    value.encode_cbor(to)?;
                }
            }
            Rule::Range { min, max } => {
                to.u64(RANGE)?.array(2)?;
                for bound in [min, max] {
                    match bound {
                        Some(bound) => to.i64(*bound)?,
                        None => to.null()?,
                    };
                }
            }
            Rule::Prefix(text) => {
                to.u64(PREFIX)?.str(text)?;
            }
        }
        if let Some(pattern) = &self.on {
            to.str(pattern.as_str())?;
        }
        Ok(())
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, TokenError> {
        let parts = bounded_array(from, 4)?;
        if parts < 3 {
            return Err(TokenError::Malformed);
        }
        let path = ArgPath::from_segments(decode_path(from)?)?;
        let rule = decode_rule(from)?;
        let on = match parts {
            3 => None,
            _ => Some(ScopePattern::parse(text(from)?)?),
        };
        Ok(Self::from_parts(path, rule, on)?)
    }
}

fn decode_path(from: &mut Decoder<'_>) -> Result<Vec<String>, TokenError> {
    if from.datatype()? == Type::String {
        return Ok(vec![text(from)?.to_owned()]);
    }
    let segments = bounded_array(from, MAX_PATH_SEGMENTS)?;
    (0..segments).map(|_| Ok(text(from)?.to_owned())).collect()
}

fn decode_rule(from: &mut Decoder<'_>) -> Result<Rule, TokenError> {
    match from.u64()? {
        EQUALS => Ok(Rule::Equals(Value::decode_cbor(from)?)),
        ONE_OF => {
            let choices = bounded_array(from, MAX_CHOICES)?;
            let values = (0..choices).map(|_| Value::decode_cbor(from));
            Ok(Rule::OneOf(values.collect::<Result<_, _>>()?))
        }
        RANGE => {
            if bounded_array(from, 2)? != 2 {
                return Err(TokenError::Malformed);
            }
            Ok(Rule::Range {
                min: decode_bound(from)?,
                max: decode_bound(from)?,
            })
        }
        PREFIX => Ok(Rule::Prefix(text(from)?.to_owned())),
        kind => Err(TokenError::UnknownConstraintKind { kind }),
    }
}

fn decode_bound(from: &mut Decoder<'_>) -> Result<Option<i64>, DecodeError> {
    if from.datatype()? == Type::Null {
        from.null()?;
        return Ok(None);
    }
    from.i64().map(Some)
}
