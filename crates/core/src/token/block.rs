//! The content of a block and its bytes.
//!
//! A block is a CBOR map with small integer keys, ascending; `docs/token-format.md` names them. A token is
//! one CBOR array: block, signature, block, signature, and so on.

use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

use super::{
    Holder, MAX_AUDIENCES, MAX_BLOCKS, MAX_CONSTRAINTS, MAX_GRANTS, MAX_TOOLS_PER_GRANT,
    SignedBlock, TOKEN_VERSION, TokenError, TokenId,
};
use crate::cbor::{bounded_array, bounded_map, text, to_vec};
use crate::constraint::{Budget, Constraint};
use crate::digest::Digest;
use crate::key::{Domain, IssuerKeyId, PublicKey, Signature, SigningInput};
use crate::name::{AgentName, Audience, ToolName};
use crate::scope::ScopePattern;
use crate::timestamp::Timestamp;

mod key {
    pub(super) const VERSION: u64 = 0;
    pub(super) const ISSUER: u64 = 1;
    pub(super) const TOKEN_ID: u64 = 2;
    pub(super) const ISSUED_AT: u64 = 3;
    pub(super) const EXPIRES_AFTER_S: u64 = 4;
    pub(super) const VALID_AFTER_S: u64 = 5;
    pub(super) const HOLDER_KEY: u64 = 6;
    pub(super) const AGENT: u64 = 7;
    pub(super) const AUDIENCES: u64 = 8;
    pub(super) const GRANTS: u64 = 9;
    pub(super) const CONSTRAINTS: u64 = 10;
    pub(super) const DEPTH: u64 = 11;
}

/// Most entries of a block's map: one per key above.
const MAX_FIELDS: usize = 12;

/// A scope pattern that a block grants, for all tools or for named ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    scope: ScopePattern,
    tools: Vec<ToolName>,
}

impl Grant {
    /// Grants the scope to calls of any tool.
    #[must_use]
    pub const fn any_tool(scope: ScopePattern) -> Self {
        Self {
            scope,
            tools: Vec::new(),
        }
    }

    /// Grants the scope to calls of one tool only.
    #[must_use]
    pub fn for_tool(scope: ScopePattern, tool: ToolName) -> Self {
        Self {
            scope,
            tools: vec![tool],
        }
    }

    /// Grants the scope to one more tool of those that it is limited to. A grant to any tool stays one.
    #[must_use]
    pub fn and_tool(mut self, tool: ToolName) -> Self {
        if !self.tools.is_empty() {
            self.tools.push(tool);
        }
        self
    }

    /// The scopes that are granted.
    #[must_use]
    pub const fn scope(&self) -> &ScopePattern {
        &self.scope
    }

    /// The tools that the grant is limited to; none means any.
    #[must_use]
    pub fn tools(&self) -> &[ToolName] {
        &self.tools
    }
}

/// What only a root block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) issuer: IssuerKeyId,
    pub(crate) token_id: TokenId,
    pub(crate) issued_at: Timestamp,
}

/// What any block may add. Times count in seconds from the root's `issued_at`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    pub(crate) expires_after_s: Option<u64>,
    pub(crate) valid_after_s: Option<u64>,
    pub(crate) audiences: Vec<Audience>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) depth: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) root: Option<Root>,
    pub(crate) holder: Holder,
    pub(crate) limits: Limits,
}

