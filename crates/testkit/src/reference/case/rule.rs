//! Rules: each kind with arguments that some of the calls satisfy.

use super::Choices;
use super::arguments::{VALUES_DEPTH, decimal, value};
use super::choices::Pool;
use super::texts;
use crate::reference::call::tree_of;
use crate::reference::cbor::Tree;

/// Paths that lead somewhere in most calls.
const PATHS: [&[&str]; 14] = [
    &["amount"],
    &["to"],
    &["items[]"],
    &["items[]", "qty"],
    &["customer", "email"],
    &["path"],
    &["url"],
    &["ip"],
    &["note"],
    &["rows[]", "cells[]"],
    &["items"],
    &["customer"],
    &["to", "x[]"],
    &["nobody", "knows"],
];

/// The kinds, those that combine others last.
const KINDS: [u64; 18] = [2, 0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 13, 15, 16, 17];

pub(super) fn argument_path(choices: &mut Choices<'_>) -> Tree {
    if choices.one_in(96) {
        let names = ["a.b", "", "[]", "a[]b", "a b", "a\u{200b}", "ok", "a[][]"];
        let names = (0..choices.below(10)).map(|_| Tree::text(choices.word(&names)));
        return Tree::List(names.collect());
    }
    let names = *choices.pick(&PATHS);
    path_of(names)
}

fn path_of(names: &[&str]) -> Tree {
    match names {
        [only] => Tree::text(only),
        names => Tree::List(names.iter().map(|name| Tree::text(name)).collect()),
    }
}

/// Arguments, and the kinds of rules that are about such.
const THEMES: [(&[&str], &[u64]); 10] = [
    (&["amount"], &[2, 4, 0, 1]),
    (&["to"], &[10, 10, 3, 6]),
    (&["customer", "email"], &[10, 7, 5]),
    (&["path"], &[8, 8, 6, 3]),
    (&["url"], &[9]),
    (&["ip"], &[11]),
    (&["note"], &[3, 5, 6, 7]),
    (&["items[]", "qty"], &[2, 4]),
    (&["items"], &[12, 13, 5, 14]),
    (&["rows[]", "cells[]"], &[2, 4, 0]),
];

pub(super) fn constraint(choices: &mut Choices<'_>) -> Tree {
    let (path, [kind, argument]) = if choices.one_in(3) {
        (argument_path(choices), rule_of(choices, 1))
    } else {
        let (names, kinds) = *choices.pick(&THEMES);
        let kind = *choices.pick(kinds);
        let rule = match choices.below(6) {
            0 => [
                Tree::Uint(17),
                Tree::List(rule_of_kind(choices, kind, 2).to_vec()),
            ],
            _ => rule_of_kind(choices, kind, 1),
        };
        (path_of(names), rule)
    };
    let mut parts = vec![path, kind, argument];
    if choices.one_in(4) {
        parts.push(Tree::text(&super::block::pattern(choices)));
    }
    Tree::List(parts)
}

/// Kind and argument of a rule.
pub(super) fn rule_of(choices: &mut Choices<'_>, depth: usize) -> [Tree; 2] {
    let deepest = if choices.one_in(96) { 5 } else { 4 };
    let kinds = if depth < deepest {
        &KINDS[..]
    } else {
        &KINDS[..14]
    };
    let kind = if choices.one_in(128) {
        18
    } else {
        *choices.pick(kinds)
    };
    rule_of_kind(choices, kind, depth)
}

fn rule_of_kind(choices: &mut Choices<'_>, kind: u64, depth: usize) -> [Tree; 2] {
    let argument = match kind {
        0 => a_value(choices),
        1 | 12 => Tree::List((0..some(choices, 4)).map(|_| a_value(choices)).collect()),
        2 | 4 | 5 => bounds(choices, kind),
        13 | 17 => Tree::List(rule_of(choices, depth + 1).to_vec()),
        14 => Tree::Null,
        15 | 16 => {
            let rules = (0..some(choices, 3)).map(|_| rule_of(choices, depth + 1));
            Tree::List(rules.map(|rule| Tree::List(rule.to_vec())).collect())
        }
        9 => url(choices),
        11 => {
            let networks = (0..some(choices, 3)).map(|_| text(choices, &texts::NETWORKS));
            Tree::List(networks.collect())
        }
        3 => text(choices, &texts::PREFIXES),
        6 => glob(choices),
        7 => text(choices, &texts::REGEXES),
        8 => text(choices, &texts::BASES),
        10 => text(choices, &texts::DOMAINS),
        _ => Tree::Null,
    };
    [Tree::Uint(kind), argument]
}

fn a_value(choices: &mut Choices<'_>) -> Tree {
    tree_of(&value(choices, VALUES_DEPTH))
}

fn text(choices: &mut Choices<'_>, pool: &Pool) -> Tree {
    Tree::text(choices.mostly(pool))
}

/// Seldom none.
fn some(choices: &mut Choices<'_>, most: usize) -> usize {
    if choices.one_in(96) {
        0
    } else {
        1 + choices.below(most)
    }
}

fn glob(choices: &mut Choices<'_>) -> Tree {
    if choices.one_in(2) {
        let text = choices
            .text(&['a', 'b', '*', '/', 'é', '.'], 8)
            .replace("**", "*");
        return Tree::text(&format!("a{text}"));
    }
    text(choices, &texts::GLOBS)
}

fn bounds(choices: &mut Choices<'_>, kind: u64) -> Tree {
    let odd = [-1, (1 << 53) - 1, 1 << 53, i64::MIN, 1 << 32];
    let mut number = |among: &[i64]| match (kind, choices.one_in(96)) {
        (_, true) => Tree::int(*choices.pick(&odd)),
        (4, false) if choices.one_in(2) => tree_of(&decimal(choices)),
        _ => Tree::int(*choices.pick(among)),
    };
    let (low, high) = (number(&[0, 1, 3]), number(&[5_000, 5, 100, 3, 1]));
    let bounds = match choices.below(8) {
        0..=2 => [Tree::Null, high],
        3 | 4 => [low, Tree::Null],
        _ => [low, high],
    };
    Tree::List(bounds.to_vec())
}

fn url(choices: &mut Choices<'_>) -> Tree {
    let schemes = Pool {
        sound: &["https", "http", "wss"],
        odd: &["ftp", "HTTPS", ""],
    };
    let mut list = |pool: &Pool| {
        let count = some(choices, 3);
        Tree::List((0..count).map(|_| text(choices, pool)).collect())
    };
    let mut parts = vec![list(&schemes), list(&texts::HOSTS)];
    if choices.one_in(3) {
        let ports: &[u64] = if choices.one_in(32) {
            &[0, 65_536, 443]
        } else {
            &[443, 8_443, 80]
        };
        parts.push(Tree::List(
            (0..some(choices, 2))
                .map(|_| Tree::Uint(*choices.pick(ports)))
                .collect(),
        ));
    }
    Tree::List(parts)
}
