//! Audit records as lines of JSON in a file.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use agentsudo_core::AuditRecord;
use async_trait::async_trait;

use super::{AuditFault, AuditSink};

/// Appends one line of JSON a record to a file, and waits until the disk has it.
///
/// JSON escapes line breaks, so no argument can forge a record. The file is created for its owner only.
pub struct JsonLinesAudit(Arc<Mutex<File>>);

impl JsonLinesAudit {
    /// Opens the file for appending, or creates it.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn append_to(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self(Arc::new(Mutex::new(options.open(path)?))))
    }
}

#[async_trait]
impl AuditSink for JsonLinesAudit {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        let mut line = serde_json::to_vec(record).map_err(AuditFault::new)?;
        line.push(b'\n');
        let file = Arc::clone(&self.0);
        let write = move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // One write a record: after a crash a line is whole, or cut short at the very end.
            file.write_all(&line)?;
            file.sync_data()
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
