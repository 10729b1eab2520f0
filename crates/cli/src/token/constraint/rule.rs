//! Rules as text: `<= 5000`, `within "/srv/notes"`, `every email-domain "shop.example"`,
//! `any [== "all", glob "order_*"]`.

use agentsudo::{
    Arguments, ConstraintError, MAX_RULE_DEPTH, Rule, Value, absent, all_of, any_of, cidr,
    email_domain, equals, every, glob, not, one_of, prefix, regex, subpath, subset_of,
    url_on_ports,
};

/// The signs and words that a rule begins with; no sign or word is the start of an earlier one.
const OPERATORS: &[&str] = &[
    "==",
    "<=",
    ">=",
    "in",
    "starts-with",
    "subset-of",
    "length",
    "decimal",
    "glob",
    "regex",
    "within",
    "email-domain",
    "networks",
    "url",
    "every",
    "not",
    "all",
    "any",
    "absent",
];

/// The rule, nothing for a text of no form, or what is wrong with a value.
pub(super) fn parse(text: &str) -> Result<Option<Rule>, String> {
    parse_nested(text.trim(), MAX_RULE_DEPTH)
}

fn parse_nested(text: &str, levels_left: usize) -> Result<Option<Rule>, String> {
    let Some(levels_left) = levels_left.checked_sub(1) else {
        return Err(super::coded(&ConstraintError::RulesTooDeep));
    };
    let Some((operator, operand)) = split(text) else {
        return Ok(None);
    };
    Ok(match operator {
        "==" => Some(equals(json(operand)?)),
        "in" if operand.starts_with('[') => list(operand)?.map(one_of),
        "<=" | ">=" | "in" => bounds(text, integer)?.map(|(min, max)| Rule::Range { min, max }),
        "length" => bounds(operand, |text| Ok(text.parse().ok()))?
            .map(|(min, max)| Rule::Length { min, max }),
        "decimal" => bounds(operand, number)?.map(|(min, max)| Rule::DecimalRange { min, max }),
        "starts-with" => string(operand)?.map(prefix),
        "subset-of" => list(operand)?.map(subset_of),
        "glob" => string(operand)?.map(glob),
        "regex" => string(operand)?.map(regex),
        "within" => string(operand)?.map(subpath),
        "email-domain" => string(operand)?.map(email_domain),
        "networks" => list(operand)?.and_then(strings).map(cidr),
        "url" => url(operand)?,
        "every" => parse_nested(operand, levels_left)?.map(every),
        "not" => parse_nested(operand, levels_left)?.map(not),
        "all" => rules(operand, levels_left)?.map(all_of),
        "any" => rules(operand, levels_left)?.map(any_of),
        _ => operand.is_empty().then(absent),
    })
}

/// Reads `[<= 5000, >= 1]`: rules with commas between them.
fn rules(text: &str, levels_left: usize) -> Result<Option<Vec<Rule>>, String> {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let Some(parts) = inner.and_then(parts) else {
        return Ok(None);
    };
    let parts = parts.into_iter();
    parts
        .map(|part| parse_nested(part.trim(), levels_left))
        .collect()
}

/// The parts between the commas that stand in no brackets and in no text; nothing where brackets or quotes
/// do not pair up.
fn parts(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut start, mut open, mut in_text, mut is_escaped) = (0, 0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_text => is_escaped = true,
            '"' => in_text = !in_text,
            _ if in_text => {}
            '[' | '{' => open = open.checked_add(1)?,
            ']' | '}' => open = open.checked_sub(1)?,
            ',' if open == 0 => {
                parts.push(text.get(start..at)?);
                start = at.checked_add(1)?;
            }
            _ => {}
        }
    }
    let last = text.get(start..)?;
    // No rules at all are for the library to refuse.
    if !(parts.is_empty() && last.trim().is_empty()) {
        parts.push(last);
    }
    (open == 0 && !in_text).then_some(parts)
}

/// The operator, and what stands behind it.
fn split(text: &str) -> Option<(&'static str, &str)> {
    OPERATORS.iter().find_map(|operator| {
        let operand = text.strip_prefix(operator)?;
        let is_sign = !operator.starts_with(|first: char| first.is_ascii_alphabetic());
        let ends = operand.is_empty() || operand.starts_with([' ', '\t', '[', '{', '"']);
        (is_sign || ends).then_some((*operator, operand.trim_start()))
    })
}

type Bounds<N> = (Option<N>, Option<N>);

/// Reads `<= N`, `>= N` or `in N..M`.
fn bounds<N>(
    text: &str,
    number: impl Fn(&str) -> Result<Option<N>, String>,
) -> Result<Option<Bounds<N>>, String> {
    let bound = |text: &str| number(text.trim());
    Ok(match split(text) {
        Some(("<=", max)) => bound(max)?.map(|max| (None, Some(max))),
        Some((">=", min)) => bound(min)?.map(|min| (Some(min), None)),
        Some(("in", range)) => match range.split_once("..") {
            Some((min, max)) => bound(min)?
                .zip(bound(max)?)
                .map(|(min, max)| (Some(min), Some(max))),
            None => None,
        },
        _ => None,
    })
}

fn integer(text: &str) -> Result<Option<i64>, String> {
    Ok(text.parse().ok())
}

