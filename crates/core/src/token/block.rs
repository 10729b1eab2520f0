//! The content of a block and its bytes.
//!
//! A block is a CBOR map with small integer keys, ascending: the numbers of [`Field`], which
//! `docs/token-format.md` describes. A token is one CBOR array: block, signature, block, signature, and so
//! on. *Invariant:* writing and reading go through the one list of fields.

use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

use super::{
    Field, Grant, MAX_AUDIENCES, MAX_BLOCKS, MAX_BUDGETS, MAX_CONSENTS, MAX_CONSTRAINTS,
    MAX_GRANTS, MAX_TOKEN_LEN_BYTES, MAX_TOOLS_PER_GRANT, SignedBlock, TOKEN_VERSION, TokenError,
    TokenId,
};
use crate::budget::Budget;
use crate::cbor::{bounded_array, bounded_map, text, to_vec};
use crate::consent::ConsentRule;
use crate::constraint::{Allowance, Constraint};
use crate::digest::Digest;
use crate::key::{Domain, HolderKey, IssuerKeyId, Signature, Signer, SigningInput};
use crate::name::{AgentName, Audience, ToolName};
use crate::scope::ScopePattern;
use crate::timestamp::Timestamp;

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
    pub(crate) budgets: Vec<Budget>,
    pub(crate) consents: Vec<ConsentRule>,
    pub(crate) delegate_only: bool,
    pub(crate) bearer: bool,
}

impl Limits {
    /// How many regular expressions are in it.
    pub(crate) fn pattern_count(&self) -> usize {
        self.rules().map(Constraint::pattern_count).sum()
    }

    /// Whether its regular expressions compile.
    pub(crate) fn check_patterns(&self) -> Result<(), TokenError> {
        Ok(self.rules().try_for_each(Constraint::check_patterns)?)
    }

    fn rules(&self) -> impl Iterator<Item = &Constraint> {
        let exceptions = self.consents.iter().filter_map(ConsentRule::exception);
        self.constraints.iter().chain(exceptions)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) root: Option<Root>,
    pub(crate) agent: AgentName,
    pub(crate) holder_key: HolderKey,
    pub(crate) limits: Limits,
}

impl Block {
    fn to_bytes(&self) -> Vec<u8> {
        to_vec(|to| self.encode(to))
    }

    fn encode<W: Write>(&self, to: &mut Encoder<W>) -> Result<(), EncodeError<W::Error>> {
        let fields = || Field::ALL.into_iter().filter(|field| self.has(*field));
        to.map(fields().count() as u64)?;
        for field in fields() {
            to.u64(field.key())?;
            self.encode_field(field, to)?;
        }
        Ok(())
    }

    const fn has(&self, field: Field) -> bool {
        let limits = &self.limits;
        match field {
            Field::Version | Field::Issuer | Field::TokenId | Field::IssuedAt => {
                self.root.is_some()
            }
            Field::HolderKey | Field::Agent => true,
            Field::ExpiresAfterS => limits.expires_after_s.is_some(),
            Field::ValidAfterS => limits.valid_after_s.is_some(),
            Field::Audiences => !limits.audiences.is_empty(),
            Field::Grants => !limits.grants.is_empty(),
            Field::Constraints => !limits.constraints.is_empty(),
            Field::Depth => limits.depth.is_some(),
            Field::Budgets => !limits.budgets.is_empty(),
            Field::Approvals => !limits.consents.is_empty(),
            Field::DelegateOnly => limits.delegate_only,
            Field::Bearer => limits.bearer,
        }
    }

    fn encode_field<W: Write>(
        &self,
        field: Field,
        to: &mut Encoder<W>,
    ) -> Result<(), EncodeError<W::Error>> {
        let limits = &self.limits;
        match field {
            Field::Version => to.u64(TOKEN_VERSION)?.ok(),
            Field::Issuer => self.root.iter().try_for_each(|root| {
                let id = root.issuer.as_bytes();
                to.bytes(id)?.ok()
            }),
            Field::TokenId => self.root.iter().try_for_each(|root| {
                let id = root.token_id.as_bytes();
                to.bytes(id)?.ok()
            }),
            Field::IssuedAt => self
                .root
                .iter()
                .try_for_each(|root| to.u64(root.issued_at.unix_s())?.ok()),
            Field::ExpiresAfterS => to.encode(limits.expires_after_s)?.ok(),
            Field::ValidAfterS => to.encode(limits.valid_after_s)?.ok(),
            Field::HolderKey => to.bytes(self.holder_key.as_bytes())?.ok(),
            Field::Agent => to.str(self.agent.as_str())?.ok(),
            Field::Audiences => {
                encode_list(&limits.audiences, to, |it, to| to.str(it.as_str())?.ok())
            }
            Field::Grants => encode_list(&limits.grants, to, encode_grant),
            Field::Constraints => encode_list(&limits.constraints, to, Constraint::encode),
            Field::Depth => to.encode(limits.depth)?.ok(),
            Field::Budgets => encode_list(&limits.budgets, to, Budget::encode),
            Field::Approvals => encode_list(&limits.consents, to, ConsentRule::encode),
            Field::DelegateOnly => to.bool(limits.delegate_only)?.ok(),
            Field::Bearer => to.bool(limits.bearer)?.ok(),
        }
    }

