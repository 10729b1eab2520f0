//! Audit sinks that fail in every way that there is.

use std::sync::atomic::{AtomicU64, Ordering};

use agentsudo::{AuditEvent, AuditFault, AuditRecord, AuditSink, MemoryAudit, async_trait};

/// How a sink treats the records of calls. It keeps those of sessions, so that there is somebody to call.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Refuse,
    Panic,
    Hang,
    KeepAndHang,
}

/// Keeps so many records of calls, and treats the others in one way.
pub(super) struct Flaky {
    way: Way,
    healthy_for: AtomicU64,
    kept: MemoryAudit,
}

impl Flaky {
    pub(super) fn new(way: Way, kept: &MemoryAudit) -> Self {
        Self::after(0, way, kept)
    }

    pub(super) fn after(healthy_for: u64, way: Way, kept: &MemoryAudit) -> Self {
        Self {
            way,
            healthy_for: AtomicU64::new(healthy_for),
            kept: kept.clone(),
        }
    }
}

#[async_trait]
impl AuditSink for Flaky {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        let of_session = matches!(record.event, AuditEvent::SessionOpened { .. });
        let count = |left: u64| left.checked_sub(1);
        let healthy = || {
            self.healthy_for
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, count)
        };
        if of_session || healthy().is_ok() {
            return self.kept.append(record).await;
        }
        match self.way {
            Way::Refuse => Err(AuditFault::new("disk full")),
            Way::Panic => panic!("the log is on fire"),
            Way::Hang => std::future::pending().await,
            Way::KeepAndHang => {
                self.kept.append(record).await?;
                std::future::pending().await
            }
        }
    }
}
