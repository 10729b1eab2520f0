//! `docs/cli.md`: its commands run as they stand, and print what it says.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A block of commands, and the block of output after it.
struct Example {
    commands: String,
    printed: Option<String>,
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            continue;
        };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let block = block.map(|line| format!("{line}\n")).collect::<String>();
        match language {
            "sh" => examples.push(Example {
                commands: block,
                printed: None,
            }),
            "text" => examples.last_mut().unwrap().printed = Some(block),
            _ => {}
        }
    }
    examples
}

/// What differs from run to run is left out: keys, ids, and lines from a time on.
fn lasting(text: &str) -> Vec<String> {
    let plain = |word: &str| {
        word.trim_matches(|c: char| !c.is_ascii_alphanumeric())
            .to_owned()
    };
    let is_time = |word: &str| plain(word).len() == 20 && plain(word).ends_with('Z');
    let varies = |word: &str| {
        let plain = plain(word);
        let is_hex = plain.len() >= 8 && plain.bytes().all(|c| c.is_ascii_hexdigit());
        is_hex || plain.starts_with("MCowBQ")
    };
    let lines = text.lines().map(|line| {
        let words = line.split_whitespace().take_while(|word| !is_time(word));
        let words = words.filter(|word| !varies(word));
        words.collect::<Vec<_>>().join(" ")
    });
    lines.collect()
}

#[cfg(unix)]
#[test]
fn the_page_s_examples_run_and_print_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/cli.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let binaries = Path::new(env!("CARGO_BIN_EXE_agentsudo")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", binaries.display());
    let examples = examples(&page);
    assert!(examples.len() >= 8);
    for example in examples {
        let output = Command::new("sh")
            .args(["-eu", "-c", &example.commands])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env_remove("CLICOLOR_FORCE")
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success(),
            "{}{stdout}{stderr}",
            example.commands
        );
        if let Some(printed) = &example.printed {
            assert_eq!(lasting(&stdout), lasting(printed), "{}", example.commands);
        }
    }
}

#[test]
fn the_page_shows_every_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/cli.md")).unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_agentsudo"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()) {
        let shown = page.contains(&format!("agentsudo {command}"));
        assert!(shown || command == "help", "{command}");
    }
}
