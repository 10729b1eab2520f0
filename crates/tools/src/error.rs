//! How a tool fails.
//!
//! Two faces: the code and what is told go to the model; the source goes to the log. Nothing of the
//! source reaches [`Display`](fmt::Display), so a vendor's message with a key or an address in it
//! does not end up in a prompt.

use std::error::Error;
use std::fmt;

/// Longest text that a tool error tells a model; what is longer is cut and ends with `…`. Enough to
/// say what went wrong, too little to smuggle in a page of instructions.
pub const MAX_TOLD_LEN_CHARS: usize = 512;

/// What a failure means for the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ToolErrorKind {
    /// It did not happen, and trying again does not help.
    Permanent,
    /// It did not happen, and may if the same call is tried again.
    Retryable,
    /// It may have happened: somebody has to look before it is tried again.
    OutcomeUnknown,
}

/// The failure of a tool.
///
/// ```
/// use agentsudo_tools::{ToolError, ToolErrorKind};
///
/// let error = ToolError::permanent("shop.order_unknown", "there is no order `order_9`");
/// assert_eq!(error.kind(), ToolErrorKind::Permanent);
/// assert_eq!(error.to_string(), "shop.order_unknown: there is no order `order_9`");
/// ```
#[derive(Debug)]
pub struct ToolError {
    kind: ToolErrorKind,
    code: &'static str,
    told: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// The effect did not happen, and trying again does not help.
    #[must_use]
    pub fn permanent(code: &'static str, told: impl Into<String>) -> Self {
        Self::new(ToolErrorKind::Permanent, code, told.into())
    }

    /// The effect did not happen, and may if the same call is tried again.
    #[must_use]
    pub fn retryable(code: &'static str, told: impl Into<String>) -> Self {
        Self::new(ToolErrorKind::Retryable, code, told.into())
    }

    /// The effect may have happened.
    #[must_use]
    pub fn outcome_unknown(code: &'static str, told: impl Into<String>) -> Self {
        Self::new(ToolErrorKind::OutcomeUnknown, code, told.into())
    }

    /// Adds what the log should know.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// What the failure means for the effect.
    #[must_use]
    pub const fn kind(&self) -> ToolErrorKind {
        self.kind
    }

    /// The stable code of this error, such as `shop.order_unknown`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What the model is told: at most [`MAX_TOLD_LEN_CHARS`] characters.
    #[must_use]
    pub fn told(&self) -> &str {
        &self.told
    }

    fn new(kind: ToolErrorKind, code: &'static str, told: String) -> Self {
        Self {
            kind,
            code,
            told: bounded(told),
            source: None,
        }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.told)
    }
}

impl Error for ToolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

fn bounded(mut text: String) -> String {
    if text.char_indices().nth(MAX_TOLD_LEN_CHARS).is_some() {
        let kept = text
            .char_indices()
            .nth(MAX_TOLD_LEN_CHARS - 1)
            .map_or(0, |(index, _)| index);
        text.truncate(kept);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_told(len_chars: usize, expected_len_chars: usize) {
        let error = ToolError::retryable("test.long", "ä".repeat(len_chars));
        assert_eq!(error.told().chars().count(), expected_len_chars);
        assert_eq!(error.told().ends_with('…'), len_chars > MAX_TOLD_LEN_CHARS);
    }

    #[test]
    fn the_longest_text_is_told_whole() {
        check_told(MAX_TOLD_LEN_CHARS, MAX_TOLD_LEN_CHARS);
    }

    #[test]
    fn one_character_more_is_cut() {
        check_told(MAX_TOLD_LEN_CHARS + 1, MAX_TOLD_LEN_CHARS);
    }

    #[test]
    fn the_source_is_kept_for_the_log_and_not_told() {
        let error = ToolError::outcome_unknown("shop.timeout", "the shop did not answer")
            .with_source("connection to 10.0.0.7 was reset");
        assert_eq!(error.to_string(), "shop.timeout: the shop did not answer");
        assert!(
            error
                .source()
                .is_some_and(|source| source.to_string().contains("10.0.0.7"))
        );
        assert!(format!("{error:?}").contains("10.0.0.7"));
    }
}