impl Block {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        to_vec(|to| self.encode(to))
    }

    fn field_count(&self) -> u64 {
        let limits = &self.limits;
        let optional = [
            limits.expires_after_s.is_some(),
            limits.valid_after_s.is_some(),
            !limits.audiences.is_empty(),
            !limits.grants.is_empty(),
            !limits.constraints.is_empty(),
            limits.depth.is_some(),
        ];
        let always = if self.root.is_some() { 6 } else { 2 };
        always + optional.into_iter().map(u64::from).sum::<u64>()
    }

    fn encode<W: Write>(&self, to: &mut Encoder<W>) -> Result<(), EncodeError<W::Error>> {
        to.map(self.field_count())?;
        if let Some(root) = &self.root {
            to.u64(key::VERSION)?.u64(TOKEN_VERSION)?;
            to.u64(key::ISSUER)?.bytes(root.issuer.as_bytes())?;
            to.u64(key::TOKEN_ID)?.bytes(root.token_id.as_bytes())?;
            to.u64(key::ISSUED_AT)?.u64(root.issued_at.unix_s())?;
        }
        let limits = &self.limits;
        if let Some(seconds) = limits.expires_after_s {
            to.u64(key::EXPIRES_AFTER_S)?.u64(seconds)?;
        }
        if let Some(seconds) = limits.valid_after_s {
            to.u64(key::VALID_AFTER_S)?.u64(seconds)?;
        }
        to.u64(key::HOLDER_KEY)?
            .bytes(self.holder.key().as_bytes())?;
        to.u64(key::AGENT)?.str(self.holder.agent().as_str())?;
        if !limits.audiences.is_empty() {
            to.u64(key::AUDIENCES)?
                .array(limits.audiences.len() as u64)?;
            for audience in &limits.audiences {
                to.str(audience.as_str())?;
            }
        }
        if !limits.grants.is_empty() {
            to.u64(key::GRANTS)?.array(limits.grants.len() as u64)?;
            for grant in &limits.grants {
                encode_grant(grant, to)?;
            }
        }
        if !limits.constraints.is_empty() {
            to.u64(key::CONSTRAINTS)?
                .array(limits.constraints.len() as u64)?;
            for constraint in &limits.constraints {
                constraint.encode(to)?;
            }
        }
        if let Some(depth) = limits.depth {
            to.u64(key::DEPTH)?.u8(depth)?;
        }
        Ok(())
    }

    /// Decodes one block. A field that the block's kind does not have is refused as unknown.
    fn decode(
        from: &mut Decoder<'_>,
        is_root: bool,
        patterns: &Budget,
    ) -> Result<Self, TokenError> {
        let mut fields = Fields::default();
        let count = bounded_map(from, MAX_FIELDS)?;
        let mut last_key = None;
        for _ in 0..count {
            let key = from.u64()?;
            if last_key.is_some_and(|last| key <= last) {
                return Err(TokenError::NotCanonical);
            }
            last_key = Some(key);
            if !is_root && key <= key::ISSUED_AT {
                return Err(TokenError::UnknownField { key });
            }
            fields.decode(key, from, patterns)?;
        }
        fields.into_block(is_root)
    }
}

fn encode_grant<W: Write>(grant: &Grant, to: &mut Encoder<W>) -> Result<(), EncodeError<W::Error>> {
    if grant.tools.is_empty() {
        to.str(grant.scope.as_str())?;
        return Ok(());
    }
    to.array(1 + grant.tools.len() as u64)?
        .str(grant.scope.as_str())?;
    for tool in &grant.tools {
        to.str(tool.as_str())?;
    }
    Ok(())
}

#[derive(Default)]
struct Fields {
    issuer: Option<IssuerKeyId>,
    token_id: Option<TokenId>,
    issued_at: Option<Timestamp>,
    holder_key: Option<PublicKey>,
    agent: Option<AgentName>,
    version: Option<u64>,
    limits: Limits,
}

impl Fields {
    fn decode(
        &mut self,
        key: u64,
        from: &mut Decoder<'_>,
        patterns: &Budget,
    ) -> Result<(), TokenError> {
        match key {
            key::VERSION => self.version = Some(known_version(from.u64()?)?),
            key::ISSUER => self.issuer = Some(IssuerKeyId::from_bytes(array(from.bytes()?)?)),
            key::TOKEN_ID => self.token_id = Some(TokenId::from_bytes(array(from.bytes()?)?)),
            key::ISSUED_AT => self.issued_at = Some(Timestamp::from_unix_s(from.u64()?)),
            key::EXPIRES_AFTER_S => self.limits.expires_after_s = Some(from.u64()?),
            key::VALID_AFTER_S => self.limits.valid_after_s = Some(from.u64()?),
            key::HOLDER_KEY => {
                self.holder_key = Some(PublicKey::from_bytes(&array(from.bytes()?)?)?)
            }
            key::AGENT => self.agent = Some(AgentName::parse(text(from)?)?),
            key::AUDIENCES => {
                self.limits.audiences = list(from, MAX_AUDIENCES, |from| {
                    Ok(Audience::parse(text(from)?)?)
                })?;
            }
            key::GRANTS => self.limits.grants = list(from, MAX_GRANTS, decode_grant)?,
            key::CONSTRAINTS => {
                self.limits.constraints = list(from, MAX_CONSTRAINTS, |from| {
                    Constraint::decode(from, patterns)
                })?;
            }
            key::DEPTH => self.limits.depth = Some(from.u8()?),
            key => return Err(TokenError::UnknownField { key }),
        }
        Ok(())
    }

