//! The commands that make tokens and look into them, and what they share.
//!
//! Rules are the library's: whatever is made here has passed the verifier, and what is shown of a token that
//! nobody verified is called a claim. Tokens and secret keys are read with bounds and never repeated.

pub(crate) mod budget;
pub(crate) mod consent;
pub(crate) mod constraint;
pub(crate) mod delegate;
mod effect;
pub(crate) mod inspect;
mod key;
pub(crate) mod keys;
mod meet;
pub(crate) mod mint;
pub(crate) mod output;
mod presented;
mod render;
mod revoked;
pub(crate) mod source;
mod span;
mod trust;
pub(crate) mod verify;

pub(crate) use source::TokenArg;
pub(crate) use trust::{Moment, Refused, Trust, TrustArgs, audiences};
