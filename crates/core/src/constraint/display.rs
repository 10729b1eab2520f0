//! Rules in words, as logs and explanations show them.

use core::fmt;

use super::{Rule, UrlRule};

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "equal to {value}"),
            Self::OneOf(values) => write!(f, "one of {}", Listed(values, ", ")),
            Self::Range { min, max } => bounds(f, min.as_ref(), max.as_ref(), ""),
            Self::Prefix(text) => write!(f, "text that starts with {text:?}"),
            Self::DecimalRange { min, max } => {
                f.write_str("a number ")?;
                bounds(f, min.as_ref(), max.as_ref(), "")
            }
            Self::Length { min, max } => bounds(f, min.as_ref(), max.as_ref(), " long"),
            Self::Glob(pattern) => write!(f, "text that matches {pattern:?}"),
            Self::Regex(pattern) => write!(
                f,
                "text that matches the regular expression {:?}",
                pattern.as_str()
            ),
            Self::Subpath(base) => write!(f, "a path at or below {base:?}"),
            Self::Url(rule) => write!(f, "{rule}"),
            Self::EmailDomain(domain) => write!(f, "an e-mail address at {domain}"),
            Self::Cidr(networks) => {
                let texts: Vec<_> = networks.iter().map(super::Network::as_str).collect();
                write!(f, "an IP address in {}", Listed(&texts, " or "))
            }
            Self::SubsetOf(values) => write!(f, "a list of some of {}", Listed(values, ", ")),
            Self::Every(rule) => write!(f, "a list with every element {}", Inner(rule)),
            Self::Absent => f.write_str("absent"),
            Self::All(rules) => joined(f, rules, " and "),
            Self::Any(rules) => joined(f, rules, " or "),
            Self::Not(rule) => write!(f, "not {}", Inner(rule)),
        }
    }
}

impl fmt::Display for UrlRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (schemes, hosts) = (Listed(&self.schemes, " or "), Listed(&self.hosts, " or "));
        write!(f, "a URL with scheme {schemes} and host {hosts}")?;
        if self.ports.is_empty() {
            return Ok(());
        }
        write!(f, " on port {}", Listed(&self.ports, " or "))
    }
}

/// The elements with something between them.
struct Listed<'a, T>(&'a [T], &'static str);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, element) in self.0.iter().enumerate() {
            write!(f, "{}{element}", if i == 0 { "" } else { self.1 })?;
        }
        Ok(())
    }
}

/// A rule inside of another: in parentheses where it combines rules itself.
struct Inner<'a>(&'a Rule);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.inner().is_empty() {
            write!(f, "{}", self.0)
        } else {
            write!(f, "({})", self.0)
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, rules: &[Rule], between: &'static str) -> fmt::Result {
    let rules: Vec<_> = rules.iter().map(Inner).collect();
    write!(f, "{}", Listed(&rules, between))
}

fn bounds<N: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    min: Option<&N>,
    max: Option<&N>,
    what: &str,
) -> fmt::Result {
    match (min, max) {
        (Some(min), Some(max)) => write!(f, "from {min} to {max}{what}"),
        (Some(min), None) => write!(f, "at least {min}{what}"),
        (None, Some(max)) => write!(f, "at most {max}{what}"),
        (None, None) => write!(f, "of any size{what}"),
    }
}
