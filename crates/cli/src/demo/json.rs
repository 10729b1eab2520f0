//! The story as one JSON document, for machines.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::stage::Scene;
use super::trail::{Row, Summary};

/// The version of the document's shape. It changes when a field goes or changes its meaning.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    version: u32,
    directory: &'a Path,
    scenes: &'a [Scene],
    trail: &'a [Row],
    summary: &'a Summary,
}

impl<'a> Document<'a> {
    pub(super) const fn new(
        directory: &'a Path,
        scenes: &'a [Scene],
        trail: &'a [Row],
        summary: &'a Summary,
    ) -> Self {
        Self {
            version: VERSION,
            directory,
            scenes,
            trail,
            summary,
        }
    }

    pub(super) fn write_to(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        writeln!(out)?;
        out.flush()
    }
}