    /// Decodes one block, and gives its bytes. A field that the block's kind does not have is refused as
    /// unknown.
    fn decode<'b>(
        from: &mut Decoder<'b>,
        is_root: bool,
        patterns: &Allowance,
    ) -> Result<(Self, &'b [u8]), TokenError> {
        let start = from.position();
        let mut fields = Fields::default();
        let count = bounded_map(from, Field::ALL.len())?;
        let mut last_key = None;
        for _ in 0..count {
            let key = from.u64()?;
            if last_key.is_some_and(|last| key <= last) {
                return Err(TokenError::NotCanonical);
            }
            last_key = Some(key);
            let field = Field::of_key(key)
                .filter(|field| is_root || !field.is_of_root())
                .ok_or(TokenError::UnknownField { key })?;
            fields.decode(field, from, patterns)?;
        }
        let block = fields.into_block(is_root)?;
        let payload = from
            .input()
            .get(start..from.position())
            .ok_or(TokenError::Malformed)?;
        if block.to_bytes() == payload {
            Ok((block, payload))
        } else {
            Err(TokenError::NotCanonical)
        }
    }
}

fn encode_list<T, W: Write>(
    items: &[T],
    to: &mut Encoder<W>,
    encode: impl Fn(&T, &mut Encoder<W>) -> Result<(), EncodeError<W::Error>>,
) -> Result<(), EncodeError<W::Error>> {
    to.array(items.len() as u64)?;
    items.iter().try_for_each(|item| encode(item, to))
}

fn encode_grant<W: Write>(grant: &Grant, to: &mut Encoder<W>) -> Result<(), EncodeError<W::Error>> {
    if grant.tools().is_empty() {
        return to.str(grant.scope().as_str())?.ok();
    }
    to.array(1 + grant.tools().len() as u64)?
        .str(grant.scope().as_str())?;
    for tool in grant.tools() {
        to.str(tool.as_str())?;
    }
    Ok(())
}

#[derive(Default)]
struct Fields {
    issuer: Option<IssuerKeyId>,
    token_id: Option<TokenId>,
    issued_at: Option<Timestamp>,
    holder_key: Option<HolderKey>,
    agent: Option<AgentName>,
    version: Option<u64>,
    limits: Limits,
}

impl Fields {
    fn decode(
        &mut self,
        field: Field,
        from: &mut Decoder<'_>,
        patterns: &Allowance,
    ) -> Result<(), TokenError> {
        let limits = &mut self.limits;
        match field {
            Field::Version => self.version = Some(known_version(from.u64()?)?),
            Field::Issuer => self.issuer = Some(IssuerKeyId::from_bytes(array(from.bytes()?)?)),
            Field::TokenId => self.token_id = Some(TokenId::from_bytes(array(from.bytes()?)?)),
            Field::IssuedAt => {
                let time = Timestamp::from_wire(from.u64()?).ok_or(TokenError::Malformed)?;
                self.issued_at = Some(time);
            }
            Field::ExpiresAfterS => limits.expires_after_s = Some(from.u64()?),
            Field::ValidAfterS => limits.valid_after_s = Some(from.u64()?),
            Field::HolderKey => {
                self.holder_key = Some(HolderKey::from_bytes(array(from.bytes()?)?));
            }
            Field::Agent => self.agent = Some(AgentName::parse(text(from)?)?),
            Field::Audiences => {
                limits.audiences = list(from, MAX_AUDIENCES, |from| {
                    Ok(Audience::parse(text(from)?)?)
                })?;
            }
            Field::Grants => limits.grants = list(from, MAX_GRANTS, decode_grant)?,
            Field::Constraints => {
                limits.constraints = list(from, MAX_CONSTRAINTS, |from| {
                    Constraint::decode(from, patterns)
                })?;
            }
            Field::Depth => limits.depth = Some(from.u8()?),
            Field::Budgets => limits.budgets = list(from, MAX_BUDGETS, Budget::decode)?,
            Field::Approvals => {
                limits.consents = list(from, MAX_CONSENTS, |from| {
                    ConsentRule::decode(from, patterns)
                })?;
            }
            Field::DelegateOnly => limits.delegate_only = is_set(from)?,
            Field::Bearer => limits.bearer = is_set(from)?,
        }
        Ok(())
    }

