//! Whether a rule holds, with three answers: it does, it does not, or it cannot be said.
//!
//! An argument that is missing, of another type, or in a form that nobody should rely on leaves a rule
//! undecided. *Invariant:* undecided is a refusal, and `not` leaves it undecided: no odd value gets past a
//! rule by not being understood. *Threat:* `not` around a rule about text, and a list with that text in it.

use std::collections::BTreeMap;

use super::path::Step;
use super::{Allowance, ArgPath, Breach, Number, Rule, email, glob, host, network, subpath};
use crate::value::{Arguments, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    /// The rule is about such values, and refuses this one.
    Fails(Breach),
    /// The rule is not about such values.
    Undecided(Breach),
}

/// What stands at a path.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// Nothing, or `null`.
    Missing,
    /// Nothing, because the path leads through something that has no names.
    Blocked,
    Found(&'a Value),
}

impl<'a> Place<'a> {
    const fn of(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Missing,
            Some(value) => Self::Found(value),
        }
    }
}

/// Decides a rule for what a path names. For a path over the elements of a list it has to hold for each,
/// and no elements are as a missing argument.
pub(super) fn over_path(rule: &Rule, path: &ArgPath, arguments: &Arguments) -> Verdict {
    let decision = Decision {
        rule,
        work: &Allowance::of_matched_bytes(),
    };
    decision.within(path.segments(), arguments.as_map())
}

/// A rule, and what deciding it may still cost.
#[derive(Clone, Copy)]
struct Decision<'a> {
    rule: &'a Rule,
    work: &'a Allowance,
}

impl Decision<'_> {
    fn within(self, steps: &[String], fields: &BTreeMap<String, Value>) -> Verdict {
        let Some((step, rest)) = steps.split_first() else {
            return Verdict::Undecided(Breach::Missing);
        };
        match Step::of(step) {
            Step::Name(name) => self.at_place(rest, Place::of(fields.get(name))),
            Step::EachOf(name) => match Place::of(fields.get(name)) {
                Place::Found(Value::List(values)) if !values.is_empty() => {
                    let elements = values.iter().map(|value| Place::of(Some(value)));
                    all(elements.map(|place| self.at_place(rest, place)))
                }
                Place::Found(Value::List(_)) | Place::Missing | Place::Blocked => {
                    Verdict::Undecided(Breach::Missing)
                }
                Place::Found(_) => Verdict::Undecided(Breach::WrongType),
            },
        }
    }

    fn at_place(self, rest: &[String], place: Place<'_>) -> Verdict {
        match place {
            _ if rest.is_empty() => self.rule.decide(place, self.work),
            Place::Found(Value::Map(fields)) => self.within(rest, fields),
            // A list that is not there has no elements for which a rule could hold.
            _ if rest
                .iter()
                .any(|step| matches!(Step::of(step), Step::EachOf(_))) =>
            {
                Verdict::Undecided(Breach::Missing)
            }
            Place::Missing => self.rule.decide(Place::Missing, self.work),
            Place::Found(_) | Place::Blocked => self.rule.decide(Place::Blocked, self.work),
        }
    }
}

impl Rule {
    fn decide(&self, place: Place<'_>, work: &Allowance) -> Verdict {
        match (self, place) {
            (Self::All(rules), _) => all(rules.iter().map(|rule| rule.decide(place, work))),
            (Self::Any(rules), _) => any(rules.iter().map(|rule| rule.decide(place, work))),
            (Self::Absent, Place::Missing) => Verdict::Holds,
            (Self::Absent, Place::Found(_)) => Verdict::Fails(Breach::Present),
            (Self::Absent, Place::Blocked) => Verdict::Undecided(Breach::WrongType),
            (_, Place::Missing | Place::Blocked) => Verdict::Undecided(Breach::Missing),
            (Self::Not(rule), Place::Found(_)) => negated(rule.decide(place, work)),
            (_, Place::Found(value)) => self.decide_value(value, work),
        }
    }

    fn decide_value(&self, value: &Value, work: &Allowance) -> Verdict {
        match (self, value) {
            (Self::Equals(wanted), found) => among([wanted], found, Breach::NotEqual),
            (Self::OneOf(choices), found) => among(choices, found, Breach::NotOneOf),
            (Self::Range { min, max }, Value::Integer(found)) => {
                decide_bounds(found, min.as_ref(), max.as_ref(), BEYOND_RANGE)
            }
            (Self::DecimalRange { min, max }, Value::Integer(_) | Value::Decimal(_)) => {
                Number::of(value).map_or(WRONG_TYPE, |found| {
                    decide_bounds(&found, min.as_ref(), max.as_ref(), BEYOND_RANGE)
                })
            }
            (Self::Length { min, max }, Value::String(text)) => {
                decide_length(text.chars().count(), *min, *max)
            }
            (Self::Length { min, max }, Value::List(values)) => {
                decide_length(values.len(), *min, *max)
            }
            (Self::SubsetOf(choices), Value::List(values)) => {
                each(values, |found| among(choices, found, Breach::NotSubset))
            }
            (Self::Every(rule), Value::List(values)) => {
                each(values, |value| rule.decide(Place::of(Some(value)), work))
            }
            (_, Value::String(text)) => self.decide_text(text, work),
            _ => WRONG_TYPE,
        }
    }

