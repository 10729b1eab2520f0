//! Audit records as lines of JSON in a file.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use agentsudo_core::AuditRecord;
use async_trait::async_trait;

use super::{AuditFault, AuditSink};

/// Appends one line of JSON a record to a file, and waits until the disk has it.
///
/// JSON escapes line breaks, so no argument can forge a record. The file is created for its owner only. A
/// line that a crash cut short is left as it is, and the next record begins on a line of its own.
pub struct JsonLinesAudit(Arc<Mutex<Lines>>);

struct Lines {
    file: File,
    /// Whether the file ends in the middle of a line: cut short by a crash, or by a full disk.
    torn: bool,
}

impl Lines {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.file.write_all(b"\n")?;
        }
        // One write a record: after a crash a line is whole, or cut short at the very end.
        self.torn = true;
        self.file.write_all(line)?;
        self.torn = false;
        self.file.sync_data()
    }
}

/// Whether a file ends in the middle of a line.
fn is_torn(file: &mut File) -> io::Result<bool> {
    // A pipe or a device has no end to look at.
    if !file.metadata()?.is_file() || file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

impl JsonLinesAudit {
    /// Opens the file for appending, or creates it.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        let torn = is_torn(&mut file)?;
        Ok(Self(Arc::new(Mutex::new(Lines { file, torn }))))
    }
}

#[async_trait]
impl AuditSink for JsonLinesAudit {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        let mut line = serde_json::to_vec(record).map_err(AuditFault::new)?;
        line.push(b'\n');
        let lines = Arc::clone(&self.0);
        let write = move || {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            lines.append(&line)
        };
        tokio::task::spawn_blocking(write)
            .await
            .map_err(AuditFault::new)?
            .map_err(AuditFault::new)
    }
}

impl fmt::Debug for JsonLinesAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonLinesAudit")
    }
}
