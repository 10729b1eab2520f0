//! Paths below a base, compared name by name after `.` and `..` are resolved.
//!
//! Lexical only: nothing here looks at a file system, so a symbolic link below the base leads where it
//! likes, and the tool has to open what it is given without following links out. *Threats:* `..`, also
//! percent-encoded or with backslashes; `/database` below `/data`; a zero byte that ends a path early.

use core::fmt;

use super::ConstraintError;
use crate::escape::echo;

/// Longest path, as file systems have it.
pub const MAX_FILE_PATH_LEN_BYTES: usize = 4_096;

/// The names of a path, without `.`, `..` and empty ones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Normalized<'a> {
    is_absolute: bool,
    names: Vec<&'a str>,
}

impl<'a> Normalized<'a> {
    /// `None` for a path that is too long, that leads above its start, or that readers disagree about.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let readable = (1..=MAX_FILE_PATH_LEN_BYTES).contains(&path.len())
            && !path.contains(|c: char| c.is_control() || matches!(c, '\\' | '%'))
            // What two slashes in front mean, each system decides for itself.
            && !path.starts_with("//");
        if !readable {
            return None;
        }
        let mut names = Vec::new();
        for name in path.split('/') {
            match name {
                "" | "." => {}
                ".." => {
                    names.pop()?;
                }
                name => names.push(name),
            }
        }
        Some(Self {
            is_absolute: path.starts_with('/'),
            names,
        })
    }

    /// Whether this is the base or below it; `None` if one is absolute and the other is not.
    fn is_within(&self, base: &Self) -> Option<bool> {
        (self.is_absolute == base.is_absolute).then(|| self.names.starts_with(&base.names))
    }
}

impl fmt::Display for Normalized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = if self.is_absolute { "/" } else { "" };
        write!(f, "{root}{}", self.names.join("/"))
    }
}

/// A base is written as it is after normalization, and a relative one names something.
pub(super) fn check(base: &str) -> Result<(), ConstraintError> {
    if Normalized::of(base).is_some_and(|normalized| normalized.to_string() == base) {
        Ok(())
    } else {
        Err(ConstraintError::InvalidBasePath { found: echo(base) })
    }
}

/// Whether the path is the base or below it; `None` if that cannot be said.
pub(super) fn is_within(base: &str, path: &str) -> Option<bool> {
    Normalized::of(path)?.is_within(&Normalized::of(base)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::{Normalized, is_within};

    /// The obvious way: strike `name/..` out until there is none left.
    fn slowly(path: &str) -> Option<(bool, Vec<String>)> {
        let names = path.split('/').filter(|name| !matches!(*name, "" | "."));
        let mut names: Vec<_> = names.map(str::to_owned).collect();
        while let Some(up) = names.iter().position(|name| name == "..") {
            let before = up.checked_sub(1)?;
            names.drain(before..=up);
        }
        Some((path.starts_with('/'), names))
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_obvious_way(base in "/?(a|b|ab)(/(a|b|ab)){0,2}", path in "/?((a|b|ab|\\.|\\.\\.)/){0,6}[ab]?") {
            if !path.is_empty() && !path.starts_with("//") {
                let (base_names, found) = (slowly(&base).unwrap(), slowly(&path));
                let expected = found
                    .filter(|(is_absolute, _)| *is_absolute == base_names.0)
                    .map(|(_, names)| names.starts_with(&base_names.1));
                prop_assert_eq!(is_within(&base, &path), expected);
            }
        }

        #[test]
        fn normalizing_twice_changes_nothing(path in "/?((a|b|\\.|\\.\\.|é)/){0,8}[ab.]{0,2}") {
            if let Some(once) = Normalized::of(&path) {
                let text = once.to_string();
                // The empty relative path has no text of its own.
                if !text.is_empty() {
                    prop_assert_eq!(Normalized::of(&text), Some(once));
                }
            }
        }
    }
}
