//! How a constraint stands in a token: `[path, kind, argument]`, or `[path, kind, argument, scope]`.
//!
//! A path of one name is that text, a longer one an array of texts. A rule inside of a rule is
//! `[kind, argument]`. The argument of a range is `[minimum or null, maximum or null]`. *Invariant:* the
//! number of a kind never changes its meaning, and a number that is not listed here is refused.

use minicbor::data::Type;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

use super::network::MAX_NETWORKS;
use super::rule::{MAX_CHOICES, MAX_RULE_DEPTH, MAX_RULES_PER_CONSTRAINT};
use super::url::MAX_HOSTS;
use super::{
    Allowance, ArgPath, Constraint, ConstraintError, MAX_PATH_SEGMENTS, Network, Number, Rule,
    TextPattern, UrlRule,
};
use crate::cbor::{bounded_array, text};
use crate::scope::ScopePattern;
use crate::token::TokenError;
use crate::value::Value;

mod kind {
    pub(super) const EQUALS: u64 = 0;
    pub(super) const ONE_OF: u64 = 1;
    pub(super) const RANGE: u64 = 2;
    pub(super) const PREFIX: u64 = 3;
    pub(super) const DECIMAL_RANGE: u64 = 4;
    pub(super) const LENGTH: u64 = 5;
    pub(super) const GLOB: u64 = 6;
    pub(super) const REGEX: u64 = 7;
    pub(super) const SUBPATH: u64 = 8;
    pub(super) const URL: u64 = 9;
    pub(super) const EMAIL_DOMAIN: u64 = 10;
    pub(super) const CIDR: u64 = 11;
    pub(super) const SUBSET_OF: u64 = 12;
    pub(super) const EVERY: u64 = 13;
    pub(super) const ABSENT: u64 = 14;
    pub(super) const ALL: u64 = 15;
    pub(super) const ANY: u64 = 16;
    pub(super) const NOT: u64 = 17;
}

type Encoded<W> = Result<(), EncodeError<<W as Write>::Error>>;

impl Constraint {
    pub(crate) fn encode<W: Write>(&self, to: &mut Encoder<W>) -> Encoded<W> {
        to.array(if self.on.is_some() { 4 } else { 3 })?;
        self.encode_path_and_rule(to)?;
        match &self.on {
            Some(pattern) => to.str(pattern.as_str())?.ok(),
            None => Ok(()),
        }
    }

    /// Writes path, kind and argument, without an array around them.
    pub(crate) fn encode_path_and_rule<W: Write>(&self, to: &mut Encoder<W>) -> Encoded<W> {
        self.path.encode(to)?;
        self.rule.encode(to)
    }

    pub(crate) fn decode(from: &mut Decoder<'_>, patterns: &Allowance) -> Result<Self, TokenError> {
        let parts = bounded_array(from, 4)?;
        if parts < 3 {
            return Err(TokenError::Malformed);
        }
        let path = ArgPath::decode(from)?;
        let rule = Rule::decode(from, patterns)?;
        let on = match parts {
            3 => None,
            _ => Some(ScopePattern::parse(text(from)?)?),
        };
        Ok(Self::from_parts(path, rule, on)?)
    }
}

