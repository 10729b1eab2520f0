//! What the command knows of the terminal: its width, its colours, and how to break lines.
//!
//! Colours are always written and taken out again by `anstream` where nobody sees them: in a pipe, in a
//! file, under `NO_COLOR`.

use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};

pub(crate) const TITLE: Style = Style::new().bold();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WAITING: Style = AnsiColor::Yellow.on_default();
pub(crate) const QUIET: Style = Style::new().dimmed();

/// Columns of a terminal that does not say how many it has.
const USUAL_COLUMNS: usize = 80;
/// Fewest columns that a layout is made for; narrower terminals break the lines themselves.
const FEWEST_COLUMNS: usize = 60;

/// Columns of the terminal behind standard output, or nothing if it is a file or a pipe.
pub(crate) fn columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the terminal's width"
    )]
    let stated = std::env::var("COLUMNS").ok();
    let columns = stated.and_then(|columns| columns.parse::<usize>().ok());
    Some(columns.unwrap_or(USUAL_COLUMNS).max(FEWEST_COLUMNS))
}

/// Whether a person can be asked: one that sees standard error and types into standard input.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// The text in a style.
pub(crate) fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Breaks a text at spaces into lines of at most so many characters, where its words allow it.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut line_chars = 0;
    for word in text.split_whitespace() {
        let word_chars = word.chars().count();
        if line_chars > 0 && line_chars + 1 + word_chars > width {
            lines.push(std::mem::take(&mut line));
            line_chars = 0;
        }
        if line_chars > 0 {
            line.push(' ');
            line_chars += 1;
        }
        line.push_str(word);
        line_chars += word_chars;
    }
    if line_chars > 0 {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(wrapped(text, 10), expected);
    }

    #[test]
    fn a_text_that_fits_stays_on_one_line() {
        check("four words", &["four words"]);
    }

    #[test]
    fn one_character_more_breaks_at_a_space() {
        check("four wordsx", &["four", "wordsx"]);
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        check("a /very/long/path b", &["a", "/very/long/path", "b"]);
    }

    #[test]
    fn an_empty_text_has_no_lines() {
        check("", &[]);
    }

    #[test]
    fn letters_count_and_not_their_bytes() {
        check("äöüäö üäöü", &["äöüäö üäöü"]);
    }
}
