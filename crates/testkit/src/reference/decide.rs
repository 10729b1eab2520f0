//! Whether a rule holds of an argument, in three answers.

use std::collections::BTreeMap;
use std::mem::discriminant;

use agentsudo_core::{Arguments, Value};

use super::Code;
use super::place::{Address, Url, domain_of_mail, host_matches, usual_port};
use super::rule::{Constraint, Rule};
use super::sound::{compiled, in_units};
use super::text::{glob_matches, is_below};

const MISSING: Code = "constraint.missing_argument";
const WRONG_TYPE: Code = "constraint.wrong_type";
const MALFORMED: Code = "constraint.malformed_argument";
const EMPTY_LIST: Code = "constraint.empty_list";
const OUTSIDE_NETWORK: Code = "constraint.outside_network";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Holds,
    Fails(Code),
    Undecided(Code),
}

/// What a path leads to.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Missing,
    /// The path goes on where nothing has names.
    Nowhere,
    At(&'a Value),
}

impl<'a> Place<'a> {
    fn of(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Missing,
            Some(value) => Self::At(value),
        }
    }
}

impl Constraint {
    pub(super) fn check(&self, arguments: &Arguments) -> Result<(), Code> {
        match holds(&self.rule, &self.path, arguments) {
            Answer::Holds => Ok(()),
            Answer::Fails(code) | Answer::Undecided(code) => Err(code),
        }
    }
}

/// Whether a rule holds of what a path names: of each element, where it goes over a list.
pub(super) fn holds(rule: &Rule, path: &[String], arguments: &Arguments) -> Answer {
    let mut places = Vec::new();
    if let Err(code) = places_in(arguments.as_map(), path, &mut places) {
        places.push(Err(code));
    }
    let mut matched = 0;
    let answers = places.into_iter().map(|place| match place {
        Ok(place) => answer(rule, place, &mut matched),
        Err(code) => Answer::Undecided(code),
    });
    all(&answers.collect::<Vec<_>>())
}

/// The places that a path names, or why there are none.
pub(super) fn places_in<'a>(
    fields: &'a BTreeMap<String, Value>,
    path: &[String],
    places: &mut Vec<Result<Place<'a>, Code>>,
) -> Result<(), Code> {
    let Some((step, rest)) = path.split_first() else {
        return Err(MISSING);
    };
    let Some(list) = step.strip_suffix("[]") else {
        go_on(Place::of(fields.get(step)), rest, places);
        return Ok(());
    };
    match fields.get(list) {
        None | Some(Value::Null) => Err(MISSING),
        Some(Value::List(values)) if values.is_empty() => Err(MISSING),
        Some(Value::List(values)) => {
            for value in values {
                go_on(Place::of(Some(value)), rest, places);
            }
            Ok(())
        }
        Some(_) => Err(WRONG_TYPE),
    }
}

fn go_on<'a>(place: Place<'a>, rest: &[String], places: &mut Vec<Result<Place<'a>, Code>>) {
    let goes_over_a_list = rest.iter().any(|step| step.ends_with("[]"));
    match place {
        place if rest.is_empty() => places.push(Ok(place)),
        Place::At(Value::Map(fields)) => {
            if let Err(code) = places_in(fields, rest, places) {
                places.push(Err(code));
            }
        }
        _ if goes_over_a_list => places.push(Err(MISSING)),
        Place::Missing => places.push(Ok(Place::Missing)),
        Place::At(_) | Place::Nowhere => places.push(Ok(Place::Nowhere)),
    }
}

