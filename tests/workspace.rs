//! The shape of the workspace: which crate may know which, and how much the core may carry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// The edges that the architecture allows: a crate, and the crates of ours that it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("agentsudo-core", &[]),
    ("agentsudo-macros", &[]),
    ("agentsudo-tools", &["agentsudo-core", "agentsudo-macros"]),
    ("agentsudo-runtime", &["agentsudo-core", "agentsudo-tools"]),
    (
        "agentsudo-connectors",
        &["agentsudo-core", "agentsudo-tools"],
    ),
    (
        "agentsudo",
        &[
            "agentsudo-core",
            "agentsudo-macros",
            "agentsudo-runtime",
            "agentsudo-tools",
        ],
    ),
    ("agentsudo-cli", &["agentsudo", "agentsudo-connectors"]),
    (
        "agentsudo-testkit",
        &["agentsudo-core", "agentsudo-runtime", "agentsudo-tools"],
    ),
    ("agentsudo-tests", &[]),
    ("agentsudo-examples", &[]),
    ("agentsudo-benches", &[]),
];

/// What the core may resolve to, itself included: it is what auditors have to read.
const MAX_CORE_CRATES: usize = 45;

/// What decides must not reach for the world.
const BANNED_FROM_CORE: &[&str] = &[
    "tokio",
    "async-trait",
    "getrandom",
    "rand",
    "rand_core",
    "chrono",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .other_options(["--locked".to_owned()])
        .exec()
        .unwrap()
}

fn edges(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let ours = metadata.workspace_packages();
    let names = ours
        .iter()
        .map(|package| package.name.to_string())
        .collect::<BTreeSet<_>>();
    let edges_of = |package: &&cargo_metadata::Package| {
        let used = package.dependencies.iter();
        let used = used.filter(|used| used.kind == DependencyKind::Normal);
        let used = used
            .map(|used| used.name.clone())
            .filter(|name| names.contains(name));
        (package.name.to_string(), used.collect())
    };
    ours.iter().map(edges_of).collect()
}

/// Every package that normal and build dependencies of this one lead to, itself included.
fn resolved<'m>(metadata: &'m Metadata, name: &str) -> BTreeSet<&'m str> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes = resolve
        .nodes
        .iter()
        .map(|node| (&node.id, node))
        .collect::<BTreeMap<_, _>>();
    let first = &metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == name)
        .unwrap()
        .id;
    let mut seen = BTreeSet::<&PackageId>::new();
    let mut left = vec![first];
    while let Some(id) = left.pop() {
        if !seen.insert(id) {
            continue;
        }
        for used in &nodes[id].deps {
            if used
                .dep_kinds
                .iter()
                .any(|kind| kind.kind != DependencyKind::Development)
            {
                left.push(&used.pkg);
            }
        }
    }
    let packages = metadata
        .packages
        .iter()
        .filter(|package| seen.contains(&package.id));
    packages.map(|package| package.name.as_str()).collect()
}

#[test]
fn every_edge_between_our_crates_is_an_allowed_one() {
    let allowed = ALLOWED.iter().copied().collect::<BTreeMap<_, _>>();
    for (package, used) in edges(&metadata()) {
        let Some(may_use) = allowed.get(package.as_str()) else {
            panic!("`{package}` is not in the list of allowed edges: say what it may use");
        };
        for name in used {
            assert!(
                may_use.contains(&name.as_str()),
                "`{package}` must not use `{name}`"
            );
        }
    }
}

#[test]
fn the_list_of_allowed_edges_names_no_crate_that_is_gone() {
    let edges = edges(&metadata());
    for (package, _) in ALLOWED {
        assert!(
            edges.contains_key(*package),
            "`{package}` is no package of the workspace"
        );
    }
}

#[test]
fn the_core_stays_small_enough_to_read() {
    let metadata = metadata();
    let crates = resolved(&metadata, "agentsudo-core");
    assert!(
        crates.len() <= MAX_CORE_CRATES,
        "{} crates: {crates:?}",
        crates.len()
    );
    // The walk does find what it should.
    assert!(crates.contains("ed25519-dalek") && crates.contains("curve25519-dalek"));
}

#[test]
fn the_core_resolves_to_nothing_with_a_clock_an_executor_or_entropy() {
    let metadata = metadata();
    let crates = resolved(&metadata, "agentsudo-core");
    for banned in BANNED_FROM_CORE {
        assert!(!crates.contains(banned), "the core reaches `{banned}`");
    }
    // The twin: the same walk from the runtime does reach them.
    let runtime = resolved(&metadata, "agentsudo-runtime");
    assert!(runtime.contains("tokio") && runtime.contains("getrandom"));
}

/// Each attack of `docs/threats.md` names a file and a test in it: `` `file.rs` `test` ``.
#[test]
fn every_attack_that_is_documented_is_tried() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(tests.join("../docs/threats.md")).unwrap();
    let parts = text.split('`').collect::<Vec<_>>();
    let mut seen = 0;
    for window in parts.windows(3) {
        let [file, " ", name] = window else {
            continue;
        };
        let source = fs::read_to_string(tests.join("authority").join(file)).unwrap_or_default();
        let is_there = source.contains(&format!("fn {name}("));
        assert!(is_there, "docs/threats.md: no test `{name}` in `{file}`");
        seen += 1;
    }
    let rows = text.lines().filter(|line| line.starts_with("| ")).count();
    let heads = text.matches("| attack |").count();
    assert_eq!(seen, rows - heads, "each row names its test");
}
