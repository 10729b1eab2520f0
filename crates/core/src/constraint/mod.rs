//! Rules on arguments.
//!
//! Owns what a constraint may say, how it stands in a token and whether a call satisfies it. There is no
//! expression language, no float and no clock in here: a constraint is data, and deciding it takes time
//! linear in the argument that it names.
//!
//! *Invariants:* an argument that a constraint names and the call lacks (or has as `null`) is a refusal;
//! a kind that is not known here is refused by the decoder, never skipped; adding a constraint to a token
//! can only turn allowed calls into refused ones.

mod codec;
mod path;
mod rule;

use core::fmt;

use serde::Serialize;

pub use path::{ArgPath, MAX_PATH_SEGMENT_LEN_BYTES, MAX_PATH_SEGMENTS};
pub use rule::{
    MAX_CHOICES, MAX_RULE_TEXT_LEN_BYTES, Rule, at_least, at_most, between, equals, one_of, prefix,
};

use crate::scope::{Scope, ScopePattern};
use crate::value::Arguments;

/// One rule on one argument, for all calls or for those whose scope matches a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    path: ArgPath,
    rule: Rule,
    on: Option<ScopePattern>,
}

impl Constraint {
    /// Requires the rule of the argument at a dotted path, in every call.
    ///
    /// # Errors
    /// [`ConstraintError`] when the path is malformed or the rule can never hold.
    pub fn new(path: &str, rule: Rule) -> Result<Self, ConstraintError> {
        Self::from_parts(ArgPath::parse(path)?, rule, None)
    }

    pub(crate) fn from_parts(
        path: ArgPath,
        rule: Rule,
        on: Option<ScopePattern>,
    ) -> Result<Self, ConstraintError> {
        rule.check()?;
        Ok(Self { path, rule, on })
    }

    /// Requires the rule only of calls whose required scope matches the pattern; other calls need not
    /// have the argument at all.
    #[must_use]
    pub fn on(mut self, pattern: ScopePattern) -> Self {
        self.on = Some(pattern);
        self
    }

    /// The argument that the rule is about.
    #[must_use]
    pub const fn path(&self) -> &ArgPath {
        &self.path
    }

    /// What must hold of it.
    #[must_use]
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The scopes that the constraint is limited to, if it is.
    #[must_use]
    pub const fn scope(&self) -> Option<&ScopePattern> {
        self.on.as_ref()
    }

    /// Whether a call that needs this scope has to satisfy the rule.
    #[must_use]
    pub fn applies_to(&self, scope: &Scope) -> bool {
        self.on
            .as_ref()
            .is_none_or(|pattern| pattern.matches(scope))
    }

    /// Decides the rule over a call's arguments.
    ///
    /// # Errors
    /// [`ConstraintViolation`] says which argument broke which rule.
    pub fn check(&self, arguments: &Arguments) -> Result<(), ConstraintViolation> {
        let broken = match arguments.lookup(self.path.segments()) {
            None | Some(crate::value::Value::Null) => Some(Breach::Missing),
            Some(value) => self.rule.breach(value),
        };
        match broken {
            None => Ok(()),
            Some(breach) => Err(ConstraintViolation {
                path: self.path.clone(),
                rule: self.rule.clone(),
                breach,
            }),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.rule)?;
        match &self.on {
            Some(pattern) => write!(f, " on {pattern}"),
            None => Ok(()),
        }
    }
}

/// Why something cannot be a constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// The path to the argument is empty, too long or has empty parts.
    #[error(
        "expected a path such as `customer.email` of 1 to {MAX_PATH_SEGMENTS} names, found `{found}`"
    )]
    InvalidPath {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// The lower bound of a range lies above its upper bound.
    #[error("range from {min} to {max} allows nothing, expected a minimum not above the maximum")]
    EmptyRange {
        /// The lower bound.
        min: i64,
        /// The upper bound.
        max: i64,
    },
    /// A range without any bound would allow everything.
    #[error("range has no bound, expected a minimum, a maximum or both")]
    UnboundedRange,
    /// A bound lies outside the integers that every JSON reader agrees on.
    #[error("range bound {found} lies outside of plus or minus 2^53 - 1")]
    BoundOutOfRange {
        /// The bound.
        found: i64,
    },
    /// A choice of nothing, or of too many values.
    #[error("expected 1 to {MAX_CHOICES} choices, found {found}")]
    ChoiceCount {
        /// How many there are.
        found: usize,
    },
    /// The text of a prefix rule is empty or too long.
    #[error("expected a prefix of 1 to {MAX_RULE_TEXT_LEN_BYTES} bytes, found {found}")]
    TextLength {
        /// Its length in bytes.
        found: usize,
    },
}

impl ConstraintError {
    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidPath { .. } => "constraint.invalid_path",
            Self::EmptyRange { .. } => "constraint.empty_range",
            Self::UnboundedRange => "constraint.unbounded_range",
            Self::BoundOutOfRange { .. } => "constraint.bound_out_of_range",
            Self::ChoiceCount { .. } => "constraint.choice_count",
            Self::TextLength { .. } => "constraint.text_length",
        }
    }
}

/// How an argument broke a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Breach {
    /// The call has no such argument, or it is `null`.
    Missing,
    /// The argument has a type that the rule is not about.
    WrongType,
    /// It is not the required value.
    NotEqual,
    /// It is none of the listed values.
    NotOneOf,
    /// It lies below the range.
    BelowMinimum,
    /// It lies above the range.
    AboveMaximum,
    /// It does not start with the prefix.
    PrefixMismatch,
}

/// A call's argument broke a rule of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintViolation {
    path: ArgPath,
    rule: Rule,
    breach: Breach,
}

impl ConstraintViolation {
    /// The argument.
    #[must_use]
    pub const fn path(&self) -> &ArgPath {
        &self.path
    }

    /// The rule that it broke.
    #[must_use]
    pub const fn rule(&self) -> &Rule {
        &self.rule
    }

    /// How it broke it.
    #[must_use]
    pub const fn breach(&self) -> Breach {
        self.breach
    }

    /// The stable code, as listed in `docs/errors.md`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.breach {
            Breach::Missing => "constraint.missing_argument",
            Breach::WrongType => "constraint.wrong_type",
            Breach::NotEqual => "constraint.not_equal",
            Breach::NotOneOf => "constraint.not_one_of",
            Breach::BelowMinimum => "constraint.below_minimum",
            Breach::AboveMaximum => "constraint.above_maximum",
            Breach::PrefixMismatch => "constraint.prefix_mismatch",
        }
    }

    /// What the caller may know: the argument and, for a range, its bounds. Which values an allow-list
    /// holds stays in the log.
    #[must_use]
    pub fn told(&self) -> String {
        match (&self.rule, self.breach) {
            (_, Breach::Missing) => format!("argument `{}` is required by the token", self.path),
            (Rule::Range { .. }, _) => format!("argument `{}` must be {}", self.path, self.rule),
            _ => format!(
                "argument `{}` is not a value that the token allows",
                self.path
            ),
        }
    }
}

impl fmt::Display for ConstraintViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.breach {
            Breach::Missing => write!(
                f,
                "argument `{}` is missing, expected {}",
                self.path, self.rule
            ),
            _ => write!(
                f,
                "argument `{}` is refused, expected {}",
                self.path, self.rule
            ),
        }
    }
}

impl core::error::Error for ConstraintViolation {}
