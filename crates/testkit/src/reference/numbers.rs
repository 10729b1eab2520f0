//! Whether the numbers of arguments are those that stand in their JSON, digit by digit and without a float.

use agentsudo_core::{Arguments, Value};

/// Compares the numbers in the text, in their order of size, with those that were read.
///
/// Keys are unique in arguments, so the two collections hold the same numbers or something was changed.
#[must_use]
pub(super) fn are_exact(json: &[u8], arguments: &Arguments) -> bool {
    let mut written = written(json);
    let mut read = Vec::new();
    arguments
        .as_map()
        .values()
        .for_each(|value| collect(value, &mut read));
    written.sort();
    read.sort();
    written == read
}

/// A number as its digits, without zeros at the ends, and the power of ten of the last one.
type Exact = (bool, String, i64);

fn written(json: &[u8]) -> Vec<Exact> {
    let text = String::from_utf8_lossy(json);
    let mut numbers = Vec::new();
    let (mut number, mut is_inside, mut is_escaped) = (String::new(), false, false);
    for c in text.chars().chain([' ']) {
        if is_inside {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_inside = !ends;
            continue;
        }
        is_inside = c == '"';
        let starts = number.is_empty() && (c.is_ascii_digit() || c == '-');
        if starts || (!number.is_empty() && (c.is_ascii_digit() || "+-.eE".contains(c))) {
            number.push(c);
        } else if !number.is_empty() {
            numbers.push(exact(&number));
            number.clear();
        }
    }
    numbers
}

fn collect(value: &Value, numbers: &mut Vec<Exact>) {
    match value {
        Value::Integer(value) => numbers.push(exact(&value.to_string())),
        Value::Decimal(value) => {
            numbers.push(exact(&format!("{}e-{}", value.mantissa(), value.scale())));
        }
        Value::List(values) => values.iter().for_each(|value| collect(value, numbers)),
        Value::Map(fields) => fields.values().for_each(|value| collect(value, numbers)),
        _ => {}
    }
}

fn exact(text: &str) -> Exact {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let is_negative = digits.starts_with('-');
    let digits = digits.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = [whole, fraction].concat();
    let exponent: i64 = exponent.parse().unwrap_or(i64::MAX / 2);
    let places = i64::try_from(fraction.len()).unwrap_or(0);
    let kept = all.trim_end_matches('0');
    let dropped = i64::try_from(all.len() - kept.len()).unwrap_or(0);
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return (false, String::new(), 0);
    }
    (
        is_negative,
        kept.to_owned(),
        exponent.saturating_sub(places).saturating_add(dropped),
    )
}
