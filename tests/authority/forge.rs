//! Makes tokens by hand, in any shape: what somebody with a key and no manners can sign.
//!
//! Written from the description of the format and independent of the crate's own encoder, so that nothing
//! here knows which blocks are allowed.

use agentsudo_core::{Digest, PublicKey, SecretKey};
use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};

use super::actors::NOW_S;

pub(super) const ROOT: &[u8] = b"agentsudo.root.v1\0";
pub(super) const DELEGATION: &[u8] = b"agentsudo.delegation.v1\0";
pub(super) const SESSION: &[u8] = b"agentsudo.session.v1\0";
pub(super) const APPROVAL: &[u8] = b"agentsudo.approval.v1\0";

pub(super) mod field {
    pub(in super::super) const VERSION: u64 = 0;
    pub(in super::super) const ISSUER: u64 = 1;
    pub(in super::super) const TOKEN_ID: u64 = 2;
    pub(in super::super) const ISSUED_AT: u64 = 3;
    pub(in super::super) const EXPIRES_AFTER_S: u64 = 4;
    pub(in super::super) const VALID_AFTER_S: u64 = 5;
    pub(in super::super) const HOLDER_KEY: u64 = 6;
    pub(in super::super) const AGENT: u64 = 7;
    pub(in super::super) const AUDIENCES: u64 = 8;
    pub(in super::super) const GRANTS: u64 = 9;
    pub(in super::super) const CONSTRAINTS: u64 = 10;
    pub(in super::super) const DEPTH: u64 = 11;
    pub(in super::super) const BUDGETS: u64 = 12;
    pub(in super::super) const APPROVALS: u64 = 13;
    pub(in super::super) const DELEGATE_ONLY: u64 = 14;
    pub(in super::super) const BEARER: u64 = 15;
}

/// A key that signs any bytes, unlike the crate's own.
pub(super) struct Key {
    seed: [u8; 32],
    signing: SigningKey,
}

impl Key {
    pub(super) fn of(seed: u8) -> Self {
        let seed = [seed; 32];
        let signing = SigningKey::from_bytes(&seed);
        Self { seed, signing }
    }

    pub(super) fn seed(&self) -> [u8; 32] {
        self.seed
    }

    pub(super) fn secret(&self) -> SecretKey {
        SecretKey::from_seed(&mut self.seed())
    }

    pub(super) fn bytes(&self) -> [u8; 32] {
        self.signing.verifying_key().to_bytes()
    }

    pub(super) fn public(&self) -> PublicKey {
        PublicKey::from_bytes(&self.bytes()).unwrap()
    }

    pub(super) fn verifying(&self) -> ed25519_dalek::VerifyingKey {
        self.signing.verifying_key()
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }
}

/// Any CBOR, written as it says. Lengths and integers are the shortest; what is not comes as `Raw`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cbor {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Tag(u64, Box<Self>),
    Raw(Vec<u8>),
}

impl Cbor {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text.as_ref())).collect())
    }

    pub(super) fn encoded(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        self.encode(&mut encoder);
        encoder.into_writer()
    }

    fn encode(&self, to: &mut Encoder<Vec<u8>>) {
        match self {
            Self::Null => drop(to.null().unwrap()),
            Self::Bool(value) => drop(to.bool(*value).unwrap()),
            Self::Int(value) => drop(to.i64(*value).unwrap()),
            Self::Uint(value) => drop(to.u64(*value).unwrap()),
            Self::Bytes(bytes) => drop(to.bytes(bytes).unwrap()),
            Self::Text(text) => drop(to.str(text).unwrap()),
            Self::List(items) => {
                to.array(items.len() as u64).unwrap();
                items.iter().for_each(|item| item.encode(to));
            }
            Self::Map(entries) => {
                to.map(entries.len() as u64).unwrap();
                for (key, value) in entries {
                    key.encode(to);
                    value.encode(to);
                }
            }
            Self::Tag(tag, inner) => {
                to.tag(Tag::new(*tag)).unwrap();
                inner.encode(to);
            }
            Self::Raw(bytes) => to.writer_mut().extend_from_slice(bytes),
        }
    }

    /// Reads as a careless decoder does: any encoding, tags ignored, the last of equal keys, keys in any
    /// order, whatever follows left alone.
    pub(super) fn read_leniently(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        read(&mut Decoder::new(bytes))
    }
}

fn read(from: &mut Decoder<'_>) -> Result<Cbor, minicbor::decode::Error> {
    Ok(match from.datatype()? {
        Type::Null => {
            from.null()?;
            Cbor::Null
        }
        Type::Bool => Cbor::Bool(from.bool()?),
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => Cbor::Uint(from.u64()?),
        Type::Bytes | Type::BytesIndef => {
            let chunks = from.bytes_iter()?.collect::<Result<Vec<_>, _>>()?;
            Cbor::Bytes(chunks.concat())
        }
        Type::String | Type::StringIndef => {
            let chunks = from.str_iter()?.collect::<Result<Vec<_>, _>>()?;
            Cbor::Text(chunks.concat())
        }
        Type::Array | Type::ArrayIndef => {
            let len = from.array()?;
            let mut items = Vec::new();
            while more(from, len, items.len())? {
                items.push(read(from)?);
            }
            Cbor::List(items)
        }
        Type::Map | Type::MapIndef => {
            let len = from.map()?;
            let mut entries = std::collections::BTreeMap::new();
            let mut seen = 0;
            while more(from, len, seen)? {
                let key = read(from)?;
                entries.insert(key, read(from)?);
                seen += 1;
            }
            Cbor::Map(entries.into_iter().collect())
        }
        Type::Tag => {
            from.tag()?;
            read(from)?
        }
        _ => Cbor::Int(from.i64()?),
    })
}

