//! Cases to compare verifiers with, made from bytes: the same bytes, the same case, whoever brings them.
//!
//! Random bytes of a property test and mutated ones of a fuzzer both end up here. Most chains are sound but
//! for one thing, because a chain with two faults tests only the first.

mod arguments;
mod block;
mod choices;
mod rule;
mod texts;

pub use arguments::arguments;
pub use choices::Choices;

use agentsudo_core::Arguments;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

use super::cbor::Tree;
use super::proof::{Invocation, signed_bytes};
use super::{Revocations, Revoked, Trust};
use block::Fields;

/// Around when everything happens, in seconds since 1970.
pub const NOW_S: u64 = 1_800_000_000;

const ISSUER: u8 = 1;
const SCOPES: [&str; 8] = [
    "write:refunds",
    "write:refunds:eu",
    "write:orders",
    "read:refunds",
    "read:orders:eu:2026",
    "w:r",
    "write:re",
    "a:b:c:d:e:f:g:h",
];
const TOOLS: [&str; 3] = ["issue_refund", "pay_out", "x"];
const SINKS: [&str; 6] = ["amount", "to", "items", "customer.email", "ip", "items[]"];

/// A token, who looks at it, and what is then asked for.
#[derive(Debug, Clone)]
pub struct Case {
    /// The bytes of the token.
    pub token: Vec<u8>,
    /// Who looks at it.
    pub trust: Trust,
    /// The calls.
    pub calls: Vec<CallCase>,
    /// Attempts to make one of the calls with a proof of its own.
    pub attempts: Vec<Attempt>,
}

/// A call with a proof.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Which of the calls.
    pub call: usize,
    /// The bytes of the proof.
    pub proof: Vec<u8>,
}

/// A call, with what it borrows.
#[derive(Debug, Clone)]
pub struct CallCase {
    /// The tool's name.
    pub tool: String,
    /// The scope that it requires.
    pub scope: String,
    /// Whether it writes or destroys.
    pub changes_something: bool,
    /// The arguments that decide where something goes.
    pub sinks: Vec<String>,
    /// The arguments.
    pub arguments: Arguments,
    /// The time, in seconds since 1970.
    pub now_s: u64,
    /// Frozen scopes, each until a time.
    pub freezes: Vec<(String, u64)>,
    /// What was revoked meanwhile.
    pub revocations: Option<Revocations>,
}

impl CallCase {
    /// The call as the reference takes it.
    #[must_use]
    pub fn as_call(&self) -> super::Call<'_> {
        super::Call {
            tool: &self.tool,
            scope: &self.scope,
            changes_something: self.changes_something,
            sinks: &self.sinks,
            arguments: &self.arguments,
            now_s: self.now_s,
            freezes: &self.freezes,
            revocations: self.revocations.as_ref(),
        }
    }
}

/// A key from a seed.
#[must_use]
pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// The public half of a key from a seed.
#[must_use]
pub fn public_key(seed: u8) -> [u8; 32] {
    key(seed).verifying_key().to_bytes()
}

/// The parts of a token: each block with its signature.
type Parts = Vec<(Tree, [u8; 64])>;

impl Case {
    /// The case that these bytes stand for.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut choices = Choices::of(bytes);
        let calls = 1 + choices.below(3);
        let blocks = chain(&mut choices);
        let parts = signed(&blocks, &mut choices);
        let ids = ids(&parts);
        let holder = blocks.last().map_or(ISSUER, Fields::holder_seed);
        let mut token = encoded(&parts);
        if choices.one_in(6) {
            spoil(&mut token, &mut choices);
        }
        let trust = trust(&mut choices, &ids);
        let calls: Vec<_> = (0..calls)
            .map(|_| call(&mut choices, &trust, &ids))
            .collect();
        let holder = Holder {
            seed: holder,
            block: ids.last().copied().unwrap_or_default(),
        };
        let attempts = attempts(&mut choices, &trust, &calls, &holder);
        Self {
            token,
            trust,
            calls,
            attempts,
        }
    }

    /// The tokens that this one was delegated from, the shortest first; none for bytes that are no chain.
    #[must_use]
    pub fn ancestors(&self) -> Vec<Vec<u8>> {
        let Tree::List(items) = super::cbor::read(&self.token).0 else {
            return Vec::new();
        };
        let lengths = (1..items.len() / 2).map(|blocks| 2 * blocks);
        let prefixes = lengths.filter_map(|len| items.get(..len));
        prefixes
            .map(|items| Tree::List(items.to_vec()).encoded())
            .collect()
    }
}

