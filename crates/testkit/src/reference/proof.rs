//! Invocation proofs and the messages of sessions: their form, and what is signed.

use std::collections::BTreeSet;

use agentsudo_core::{Arguments, CallTag, InvocationProof, SessionOpening, SessionReply};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::block::LAST_SECOND;
use super::call::digest_of;
use super::cbor::{Tree, read};
use super::{Accepted, Code};

const MALFORMED: Code = "proof.malformed";
const NOT_CANONICAL: Code = "proof.not_canonical";

/// What each message has after its version: numbers as 0, bytes by their count.
const PROOF: [usize; 3] = [0, 16, 64];
const OPENING: [usize; 4] = [0, 16, 32, 64];
const REPLY: [usize; 2] = [16, 32];
const TAG: [usize; 2] = [0, 32];

/// Decodes bytes as each message, with the core and here.
///
/// # Panics
/// If they differ, or if what decodes does not encode to the same bytes.
pub(super) fn decode_all(bytes: &[u8]) {
    let proof = InvocationProof::from_bytes(bytes).map_err(|error| error.code());
    check(
        bytes,
        &PROOF,
        &proof.as_ref().map(InvocationProof::to_bytes),
    );
    if let Ok(proof) = proof {
        let again = InvocationProof::from_text(&proof.to_text());
        assert!(
            again.is_ok_and(|again| again == proof),
            "the text form does not come back"
        );
    }
    if let Ok(text) = core::str::from_utf8(bytes)
        && let Ok(proof) = InvocationProof::from_text(text)
    {
        assert_eq!(proof.to_text(), text);
    }
    let opening = SessionOpening::from_bytes(bytes).map_err(|error| error.code());
    check(
        bytes,
        &OPENING,
        &opening.as_ref().map(SessionOpening::to_bytes),
    );
    let reply = SessionReply::from_bytes(bytes).map_err(|error| error.code());
    check(bytes, &REPLY, &reply.as_ref().map(SessionReply::to_bytes));
    let tag = CallTag::from_bytes(bytes).map_err(|error| error.code());
    check(bytes, &TAG, &tag.as_ref().map(CallTag::to_bytes));
}

/// Compares whether it decodes, or why not, and the bytes that it has again.
fn check(bytes: &[u8], parts: &[usize], core: &Result<Vec<u8>, &Code>) {
    let code = core.as_ref().err().map_or("ok", |code| **code);
    assert_eq!(code, read_message(bytes, parts).err().unwrap_or("ok"));
    assert!(
        core.is_err() || core.as_deref() == Ok(bytes),
        "what decodes has another form"
    );
}

fn read_message(bytes: &[u8], parts: &[usize]) -> Result<(), Code> {
    let (tree, rest) = read(bytes);
    let items = match tree.plain() {
        Tree::List(items) => items,
        Tree::EndlessList => return Err(NOT_CANONICAL),
        _ => return Err(MALFORMED),
    };
    let Some((version, fields)) = items.split_first() else {
        return Err(MALFORMED);
    };
    if fields.len() != parts.len() {
        return Err(MALFORMED);
    }
    if version.as_uint().map_err(|_| MALFORMED)? != 1 {
        return Err("proof.unknown_version");
    }
    for (field, length) in fields.iter().zip(parts) {
        match field.plain() {
            // A time; the counter of a tag has no last one.
            Tree::Uint(value) if *length == 0 && (parts == TAG || *value <= LAST_SECOND) => {}
            Tree::Bytes(bytes) if *length > 0 && bytes.len() == *length => {}
            _ => return Err(MALFORMED),
        }
    }
    if !rest.is_empty() {
        return Err(MALFORMED);
    }
    if tree.is_regular() {
        Ok(())
    } else {
        Err(NOT_CANONICAL)
    }
}

/// What an invocation proof is about.
pub(super) struct Invocation<'a> {
    pub(super) tool: &'a str,
    pub(super) definition: [u8; 32],
    pub(super) arguments: &'a Arguments,
    pub(super) audience: &'a str,
}

/// What the holder signs for one call at one moment.
pub(super) fn signed_bytes(
    last_block: &[u8; 32],
    invocation: &Invocation<'_>,
    made_at_s: u64,
    nonce: &[u8],
) -> Vec<u8> {
    let tool = invocation.tool.as_bytes();
    [
        b"agentsudo.invocation.v1\0".as_slice(),
        last_block,
        &invocation.definition,
        &digest_of(invocation.arguments),
        &made_at_s.to_be_bytes(),
        nonce,
        &[u8::try_from(tool.len()).unwrap_or(u8::MAX)],
        tool,
        invocation.audience.as_bytes(),
    ]
    .concat()
}

impl Accepted {
    /// Checks a proof for one call and spends it. `spent` is what was spent before.
    pub(super) fn prove(
        &self,
        proof: &[u8],
        invocation: &Invocation<'_>,
        now_s: u64,
        spent: &mut BTreeSet<[u8; 32]>,
    ) -> Result<(), Code> {
        read_message(proof, &PROOF)?;
        let Tree::List(parts) = read(proof).0 else {
            return Err(MALFORMED);
        };
        let [_, made_at, nonce, signature] = parts.as_slice() else {
            return Err(MALFORMED);
        };
        let (made_at_s, nonce) = (made_at.as_uint()?, nonce.as_bytes::<16>()?);
        if made_at_s.abs_diff(now_s) > 60 {
            return Err("proof.out_of_time");
        }
        let (id, holder) = match self.blocks.last() {
            Some((id, block)) => (id, block.holder_key.unwrap_or_default()),
            None => return Err(MALFORMED),
        };
        let message = signed_bytes(id, invocation, made_at_s, &nonce);
        let signature = Signature::from_bytes(&signature.as_bytes()?);
        let key = VerifyingKey::from_bytes(&holder).map_err(|_| MALFORMED)?;
        if key.verify_strict(&message, &signature).is_err() {
            return Err("proof.signature_invalid");
        }
        if spent.insert(Sha256::digest(&message).into()) {
            Ok(())
        } else {
            Err("proof.replayed")
        }
    }
}
