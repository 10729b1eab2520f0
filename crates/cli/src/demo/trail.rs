//! The audit trail, one row a call: who did what, through which chain of agents, approved by whom.
//!
//! A call has a record of its intent and one of its outcome, or one of its refusal. They are brought
//! together here; what is shown comes from the records alone, not from what the demo knows.

use agentsudo::{AuditEvent, AuditRecord};
use serde::Serialize;
use serde_json::Value;

use super::stage::Stage;
use super::wording;
use super::world::World;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum End {
    Ran,
    Refused,
    Failed,
    /// It was about to run, and nobody knows how it ended.
    Unknown,
}

impl End {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What the records say of one call.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) number: usize,
    pub(super) call: String,
    pub(super) chain: Vec<String>,
    pub(super) tool: String,
    pub(super) scope: Option<String>,
    pub(super) arguments: Value,
    pub(super) outcome: End,
    pub(super) code: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) approved_by: Option<String>,
    pub(super) denied_by: Option<String>,
    /// The arguments as they are shown.
    #[serde(skip)]
    pub(super) shown: String,
    /// The same for little room.
    #[serde(skip)]
    pub(super) shown_brief: String,
}

#[derive(Debug)]
pub(super) struct Trail {
    pub(super) rows: Vec<Row>,
}

/// The story in numbers.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) calls: usize,
    pub(super) ran: usize,
    pub(super) refused: usize,
    pub(super) approved: usize,
    pub(super) expectations: usize,
    pub(super) not_held: usize,
}

impl Trail {
    /// Brings the records of the world's audit log together.
    pub(super) fn of(world: &World) -> Self {
        let mut trail = Self { rows: Vec::new() };
        for record in world.audit.records() {
            trail.take(&record, world);
        }
        trail
    }

    fn take(&mut self, record: &AuditRecord, world: &World) {
        // Sessions leave records too, without a tool.
        let Some(tool) = &record.tool else { return };
        let id = record.call.to_string();
        if let Some(row) = self.rows.iter_mut().find(|row| row.call == id) {
            return row.take(&record.event);
        }
        let arguments = record
            .subject
            .as_ref()
            .map_or(Value::Null, |subject| subject.arguments.clone());
        let sinks = world.sinks_of(tool);
        let mut row = Row {
            number: self.rows.len() + 1,
            call: id,
            chain: record
                .chain
                .iter()
                .map(|link| link.agent.to_string())
                .collect(),
            tool: tool.clone(),
            scope: record.subject.as_ref().map(|subject| subject.scope.clone()),
            shown: wording::arguments(&arguments, &sinks),
            shown_brief: wording::brief_arguments(&arguments, &sinks),
            arguments,
            outcome: End::Unknown,
            code: None,
            reason: None,
            approved_by: None,
            denied_by: None,
        };
        row.take(&record.event);
        self.rows.push(row);
    }

    pub(super) fn summary(&self, stage: &Stage) -> Summary {
        let ended = |end: End| self.rows.iter().filter(|row| row.outcome == end).count();
        Summary {
            calls: self.rows.len(),
            ran: ended(End::Ran),
            refused: ended(End::Refused),
            approved: self
                .rows
                .iter()
                .filter(|row| row.approved_by.is_some())
                .count(),
            expectations: stage.expectations().count(),
            not_held: stage
                .expectations()
                .filter(|expectation| !expectation.held)
                .count(),
        }
    }
}

impl Row {
    /// The person who decided, if one was asked.
    pub(super) fn decided_by(&self) -> Option<String> {
        let denied = self.denied_by.as_ref().map(|by| format!("denied by {by}"));
        denied.or_else(|| {
            self.approved_by
                .as_ref()
                .map(|by| format!("approved by {by}"))
        })
    }

    fn take(&mut self, event: &AuditEvent) {
        match event {
            AuditEvent::Intent { approval, .. } => {
                self.approved_by = approval.as_ref().map(|approval| approval.by.clone());
            }
            AuditEvent::Returned { .. } | AuditEvent::Answered { .. } => self.outcome = End::Ran,
            AuditEvent::Refused {
                code,
                reason,
                denied_by,
            } => {
                self.outcome = End::Refused;
                self.code = Some(code.clone());
                self.reason = Some(reason.clone());
                self.denied_by.clone_from(denied_by);
            }
            AuditEvent::Failed { code } => {
                self.outcome = End::Failed;
                self.code = Some(code.clone());
            }
            AuditEvent::Unknown { code } => self.code = Some(code.clone()),
            // Sessions have no tool, and so no row.
            AuditEvent::SessionOpened { .. } | AuditEvent::SessionRefused { .. } => {}
        }
    }
}
