//! Which calls a token wants a person's consent to.
//!
//! *Invariant:* a consent rule can only ask for more: a call that no rule covers is as it was, and what
//! cannot be decided asks.

use core::fmt;

use minicbor::data::Type;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

use crate::cbor::{bounded_array, text};
use crate::constraint::{Allowance, ArgPath, Constraint, ConstraintError, Rule};
use crate::scope::{Scope, ScopePattern};
use crate::token::TokenError;
use crate::value::Arguments;

/// Calls that need a person's consent, whatever else allows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRule {
    on: ScopePattern,
    unless: Option<Constraint>,
}

impl ConsentRule {
    /// Asks a person about each call whose required scope matches the pattern.
    #[must_use]
    pub const fn always(on: ScopePattern) -> Self {
        Self { on, unless: None }
    }

    /// Does not ask when the rule holds of the argument: `amount_minor` of at most 5,000.
    ///
    /// # Errors
    /// [`ConstraintError`] when the path is malformed or the rule can never hold.
    pub fn unless(mut self, path: &str, rule: Rule) -> Result<Self, ConstraintError> {
        self.unless = Some(Constraint::new(path, rule)?);
        Ok(self)
    }

    /// The scopes of the calls.
    #[must_use]
    pub const fn scope(&self) -> &ScopePattern {
        &self.on
    }

    /// The rule under which nobody needs to be asked, if there is one.
    #[must_use]
    pub const fn exception(&self) -> Option<&Constraint> {
        self.unless.as_ref()
    }

    /// Whether a call needs consent.
    #[must_use]
    pub fn covers(&self, scope: &Scope, arguments: &Arguments) -> bool {
        let excepted = self
            .unless
            .as_ref()
            .is_some_and(|rule| rule.check(arguments).is_ok());
        self.on.matches(scope) && !excepted
    }

    pub(crate) fn encode<W: Write>(
        &self,
        to: &mut Encoder<W>,
    ) -> Result<(), EncodeError<W::Error>> {
        let Some(unless) = &self.unless else {
            return to.str(self.on.as_str())?.ok();
        };
        to.array(4)?.str(self.on.as_str())?;
        unless.encode_path_and_rule(to)
    }

    pub(crate) fn decode(from: &mut Decoder<'_>, patterns: &Allowance) -> Result<Self, TokenError> {
        if from.datatype()? == Type::String {
            return Ok(Self::always(ScopePattern::parse(text(from)?)?));
        }
        if bounded_array(from, 4)? != 4 {
            return Err(TokenError::Malformed);
        }
        let on = ScopePattern::parse(text(from)?)?;
        let path = ArgPath::decode(from)?;
        let rule = Rule::decode(from, patterns)?;
        let unless = Some(Constraint::from_parts(path, rule, None)?);
        Ok(Self { on, unless })
    }
}

impl fmt::Display for ConsentRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "consent to {}", self.on)?;
        match &self.unless {
            Some(rule) => write!(f, " unless {rule}"),
            None => Ok(()),
        }
    }
}
