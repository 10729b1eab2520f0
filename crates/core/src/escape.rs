//! Hostile text, made safe to show to a person.
//!
//! Owns one decision: which characters can change how the text around them is read (colours, reversed
//! order, invisible letters). They are shown by number. It is for reading, not an encoding: the result
//! can not be turned back, and a backslash stays one, so that paths and JSON read as they are.
//!
//! *Invariant:* the result is one line, and each of its characters is visible where it stands.

use std::fmt::Write as _;

/// How much of hostile text an error message repeats, in characters.
pub(crate) const MAX_ECHO_CHARS: usize = 64;

/// The text with control, invisible and direction-changing characters written as `\u{202e}`.
///
/// A line feed, carriage return and tab are written `\n`, `\r` and `\t`. At most `max_chars` characters of
/// `text` are shown; the rest is counted: `abc…(+123 chars)`.
///
/// ```
/// # use agentsudo_core::escape;
/// assert_eq!(escape("pay\u{202e}001", 64), "pay\\u{202e}001");
/// assert_eq!(escape("abcdef", 4), "abcd…(+2 chars)");
/// ```
#[must_use]
pub fn escape(text: &str, max_chars: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max_chars.saturating_mul(4)));
    let mut chars = text.chars();
    for character in chars.by_ref().take(max_chars) {
        push(&mut shown, character);
    }
    let cut = chars.count();
    if cut > 0 {
        shown.push_str("…(+");
        shown.push_str(&cut.to_string());
        shown.push_str(" chars)");
    }
    shown
}

/// The first characters of hostile text, as error messages repeat them.
pub(crate) fn echo(text: &str) -> String {
    escape(text, MAX_ECHO_CHARS)
}

fn push(shown: &mut String, character: char) {
    match character {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        hidden if is_deceptive(hidden) => {
            // Writing to a `String` can not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(hidden));
        }
        plain => shown.push(plain),
    }
}

/// Whether a character is invisible, or changes how its neighbours are shown.
pub(crate) fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}'                        // soft hyphen
            | '\u{34f}'                     // grapheme joiner
            | '\u{61c}'                     // Arabic letter mark
            | '\u{115f}'..='\u{1160}'       // Hangul fillers
            | '\u{17b4}'..='\u{17b5}'       // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}'       // Mongolian selectors and separator
            | '\u{200b}'..='\u{200f}'       // zero width, direction marks
            | '\u{2028}'..='\u{202e}'       // line and paragraph separators, bidi embeddings and overrides
            | '\u{2060}'..='\u{206f}'       // word joiner, invisible operators, bidi isolates
            | '\u{2800}'                    // Braille blank
            | '\u{3164}'                    // Hangul filler
            | '\u{fe00}'..='\u{fe0f}'       // variation selectors
            | '\u{feff}'                    // byte order mark
            | '\u{ffa0}'                    // Hangul filler
            | '\u{fff0}'..='\u{fffb}'       // interlinear annotations
            | '\u{1bca0}'..='\u{1bca3}'     // shorthand format controls
            | '\u{1d173}'..='\u{1d17a}'     // musical format controls
            | '\u{e0000}'..='\u{e0fff}') // tags, more variation selectors
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(escape(text, 64), expected);
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        check("Grüße, 你好 `x` \\ \"y\" 🙂", "Grüße, 你好 `x` \\ \"y\" 🙂");
    }

    #[test]
    fn empty_text_stays_empty() {
        check("", "");
    }

    #[test]
    fn line_feeds_carriage_returns_and_tabs_have_short_names() {
        check("a\nb\rc\td", "a\\nb\\rc\\td");
    }

    #[test]
    fn terminal_escape_sequences_are_shown() {
        check("\u{1b}[2J", "\\u{1b}[2J");
        check("\u{9b}31m", "\\u{9b}31m");
    }

    #[test]
    fn nul_bell_and_delete_are_shown() {
        check("\0\u{7}\u{7f}", "\\u{0}\\u{7}\\u{7f}");
    }

    #[test]
    fn bidi_overrides_are_shown() {
        check("\u{202a}\u{202d}\u{202e}", "\\u{202a}\\u{202d}\\u{202e}");
    }

    #[test]
    fn bidi_isolates_are_shown() {
        check(
            "\u{2066}\u{2067}\u{2068}\u{2069}",
            "\\u{2066}\\u{2067}\\u{2068}\\u{2069}",
        );
    }

    #[test]
    fn direction_marks_are_shown() {
        check("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}");
    }

    #[test]
    fn zero_width_characters_are_shown() {
        check(
            "\u{200b}\u{200c}\u{200d}\u{2060}",
            "\\u{200b}\\u{200c}\\u{200d}\\u{2060}",
        );
    }

    #[test]
    fn line_and_paragraph_separators_are_shown() {
        check("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}");
    }

    #[test]
    fn tags_are_shown() {
        check("\u{e0041}\u{e007f}", "\\u{e0041}\\u{e007f}");
    }

    #[test]
    fn variation_selectors_are_shown() {
        check("\u{fe0f}\u{e0100}", "\\u{fe0f}\\u{e0100}");
    }

    #[test]
    fn a_byte_order_mark_is_shown() {
        check("\u{feff}", "\\u{feff}");
    }

    #[test]
    fn fillers_and_soft_hyphens_are_shown() {
        check("\u{3164}\u{ad}\u{2800}", "\\u{3164}\\u{ad}\\u{2800}");
    }

    #[test]
    fn text_at_the_limit_is_whole() {
        assert_eq!(escape("äöü", 3), "äöü");
    }

    #[test]
    fn text_past_the_limit_is_cut_and_counted() {
        assert_eq!(escape(&"ä".repeat(126), 3), "äää…(+123 chars)");
        assert_eq!(escape("abcd", 3), "abc…(+1 chars)");
    }

    #[test]
    fn a_limit_of_zero_shows_only_the_count() {
        assert_eq!(escape("abc", 0), "…(+3 chars)");
    }
}
