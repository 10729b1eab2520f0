//! How an argument broke a rule, in words for the log and in fewer for the caller.

use core::fmt;

use serde::Serialize;

use super::{ArgPath, Rule};

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
    /// The text is too short, or the list has too few elements.
    TooShort,
    /// The text is too long, or the list has too many elements.
    TooLong,
    /// The text does not match the glob or the regular expression.
    PatternMismatch,
    /// The text is no URL, address or path, or one in a form that readers disagree about.
    Malformed,
    /// The path leads elsewhere than below the base.
    OutsidePath,
    /// The URL has another scheme.
    SchemeNotAllowed,
    /// The URL names another host.
    HostNotAllowed,
    /// The URL names another port.
    PortNotAllowed,
    /// The e-mail address has another domain.
    DomainNotAllowed,
    /// The IP address is in none of the networks.
    OutsideNetwork,
    /// An element of the list is none of the listed values.
    NotSubset,
    /// The list has no elements.
    EmptyList,
    /// The argument is there, and must not be.
    Present,
    /// None of the alternatives holds.
    NoneHolds,
    /// The rule that must not hold does.
    Forbidden,
}

impl Breach {
    const fn code(self) -> &'static str {
        match self {
            Self::Missing => "constraint.missing_argument",
            Self::WrongType => "constraint.wrong_type",
            Self::NotEqual => "constraint.not_equal",
            Self::NotOneOf => "constraint.not_one_of",
            Self::BelowMinimum => "constraint.below_minimum",
            Self::AboveMaximum => "constraint.above_maximum",
            Self::PrefixMismatch => "constraint.prefix_mismatch",
            Self::TooShort => "constraint.too_short",
            Self::TooLong => "constraint.too_long",
            Self::PatternMismatch => "constraint.pattern_mismatch",
            Self::Malformed => "constraint.malformed_argument",
            Self::OutsidePath => "constraint.outside_path",
            Self::SchemeNotAllowed => "constraint.scheme_not_allowed",
            Self::HostNotAllowed => "constraint.host_not_allowed",
            Self::PortNotAllowed => "constraint.port_not_allowed",
            Self::DomainNotAllowed => "constraint.domain_not_allowed",
            Self::OutsideNetwork => "constraint.outside_network",
            Self::NotSubset => "constraint.not_subset",
            Self::EmptyList => "constraint.empty_list",
            Self::Present => "constraint.present",
            Self::NoneHolds => "constraint.none_holds",
            Self::Forbidden => "constraint.forbidden",
        }
    }
}

/// A call's argument broke a rule of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintViolation {
    path: ArgPath,
    rule: Rule,
    breach: Breach,
}

impl ConstraintViolation {
    pub(super) const fn new(path: ArgPath, rule: Rule, breach: Breach) -> Self {
        Self { path, rule, breach }
    }

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
        self.breach.code()
    }

    /// What the caller may know: the argument and, for a range or a length, its bounds. Which values an
    /// allow-list holds stays in the log.
    #[must_use]
    pub fn told(&self) -> String {
        match (&self.rule, self.breach) {
            (_, Breach::Missing) => format!("argument `{}` is required by the token", self.path),
            (_, Breach::Present) => format!("argument `{}` must be left out", self.path),
            (Rule::Range { .. } | Rule::DecimalRange { .. } | Rule::Length { .. }, _) => {
                format!("argument `{}` must be {}", self.path, self.rule)
            }
            _ => format!(
                "argument `{}` is not a value that the token allows",
                self.path
            ),
        }
    }
}

impl fmt::Display for ConstraintViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.breach {
            Breach::Missing => "missing",
            _ => "refused",
        };
        write!(
            f,
            "argument `{}` is {state}, expected {}",
            self.path, self.rule
        )
    }
}

impl core::error::Error for ConstraintViolation {}
