//! The list of error codes in the documentation and the codes in the source are the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What codes start with. A code of a new kind belongs in here and in `docs/errors.md`.
const NAMESPACES: &[&str] = &[
    "approval",
    "arguments",
    "budget",
    "call",
    "constraint",
    "digest",
    "effect",
    "fault",
    "freeze",
    "key",
    "key_file",
    "name",
    "outbox",
    "proof",
    "revocation",
    "scope",
    "session",
    "setup",
    "shop",
    "sudo",
    "token",
    "tool",
];

/// Texts that look like codes and are names of files or hosts.
const FILE_ENDINGS: &[&str] = &[
    "db", "md", "pem", "rs", "sql", "json", "jsonl", "txt", "example",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

fn is_code(text: &str) -> bool {
    let Some((namespace, name)) = text.split_once('.') else {
        return false;
    };
    let plain = !name.is_empty() && name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
    plain && NAMESPACES.contains(&namespace) && !FILE_ENDINGS.contains(&name)
}

/// The codes between two delimiters, such as quotes in source or backticks in a document.
fn codes_within(text: &str, delimiter: char) -> impl Iterator<Item = String> {
    text.split(delimiter)
        .filter(|part| is_code(part))
        .map(str::to_owned)
}

fn codes_in_source() -> BTreeSet<String> {
    let mut files = Vec::new();
    for package in fs::read_dir(root().join("crates")).unwrap() {
        sources(&package.unwrap().path().join("src"), &mut files);
    }
    let mut codes = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let production = text.split("#[cfg(test)]").next().unwrap();
        // Examples in documentation comments make codes up.
        let lines = production
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        codes.extend(lines.flat_map(|line| codes_within(line, '"')));
    }
    codes
}

fn codes_in_document() -> BTreeSet<String> {
    codes_within(
        &fs::read_to_string(root().join("docs/errors.md")).unwrap(),
        '`',
    )
    .collect()
}

#[test]
fn every_code_of_the_source_is_documented() {
    let documented = codes_in_document();
    let missing = codes_in_source()
        .into_iter()
        .filter(|code| !documented.contains(code));
    let missing = missing.collect::<Vec<_>>();
    assert!(missing.is_empty(), "add to docs/errors.md: {missing:?}");
}

#[test]
fn every_documented_code_is_in_the_source() {
    let used = codes_in_source();
    let gone = codes_in_document()
        .into_iter()
        .filter(|code| !used.contains(code));
    let gone = gone.collect::<Vec<_>>();
    assert!(gone.is_empty(), "remove from docs/errors.md: {gone:?}");
}

#[test]
fn the_search_finds_codes_and_no_file_names() {
    assert!(codes_in_source().len() > 100);
    assert!(
        is_code("token.expired")
            && !is_code("key.pem")
            && !is_code("token.")
            && !is_code("other.code")
    );
}
