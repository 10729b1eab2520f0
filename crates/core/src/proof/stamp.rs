//! What every signed proof has: a moment, a nonce, a signature, and the rules of their use.

use minicbor::Decoder;

use super::replay::{ReplayGuard, SpentProof};
use super::{PROOF_VERSION, ProofError};
use crate::digest::Digest;
use crate::key::{SIGNATURE_LEN_BYTES, Signature, SigningInput};
use crate::timestamp::Timestamp;
use crate::verified_chain::VerifiedChain;

/// How far the moment of a proof may lie from now, either way: what clocks and networks need.
pub const MAX_PROOF_AGE_S: u64 = 60;
/// Bytes of a proof's nonce.
pub const PROOF_NONCE_LEN_BYTES: usize = 16;

/// The moment, the nonce and the signature of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) made_at: Timestamp,
    pub(super) nonce: [u8; PROOF_NONCE_LEN_BYTES],
}

impl Stamp {
    /// Checks the moment, then the signature, once, and spends the proof.
    pub(super) fn check(
        &self,
        input: &SigningInput,
        signature: &Signature,
        chain: &VerifiedChain,
        guard: &dyn ReplayGuard,
        now: Timestamp,
    ) -> Result<(), ProofError> {
        let made_at = self.made_at;
        if made_at.unix_s().abs_diff(now.unix_s()) > MAX_PROOF_AGE_S {
            return Err(ProofError::OutOfTime { made_at, now });
        }
        if !chain.holder.verifies(input, signature) {
            return Err(ProofError::SignatureInvalid);
        }
        guard.spend(&SpentProof {
            // Of what is signed, not of the signature: a second signature over it is no second proof.
            id: Digest::of(input.as_bytes()),
            root: chain.root_id(),
            made_at,
            ends_at: made_at.saturating_add_s(MAX_PROOF_AGE_S + 1),
            now,
        })
    }
}

pub(super) fn version(from: &mut Decoder<'_>, items: u64) -> Result<(), ProofError> {
    match from.array()? {
        Some(found) if found == items => {}
        Some(_) => return Err(ProofError::Malformed),
        None => return Err(ProofError::NotCanonical),
    }
    match from.u64()? {
        PROOF_VERSION => Ok(()),
        found => Err(ProofError::UnknownVersion { found }),
    }
}

pub(super) fn bytes<const N: usize>(from: &mut Decoder<'_>) -> Result<[u8; N], ProofError> {
    from.bytes()?.try_into().map_err(|_| ProofError::Malformed)
}

pub(super) fn time(from: &mut Decoder<'_>) -> Result<Timestamp, ProofError> {
    Timestamp::from_wire(from.u64()?).ok_or(ProofError::Malformed)
}

pub(super) fn signature(from: &mut Decoder<'_>) -> Result<Signature, ProofError> {
    Ok(Signature::from_bytes(bytes::<SIGNATURE_LEN_BYTES>(from)?))
}

/// Gives what was decoded if it is all of the bytes, in the one encoding that it has.
pub(super) fn canonical<T>(
    decoded: T,
    encoded: &[u8],
    from: &Decoder<'_>,
) -> Result<T, ProofError> {
    if from.position() != from.input().len() {
        return Err(ProofError::Malformed);
    }
    if encoded == from.input() {
        Ok(decoded)
    } else {
        Err(ProofError::NotCanonical)
    }
}