impl ArgPath {
    pub(crate) fn encode<W: Write>(&self, to: &mut Encoder<W>) -> Encoded<W> {
        match self.segments() {
            [only] => to.str(only)?.ok(),
            segments => encode_list(to, segments, |name, to| to.str(name)?.ok()),
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, TokenError> {
        let segments = if from.datatype()? == Type::String {
            vec![decode_text(from)?]
        } else {
            decode_list(from, MAX_PATH_SEGMENTS, decode_text)?
        };
        Ok(Self::from_segments(segments)?)
    }
}

impl Rule {
    /// Reads kind and argument.
    pub(crate) fn decode(from: &mut Decoder<'_>, patterns: &Allowance) -> Result<Self, TokenError> {
        decode_rule(from, MAX_RULE_DEPTH, patterns)
    }

    /// Writes kind and argument, without an array around them.
    fn encode<W: Write>(&self, to: &mut Encoder<W>) -> Encoded<W> {
        to.u64(self.kind())?;
        match self {
            Self::Equals(value) => value.encode_cbor(to),
            Self::OneOf(values) | Self::SubsetOf(values) => {
                encode_list(to, values, Value::encode_cbor)
            }
            Self::Range { min, max } => {
                encode_bounds(to, [min, max], |bound, to| to.i64(*bound)?.ok())
            }
            Self::DecimalRange { min, max } => {
                encode_bounds(to, [min, max], |bound, to| bound.to_value().encode_cbor(to))
            }
            Self::Length { min, max } => {
                encode_bounds(to, [min, max], |bound, to| to.u32(*bound)?.ok())
            }
            Self::Prefix(text)
            | Self::Glob(text)
            | Self::Subpath(text)
            | Self::EmailDomain(text) => to.str(text)?.ok(),
            Self::Regex(pattern) => to.str(pattern.as_str())?.ok(),
            Self::Url(rule) => {
                to.array(if rule.ports.is_empty() { 2 } else { 3 })?;
                encode_list(to, &rule.schemes, |text, to| to.str(text)?.ok())?;
                encode_list(to, &rule.hosts, |text, to| to.str(text)?.ok())?;
                if rule.ports.is_empty() {
                    return Ok(());
                }
                encode_list(to, &rule.ports, |port, to| to.u16(*port)?.ok())
            }
            Self::Cidr(networks) => {
                encode_list(to, networks, |network, to| to.str(network.as_str())?.ok())
            }
            Self::Absent => to.null()?.ok(),
            Self::Every(rule) | Self::Not(rule) => rule.encode(to.array(2)?),
            Self::All(rules) | Self::Any(rules) => {
                encode_list(to, rules, |rule, to| rule.encode(to.array(2)?))
            }
        }
    }

    const fn kind(&self) -> u64 {
        match self {
            Self::Equals(_) => kind::EQUALS,
            Self::OneOf(_) => kind::ONE_OF,
            Self::Range { .. } => kind::RANGE,
            Self::Prefix(_) => kind::PREFIX,
            Self::DecimalRange { .. } => kind::DECIMAL_RANGE,
            Self::Length { .. } => kind::LENGTH,
            Self::Glob(_) => kind::GLOB,
            Self::Regex(_) => kind::REGEX,
            Self::Subpath(_) => kind::SUBPATH,
            Self::Url(_) => kind::URL,
            Self::EmailDomain(_) => kind::EMAIL_DOMAIN,
            Self::Cidr(_) => kind::CIDR,
            Self::SubsetOf(_) => kind::SUBSET_OF,
            Self::Every(_) => kind::EVERY,
            Self::Absent => kind::ABSENT,
            Self::All(_) => kind::ALL,
            Self::Any(_) => kind::ANY,
            Self::Not(_) => kind::NOT,
        }
    }
}

fn encode_list<W: Write, T>(
    to: &mut Encoder<W>,
    elements: &[T],
    encode: impl Fn(&T, &mut Encoder<W>) -> Encoded<W>,
) -> Encoded<W> {
    to.array(elements.len() as u64)?;
    elements.iter().try_for_each(|element| encode(element, to))
}

fn encode_bounds<W: Write, N>(
    to: &mut Encoder<W>,
    bounds: [&Option<N>; 2],
    encode: impl Fn(&N, &mut Encoder<W>) -> Encoded<W>,
) -> Encoded<W> {
    to.array(2)?;
    bounds.into_iter().try_for_each(|bound| match bound {
        Some(bound) => encode(bound, to),
        None => to.null()?.ok(),
    })
}

/// The stack that this takes is bounded before the rules are checked.
fn decode_rule(
    from: &mut Decoder<'_>,
    levels_left: usize,
    patterns: &Allowance,
) -> Result<Rule, TokenError> {
    let deeper = levels_left
        .checked_sub(1)
        .ok_or(ConstraintError::RulesTooDeep)?;
    Ok(match from.u64()? {
        kind::EQUALS => Rule::Equals(Value::decode_cbor(from)?),
        kind::ONE_OF => Rule::OneOf(decode_list(from, MAX_CHOICES, decode_value)?),
        kind::RANGE => {
            let [min, max] = decode_bounds(from, |from| Ok(from.i64()?))?;
            Rule::Range { min, max }
        }
        kind::PREFIX => Rule::Prefix(decode_text(from)?),
        kind::DECIMAL_RANGE => {
            let [min, max] = decode_bounds(from, decode_number)?;
            Rule::DecimalRange { min, max }
        }
        kind::LENGTH => {
            let [min, max] = decode_bounds(from, |from| Ok(from.u32()?))?;
            Rule::Length { min, max }
        }
        kind::GLOB => Rule::Glob(decode_text(from)?),
        kind::REGEX => Rule::Regex(TextPattern::within(decode_text(from)?, patterns)?),
        kind::SUBPATH => Rule::Subpath(decode_text(from)?),
        kind::URL => Rule::Url(decode_url(from)?),
        kind::EMAIL_DOMAIN => Rule::EmailDomain(decode_text(from)?),
        kind::CIDR => {
            let network = |from: &mut Decoder<'_>| Ok(Network::new(decode_text(from)?));
            Rule::Cidr(decode_list(from, MAX_NETWORKS, network)?)
        }
        kind::SUBSET_OF => Rule::SubsetOf(decode_list(from, MAX_CHOICES, decode_value)?),
        kind::EVERY => Rule::Every(Box::new(decode_inner(from, deeper, patterns)?)),
        kind::ABSENT => {
            from.null()?;
            Rule::Absent
        }
        kind::ALL => Rule::All(decode_rules(from, deeper, patterns)?),
        kind::ANY => Rule::Any(decode_rules(from, deeper, patterns)?),
        kind::NOT => Rule::Not(Box::new(decode_inner(from, deeper, patterns)?)),
        kind => return Err(TokenError::UnknownConstraintKind { kind }),
    })
}

fn decode_rules(
    from: &mut Decoder<'_>,
    levels_left: usize,
    patterns: &Allowance,
) -> Result<Vec<Rule>, TokenError> {
    decode_list(from, MAX_RULES_PER_CONSTRAINT, |from| {
        decode_inner(from, levels_left, patterns)
    })
}

fn decode_inner(
    from: &mut Decoder<'_>,
    levels_left: usize,
    patterns: &Allowance,
) -> Result<Rule, TokenError> {
    if bounded_array(from, 2)? != 2 {
        return Err(TokenError::Malformed);
    }
    decode_rule(from, levels_left, patterns)
}

fn decode_url(from: &mut Decoder<'_>) -> Result<UrlRule, TokenError> {
    let parts = bounded_array(from, 3)?;
    if parts < 2 {
        return Err(TokenError::Malformed);
    }
    let schemes = decode_list(from, MAX_HOSTS, decode_text)?;
    let hosts = decode_list(from, MAX_HOSTS, decode_text)?;
    let ports = match parts {
        2 => Vec::new(),
        // No ports are written by leaving the list out, which the comparison of encodings sees to.
        _ => decode_list(from, MAX_HOSTS, |from| Ok(from.u16()?))?,
    };
    Ok(UrlRule {
        schemes,
        hosts,
        ports,
    })
}

fn decode_list<'b, T>(
    from: &mut Decoder<'b>,
    max: usize,
    element: impl Fn(&mut Decoder<'b>) -> Result<T, TokenError>,
) -> Result<Vec<T>, TokenError> {
    let len = bounded_array(from, max)?;
    (0..len).map(|_| element(from)).collect()
}

fn decode_text(from: &mut Decoder<'_>) -> Result<String, TokenError> {
    Ok(text(from)?.to_owned())
}

fn decode_value(from: &mut Decoder<'_>) -> Result<Value, TokenError> {
    Ok(Value::decode_cbor(from)?)
}

fn decode_number(from: &mut Decoder<'_>) -> Result<Number, TokenError> {
    Number::of(&decode_value(from)?).ok_or(TokenError::Malformed)
}

fn decode_bounds<'b, N>(
    from: &mut Decoder<'b>,
    bound: impl Fn(&mut Decoder<'b>) -> Result<N, TokenError>,
) -> Result<[Option<N>; 2], TokenError> {
    if bounded_array(from, 2)? != 2 {
        return Err(TokenError::Malformed);
    }
    Ok([decode_bound(from, &bound)?, decode_bound(from, &bound)?])
}

fn decode_bound<'b, N>(
    from: &mut Decoder<'b>,
    bound: &impl Fn(&mut Decoder<'b>) -> Result<N, TokenError>,
) -> Result<Option<N>, TokenError> {
    if from.datatype()? == Type::Null {
        from.null()?;
        return Ok(None);
    }
    bound(from).map(Some)
}
