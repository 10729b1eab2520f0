//! The audit trail as a table: two lines a call in a terminal, one line a call for `grep` and files.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};

use super::trail::{End, Trail};
use crate::term::{BAD, GOOD, QUIET, WAITING, painted};

/// Between two columns.
const SEPARATOR: char = '│';

/// Lines between columns, and one under the header.
const IN_TERMINAL: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(SEPARATOR))
    .header_separator(LineStyle::none().fill('─').junction('┼'))
    .content_lines(ContentLineStyle::none().junction(SEPARATOR));

/// The table for a terminal of so many columns.
pub(super) fn for_terminal(trail: &Trail, columns: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(IN_TERMINAL)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(columns).unwrap_or(u16::MAX))
        .set_header(["#", "agents", "call", "outcome"]);
    for row in &trail.rows {
        let mut call = row.tool.clone();
        if let Some(scope) = &row.scope {
            call = format!("{call} ({scope})");
        }
        if !row.shown_brief.is_empty() {
            call = format!("{call}\n{}", row.shown_brief);
        }
        let mut outcome = row.outcome.as_str().to_owned();
        if let Some(code) = &row.code {
            outcome = format!("{outcome}\n{code}");
        }
        if let Some(decided_by) = row.decided_by() {
            outcome = format!("{outcome}\n{decided_by}");
        }
        table.add_row([row.number.to_string(), row.chain.join(" > "), call, outcome]);
    }
    table.lines().map(|line| painted_outcome(&line)).collect()
}

/// Colours the last column of a line. Only what stands behind the last separator is looked at, so no
/// argument can pass for an outcome.
fn painted_outcome(line: &str) -> String {
    let Some((before, outcome)) = line.rsplit_once(SEPARATOR) else {
        return format!("{line}\n");
    };
    let outcome = outcome.trim_end();
    let ends = [
        (End::Ran, GOOD),
        (End::Refused, BAD),
        (End::Failed, WAITING),
        (End::Unknown, WAITING),
    ];
    let end = ends
        .iter()
        .find(|(end, _)| outcome.trim_start() == end.as_str());
    let style = end.map_or(QUIET, |(_, style)| *style);
    format!("{before}{SEPARATOR}{}\n", painted(style, outcome))
}

/// The table without borders, colours and line breaks inside.
pub(super) fn plain(trail: &Trail) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "#",
            "agents",
            "tool",
            "scope",
            "outcome",
            "code",
            "person",
            "arguments",
        ]);
    for row in &trail.rows {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        table.add_row([
            row.number.to_string(),
            row.chain.join(" > "),
            row.tool.clone(),
            or_dash(&row.scope),
            row.outcome.as_str().to_owned(),
            or_dash(&row.code),
            or_dash(&row.decided_by()),
            row.shown.clone(),
        ]);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{for_terminal, plain};
    use crate::demo::trail::{End, Row, Trail};

    fn trail(argument: &str, approved_by: Option<&str>) -> Trail {
        let row = Row {
            number: 1,
            call: "00".to_owned(),
            chain: vec!["support-bot".to_owned(), "mail-writer".to_owned()],
            tool: "issue_refund".to_owned(),
            scope: Some("write:refunds".to_owned()),
            arguments: serde_json::Value::Null,
            outcome: End::Refused,
            code: Some("constraint.not_one_of".to_owned()),
            reason: None,
            approved_by: approved_by.map(str::to_owned),
            denied_by: None,
            shown: argument.to_owned(),
            shown_brief: argument.to_owned(),
        };
        Trail { rows: vec![row] }
    }

    fn without_colours(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[track_caller]
    fn check_fits(columns: usize) {
        let table = for_terminal(&trail(&"long ".repeat(40), Some("operator")), columns);
        for line in without_colours(&table).lines() {
            assert!(line.chars().count() <= columns, "{line}");
        }
    }

    #[test]
    fn it_fits_into_a_usual_terminal() {
        check_fits(80);
    }

    #[test]
    fn it_fits_into_a_wide_terminal() {
        check_fits(160);
    }

    #[test]
    fn outcome_and_approver_have_a_line_each() {
        let table = without_colours(&for_terminal(&trail("a: 1", Some("operator")), 80));
        let last_column = |line: &str| {
            line.rsplit_once('│')
                .map(|(_, last)| last.trim().to_owned())
        };
        let outcomes = table.lines().filter_map(last_column).collect::<Vec<_>>();
        let expected = [
            "outcome",
            "refused",
            "constraint.not_one_of",
            "approved by operator",
        ];
        assert_eq!(outcomes, expected);
    }

    #[test]
    fn an_argument_with_a_separator_does_not_get_the_colour_of_an_outcome() {
        let green = crate::term::painted(crate::term::GOOD, "ran");
        let table = for_terminal(&trail("a: x │ ran", None), 120);
        assert!(without_colours(&table).contains("x │ ran"), "{table}");
        assert!(!table.contains(&green), "{table}");
    }

    #[test]
    fn the_plain_table_has_one_line_a_call() {
        let table = plain(&trail("a: 1", None));
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(!table.contains('│'), "{table}");
    }
}
