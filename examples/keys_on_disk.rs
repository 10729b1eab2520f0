//! Keys in files: written for their owner only, refused when others can read them.
//!
//! You will see an issuer's and an agent's key written and read back, a token that outlives the program
//! that minted it, and what happens to a key file with open permissions and to one that exists already.
//!
//! `cargo run -p agentsudo-examples --example keys_on_disk`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentsudo::{
    Agent, AgentName, Audience, Issuer, KeyFileError, MemoryAudit, Runtime, SystemClock, Token,
    Verifier, generate_key, read_key_file, write_key_file,
};

/// A folder of this run's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn create() -> anyhow::Result<Self> {
        let name = format!("agentsudo-keys-on-disk-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            println!("{} stays behind: {error}", self.0.display());
        }
    }
}

fn read_issuer(path: &Path) -> anyhow::Result<Issuer> {
    let key = read_key_file(path)?;
    Ok(Issuer::new(Arc::new(key), Arc::new(SystemClock::start())))
}

fn read_agent(path: &Path) -> anyhow::Result<Agent> {
    let name = AgentName::parse("support-bot")?;
    Ok(Agent::new(name, read_key_file(path)?))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let folder = Folder::create()?;
    let issuer_key = folder.0.join("issuer.pem");
    let bot_key = folder.0.join("support-bot.pem");
    let token_file = folder.0.join("support-bot.token");

    // On the first day.
    write_key_file(&issuer_key, &generate_key()?)?;
    write_key_file(&bot_key, &generate_key()?)?;
    let issuer = read_issuer(&issuer_key)?;
    let token = issuer.token_for(&read_agent(&bot_key)?);
    fs::write(&token_file, token.allow("read:orders").mint()?.to_text())?;

    // On any other: nothing but the files.
    let public_key = read_issuer(&issuer_key)?.public_key();
    let verifier = Verifier::new(Audience::parse("shop")?).trust(public_key);
    let runtime = Runtime::builder(verifier)
        .audit(MemoryAudit::new())
        .build()?;
    let token = Token::from_text(&fs::read_to_string(&token_file)?)?;
    let session = runtime.open_session(&read_agent(&bot_key)?, &token).await?;
    println!(
        "{} is back, until {}",
        session.chain(),
        session.expires_at()
    );
    anyhow::ensure!(session.chain().to_string() == "support-bot");

    // A key is never overwritten.
    let Err(error) = write_key_file(&bot_key, &generate_key()?) else {
        anyhow::bail!("the old key must stay");
    };
    println!("{}", error.code());
    anyhow::ensure!(error.code() == "key_file.exists");

    check_modes(&bot_key)
}

#[cfg(unix)]
fn check_modes(key: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(key)?.permissions().mode() & 0o777;
    println!("written with mode {mode:03o}");
    anyhow::ensure!(mode == 0o600);

    fs::set_permissions(key, fs::Permissions::from_mode(0o640))?;
    let Err(error) = read_key_file(key) else {
        anyhow::bail!("others may have read this key");
    };
    println!("with mode 640: {}", error.code());
    anyhow::ensure!(matches!(error, KeyFileError::Exposed { mode: 0o640, .. }));
    Ok(())
}

#[cfg(not(unix))]
fn check_modes(_: &Path) -> anyhow::Result<()> {
    println!("file modes are not checked on this system");
    Ok(())
}
