//! The handshake that opens a session: one signature of the holder, then a key that only both sides know.
//!
//! The holder signs its half of an X25519 agreement (RFC 7748), bound to token, verifier and moment like an
//! invocation proof; the session's key comes out of both halves by HKDF (RFC 5869), bound to all that was
//! signed. *Invariant:* whoever only listens, or stands between, has no key: the holder's half is signed, and
//! the answer's half alone opens nothing.

use core::fmt;

use curve25519_dalek::MontgomeryPoint;
use hkdf::Hkdf;
use minicbor::Decoder;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::session::{ProvedSession, SessionKey};
use super::stamp::{PROOF_NONCE_LEN_BYTES, Stamp, bytes, canonical, signature, time, version};
use super::{PROOF_VERSION, ProofError};
use crate::capability::{Possession, Verified};
use crate::cbor::to_vec;
use crate::digest::Digest;
use crate::key::{Domain, Signature, Signer, SigningInput};
use crate::name::Audience;
use crate::timestamp::Timestamp;
use crate::token::Token;

/// Bytes of an ephemeral key, secret or public.
pub const EPHEMERAL_LEN_BYTES: usize = 32;
/// Bytes of a session's id.
pub const SESSION_ID_LEN_BYTES: usize = 16;
/// What the derived key is for.
const KEY_DOMAIN: &[u8] = b"agentsudo.session-key.v1\0";

/// The holder's half: what it sends to open a session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionOpening {
    stamp: Stamp,
    ephemeral: [u8; EPHEMERAL_LEN_BYTES],
    signature: Signature,
}

/// The verifier's half: what comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionReply {
    session: [u8; SESSION_ID_LEN_BYTES],
    ephemeral: [u8; EPHEMERAL_LEN_BYTES],
}

/// A handshake that the holder has begun and the verifier has not answered.
pub struct SessionHandshake {
    secret: Zeroizing<[u8; EPHEMERAL_LEN_BYTES]>,
    transcript: Digest,
}

impl SessionHandshake {
    /// Signs the opening with the key of the token's holder, for the verifier that calls itself by
    /// `audience`. `secret` and `nonce` must be fresh and random; the caller's copy of the secret is wiped.
    ///
    /// # Errors
    /// [`ProofError::Token`] when the signer is not the token's holder; [`ProofError::Key`] when
    /// it does not sign.
    pub fn begin(
        token: &Token,
        audience: &Audience,
        now: Timestamp,
        nonce: [u8; PROOF_NONCE_LEN_BYTES],
        secret: &mut [u8; EPHEMERAL_LEN_BYTES],
        holder: &dyn Signer,
    ) -> Result<(Self, SessionOpening), ProofError> {
        let kept = Zeroizing::new(core::mem::take(secret));
        let token = token.id_held_by(holder)?;
        let stamp = Stamp {
            made_at: now,
            nonce,
        };
        let ephemeral = MontgomeryPoint::mul_base_clamped(*kept).to_bytes();
        let input = signing_input(&stamp, &ephemeral, &token, audience);
        let signature = holder.sign(&input)?;
        let handshake = Self {
            secret: kept,
            transcript: Digest::of(input.as_bytes()),
        };
        let opening = SessionOpening {
            stamp,
            ephemeral,
            signature,
        };
        Ok((handshake, opening))
    }

    /// Takes the verifier's answer and has the session's key.
    ///
    /// # Errors
    /// [`ProofError::WeakAgreement`] when the answer's key would make the session's key known to everybody.
    pub fn finish(self, reply: &SessionReply) -> Result<SessionKey, ProofError> {
        derive(&self.secret, &reply.ephemeral, &self.transcript, reply)
    }
}

