//! Numbers as bounds: integers and decimals on one scale, compared without a float.

use core::cmp::Ordering;
use core::fmt;

use crate::value::{Decimal, Value};

/// The decimal places of the smallest decimal: everything is compared in units of 10^-18.
const SCALE: u32 = 18;

/// A whole number or a decimal, ordered by size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Number {
    /// A whole number, within ±(2^53 - 1) in a token.
    Integer(i64),
    /// A number with decimal places, never a whole one.
    Decimal(Decimal),
}

impl Number {
    pub(super) const fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(Self::Integer(*integer)),
            Value::Decimal(decimal) => Some(Self::Decimal(*decimal)),
            _ => None,
        }
    }

    pub(super) const fn to_value(self) -> Value {
        match self {
            Self::Integer(integer) => Value::Integer(integer),
            Self::Decimal(decimal) => Value::Decimal(decimal),
        }
    }

    /// Below 10^37 in size, which 128 bits hold.
    fn in_smallest_units(self) -> i128 {
        let (digits, scale) = match self {
            Self::Integer(integer) => (integer, 0),
            Self::Decimal(decimal) => (decimal.mantissa(), u32::from(decimal.scale())),
        };
        i128::from(digits) * 10_i128.pow(SCALE.saturating_sub(scale))
    }
}

/// By size of the number.
impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.in_smallest_units().cmp(&other.in_smallest_units())
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i32> for Number {
    fn from(integer: i32) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<u32> for Number {
    fn from(integer: u32) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        Self::Decimal(decimal)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            Self::Decimal(decimal) => decimal.fmt(f),
        }
    }
}
