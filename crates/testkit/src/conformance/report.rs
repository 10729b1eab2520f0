//! Where the program and the vectors disagree.

use std::fmt;

use super::program::Answers;
use super::vectors::Vectors;

/// One vector that the program answers in another way.
#[derive(Debug, PartialEq, Eq)]
struct Disagreement {
    name: String,
    expected: String,
    found: String,
}

/// How the answers compare.
#[derive(Debug)]
pub(super) struct Report {
    asked: usize,
    disagreements: Vec<Disagreement>,
}

impl Report {
    pub(super) fn of(vectors: &Vectors, answers: &Answers) -> Self {
        let mut disagreements = Vec::new();
        for (name, vector) in vectors {
            let found = answers.get(name).map_or("", String::as_str);
            if found != vector.expected {
                disagreements.push(Disagreement {
                    name: name.clone(),
                    expected: vector.expected.clone(),
                    found: found.escape_debug().to_string(),
                });
            }
        }
        Self {
            asked: vectors.len(),
            disagreements,
        }
    }

    pub(super) const fn agrees(&self) -> bool {
        self.disagreements.is_empty()
    }
}

/// A table of what differs, and a line that sums up.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest = |cell: fn(&Disagreement) -> &str, head: &str| {
            let cells = self
                .disagreements
                .iter()
                .map(|row| cell(row).chars().count());
            cells.max().unwrap_or(0).max(head.len())
        };
        let (name, expected) = (
            widest(|row| &row.name, "vector"),
            widest(|row| &row.expected, "expected"),
        );
        if !self.agrees() {
            writeln!(f, "{:name$}  {:expected$}  found", "vector", "expected")?;
        }
        for row in &self.disagreements {
            writeln!(
                f,
                "{:name$}  {:expected$}  {}",
                row.name, row.expected, row.found
            )?;
        }
        let agreed = self.asked - self.disagreements.len();
        writeln!(f, "{agreed} of {} vectors agree", self.asked)
    }
}
