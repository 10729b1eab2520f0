//! Durations as they are written in an attribute: `10s`, `500ms`, `2m`.

use std::time::Duration;

use syn::LitStr;

/// Reads a whole, positive number of milliseconds, seconds or minutes.
pub(crate) fn parse(literal: &LitStr) -> syn::Result<Duration> {
    let text = literal.value();
    duration(&text).ok_or_else(|| {
        let message = format!(
            "expected a positive whole number with a unit, e.g. `10s`, `500ms` or `2m`, found `{text}`"
        );
        syn::Error::new(literal.span(), message)
    })
}

fn duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(unit_at)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "m" => number.checked_mul(60_000)?,
        _ => return None,
    };
    (millis > 0).then_some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, millis: Option<u64>) {
        assert_eq!(duration(text), millis.map(Duration::from_millis));
    }

    #[test]
    fn the_three_units_are_read() {
        check("500ms", Some(500));
        check("10s", Some(10_000));
        check("2m", Some(120_000));
    }

    #[test]
    fn nothing_else_is_a_timeout() {
        for text in [
            "", "10", "s", "0s", "-1s", "1.5s", "10 s", "10S", "1h", "1s2",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn too_much_to_count_is_refused() {
        check("18446744073709551615ms", Some(u64::MAX));
        check("18446744073709551615s", None);
        check("18446744073709551616ms", None);
    }
}
