//! The narrowest rule that admits one more value, or why there is none worth having.
//!
//! A range grows to the value, a list of choices takes it in, a list of networks takes in the one address.
//! Where a wider pattern would admit more than was asked for, the rule gets an alternative instead: this very
//! value. *Invariant:* what is proposed is a sound rule, narrower than any other that this module knows, and
//! admits the value.

use std::collections::BTreeMap;
use std::net::IpAddr;

use agentsudo::{
    ArgPath, Arguments, Breach, Constraint, Network, Number, Rule, Value, any_of, cidr, equals,
    every,
};

/// Longest proposal that is shown, in bytes: nobody reads a longer one, and no token should hold it.
pub(super) const MAX_PROPOSAL_LEN_BYTES: usize = 1_024;

/// Why no wider rule is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoWider {
    /// The argument is not there.
    Missing,
    /// The rule is about values of another type.
    OtherType,
    /// The text can be read in more than one way.
    Malformed,
    /// A list without elements satisfies no rule on elements.
    NoElements,
    /// The rule forbids nothing but this value.
    ForbidsOnlyThis,
    /// The rule would be unsound, or too long to read.
    Unfit,
}

/// The wider rule for whatever stands at the path.
pub(super) fn rule(constraint: &Constraint, arguments: &Arguments) -> Result<Rule, NoWider> {
    let path = constraint.path();
    let mut found = Vec::new();
    values(path.segments(), arguments.as_map(), &mut found)?;
    let wider = found
        .into_iter()
        .try_fold(constraint.rule().clone(), |rule, value| {
            if breach(&rule, value).is_none() {
                Ok(rule)
            } else {
                wider(&rule, value)
            }
        })?;
    let text = crate::token::constraint::text_of(path, &wider);
    let proposed = Constraint::new(&path.to_string(), wider.clone());
    let is_enough = proposed.is_ok_and(|proposed| proposed.check(arguments).is_ok());
    if is_enough && text.len() <= MAX_PROPOSAL_LEN_BYTES {
        Ok(wider)
    } else {
        Err(NoWider::Unfit)
    }
}

/// The values at a path: one, or one for each element of the lists on the way.
pub(super) fn values<'a>(
    steps: &[String],
    fields: &'a BTreeMap<String, Value>,
    found: &mut Vec<&'a Value>,
) -> Result<(), NoWider> {
    let (step, rest) = steps.split_first().ok_or(NoWider::Missing)?;
    let (name, is_list) = match step.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (step.as_str(), false),
    };
    let value = fields.get(name).filter(|value| **value != Value::Null);
    let elements = match (value.ok_or(NoWider::Missing)?, is_list) {
        (Value::List(elements), true) if elements.is_empty() => return Err(NoWider::NoElements),
        (Value::List(elements), true) => elements.as_slice(),
        (_, true) => return Err(NoWider::OtherType),
        (value, false) => std::slice::from_ref(value),
    };
    for element in elements {
        match element {
            element if rest.is_empty() => found.push(element),
            Value::Map(fields) => values(rest, fields, found)?,
            _ => return Err(NoWider::Missing),
        }
    }
    Ok(())
}

/// How a value breaks a rule, if it does.
fn breach(rule: &Rule, value: &Value) -> Option<Breach> {
    const ANY_NAME: &str = "value";
    let fields = BTreeMap::from([(ANY_NAME.to_owned(), value.clone())]);
    let (constraint, arguments) = Constraint::new(ANY_NAME, rule.clone())
        .ok()
        .zip(Arguments::from_map(fields).ok())?;
    let violation = constraint.check(&arguments).err()?;
    Some(violation.breach())
}

fn wider(rule: &Rule, found: &Value) -> Result<Rule, NoWider> {
    match breach(rule, found) {
        Some(Breach::Missing) => return Err(NoWider::Missing),
        Some(Breach::WrongType) => return Err(NoWider::OtherType),
        Some(Breach::Malformed) => return Err(NoWider::Malformed),
        Some(Breach::EmptyList) => return Err(NoWider::NoElements),
        _ => {}
    }
    Ok(match (rule, found) {
        (Rule::Range { min, max }, Value::Integer(found)) => Rule::Range {
            min: min.map(|min| min.min(*found)),
            max: max.map(|max| max.max(*found)),
        },
        (Rule::DecimalRange { min, max }, Value::Integer(_) | Value::Decimal(_)) => {
            let found = number(found)?;
            Rule::DecimalRange {
                min: min.map(|min| min.min(found)),
                max: max.map(|max| max.max(found)),
            }
        }
        (Rule::Length { min, max }, Value::String(_) | Value::List(_)) => {
            let found = length(found)?;
            Rule::Length {
                min: min.map(|min| min.min(found)),
                max: max.map(|max| max.max(found)),
            }
        }
        (Rule::Equals(wanted), _) => Rule::OneOf(vec![wanted.clone(), found.clone()]),
        (Rule::OneOf(choices), _) => Rule::OneOf(with(choices, std::slice::from_ref(found))),
        (Rule::SubsetOf(choices), Value::List(found)) => Rule::SubsetOf(with(choices, found)),
        (Rule::Cidr(networks), Value::String(found)) => with_address(networks, found)?,
        (Rule::Every(inner), Value::List(elements)) => {
            let inner = elements.iter().try_fold((**inner).clone(), |inner, found| {
                if breach(&inner, found).is_none() {
                    Ok(inner)
                } else {
                    wider(&inner, found)
                }
            });
            every(inner?)
        }
        (Rule::All(rules), _) => Rule::All(each_wider(rules, found)?),
        (Rule::Any(rules), _) => Rule::Any(with_alternative(rules, found)),
        (Rule::Not(inner), _) => permitting(inner, found)?,
        _ => any_of([rule.clone(), equals(found.clone())]),
    })
}

