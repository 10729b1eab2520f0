//! Points in time: whole seconds since 1970-01-01T00:00:00Z.
//!
//! Nothing here reads a clock: a time always comes in as an argument. Leap seconds do not exist, as in
//! POSIX. *Invariant:* no time is after the year 9999, so every time has an RFC 3339 form of 20 characters
//! and arithmetic never wraps: it stops at the ends.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

const SECONDS_PER_DAY: u64 = 86_400;

/// A point in time, in whole seconds since the Unix epoch, at most the end of the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799);

    /// The time this many seconds after the epoch; [`Timestamp::MAX`] if that is later.
    #[must_use]
    pub const fn from_unix_s(unix_s: u64) -> Self {
        if unix_s > Self::MAX.0 {
            Self::MAX
        } else {
            Self(unix_s)
        }
    }

    /// The time as it stands in tokens and proofs: none after [`Timestamp::MAX`].
    pub(crate) const fn from_wire(unix_s: u64) -> Option<Self> {
        if unix_s > Self::MAX.0 {
            None
        } else {
            Some(Self(unix_s))
        }
    }

    /// Seconds since the epoch.
    #[must_use]
    pub const fn unix_s(self) -> u64 {
        self.0
    }

    /// This time and so many seconds; stops at [`Timestamp::MAX`].
    #[must_use]
    pub const fn saturating_add_s(self, seconds: u64) -> Self {
        Self::from_unix_s(self.0.saturating_add(seconds))
    }

    /// So many seconds earlier; stops at [`Timestamp::EPOCH`].
    #[must_use]
    pub const fn saturating_sub_s(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// Seconds from `earlier` to this time; 0 if `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// RFC 3339 in UTC: `2026-03-21T09:05:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_date(self.0 / SECONDS_PER_DAY);
        let second = self.0 % SECONDS_PER_DAY;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let unix_s = u64::deserialize(deserializer)?;
        if unix_s > Self::MAX.0 {
            let found = de::Unexpected::Unsigned(unix_s);
            return Err(de::Error::invalid_value(
                found,
                &"unix seconds up to the year 9999",
            ));
        }
        Ok(Self(unix_s))
    }
}

/// Year, month and day of a number of days after 1970-01-01, in the proleptic Gregorian calendar.
fn civil_date(days: u64) -> (u64, u64, u64) {
    // Years are counted from March, so that the leap day is the last day of its year, in eras of 400
    // years (146,097 days). 719,468 days lie between 0000-03-01 and the epoch.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March repeat in groups of five with 153 days.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::{SECONDS_PER_DAY, Timestamp, civil_date};

    #[track_caller]
    fn check(unix_s: u64, expected: &str) {
        assert_eq!(Timestamp::from_unix_s(unix_s).to_string(), expected);
    }

    #[test]
    fn known_seconds_have_their_date() {
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_000_000_000, "2001-09-09T01:46:40Z");
        check(4_107_542_399, "2100-02-28T23:59:59Z");
        check(4_107_542_400, "2100-03-01T00:00:00Z");
    }

    #[test]
    fn the_last_second_is_in_the_year_9999() {
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_unix_s(u64::MAX), Timestamp::MAX);
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let leap = |year: u64| match (year % 4, year % 100, year % 400) {
            (_, _, 0) => true,
            (_, 0, _) => false,
            (rest, _, _) => rest == 0,
        };
        let length = |year, month| match month {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let mut expected = (1970, 1, 1);
        for days in 0..=Timestamp::MAX.unix_s() / SECONDS_PER_DAY {
            assert_eq!(civil_date(days), expected);
            let (year, month, day) = expected;
            expected = match (month, day == length(year, month)) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                (_, false) => (year, month, day + 1),
            };
        }
        assert_eq!(expected, (10_000, 1, 1));
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp::EPOCH.saturating_add_s(u64::MAX), Timestamp::MAX);
        assert_eq!(
            Timestamp::from_unix_s(5).saturating_sub_s(6),
            Timestamp::EPOCH
        );
        assert_eq!(Timestamp::from_unix_s(5).saturating_add_s(6).unix_s(), 11);
    }

    #[test]
    fn the_distance_to_a_later_time_is_zero() {
        let (early, late) = (Timestamp::from_unix_s(5), Timestamp::from_unix_s(8));
        assert_eq!(
            (late.seconds_since(early), early.seconds_since(late)),
            (3, 0)
        );
    }

    #[test]
    fn json_holds_whole_seconds() {
        let time = Timestamp::from_unix_s(1_774_083_900);
        assert_eq!(serde_json::to_string(&time).unwrap(), "1774083900");
        assert_eq!(
            serde_json::from_str::<Timestamp>("1774083900").unwrap(),
            time
        );
    }

    #[test]
    fn a_time_after_the_last_second_is_refused_when_read() {
        assert_eq!(
            serde_json::from_str::<Timestamp>("253402300799").unwrap(),
            Timestamp::MAX
        );
        assert!(serde_json::from_str::<Timestamp>("253402300800").is_err());
        assert!(serde_json::from_str::<Timestamp>("-1").is_err());
        assert!(serde_json::from_str::<Timestamp>("1.5").is_err());
    }
}
