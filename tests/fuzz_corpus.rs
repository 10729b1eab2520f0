//! Every input that the fuzzers kept, once more and without a fuzzer: what they found stays found.
//!
//! The corpus is that of `fuzz/`, and each of its folders is called like the target that made it.

use std::fs;
use std::path::PathBuf;

use agentsudo_testkit::reference::targets::TARGETS;

/// So that a checkout stays small.
const MAX_CORPUS_LEN_BYTES: u64 = 2 << 20;

fn corpus() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus"))
}

fn inputs_of(target: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(corpus().join(target)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_kept_input_still_passes() {
    for (name, run) in TARGETS {
        let inputs = inputs_of(name);
        assert!(!inputs.is_empty(), "the target {name} has no corpus");
        for path in inputs {
            let bytes = fs::read(&path).unwrap();
            // The name of the input comes before whatever a target says when it panics.
            let outcome = std::panic::catch_unwind(|| run(&bytes));
            assert!(outcome.is_ok(), "target {name}, input {}", path.display());
        }
    }
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    let folders = fs::read_dir(corpus()).unwrap();
    for folder in folders {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(TARGETS.iter().any(|(target, _)| *target == name), "{name}");
    }
}

#[test]
fn every_target_has_a_program_that_fuzzes_it() {
    let manifest = fs::read_to_string(corpus().join("../Cargo.toml")).unwrap();
    for (name, _) in TARGETS {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}

#[test]
fn the_corpus_stays_small() {
    let inputs = TARGETS.iter().flat_map(|(name, _)| inputs_of(name));
    let total: u64 = inputs.map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(
        total <= MAX_CORPUS_LEN_BYTES,
        "the corpus has {total} bytes"
    );
}
