//! What a refused call lacks in each block of a token, and the smallest grant that would give it.
//!
//! The decision is the library's. This only says in the command line's own words what would turn it: the
//! option of `agentsudo mint` or `agentsudo delegate` for each block that stands in the way.

use agentsudo::{
    ArgPath, Arguments, BlockClaims, Breach, Constraint, ConstraintViolation, Requirement, Rule,
    Value, escape,
};
use serde::Serialize;

use crate::token::constraint;

/// How much of an argument is shown, in characters.
const MAX_SHOWN_CHARS: usize = 200;
/// Most choices of a rule, by the token's format.
const MAX_CHOICES: usize = 256;

/// What one block would have to say.
#[derive(Debug, Serialize)]
pub(super) struct Need {
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

/// Everything that the blocks lack for this call.
pub(super) fn of(
    blocks: &[BlockClaims],
    requirement: &Requirement,
    arguments: &Arguments,
) -> Vec<Need> {
    let mut needs = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        needs.extend(grant(at, block, requirement));
        let rules = block.constraints.iter();
        for constraint in rules.filter(|rule| rule.applies_to(requirement.scope())) {
            if let Err(violation) = constraint.check(arguments) {
                needs.push(rule(at, constraint, &violation, requirement, arguments));
            }
        }
    }
    needs
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

fn rule(
    at: usize,
    constraint: &Constraint,
    violation: &ConstraintViolation,
    requirement: &Requirement,
    arguments: &Arguments,
) -> Need {
    let path = constraint.path();
    let named = Named::of(path);
    let is_secret = named
        .steps
        .first()
        .is_some_and(|name| requirement.secrets().contains(name));
    let found = arguments.lookup(&named.steps);
    let wider = found
        .filter(|_| !is_secret && !named.is_list)
        .and_then(|found| wider(constraint.rule(), found));
    let option = wider.map(|rule| option(constraint, &rule));
    let advice = match (violation.breach(), &option) {
        (Breach::Missing, _) => {
            format!("give the argument `{path}`: a rule of block {at} needs it")
        }
        (Breach::Present, _) => format!("leave out the argument `{path}`"),
        (Breach::WrongType, None) => format!("give `{path}` the type that the rule is about"),
        (_, Some(option)) => format!("make the rule of block {at} as wide as `{option}`"),
        (_, None) => format!("make the rule of block {at} wider"),
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

/// The argument that a path names, or the list whose elements it names.
struct Named {
    steps: Vec<String>,
    is_list: bool,
}

impl Named {
    fn of(path: &ArgPath) -> Self {
        let mut steps = Vec::new();
        for segment in path.segments() {
            // `items[]` stands for each element: what is found is then the whole list.
            if let Some(list) = segment.strip_suffix("[]") {
                steps.push(list.to_owned());
                return Self {
                    steps,
                    is_list: true,
                };
            }
            steps.push(segment.clone());
        }
        Self {
            steps,
            is_list: false,
        }
    }
}

fn shown(value: &Value) -> String {
    escape(&value.to_string(), MAX_SHOWN_CHARS)
}

/// The narrowest rule of the same kind that admits the value too.
fn wider(rule: &Rule, found: &Value) -> Option<Rule> {
    match (rule, found) {
        (Rule::Range { min, max }, Value::Integer(found)) => Some(Rule::Range {
            min: min.map(|min| min.min(*found)),
            max: max.map(|max| max.max(*found)),
        }),
        (Rule::Equals(wanted), found) => Some(Rule::OneOf(vec![wanted.clone(), found.clone()])),
        (Rule::OneOf(choices), found) if choices.len() < MAX_CHOICES => {
            let mut choices = choices.clone();
            choices.push(found.clone());
            Some(Rule::OneOf(choices))
        }
        (Rule::Prefix(wanted), Value::String(found)) => {
            let pairs = wanted.chars().zip(found.chars());
            let common = pairs.take_while(|(ours, theirs)| ours == theirs);
            let common: String = common.map(|(ours, _)| ours).collect();
            (!common.is_empty()).then_some(Rule::Prefix(common))
        }
        _ => None,
    }
}

/// The option that states the rule, quoted for a shell.
fn option(constraint: &Constraint, rule: &Rule) -> String {
    let plain = constraint::text_of(constraint.path(), rule);
    let (name, text) = match constraint.scope() {
        Some(scopes) => ("--constrain-on", format!("{scopes}: {plain}")),
        None => ("--constrain", plain),
    };
    format!("{name} '{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use agentsudo::{Constraint, Rule, Value, at_most, between, equals, one_of, prefix};

    use super::{option, wider};

    #[track_caller]
    fn check(rule: &Rule, found: impl Into<Value>, expected: Option<&str>) {
        let constraint = Constraint::new("x", rule.clone()).unwrap();
        let wider = wider(rule, &found.into());
        let shown = wider.map(|rule| option(&constraint, &rule));
        assert_eq!(shown.as_deref(), expected);
    }

    #[test]
    fn a_range_grows_to_the_value() {
        check(&at_most(5), 9, Some("--constrain 'x <= 9'"));
        check(&between(3, 5), 1, Some("--constrain 'x in 1..5'"));
    }

    #[test]
    fn a_value_joins_the_choices() {
        check(&equals("a"), "b", Some("--constrain 'x in [\"a\", \"b\"]'"));
        check(&one_of(["a"]), 1, Some("--constrain 'x in [\"a\", 1]'"));
    }

    #[test]
    fn a_prefix_shrinks_to_what_both_begin_with() {
        check(
            &prefix("/data/in"),
            "/data/out",
            Some("--constrain 'x starts-with \"/data/\"'"),
        );
        check(&prefix("/data"), "data", None);
    }

    #[test]
    fn no_range_admits_a_text() {
        check(&at_most(5), "9", None);
    }

    #[test]
    fn a_quote_in_a_value_does_not_end_the_shell_s_text() {
        check(
            &equals("a"),
            "it's",
            Some("--constrain 'x in [\"a\", \"it'\\''s\"]'"),
        );
    }
}
