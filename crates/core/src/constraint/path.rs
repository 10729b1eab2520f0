//! The place of an argument inside a call's arguments.

use core::fmt;

use super::ConstraintError;
use crate::escape::{escape, is_deceptive};

/// Longest name of one step of a path: no argument of a readable schema is longer.
pub const MAX_PATH_SEGMENT_LEN_BYTES: usize = 64;
/// Most steps of a path: arguments nested deeper should be flattened by their tool.
pub const MAX_PATH_SEGMENTS: usize = 8;

/// What a path names next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    /// The field of this name.
    Name(&'a str),
    /// Each element of the list in the field of this name.
    EachOf(&'a str),
}

impl<'a> Step<'a> {
    pub(crate) fn of(segment: &'a str) -> Self {
        match segment.strip_suffix("[]") {
            Some(name) => Self::EachOf(name),
            None => Self::Name(segment),
        }
    }
}

/// A path of field names from the top of the arguments, written with dots: `customer.email`.
///
/// A name with `[]` after it stands for each element of that list: `items[].sku`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArgPath(Vec<String>);

impl ArgPath {
    /// Reads the dotted form.
    ///
    /// # Errors
    /// [`ConstraintError::InvalidPath`].
    pub fn parse(text: &str) -> Result<Self, ConstraintError> {
        Self::from_segments(text.split('.').map(str::to_owned).collect())
    }

    pub(crate) fn from_segments(segments: Vec<String>) -> Result<Self, ConstraintError> {
        let sound = (1..=MAX_PATH_SEGMENTS).contains(&segments.len())
            && segments.iter().all(|segment| {
                let (Step::Name(name) | Step::EachOf(name)) = Step::of(segment);
                (1..=MAX_PATH_SEGMENT_LEN_BYTES).contains(&name.len())
                    && !name.contains(['.', '[', ']'])
                    && !name.chars().any(|c| is_deceptive(c) || c.is_whitespace())
            });
        if sound {
            Ok(Self(segments))
        } else {
            Err(ConstraintError::InvalidPath {
                found: escape(&segments.join("."), 64),
            })
        }
    }

    /// The steps, outermost first.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ArgPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