    fn into_block(self, is_root: bool) -> Result<Block, TokenError> {
        let missing = |field: Field| TokenError::MissingField { name: field.name() };
        let root = if is_root {
            self.version.ok_or(missing(Field::Version))?;
            self.limits
                .expires_after_s
                .ok_or(missing(Field::ExpiresAfterS))?;
            if self.limits.grants.is_empty() {
                return Err(missing(Field::Grants));
            }
            Some(Root {
                issuer: self.issuer.ok_or(missing(Field::Issuer))?,
                token_id: self.token_id.ok_or(missing(Field::TokenId))?,
                issued_at: self.issued_at.ok_or(missing(Field::IssuedAt))?,
            })
        } else {
            None
        };
        Ok(Block {
            root,
            agent: self.agent.ok_or(missing(Field::Agent))?,
            holder_key: self.holder_key.ok_or(missing(Field::HolderKey))?,
            limits: self.limits,
        })
    }
}

/// A field that says `true` where it stands at all.
fn is_set(from: &mut Decoder<'_>) -> Result<bool, TokenError> {
    if from.bool()? {
        Ok(true)
    } else {
        Err(TokenError::NotCanonical)
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
    let tools = tools.collect::<Result<_, TokenError>>()?;
    Ok(Grant::from_parts(scope, tools))
}

impl SignedBlock {
    /// What the signature of a block covers: its domain, the id of the block before, its own bytes.
    pub(crate) fn signing_input(previous: Option<&Digest>, payload: &[u8]) -> SigningInput {
        match previous {
            None => SigningInput::new(Domain::RootBlock, &[payload]),
            Some(id) => SigningInput::new(Domain::DelegationBlock, &[id.as_bytes(), payload]),
        }
    }

    fn new(
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

    /// Signs a block for its place behind others, and reads it back as everybody else will.
    pub(super) fn sign(
        block: &Block,
        before: &[Self],
        signer: &dyn Signer,
    ) -> Result<Self, TokenError> {
        let previous = before.last().map(|signed| signed.id);
        let payload = block.to_bytes();
        let mut from = Decoder::new(&payload);
        let spent = before
            .iter()
            .map(|it| it.block.limits.pattern_count())
            .sum();
        let patterns = Allowance::of_patterns_after(spent);
        let (block, _) = Block::decode(&mut from, before.is_empty(), &patterns)?;
        block.limits.check_patterns()?;
        let input = Self::signing_input(previous.as_ref(), &payload);
        let signature = signer.sign(&input)?;
        let id = Digest::of(input.as_bytes());
        Ok(Self {
            block,
            id,
            payload,
            signature,
        })
    }
}

/// The bytes of a chain, out of the bytes of its blocks.
pub(super) fn assemble(blocks: &[SignedBlock]) -> Result<Vec<u8>, TokenError> {
    if blocks.len() > MAX_BLOCKS {
        return Err(TokenError::TooManyBlocks);
    }
    let mut bytes = to_vec(|to| to.array(2 * blocks.len() as u64)?.ok());
    for signed in blocks {
        bytes.extend_from_slice(&signed.payload);
        bytes.extend(to_vec(|to| to.bytes(signed.signature.as_bytes())?.ok()));
    }
    if bytes.len() > MAX_TOKEN_LEN_BYTES {
        return Err(TokenError::TooLarge { found: bytes.len() });
    }
    Ok(bytes)
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
    let patterns = Allowance::of_patterns();
    for _ in 0..items / 2 {
        let (block, payload) = Block::decode(&mut from, blocks.is_empty(), &patterns)?;
        let signature = Signature::from_bytes(array(from.bytes()?)?);
        let previous = blocks.last().map(|signed| signed.id);
        let payload = payload.to_vec();
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
