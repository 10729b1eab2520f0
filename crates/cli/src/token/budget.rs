//! Budgets as text: `calls <= 100`, `bytes <= 65536 per 1d`, `amount_minor <= 50000 per 1h`.
//!
//! *Invariant:* what [`text`] writes, [`parse`] or [`parse_on`] reads back as the same budget, as long as its
//! path holds no operator.

use agentsudo::{Budget, Measure, ScopePattern};

use super::span;

const FORMS: &str = "expected `calls <= N`, `bytes <= N` or `path <= N`, and behind it ` per 1h` where it \
                     is counted anew";
const FORM_ON: &str = "expected a scope, a colon, a space and a budget, such as \
                       `write:refunds: amount_minor <= 50000 per 1h`";
/// Words that stand for a measure; an argument of such a name is written with [`SUM`] in front.
const CALLS: &str = "calls";
const BYTES: &str = "bytes";
const SUM: &str = "sum ";

/// Reads a budget on all calls.
pub(crate) fn parse(text: &str) -> Result<Budget, String> {
    let malformed = || format!("{FORMS}, found `{text}`");
    let (measure, rest) = text.split_once("<=").ok_or_else(malformed)?;
    let (max, window) = match rest.split_once(" per ") {
        Some((max, window)) => (max, Some(span::parse(window.trim())?)),
        None => (rest, None),
    };
    let max = max.trim().parse().map_err(|_| malformed())?;
    let budget = match measure.trim() {
        "" => return Err(malformed()),
        CALLS => Budget::calls(max),
        BYTES => Budget::argument_bytes(max),
        path => Budget::amount(path.strip_prefix(SUM).map_or(path, str::trim_start), max)
            .map_err(|error| super::constraint::coded(&error))?,
    };
    let budget = match window {
        Some(window) => budget.per_s(window.as_secs()),
        None => budget,
    };
    let checked = budget.check();
    checked.map_err(|error| format!("{error} ({})", error.code()))?;
    Ok(budget)
}

/// Reads a budget on calls of some scopes: `write:refunds: amount_minor <= 50000 per 1h`.
pub(crate) fn parse_on(text: &str) -> Result<Budget, String> {
    let (scopes, budget) = text
        .split_once(": ")
        .ok_or_else(|| format!("{FORM_ON}, found `{text}`"))?;
    let scopes = ScopePattern::parse(scopes.trim())
        .map_err(|error| format!("{error} ({})", error.code()))?;
    Ok(parse(budget)?.on(scopes))
}

/// The budget as [`parse`] reads it, or [`parse_on`] where it is limited to some scopes.
pub(crate) fn text(budget: &Budget) -> String {
    let plain = plain(budget, budget.max());
    match budget.scope() {
        Some(scopes) => format!("{scopes}: {plain}"),
        None => plain,
    }
}

/// The option that states the budget with another maximum, quoted for a shell; nothing where none can.
pub(crate) fn option(budget: &Budget, max: u64) -> Option<String> {
    let plain = plain(budget, max);
    let (name, text) = match budget.scope() {
        Some(scopes) => ("--budget-on", format!("{scopes}: {plain}")),
        None => ("--budget", plain),
    };
    let is_sound = Budget::calls(max).check().is_ok();
    is_sound.then(|| format!("{name} '{}'", text.replace('\'', "'\\''")))
}

fn plain(budget: &Budget, max: u64) -> String {
    let measure = match budget.measure() {
        Measure::Calls => CALLS.to_owned(),
        Measure::ArgumentBytes => BYTES.to_owned(),
        Measure::Amount(path) => match path.to_string() {
            path if path == CALLS || path == BYTES => format!("{SUM}{path}"),
            path => path,
        },
    };
    let window = budget.window_s().map(span::typed);
    let window = window.map_or_else(String::new, |window| format!(" per {window}"));
    format!("{measure} <= {max}{window}")
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_on, text};

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let budget = parse(typed).unwrap();
        assert_eq!(text(&budget), expected);
        assert_eq!(parse(expected).unwrap(), budget);
    }

    #[track_caller]
    fn check_refused(typed: &str, said: &str) {
        let error = parse(typed).unwrap_err();
        assert!(error.contains(said), "{error}");
    }

    #[test]
    fn calls_bytes_and_arguments_are_counted() {
        check("calls<=100", "calls <= 100");
        check("bytes <= 65536 per 24h", "bytes <= 65536 per 1d");
        check("amount_minor <= 5 per 90s", "amount_minor <= 5 per 90s");
        check("items[].count <= 5 per 60m", "items[].count <= 5 per 1h");
    }

    #[test]
    fn an_argument_may_be_called_like_a_measure() {
        check("sum calls <= 5", "sum calls <= 5");
        check("sum  bytes <= 5", "sum bytes <= 5");
        check("sum amount_minor <= 5", "amount_minor <= 5");
        check("sum <= 5", "sum <= 5");
        assert_ne!(parse("calls <= 5"), parse("sum calls <= 5"));
    }

    #[test]
    fn a_scope_limits_a_budget() {
        let typed = "write:refunds: amount_minor <= 50000 per 1h";
        assert_eq!(text(&parse_on(typed).unwrap()), typed);
        assert!(parse_on("calls <= 1").unwrap_err().contains("a colon"));
        assert!(parse_on("x: calls <= 1").unwrap_err().contains("(scope."));
    }

    #[test]
    fn no_form_is_answered_with_the_forms() {
        for typed in [
            "",
            "calls",
            "calls < 5",
            "<= 5",
            "calls <= -1",
            "calls <= 1.5",
        ] {
            check_refused(typed, "expected `calls <= N`");
        }
        check_refused("calls <= 5 per hour", "such as `15m`");
        check_refused("a b <= 5", "(constraint.invalid_path)");
    }

    #[test]
    fn what_no_token_can_say_is_refused() {
        check_refused("calls <= 0", "(budget.max_out_of_range)");
        check("calls <= 9007199254740991", "calls <= 9007199254740991");
        check_refused("calls <= 9007199254740992", "(budget.max_out_of_range)");
        check_refused("calls <= 1 per 0s", "(budget.window_out_of_range)");
        check("calls <= 1 per 31d", "calls <= 1 per 31d");
        check_refused("calls <= 1 per 2678401s", "(budget.window_out_of_range)");
    }
}
