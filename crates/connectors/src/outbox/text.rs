//! The texts of a message: its subject and its body, each within its bounds.
//!
//! *Invariant:* a subject is one line, so it cannot begin another header; a body has no NUL.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::OutboxError;

/// Longest subject, in characters. Mail allows more; people read less, approvers above all.
pub const SUBJECT_MAX_CHARS: usize = 200;

/// Longest body, in bytes: a long letter, not an export of a database. It is half of what the
/// arguments of one call may have, because escapes in JSON can double it.
pub const BODY_MAX_BYTES: usize = 32 * 1024;

/// The subject of a message: one line of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("minLength" = 1, "maxLength" = 200))]
pub struct Subject(String);

impl Subject {
    /// Parses a subject of 1 to 200 characters.
    ///
    /// # Errors
    /// [`OutboxError::SubjectLength`] outside that range, [`OutboxError::SubjectControl`] if a
    /// character would end the line or steer a terminal.
    pub fn parse(text: &str) -> Result<Self, OutboxError> {
        let found_chars = text.chars().count();
        if !(1..=SUBJECT_MAX_CHARS).contains(&found_chars) {
            return Err(OutboxError::SubjectLength { found_chars });
        }
        match text.chars().find(|found| is_line_control(*found)) {
            Some(found) => Err(OutboxError::SubjectControl { found }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The subject as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Subject {
    type Error = OutboxError;

    fn try_from(text: String) -> Result<Self, OutboxError> {
        Self::parse(&text)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

/// The plain text of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline, extend("maxLength" = 32768))]
pub struct Body(String);

impl Body {
    /// Parses a body of at most 32 KiB.
    ///
    /// # Errors
    /// [`OutboxError::BodyLength`] past that, [`OutboxError::BodyNul`] if it has a NUL character.
    pub fn parse(text: &str) -> Result<Self, OutboxError> {
        if text.len() > BODY_MAX_BYTES {
            return Err(OutboxError::BodyLength {
                found_bytes: text.len(),
            });
        }
        if text.contains('\0') {
            return Err(OutboxError::BodyNul);
        }
        Ok(Self(text.to_owned()))
    }

    /// The body as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Body {
    type Error = OutboxError;

    fn try_from(text: String) -> Result<Self, OutboxError> {
        Self::parse(&text)
    }
}

impl From<Body> for String {
    fn from(body: Body) -> Self {
        body.0
    }
}

/// Controls, the two Unicode line ends that are not controls, and the marks that turn around the
/// direction of what an approver reads.
fn is_line_control(found: char) -> bool {
    found.is_control()
        || matches!(found, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
