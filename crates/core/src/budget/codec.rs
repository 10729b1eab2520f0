//! How a budget stands in a token: `[measure, max]`, then the window in seconds, then the scope.

use minicbor::data::Type;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

use super::{Budget, BudgetError, Measure};
use crate::cbor::{bounded_array, text};
use crate::constraint::ArgPath;
use crate::scope::ScopePattern;
use crate::token::TokenError;

const CALLS: u64 = 0;
const ARGUMENT_BYTES: u64 = 1;

impl Budget {
    pub(crate) fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
    ) -> Result<(), EncodeError<W::Error>> {
        let parts = match (self.window_s, &self.on) {
            (_, Some(_)) => 4,
            (Some(_), None) => 3,
            (None, None) => 2,
        };
        to.array(parts)?;
        match &self.measure {
            Measure::Calls => to.u64(CALLS)?.ok()?,
            Measure::ArgumentBytes => to.u64(ARGUMENT_BYTES)?.ok()?,
            Measure::Amount(path) => path.encode(to)?,
        }
        to.u64(self.max)?;
        match (self.window_s, &self.on) {
            (Some(window_s), _) => to.u64(window_s)?.ok()?,
            (None, Some(_)) => to.null()?.ok()?,
            (None, None) => {}
        }
        match &self.on {
            Some(pattern) => to.str(pattern.as_str())?.ok(),
            None => Ok(()),
        }
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, TokenError> {
        let parts = bounded_array(from, 4)?;
        if parts < 2 {
            return Err(TokenError::Malformed);
        }
        let measure = match from.datatype()? {
            Type::String | Type::Array => Measure::Amount(ArgPath::decode(from)?),
            _ => match from.u64()? {
                CALLS => Measure::Calls,
                ARGUMENT_BYTES => Measure::ArgumentBytes,
                found => return Err(BudgetError::UnknownMeasure { found }.into()),
            },
        };
        let max = from.u64()?;
        let window_s = match parts {
            2 => None,
            4 if from.datatype()? == Type::Null => {
                from.null()?;
                None
            }
            _ => Some(from.u64()?),
        };
        let on = match parts {
            4 => Some(ScopePattern::parse(text(from)?)?),
            _ => None,
        };
        let budget = Self {
            measure,
            max,
            window_s,
            on,
        };
        budget.check()?;
        Ok(budget)
    }
}
