//! Constraints as they stand in a block: `[path, kind, argument]`, or with a scope behind.

use agentsudo_core::{Decimal, Value};

use super::Code;
use super::cbor::{MALFORMED, NOT_CANONICAL, Tree};
use super::scope::is_pattern;
use super::sound;

pub(super) const UNSOUND: Code = "token.constraint_unsound";
pub(super) const SCOPE_UNSOUND: Code = "token.scope_unsound";
const UNKNOWN_KIND: Code = "token.unknown_constraint_kind";

/// What must hold of an argument; kinds 0 to 17 in their order.
#[derive(Debug, Clone)]
pub(super) enum Rule {
    Equals(Value),
    OneOf(Vec<Value>),
    Range(Option<i64>, Option<i64>),
    Prefix(String),
    DecimalRange(Option<Value>, Option<Value>),
    Length(Option<u32>, Option<u32>),
    Glob(String),
    Regex(String),
    Subpath(String),
    Url {
        schemes: Vec<String>,
        hosts: Vec<String>,
        ports: Option<Vec<u16>>,
    },
    EmailDomain(String),
    Cidr(Vec<String>),
    Subset(Vec<Value>),
    Every(Box<Self>),
    Absent,
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
}

#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub(super) path: Vec<String>,
    pub(super) rule: Rule,
    pub(super) on: Option<String>,
}

/// What counts for a token as a whole while it is read.
pub(super) struct Reading {
    /// How many regular expressions it may still have.
    pub(super) regexes_left: usize,
    /// Whether something was written in another way than it is written.
    pub(super) is_irregular: bool,
}

impl Constraint {
    pub(super) fn read(tree: &Tree, reading: &mut Reading) -> Result<Self, Code> {
        let (path, kind, argument, on) = match tree.as_list(4)? {
            [path, kind, argument] => (path, kind, argument, None),
            [path, kind, argument, on] => (path, kind, argument, Some(on)),
            _ => return Err(MALFORMED),
        };
        let path = read_path(path, reading)?;
        let rule = Rule::read(kind, argument, 1, reading)?;
        let on = on.map(read_pattern).transpose()?;
        if !sound::is_sound(&rule) {
            return Err(UNSOUND);
        }
        Ok(Self { path, rule, on })
    }
}

/// One name, or a list of one to eight.
pub(super) fn read_path(tree: &Tree, reading: &mut Reading) -> Result<Vec<String>, Code> {
    let names = match tree.plain() {
        Tree::Text(name) => vec![name.clone()],
        _ => {
            let names = texts(tree, 8)?;
            reading.is_irregular |= names.len() == 1;
            names
        }
    };
    let sound = (1..=8).contains(&names.len()) && names.iter().all(|name| sound::is_step(name));
    if sound { Ok(names) } else { Err(UNSOUND) }
}

pub(super) fn read_pattern(tree: &Tree) -> Result<String, Code> {
    let text = tree.as_text()?;
    if is_pattern(text) {
        Ok(text.to_owned())
    } else {
        Err(SCOPE_UNSOUND)
    }
}

fn texts(tree: &Tree, max: usize) -> Result<Vec<String>, Code> {
    let items = tree.as_list(max)?.iter();
    items
        .map(|item| item.as_text().map(str::to_owned))
        .collect()
}

impl Rule {
    /// `depth` is 1 for the outermost rule.
    pub(super) fn read(
        kind: &Tree,
        argument: &Tree,
        depth: usize,
        reading: &mut Reading,
    ) -> Result<Self, Code> {
        if depth > 4 {
            return Err(UNSOUND);
        }
        let text = |argument: &Tree| argument.as_text().map(str::to_owned);
        Ok(match kind.as_uint()? {
            0 => Self::Equals(read_value(argument)?),
            1 => Self::OneOf(read_values(argument)?),
            2 => {
                let (min, max) = bounds(argument, Tree::as_int)?;
                Self::Range(min, max)
            }
            3 => Self::Prefix(text(argument)?),
            4 => {
                let (min, max) = bounds(argument, read_number)?;
                Self::DecimalRange(min, max)
            }
            5 => {
                let (min, max) = bounds(argument, Tree::as_number)?;
                Self::Length(min, max)
            }
            6 => Self::Glob(text(argument)?),
            7 => {
                let text = text(argument)?;
                reading.regexes_left = reading.regexes_left.checked_sub(1).ok_or(UNSOUND)?;
                Self::Regex(text)
            }
            8 => Self::Subpath(text(argument)?),
            9 => Self::read_url(argument, reading)?,
            10 => Self::EmailDomain(text(argument)?),
            11 => Self::Cidr(texts(argument, 64)?),
            12 => Self::Subset(read_values(argument)?),
            13 => Self::Every(Box::new(Self::read_inner(argument, depth + 1, reading)?)),
            14 => match argument.plain() {
                Tree::Null => Self::Absent,
                _ => return Err(MALFORMED),
            },
            15 => Self::All(Self::read_list(argument, depth + 1, reading)?),
            16 => Self::Any(Self::read_list(argument, depth + 1, reading)?),
            17 => Self::Not(Box::new(Self::read_inner(argument, depth + 1, reading)?)),
            _ => return Err(UNKNOWN_KIND),
        })
    }