fn number(found: &Value) -> Result<Number, NoWider> {
    match found {
        Value::Integer(integer) => Ok(Number::Integer(*integer)),
        Value::Decimal(decimal) => Ok(Number::Decimal(*decimal)),
        _ => Err(NoWider::OtherType),
    }
}

fn length(found: &Value) -> Result<u32, NoWider> {
    let length = match found {
        Value::String(text) => text.chars().count(),
        Value::List(values) => values.len(),
        _ => return Err(NoWider::OtherType),
    };
    u32::try_from(length).map_err(|_| NoWider::Unfit)
}

/// The choices, and those of the values that are none of them yet.
fn with(choices: &[Value], found: &[Value]) -> Vec<Value> {
    let mut choices = choices.to_vec();
    for value in found {
        if !choices.contains(value) {
            choices.push(value.clone());
        }
    }
    choices
}

/// The networks, and one of this address alone.
fn with_address(networks: &[Network], found: &str) -> Result<Rule, NoWider> {
    let address: IpAddr = found.parse().map_err(|_| NoWider::Malformed)?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let networks = networks.iter().map(|network| network.as_str().to_owned());
    Ok(cidr(networks.chain([format!("{address}/{whole}")])))
}

fn each_wider(rules: &[Rule], found: &Value) -> Result<Vec<Rule>, NoWider> {
    let rules = rules.iter().map(|rule| match breach(rule, found) {
        None => Ok(rule.clone()),
        Some(_) => wider(rule, found),
    });
    rules.collect()
}

/// The alternatives, of which one is this value; a list of values takes it in.
fn with_alternative(rules: &[Rule], found: &Value) -> Vec<Rule> {
    let mut rules = rules.to_vec();
    for rule in &mut rules {
        match rule {
            Rule::OneOf(choices) => {
                choices.push(found.clone());
                return rules;
            }
            Rule::Equals(wanted) => {
                *rule = Rule::OneOf(vec![wanted.clone(), found.clone()]);
                return rules;
            }
            _ => {}
        }
    }
    rules.push(equals(found.clone()));
    rules
}

/// What is forbidden, less this value.
fn permitting(inner: &Rule, found: &Value) -> Result<Rule, NoWider> {
    match inner {
        Rule::Equals(_) => Err(NoWider::ForbidsOnlyThis),
        Rule::OneOf(choices) => {
            let mut left = choices.clone();
            left.retain(|choice| choice != found);
            if left.is_empty() {
                return Err(NoWider::ForbidsOnlyThis);
            }
            Ok(Rule::Not(Box::new(Rule::OneOf(left))))
        }
        _ => Ok(any_of([
            Rule::Not(Box::new(inner.clone())),
            equals(found.clone()),
        ])),
    }
}

impl NoWider {
    /// What to do instead, in words.
    pub(super) fn advice(self, path: &ArgPath, block: usize) -> String {
        match self {
            Self::Missing => {
                format!("give the argument `{path}`: a rule of block {block} needs it")
            }
            Self::OtherType => format!(
                "give `{path}` the type that the rule is about; no wider rule of block {block} is proposed \
                 for another type"
            ),
            Self::Malformed => format!(
                "give `{path}` in the plain form that every reader takes alike; no wider rule of block \
                 {block} is proposed for this one"
            ),
            Self::NoElements => {
                format!(
                    "give `{path}` an element at least: no rule on elements admits an empty list"
                )
            }
            Self::ForbidsOnlyThis => format!(
                "leave the rule out of block {block}: it forbids this value alone, and no wider rule is left"
            ),
            Self::Unfit => format!(
                "no wider rule can be proposed: say anew in block {block} what `{path}` may be"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
