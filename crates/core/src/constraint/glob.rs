//! Globs with one wildcard: `*` stands for any characters but `/`, also for none.
//!
//! There is no other special character, and those of other dialects are refused, so that nobody writes
//! `[0-9]` and gets a literal. *Invariant:* matching takes time linear in the text. *Threat:* a `*` that
//! reaches over a `/`, or that stands for `..`.

use super::ConstraintError;
use crate::escape::echo;

/// Longest glob.
pub const MAX_GLOB_LEN_BYTES: usize = 256;

pub(super) fn check(pattern: &str) -> Result<(), ConstraintError> {
    let sound = (1..=MAX_GLOB_LEN_BYTES).contains(&pattern.len())
        && !pattern.contains(['?', '[', ']', '{', '}'])
        && !pattern.contains("**")
        && is_plain(pattern);
    if sound {
        Ok(())
    } else {
        Err(ConstraintError::InvalidGlob {
            found: echo(pattern),
        })
    }
}

/// Whether the text matches; `None` if it is one that other readers take for something else.
pub(super) fn matches(pattern: &str, text: &str) -> Option<bool> {
    if !is_plain(text) {
        return None;
    }
    let (mut wanted, mut found) = (pattern.split('/'), text.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return Some(true),
            (Some(wanted), Some(found)) if part_matches(wanted, found) => {}
            _ => return Some(false),
        }
    }
}

/// No control character, no backslash, and no part that file systems read as another place.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || c == '\\')
        && !text.split('/').any(|part| matches!(part, "." | ".."))
}

/// Each piece between two stars is taken where it first fits: no later place could leave more to the rest.
fn part_matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let between = text
        .strip_prefix(head)
        .and_then(|text| text.strip_suffix(tail));
    between.is_some_and(|between| {
        let mut pieces = middle.split('*');
        pieces
            .try_fold(between, |text, piece| {
                text.split_once(piece).map(|(_, after)| after)
            })
            .is_some()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    /// The obvious matcher: tries each length for a star.
    fn slowly(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', pattern @ ..], _) => {
                let reach = text.iter().take_while(|c| **c != '/').count();
                (0..=reach).any(|taken| slowly(pattern, &text[taken..]))
            }
            ([wanted, pattern @ ..], [found, text @ ..]) => {
                wanted == found && slowly(pattern, text)
            }
            _ => false,
        }
    }

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_obvious_matcher(pattern in "[abä/*]{1,9}", text in "[abä/]{0,9}") {
            if super::check(&pattern).is_ok() {
                let slow = slowly(&chars(&pattern), &chars(&text));
                prop_assert_eq!(super::matches(&pattern, &text), Some(slow));
            }
        }
    }
}