/// `matched` counts the bytes that regular expressions have looked at.
fn answer(rule: &Rule, place: Place<'_>, matched: &mut usize) -> Answer {
    match (rule, place) {
        (Rule::All(rules), _) => {
            let answers: Vec<_> = rules
                .iter()
                .map(|rule| answer(rule, place, matched))
                .collect();
            all(&answers)
        }
        (Rule::Any(rules), _) => any(rules, place, matched),
        (Rule::Absent, Place::Missing) => Answer::Holds,
        (Rule::Absent, Place::Nowhere) => Answer::Undecided(WRONG_TYPE),
        (Rule::Absent, Place::At(_)) => Answer::Fails("constraint.present"),
        (_, Place::Missing | Place::Nowhere) => Answer::Undecided(MISSING),
        (Rule::Not(rule), Place::At(_)) => match answer(rule, place, matched) {
            Answer::Holds => Answer::Fails("constraint.forbidden"),
            Answer::Fails(_) => Answer::Holds,
            Answer::Undecided(MISSING) => Answer::Undecided(MISSING),
            Answer::Undecided(EMPTY_LIST) => Answer::Undecided(EMPTY_LIST),
            Answer::Undecided(MALFORMED) => Answer::Undecided(MALFORMED),
            Answer::Undecided(_) => Answer::Undecided(WRONG_TYPE),
        },
        (Rule::Every(rule), Place::At(Value::List(values))) => {
            let elements = values.iter().map(|value| Place::of(Some(value)));
            let answers: Vec<_> = elements.map(|place| answer(rule, place, matched)).collect();
            each(&answers)
        }
        (_, Place::At(value)) => of_value(rule, value, matched),
    }
}

fn of_value(rule: &Rule, value: &Value, matched: &mut usize) -> Answer {
    match (rule, value) {
        (Rule::Equals(wanted), _) => {
            one_of(std::slice::from_ref(wanted), value, "constraint.not_equal")
        }
        (Rule::OneOf(choices), _) => one_of(choices, value, "constraint.not_one_of"),
        (Rule::Subset(choices), Value::List(values)) => {
            let element = |value| one_of(choices, value, "constraint.not_subset");
            each(&values.iter().map(element).collect::<Vec<_>>())
        }
        (Rule::Range(min, max), Value::Integer(found)) => within(*found, *min, *max, RANGE),
        (Rule::DecimalRange(min, max), Value::Integer(_) | Value::Decimal(_)) => {
            let units = |bound: &Option<Value>| bound.as_ref().and_then(in_units);
            in_units(value).map_or(Answer::Undecided(WRONG_TYPE), |found| {
                within(found, units(min), units(max), RANGE)
            })
        }
        (Rule::Length(min, max), Value::String(text)) => {
            within(text.chars().count(), size(*min), size(*max), LENGTH)
        }
        (Rule::Length(min, max), Value::List(values)) => {
            within(values.len(), size(*min), size(*max), LENGTH)
        }
        (_, Value::String(text)) => of_text(rule, text, matched),
        _ => Answer::Undecided(WRONG_TYPE),
    }
}

fn of_text(rule: &Rule, text: &str, matched: &mut usize) -> Answer {
    let (holds, breach) = match rule {
        Rule::Prefix(prefix) => (Some(text.starts_with(prefix)), "constraint.prefix_mismatch"),
        Rule::Glob(pattern) => (glob_matches(pattern, text), "constraint.pattern_mismatch"),
        Rule::Regex(pattern) => {
            *matched = matched.saturating_add(text.len());
            let may_match = *matched <= 2_048;
            *matched = (*matched).min(2_048);
            let regex = compiled(pattern).filter(|_| may_match);
            (
                regex.map(|regex| regex.is_match(text)),
                "constraint.pattern_mismatch",
            )
        }
        Rule::Subpath(base) => (is_below(base, text), "constraint.outside_path"),
        Rule::EmailDomain(pattern) => (
            domain_of_mail(text).map(|domain| host_matches(pattern, &domain)),
            "constraint.domain_not_allowed",
        ),
        Rule::Url {
            schemes,
            hosts,
            ports,
        } => return of_url(text, schemes, hosts, ports.as_deref().unwrap_or(&[])),
        Rule::Cidr(networks) => return of_address(text, networks),
        _ => return Answer::Undecided(WRONG_TYPE),
    };
    match holds {
        Some(true) => Answer::Holds,
        Some(false) => Answer::Fails(breach),
        None => Answer::Undecided(MALFORMED),
    }
}