impl Verified {
    /// Answers the opening of a session. `session` and `secret` must be fresh and random; the caller's copy
    /// of the secret is wiped.
    ///
    /// # Errors
    /// [`ProofError`]: out of time, not signed by the token's holder for this verifier, or used before.
    pub fn open_session(
        self,
        opening: &SessionOpening,
        session: [u8; SESSION_ID_LEN_BYTES],
        secret: &mut [u8; EPHEMERAL_LEN_BYTES],
        now: Timestamp,
    ) -> Result<(ProvedSession, SessionReply), ProofError> {
        let kept = Zeroizing::new(core::mem::take(secret));
        let chain = self.capability().verified_chain();
        let SessionOpening {
            stamp, ephemeral, ..
        } = opening;
        let input = signing_input(stamp, ephemeral, &chain.id, self.audience());
        stamp.check(&input, &opening.signature, chain, self.guard(), now)?;
        let reply = SessionReply {
            session,
            ephemeral: MontgomeryPoint::mul_base_clamped(*kept).to_bytes(),
        };
        let transcript = Digest::of(input.as_bytes());
        let key = derive(&kept, ephemeral, &transcript, &reply)?;
        let capability = self.into_capability(Possession::Session);
        Ok((ProvedSession::new(capability, key), reply))
    }
}

fn signing_input(
    stamp: &Stamp,
    ephemeral: &[u8; EPHEMERAL_LEN_BYTES],
    token: &Digest,
    audience: &Audience,
) -> SigningInput {
    let made_at_s = stamp.made_at.unix_s().to_be_bytes();
    SigningInput::new(
        Domain::Handshake,
        &[
            token.as_bytes(),
            ephemeral,
            &made_at_s,
            &stamp.nonce,
            audience.as_str().as_bytes(),
        ],
    )
}

fn derive(
    secret: &[u8; EPHEMERAL_LEN_BYTES],
    theirs: &[u8; EPHEMERAL_LEN_BYTES],
    transcript: &Digest,
    reply: &SessionReply,
) -> Result<SessionKey, ProofError> {
    let shared = Zeroizing::new(MontgomeryPoint(*theirs).mul_clamped(*secret).to_bytes());
    // RFC 7748, section 6.1: a point of small order gives zero, whatever the secret.
    if *shared == [0; EPHEMERAL_LEN_BYTES] {
        return Err(ProofError::WeakAgreement);
    }
    let mut key = Zeroizing::new([0; 32]);
    let info = [KEY_DOMAIN, &reply.session, &reply.ephemeral].concat();
    Hkdf::<Sha256>::new(Some(transcript.as_bytes()), &*shared)
        .expand(&info, &mut *key)
        .map_err(|_| ProofError::WeakAgreement)?;
    SessionKey::new(reply.session, &key)
}

impl SessionOpening {
    /// The bytes: `[version, made at, nonce, ephemeral key, signature]` in deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_vec(|to| {
            to.array(5)?
                .u64(PROOF_VERSION)?
                .u64(self.stamp.made_at.unix_s())?;
            to.bytes(&self.stamp.nonce)?.bytes(&self.ephemeral)?;
            to.bytes(self.signature.as_bytes())?.ok()
        })
    }

    /// Decodes an opening.
    ///
    /// # Errors
    /// [`ProofError::Malformed`], [`ProofError::NotCanonical`] or [`ProofError::UnknownVersion`].
    pub fn from_bytes(encoded: &[u8]) -> Result<Self, ProofError> {
        let mut from = Decoder::new(encoded);
        version(&mut from, 5)?;
        let stamp = Stamp {
            made_at: time(&mut from)?,
            nonce: bytes(&mut from)?,
        };
        let opening = Self {
            stamp,
            ephemeral: bytes(&mut from)?,
            signature: signature(&mut from)?,
        };
        let again = opening.to_bytes();
        canonical(opening, &again, &from)
    }
}

impl SessionReply {
    /// The session's id.
    #[must_use]
    pub const fn session(&self) -> &[u8; SESSION_ID_LEN_BYTES] {
        &self.session
    }

    /// The bytes: `[version, session, ephemeral key]` in deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_vec(|to| {
            to.array(3)?.u64(PROOF_VERSION)?.bytes(&self.session)?;
            to.bytes(&self.ephemeral)?.ok()
        })
    }

    /// Decodes a reply.
    ///
    /// # Errors
    /// As [`SessionOpening::from_bytes`].
    pub fn from_bytes(encoded: &[u8]) -> Result<Self, ProofError> {
        let mut from = Decoder::new(encoded);
        version(&mut from, 3)?;
        let reply = Self {
            session: bytes(&mut from)?,
            ephemeral: bytes(&mut from)?,
        };
        let again = reply.to_bytes();
        canonical(reply, &again, &from)
    }
}

impl fmt::Debug for SessionOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionOpening")
            .field("made_at", &self.stamp.made_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SessionHandshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionHandshake(..)")
    }
}
