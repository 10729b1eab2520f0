//! A call whose caller hung up while its tool ran.

use agentsudo_core::AuditEvent;

use crate::audit::Entry;
use crate::runtime::Runtime;

/// Records how a call ended when its future is dropped before that was done: while the tool runs, nobody
/// knows how; after that, the record that was under way is written again, since twice is better than never.
pub(crate) struct Unfinished {
    runtime: Runtime,
    entry: Option<Entry>,
    pub(crate) event: AuditEvent,
}

impl Unfinished {
    pub(crate) fn new(runtime: Runtime, entry: Entry) -> Self {
        let code = "call.abandoned".to_owned();
        Self {
            runtime,
            entry: Some(entry),
            event: AuditEvent::Unknown { code },
        }
    }

    pub(crate) fn done(&mut self) {
        self.entry = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        let (runtime, event) = (self.runtime.clone(), self.event.clone());
        let record = async move {
            if let Err(fault) = runtime.0.audit.append(&entry, event, runtime.now()).await {
                tracing::error!(call = %entry.call, reason = %fault, "abandoned call was not recorded");
            }
        };
        // Without an executor left the intent alone stands, which means the same.
        if let Ok(executor) = tokio::runtime::Handle::try_current() {
            drop(executor.spawn(record));
        }
    }
}
