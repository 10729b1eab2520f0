//! `agentsudo keys`.

use std::fs;

use crate::desk::{Desk, secrets_in};

#[test]
fn a_secret_key_shows_the_same_public_half_as_its_public_file() {
    let desk = Desk::new();
    let secret = desk.run(&["keys", "show", "issuer.pem"]);
    let public = desk.run(&["keys", "show", "issuer.pub.pem"]);
    secret.check(0, "issuer id");
    assert_eq!(secret.stdout, public.stdout);
    let pem = fs::read_to_string(desk.path("issuer.pub.pem")).unwrap();
    assert!(secret.stdout.ends_with(&pem));
}

#[test]
fn a_key_in_json_says_the_same() {
    let desk = Desk::new();
    let shown = desk.run(&["keys", "show", "issuer.pem"]).stdout;
    let json = desk.run(&["keys", "show", "issuer.pem", "--json"]).json();
    for field in ["public_key", "issuer_id", "public_key_pem"] {
        assert!(shown.contains(json[field].as_str().unwrap()), "{field}");
    }
    assert!(json.get("secret_key_file").is_none());
}

#[test]
fn the_check_for_secrets_has_secrets_to_look_for() {
    let desk = Desk::new();
    let secrets = secrets_in(&desk.path("."));
    assert_eq!(secrets.len(), 3);
    assert!(secrets.iter().all(|line| line.len() == 64));
}

#[test]
fn a_new_key_is_printed_with_its_file_and_public_pem() {
    let desk = Desk::new();
    let made = desk.run(&["keys", "new"]);
    made.check(0, "secret key  agentsudo-key.pem");
    made.check(0, "-----BEGIN PUBLIC KEY-----");
    assert!(desk.path("agentsudo-key.pem").exists());
}

#[test]
fn a_key_is_never_overwritten() {
    let desk = Desk::new();
    let before = fs::read(desk.path("issuer.pem")).unwrap();
    desk.run(&[
        "keys",
        "new",
        "--out",
        "issuer.pem",
        "--public",
        "other.pub.pem",
    ])
    .check_failed(3, "(key_file.exists)");
    assert_eq!(fs::read(desk.path("issuer.pem")).unwrap(), before);
    assert!(!desk.path("other.pub.pem").exists());
}

#[test]
fn a_public_file_that_is_there_stops_the_making_of_a_key() {
    let desk = Desk::new();
    desk.run(&[
        "keys",
        "new",
        "--out",
        "new.pem",
        "--public",
        "issuer.pub.pem",
    ])
    .check_failed(3, "(key_file.exists)");
    assert!(!desk.path("new.pem").exists());
}

#[test]
fn a_file_without_a_key_is_refused_and_not_repeated() {
    let desk = Desk::new();
    desk.write("note.txt", "hunter2");
    let run = desk.run(&["keys", "show", "note.txt"]);
    run.check_failed(3, "(key_file.content)");
    assert!(!run.stderr.contains("hunter2"));
    desk.run(&["keys", "show", "gone.pem"])
        .check_failed(3, "(key_file.io)");
}

#[cfg(unix)]
mod modes {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use crate::desk::Desk;

    #[test]
    fn a_new_secret_key_is_for_its_owner_only() {
        let desk = Desk::new();
        let mode = fs::metadata(desk.path("issuer.pem")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn no_command_reads_a_key_that_others_can_read() {
        let desk = Desk::new();
        let token = desk.mint(&["--allow", "read:orders", "--delegable", "1"]);
        for key in ["issuer.pem", "bot.pem"] {
            fs::set_permissions(desk.path(key), Permissions::from_mode(0o644)).unwrap();
        }
        let runs = [
            desk.run(&["keys", "show", "issuer.pem"]),
            desk.try_mint(&["--allow", "read:orders"]),
            desk.try_delegate(&token, &[]),
            desk.run(&["verify", &token, "--issuer", "issuer.pem"]),
        ];
        for run in runs {
            run.check_failed(3, "chmod 600");
            run.check_failed(3, "(key_file.exposed)");
        }
    }
}
