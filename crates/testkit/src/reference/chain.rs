//! Whether a chain of blocks is to be trusted: the steps of the format's description, in their order.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::block::Block;
use super::cbor::{MALFORMED, NOT_CANONICAL, Tree, read};
use super::rule::{Reading, UNSOUND};
use super::sound::compiles;
use super::{Accepted, Code, Revocations, Revoked, Trust};

const SKEW_S: u64 = 60;
const MAX_LIFETIME_S: u64 = 31 * 86_400;
const LIFETIME_TOO_LONG: Code = "token.lifetime_too_long";

/// A block as it stands in the token.
struct Signed {
    block: Block,
    id: [u8; 32],
    /// What the signature covers.
    message: Vec<u8>,
    signature: [u8; 64],
}

pub(super) fn verify(bytes: &[u8], trust: &Trust) -> Result<Accepted, Code> {
    let chain = read_chain(bytes)?;
    let [root, ..] = chain.as_slice() else {
        return Err(MALFORMED);
    };
    let named = root.block.issuer.unwrap_or_default();
    let is_meant = |issuer: &&([u8; 32], u64)| issuer_id(&issuer.0) == named;
    let (issuer, max_life_s) = *trust
        .issuers
        .iter()
        .find(is_meant)
        .ok_or("token.unknown_issuer")?;
    check_depth(&chain)?;
    check_life(&chain, max_life_s)?;
    check_bearer(&root.block)?;
    check_delegates_to_others(&chain)?;
    let accepted = Accepted {
        blocks: chain
            .iter()
            .map(|signed| (signed.id, signed.block.clone()))
            .collect(),
        issuer,
        is_strict: trust.is_strict,
    };
    if root.block.issued_at.unwrap_or(0) > trust.now_s.saturating_add(SKEW_S) {
        return Err("token.issued_in_future");
    }
    accepted.check_time(trust.now_s)?;
    let is_meant = |signed: &Signed| {
        let audiences = &signed.block.audiences;
        audiences.is_empty() || audiences.contains(&trust.audience)
    };
    if !chain.iter().all(is_meant) {
        return Err("token.audience_mismatch");
    }
    check_signatures(&chain, issuer)?;
    accepted.check_revoked(trust.revocations.as_ref())?;
    Ok(accepted)
}

fn read_chain(bytes: &[u8]) -> Result<Vec<Signed>, Code> {
    if bytes.len() > 16_384 {
        return Err("token.too_large");
    }
    let (tree, rest) = read(bytes);
    let items = match tree.plain() {
        Tree::List(items) if items.len() > 32 => return Err("token.too_many_blocks"),
        _ => tree.as_list(32)?,
    };
    if items.is_empty() || !items.len().is_multiple_of(2) {
        return Err(MALFORMED);
    }
    let mut reading = Reading {
        regexes_left: 16,
        is_irregular: false,
    };
    let mut chain: Vec<Signed> = Vec::new();
    for pair in items.chunks(2) {
        let [block, signature] = pair else {
            return Err(MALFORMED);
        };
        let message = match chain.last() {
            None => [b"agentsudo.root.v1\0", block.encoded().as_slice()].concat(),
            Some(before) => {
                let domain = b"agentsudo.delegation.v1\0".as_slice();
                [domain, &before.id, &block.encoded()].concat()
            }
        };
        let block = Block::read(block, chain.is_empty(), &mut reading)?;
        let signature = signature.as_bytes()?;
        chain.push(Signed {
            block,
            id: Sha256::digest(&message).into(),
            message,
            signature,
        });
    }
    if !rest.is_empty() {
        return Err(MALFORMED);
    }
    if tree.encoded() == bytes {
        Ok(chain)
    } else {
        Err(NOT_CANONICAL)
    }
}

/// By which a root names the key that signed it.
pub(super) fn issuer_id(key: &[u8; 32]) -> [u8; 8] {
    let mut id = [0; 8];
    let digest = Sha256::digest(key);
    id.iter_mut()
        .zip(digest.iter())
        .for_each(|(to, from)| *to = *from);
    id
}

