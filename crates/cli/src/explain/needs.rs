//! What a refused call lacks in each block of a token, and the smallest grant that would give it.
//!
//! The decision is the library's. This only says in the command line's own words what would turn it: the
//! option of `agentsudo mint` or `agentsudo delegate` for each block that stands in the way, or plainly that
//! none would.

use agentsudo::{
    Arguments, BlockClaims, Breach, Constraint, ConstraintViolation, Requirement, Rule, Value,
    Verified, absent, equals, escape,
};
use serde::Serialize;

use super::{totals, wider};
use crate::call::is_secret;
use crate::token::constraint;

/// How much of an argument is shown, in characters.
const MAX_SHOWN_CHARS: usize = 200;

/// What one block would have to say.
#[derive(Debug, Serialize)]
pub(crate) struct Need {
    /// The block's place in the chain, the root is 0.
    pub(super) block: usize,
    /// The rule that stands in the way, as it is typed; none where a grant is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// The argument that was found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) found: Option<String>,
    /// The option that would have allowed the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) option: Option<String>,
    /// What to do, in words.
    pub(super) advice: String,
}

/// A refused call, and all that is known of it.
pub(super) struct RefusedCall<'a> {
    pub(super) verified: &'a Verified,
    pub(super) blocks: &'a [BlockClaims],
    pub(super) requirement: &'a Requirement,
    pub(super) arguments: &'a Arguments,
    pub(super) is_strict: bool,
}

impl RefusedCall<'_> {
    /// Everything that the blocks lack for this call.
    pub(super) fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        needs.extend(delegate_only(self.blocks));
        for (at, block) in self.blocks.iter().enumerate() {
            needs.extend(grant(at, block, self.requirement));
            let rules = block.constraints.iter();
            for constraint in rules.filter(|rule| rule.applies_to(self.requirement.scope())) {
                if let Err(violation) = constraint.check(self.arguments) {
                    needs.push(self.rule(at, constraint, &violation));
                }
            }
        }
        if self.is_strict {
            let sinks = self.verified.unpinned_sinks(self.requirement);
            needs.extend(sinks.into_iter().map(|sink| self.pin(sink)));
        }
        needs.extend(totals::needs(self));
        needs
    }

    fn rule(&self, at: usize, constraint: &Constraint, violation: &ConstraintViolation) -> Need {
        let path = constraint.path();
        let is_secret = is_secret(self.requirement, path);
        let found = self.arguments.lookup(&named(path.segments()));
        let wider = wider::rule(constraint, self.arguments);
        let option = wider
            .as_ref()
            .ok()
            .filter(|_| !is_secret)
            .map(|rule| constraint::option(constraint.scope(), path, rule));
        let advice = match (violation.breach(), &option, wider) {
            (Breach::Present, None, _) => format!("leave out the argument `{path}`"),
            (Breach::Present, Some(option), _) => format!(
                "leave out the argument `{path}`, or make the rule of block {at} as wide as `{option}`"
            ),
            (_, Some(option), _) => format!("make the rule of block {at} as wide as `{option}`"),
            (_, None, Err(none)) => none.advice(path, at),
            (_, None, Ok(_)) => {
                format!("make the rule of block {at} wide enough for the secret `{path}`")
            }
        };
        Need {
            block: at,
            rule: Some(constraint::text(constraint)),
            found: found.map(|value| {
                if is_secret {
                    "secret".to_owned()
                } else {
                    shown(value)
                }
            }),
            option,
            advice,
        }
    }

    /// The rule that admits this very sink, in the block that is the easiest to make anew.
    fn pin(&self, sink: &str) -> Need {
        let block = self.blocks.len().saturating_sub(1);
        let found = self.arguments.lookup(&named(
            &sink.split('.').map(str::to_owned).collect::<Vec<_>>(),
        ));
        let rule = match found {
            None | Some(Value::Null) => absent(),
            Some(value) => equals(value.clone()),
        };
        let pinned = Constraint::new(sink, rule).ok();
        let pinned = pinned.filter(|pinned| {
            !is_secret(self.requirement, pinned.path()) && is_short(pinned.path(), pinned.rule())
        });
        let scope = self.requirement.scope();
        let option = pinned.map(|pinned| {
            let text = constraint::text_of(pinned.path(), pinned.rule());
            quoted("--constrain-on", &format!("{scope}: {text}"))
        });
        let command = if block == 0 { "mint" } else { "delegate" };
        Need {
            block,
            rule: None,
            found: None,
            advice: match &option {
                Some(option) => {
                    format!(
                        "{command} block {block} with `{option}` added, or a wider rule on `{sink}`"
                    )
                }
                None => format!("{command} block {block} with a rule added that pins `{sink}`"),
            },
            option,
        }
    }
}

/// Whether every block grants the scope of these calls, to their tool.
pub(crate) fn is_granted(blocks: &[BlockClaims], requirement: &Requirement) -> bool {
    let mut blocks = blocks.iter().enumerate();
    blocks.all(|(at, block)| grant(at, block, requirement).is_none())
}

/// Only the last block's holder uses the token.
fn delegate_only(blocks: &[BlockClaims]) -> Option<Need> {
    let (block, last) = blocks.iter().enumerate().next_back()?;
    let command = if block == 0 { "mint" } else { "delegate" };
    last.delegate_only.then(|| Need {
        block,
        rule: None,
        found: None,
        option: None,
        advice: format!(
            "let `{}` delegate the token to the agent that makes the call, or {command} block {block} \
             without `--delegate-only`",
            last.agent
        ),
    })
}

fn grant(at: usize, block: &BlockClaims, requirement: &Requirement) -> Option<Need> {
    let (tool, scope) = (requirement.tool(), requirement.scope());
    let mut granted = block
        .grants
        .iter()
        .filter(|grant| grant.scope().matches(scope))
        .peekable();
    let has_scope = granted.peek().is_some();
    let is_granted = granted.any(|grant| grant.tools().is_empty() || grant.tools().contains(tool));
    if block.grants.is_empty() || is_granted {
        return None;
    }
    let (command, option) = match (at, has_scope) {
        (0, false) => ("mint", format!("--allow {scope}")),
        (0, true) => ("mint", format!("--allow-tool {scope}={tool}")),
        (_, false) => ("delegate", format!("--only {scope}")),
        (_, true) => ("delegate", format!("--only-tool {scope}={tool}")),
    };
    Some(Need {
        block: at,
        rule: None,
        found: None,
        advice: format!("{command} block {at} with `{option}` added"),
        option: Some(option),
    })
}

/// The steps to an argument, or to the first list whose elements the path names: what is found is then the
/// whole list.
fn named(segments: &[String]) -> Vec<String> {
    let mut steps = Vec::new();
    for segment in segments {
        if let Some(list) = segment.strip_suffix("[]") {
            steps.push(list.to_owned());
            return steps;
        }
        steps.push(segment.clone());
    }
    steps
}

fn is_short(path: &agentsudo::ArgPath, rule: &Rule) -> bool {
    constraint::text_of(path, rule).len() <= wider::MAX_PROPOSAL_LEN_BYTES
}

fn quoted(option: &str, text: &str) -> String {
    format!("{option} '{}'", text.replace('\'', "'\\''"))
}

fn shown(value: &Value) -> String {
    escape(&value.to_string(), MAX_SHOWN_CHARS)
}
