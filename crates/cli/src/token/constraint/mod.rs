//! Constraints as text: the one form in which they are typed, and in which they are shown.
//!
//! *Invariant:* what [`text`] writes, [`parse`] reads back as the same constraint, as long as its path holds
//! no operator.

mod rule;
#[cfg(test)]
mod tests;

use agentsudo::{ArgPath, Constraint, ConstraintError, Rule, ScopePattern, Value};

const FORMS: &str = "expected one of `path == JSON`, `path in [JSON, …]`, `path in N..M`, \
                     `path <= N`, `path >= N`, `path starts-with \"text\"`, or a path with `absent`, \
                     `all`, `any`, `decimal`, `email-domain`, `every`, `glob`, `length`, `networks`, `not`, `regex`, \
                     `subset-of`, `url` or `within` (docs/cli.md)";
const FORM_ON: &str = "expected a scope, a colon, a space and a constraint, such as \
                       `write:refunds: amount_minor <= 5000`";

/// Reads a constraint on all calls.
pub(crate) fn parse(text: &str) -> Result<Constraint, String> {
    let malformed = || format!("{FORMS}, found `{text}`");
    let (path, rule) = split(text).ok_or_else(malformed)?;
    // A path that cannot be one is told apart from a rule that cannot be one.
    ArgPath::parse(path).map_err(|error| coded(&error))?;
    let rule = rule::parse(rule)?.ok_or_else(malformed)?;
    if rule == Rule::Equals(Value::Null) {
        let hint = "an argument that is `null` counts as missing: say `absent`";
        return Err(hint.to_owned());
    }
    Constraint::new(path, rule).map_err(|error| coded(&error))
}

/// What is wrong, with its stable code.
pub(crate) fn coded(error: &ConstraintError) -> String {
    format!("{error} ({})", error.code())
}

/// Reads a constraint on calls of some scopes: `write:refunds: amount_minor <= 5000`.
pub(crate) fn parse_on(text: &str) -> Result<Constraint, String> {
    let (scopes, constraint) = text
        .split_once(": ")
        .ok_or_else(|| format!("{FORM_ON}, found `{text}`"))?;
    let scopes = ScopePattern::parse(scopes.trim())
        .map_err(|error| format!("{error} ({})", error.code()))?;
    Ok(parse(constraint)?.on(scopes))
}

/// The path, and everything from the operator on.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let by_space = text.find(char::is_whitespace);
    let by_sign = ["==", "<=", ">="].iter().filter_map(|sign| text.find(sign));
    let end = by_sign.chain(by_space).min()?;
    let (path, rule) = text.split_at_checked(end)?;
    Some((path, rule.trim_start()))
}

/// The constraint as [`parse`] reads it, or [`parse_on`] where it is limited to some scopes.
pub(crate) fn text(constraint: &Constraint) -> String {
    let plain = text_of(constraint.path(), constraint.rule());
    match constraint.scope() {
        Some(scopes) => format!("{scopes}: {plain}"),
        None => plain,
    }
}

/// A rule on an argument, as [`parse`] reads it.
pub(crate) fn text_of(path: &ArgPath, rule: &Rule) -> String {
    match rule::text(rule) {
        Some(rule) => format!("{path} {rule}"),
        None => format!("{path} {rule}"),
    }
}

/// The option that states the rule, quoted for a shell.
pub(crate) fn option(scopes: Option<&ScopePattern>, path: &ArgPath, rule: &Rule) -> String {
    let plain = text_of(path, rule);
    let (name, text) = match scopes {
        Some(scopes) => ("--constrain-on", format!("{scopes}: {plain}")),
        None => ("--constrain", plain),
    };
    format!("{name} '{}'", text.replace('\'', "'\\''"))
}
