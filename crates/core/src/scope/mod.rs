//! Scopes: what a tool requires (`write:refunds`), and patterns of what a token grants (`write:*`).
//!
//! One grammar, written once: a required scope in source code is checked by the compiler, one that arrives
//! at run time by the same function. Leaves out who holds a grant and what else restricts it.
//!
//! *Invariant:* a required scope has no wildcard, so no call can ask for more than one thing; and a text of
//! several scopes is refused, never read as one odd scope or as a list of letters.

mod error;
mod grammar;
mod pattern;
mod set;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

pub use error::ScopeError;
pub use pattern::ScopePattern;
pub use set::ScopeSet;

use grammar::{Flaw, Wildcards, check};

/// Longest scope or pattern: it stands in every token and in every line of the audit log, and bounds what
/// one match may cost.
pub const MAX_SCOPE_LEN_BYTES: usize = 128;

/// Most segments of a scope or pattern: matching may branch once per segment.
pub const MAX_SEGMENTS: usize = 8;

/// The literal scope that a call requires, such as `write:refunds`.
///
/// Two to eight segments of `[a-z0-9_.-]+`, joined by `:`, 128 bytes at most.
///
/// ```
/// use agentsudo_core::Scope;
///
/// const REFUNDS: Scope = Scope::literal("write:refunds");
/// assert_eq!(Scope::parse("write:refunds")?, REFUNDS);
/// # Ok::<(), agentsudo_core::ScopeError>(())
/// ```
///
/// A bad scope in a constant does not compile:
///
/// ```compile_fail,E0080
/// const EVERYTHING: agentsudo_core::Scope = agentsudo_core::Scope::literal("write:*");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// A scope in source code.
    ///
    /// # Panics
    /// If the text breaks the grammar. In a constant, this is a compile error.
    #[must_use]
    pub const fn literal(text: &'static str) -> Self {
        let flaw = Self::flaw_of_literal(text);
        assert!(
            flaw.is_none(),
            "expected a literal scope like `write:refunds`"
        );
        Self(Cow::Borrowed(text))
    }

    /// What keeps a text from being a literal scope, in words for the compiler to say: macros ask before
    /// they call [`Scope::literal`], so that the complaint stands at the text and not in here.
    #[doc(hidden)]
    #[must_use]
    pub const fn flaw_of_literal(text: &str) -> Option<&'static str> {
        Some(match check(text.as_bytes(), Wildcards::Refused) {
            Ok(()) => return None,
            Err(Flaw::Empty) => "empty scope: expected one like `write:refunds`",
            Err(Flaw::TooLong) => "scope too long: expected at most 128 bytes",
            Err(Flaw::TooManySegments) => "too many segments: expected at most 8",
            Err(Flaw::TooFewSegments) => {
                "too few segments: expected at least two, like `write:refunds`"
            }
            Err(Flaw::EmptySegment) => "empty segment: expected a name on both sides of each `:`",
            Err(Flaw::BadCharacter { .. }) => {
                "bad character: expected `a` to `z`, `0` to `9`, `_`, `.`, `-` and `:`"
            }
            Err(Flaw::PatternWhereLiteral | Flaw::LoneStar | Flaw::MisplacedWildcard) => {
                "wildcard in required scope: expected a literal scope, found a pattern"
            }
            Err(Flaw::LooksLikeList) => {
                "several scopes in one text: expected one scope like `write:refunds`"
            }
        })
    }

    /// A scope that arrives at run time.
    ///
    /// # Errors
    /// [`ScopeError`] says which rule the text breaks; a pattern is [`ScopeError::PatternWhereLiteral`].
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        check(text.as_bytes(), Wildcards::Refused).map_err(|flaw| ScopeError::new(flaw, text))?;
        Ok(Self(Cow::Owned(text.to_owned())))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split(':')
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
