use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::grammar::{Wildcards, check};
use super::{MAX_SCOPE_LEN_BYTES, MAX_SEGMENTS, Scope, ScopeError};

/// What a grant covers: a scope, or many by wildcards.
///
/// | pattern | covers | does not cover |
/// |---|---|---|
/// | `write:refunds` | `write:refunds` | `write:refunds:eu` |
/// | `write:*` | `write:refunds` | `write:refunds:eu` |
/// | `*:refunds` | `write:refunds` | `write:orders` |
/// | `write:order*` | `write:order`, `write:orders` | `write:orders:eu` |
/// | `write:**` | `write:refunds`, `write:refunds:eu` | `read:refunds` |
/// | `**` | everything | |
///
/// ```
/// use agentsudo_core::{Scope, ScopePattern};
///
/// let grant = ScopePattern::parse("write:**")?;
/// assert!(grant.matches(&Scope::literal("write:refunds:eu")));
/// assert_eq!(ScopePattern::parse("*").unwrap_err().code(), "scope.lone_star");
/// # Ok::<(), agentsudo_core::ScopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ScopePattern(String);

/// One segment of a pattern, as matching sees it.
#[derive(Clone, Copy)]
pub(super) enum PatternSegment<'a> {
    Literal(&'a str),
    /// Begins with these characters, at least one.
    Prefix(&'a str),
    /// `*`: any one segment.
    Any,
    /// `**`: one or more segments, all that remain.
    Rest,
}

impl PatternSegment<'_> {
    fn matches(self, segment: &str) -> bool {
        match self {
            Self::Literal(literal) => segment == literal,
            Self::Prefix(prefix) => segment.starts_with(prefix),
            Self::Any | Self::Rest => true,
        }
    }

    /// Whether this matches each segment that `other` matches, taking `Rest` for one segment.
    fn covers(self, other: Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Rest, _) => true,
            (Self::Literal(ours), Self::Literal(theirs)) => ours == theirs,
            (Self::Prefix(ours), Self::Literal(theirs) | Self::Prefix(theirs)) => {
                theirs.starts_with(ours)
            }
            (Self::Literal(_), _) | (Self::Prefix(_), Self::Any | Self::Rest) => false,
        }
    }
}

impl ScopePattern {
    /// A pattern from its text.
    ///
    /// # Errors
    /// [`ScopeError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        check(text.as_bytes(), Wildcards::Allowed).map_err(|flaw| ScopeError::new(flaw, text))?;
        Ok(Self(text.to_owned()))
    }

    /// Patterns from a list of texts.
    ///
    /// # Errors
    /// The place of the first bad text in the list, counted from 0, and what is wrong with it.
    pub fn parse_list<I>(texts: I) -> Result<Vec<Self>, (usize, ScopeError)>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let parse =
            |(at, text): (usize, I::Item)| Self::parse(text.as_ref()).map_err(|error| (at, error));
        texts.into_iter().enumerate().map(parse).collect()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this has no wildcard, and so covers one scope only.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether this grants the scope.
    #[must_use]
    pub fn matches(&self, scope: &Scope) -> bool {
        let mut segments = scope.segments();
        for wanted in self.segments() {
            match segments.next() {
                Some(_) if matches!(wanted, PatternSegment::Rest) => return true,
                Some(segment) if wanted.matches(segment) => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }

    /// Whether this grants every scope that `other` grants. Exact, in both directions.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let theirs = other.segments_at_least();
        let (least, most) = other.segment_counts();
        let mut ours_len = 0;
        for (ours, theirs) in self.segments().zip(theirs) {
            ours_len += 1;
            if matches!(ours, PatternSegment::Rest) {
                return ours_len <= least;
            }
            if !ours.covers(theirs) {
                return false;
            }
        }
        let ours_len = self.segments().count();
        least == ours_len && most == ours_len
    }

    /// The segments, and `Any` without end after a final `**`.
    fn segments_at_least(&self) -> impl Iterator<Item = PatternSegment<'_>> {
        let rest = self.has_rest().then_some(PatternSegment::Any);
        self.segments().chain(rest.into_iter().cycle())
    }

    /// The least and the greatest number of segments of the scopes that this matches.
    fn segment_counts(&self) -> (usize, usize) {
        let written = self.segments().count();
        if !self.has_rest() {
            return (written, written);
        }
        // `**` alone matches two segments at least, as every scope has two. The shortest scope with a
        // second segment for a final `**` is one byte longer than the pattern: `a:**`, `a:b:c`.
        let full = written == MAX_SEGMENTS || self.0.len() == MAX_SCOPE_LEN_BYTES;
        (written.max(2), if full { written } else { MAX_SEGMENTS })
    }

    fn has_rest(&self) -> bool {
        self.0.ends_with("**")
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = PatternSegment<'_>> {
        self.0.split(':').map(|segment| match segment {
            "*" => PatternSegment::Any,
            "**" => PatternSegment::Rest,
            text => match text.strip_suffix('*') {
                Some(prefix) => PatternSegment::Prefix(prefix),
                None => PatternSegment::Literal(text),
            },
        })
    }
}

impl From<Scope> for ScopePattern {
    fn from(scope: Scope) -> Self {
        Self(scope.0.into_owned())
    }
}

impl fmt::Display for ScopePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ScopePattern {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for ScopePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
