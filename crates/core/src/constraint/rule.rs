//! What may be required of one argument.

use core::fmt;

use super::{Breach, ConstraintError};
use crate::value::{MAX_SAFE_INTEGER, Value};

/// Most values of a `one of` rule: longer lists belong into a tool, not into a token.
pub const MAX_CHOICES: usize = 256;
/// Longest text of a prefix rule.
pub const MAX_RULE_TEXT_LEN_BYTES: usize = 1_024;

/// What must hold of an argument. Values compare by type and content: `5000` and `"5000"` differ, text is
/// compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// It is this very value.
    Equals(Value),
    /// It is one of these values.
    OneOf(Vec<Value>),
    /// It is an integer within the bounds, both included.
    Range {
        /// The smallest allowed integer.
        min: Option<i64>,
        /// The greatest allowed integer.
        max: Option<i64>,
    },
    /// It is a text that starts with this one.
    Prefix(String),
}

/// The argument must be this very value.
#[must_use]
pub fn equals(value: impl Into<Value>) -> Rule {
    Rule::Equals(value.into())
}

/// The argument must be one of these values.
#[must_use]
pub fn one_of<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Rule {
    Rule::OneOf(values.into_iter().map(Into::into).collect())
}

/// The argument must be an integer not above the maximum.
#[must_use]
pub const fn at_most(max: i64) -> Rule {
    Rule::Range {
        min: None,
        max: Some(max),
    }
}

/// The argument must be an integer not below the minimum.
#[must_use]
pub const fn at_least(min: i64) -> Rule {
    Rule::Range {
        min: Some(min),
        max: None,
    }
}

/// The argument must be an integer from the minimum to the maximum, both included.
#[must_use]
pub const fn between(min: i64, max: i64) -> Rule {
    Rule::Range {
        min: Some(min),
        max: Some(max),
    }
}

/// The argument must be a text that starts with this one.
#[must_use]
pub fn prefix(text: impl Into<String>) -> Rule {
    Rule::Prefix(text.into())
}

impl Rule {
    pub(super) fn check(&self) -> Result<(), ConstraintError> {
        match self {
            Self::Equals(_) => Ok(()),
            Self::OneOf(values) if (1..=MAX_CHOICES).contains(&values.len()) => Ok(()),
            Self::OneOf(values) => Err(ConstraintError::ChoiceCount {
                found: values.len(),
            }),
            Self::Range { min, max } => check_range(*min, *max),
            Self::Prefix(text) if (1..=MAX_RULE_TEXT_LEN_BYTES).contains(&text.len()) => Ok(()),
            Self::Prefix(text) => Err(ConstraintError::TextLength { found: text.len() }),
        }
    }

    pub(super) fn breach(&self, value: &Value) -> Option<Breach> {
        match (self, value) {
            (Self::Equals(expected), found) => (expected != found).then_some(Breach::NotEqual),
            (Self::OneOf(choices), found) => (!choices.contains(found)).then_some(Breach::NotOneOf),
            (Self::Range { min, max }, Value::Integer(found)) => {
                if min.is_some_and(|min| *found < min) {
                    Some(Breach::BelowMinimum)
                } else if max.is_some_and(|max| *found > max) {
                    Some(Breach::AboveMaximum)
                } else {
                    None
                }
            }
            (Self::Prefix(text), Value::String(found)) => {
                (!found.starts_with(text.as_str())).then_some(Breach::PrefixMismatch)
            }
            (Self::Range { .. } | Self::Prefix(_), _) => Some(Breach::WrongType),
        }
    }
}

fn check_range(min: Option<i64>, max: Option<i64>) -> Result<(), ConstraintError> {
    let safe = -MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER;
    if let Some(found) = [min, max]
        .into_iter()
        .flatten()
        .find(|bound| !safe.contains(bound))
    {
        return Err(ConstraintError::BoundOutOfRange { found });
    }
    match (min, max) {
        (None, None) => Err(ConstraintError::UnboundedRange),
        (Some(min), Some(max)) if min > max => Err(ConstraintError::EmptyRange { min, max }),
        _ => Ok(()),
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "equal to {value}"),
            Self::OneOf(values) => {
                f.write_str("one of")?;
                for (i, value) in values.iter().enumerate() {
                    write!(f, "{} {value}", if i == 0 { "" } else { "," })?;
                }
                Ok(())
            }
            Self::Range {
                min: Some(min),
                max: Some(max),
            } => write!(f, "from {min} to {max}"),
            Self::Range {
                min: Some(min),
                max: None,
            } => write!(f, "at least {min}"),
            Self::Range {
                min: None,
                max: Some(max),
            } => write!(f, "at most {max}"),
            Self::Range {
                min: None,
                max: None,
            } => f.write_str("an integer"),
            Self::Prefix(text) => write!(f, "text that starts with {text:?}"),
        }
    }
}
