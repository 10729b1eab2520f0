//! Why something cannot be a constraint.

use super::Number;
use super::glob::MAX_GLOB_LEN_BYTES;
use super::network::MAX_NETWORKS;
use super::path::MAX_PATH_SEGMENTS;
use super::rule::{MAX_CHOICES, MAX_RULE_DEPTH, MAX_RULE_TEXT_LEN_BYTES, MAX_RULES_PER_CONSTRAINT};
use super::text_pattern::{MAX_PATTERN_LEN_BYTES, MAX_PATTERNS_PER_TOKEN};
use super::url::MAX_HOSTS;

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
        min: Number,
        /// The upper bound.
        max: Number,
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
    /// Not a glob, or one of another dialect.
    #[error(
        "expected a glob of 1 to {MAX_GLOB_LEN_BYTES} bytes with `*` as its only wildcard, found `{found}`"
    )]
    InvalidGlob {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// Not a regular expression, or one that is too large.
    #[error(
        "expected a regular expression of 1 to {MAX_PATTERN_LEN_BYTES} bytes and modest size, found `{found}`"
    )]
    InvalidPattern {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// More regular expressions than one token may have.
    #[error("expected at most {MAX_PATTERNS_PER_TOKEN} regular expressions in a token, found more")]
    PatternCount,
    /// A base path that is not in normal form.
    #[error(
        "expected a path such as `/srv/data` without `.`, `..`, `%`, backslashes and a slash at its end, found `{found}`"
    )]
    InvalidBasePath {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// Not a host, or not in the form that it is compared in.
    #[error(
        "expected a host such as `example.com` or `*.example.com` in lower case, found `{found}`"
    )]
    InvalidHost {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// A scheme whose URLs are not understood here.
    #[error("expected one of the schemes `https`, `http`, `wss` and `ws`, found `{found}`")]
    UnknownScheme {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// Port 0, which is none.
    #[error("expected a port from 1 to 65535, found 0")]
    InvalidPort,
    /// No schemes or hosts, or too many, or too many ports.
    #[error("expected 1 to {MAX_HOSTS} schemes, hosts and ports each, found {found}")]
    HostCount {
        /// How many there are.
        found: usize,
    },
    /// Not a network, or one with bits after its prefix.
    #[error("expected a network such as `192.0.2.0/24` in its shortest form, found `{found}`")]
    InvalidNetwork {
        /// The text as given, escaped and cut.
        found: String,
    },
    /// No networks, or too many.
    #[error("expected 1 to {MAX_NETWORKS} networks, found {found}")]
    NetworkCount {
        /// How many there are.
        found: usize,
    },
    /// A combination of no rules, or of too many.
    #[error("expected 1 to {MAX_RULES_PER_CONSTRAINT} rules in one constraint, found {found}")]
    RuleCount {
        /// How many there are.
        found: usize,
    },
    /// Rules inside of rules inside of rules.
    #[error("expected rules nested at most {MAX_RULE_DEPTH} deep, found more")]
    RulesTooDeep,
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
            Self::InvalidGlob { .. } => "constraint.invalid_glob",
            Self::InvalidPattern { .. } => "constraint.invalid_pattern",
            Self::PatternCount => "constraint.pattern_count",
            Self::InvalidBasePath { .. } => "constraint.invalid_base_path",
            Self::InvalidHost { .. } => "constraint.invalid_host",
            Self::UnknownScheme { .. } => "constraint.unknown_scheme",
            Self::InvalidPort => "constraint.invalid_port",
            Self::HostCount { .. } => "constraint.host_count",
            Self::InvalidNetwork { .. } => "constraint.invalid_network",
            Self::NetworkCount { .. } => "constraint.network_count",
            Self::RuleCount { .. } => "constraint.rule_count",
            Self::RulesTooDeep => "constraint.rules_too_deep",
        }
    }
}
