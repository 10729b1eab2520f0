//! What may be required of one argument, and what such a rule has to be like itself.

use super::network::MAX_NETWORKS;
use super::subpath as paths;
use super::{ConstraintError, Network, Number, TextPattern, UrlRule, email, glob as globs, host};
use crate::value::{MAX_SAFE_INTEGER, Value};

/// Most values of a `one of` or `subset of` rule: longer lists belong into a tool, not into a token.
pub const MAX_CHOICES: usize = 256;
/// Longest text of a prefix rule.
pub const MAX_RULE_TEXT_LEN_BYTES: usize = 1_024;
/// Deepest nesting of rules, the outermost included: what is deeper, nobody reads right.
pub const MAX_RULE_DEPTH: usize = 4;
/// Most rules of one constraint, those that combine others included: each costs time at every call.
pub const MAX_RULES_PER_CONSTRAINT: usize = 32;

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
    /// It is a number, whole or not, within the bounds, both included.
    DecimalRange {
        /// The smallest allowed number.
        min: Option<Number>,
        /// The greatest allowed number.
        max: Option<Number>,
    },
    /// It is a text of so many Unicode scalar values, or a list of so many elements.
    Length {
        /// The smallest allowed length.
        min: Option<u32>,
        /// The greatest allowed length.
        max: Option<u32>,
    },
    /// It is a text that matches the glob.
    Glob(String),
    /// It is a text that the regular expression matches as a whole.
    Regex(TextPattern),
    /// It is a path that leads to the base or below it.
    Subpath(String),
    /// It is a URL of these schemes, hosts and ports.
    Url(UrlRule),
    /// It is one plain e-mail address at the domain.
    EmailDomain(String),
    /// It is an IP address in one of the networks.
    Cidr(Vec<Network>),
    /// It is a list of some of these values, and of one at least.
    SubsetOf(Vec<Value>),
    /// It is a list of one element at least, and the rule holds for each.
    Every(Box<Self>),
    /// It is not there, or `null`.
    Absent,
    /// All of the rules hold.
    All(Vec<Self>),
    /// One of the rules holds, or several.
    Any(Vec<Self>),
    /// It is there, and the rule can be decided and does not hold.
    Not(Box<Self>),
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

/// The argument must be a number, whole or not, not above the maximum.
#[must_use]
pub fn decimal_at_most(max: impl Into<Number>) -> Rule {
    Rule::DecimalRange {
        min: None,
        max: Some(max.into()),
    }
}

/// The argument must be a number, whole or not, not below the minimum.
#[must_use]
pub fn decimal_at_least(min: impl Into<Number>) -> Rule {
    Rule::DecimalRange {
        min: Some(min.into()),
        max: None,
    }
}

/// The argument must be a number, whole or not, from the minimum to the maximum, both included.
#[must_use]
pub fn decimal_between(min: impl Into<Number>, max: impl Into<Number>) -> Rule {
    Rule::DecimalRange {
        min: Some(min.into()),
        max: Some(max.into()),
    }
}

/// The argument must be a text of so many characters (Unicode scalar values) or a list of so many elements,
/// both bounds included.
#[must_use]
pub const fn length(min: u32, max: u32) -> Rule {
    Rule::Length {
        min: Some(min),
        max: Some(max),
    }
}

/// The argument must be a text or list that is not longer.
#[must_use]
pub const fn length_at_most(max: u32) -> Rule {
    Rule::Length {
        min: None,
        max: Some(max),
    }
}

/// The argument must be a text or list that is not shorter.
#[must_use]
pub const fn length_at_least(min: u32) -> Rule {
    Rule::Length {
        min: Some(min),
        max: None,
    }
}

/// The argument must be a text that matches the pattern, in which `*` stands for any characters but `/`.
#[must_use]
pub fn glob(pattern: impl Into<String>) -> Rule {
    Rule::Glob(pattern.into())
}

/// The argument must be a text that the regular expression matches from its start to its end.
#[must_use]
pub fn regex(pattern: impl Into<String>) -> Rule {
    Rule::Regex(TextPattern::new(pattern.into()))
}

