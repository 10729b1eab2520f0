//! Arguments of calls, and values in general.

use std::collections::BTreeMap;

use agentsudo_core::{Arguments, Decimal, Value};

use super::Choices;
use super::texts;

/// How deep the values inside of rules are.
pub(super) const VALUES_DEPTH: usize = 2;

/// Arguments for the paths that rules name.
#[must_use]
pub fn arguments(choices: &mut Choices<'_>) -> Arguments {
    let mut fields = BTreeMap::new();
    for (name, make) in MAKERS {
        let value = match choices.below(24) {
            21 => value(choices, VALUES_DEPTH),
            22 => Value::Null,
            23 => continue,
            _ => make(choices),
        };
        fields.insert((*name).to_owned(), value);
    }
    Arguments::from_map(fields).unwrap_or_default()
}

type Make = fn(&mut Choices<'_>) -> Value;

const MAKERS: &[(&str, Make)] = &[
    ("amount", number),
    ("to", |choices| known(choices, &texts::MAILS)),
    ("items", |choices| list(choices, item)),
    ("customer", |choices| {
        let email = known(choices, &texts::MAILS);
        Value::Map(BTreeMap::from([("email".to_owned(), email)]))
    }),
    ("path", |choices| path(choices)),
    ("url", |choices| url(choices)),
    ("ip", |choices| known(choices, &texts::ADDRESSES)),
    ("note", |choices| note(choices)),
    ("rows", |choices| {
        list(choices, |choices| {
            Value::Map(BTreeMap::from([(
                "cells".to_owned(),
                list(choices, number),
            )]))
        })
    }),
];

fn known(choices: &mut Choices<'_>, texts: &[&str]) -> Value {
    Value::from(*choices.pick(texts))
}

fn list(choices: &mut Choices<'_>, make: Make) -> Value {
    let count = *choices.pick(&[2, 1, 3, 0]);
    Value::List((0..count).map(|_| make(choices)).collect())
}

fn item(choices: &mut Choices<'_>) -> Value {
    match choices.below(4) {
        0 | 1 => Value::Map(BTreeMap::from([("qty".to_owned(), number(choices))])),
        2 => known(choices, &texts::GLOB_SUBJECTS),
        _ => value(choices, VALUES_DEPTH),
    }
}

fn number(choices: &mut Choices<'_>) -> Value {
    match choices.below(6) {
        0..=3 => Value::Integer(*choices.pick(&[1, 5, 0, 100, 5_000, 5_001, 3, -1, (1 << 53) - 1])),
        _ => decimal(choices),
    }
}

pub(super) fn decimal(choices: &mut Choices<'_>) -> Value {
    let mantissa = *choices.pick(&[15, 49_999, 50_001, -5, 999_999_999_999_999, 3]);
    let scale = *choices.pick(&[1, 18, 2]);
    Decimal::new(mantissa, scale).map_or(Value::Null, Value::Decimal)
}

fn path(choices: &mut Choices<'_>) -> Value {
    if choices.one_in(2) {
        return known(choices, &texts::PATHS);
    }
    let names = ["srv", "data", "..", ".", "", "a", "database"];
    let names: Vec<_> = (0..choices.below(7))
        .map(|_| *choices.pick(&names))
        .collect();
    Value::from(names.join("/"))
}

fn url(choices: &mut Choices<'_>) -> Value {
    if choices.one_in(2) {
        return known(choices, &texts::URLS);
    }
    let scheme = choices.pick(&["https", "http", "WSS", "ftp", ""]);
    let host = if choices.one_in(3) {
        choices.pick(texts::HOSTS.odd)
    } else {
        choices.pick(texts::HOSTS.sound)
    };
    let port = choices.pick(&["", ":443", ":8443", ":80", ":", ":0443", ":65536", ":x"]);
    let tail = choices.pick(&[
        "", "/", "/a/b", "/a/../b", "/%2e%2e/", "/a?b=..", "?q", "/a%20b", "/..;x", "/%5C",
    ]);
    Value::from(format!("{scheme}://{host}{port}{tail}"))
}

fn note(choices: &mut Choices<'_>) -> Value {
    match choices.below(4) {
        0 => known(choices, &texts::GLOB_SUBJECTS),
        1 => Value::from(choices.text(&['a', 'b', '/', 'é', '.', '\u{301}'], 8)),
        2 => known(choices, &texts::REGEX_SUBJECTS),
        _ => Value::from("a".repeat(*choices.pick(&[1, 1_024, 1_025, 2_048, 2_049, 700]))),
    }
}

/// Any value.
pub(super) fn value(choices: &mut Choices<'_>, depth: usize) -> Value {
    let most = if depth > 0 { 8 } else { 6 };
    match choices.below(most) {
        0 | 1 => number(choices),
        2 => Value::Bool(choices.one_in(2)),
        3 => Value::Null,
        4 => known(choices, &texts::MAILS),
        5 => known(choices, &["a", "", "ab", "a/b", "5000", "true"]),
        6 => Value::List(
            (0..choices.below(3))
                .map(|_| value(choices, depth - 1))
                .collect(),
        ),
        _ => {
            let names = ["email", "qty", "x", "longer-name"];
            let entries = (0..choices.below(3)).map(|_| {
                (
                    (*choices.pick(&names)).to_owned(),
                    value(choices, depth - 1),
                )
            });
            Value::Map(entries.collect())
        }
    }
}
