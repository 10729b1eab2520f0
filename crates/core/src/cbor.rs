//! The little that this crate adds to `minicbor`: arrays and maps of definite, bounded length.

use core::convert::Infallible;

use minicbor::Decoder;
use minicbor::encode::Error as EncodeError;

use crate::token::TokenError;

/// The length of an array that may have at most `max` elements.
pub(crate) fn bounded_array(from: &mut Decoder<'_>, max: usize) -> Result<usize, TokenError> {
    bounded(from.array()?, max)
}

/// The length of a map that may have at most `max` entries.
pub(crate) fn bounded_map(from: &mut Decoder<'_>, max: usize) -> Result<usize, TokenError> {
    bounded(from.map()?, max)
}

fn bounded(found: Option<u64>, max: usize) -> Result<usize, TokenError> {
    // `None` is CBOR's indefinite length, which has more than one encoding.
    let found = found.ok_or(TokenError::NotCanonical)?;
    usize::try_from(found)
        .ok()
        .filter(|len| *len <= max)
        .ok_or(TokenError::Malformed)
}

/// A definite text.
pub(crate) fn text<'b>(from: &mut Decoder<'b>) -> Result<&'b str, TokenError> {
    Ok(from.str()?)
}

/// Runs an encoding into memory.
///
/// Writing to a `Vec` cannot fail; were it to, the bytes would be cut short, and whoever decodes them (the
/// builder first of all) refuses them.
pub(crate) fn to_vec(
    write: impl FnOnce(&mut minicbor::Encoder<Vec<u8>>) -> Result<(), EncodeError<Infallible>>,
) -> Vec<u8> {
    let mut encoder = minicbor::Encoder::new(Vec::new());
    let written = write(&mut encoder);
    debug_assert!(written.is_ok(), "writing to memory failed");
    encoder.into_writer()
}