fn number<N: From<i64> + From<agentsudo::Decimal>>(text: &str) -> Result<Option<N>, String> {
    Ok(match json(text)? {
        Value::Integer(integer) => Some(integer.into()),
        Value::Decimal(decimal) => Some(decimal.into()),
        _ => None,
    })
}

fn string(text: &str) -> Result<Option<String>, String> {
    Ok(match json(text)? {
        Value::String(string) => Some(string),
        _ => None,
    })
}

fn list(text: &str) -> Result<Option<Vec<Value>>, String> {
    Ok(match json(text)? {
        Value::List(values) => Some(values),
        _ => None,
    })
}

fn strings(values: Vec<Value>) -> Option<Vec<String>> {
    let strings = values.into_iter().map(|value| match value {
        Value::String(string) => Some(string),
        _ => None,
    });
    strings.collect()
}

/// Reads `{"schemes": ["https"], "hosts": ["*.shop.example"], "ports": [8443]}`; the ports may be missing.
fn url(text: &str) -> Result<Option<Rule>, String> {
    let Value::Map(mut fields) = json(text)? else {
        return Ok(None);
    };
    let mut take = |name: &str| match fields.remove(name) {
        Some(Value::List(values)) => Some(values),
        _ => None,
    };
    let (schemes, hosts) = (take("schemes"), take("hosts"));
    let ports = take("ports").unwrap_or_default();
    let ports = ports.into_iter().map(|port| match port {
        Value::Integer(port) => u16::try_from(port).ok(),
        _ => None,
    });
    let parts = schemes
        .and_then(strings)
        .zip(hosts.and_then(strings))
        .zip(ports.collect::<Option<Vec<_>>>())
        .filter(|_| fields.is_empty());
    Ok(parts.map(|((schemes, hosts), ports)| url_on_ports(schemes, hosts, ports)))
}

/// One JSON value, read as strictly as the arguments that it will be compared with.
fn json(text: &str) -> Result<Value, String> {
    let wrapped = format!("{{\"value\":{text}}}");
    let read = Arguments::from_json_slice(wrapped.as_bytes());
    let malformed = || format!("expected one JSON value, found `{text}`");
    match read {
        Ok(read) if read.iter().count() == 1 => read.get("value").cloned().ok_or_else(malformed),
        Err(error) if error.code() != "arguments.malformed" => {
            Err(format!("{error} ({})", error.code()))
        }
        _ => Err(malformed()),
    }
}

/// The rule as [`parse`] reads it, or nothing for one that has no such form.
pub(super) fn text(rule: &Rule) -> Option<String> {
    let quoted = |text: &str| Value::from(text).to_string();
    Some(match rule {
        Rule::Equals(value) => format!("== {value}"),
        Rule::OneOf(choices) => format!("in [{}]", listed(choices.iter())),
        Rule::Range { min, max } => bounds_text(min.as_ref(), max.as_ref())?,
        Rule::Length { min, max } => {
            format!("length {}", bounds_text(min.as_ref(), max.as_ref())?)
        }
        Rule::DecimalRange { min, max } => {
            format!("decimal {}", bounds_text(min.as_ref(), max.as_ref())?)
        }
        Rule::Prefix(start) => format!("starts-with {}", quoted(start)),
        Rule::SubsetOf(values) => format!("subset-of [{}]", listed(values.iter())),
        Rule::Glob(pattern) => format!("glob {}", quoted(pattern)),
        Rule::Regex(pattern) => format!("regex {}", quoted(pattern.as_str())),
        Rule::Subpath(base) => format!("within {}", quoted(base)),
        Rule::EmailDomain(domain) => format!("email-domain {}", quoted(domain)),
        Rule::Cidr(networks) => {
            let networks = networks.iter().map(|network| quoted(network.as_str()));
            format!("networks [{}]", listed(networks))
        }
        Rule::Url(rule) => {
            let (schemes, hosts) = (rule.schemes().map(quoted), rule.hosts().map(quoted));
            let parts = format!(
                "\"schemes\": [{}], \"hosts\": [{}]",
                listed(schemes),
                listed(hosts)
            );
            match rule.ports() {
                [] => format!("url {{{parts}}}"),
                ports => format!("url {{{parts}, \"ports\": [{}]}}", listed(ports.iter())),
            }
        }
        Rule::Every(rule) => format!("every {}", text(rule)?),
        Rule::Not(rule) => format!("not {}", text(rule)?),
        Rule::All(rules) => format!("all [{}]", rules_text(rules)?),
        Rule::Any(rules) => format!("any [{}]", rules_text(rules)?),
        Rule::Absent => "absent".to_owned(),
        _ => return None,
    })
}

fn rules_text(rules: &[Rule]) -> Option<String> {
    let texts = rules.iter().map(text).collect::<Option<Vec<_>>>()?;
    Some(texts.join(", "))
}

fn listed(values: impl Iterator<Item = impl ToString>) -> String {
    let values = values.map(|value| value.to_string());
    values.collect::<Vec<_>>().join(", ")
}

fn bounds_text<N: std::fmt::Display>(min: Option<&N>, max: Option<&N>) -> Option<String> {
    Some(match (min, max) {
        (Some(min), Some(max)) => format!("in {min}..{max}"),
        (Some(min), None) => format!(">= {min}"),
        (None, Some(max)) => format!("<= {max}"),
        (None, None) => return None,
    })
}