/// A root that lets one rule be tried on every call.
#[must_use]
pub fn root_with_constraint(constraint: &[u8]) -> Vec<u8> {
    let mut fields = Fields::plain_root();
    fields.set(10, Tree::List(vec![Tree::Raw(constraint.to_vec())]));
    encoded(&signed(&[fields], &mut Choices::of(&[])))
}

/// The trust that accepts what this module signs.
#[must_use]
pub fn plain_trust() -> Trust {
    Trust {
        issuers: vec![(public_key(ISSUER), 86_400)],
        audience: "shop".to_owned(),
        now_s: NOW_S,
        revocations: None,
        is_strict: false,
    }
}

fn chain(choices: &mut Choices<'_>) -> Vec<Fields> {
    let length = *choices.pick(&[1, 2, 3, 1, 2, 4, 5, 2]);
    let bears = choices.one_in(5);
    let mut blocks: Vec<_> = (0..length)
        .map(|at| Fields::of(at, length, bears, choices))
        .collect();
    if choices.one_in(3) {
        let at = choices.below(blocks.len());
        if let Some(block) = blocks.get_mut(at) {
            block.spoil(choices);
        }
    }
    blocks
}

/// Signs each block by the holder before it, or now and then by somebody else.
fn signed(blocks: &[Fields], choices: &mut Choices<'_>) -> Parts {
    let mut parts: Parts = Vec::new();
    let mut signer = ISSUER;
    let wrong_at = choices.one_in(24).then(|| choices.below(blocks.len()));
    for (at, block) in blocks.iter().enumerate() {
        let tree = block.tree();
        let message = message_of(&parts, &tree);
        let seed = if wrong_at == Some(at) {
            choices.byte()
        } else {
            signer
        };
        parts.push((tree, key(seed).sign(&message).to_bytes()));
        signer = block.holder_seed();
    }
    parts
}

fn message_of(before: &Parts, block: &Tree) -> Vec<u8> {
    match ids(before).last() {
        None => [b"agentsudo.root.v1\0", block.encoded().as_slice()].concat(),
        Some(id) => [
            b"agentsudo.delegation.v1\0",
            id.as_slice(),
            &block.encoded(),
        ]
        .concat(),
    }
}

fn ids(parts: &Parts) -> Vec<[u8; 32]> {
    let mut ids: Vec<[u8; 32]> = Vec::new();
    for (block, _) in parts {
        let payload = block.encoded();
        let message = match ids.last() {
            None => [b"agentsudo.root.v1\0", payload.as_slice()].concat(),
            Some(id) => [b"agentsudo.delegation.v1\0", id.as_slice(), &payload].concat(),
        };
        ids.push(Sha256::digest(&message).into());
    }
    ids
}

fn encoded(parts: &Parts) -> Vec<u8> {
    let items = parts
        .iter()
        .flat_map(|(block, signature)| [block.clone(), Tree::Bytes(signature.to_vec())]);
    Tree::List(items.collect()).encoded()
}

/// Changes bytes that were signed already.
fn spoil(token: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..=choices.below(3) {
        let at =
            (usize::from(choices.byte()) << 8 | usize::from(choices.byte())) % token.len().max(1);
        match choices.below(6) {
            0 | 1 => {
                let bit = choices.below(8);
                if let Some(byte) = token.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            2 => {
                let new = choices.byte();
                if let Some(byte) = token.get_mut(at) {
                    *byte = new;
                }
            }
            3 => token.truncate(at),
            4 => token.push(choices.byte()),
            _ => token.insert(at, choices.byte()),
        }
    }
}

fn trust(choices: &mut Choices<'_>, ids: &[[u8; 32]]) -> Trust {
    let mut trust = plain_trust();
    let max_life_s = *choices.pick(&[
        86_400,
        86_400,
        86_400,
        86_400,
        86_400,
        900,
        31 * 86_400,
        u64::MAX,
    ]);
    trust.issuers = match choices.below(32) {
        0 => vec![(public_key(2), max_life_s)],
        1 => vec![(public_key(2), 60), (public_key(ISSUER), max_life_s)],
        _ => vec![(public_key(ISSUER), max_life_s)],
    };
    trust.audience = (*choices.pick(&["shop", "shop", "shop", "shop", "shop", "bank"])).to_owned();
    trust.now_s = moment(choices);
    trust.revocations = revocations(choices, ids, 12);
    trust.is_strict = choices.one_in(5);
    trust
}

fn revocations(choices: &mut Choices<'_>, ids: &[[u8; 32]], seldom: usize) -> Option<Revocations> {
    if !choices.one_in(seldom) {
        return None;
    }
    let seed = u8::try_from(choices.below(8)).unwrap_or(0);
    let id = ids.get(choices.below(6)).copied().unwrap_or_default();
    let revoked = match choices.below(6) {
        0 => vec![],
        1 => vec![Revoked::Issuer(public_key(ISSUER))],
        2 => vec![Revoked::Block(id)],
        3 => vec![Revoked::Agent(format!("agent-{seed}"))],
        _ => vec![Revoked::Holder(public_key(10 + seed))],
    };
    let is_stale = choices.one_in(6);
    Some(Revocations { revoked, is_stale })
}

/// The holder of the last block.
struct Holder {
    seed: u8,
    block: [u8; 32],
}

/// Attempts with sound proofs, some with the same, and such with one thing wrong.
fn attempts(
    choices: &mut Choices<'_>,
    trust: &Trust,
    calls: &[CallCase],
    holder: &Holder,
) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for _ in 0..choices.below(3) {
        let call = choices.below(calls.len());
        let again = attempts.first().filter(|_| choices.one_in(4));
        let attempt = match (again, calls.get(call)) {
            (Some(again), _) => again.clone(),
            (None, Some(found)) => Attempt {
                call,
                proof: proof(choices, trust, found, holder),
            },
            (None, None) => continue,
        };
        attempts.push(attempt);
    }
    attempts
}