fn more(
    from: &mut Decoder<'_>,
    len: Option<u64>,
    seen: usize,
) -> Result<bool, minicbor::decode::Error> {
    if let Some(len) = len {
        return Ok((seen as u64) < len);
    }
    if from.datatype()? == Type::Break {
        from.set_position(from.position() + 1);
        return Ok(false);
    }
    Ok(true)
}

/// The fields of a block, in the order in which they will be written.
#[derive(Debug, Clone)]
pub(super) struct Fields(Vec<(u64, Cbor)>);

impl Fields {
    /// A sound root block: `write:refunds` for 900 seconds, three delegations.
    pub(super) fn root(issuer: &Key, agent: &str, holder: &Key) -> Self {
        let issuer_id = Digest::of(&issuer.bytes()).as_bytes()[..8].to_vec();
        Self(vec![
            (field::VERSION, Cbor::Uint(1)),
            (field::ISSUER, Cbor::Bytes(issuer_id)),
            (field::TOKEN_ID, Cbor::Bytes(vec![7; 12])),
            (field::ISSUED_AT, Cbor::Uint(NOW_S)),
            (field::EXPIRES_AFTER_S, Cbor::Uint(900)),
            (field::HOLDER_KEY, Cbor::Bytes(holder.bytes().to_vec())),
            (field::AGENT, Cbor::text(agent)),
            (field::GRANTS, Cbor::texts(&["write:refunds"])),
            (field::DEPTH, Cbor::Uint(3)),
        ])
    }

    /// A sound delegation that restricts nothing.
    pub(super) fn delegation(agent: &str, holder: &Key) -> Self {
        Self(vec![
            (field::HOLDER_KEY, Cbor::Bytes(holder.bytes().to_vec())),
            (field::AGENT, Cbor::text(agent)),
        ])
    }

    /// Sets a field, in its place.
    pub(super) fn with(mut self, key: u64, value: Cbor) -> Self {
        self = self.without(key);
        let at = self.0.iter().position(|(other, _)| *other > key);
        self.0.insert(at.unwrap_or(self.0.len()), (key, value));
        self
    }

    pub(super) fn get(&self, key: u64) -> Cbor {
        let found = self.0.iter().find(|(other, _)| *other == key);
        found.map_or(Cbor::Null, |(_, value)| value.clone())
    }

    pub(super) fn without(mut self, key: u64) -> Self {
        self.0.retain(|(other, _)| *other != key);
        self
    }

    /// Adds a field at the end, even out of order or for a second time.
    pub(super) fn with_last(mut self, key: u64, value: Cbor) -> Self {
        self.0.push((key, value));
        self
    }

    pub(super) fn entries(&self) -> &[(u64, Cbor)] {
        &self.0
    }

    pub(super) fn encoded(&self) -> Vec<u8> {
        let entries = self.0.iter().cloned();
        Cbor::Map(
            entries
                .map(|(key, value)| (Cbor::Uint(key), value))
                .collect(),
        )
        .encoded()
    }
}

/// What the signature of a block covers.
pub(super) fn signed_bytes(domain: &[u8], previous: Option<&[u8; 32]>, payload: &[u8]) -> Vec<u8> {
    [domain, previous.map_or(&[], |id| id.as_slice()), payload].concat()
}

/// A token in the making: blocks and signatures as plain bytes, to be moved about at will.
#[derive(Debug, Clone, Default)]
pub(super) struct Forgery {
    pub(super) parts: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Forgery {
    pub(super) fn root(block: &Fields, signer: &Key) -> Self {
        Self::default().then(block, signer)
    }

    /// Appends a block, signed for its place.
    pub(super) fn then(self, block: &Fields, signer: &Key) -> Self {
        self.then_payload(block.encoded(), signer)
    }

    pub(super) fn then_payload(mut self, payload: Vec<u8>, signer: &Key) -> Self {
        let previous = self.last_id();
        let domain = if previous.is_none() { ROOT } else { DELEGATION };
        let signature = signer.sign(&signed_bytes(domain, previous.as_ref(), &payload));
        self.parts.push((payload, signature.to_vec()));
        self
    }

    /// Appends a block with whatever stands in the place of its signature.
    pub(super) fn then_signed(mut self, payload: Vec<u8>, signature: [u8; 64]) -> Self {
        self.parts.push((payload, signature.to_vec()));
        self
    }

    /// The id of the last block.
    pub(super) fn last_id(&self) -> Option<[u8; 32]> {
        let mut previous: Option<[u8; 32]> = None;
        for (payload, _) in &self.parts {
            let domain = if previous.is_none() { ROOT } else { DELEGATION };
            let signed = signed_bytes(domain, previous.as_ref(), payload);
            previous = Some(*Digest::of(&signed).as_bytes());
        }
        previous
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let items = self.parts.iter().flat_map(|(payload, signature)| {
            [Cbor::Raw(payload.clone()), Cbor::Bytes(signature.clone())]
        });
        Cbor::List(items.collect()).encoded()
    }
}

/// `[path, kind, argument]`, as constraints stand in a block.
pub(super) fn constraint(path: &str, kind: u64, argument: Cbor) -> Cbor {
    Cbor::List(vec![Cbor::text(path), Cbor::Uint(kind), argument])
}

/// An amount of at most so much.
pub(super) fn at_most(path: &str, max: i64) -> Cbor {
    constraint(path, 2, Cbor::List(vec![Cbor::Null, Cbor::Int(max)]))
}
