//! Texts: globs and paths of files, decided the long way.

/// Nothing that a reader takes for more than it is.
fn is_plain(text: &str) -> bool {
    let parts: Vec<_> = text.split('/').collect();
    !text.chars().any(|c| c.is_control() || c == '\\')
        && !parts.contains(&".")
        && !parts.contains(&"..")
}

pub(super) fn is_glob(pattern: &str) -> bool {
    (1..=256).contains(&pattern.len())
        && !pattern
            .chars()
            .any(|c| matches!(c, '?' | '[' | ']' | '{' | '}'))
        && !pattern.contains("**")
        && is_plain(pattern)
}

/// Whether a text matches a glob; `None` for a text that is malformed.
#[must_use]
pub(super) fn glob_matches(pattern: &str, text: &str) -> Option<bool> {
    if !is_plain(text) {
        return None;
    }
    // What the pattern so far matches: `reached[n]` for the first n characters of the text.
    let text: Vec<char> = text.chars().collect();
    let mut reached: Vec<bool> = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for wanted in pattern.chars() {
        let mut next = Vec::new();
        let mut before = false;
        for at in 0..=text.len() {
            let here = reached.get(at).copied().unwrap_or(false);
            let found = at.checked_sub(1).and_then(|at| text.get(at)).copied();
            let reaches = if wanted == '*' {
                here || (before && found != Some('/'))
            } else {
                let came = at.checked_sub(1).and_then(|at| reached.get(at)).copied();
                came == Some(true) && found == Some(wanted)
            };
            next.push(reaches);
            before = reaches;
        }
        reached = next;
    }
    reached.last().copied()
}

/// The names of a path after `.` and `..` are struck out; `None` for a path that is malformed.
#[must_use]
pub(super) fn names_of(path: &str) -> Option<Vec<String>> {
    let is_malformed = path.is_empty()
        || path.len() > 4_096
        || path.starts_with("//")
        || path
            .chars()
            .any(|c| c.is_control() || matches!(c, '\\' | '%'));
    if is_malformed {
        return None;
    }
    let names = path
        .split('/')
        .filter(|name| !name.is_empty() && *name != ".");
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    while let Some(up) = names.iter().position(|name| name == "..") {
        let before = up.checked_sub(1)?;
        names.drain(before..=up);
    }
    Some(names)
}

/// A path in its one form; `None` for a path that is malformed.
#[must_use]
pub fn normal_path(path: &str) -> Option<String> {
    let start = if path.starts_with('/') { "/" } else { "" };
    Some([start, &names_of(path)?.join("/")].concat())
}

pub(super) fn is_base_path(base: &str) -> bool {
    normal_path(base).is_some_and(|normal| normal == base)
}

/// Whether the path is the base or below it; `None` if that cannot be said.
pub(super) fn is_below(base: &str, path: &str) -> Option<bool> {
    let (above, names) = (names_of(base)?, names_of(path)?);
    if base.starts_with('/') != path.starts_with('/') {
        return None;
    }
    Some(names.get(..above.len()) == Some(&above))
}
