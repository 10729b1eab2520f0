use crate::escape::echo;

use super::grammar::Flaw;
use super::{MAX_SCOPE_LEN_BYTES, MAX_SEGMENTS};

/// Why a text is no scope, or no scope pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// There is no text.
    #[error("empty scope: expected one like `write:refunds`")]
    Empty,
    /// The text is too long.
    #[error("scope too long: expected at most {MAX_SCOPE_LEN_BYTES} bytes, found {found}")]
    TooLong {
        /// How many bytes it has.
        found: usize,
    },
    /// There are too many colons.
    #[error(
        "too many segments in scope `{}`: expected at most {MAX_SEGMENTS}",
        echo(scope)
    )]
    TooManySegments {
        /// The whole text.
        scope: String,
    },
    /// There is no colon.
    #[error(
        "too few segments in scope `{}`: expected at least two, like `write:refunds`",
        echo(scope)
    )]
    TooFewSegments {
        /// The whole text.
        scope: String,
    },
    /// Nothing stands before, between or after colons.
    #[error(
        "empty segment in scope `{}`: expected a name on both sides of each `:`",
        echo(scope)
    )]
    EmptySegment {
        /// The whole text.
        scope: String,
    },
    /// A character belongs into no scope.
    #[error(
        "bad character in scope `{}`: expected `a` to `z`, `0` to `9`, `_`, `.`, `-` and `:`, found `{}`",
        echo(scope),
        echo(found.encode_utf8(&mut [0; 4]))
    )]
    BadCharacter {
        /// The whole text.
        scope: String,
        /// The first bad character.
        found: char,
    },
    /// `*` alone: it could mean one segment, and no scope has one segment only.
    #[error("a lone `*` grants nothing: expected `**` for everything, or a pattern like `read:*`")]
    LoneStar,
    /// A `*` where it has no meaning.
    #[error(
        "misplaced wildcard in `{}`: expected `*` as a whole segment or at the end of the last one, \
         or `**` as the last segment",
        echo(scope)
    )]
    MisplacedWildcard {
        /// The whole text.
        scope: String,
    },
    /// A `*` where one scope must be named.
    #[error(
        "wildcard in required scope `{}`: expected a literal scope, found a pattern",
        echo(scope)
    )]
    PatternWhereLiteral {
        /// The whole text.
        scope: String,
    },
    /// Several scopes in one text.
    #[error(
        "one text that looks like several scopes: expected a list like `[\"read:orders\", \
         \"write:refunds\"]`, found `{}`",
        echo(scope)
    )]
    LooksLikeList {
        /// The whole text.
        scope: String,
    },
}

impl ScopeError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "scope.empty",
            Self::TooLong { .. } => "scope.too_long",
            Self::TooManySegments { .. } => "scope.too_many_segments",
            Self::TooFewSegments { .. } => "scope.too_few_segments",
            Self::EmptySegment { .. } => "scope.empty_segment",
            Self::BadCharacter { .. } => "scope.bad_character",
            Self::LoneStar => "scope.lone_star",
            Self::MisplacedWildcard { .. } => "scope.misplaced_wildcard",
            Self::PatternWhereLiteral { .. } => "scope.pattern_where_literal",
            Self::LooksLikeList { .. } => "scope.looks_like_list",
        }
    }

    pub(super) fn new(flaw: Flaw, text: &str) -> Self {
        let scope = text.to_owned();
        match flaw {
            Flaw::Empty => Self::Empty,
            Flaw::TooLong => Self::TooLong { found: text.len() },
            Flaw::TooManySegments => Self::TooManySegments { scope },
            Flaw::TooFewSegments => Self::TooFewSegments { scope },
            Flaw::EmptySegment => Self::EmptySegment { scope },
            Flaw::BadCharacter { at } => {
                let found = text.get(at..).and_then(|rest| rest.chars().next());
                Self::BadCharacter {
                    scope,
                    found: found.unwrap_or(char::REPLACEMENT_CHARACTER),
                }
            }
            Flaw::LoneStar => Self::LoneStar,
            Flaw::MisplacedWildcard => Self::MisplacedWildcard { scope },
            Flaw::PatternWhereLiteral => Self::PatternWhereLiteral { scope },
            Flaw::LooksLikeList => Self::LooksLikeList { scope },
        }
    }
}
