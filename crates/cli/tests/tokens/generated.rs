//! `agentsudo completions` and `agentsudo man`.

use std::fs;

use crate::desk::Desk;

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let desk = Desk::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        desk.run(&["completions", shell])
            .check(0, "delegate")
            .check(0, "budget-on")
            .check(0, "prove")
            .check(0, "lint");
    }
    desk.run(&["completions", "csh"]).check_failed(2, "bash");
}

#[test]
fn the_manual_page_names_the_commands() {
    Desk::new().run(&["man"]).check(0, "agentsudo\\-inspect(1)");
}

#[test]
fn each_command_gets_a_page_of_its_own() {
    let desk = Desk::new();
    fs::create_dir(desk.path("man")).unwrap();
    desk.run(&["man", "--dir", "man"]).check(0, "");
    let pages = [
        "agentsudo.1",
        "agentsudo-mint.1",
        "agentsudo-prove.1",
        "agentsudo-lint.1",
        "agentsudo-keys-new.1",
    ];
    for page in pages {
        assert!(desk.path("man").join(page).exists(), "{page}");
    }
    desk.run(&["man", "--dir", "gone"])
        .check_failed(3, "no pages could be written to `gone`");
}

#[test]
fn help_lists_the_exit_codes() {
    let desk = Desk::new();
    let commands = [
        "mint", "delegate", "inspect", "verify", "prove", "explain", "lint", "keys",
    ];
    for command in commands {
        desk.run(&[command, "--help"]).check(
            0,
            "4  refused: a token is not valid, or a call is not allowed",
        );
    }
}