/// The argument must be a path that leads to the base or below it: absolute if the base is, else relative.
///
/// # Security
/// Symbolic links are not looked at: a tool that opens the path has to refuse those that lead out.
#[must_use]
pub fn subpath(base: impl Into<String>) -> Rule {
    Rule::Subpath(base.into())
}

/// The argument must be a URL of these schemes and hosts, exact or as `*.example.com`, on the usual port.
///
/// # Security
/// A host is a name: where it leads, and where the server there redirects to, the tool has to see to.
#[must_use]
pub fn url<S: Into<String>, H: Into<String>>(
    schemes: impl IntoIterator<Item = S>,
    hosts: impl IntoIterator<Item = H>,
) -> Rule {
    url_on_ports(schemes, hosts, [])
}

/// As [`url`], on these ports only; none means the usual one.
#[must_use]
pub fn url_on_ports<S: Into<String>, H: Into<String>>(
    schemes: impl IntoIterator<Item = S>,
    hosts: impl IntoIterator<Item = H>,
    ports: impl IntoIterator<Item = u16>,
) -> Rule {
    Rule::Url(UrlRule {
        schemes: schemes.into_iter().map(Into::into).collect(),
        hosts: hosts.into_iter().map(Into::into).collect(),
        ports: ports.into_iter().collect(),
    })
}

/// The argument must be one plain e-mail address at this domain, or below `*.example.com`.
#[must_use]
pub fn email_domain(domain: impl Into<String>) -> Rule {
    Rule::EmailDomain(domain.into())
}

/// The argument must be an IP address in one of these networks, such as `10.0.0.0/8`.
#[must_use]
pub fn cidr<N: Into<String>>(networks: impl IntoIterator<Item = N>) -> Rule {
    let networks = networks.into_iter().map(Into::into);
    Rule::Cidr(networks.map(Network::new).collect())
}

/// The argument must be a list of some of these values, and of one at least.
#[must_use]
pub fn subset_of<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Rule {
    Rule::SubsetOf(values.into_iter().map(Into::into).collect())
}

/// The argument must be a list of one element at least, and the rule hold for each.
#[must_use]
pub fn every(rule: Rule) -> Rule {
    Rule::Every(Box::new(rule))
}

/// The argument must be missing or `null`.
#[must_use]
pub const fn absent() -> Rule {
    Rule::Absent
}

/// Each of the rules must hold.
#[must_use]
pub fn all_of(rules: impl IntoIterator<Item = Rule>) -> Rule {
    Rule::All(rules.into_iter().collect())
}

/// One of the rules must hold, or several.
#[must_use]
pub fn any_of(rules: impl IntoIterator<Item = Rule>) -> Rule {
    Rule::Any(rules.into_iter().collect())
}

/// The argument must be there, and of the type and form that the rule is about, and the rule not hold.
///
/// # Security
/// A list of what is forbidden is never complete. Say what is allowed where you can.
#[must_use]
pub fn not(rule: Rule) -> Rule {
    Rule::Not(Box::new(rule))
}

impl Rule {
    /// Whether the rule limits what a value may be, so that nobody can put just anything there. A regular
    /// expression counts, since what it leaves open cannot be told; a length, a minimum alone and whatever is
    /// merely forbidden do not.
    #[must_use]
    pub fn pins(&self) -> bool {
        match self {
            Self::Equals(_)
            | Self::OneOf(_)
            | Self::Prefix(_)
            | Self::Regex(_)
            | Self::Subpath(_)
            | Self::Url(_)
            | Self::EmailDomain(_)
            | Self::Cidr(_)
            | Self::SubsetOf(_)
            | Self::Absent => true,
            Self::Range { max, .. } => max.is_some(),
            Self::DecimalRange { max, .. } => max.is_some(),
            Self::Glob(pattern) => pattern.contains(|c| c != '*'),
            Self::Every(rule) => rule.pins(),
            Self::All(rules) => rules.iter().any(Self::pins),
            Self::Any(rules) => rules.iter().all(Self::pins),
            Self::Length { .. } | Self::Not(_) => false,
        }
    }