    fn decide_text(&self, text: &str, work: &Allowance) -> Verdict {
        match self {
            Self::Prefix(prefix) => decided(
                Some(text.starts_with(prefix.as_str())),
                Breach::PrefixMismatch,
            ),
            Self::Glob(pattern) => decided(glob::matches(pattern, text), Breach::PatternMismatch),
            Self::Regex(pattern) => decided(pattern.matches(text, work), Breach::PatternMismatch),
            Self::Subpath(base) => decided(subpath::is_within(base, text), Breach::OutsidePath),
            Self::Url(rule) => rule.decide(text),
            Self::EmailDomain(pattern) => {
                let domain = email::domain_of(text);
                let holds = domain.map(|domain| host::matches(pattern, &domain));
                decided(holds, Breach::DomainNotAllowed)
            }
            Self::Cidr(networks) => network::decide(networks, text),
            _ => WRONG_TYPE,
        }
    }
}

const WRONG_TYPE: Verdict = Verdict::Undecided(Breach::WrongType);

/// What it is to lie below the minimum and above the maximum.
type Beyond = (Breach, Breach);
const BEYOND_RANGE: Beyond = (Breach::BelowMinimum, Breach::AboveMaximum);
const BEYOND_LENGTH: Beyond = (Breach::TooShort, Breach::TooLong);

fn decide_bounds<N: Ord>(found: &N, min: Option<&N>, max: Option<&N>, beyond: Beyond) -> Verdict {
    if min.is_some_and(|min| found < min) {
        Verdict::Fails(beyond.0)
    } else if max.is_some_and(|max| found > max) {
        Verdict::Fails(beyond.1)
    } else {
        Verdict::Holds
    }
}

fn decide_length(found: usize, min: Option<u32>, max: Option<u32>) -> Verdict {
    // Arguments are far shorter than what 32 bits count.
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    decide_bounds(&found, min.as_ref(), max.as_ref(), BEYOND_LENGTH)
}

fn decided(holds: Option<bool>, otherwise: Breach) -> Verdict {
    match holds {
        Some(true) => Verdict::Holds,
        Some(false) => Verdict::Fails(otherwise),
        None => Verdict::Undecided(Breach::Malformed),
    }
}

/// Undecided for a value of a type that none of the choices has.
fn among<'a>(
    choices: impl IntoIterator<Item = &'a Value, IntoIter: Clone>,
    found: &Value,
    otherwise: Breach,
) -> Verdict {
    let mut choices = choices.into_iter();
    if choices.clone().any(|choice| choice == found) {
        Verdict::Holds
    } else if choices.any(|choice| choice.kind() == found.kind()) {
        Verdict::Fails(otherwise)
    } else {
        Verdict::Undecided(otherwise)
    }
}

/// An empty list satisfies no rule on elements: to many a tool, no filter means everything.
fn each(values: &[Value], decide: impl Fn(&Value) -> Verdict) -> Verdict {
    if values.is_empty() {
        Verdict::Undecided(Breach::EmptyList)
    } else {
        all(values.iter().map(decide))
    }
}

/// One undecided verdict leaves all of it undecided, and is then what is said; else the first breach.
fn all(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let (mut failed, mut undecided) = (None, None);
    for verdict in verdicts {
        match verdict {
            Verdict::Holds => {}
            Verdict::Fails(_) => failed = failed.or(Some(verdict)),
            Verdict::Undecided(_) => undecided = undecided.or(Some(verdict)),
        }
    }
    undecided.or(failed).unwrap_or(Verdict::Holds)
}

/// Holds if one does. Else it names the breach, where all alternatives have the same one.
fn any(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let (mut common, mut is_decided) = (None, true);
    for verdict in verdicts {
        let (breach, decided) = match verdict {
            Verdict::Holds => return Verdict::Holds,
            Verdict::Fails(breach) => (breach, true),
            Verdict::Undecided(breach) => (breach, false),
        };
        is_decided &= decided;
        common = match common {
            None => Some(breach),
            Some(other) if other == breach => Some(breach),
            Some(_) => Some(Breach::NoneHolds),
        };
    }
    let breach = common.unwrap_or(Breach::NoneHolds);
    if is_decided {
        Verdict::Fails(breach)
    } else {
        Verdict::Undecided(breach)
    }
}

fn negated(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Holds => Verdict::Fails(Breach::Forbidden),
        Verdict::Fails(_) => Verdict::Holds,
        Verdict::Undecided(breach @ (Breach::Missing | Breach::EmptyList | Breach::Malformed)) => {
            Verdict::Undecided(breach)
        }
        // Whatever the rule called it: such a value is not what it is about.
        Verdict::Undecided(_) => WRONG_TYPE,
    }
}
