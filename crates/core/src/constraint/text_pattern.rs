//! Regular expressions that take time linear in the text.
//!
//! The engine has no backtracking, look-around or back-references; the length of the expression, the size
//! of what it compiles to and the length of the text have bounds of their own. *Invariants:* it is compiled
//! once, and it has to match the whole text; one out of a token is compiled behind the signature that vouches
//! for it, since compiling takes as long as checking one. *Threats:* expressions that never end; `$` before a
//! line feed; an expression such as `a)|(?:b` that closes the group which anchors it.

use core::cell::Cell;
use std::sync::OnceLock;

use regex_lite::{Regex, RegexBuilder};

use super::ConstraintError;
use crate::escape::echo;

/// Longest regular expression: what is longer, nobody can review.
pub const MAX_PATTERN_LEN_BYTES: usize = 256;
/// Most regular expressions of one token: compiling one takes as long as checking a signature.
pub const MAX_PATTERNS_PER_TOKEN: usize = 16;
/// Largest compiled form, which bounds `.{1000}` and its like.
pub const MAX_COMPILED_PATTERN_BYTES: usize = 16_384;
/// How much text one constraint's expressions match in one call, all elements of a list together: fields,
/// not documents. The time is the product of this and the compiled size.
pub const MAX_MATCHED_LEN_BYTES: usize = 2_048;

/// How much is left of a bound.
#[derive(Debug)]
pub(crate) struct Allowance(Cell<usize>);

impl Allowance {
    /// For decoding the constraints of one token.
    pub(crate) const fn of_patterns() -> Self {
        Self(Cell::new(MAX_PATTERNS_PER_TOKEN))
    }

    /// What is left for another block after so many patterns.
    pub(crate) const fn of_patterns_after(spent: usize) -> Self {
        Self(Cell::new(MAX_PATTERNS_PER_TOKEN.saturating_sub(spent)))
    }

    /// For deciding one constraint.
    pub(super) const fn of_matched_bytes() -> Self {
        Self(Cell::new(MAX_MATCHED_LEN_BYTES))
    }

    /// Whether there was so much left, and is no more.
    fn spends(&self, amount: usize) -> bool {
        let left = self.0.get().checked_sub(amount);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// A regular expression for whole texts.
#[derive(Debug, Clone)]
pub struct TextPattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl TextPattern {
    pub(super) const fn new(text: String) -> Self {
        let compiled = OnceLock::new();
        Self { text, compiled }
    }

    /// As [`Self::new`], for an expression out of a token.
    pub(super) fn within(text: String, budget: &Allowance) -> Result<Self, ConstraintError> {
        if budget.spends(1) {
            Ok(Self::new(text))
        } else {
            Err(ConstraintError::PatternCount)
        }
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the text may be one at all.
    pub(super) fn check_text(&self) -> Result<(), ConstraintError> {
        let bounded = (1..=MAX_PATTERN_LEN_BYTES).contains(&self.text.len());
        if bounded && !self.text.contains(char::is_control) {
            Ok(())
        } else {
            Err(self.invalid())
        }
    }

    /// Whether it compiles, within its bounds.
    pub(super) fn check(&self) -> Result<(), ConstraintError> {
        self.check_text()?;
        match self.compiled() {
            Some(_) => Ok(()),
            None => Err(self.invalid()),
        }
    }

    fn invalid(&self) -> ConstraintError {
        ConstraintError::InvalidPattern {
            found: echo(&self.text),
        }
    }

    fn compiled(&self) -> Option<&Regex> {
        let compiled = self.compiled.get_or_init(|| compile(&self.text));
        compiled.as_ref()
    }

    /// Whether the whole text matches; `None` if it is longer than what is left to match.
    pub(super) fn matches(&self, text: &str, budget: &Allowance) -> Option<bool> {
        let compiled = self.compiled()?;
        budget.spends(text.len()).then(|| compiled.is_match(text))
    }
}

/// What it compiles to follows from its text.
impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TextPattern {}

fn compile(text: &str) -> Option<Regex> {
    // By itself first: parentheses that only balance inside of the anchoring group are no expression.
    build(text).and_then(|_| build(&format!(r"\A(?:{text})\z")))
}

fn build(text: &str) -> Option<Regex> {
    let mut builder = RegexBuilder::new(text);
    builder.size_limit(MAX_COMPILED_PATTERN_BYTES).build().ok()
}
