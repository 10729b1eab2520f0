//! What running a tool does to the world.
//!
//! The order is the order of harm: `Read < Write < Destructive`, so a policy can say "at most a write".
//! An effect is stated by the author of a tool; nothing here finds it out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::escape::echo;

/// What a call does to the world, from harmless to hard to undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Looks at something and changes nothing.
    Read,
    /// Changes something that can be changed back.
    Write,
    /// Changes something that can not be undone: money moves, data is gone, a message is out.
    Destructive,
}

impl Effect {
    /// All effects, least harmful first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Destructive];

    /// The name that policies, schemas and the audit log use, such as `destructive`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Effect {
    type Err = EffectError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|effect| effect.as_str() == text);
        named.ok_or_else(|| EffectError {
            found: text.to_owned(),
        })
    }
}

/// A text that names no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown effect: expected `read`, `write` or `destructive`, found `{}`",
    echo(found)
)]
pub struct EffectError {
    found: String,
}

impl EffectError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "effect.unknown"
    }
}

#[cfg(test)]
mod tests {
    use super::Effect;

    #[test]
    fn every_effect_reads_back_from_its_name() {
        for effect in Effect::ALL {
            assert_eq!(effect.to_string().parse(), Ok(effect));
            let json = serde_json::to_string(&effect).unwrap();
            assert_eq!(json, format!("\"{effect}\""));
            assert_eq!(serde_json::from_str::<Effect>(&json).unwrap(), effect);
        }
    }

    #[test]
    fn effects_are_ordered_by_harm() {
        assert!(Effect::Read < Effect::Write && Effect::Write < Effect::Destructive);
    }

    #[test]
    fn another_name_is_refused_with_its_code() {
        let error = "Write".parse::<Effect>().unwrap_err();
        assert_eq!(error.code(), "effect.unknown");
        assert_eq!(
            error.to_string(),
            "unknown effect: expected `read`, `write` or `destructive`, found `Write`"
        );
    }
}