fn check_depth(chain: &[Signed]) -> Result<(), Code> {
    for (at, signed) in chain.iter().enumerate() {
        let following = chain.len() - 1 - at;
        let permitted = match signed.block.depth {
            Some(depth) => usize::from(depth),
            None if at == 0 => 0,
            None => usize::MAX,
        };
        if following > permitted {
            return Err("token.depth_exceeded");
        }
    }
    Ok(())
}

fn check_life(chain: &[Signed], max_life_s: u64) -> Result<(), Code> {
    let blocks = || chain.iter().map(|signed| &signed.block);
    let root_life_s = blocks()
        .next()
        .and_then(|root| root.expires_after_s)
        .unwrap_or(u64::MAX);
    let shortest_s = blocks()
        .filter_map(|block| block.expires_after_s)
        .min()
        .unwrap_or(0);
    let longest_wait_s = blocks()
        .filter_map(|block| block.valid_after_s)
        .max()
        .unwrap_or(0);
    let is_short = root_life_s <= max_life_s.min(MAX_LIFETIME_S);
    if is_short && shortest_s > longest_wait_s {
        Ok(())
    } else {
        Err(LIFETIME_TOO_LONG)
    }
}

fn check_bearer(root: &Block) -> Result<(), Code> {
    let is_bound = !root.audiences.is_empty() && root.expires_after_s.is_some_and(|s| s <= 3_600);
    if root.is_bearer && !is_bound {
        return Err("token.bearer_unbound");
    }
    Ok(())
}

fn check_delegates_to_others(chain: &[Signed]) -> Result<(), Code> {
    for (at, signed) in chain.iter().enumerate() {
        let ours = &signed.block;
        let returns = chain.iter().skip(at + 1).any(|later| {
            later.block.holder_key == ours.holder_key || later.block.agent == ours.agent
        });
        if ours.is_delegate_only && returns {
            return Err("token.delegates_to_itself");
        }
    }
    Ok(())
}

fn check_signatures(chain: &[Signed], issuer: [u8; 32]) -> Result<(), Code> {
    let mut signer = issuer;
    for signed in chain {
        let key = VerifyingKey::from_bytes(&signer).map_err(|_| "token.key_unsound")?;
        let signature = Signature::from_bytes(&signed.signature);
        if key.verify_strict(&signed.message, &signature).is_err() {
            return Err("token.signature_invalid");
        }
        signer = signed.block.holder_key.unwrap_or_default();
        if !is_sound_key(&signer) {
            return Err("token.key_unsound");
        }
        let exceptions = signed.block.approvals.iter().flat_map(|it| &it.unless);
        let mut constraints = signed.block.constraints.iter().chain(exceptions);
        if !constraints.all(|constraint| compiles(&constraint.rule)) {
            return Err(UNSOUND);
        }
    }
    Ok(())
}

/// A point in its one spelling, and not of small order.
fn is_sound_key(bytes: &[u8; 32]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(bytes) else {
        return false;
    };
    let spelled = key.to_edwards().compress().to_bytes();
    !key.is_weak() && spelled == *bytes
}

impl Accepted {
    /// Whether nothing of the token was revoked, as far as a view says that is not too old to say anything.
    pub(super) fn check_revoked(&self, view: Option<&Revocations>) -> Result<(), Code> {
        let Some(view) = view else {
            return Ok(());
        };
        let blocks = || self.blocks.iter();
        let is_revoked = |revoked: &Revoked| match revoked {
            Revoked::Issuer(key) => self.issuer == *key,
            Revoked::Block(id) => blocks().any(|(other, _)| other == id),
            Revoked::Holder(key) => blocks().any(|(_, block)| block.holder_key == Some(*key)),
            Revoked::Agent(name) => blocks().any(|(_, block)| block.agent.as_ref() == Some(name)),
        };
        if view.is_stale {
            Err("revocation.stale")
        } else if view.revoked.iter().any(is_revoked) {
            Err("token.revoked")
        } else {
            Ok(())
        }
    }
}
