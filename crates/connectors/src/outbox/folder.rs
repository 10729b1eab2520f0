//! The outbox: a folder in which each message is one file, from which a mail server picks it up.
//!
//! *Invariant:* a file of the outbox is complete and durable from the moment that it has its name,
//! is never overwritten, and its name is the idempotency key, so one key is one message. That holds
//! between processes, because the file system decides who comes first.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentsudo_core::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::address::{Copies, EmailAddress};
use super::error::OutboxError;
use super::mail::{Mail, MailKey, is_same_message};

/// Longest message that is read back, in bytes: a body of 32 KiB, in the encoding that triples it,
/// and its headers.
const MESSAGE_MAX_BYTES: u64 = 128 * 1024;

/// A folder of outgoing mail, and the address that it is sent from.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: Arc<Path>,
    from: EmailAddress,
}

/// What the sender gets to know of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailReceipt {
    /// The `Message-ID` header, by which a server and a reader know the message.
    pub message_id: String,
    /// Whom it goes to.
    pub to: EmailAddress,
    /// Who gets a copy.
    pub cc: Copies,
}

impl Outbox {
    /// Opens the outbox in `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// [`OutboxError::Unavailable`] if there is no such folder and none can be made.
    pub fn open(folder: &Path, from: EmailAddress) -> Result<Self, OutboxError> {
        fs::create_dir_all(folder).map_err(OutboxError::Unavailable)?;
        Ok(Self {
            folder: folder.into(),
            from,
        })
    }

    /// The files of all messages, sorted by name. Blocks: for checks, not for async code.
    ///
    /// # Errors
    /// [`OutboxError::Unavailable`] if the folder cannot be read.
    pub fn messages(&self) -> Result<Vec<PathBuf>, OutboxError> {
        let entries = fs::read_dir(&self.folder).map_err(OutboxError::Unavailable)?;
        let mut files = entries
            .map(|entry| Ok(entry?.path()))
            .filter(|path| path.as_ref().map_or(true, |path| is_message(path)))
            .collect::<io::Result<Vec<_>>>()
            .map_err(OutboxError::Unavailable)?;
        files.sort();
        Ok(files)
    }

    /// Writes the message on a thread that may block.
    pub(super) async fn send(
        &self,
        mail: Mail,
        key: MailKey,
        now: Timestamp,
    ) -> Result<MailReceipt, OutboxError> {
        let outbox = self.clone();
        tokio::task::spawn_blocking(move || outbox.send_blocking(&mail, &key, now))
            .await
            .unwrap_or(Err(OutboxError::Unreported))
    }

    pub(super) fn send_blocking(
        &self,
        mail: &Mail,
        key: &MailKey,
        now: Timestamp,
    ) -> Result<MailReceipt, OutboxError> {
        let message = mail.to_rfc5322(&self.from, key, now)?;
        let path = self.folder.join(key.file_name());
        match self.publish(&path, &message) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let first = read_message(&path).map_err(OutboxError::Unavailable)?;
                if !is_same_message(&first, &message) {
                    return Err(OutboxError::IdempotencyConflict {
                        key: key.as_str().to_owned(),
                    });
                }
            }
            Err(error) => return Err(OutboxError::Unavailable(error)),
        }
        // Also when the file was there: whoever wrote it may have died before this line.
        self.sync_names().map_err(OutboxError::Unconfirmed)?;
        Ok(MailReceipt {
            message_id: key.message_id(&self.from),
            to: mail.to.clone(),
            cc: mail.cc.clone(),
        })
    }

    /// Makes the whole message appear under its name at once, or fails if the name is taken.
    fn publish(&self, path: &Path, message: &[u8]) -> io::Result<()> {
        let mut draft = tempfile::Builder::new()
            .prefix(".draft-")
            .tempfile_in(&self.folder)?;
        draft.write_all(message)?;
        draft.as_file().sync_all()?;
        draft.persist_noclobber(path)?;
        Ok(())
    }

    /// A new name is durable once its folder is. Only Unix can open a folder to say so.
    fn sync_names(&self) -> io::Result<()> {
        if cfg!(unix) {
            File::open(&self.folder)?.sync_all()
        } else {
            Ok(())
        }
    }
}

fn is_message(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "eml")
}

fn read_message(path: &Path) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    File::open(path)?
        .take(MESSAGE_MAX_BYTES)
        .read_to_end(&mut message)?;
    Ok(message)
}