fn proof(choices: &mut Choices<'_>, trust: &Trust, call: &CallCase, holder: &Holder) -> Vec<u8> {
    let flaw = if choices.one_in(4) {
        choices.below(8)
    } else {
        8
    };
    let none = Arguments::default();
    let invocation = Invocation {
        tool: if flaw == 0 { "another" } else { &call.tool },
        definition: Sha256::digest(if flaw == 1 {
            b"another"
        } else {
            call.tool.as_bytes()
        })
        .into(),
        arguments: if flaw == 2 { &none } else { &call.arguments },
        audience: if flaw == 3 {
            "elsewhere"
        } else {
            &trust.audience
        },
    };
    let block = if flaw == 4 { [0; 32] } else { holder.block };
    let seed = if flaw == 5 { ISSUER } else { holder.seed };
    let near = *choices.pick(&[0, 1, 60, -60, 59, 61, -61, 0_i64]);
    let made_at_s = trust.now_s.saturating_add_signed(near);
    let nonce = [u8::try_from(choices.below(2)).unwrap_or(0); 16];
    let message = signed_bytes(&block, &invocation, made_at_s, &nonce);
    let signature = key(seed).sign(&message).to_bytes();
    let parts = vec![
        Tree::Uint(if flaw == 6 { 2 } else { 1 }),
        Tree::Uint(made_at_s),
        Tree::Bytes(nonce.to_vec()),
        Tree::Bytes(signature.to_vec()),
    ];
    let mut proof = Tree::List(parts).encoded();
    if flaw == 7 {
        spoil(&mut proof, choices);
    }
    proof
}

/// A time at which something may begin or end.
fn moment(choices: &mut Choices<'_>) -> u64 {
    if !choices.one_in(6) {
        return NOW_S;
    }
    let edge = *choices.pick(&[0, 0, 60, 900, 3_600, 86_400, 31 * 86_400]);
    let near = *choices.pick(&[-61, -60, -59, -1, 0, 1, 59, 60, 61_i64]);
    if choices.one_in(32) {
        return *choices.pick(&[0, u64::MAX]);
    }
    (NOW_S + edge).saturating_add_signed(near)
}

fn call(choices: &mut Choices<'_>, trust: &Trust, ids: &[[u8; 32]]) -> CallCase {
    let sinks = (0..choices.below(3))
        .map(|_| (*choices.pick(&SINKS)).to_owned())
        .collect();
    let mut freezes = Vec::new();
    if choices.one_in(12) {
        let pattern = block::pattern(choices);
        if super::is_pattern(&pattern) {
            freezes.push((
                pattern,
                trust.now_s.saturating_add(*choices.pick(&[1, 0, 60])),
            ));
        }
    }
    CallCase {
        tool: (*choices.pick(&TOOLS)).to_owned(),
        scope: (*choices.pick(&SCOPES)).to_owned(),
        changes_something: !choices.one_in(3),
        sinks,
        arguments: arguments(choices),
        now_s: if choices.one_in(8) {
            moment(choices)
        } else {
            trust.now_s
        },
        freezes,
        revocations: revocations(choices, ids, 12),
    }
}
