//! A proof for one call: one signature, one use.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use minicbor::Decoder;

use super::stamp::{PROOF_NONCE_LEN_BYTES, Stamp, bytes, canonical, signature, time, version};
use super::{PROOF_VERSION, ProofError, ReplayGuard};
use crate::call::{Call, Requirement};
use crate::cbor::to_vec;
use crate::digest::Digest;
use crate::key::{Domain, Signature, Signer, SigningInput};
use crate::name::{Audience, ToolName};
use crate::timestamp::Timestamp;
use crate::token::Token;
use crate::value::Arguments;
use crate::verified_chain::VerifiedChain;

/// What the text of every invocation proof starts with.
pub const PROOF_TEXT_PREFIX: &str = "asudoproof1_";
/// Longer than any proof.
const MAX_TEXT_LEN_CHARS: usize = 256;

/// The one call that a proof is about.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    tool: &'a ToolName,
    definition: Digest,
    arguments: Digest,
}

impl<'a> Invocation<'a> {
    /// A call of the tool, as its definition stands, with these arguments.
    #[must_use]
    pub fn new(tool: &'a ToolName, definition: Digest, arguments: &Arguments) -> Self {
        Self {
            tool,
            definition,
            arguments: arguments.digest(),
        }
    }

    /// The same from what the tool's owner knows of it.
    #[must_use]
    pub fn of(requirement: &'a Requirement, arguments: &Arguments) -> Self {
        Self::new(requirement.tool(), requirement.definition(), arguments)
    }

    /// The call as its caller proposed it.
    pub(crate) fn proposed<A>(call: &'a Call<A>) -> Self {
        let requirement = call.requirement();
        Self {
            tool: requirement.tool(),
            definition: requirement.definition(),
            arguments: call.proposed_digest(),
        }
    }

    /// Definition, arguments, and the tool's name behind its length.
    pub(super) fn signed_parts(&self) -> ([&[u8]; 2], Vec<u8>) {
        let name = self.tool.as_str().as_bytes();
        // Names have 64 bytes at most.
        let len = u8::try_from(name.len()).unwrap_or(u8::MAX);
        let tool = core::iter::once(len).chain(name.iter().copied()).collect();
        (
            [self.definition.as_bytes(), self.arguments.as_bytes()],
            tool,
        )
    }
}

/// The holder's signature over one call at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct InvocationProof {
    stamp: Stamp,
    signature: Signature,
}

impl InvocationProof {
    /// Signs a call with the key of the token's holder, for the verifier that calls itself by `audience`.
    ///
    /// `nonce` must be random: two equal calls of one second are one otherwise, and the second is refused.
    ///
    /// # Errors
    /// [`ProofError::Token`] when the signer is not the token's holder; [`ProofError::Key`] when
    /// it does not sign.
    pub fn sign(
        token: &Token,
        audience: &Audience,
        invocation: &Invocation<'_>,
        now: Timestamp,
        nonce: [u8; PROOF_NONCE_LEN_BYTES],
        holder: &dyn Signer,
    ) -> Result<Self, ProofError> {
        let token = token.id_held_by(holder)?;
        let stamp = Stamp {
            made_at: now,
            nonce,
        };
        let input = signing_input(&stamp, &token, audience, invocation);
        let signature = holder.sign(&input)?;
        Ok(Self { stamp, signature })
    }

    /// Decodes a proof.
    ///
    /// # Errors
    /// [`ProofError::Malformed`], [`ProofError::NotCanonical`] or [`ProofError::UnknownVersion`].
    pub fn from_bytes(encoded: &[u8]) -> Result<Self, ProofError> {
        let mut from = Decoder::new(encoded);
        version(&mut from, 4)?;
        let stamp = Stamp {
            made_at: time(&mut from)?,
            nonce: bytes(&mut from)?,
        };
        let signature = signature(&mut from)?;
        let proof = Self { stamp, signature };
        let again = proof.to_bytes();
        canonical(proof, &again, &from)
    }

    /// The bytes: `[version, made at, nonce, signature]` in deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_vec(|to| {
            to.array(4)?
                .u64(PROOF_VERSION)?
                .u64(self.stamp.made_at.unix_s())?;
            to.bytes(&self.stamp.nonce)?
                .bytes(self.signature.as_bytes())?
                .ok()
        })
    }

    /// The text form: [`PROOF_TEXT_PREFIX`], then base64url without padding.
    #[must_use]
    pub fn to_text(&self) -> String {
        let encoded = Base64UrlUnpadded::encode_string(&self.to_bytes());
        format!("{PROOF_TEXT_PREFIX}{encoded}")
    }

    /// Reads the text form, exactly as [`Self::to_text`] writes it.
    ///
    /// # Errors
    /// As [`Self::from_bytes`].
    pub fn from_text(text: &str) -> Result<Self, ProofError> {
        let encoded = text
            .strip_prefix(PROOF_TEXT_PREFIX)
            .filter(|encoded| encoded.len() <= MAX_TEXT_LEN_CHARS)
            .ok_or(ProofError::Malformed)?;
        let bytes = Base64UrlUnpadded::decode_vec(encoded).map_err(|_| ProofError::Malformed)?;
        Self::from_bytes(&bytes)
    }

    /// When it says that it was made.
    #[must_use]
    pub const fn made_at(&self) -> Timestamp {
        self.stamp.made_at
    }

    pub(crate) fn signing_input(
        &self,
        token: &Digest,
        audience: &Audience,
        invocation: &Invocation<'_>,
    ) -> SigningInput {
        signing_input(&self.stamp, token, audience, invocation)
    }

    pub(crate) fn check(
        &self,
        input: &SigningInput,
        chain: &VerifiedChain,
        guard: &dyn ReplayGuard,
        now: Timestamp,
    ) -> Result<(), ProofError> {
        self.stamp.check(input, &self.signature, chain, guard, now)
    }
}

fn signing_input(
    stamp: &Stamp,
    token: &Digest,
    audience: &Audience,
    invocation: &Invocation<'_>,
) -> SigningInput {
    let ([definition, arguments], tool) = invocation.signed_parts();
    let made_at_s = stamp.made_at.unix_s().to_be_bytes();
    SigningInput::new(
        Domain::Invocation,
        &[
            token.as_bytes(),
            definition,
            arguments,
            &made_at_s,
            &stamp.nonce,
            &tool,
            audience.as_str().as_bytes(),
        ],
    )
}

impl fmt::Debug for InvocationProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvocationProof")
            .field("made_at", &self.stamp.made_at)
            .finish_non_exhaustive()
    }
}
