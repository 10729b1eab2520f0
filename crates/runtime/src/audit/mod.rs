//! The audit trail: every decision and outcome, in order, to every sink.
//!
//! *Invariants:* the intent of a call is recorded before it runs and its outcome before its result is
//! released; when no sink takes a record, the call is refused or its result withheld; a sink that hangs is
//! given up after [`AUDIT_TIMEOUT`]; refusals of callers who proved nothing are written up to a quota and
//! counted beyond it.

mod json_lines;
mod memory;
mod quota;
mod tracing_audit;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use agentsudo_core::{AuditEvent, AuditRecord, AuditSubject, CallId, Chain, Timestamp};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use tokio::sync::Mutex;

pub use json_lines::JsonLinesAudit;
pub use memory::{MAX_MEMORY_RECORDS, MemoryAudit};
pub use quota::{MAX_REFUSALS_PER_CODE, REFUSAL_WINDOW};
pub use tracing_audit::TracingAudit;

use self::quota::Quota;
use crate::outcome::Fault;
use crate::pipeline::panic_message;

/// How long a sink may take for one record: many times an fsync, short enough to notice.
pub const AUDIT_TIMEOUT: Duration = Duration::from_secs(5);

/// A place where audit records are kept.
#[async_trait]
pub trait AuditSink: Send + Sync {
    /// Keeps one record. It returns once the record is as durable as this sink makes it.
    ///
    /// # Errors
    /// [`AuditFault`] when it does not.
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault>;

    /// Whether the sink passes records on without knowing whether anybody keeps them. Such a sink does not
    /// make up for another one that fails.
    fn is_best_effort(&self) -> bool {
        false
    }
}

/// A sink did not keep a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("audit record was not kept: {reason}")]
pub struct AuditFault {
    /// Why not.
    pub reason: String,
}

impl AuditFault {
    /// Says why a record was not kept.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
        }
    }
}

#[async_trait]
impl<S: AuditSink + ?Sized> AuditSink for Arc<S> {
    async fn append(&self, record: &AuditRecord) -> Result<(), AuditFault> {
        (**self).append(record).await
    }

    fn is_best_effort(&self) -> bool {
        (**self).is_best_effort()
    }
}

/// The sinks of a runtime, and the order of their records.
pub(crate) struct Audit {
    sinks: Vec<Arc<dyn AuditSink>>,
    /// Held while a record is written, so that the order of the records is their sequence.
    next_sequence: Mutex<u64>,
    unproven: Quota,
}

/// What a record says besides what happened.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) call: CallId,
    pub(crate) session: Option<String>,
    pub(crate) chain: Chain,
    pub(crate) tool: Option<String>,
    pub(crate) subject: Option<AuditSubject>,
    /// Whether the caller has shown that it is who the record says. Refusals of others have a quota.
    pub(crate) is_proven: bool,
}

impl Audit {
    pub(crate) fn new(sink: Arc<dyn AuditSink>) -> Self {
        Self {
            sinks: vec![sink],
            next_sequence: Mutex::new(0),
            unproven: Quota::default(),
        }
    }

    pub(crate) fn add(&mut self, sink: Arc<dyn AuditSink>) {
        self.sinks.push(sink);
    }

    /// Writes the record of a refusal whose caller proved nothing, or counts it when there were many.
    pub(crate) async fn append_unproven(
        &self,
        entry: &Entry,
        code: &'static str,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let Some(place) = self.unproven.place(code, at) else {
            return Ok(());
        };
        self.append(entry, event, at).await?;
        place.kept();
        Ok(())
    }

    /// Writes one record to all sinks. One that keeps it is enough.
    pub(crate) async fn append(
        &self,
        entry: &Entry,
        event: AuditEvent,
        at: Timestamp,
    ) -> Result<(), Fault> {
        // A sink that hangs holds up whoever waits behind it: that wait is bounded as well.
        let lock = tokio::time::timeout(AUDIT_TIMEOUT, self.next_sequence.lock()).await;
        let mut next_sequence = lock.map_err(|_| Fault::AuditUnavailable {
            reason: format!("sinks were busy for {} s", AUDIT_TIMEOUT.as_secs()),
        })?;
        // Taken before the first sink sees it, so that a record which is given up half-way never shares
        // its number with another.
        let sequence = *next_sequence;
        *next_sequence += 1;
        let record = AuditRecord {
            version: agentsudo_core::AUDIT_RECORD_VERSION,
            sequence,
            at,
            call: entry.call,
            session: entry.session.clone(),
            chain: entry.chain.clone(),
            tool: entry.tool.clone(),
            subject: entry.subject.clone(),
            event,
            suppressed: self.unproven.suppressed(),
        };
        let best_effort_is_enough = self.sinks.iter().all(|sink| sink.is_best_effort());
        let mut kept = false;
        let mut reason = String::new();
        for sink in &self.sinks {
            match ask(&**sink, &record).await {
                Ok(()) => kept |= best_effort_is_enough || !sink.is_best_effort(),
                Err(fault) => reason = fault.reason,
            }
        }
        if !reason.is_empty() {
            tracing::error!(call = %entry.call, reason, kept_elsewhere = kept, "audit sink failed");
        }
        if kept {
            self.unproven.told(&record.suppressed);
            Ok(())
        } else {
            Err(Fault::AuditUnavailable { reason })
        }
    }
}

/// Asks one sink. One that panics or hangs has not kept the record.
async fn ask(sink: &dyn AuditSink, record: &AuditRecord) -> Result<(), AuditFault> {
    let append = AssertUnwindSafe(async { sink.append(record).await }).catch_unwind();
    match tokio::time::timeout(AUDIT_TIMEOUT, append).await {
        Ok(Ok(kept)) => kept,
        Ok(Err(panic)) => {
            let message = panic_message(&*panic);
            Err(AuditFault::new(format!("sink panicked: {message}")))
        }
        Err(_) => {
            let limit_s = AUDIT_TIMEOUT.as_secs();
            let reason = format!("sink did not answer within {limit_s} s");
            Err(AuditFault { reason })
        }
    }
}
