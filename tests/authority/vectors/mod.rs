//! Golden tokens and calls: one file a case, named after the attack, for every implementation to agree on.
//!
//! `tests/vectors/README.md` describes the files and how they are written anew.

mod arguments;
mod calls;
mod case;
mod chains;
mod check;
mod constraints;
mod encoding;
mod fields;
mod limits;
mod places;
mod points;
mod proofs;
mod times;
mod unsound;
mod widening;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use case::{Case, Vector};

/// Set to anything, it makes the first test below write the files instead of comparing them.
const REGENERATE: &str = "AGENTSUDO_REGENERATE_VECTORS";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// All cases, by the path of their file without its ending.
fn cases() -> BTreeMap<String, Vector> {
    let topics = [
        ("arguments", arguments::cases()),
        ("calls", calls::cases()),
        ("chains", chains::cases()),
        ("constraints", constraints::cases()),
        ("constraints", places::cases()),
        ("constraints", unsound::cases()),
        ("encoding", encoding::cases()),
        ("fields", fields::cases()),
        ("limits", limits::cases()),
        ("points", points::cases()),
        ("proofs", proofs::cases()),
        ("times", times::cases()),
        ("widening", widening::cases()),
    ];
    let mut all = BTreeMap::new();
    for (topic, cases) in topics {
        for Case { name, vector } in cases {
            let name = format!("{topic}/{name}");
            let before = all.insert(name.clone(), vector);
            assert!(before.is_none(), "{name} stands twice");
        }
    }
    all
}

/// The files that are there, by the same names.
fn files() -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for topic in fs::read_dir(folder()).unwrap() {
        let topic = topic.unwrap();
        if !topic.file_type().unwrap().is_dir() {
            continue;
        }
        for entry in fs::read_dir(topic.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.with_extension("");
            let name = name.strip_prefix(folder()).unwrap();
            found.insert(name.to_str().unwrap().to_owned(), path);
        }
    }
    found
}

fn written(vector: &Vector) -> String {
    serde_json::to_string_pretty(vector).unwrap() + "\n"
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own switch, documented beside the files that it writes"
)]
fn is_regenerating() -> bool {
    std::env::var_os(REGENERATE).is_some()
}

#[test]
fn the_files_are_what_the_generator_writes() {
    let cases = cases();
    for (name, vector) in &cases {
        let path = folder().join(name).with_extension("json");
        if is_regenerating() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, written(vector)).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, written(vector), "{}", path.display());
    }
    let without_a_case = files();
    let without_a_case = without_a_case
        .keys()
        .filter(|name| !cases.contains_key(*name));
    assert_eq!(without_a_case.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_file_is_accepted_or_refused_as_it_says() {
    let mut wrong = Vec::new();
    for (name, path) in files() {
        let vector: Vector = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let found = check::result_of(&vector);
        if found != vector.expected {
            wrong.push(format!(
                "{name}: expected {}, found {found}",
                vector.expected
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
