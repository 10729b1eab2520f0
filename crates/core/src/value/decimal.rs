use std::cmp::Ordering;
use std::fmt;

use serde::{Serialize, Serializer};

/// More significant digits than these do not survive a 64-bit float, which is what other readers of JSON use.
pub(super) const MAX_SIGNIFICANT_DIGITS: u32 = 15;

/// Most decimal places: as many as the smallest unit of any currency in use has.
pub(super) const MAX_SCALE: u8 = 18;

/// A number with decimal places, exact: `mantissa` × 10^-`scale`.
///
/// Each number has one form: the last digit is not 0, and a whole number is an integer, not a decimal. So
/// equal numbers are equal values, and have equal digests.
///
/// ```
/// use agentsudo_core::Decimal;
///
/// let tenth = Decimal::new(1, 1).unwrap();
/// assert_eq!(tenth.to_string(), "0.1");
/// assert_eq!(Decimal::new(10, 2), None, "0.10 is 0.1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// The number `mantissa` × 10^-`scale`.
    ///
    /// `None` if `scale` is not in 1 to 18, the last digit of `mantissa` is 0, or it has more than 15 digits.
    #[must_use]
    pub const fn new(mantissa: i64, scale: u8) -> Option<Self> {
        let in_range = mantissa.unsigned_abs() < 10_u64.pow(MAX_SIGNIFICANT_DIGITS);
        if in_range && mantissa % 10 != 0 && 1 <= scale && scale <= MAX_SCALE {
            Some(Self { mantissa, scale })
        } else {
            None
        }
    }

    /// The digits, as a whole number.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of the digits stand behind the point, 1 to 18.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The float that stands for this number in JSON.
    pub(super) fn to_f64(self) -> f64 {
        // A decimal of 15 digits is always a float's text.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// This number in units of 10^-18: less than 10^32, which 128 bits hold.
    fn in_smallest_units(self) -> i128 {
        i128::from(self.mantissa) * 10_i128.pow(u32::from(MAX_SCALE - self.scale))
    }
}

/// By size of the number.
impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.in_smallest_units().cmp(&other.in_smallest_units())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let unit = 10_u64.pow(u32::from(self.scale));
        let digits = self.mantissa.unsigned_abs();
        let (whole, fraction) = (digits / unit, digits % unit);
        write!(
            f,
            "{sign}{whole}.{fraction:0width$}",
            width = usize::from(self.scale)
        )
    }
}

/// As a JSON number.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

/// The number of a float, read from its shortest text. `None` if it is not finite, or too long or small.
///
/// The result is the digits and how often they are to be multiplied with 10.
pub(super) fn shortest_digits(float: f64) -> Option<(i64, i32)> {
    // Such as `-1.5e-7`; `inf` and `NaN` have no `e`.
    let text = format!("{float:e}");
    let (digits, exponent) = text.split_once('e')?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: i64 = format!("{whole}{fraction}").parse().ok()?;
    if mantissa.unsigned_abs() >= 10_u64.pow(MAX_SIGNIFICANT_DIGITS) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok()?;
    Some((
        mantissa,
        exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?,
    ))
}
