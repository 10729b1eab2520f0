//! The grammar of scopes and patterns, as one `const fn` over bytes.
//!
//! It knows nothing of error texts or types: [`Flaw`] says what is wrong and where, and the callers put it
//! into words, at compile time or at run time.

use super::{MAX_SCOPE_LEN_BYTES, MAX_SEGMENTS};

/// Whether `*` may occur.
#[derive(Clone, Copy)]
pub(super) enum Wildcards {
    Allowed,
    Refused,
}

/// What is wrong with a text.
#[derive(Clone, Copy)]
pub(super) enum Flaw {
    Empty,
    TooLong,
    TooManySegments,
    TooFewSegments,
    EmptySegment,
    BadCharacter { at: usize },
    LoneStar,
    MisplacedWildcard,
    PatternWhereLiteral,
    LooksLikeList,
}

/// What was seen so far of the segment that is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Segment {
    plain: usize,
    stars: usize,
}

impl Segment {
    const START: Self = Self { plain: 0, stars: 0 };

    /// Takes the next character: plain characters, then at most one star; or one or two stars alone.
    const fn star(self) -> Result<Self, Flaw> {
        match (self.plain, self.stars) {
            (_, 0) | (0, 1) => Ok(Self {
                plain: self.plain,
                stars: self.stars + 1,
            }),
            _ => Err(Flaw::MisplacedWildcard),
        }
    }

    const fn plain(self) -> Result<Self, Flaw> {
        match self.stars {
            0 => Ok(Self {
                plain: self.plain + 1,
                stars: 0,
            }),
            _ => Err(Flaw::MisplacedWildcard),
        }
    }

    /// At a colon: only `*` as a whole may stand in a segment that is not the last.
    const fn end_before_another(self) -> Result<(), Flaw> {
        match (self.plain, self.stars) {
            (0, 0) => Err(Flaw::EmptySegment),
            (_, 0) | (0, 1) => Ok(()),
            _ => Err(Flaw::MisplacedWildcard),
        }
    }
}

/// Checks a scope, or a pattern if wildcards are allowed.
pub(super) const fn check(text: &[u8], wildcards: Wildcards) -> Result<(), Flaw> {
    if text.is_empty() {
        return Err(Flaw::Empty);
    }
    // Before the length: a long list deserves to be told that it is one.
    if looks_like_list(text) {
        return Err(Flaw::LooksLikeList);
    }
    if text.len() > MAX_SCOPE_LEN_BYTES {
        return Err(Flaw::TooLong);
    }
    match (text, wildcards) {
        (b"*", Wildcards::Allowed) => return Err(Flaw::LoneStar),
        (b"**", Wildcards::Allowed) => return Ok(()),
        _ => {}
    }
    check_segments(text, wildcards)
}

const fn check_segments(text: &[u8], wildcards: Wildcards) -> Result<(), Flaw> {
    let mut segments = 1;
    let mut segment = Segment::START;
    let mut rest = text;
    while let [byte, following @ ..] = rest {
        let next = match (*byte, wildcards) {
            (b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-', _) => segment.plain(),
            (b'*', Wildcards::Allowed) => segment.star(),
            (b'*', Wildcards::Refused) => Err(Flaw::PatternWhereLiteral),
            (b':', _) => {
                segments += 1;
                match segment.end_before_another() {
                    Ok(()) => Ok(Segment::START),
                    Err(flaw) => Err(flaw),
                }
            }
            _ => Err(Flaw::BadCharacter {
                at: text.len() - rest.len(),
            }),
        };
        segment = match next {
            Ok(segment) => segment,
            Err(flaw) => return Err(flaw),
        };
        rest = following;
    }
    match (segments, segment) {
        (_, Segment::START) => Err(Flaw::EmptySegment),
        (1, _) => Err(Flaw::TooFewSegments),
        (2..=MAX_SEGMENTS, _) => Ok(()),
        _ => Err(Flaw::TooManySegments),
    }
}

/// Whether a comma, semicolon or white space stands between other characters.
const fn looks_like_list(text: &[u8]) -> bool {
    let mut before = false;
    let mut separated = false;
    let mut rest = text;
    while let [byte, following @ ..] = rest {
        match *byte {
            b',' | b';' | b' ' | b'\t' | b'\r' | b'\n' => separated = before,
            _ if separated => return true,
            _ => before = true,
        }
        rest = following;
    }
    false
}
