//! Names of agents, tools and audiences: short ASCII texts with one spelling each.
//!
//! Names stand in tokens, policies, logs and prompts, so nothing in them can look like something else, end
//! a line or be told apart by case only. They say who is meant, not that it is so: a signature does that.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::escape::echo;

/// Longest agent or tool name: what model providers accept for a tool, and what fits a log line.
pub const MAX_NAME_LEN_BYTES: usize = 64;

/// Longest audience: a service's URL origin fits, and a token stays small.
pub const MAX_AUDIENCE_LEN_BYTES: usize = 128;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $noun:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("The ", $noun, " with this text.")]
            ///
            /// # Errors
            /// [`NameError`] says which rule the text breaks.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                $check($noun, text)?;
                Ok(Self(text.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

name! {
    /// What an agent is called: `[a-z0-9][a-z0-9_.-]*`, 1 to 64 bytes.
    AgentName, "agent name", check_name
}

name! {
    /// What a tool is called: `[a-z0-9][a-z0-9_.-]*`, 1 to 64 bytes.
    ToolName, "tool name", check_name
}

name! {
    /// For whom a token is meant: 1 to 128 bytes of visible ASCII, without spaces.
    Audience, "audience", check_audience
}

fn check_name(noun: &'static str, text: &str) -> Result<(), NameError> {
    check_len(noun, text, MAX_NAME_LEN_BYTES)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c);
    if let Some(found) = text.chars().find(|c| !allowed(*c)) {
        let expected = "`a` to `z`, `0` to `9`, `_`, `.` and `-`";
        return Err(NameError::BadCharacter {
            noun,
            expected,
            found,
        });
    }
    match text.chars().next() {
        Some(found) if !found.is_ascii_alphanumeric() => Err(NameError::BadStart { noun, found }),
        _ => Ok(()),
    }
}

fn check_audience(noun: &'static str, text: &str) -> Result<(), NameError> {
    check_len(noun, text, MAX_AUDIENCE_LEN_BYTES)?;
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        Some(found) => {
            let expected = "visible ASCII without spaces";
            Err(NameError::BadCharacter {
                noun,
                expected,
                found,
            })
        }
        None => Ok(()),
    }
}

fn check_len(noun: &'static str, text: &str, limit: usize) -> Result<(), NameError> {
    match text.len() {
        0 => Err(NameError::Empty { noun }),
        found if found > limit => Err(NameError::TooLong { noun, limit, found }),
        _ => Ok(()),
    }
}

/// Why a text is no name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is no text.
    #[error("empty {noun}: expected at least one character")]
    Empty {
        /// What the text should name.
        noun: &'static str,
    },
    /// The text is too long.
    #[error("{noun} too long: expected at most {limit} bytes, found {found}")]
    TooLong {
        /// What the text should name.
        noun: &'static str,
        /// How many bytes it may have.
        limit: usize,
        /// How many bytes it has.
        found: usize,
    },
    /// The first character must be a letter or digit.
    #[error("bad start of {noun}: expected a lower-case letter or digit, found `{found}`")]
    BadStart {
        /// What the text should name.
        noun: &'static str,
        /// The first character.
        found: char,
    },
    /// A character does not belong into a name.
    #[error("bad character in {noun}: expected {expected}, found `{}`", echo(found.encode_utf8(&mut [0; 4])))]
    BadCharacter {
        /// What the text should name.
        noun: &'static str,
        /// The characters that it may have.
        expected: &'static str,
        /// The character.
        found: char,
    },
}

impl NameError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "name.empty",
            Self::TooLong { .. } => "name.too_long",
            Self::BadStart { .. } => "name.bad_start",
            Self::BadCharacter { .. } => "name.bad_character",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AgentName, Audience, NameError, ToolName};

    #[track_caller]
    fn check(text: &str, expected: Result<(), &str>) {
        let code = |result: Result<(), NameError>| result.map_err(|error| error.code());
        assert_eq!(code(AgentName::parse(text).map(drop)), expected);
        assert_eq!(code(ToolName::parse(text).map(drop)), expected);
    }

    #[track_caller]
    fn check_audience(text: &str, expected: Result<(), &str>) {
        assert_eq!(
            Audience::parse(text)
                .map(drop)
                .map_err(|error| error.code()),
            expected
        );
    }

    #[test]
    fn letters_digits_and_three_marks_make_a_name() {
        check("support-bot_2.eu", Ok(()));
        check("0", Ok(()));
    }

    #[test]
    fn an_empty_name_is_refused() {
        check("", Err("name.empty"));
        check_audience("", Err("name.empty"));
    }

    #[test]
    fn a_name_of_64_bytes_is_the_longest() {
        check(&"a".repeat(64), Ok(()));
        check(&"a".repeat(65), Err("name.too_long"));
    }

    #[test]
    fn a_name_starts_with_a_letter_or_digit() {
        check("-rf", Err("name.bad_start"));
        check(".hidden", Err("name.bad_start"));
        check("_x", Err("name.bad_start"));
    }

    #[test]
    fn upper_case_spaces_and_look_alikes_are_refused() {
        check("Bot", Err("name.bad_character"));
        check("a b", Err("name.bad_character"));
        check("b\u{43e}t", Err("name.bad_character"));
        check("a\n", Err("name.bad_character"));
    }

    #[test]
    fn an_audience_may_be_an_origin() {
        check_audience("https://gateway.example:8443", Ok(()));
    }

    #[test]
    fn an_audience_of_128_bytes_is_the_longest() {
        check_audience(&"a".repeat(128), Ok(()));
        check_audience(&"a".repeat(129), Err("name.too_long"));
    }

    #[test]
    fn an_audience_has_no_spaces_or_hidden_characters() {
        check_audience("a b", Err("name.bad_character"));
        check_audience("a\u{7f}", Err("name.bad_character"));
        check_audience("é", Err("name.bad_character"));
    }

    #[test]
    fn messages_say_what_was_expected_and_found() {
        let error = ToolName::parse("a\u{202e}").unwrap_err();
        let expected = "bad character in tool name: expected `a` to `z`, `0` to `9`, `_`, `.` and `-`, \
                        found `\\u{202e}`";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn json_goes_through_parse() {
        assert_eq!(
            serde_json::from_str::<ToolName>("\"pay\"")
                .unwrap()
                .as_str(),
            "pay"
        );
        assert!(serde_json::from_str::<ToolName>("\"Pay\"").is_err());
        assert_eq!(
            serde_json::to_string(&AgentName::parse("bot").unwrap()).unwrap(),
            "\"bot\""
        );
    }
}