    /// Whether its regular expressions compile, which takes longer than all other checks together.
    pub(super) fn check_patterns(&self) -> Result<(), ConstraintError> {
        match self {
            Self::Regex(pattern) => pattern.check(),
            other => other.inner().iter().try_for_each(Self::check_patterns),
        }
    }

    /// How many regular expressions are in it.
    pub(super) fn pattern_count(&self) -> usize {
        match self {
            Self::Regex(_) => 1,
            other => other.inner().iter().map(Self::pattern_count).sum(),
        }
    }
}

impl Rule {
    /// The rules that this one combines.
    pub(super) fn inner(&self) -> &[Self] {
        match self {
            Self::All(rules) | Self::Any(rules) => rules,
            Self::Every(rule) | Self::Not(rule) => core::slice::from_ref(rule),
            _ => &[],
        }
    }

    pub(super) fn check(&self) -> Result<(), ConstraintError> {
        let found = self.check_depth(MAX_RULE_DEPTH)?;
        if found > MAX_RULES_PER_CONSTRAINT {
            return Err(ConstraintError::RuleCount { found });
        }
        self.check_all()
    }

    /// How many rules there are in all, this one included.
    fn check_depth(&self, levels_left: usize) -> Result<usize, ConstraintError> {
        let deeper = levels_left
            .checked_sub(1)
            .ok_or(ConstraintError::RulesTooDeep)?;
        self.inner().iter().try_fold(1_usize, |count, rule| {
            Ok(count.saturating_add(rule.check_depth(deeper)?))
        })
    }

    fn check_all(&self) -> Result<(), ConstraintError> {
        self.check_own()?;
        self.inner().iter().try_for_each(Self::check_all)
    }

    fn check_own(&self) -> Result<(), ConstraintError> {
        match self {
            Self::Equals(_) | Self::Absent | Self::Every(_) | Self::Not(_) => Ok(()),
            Self::OneOf(values) | Self::SubsetOf(values) => check_choices(values),
            Self::Range { min, max } => check_range(min.map(Number::from), max.map(Number::from)),
            Self::DecimalRange { min, max } => check_range(*min, *max),
            Self::Length { min, max } => {
                let number = |bound: u32| Number::Integer(bound.into());
                check_range(min.map(number), max.map(number))
            }
            Self::Prefix(text) if (1..=MAX_RULE_TEXT_LEN_BYTES).contains(&text.len()) => Ok(()),
            Self::Prefix(text) => Err(ConstraintError::TextLength { found: text.len() }),
            Self::Glob(pattern) => globs::check(pattern),
            Self::Regex(pattern) => pattern.check_text(),
            Self::Subpath(base) => paths::check(base),
            Self::Url(rule) => rule.check(),
            Self::EmailDomain(domain) => host::check_pattern(domain, email::domain_name),
            Self::Cidr(networks) if (1..=MAX_NETWORKS).contains(&networks.len()) => {
                networks.iter().try_for_each(Network::check)
            }
            Self::Cidr(networks) => Err(ConstraintError::NetworkCount {
                found: networks.len(),
            }),
            Self::All(rules) | Self::Any(rules) if rules.is_empty() => {
                Err(ConstraintError::RuleCount { found: 0 })
            }
            Self::All(_) | Self::Any(_) => Ok(()),
        }
    }
}

fn check_choices(values: &[Value]) -> Result<(), ConstraintError> {
    if (1..=MAX_CHOICES).contains(&values.len()) {
        Ok(())
    } else {
        Err(ConstraintError::ChoiceCount {
            found: values.len(),
        })
    }
}

fn check_range(min: Option<Number>, max: Option<Number>) -> Result<(), ConstraintError> {
    let safe = -MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER;
    for bound in [min, max].into_iter().flatten() {
        match bound {
            Number::Integer(found) if !safe.contains(&found) => {
                return Err(ConstraintError::BoundOutOfRange { found });
            }
            Number::Integer(_) | Number::Decimal(_) => {}
        }
    }
    match (min, max) {
        (None, None) => Err(ConstraintError::UnboundedRange),
        (Some(min), Some(max)) if min > max => Err(ConstraintError::EmptyRange { min, max }),
        _ => Ok(()),
    }
}
