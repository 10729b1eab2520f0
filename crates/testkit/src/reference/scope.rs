//! Scopes and names, segment by segment.

/// Whether the text is a granted scope.
#[must_use]
pub fn is_pattern(text: &str) -> bool {
    if text == "**" {
        return true;
    }
    let segments: Vec<_> = text.split(':').collect();
    let Some((last, others)) = segments.split_last() else {
        return false;
    };
    text.len() <= 128
        && (2..=8).contains(&segments.len())
        && others
            .iter()
            .all(|segment| *segment == "*" || is_plain(segment))
        && (matches!(*last, "*" | "**") || is_plain(last.strip_suffix('*').unwrap_or(last)))
}

fn is_plain(segment: &str) -> bool {
    let is_listed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-');
    !segment.is_empty() && segment.chars().all(is_listed)
}

/// Whether a granted scope covers a required one.
#[must_use]
pub fn covers(pattern: &str, scope: &str) -> bool {
    let pattern: Vec<_> = pattern.split(':').collect();
    let scope: Vec<_> = scope.split(':').collect();
    covers_segments(&pattern, &scope)
}

fn covers_segments(pattern: &[&str], scope: &[&str]) -> bool {
    match (pattern, scope) {
        ([], []) => true,
        (["**"], [_, ..]) => true,
        (["*", pattern @ ..], [_, scope @ ..]) => covers_segments(pattern, scope),
        ([wanted, pattern @ ..], [found, scope @ ..]) => {
            let fits = match wanted.strip_suffix('*') {
                Some(start) => found.starts_with(start),
                None => wanted == found,
            };
            fits && covers_segments(pattern, scope)
        }
        _ => false,
    }
}

/// An agent's or a tool's name.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    text.len() <= 64
        && chars
            .next()
            .is_some_and(|c| matches!(c, 'a'..='z' | '0'..='9'))
        && chars.all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.' | '-'))
}

/// A verifier's name.
pub(super) fn is_audience(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.chars().all(|c| ('!'..='~').contains(&c))
}
