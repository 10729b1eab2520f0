//! `agentsudo keys`: making keys and looking at them. A secret key is written to its file and nowhere else.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use agentsudo::{KeyFileError, PublicKey, Signer as _, generate_key, write_key_file};
use serde::Serialize;

use super::{key, output};
use crate::exit::Exit;

#[derive(Debug, clap::Args)]
#[command(after_help = crate::exit::HELP)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, clap::Subcommand)]
enum KeysCommand {
    /// Make a key: for an issuer, or for an agent that holds tokens.
    ///
    /// The secret half goes to a new file that only its owner can read. No file is ever overwritten.
    New(NewArgs),
    /// Show the public half of a key, never more.
    Show(ShowArgs),
}

#[derive(Debug, clap::Args)]
struct NewArgs {
    /// Where to put the secret key, as PKCS#8 PEM
    #[arg(long, value_name = "FILE", default_value = "agentsudo-key.pem")]
    out: PathBuf,
    /// Where to put the public key, as PEM [default: standard output]
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// A PEM file with a public or a secret key
    file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What is shown of a key.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    version: u32,
    /// The file with the secret half, where it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key_file: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_file: Option<&'a Path>,
    public_key: String,
    issuer_id: String,
    public_key_pem: String,
}

/// Runs `agentsudo keys`.
pub(crate) fn run(args: &KeysArgs) -> anyhow::Result<Exit> {
    match &args.command {
        KeysCommand::New(new) => make(new),
        KeysCommand::Show(show) => {
            let key = key::in_file(&show.file)?;
            Shown::of(&key)?.print(show.json)
        }
    }
}

fn make(args: &NewArgs) -> anyhow::Result<Exit> {
    let secret = generate_key()?;
    let public = secret.public_key();
    let mut shown = Shown::of(&public)?;
    // First the file that can be taken back: a secret key that is written stays.
    if let Some(path) = &args.public {
        write_public(path, &shown.public_key_pem)?;
    }
    if let Err(error) = write_key_file(&args.out, &secret) {
        if let Some(path) = &args.public {
            // What is reported is why there is no key.
            let _ = fs::remove_file(path);
        }
        return Err(error.into());
    }
    shown.secret_key_file = Some(&args.out);
    shown.public_key_file = args.public.as_deref();
    shown.print(args.json)
}

fn write_public(path: &Path, pem: &str) -> Result<(), KeyFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists {
            path: path.to_owned(),
        },
        _ => KeyFileError::Io {
            path: path.to_owned(),
            source,
        },
    };
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(pem.as_bytes()))
        .map_err(failed)
}

impl Shown<'_> {
    fn of(key: &PublicKey) -> anyhow::Result<Self> {
        Ok(Self {
            version: output::VERSION,
            secret_key_file: None,
            public_key_file: None,
            public_key: key.to_hex(),
            issuer_id: key.issuer_id().to_string(),
            public_key_pem: key.to_pem()?,
        })
    }

    fn print(&self, json: bool) -> anyhow::Result<Exit> {
        if json {
            output::json(self)?;
            return Ok(Exit::Success);
        }
        let mut text = String::new();
        if let Some(path) = self.secret_key_file {
            text += &format!("secret key  {} (for its owner only)\n", path.display());
        }
        text += &format!(
            "public key  {}\nissuer id   {}\n",
            self.public_key, self.issuer_id
        );
        text += &match self.public_key_file {
            Some(path) => format!("public pem  {}\n", path.display()),
            None => self.public_key_pem.clone(),
        };
        output::text(&text)?;
        Ok(Exit::Success)
    }
}