fn of_url(text: &str, schemes: &[String], hosts: &[String], ports: &[u16]) -> Answer {
    let Some(url) = Url::parse(text) else {
        return Answer::Undecided(MALFORMED);
    };
    let port_fits = match ports {
        [] => usual_port(&url.scheme) == Some(url.port),
        ports => ports.iter().any(|port| u32::from(*port) == url.port),
    };
    if !schemes.contains(&url.scheme) {
        Answer::Fails("constraint.scheme_not_allowed")
    } else if !hosts.iter().any(|pattern| host_matches(pattern, &url.host)) {
        Answer::Fails("constraint.host_not_allowed")
    } else if !port_fits {
        Answer::Fails("constraint.port_not_allowed")
    } else {
        Answer::Holds
    }
}

fn of_address(text: &str, networks: &[String]) -> Answer {
    let Some(address) = Address::parse(text) else {
        return Answer::Undecided(MALFORMED);
    };
    let networks = networks.iter().filter_map(|text| Address::network(text));
    let answers: Vec<_> = networks
        .filter_map(|network| address.is_in(network))
        .collect();
    if answers.contains(&true) {
        Answer::Holds
    } else if answers.is_empty() {
        Answer::Undecided(OUTSIDE_NETWORK)
    } else {
        Answer::Fails(OUTSIDE_NETWORK)
    }
}

/// Too small and too large.
type Breaches = (Code, Code);
const RANGE: Breaches = ("constraint.below_minimum", "constraint.above_maximum");
const LENGTH: Breaches = ("constraint.too_short", "constraint.too_long");

fn size(bound: Option<u32>) -> Option<usize> {
    bound.map(|bound| usize::try_from(bound).unwrap_or(usize::MAX))
}

fn within<N: Ord + Copy>(found: N, min: Option<N>, max: Option<N>, breaches: Breaches) -> Answer {
    match (min, max) {
        (Some(min), _) if found < min => Answer::Fails(breaches.0),
        (_, Some(max)) if found > max => Answer::Fails(breaches.1),
        _ => Answer::Holds,
    }
}

fn one_of(choices: &[Value], found: &Value, breach: Code) -> Answer {
    let is_number = |value: &Value| matches!(value, Value::Integer(_) | Value::Decimal(_));
    let is_alike = |choice: &Value| {
        discriminant(choice) == discriminant(found) || (is_number(choice) && is_number(found))
    };
    if choices.contains(found) {
        Answer::Holds
    } else if choices.iter().any(is_alike) {
        Answer::Fails(breach)
    } else {
        Answer::Undecided(breach)
    }
}

fn each(answers: &[Answer]) -> Answer {
    if answers.is_empty() {
        Answer::Undecided(EMPTY_LIST)
    } else {
        all(answers)
    }
}

/// The first that is undecided, else the first that fails.
fn all(answers: &[Answer]) -> Answer {
    let is_undecided = |answer: &&Answer| matches!(answer, Answer::Undecided(_));
    let has_failed = |answer: &&Answer| matches!(answer, Answer::Fails(_));
    let found = answers.iter().find(is_undecided);
    *found
        .or_else(|| answers.iter().find(has_failed))
        .unwrap_or(&Answer::Holds)
}

/// In their order, and no further than to the first that holds.
fn any(rules: &[Rule], place: Place<'_>, matched: &mut usize) -> Answer {
    let mut breaches = Vec::new();
    let mut is_decided = true;
    for rule in rules {
        match answer(rule, place, matched) {
            Answer::Holds => return Answer::Holds,
            Answer::Fails(breach) => breaches.push(breach),
            Answer::Undecided(breach) => {
                breaches.push(breach);
                is_decided = false;
            }
        }
    }
    let breach = match breaches.split_first() {
        Some((first, others)) if others.iter().all(|other| other == first) => *first,
        _ => "constraint.none_holds",
    };
    if is_decided {
        Answer::Fails(breach)
    } else {
        Answer::Undecided(breach)
    }
}
