//! The numbers of a JSON text as they are written.
//!
//! The library reads fractions as floats, which drop what they cannot hold: `5000.00000000000000001` would
//! become 5000, and `1e-400` nothing at all. *Invariant:* a number that would be changed by reading is
//! refused, never rounded.

use super::ArgumentsError;
use super::decimal::{MAX_SCALE, MAX_SIGNIFICANT_DIGITS};

/// Refuses the first number of a sound JSON text that a float would change.
pub(super) fn check_all(json: &[u8]) -> Result<(), ArgumentsError> {
    let mut rest = json;
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => after_text(after),
            b'-' | b'0'..=b'9' => {
                let len = rest.iter().take_while(|byte| is_of_number(**byte)).count();
                let (literal, after) = rest.split_at(len);
                check(literal)?;
                after
            }
            _ => after,
        };
    }
    Ok(())
}

/// What follows a text whose opening quote was taken.
fn after_text(mut rest: &[u8]) -> &[u8] {
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => return after,
            b'\\' => after.get(1..).unwrap_or_default(),
            _ => after,
        };
    }
    rest
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Whole numbers are read exactly. Of any other, no more than 15 digits count, and the last of these stands
/// no further behind the point than the 18th place.
fn check(literal: &[u8]) -> Result<(), ArgumentsError> {
    let is_exponent = |byte: &u8| matches!(byte, b'e' | b'E');
    let mut halves = literal.splitn(2, is_exponent);
    let mantissa = halves.next().unwrap_or_default();
    let exponent = halves.next();
    let mut parts = mantissa.splitn(2, |byte| *byte == b'.');
    let (_, fraction) = (parts.next(), parts.next().unwrap_or_default());
    if exponent.is_none() && fraction.is_empty() {
        return Ok(());
    }
    let digits = mantissa.iter().filter(|byte| byte.is_ascii_digit());
    let mut counted = digits
        .skip_while(|digit| **digit == b'0')
        .collect::<Vec<_>>();
    let written = counted.len();
    while counted.last() == Some(&&b'0') {
        counted.pop();
    }
    if counted.is_empty() {
        return Ok(());
    }
    let behind_point = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    let zeros = i64::try_from(written - counted.len()).unwrap_or(i64::MAX);
    let last_place = exponent
        .map_or(0, power)
        .saturating_sub(behind_point)
        .saturating_add(zeros);
    let is_short = u32::try_from(counted.len()).is_ok_and(|len| len <= MAX_SIGNIFICANT_DIGITS);
    if !is_short || last_place < -i64::from(MAX_SCALE) {
        return Err(ArgumentsError::NumberOutOfRange {
            found: crate::escape::escape(&String::from_utf8_lossy(literal), 64),
        });
    }
    Ok(())
}

/// The number behind an `e`, or the greatest of its sign.
fn power(text: &[u8]) -> i64 {
    let is_negative = text.first() == Some(&b'-');
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let size = digits.fold(0_i64, |size, digit| {
        size.saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'))
    });
    if is_negative { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::check_all;

    #[track_caller]
    fn check(json: &str, is_exact: bool) {
        assert_eq!(check_all(json.as_bytes()).is_ok(), is_exact, "{json}");
    }

    #[test]
    fn a_number_that_a_float_would_change_is_found() {
        check("[5000.00000000000000001]", false);
        check("1e-400", false);
        check("-0.1000000000000000055511151231257827", false);
        check("1e-19", false);
        check(r#"{"a":"x\\","b":1.2345678901234567}"#, false);
    }

    #[test]
    fn a_number_that_a_float_holds_is_not() {
        check("[5000.000000000000000000000000, 5e3, 0.5, -1.25]", true);
        check("0e-400", true);
        check("1e-18", true);
        check("123456789012345678901234567890", true);
        check(r#"["1e-400", "\"1e-400"]"#, true);
        check("0.000000000000000001", true);
    }
}
