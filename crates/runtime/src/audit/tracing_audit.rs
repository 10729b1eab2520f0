//! Audit records as `tracing` events.

use agentsudo_core::AuditRecord;
use async_trait::async_trait;

use super::{AuditFault, AuditSink};

/// Emits each record as an event of target `agentsudo::audit`, whole and as JSON.
///
/// As durable as the subscriber makes it, which may be not at all: put it beside another sink. Then a
/// record that only this one took does not count as kept.
#[derive(Debug, Clone, Copy)]
pub struct TracingAudit;

#[async_trait]
impl AuditSink for TracingAudit {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        let json = serde_json::to_string(record).map_err(AuditFault::new)?;
        tracing::info!(target: "agentsudo::audit", call = %record.call, tool = record.tool.as_deref(), record = json);
        Ok(())
    }

    fn is_best_effort(&self) -> bool {
        true
    }
}