    fn read_inner(tree: &Tree, depth: usize, reading: &mut Reading) -> Result<Self, Code> {
        match tree.as_list(2)? {
            [kind, argument] => Self::read(kind, argument, depth, reading),
            _ => Err(MALFORMED),
        }
    }

    fn read_list(tree: &Tree, depth: usize, reading: &mut Reading) -> Result<Vec<Self>, Code> {
        let rules = tree.as_list(32)?.iter();
        rules
            .map(|rule| Self::read_inner(rule, depth, reading))
            .collect()
    }

    fn read_url(tree: &Tree, reading: &mut Reading) -> Result<Self, Code> {
        let (schemes, hosts, ports) = match tree.as_list(3)? {
            [schemes, hosts] => (schemes, hosts, None),
            [schemes, hosts, ports] => (schemes, hosts, Some(ports)),
            _ => return Err(MALFORMED),
        };
        let (schemes, hosts) = (texts(schemes, 64)?, texts(hosts, 64)?);
        let read_ports = |ports: &Tree| ports.as_list(64)?.iter().map(Tree::as_number).collect();
        let ports: Option<Vec<_>> = ports.map(read_ports).transpose()?;
        reading.is_irregular |= ports.as_ref().is_some_and(Vec::is_empty);
        Ok(Self::Url {
            schemes,
            hosts,
            ports,
        })
    }

    /// The rules right inside of this one.
    pub(super) fn inner(&self) -> Vec<&Self> {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().collect(),
            Self::Every(rule) | Self::Not(rule) => vec![rule],
            _ => Vec::new(),
        }
    }
}

fn bounds<N>(
    tree: &Tree,
    read: impl Fn(&Tree) -> Result<N, Code>,
) -> Result<(Option<N>, Option<N>), Code> {
    let bound = |tree: &Tree| match tree.plain() {
        Tree::Null => Ok(None),
        _ => read(tree).map(Some),
    };
    match tree.as_list(2)? {
        [min, max] => Ok((bound(min)?, bound(max)?)),
        _ => Err(MALFORMED),
    }
}

fn read_number(tree: &Tree) -> Result<Value, Code> {
    match read_value(tree)? {
        number @ (Value::Integer(_) | Value::Decimal(_)) => Ok(number),
        _ => Err(MALFORMED),
    }
}

fn read_values(tree: &Tree) -> Result<Vec<Value>, Code> {
    let items = tree.as_list(256)?.iter();
    items.map(read_value).collect()
}

/// A value that has one encoding only, and stands in it.
fn read_value(tree: &Tree) -> Result<Value, Code> {
    let value = read_value_at(tree, 0)?;
    if tree.is_regular() {
        Ok(value)
    } else {
        Err(NOT_CANONICAL)
    }
}

/// `depth` is the number of lists and maps around it.
fn read_value_at(tree: &Tree, depth: usize) -> Result<Value, Code> {
    const SAFE: i64 = (1 << 53) - 1;
    let deeper = || {
        if depth < 32 {
            Ok(depth + 1)
        } else {
            Err(MALFORMED)
        }
    };
    match tree.plain() {
        Tree::Null => Ok(Value::Null),
        Tree::Bool(value) => Ok(Value::Bool(*value)),
        Tree::Uint(_) | Tree::Negative(_) => match tree.as_int()? {
            value if (-SAFE..=SAFE).contains(&value) => Ok(Value::Integer(value)),
            _ => Err(MALFORMED),
        },
        Tree::Text(text) => Ok(Value::from(text.as_str())),
        Tree::Tag(4, inner) => read_decimal(inner).map(Value::Decimal),
        Tree::List(items) => {
            let depth = deeper()?;
            let items = items.iter().map(|item| read_value_at(item, depth));
            items.collect::<Result<_, _>>().map(Value::List)
        }
        Tree::Map(entries) => {
            let depth = deeper()?;
            let entries = entries.iter().map(|(key, value)| {
                let key = key.as_text()?.to_owned();
                Ok((key, read_value_at(value, depth)?))
            });
            entries.collect::<Result<_, _>>().map(Value::Map)
        }
        Tree::EndlessList | Tree::EndlessMap | Tree::EndlessText => Err(NOT_CANONICAL),
        _ => Err(MALFORMED),
    }
}

fn read_decimal(tree: &Tree) -> Result<Decimal, Code> {
    let Tree::List(parts) = tree.plain() else {
        return Err(MALFORMED);
    };
    let [exponent, mantissa] = parts.as_slice() else {
        return Err(MALFORMED);
    };
    let (exponent, mantissa) = (exponent.as_int()?, mantissa.as_int()?);
    let scale = exponent
        .checked_neg()
        .and_then(|scale| u8::try_from(scale).ok());
    scale
        .and_then(|scale| Decimal::new(mantissa, scale))
        .ok_or(MALFORMED)
}
