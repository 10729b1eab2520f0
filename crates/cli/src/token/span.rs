//! Spans of time, as they are typed (`15m`) and read (`14 min 59 s`).

use std::time::Duration;

use agentsudo::Timestamp;

const UNITS: &[(&str, u64)] = &[("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
const SHOWN_UNITS: &[(&str, u64)] = &[("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
/// How many units a span is shown in: more are noise.
const MAX_SHOWN_UNITS: usize = 2;

/// Reads a whole number and its unit.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let spans = UNITS.iter().filter_map(|(unit, seconds)| {
        let count = text.strip_suffix(unit)?.parse::<u64>().ok()?;
        count.checked_mul(*seconds)
    });
    let seconds = { spans }.next().ok_or_else(|| {
        format!("expected a whole number and `s`, `m`, `h` or `d`, such as `15m`, found `{text}`")
    })?;
    Ok(Duration::from_secs(seconds))
}

/// A span as [`parse`] reads it, in the greatest unit that fits.
pub(crate) fn typed(seconds: u64) -> String {
    let fitting = UNITS.iter().rev();
    let mut fitting = fitting.filter(|(_, unit_s)| seconds > 0 && seconds.is_multiple_of(*unit_s));
    match fitting.next() {
        Some((unit, unit_s)) => format!("{}{unit}", seconds / unit_s),
        None => format!("{seconds}s"),
    }
}

/// The time as seen from now: `in 14 min 59 s`, `2 h ago`.
pub(crate) fn relative(time: Timestamp, now: Timestamp) -> String {
    if time > now {
        format!("in {}", shown(time.seconds_since(now)))
    } else if time < now {
        format!("{} ago", shown(now.seconds_since(time)))
    } else {
        "now".to_owned()
    }
}

fn shown(mut seconds: u64) -> String {
    let mut parts = Vec::new();
    for (unit, unit_s) in SHOWN_UNITS {
        let count = seconds / unit_s;
        seconds %= unit_s;
        if count > 0 {
            parts.push(format!("{count} {unit}"));
        }
    }
    parts.truncate(MAX_SHOWN_UNITS);
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use agentsudo::Timestamp;

    use super::{parse, relative, typed};

    #[track_caller]
    fn check(text: &str, expected_s: Option<u64>) {
        assert_eq!(parse(text).ok().map(|span| span.as_secs()), expected_s);
    }

    #[test]
    fn a_number_and_a_unit_make_a_span() {
        check("45s", Some(45));
        check("15m", Some(900));
        check("1h", Some(3_600));
        check("31d", Some(2_678_400));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "15", "m", "-1m", "1.5h", "15 m", "1w", "1h30m"] {
            check(text, None);
        }
        check("18446744073709551615d", None);
    }

    #[test]
    fn a_span_is_typed_in_its_greatest_whole_unit() {
        for text in ["0s", "59s", "61s", "1m", "90m", "1h", "31d"] {
            assert_eq!(typed(parse(text).unwrap().as_secs()), text);
        }
    }

    #[track_caller]
    fn check_relative(time_s: u64, expected: &str) {
        let now = Timestamp::from_unix_s(1_000_000);
        assert_eq!(relative(Timestamp::from_unix_s(time_s), now), expected);
    }

    #[test]
    fn a_time_is_shown_from_now_in_two_units() {
        check_relative(1_000_899, "in 14 min 59 s");
        check_relative(1_000_900, "in 15 min");
        check_relative(1_093_661, "in 1 d 2 h");
        check_relative(999_999, "1 s ago");
        check_relative(1_000_000, "now");
    }
}
