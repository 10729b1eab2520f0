//! What the runner says about honest programs, liars, and programs that break down.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::report::Report;
use super::{run, vectors};

/// A folder of its own for each test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!(
            "agentsudo-conformance-{}-{name}",
            std::process::id()
        ));
        fs::create_dir_all(path.join("sub")).unwrap();
        fs::write(
            path.join("valid.json"),
            r#"{"expected":"ok","token_hex":"00"}"#,
        )
        .unwrap();
        fs::write(
            path.join("sub/refused.json"),
            r#"{"expected":"token.expired","token_hex":"01"}"#,
        )
        .unwrap();
        fs::write(path.join("README.md"), "no vector").unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Answers for each vector with the same result.
fn always(result: &str) -> String {
    format!(r#"sed 's/.*"name":"\([^"]*\)".*/{{"name":"\1","result":"{result}"}}/'"#)
}

/// Runs a script of the shell as the program.
fn asked(folder: &Folder, script: &str) -> Result<Report, Fault> {
    let arguments = [
        "--vectors".into(),
        folder.path().into(),
        "sh".into(),
        "-c".into(),
        script.into(),
    ];
    run(arguments.into_iter())
}

const HONEST: &str = r#"sed -e '/"token_hex":"00"/s/.*/{"name":"valid","result":"ok"}/' \
    -e '/"token_hex":"01"/s/.*/{"name":"sub\/refused","result":"token.expired"}/'"#;

#[test]
fn an_honest_program_agrees() {
    let report = asked(&Folder::new("honest"), HONEST).unwrap();
    assert!(report.agrees());
    assert_eq!(report.to_string(), "2 of 2 vectors agree\n");
}

#[test]
fn a_program_that_always_says_ok_is_found_out() {
    let report = asked(&Folder::new("ok"), &always("ok")).unwrap();
    assert!(!report.agrees());
    let table = "vector       expected       found\n\
                 sub/refused  token.expired  ok\n\
                 1 of 2 vectors agree\n";
    assert_eq!(report.to_string(), table);
}

#[test]
fn a_program_that_refuses_everything_is_found_out() {
    let report = asked(&Folder::new("refuses"), &always("token.expired")).unwrap();
    assert!(
        report
            .to_string()
            .contains("valid   ok        token.expired\n")
    );
}

#[test]
fn the_program_is_not_told_what_is_expected() {
    let folder = Folder::new("untold");
    let vectors = vectors::load(folder.path()).unwrap();
    assert_eq!(vectors.keys().collect::<Vec<_>>(), ["sub/refused", "valid"]);
    assert_eq!(
        vectors["sub/refused"].line,
        r#"{"name":"sub/refused","token_hex":"01"}"#
    );
    let cheat = r#"sed 's/.*"expected":"\([^"]*\)".*/\1/'"#;
    assert!(matches!(asked(&folder, cheat), Err(Fault::Garbage(_))));
}

#[test]
fn answers_come_in_any_order() {
    let report = asked(&Folder::new("order"), &format!("{HONEST} | sort -r")).unwrap();
    assert!(report.agrees());
    let report = asked(&Folder::new("order-2"), &format!("{HONEST} | sort")).unwrap();
    assert!(report.agrees());
}

#[test]
fn a_program_that_dies_is_a_fault() {
    for script in [
        "exit 1",
        "read line; exit 0",
        "head -n 1 | sed 's/.*/{\"name\":\"valid\",\"result\":\"ok\"}/'",
    ] {
        let found = asked(&Folder::new("dies"), script);
        assert!(
            matches!(found, Err(Fault::Short { expected: 2, .. })),
            "{script}: {found:?}"
        );
    }
    let found = asked(&Folder::new("fails"), &format!("{}; exit 3", always("ok")));
    assert!(matches!(found, Err(Fault::Failed(_))), "{found:?}");
}

#[test]
fn a_program_that_answers_something_else_is_a_fault() {
    for script in [
        "echo ok; cat >/dev/null",
        "cat",
        "printf '{\"name\":\"valid\",\"result\":1}\\n'; cat >/dev/null",
        "printf '{\"name\":\"valid\",\"result\":\"ok\"}'; cat >/dev/null",
        "printf '\\377\\n'; cat >/dev/null",
    ] {
        let found = asked(&Folder::new("garbage"), script);
        assert!(
            matches!(found, Err(Fault::Garbage(_))),
            "{script}: {found:?}"
        );
    }
}

#[test]
fn an_answer_for_another_vector_is_a_fault() {
    let twice = r#"sed 's/.*/{"name":"valid","result":"ok"}/'"#;
    let unknown = r#"sed 's/.*/{"name":"else","result":"ok"}/'"#;
    for script in [twice, unknown] {
        let found = asked(&Folder::new("stray"), script);
        assert!(matches!(found, Err(Fault::Stray(_))), "{script}: {found:?}");
    }
}

#[test]
fn a_line_without_end_is_a_fault_and_not_memory() {
    let found = asked(&Folder::new("endless"), "cat /dev/zero");
    assert!(matches!(found, Err(Fault::LongAnswer)), "{found:?}");
}

#[test]
fn a_program_that_writes_before_it_reads_does_not_stop_both() {
    let folder = Folder::new("pipes");
    // More than a pipe takes, in both directions.
    let filler = "a".repeat(4_000);
    for i in 0..200 {
        let vector = format!(r#"{{"expected":"ok","token_hex":"{filler}"}}"#);
        fs::write(folder.path().join(format!("many-{i}.json")), vector).unwrap();
    }
    let names = vectors::load(folder.path()).unwrap();
    let answers: String = names
        .keys()
        .map(|name| {
            format!(
                "{{\"name\":\"{name}\",\"result\":\"ok\",\"more\":\"{}\"}}\n",
                "b".repeat(3_000)
            )
        })
        .collect();
    let answers_file = folder.path().join("answers");
    fs::write(&answers_file, answers).unwrap();
    let script = format!("cat '{}'; cat >/dev/null", answers_file.display());
    assert_eq!(
        asked(&folder, &script).unwrap().to_string().lines().last(),
        Some("201 of 202 vectors agree")
    );
}

#[test]
fn a_folder_without_vectors_is_a_fault() {
    let folder = Folder::new("empty");
    fs::remove_file(folder.path().join("valid.json")).unwrap();
    fs::remove_dir_all(folder.path().join("sub")).unwrap();
    assert!(matches!(asked(&folder, HONEST), Err(Fault::NoVectors(_))));
    fs::write(folder.path().join("valid.json"), "{}").unwrap();
    assert!(matches!(asked(&folder, HONEST), Err(Fault::BadVector(_))));
    fs::remove_dir_all(folder.path()).unwrap();
    assert!(matches!(asked(&folder, HONEST), Err(Fault::Unreadable(..))));
}

#[test]
fn a_command_line_without_a_program_is_a_fault() {
    for arguments in [vec![], vec!["--vectors"], vec!["--vectors", "."]] {
        let found = run(arguments.into_iter().map(OsString::from));
        assert!(matches!(found, Err(Fault::Usage)), "{found:?}");
    }
    let folder = Folder::new("none");
    let arguments = [
        "--vectors".into(),
        folder.path().into(),
        OsString::from("/nonexistent/program"),
    ];
    assert!(matches!(run(arguments.into_iter()), Err(Fault::Program(_))));
}
