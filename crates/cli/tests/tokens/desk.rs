//! A folder with keys, and the command run in it.
//!
//! *Invariant:* no run shows a secret key of the folder: each is checked for it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// When the tokens of these tests are made.
pub(crate) const NOW: u64 = 1_800_000_000;

/// A finished command.
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The run ended like this, and said this on the stream that it belongs to.
    #[track_caller]
    pub(crate) fn check(&self, exit: i32, said: &str) -> &Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.exit, exit, "{all}");
        assert!(all.contains(said), "expected `{said}` in:\n{all}");
        self
    }

    /// The run ended like this, said this on standard error, and printed nothing.
    #[track_caller]
    pub(crate) fn check_failed(&self, exit: i32, said: &str) {
        self.check(exit, "");
        assert!(
            self.stderr.contains(said),
            "expected `{said}` in:\n{}",
            self.stderr
        );
        assert_eq!(self.stdout, "");
    }
}

/// A folder with an issuer's key and those of two agents.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for name in ["issuer", "bot", "researcher"] {
            let (secret, public) = (format!("{name}.pem"), format!("{name}.pub.pem"));
            desk.run(&["keys", "new", "--out", &secret, "--public", &public])
                .check(0, "public key");
        }
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_on("", arguments)
    }

    /// Runs the command with this on standard input.
    pub(crate) fn run_on(&self, stdin: &str, arguments: &[&str]) -> Run {
        let mut child = Command::new(env!("CARGO_BIN_EXE_agentsudo"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read closes the pipe: that is its good right.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        let run = Run {
            exit: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for secret in secrets_in(self.folder.path()) {
            assert!(!run.stdout.contains(&secret) && !run.stderr.contains(&secret));
        }
        run
    }

    /// Mints a token for `support-bot` at [`NOW`], as text.
    pub(crate) fn mint(&self, options: &[&str]) -> String {
        let run = self.try_mint(options);
        run.check(0, "asudo1_");
        run.stdout.trim_end().to_owned()
    }

    pub(crate) fn try_mint(&self, options: &[&str]) -> Run {
        let now = NOW.to_string();
        let fixed = ["mint", "--key", "issuer.pem", "--agent", "support-bot"];
        let rest = ["--holder", "bot.pub.pem", "--at", &now];
        self.run(&[&fixed[..], &rest, options].concat())
    }

    /// Delegates the token to `researcher` at [`NOW`], as text.
    pub(crate) fn delegate(&self, token: &str, options: &[&str]) -> String {
        let run = self.try_delegate(token, options);
        run.check(0, "asudo1_");
        run.stdout.trim_end().to_owned()
    }

    pub(crate) fn try_delegate(&self, token: &str, options: &[&str]) -> Run {
        let now = NOW.to_string();
        let fixed = [
            "delegate",
            token,
            "--key",
            "bot.pem",
            "--agent",
            "researcher",
        ];
        let rest = ["--holder", "researcher.pub.pem", "--at", &now];
        self.run(&[&fixed[..], &rest, options].concat())
    }

    /// Runs a command on a token at a time, with the issuer trusted.
    pub(crate) fn ask(&self, command: &str, token: &str, at: u64, options: &[&str]) -> Run {
        let at = at.to_string();
        let fixed = [command, token, "--issuer", "issuer.pub.pem", "--at", &at];
        self.run(&[&fixed[..], options].concat())
    }
}

/// What no command may show: the first line of each secret key in a folder. It holds the whole seed; the
/// second one is the public half.
pub(crate) fn secrets_in(folder: &Path) -> Vec<String> {
    let mut secrets = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let Ok(text) = fs::read_to_string(entry.unwrap().path()) else {
            continue;
        };
        if text.contains("PRIVATE KEY") {
            secrets.extend(text.lines().nth(1).map(str::to_owned));
        }
    }
    secrets
}
