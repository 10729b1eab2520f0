//! Rules on arguments.
//!
//! Owns what a constraint may say, how it stands in a token and whether a call satisfies it. There is no
//! expression language, no float and no clock in here: a constraint is data, and deciding it takes time
//! linear in the argument that it names. `docs/constraints.md` describes each kind with its edge cases.
//!
//! *Invariants:* an argument that a constraint names and the call lacks (or has as `null`) is a refusal,
//! unless the rule says `absent`; a kind that is not known here is refused by the decoder, never skipped;
//! what cannot be decided is a refusal, also below `not`; adding a constraint to a token can only turn
//! allowed calls into refused ones.

mod codec;
mod decide;
mod display;
mod email;
mod error;
mod glob;
mod host;
mod network;
mod number;
mod path;
mod rule;
mod subpath;
#[cfg(test)]
mod tests;
mod text_pattern;
mod url;
mod violation;

use core::fmt;

pub use error::ConstraintError;
pub use glob::MAX_GLOB_LEN_BYTES;
pub use network::{MAX_NETWORKS, Network};
pub use number::Number;
pub(crate) use path::Step;
pub use path::{ArgPath, MAX_PATH_SEGMENT_LEN_BYTES, MAX_PATH_SEGMENTS};
pub use rule::{
    MAX_CHOICES, MAX_RULE_DEPTH, MAX_RULE_TEXT_LEN_BYTES, MAX_RULES_PER_CONSTRAINT, Rule, absent,
    all_of, any_of, at_least, at_most, between, cidr, decimal_at_least, decimal_at_most,
    decimal_between, email_domain, equals, every, glob, length, length_at_least, length_at_most,
    not, one_of, prefix, regex, subpath, subset_of, url, url_on_ports,
};
pub use subpath::MAX_FILE_PATH_LEN_BYTES;
pub(crate) use text_pattern::Allowance;
pub use text_pattern::{
    MAX_COMPILED_PATTERN_BYTES, MAX_MATCHED_LEN_BYTES, MAX_PATTERN_LEN_BYTES,
    MAX_PATTERNS_PER_TOKEN, TextPattern,
};
pub use url::{MAX_HOSTS, MAX_URL_LEN_BYTES, UrlRule};
pub use violation::{Breach, ConstraintViolation};

use decide::Verdict;

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
        let constraint = Self::from_parts(ArgPath::parse(path)?, rule, None)?;
        constraint.check_patterns()?;
        Ok(constraint)
    }

    /// Whether its regular expressions compile. For a constraint out of a token this is asked once its
    /// signature is known to fit.
    pub(crate) fn check_patterns(&self) -> Result<(), ConstraintError> {
        self.rule.check_patterns()
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

    /// Whether the constraint says what this argument, or each element of this list, may be.
    #[must_use]
    pub fn pins(&self, argument: &str) -> bool {
        let (path, mut wanted) = (self.path.segments(), argument.split('.'));
        let (Some((last, steps)), Some(leaf)) = (path.split_last(), wanted.next_back()) else {
            return false;
        };
        let (Step::Name(name) | Step::EachOf(name)) = Step::of(last);
        name == leaf && steps.iter().map(String::as_str).eq(wanted) && self.rule.pins()
    }

    /// How many regular expressions are in it.
    pub(crate) fn pattern_count(&self) -> usize {
        self.rule.pattern_count()
    }

    /// Decides the rule over a call's arguments.
    ///
    /// # Errors
    /// [`ConstraintViolation`] says which argument broke which rule.
    pub fn check(&self, arguments: &Arguments) -> Result<(), ConstraintViolation> {
        match decide::over_path(&self.rule, &self.path, arguments) {
            Verdict::Holds => Ok(()),
            Verdict::Fails(breach) | Verdict::Undecided(breach) => Err(ConstraintViolation::new(
                self.path.clone(),
                self.rule.clone(),
                breach,
            )),
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
