//! The audit trail at the end.

use std::fs;

use anyhow::Context as _;

use crate::demo::stage::Stage;
use crate::demo::trail::Trail;

pub(super) fn shows_all(stage: &mut Stage) -> anyhow::Result<()> {
    stage.scene(
        "audit",
        "Who did what: the audit trail",
        "Every call is on record, those that were refused as well: which agent, on whose behalf, what, \
         how it ended, and who approved. A call whose record cannot be kept does not run.",
    )?;
    let trail = Trail::of(&stage.world);
    stage.report.trail(&trail)?;
    stage.report.gap()?;
    let calls = stage.call_count();
    stage.expect(
        trail.rows.len() == calls,
        format!("all {calls} calls are in the trail"),
    )?;
    let file = fs::read_to_string(stage.world.folder.join("audit.jsonl"))
        .context("the audit log cannot be read")?;
    let same = file.lines().count() == stage.world.audit.records().len();
    stage.expect(same, "the file audit.jsonl has the same records")
}
