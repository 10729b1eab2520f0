//! Consent rules as text: `write:refunds`, `write:refunds: unless amount_minor <= 5000`.

use agentsudo::{ConsentRule, ScopePattern};

use super::constraint;

const FORMS: &str = "expected a scope, such as `write:refunds`, or a scope and an exception, such as \
                     `write:refunds: unless amount_minor <= 5000`";
const UNLESS: &str = "unless ";

/// Reads a consent rule.
pub(crate) fn parse(text: &str) -> Result<ConsentRule, String> {
    let malformed = || format!("{FORMS}, found `{text}`");
    let (scopes, exception) = match text.split_once(": ") {
        Some((scopes, exception)) => (scopes, Some(exception)),
        None => (text, None),
    };
    let scopes = ScopePattern::parse(scopes.trim())
        .map_err(|error| format!("{error} ({}): {FORMS}", error.code()))?;
    let rule = ConsentRule::always(scopes);
    let Some(exception) = exception else {
        return Ok(rule);
    };
    let exception = exception
        .trim_start()
        .strip_prefix(UNLESS)
        .ok_or_else(malformed)?;
    let exception = constraint::parse(exception)?;
    let path = exception.path().to_string();
    rule.unless(&path, exception.rule().clone())
        .map_err(|error| constraint::coded(&error))
}

/// The consent rule as [`parse`] reads it.
pub(crate) fn text(rule: &ConsentRule) -> String {
    match rule.exception() {
        Some(exception) => format!("{}: {UNLESS}{}", rule.scope(), constraint::text(exception)),
        None => rule.scope().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, text};

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let rule = parse(typed).unwrap();
        assert_eq!(text(&rule), expected);
        assert_eq!(parse(expected).unwrap(), rule);
    }

    #[track_caller]
    fn check_refused(typed: &str, said: &str) {
        let error = parse(typed).unwrap_err();
        assert!(error.contains(said), "{error}");
    }

    #[test]
    fn a_scope_asks_always_or_with_an_exception() {
        check("write:refunds", "write:refunds");
        check("**", "**");
        check(
            "write:*: unless amount_minor<=5000",
            "write:*: unless amount_minor <= 5000",
        );
        check(
            "write:mail: unless to email-domain \"shop.example\"",
            "write:mail: unless to email-domain \"shop.example\"",
        );
    }

    #[test]
    fn anything_else_is_answered_with_the_forms() {
        check_refused("refunds", "unless amount_minor <= 5000");
        check_refused("write:refunds: amount_minor <= 5000", "expected a scope");
        check_refused("write:refunds: unless", "expected a scope");
        check_refused("write:refunds: unless amount_minor < 5", "`path in N..M`");
    }
}
