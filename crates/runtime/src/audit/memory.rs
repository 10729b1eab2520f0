//! Audit records in memory, for tests and demonstrations.

use std::sync::{Arc, Mutex, PoisonError};

use agentsudo_core::AuditRecord;
use async_trait::async_trait;

use super::{AuditFault, AuditSink};

/// Most records that are kept: about 100 MB. Past it the sink refuses, and so do calls.
pub const MAX_MEMORY_RECORDS: usize = 100_000;

/// Keeps audit records in this process's memory. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryAudit(Arc<Mutex<Vec<AuditRecord>>>);

impl MemoryAudit {
    /// An empty trail.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The records so far, in order.
    #[must_use]
    pub fn records(&self) -> Vec<AuditRecord> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl AuditSink for MemoryAudit {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= MAX_MEMORY_RECORDS {
            return Err(AuditFault::new("memory is full"));
        }
        records.push(record.clone());
        Ok(())
    }
}
