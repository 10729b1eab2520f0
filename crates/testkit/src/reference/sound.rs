//! Which rules can be rules at all.

use agentsudo_core::Value;
use regex_lite::{Regex, RegexBuilder};

use super::place::{self, Address};
use super::rule::Rule;
use super::text;

const MAX_SAFE: i128 = (1 << 53) - 1;

/// A name of a path, with or without `[]` behind.
pub(super) fn is_step(step: &str) -> bool {
    let name = step.strip_suffix("[]").unwrap_or(step);
    (1..=64).contains(&name.len())
        && !name
            .chars()
            .any(|c| matches!(c, '.' | '[' | ']') || c.is_whitespace() || is_hidden(c))
}

/// Characters that nobody sees, or that change how others are seen.
fn is_hidden(c: char) -> bool {
    const RANGES: [(u32, u32); 20] = [
        (0x0, 0x1f),
        (0x7f, 0x9f),
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x2028, 0x202e),
        (0x2060, 0x206f),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfffb),
        (0x1_bca0, 0x1_bca3),
        (0x1_d173, 0x1_d17a),
        (0xe_0000, 0xe_0fff),
    ];
    RANGES
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
}

pub(super) fn is_sound(rule: &Rule) -> bool {
    count(rule) <= 32 && depth(rule) <= 4 && is_sound_inside(rule)
}

fn count(rule: &Rule) -> usize {
    1 + rule.inner().into_iter().map(count).sum::<usize>()
}

fn depth(rule: &Rule) -> usize {
    1 + rule.inner().into_iter().map(depth).max().unwrap_or(0)
}

fn is_sound_inside(rule: &Rule) -> bool {
    let own = match rule {
        Rule::Equals(_) | Rule::Absent | Rule::Every(_) | Rule::Not(_) => true,
        Rule::OneOf(values) | Rule::Subset(values) => (1..=256).contains(&values.len()),
        Rule::Range(min, max) => are_bounds(min.map(i128::from), max.map(i128::from), 1),
        Rule::DecimalRange(min, max) => {
            let units = |bound: &Option<Value>| bound.as_ref().and_then(in_units);
            are_bounds(units(min), units(max), UNITS)
        }
        Rule::Length(min, max) => are_bounds(min.map(i128::from), max.map(i128::from), 1),
        Rule::Prefix(text) => (1..=1_024).contains(&text.len()),
        Rule::Glob(pattern) => text::is_glob(pattern),
        Rule::Regex(pattern) => is_short_text(pattern),
        Rule::Subpath(base) => text::is_base_path(base),
        Rule::Url {
            schemes,
            hosts,
            ports,
        } => {
            let known = ["https", "http", "wss", "ws"];
            (1..=64).contains(&schemes.len())
                && (1..=64).contains(&hosts.len())
                && ports
                    .as_ref()
                    .is_none_or(|ports| ports.len() <= 64 && !ports.contains(&0))
                && schemes
                    .iter()
                    .all(|scheme| known.contains(&scheme.as_str()))
                && hosts.iter().all(|host| place::is_host_pattern(host))
        }
        Rule::EmailDomain(domain) => place::is_mail_pattern(domain),
        Rule::Cidr(networks) => {
            let are_networks = networks.iter().all(|text| Address::network(text).is_some());
            (1..=64).contains(&networks.len()) && are_networks
        }
        Rule::All(rules) | Rule::Any(rules) => !rules.is_empty(),
    };
    own && rule.inner().into_iter().all(is_sound_inside)
}

/// How many of the smallest decimals make one.
const UNITS: i128 = 1_000_000_000_000_000_000;

/// A number in units of the smallest decimal; `None` for another value.
pub(super) fn in_units(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(value) => Some(i128::from(*value) * UNITS),
        Value::Decimal(value) => {
            let unit = (0..value.scale()).fold(UNITS, |unit, _| unit / 10);
            Some(i128::from(value.mantissa()) * unit)
        }
        _ => None,
    }
}

fn are_bounds(min: Option<i128>, max: Option<i128>, one: i128) -> bool {
    let is_safe = |bound: i128| (-MAX_SAFE * one..=MAX_SAFE * one).contains(&bound);
    match (min, max) {
        (None, None) => false,
        (Some(bound), None) | (None, Some(bound)) => is_safe(bound),
        (Some(min), Some(max)) => is_safe(min) && is_safe(max) && min <= max,
    }
}

fn is_short_text(pattern: &str) -> bool {
    (1..=256).contains(&pattern.len()) && !pattern.chars().any(char::is_control)
}

/// Whether all regular expressions of a rule compile: asked when the signature over them fits.
pub(super) fn compiles(rule: &Rule) -> bool {
    let own = match rule {
        Rule::Regex(pattern) => compiled(pattern).is_some(),
        _ => true,
    };
    own && rule.inner().into_iter().all(compiles)
}

/// A regular expression that stands for whole texts.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    let build = |text: &str| RegexBuilder::new(text).size_limit(16_384).build().ok();
    // One that closes the group around it is none.
    build(pattern)?;
    build(&["\\A(?:", pattern, ")\\z"].concat())
}