    fn into_block(self, is_root: bool) -> Result<Block, TokenError> {
        let missing = |name| TokenError::MissingField { name };
        let root = if is_root {
            self.version.ok_or(missing("version"))?;
            self.limits
                .expires_after_s
                .ok_or(missing("expires_after_s"))?;
            if self.limits.grants.is_empty() {
                return Err(missing("grants"));
            }
            Some(Root {
                issuer: self.issuer.ok_or(missing("issuer"))?,
                token_id: self.token_id.ok_or(missing("token_id"))?,
                issued_at: self.issued_at.ok_or(missing("issued_at"))?,
            })
        } else {
            None
        };
        let holder = Holder::new(
            self.agent.ok_or(missing("agent"))?,
            self.holder_key.ok_or(missing("holder_key"))?,
        );
        Ok(Block {
            root,
            holder,
            limits: self.limits,
        })
    }
}

const fn known_version(found: u64) -> Result<u64, TokenError> {
    if found == TOKEN_VERSION {
        Ok(found)
    } else {
        Err(TokenError::UnknownVersion { found })
    }
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], TokenError> {
    bytes.try_into().map_err(|_| TokenError::Malformed)
}

/// A list that is present and has elements: an empty one is written by leaving the field out.
fn list<T>(
    from: &mut Decoder<'_>,
    max: usize,
    element: impl Fn(&mut Decoder<'_>) -> Result<T, TokenError>,
) -> Result<Vec<T>, TokenError> {
    let len = bounded_array(from, max)?;
    if len == 0 {
        return Err(TokenError::NotCanonical);
    }
    (0..len).map(|_| element(from)).collect()
}

fn decode_grant(from: &mut Decoder<'_>) -> Result<Grant, TokenError> {
    if from.datatype()? == minicbor::data::Type::String {
        return Ok(Grant::any_tool(ScopePattern::parse(text(from)?)?));
    }
    let parts = bounded_array(from, 1 + MAX_TOOLS_PER_GRANT)?;
    if parts < 2 {
        return Err(TokenError::NotCanonical);
    }
    let scope = ScopePattern::parse(text(from)?)?;
    let tools = (1..parts).map(|_| Ok(ToolName::parse(text(from)?)?));
    Ok(Grant {
        scope,
        tools: tools.collect::<Result<_, TokenError>>()?,
    })
}

impl SignedBlock {
    /// What the signature of a block covers: its domain, the id of the block before, its own bytes.
    pub(crate) fn signing_input(previous: Option<&Digest>, payload: &[u8]) -> SigningInput {
        match previous {
            None => SigningInput::new(Domain::RootBlock, &[payload]),
            Some(id) => SigningInput::new(Domain::DelegationBlock, &[id.as_bytes(), payload]),
        }
    }

    pub(crate) fn new(
        block: Block,
        payload: Vec<u8>,
        signature: Signature,
        previous: Option<&Digest>,
    ) -> Self {
        let id = Digest::of(Self::signing_input(previous, &payload).as_bytes());
        Self {
            block,
            id,
            payload,
            signature,
        }
    }
}

pub(super) fn encode_chain(blocks: &[SignedBlock]) -> Vec<u8> {
    to_vec(|to| {
        to.array(2 * blocks.len() as u64)?;
        for signed in blocks {
            signed.block.encode(to)?;
            to.bytes(signed.signature.as_bytes())?;
        }
        Ok(())
    })
}

pub(super) fn decode_chain(bytes: &[u8]) -> Result<Vec<SignedBlock>, TokenError> {
    let mut from = Decoder::new(bytes);
    let items = from.array()?.ok_or(TokenError::NotCanonical)?;
    if items > 2 * MAX_BLOCKS as u64 {
        return Err(TokenError::TooManyBlocks);
    }
    if items == 0 || items % 2 != 0 {
        return Err(TokenError::Malformed);
    }
    let mut blocks: Vec<SignedBlock> = Vec::new();
    let patterns = Budget::of_patterns();
    for _ in 0..items / 2 {
        let start = from.position();
        let block = Block::decode(&mut from, blocks.is_empty(), &patterns)?;
        let payload = bytes
            .get(start..from.position())
            .ok_or(TokenError::Malformed)?
            .to_vec();
        let signature = Signature::from_bytes(array(from.bytes()?)?);
        let previous = blocks.last().map(|signed| signed.id);
        blocks.push(SignedBlock::new(
            block,
            payload,
            signature,
            previous.as_ref(),
        ));
    }
    if from.position() != bytes.len() {
        return Err(TokenError::Malformed);
    }
    Ok(blocks)
}
