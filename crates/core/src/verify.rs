//! The verifier: the one place where a token becomes worth something.
//!
//! *Invariants:* whether the token is to be trusted at all (issuer, sizes, depth, times, audience) is
//! settled before the first signature is checked; points of the curve and regular expressions are looked at
//! behind the signature that vouches for them; each signature is checked once; builders call the same functions, so nothing can be built that would not be
//! accepted and nothing is accepted that only a builder forbids.

use core::fmt;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::capability::{Capability, RevocationWatch, Terms, Verified};
use crate::danger::ObserveMode;
use crate::digest::Digest;
use crate::key::{IssuerKeyId, PublicKey};
use crate::name::Audience;
use crate::proof::{MemoryReplayGuard, ReplayGuard};
use crate::revocation::RevocationView;
use crate::rules::BlockRules;
use crate::timestamp::Timestamp;
use crate::token::{
    DEFAULT_MAX_LIFETIME_S, Limits, MAX_BEARER_LIFETIME_S, MAX_CLOCK_SKEW_S, MAX_LIFETIME_S,
    MAX_TOKEN_LEN_BYTES, Root, SignedBlock, Token, TokenError,
};
use crate::verified_chain::{CHAIN_CACHE_LEN_BYTES, ChainCache, VerifiedChain, reckon_len_bytes};

/// Decides which tokens are valid: whose they may be, for whom, and when.
///
/// Clones share what they remember: verified chains, and proofs that were spent.
#[derive(Clone)]
pub struct Verifier {
    audience: Audience,
    issuers: BTreeMap<IssuerKeyId, TrustedIssuer>,
    revocations: Option<Arc<dyn RevocationView>>,
    replay_guard: Option<Arc<dyn ReplayGuard>>,
    /// What remembers spent proofs unless another guard was given.
    default_guard: Arc<MemoryReplayGuard>,
    is_strict: bool,
    verified: Arc<ChainCache>,
}

#[derive(Debug, Clone)]
struct TrustedIssuer {
    key: PublicKey,
    max_lifetime_s: u64,
}

impl Verifier {
    /// A verifier that trusts nobody yet, and that calls itself by this audience.
    ///
    /// # Security
    /// It remembers spent proofs from now on, and cannot know those of a process before it: whoever accepts
    /// invocation proofs gives [`Verifier::replay_guard`] a [`MemoryReplayGuard`] with the time of its start.
    #[must_use]
    pub fn new(audience: Audience) -> Self {
        Self {
            audience,
            issuers: BTreeMap::new(),
            revocations: None,
            replay_guard: None,
            default_guard: Arc::new(MemoryReplayGuard::new(Timestamp::EPOCH)),
            is_strict: false,
            verified: Arc::new(ChainCache::new(CHAIN_CACHE_LEN_BYTES)),
        }
    }

    /// Trusts an issuer for tokens that live at most [`DEFAULT_MAX_LIFETIME_S`]. Several may be trusted, so
    /// that a key can be replaced while tokens of the old one live on.
    #[must_use]
    pub fn trust(self, issuer: PublicKey) -> Self {
        self.trust_up_to(issuer, DEFAULT_MAX_LIFETIME_S)
    }

    /// Trusts an issuer for tokens that live at most so many seconds, and never more than
    /// [`MAX_LIFETIME_S`].
    #[must_use]
    pub fn trust_up_to(mut self, issuer: PublicKey, max_lifetime_s: u64) -> Self {
        let trusted = TrustedIssuer {
            key: issuer,
            max_lifetime_s: max_lifetime_s.min(MAX_LIFETIME_S),
        };
        self.issuers.insert(issuer.issuer_id(), trusted);
        self
    }

    /// Trusts an issuer no more: its tokens are refused at the next verification. Capabilities that exist
    /// already ask the [`RevocationView`]; revoke the issuer there to stop them too.
    #[must_use]
    pub fn distrust(mut self, issuer: &PublicKey) -> Self {
        self.issuers.remove(&issuer.issuer_id());
        self
    }

    /// Refuses what was revoked, here and in each call of the capabilities that come out of here.
    #[must_use]
    pub fn revocations(mut self, view: Arc<dyn RevocationView>) -> Self {
        self.revocations = Some(view);
        self
    }

    /// Remembers spent proofs elsewhere than in this process's memory, or from a known start on.
    #[must_use]
    pub fn replay_guard(mut self, guard: Arc<dyn ReplayGuard>) -> Self {
        self.replay_guard = Some(guard);
        self
    }

    /// Refuses calls with effects of which a sink is not pinned by any constraint: what decides where
    /// something goes or how much has to be limited by somebody.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// Remembers verified chains up to so many bytes, as reckoned from their tokens; 0 remembers none.
    #[must_use]
    pub fn chain_cache_len_bytes(mut self, capacity_bytes: usize) -> Self {
        self.verified = Arc::new(ChainCache::new(capacity_bytes));
        self
    }

    /// Who this verifier is.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// The view on revocations that it was given.
    #[must_use]
    pub const fn revocation_view(&self) -> Option<&Arc<dyn RevocationView>> {
        self.revocations.as_ref()
    }

    /// The memory of spent proofs that it was given, if it was given another than its own.
    #[must_use]
    pub const fn given_replay_guard(&self) -> Option<&Arc<dyn ReplayGuard>> {
        self.replay_guard.as_ref()
    }

    /// Verifies a token at a time.
    ///
    /// What comes back is not yet a [`Capability`]: whoever presents the token still has to show that it
    /// holds the token's key.
    ///
    /// # Errors
    /// [`TokenError`]; show callers its [`TokenError::told_code`] only.
    pub fn verify(&self, token: &Token, now: Timestamp) -> Result<Verified, TokenError> {
        let hash = Digest::of(token.as_bytes());
        match self.verified.find(&hash) {
            Some(chain) => self.verify_again(chain, now),
            None => self.verify_anew(token, hash, Some(now)),
        }
    }

    /// The same for bytes as they travel: a chain that was verified before is not even decoded again.
    ///
    /// # Errors
    /// As [`Token::from_bytes`] and [`Verifier::verify`].
    pub fn verify_bytes(&self, bytes: &[u8], now: Timestamp) -> Result<Verified, TokenError> {
        if bytes.len() > MAX_TOKEN_LEN_BYTES {
            return Err(TokenError::TooLarge { found: bytes.len() });
        }
        let hash = Digest::of(bytes);
        match self.verified.find(&hash) {
            Some(chain) => self.verify_again(chain, now),
            None => self.verify_anew(&Token::from_bytes(bytes)?, hash, Some(now)),
        }
    }

    /// Verifies a token but for its time, while observe mode is on.
    ///
    /// Nothing runs because of this alone: a capability looks at its time in every call, and refuses.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; those about time as well, once observe mode is over.
    pub fn verify_out_of_time(
        &self,
        token: &Token,
        now: Timestamp,
        mode: &ObserveMode,
    ) -> Result<Verified, TokenError> {
        if !mode.is_on(now) {
            return self.verify(token, now);
        }
        let verified = self.verify_anew(token, Digest::of(token.as_bytes()), None)?;
        verified.check_revocations(now)?;
        Ok(verified)
    }

    /// What may have changed since the chain was verified.
    fn verify_again(
        &self,
        chain: Arc<VerifiedChain>,
        now: Timestamp,
    ) -> Result<Verified, TokenError> {
        let trusted = self.trusted(chain.issuer.issuer_id())?;
        if trusted.key != chain.issuer {
            return Err(TokenError::UnknownIssuer);
        }
        chain.terms.check_lifetime(trusted.max_lifetime_s)?;
        chain.terms.check_arrival(now)?;
        let verified = self.accept(chain);
        verified.check_revocations(now)?;
        Ok(verified)
    }

    /// All of it. Without a time, all but what needs one.
    fn verify_anew(
        &self,
        token: &Token,
        hash: Digest,
        now: Option<Timestamp>,
    ) -> Result<Verified, TokenError> {
        let root = root_of(token)?;
        let trusted = self.trusted(root.issuer)?;
        let terms = check_terms(token, root, trusted.max_lifetime_s)?;
        if let Some(now) = now {
            terms.check_arrival(now)?;
        }
        check_audience(token, &self.audience)?;
        let holder = check_signatures(token, &trusted.key)?;
        let chain = Arc::new(compile(token, terms, trusted.key, holder)?);
        self.verified.insert(hash, &chain);
        let verified = self.accept(chain);
        if let Some(now) = now {
            verified.check_revocations(now)?;
        }
        Ok(verified)
    }

    fn trusted(&self, issuer: IssuerKeyId) -> Result<&TrustedIssuer, TokenError> {
        self.issuers.get(&issuer).ok_or(TokenError::UnknownIssuer)
    }

    fn accept(&self, chain: Arc<VerifiedChain>) -> Verified {
        let watch = self.revocations.as_ref().map(RevocationWatch::new);
        let capability = Capability::new(chain, watch, self.is_strict);
        let guard = match &self.replay_guard {
            Some(guard) => Arc::clone(guard),
            None => Arc::<MemoryReplayGuard>::clone(&self.default_guard),
        };
        Verified::new(capability, self.audience.clone(), guard)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("audience", &self.audience)
            .field("issuers", &self.issuers.keys())
            .field("is_strict", &self.is_strict)
            .finish_non_exhaustive()
    }
}

/// The verifier as [`crate::Mint`] runs it: all but time and audience, which its caller chose, and the
/// signature, which its caller made: a signer that signs something else makes tokens that nobody accepts.
pub(crate) fn check_minted(token: &Token, max_lifetime_s: u64) -> Result<(), TokenError> {
    check_terms(token, root_of(token)?, max_lifetime_s.min(MAX_LIFETIME_S)).map(drop)
}

/// The verifier as [`crate::Delegation`] runs it. A holder need not know its issuer's key, so the
/// signatures before its own are left to whoever verifies as well.
pub(crate) fn check_delegated(token: &Token) -> Result<(), TokenError> {
    check_terms(token, root_of(token)?, MAX_LIFETIME_S).map(drop)
}

fn root_of(token: &Token) -> Result<&Root, TokenError> {
    let first = token.blocks().first().ok_or(TokenError::Malformed)?;
    first.block.root.as_ref().ok_or(TokenError::Malformed)
}

fn check_terms(token: &Token, root: &Root, max_lifetime_s: u64) -> Result<Terms, TokenError> {
    check_depth(token)?;
    let terms = check_life(token, root, max_lifetime_s)?;
    check_bearer(token)?;
    check_delegates(token)?;
    Ok(terms)
}

fn check_depth(token: &Token) -> Result<(), TokenError> {
    let blocks = token.blocks();
    for (i, signed) in blocks.iter().enumerate() {
        // A root that does not say so may not be delegated at all; a delegation that says nothing adds
        // nothing.
        let default = if i == 0 { Some(0) } else { None };
        let found = blocks.len() - 1 - i;
        match signed.block.limits.depth.or(default) {
            Some(permitted) if found > usize::from(permitted) => {
                return Err(TokenError::DepthExceeded {
                    block: i,
                    permitted,
                    found,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_life(token: &Token, root: &Root, max_lifetime_s: u64) -> Result<Terms, TokenError> {
    let limits = || token.blocks().iter().map(|signed| &signed.block.limits);
    // The root always says when it ends: the decoder saw to that.
    let first = limits().next().and_then(|root| root.expires_after_s);
    let lives_s = limits().filter_map(|limits| limits.expires_after_s).min();
    let waits_s = limits().filter_map(|limits| limits.valid_after_s).max();
    let lives_s = lives_s.unwrap_or(0);
    // A start that no block names is only the issuer's clock, which may be ahead of ours.
    let valid_from = match waits_s {
        Some(waits_s) => root.issued_at.saturating_add_s(waits_s),
        None => root.issued_at.saturating_sub_s(MAX_CLOCK_SKEW_S),
    };
    let terms = Terms {
        issued_at: root.issued_at,
        root_lives_s: first.unwrap_or(u64::MAX),
        expires_at: root.issued_at.saturating_add_s(lives_s),
        valid_from,
    };
    terms.check_lifetime(max_lifetime_s)?;
    if lives_s <= waits_s.unwrap_or(0) {
        return Err(TokenError::LifetimeTooLong {
            found_s: 0,
            max_s: max_lifetime_s,
        });
    }
    Ok(terms)
}

/// A token that a thief can use is worth something in named places only, and not for long.
fn check_bearer(token: &Token) -> Result<(), TokenError> {
    let Some(root) = token.blocks().first().map(|signed| &signed.block.limits) else {
        return Err(TokenError::Malformed);
    };
    let is_short = root
        .expires_after_s
        .is_some_and(|lives_s| lives_s <= MAX_BEARER_LIFETIME_S);
    if root.bearer && (root.audiences.is_empty() || !is_short) {
        Err(TokenError::BearerUnbound)
    } else {
        Ok(())
    }
}

/// Whoever may only delegate must not become the holder again further down.
fn check_delegates(token: &Token) -> Result<(), TokenError> {
    let mut rest = token.blocks();
    let mut block = 0;
    while let Some((signed, later)) = rest.split_first() {
        let comes_again = |other: &SignedBlock| {
            other.block.holder_key == signed.block.holder_key
                || other.block.agent == signed.block.agent
        };
        if signed.block.limits.delegate_only
            && let Some(distance) = later.iter().position(comes_again)
        {
            let block = block + 1 + distance;
            return Err(TokenError::DelegatesToItself { block });
        }
        (rest, block) = (later, block + 1);
    }
    Ok(())
}

fn check_audience(token: &Token, audience: &Audience) -> Result<(), TokenError> {
    let admitted = token.blocks().iter().all(|signed| {
        let audiences = &signed.block.limits.audiences;
        audiences.is_empty() || audiences.contains(audience)
    });
    if admitted {
        Ok(())
    } else {
        Err(TokenError::AudienceMismatch {
            expected: audience.to_string(),
        })
    }
}

/// Checks each signature once, and then what it vouches for and takes time to look at: the next holder's key,
/// and regular expressions. Gives the last holder's key.
fn check_signatures(token: &Token, issuer: &PublicKey) -> Result<PublicKey, TokenError> {
    let (mut signer, mut previous) = (*issuer, None);
    for (block, signed) in token.blocks().iter().enumerate() {
        let input = SignedBlock::signing_input(previous, &signed.payload);
        if !signer.verifies(&input, &signed.signature) {
            return Err(TokenError::SignatureInvalid { block });
        }
        signer = signed.block.holder_key.to_public_key()?;
        signed.block.limits.check_patterns()?;
        previous = Some(&signed.id);
    }
    Ok(signer)
}

/// Gathers what deciding needs. Each field of a block is named here: a new one does not build without it.
fn compile(
    token: &Token,
    terms: Terms,
    issuer: PublicKey,
    holder: PublicKey,
) -> Result<VerifiedChain, TokenError> {
    let chain = token.claimed_chain();
    let id = chain.leaf().ok_or(TokenError::Malformed)?.block;
    let (mut is_bearer, mut is_delegate_only) = (true, false);
    let mut blocks = Vec::with_capacity(token.blocks().len());
    let mut patterns = 0;
    for signed in token.blocks() {
        let Limits {
            expires_after_s: _,
            valid_after_s: _,
            audiences: _,
            depth: _,
            grants,
            constraints,
            budgets,
            consents,
            delegate_only,
            bearer,
        } = &signed.block.limits;
        is_bearer &= *bearer;
        is_delegate_only = *delegate_only;
        patterns += signed.block.limits.pattern_count();
        blocks.push(BlockRules::new(
            signed.id,
            grants,
            constraints.clone(),
            budgets.clone(),
            consents.clone(),
        ));
    }
    Ok(VerifiedChain {
        id,
        issuer,
        chain,
        terms,
        blocks,
        holder,
        is_bearer,
        is_delegate_only,
        len_bytes: reckon_len_bytes(token.as_bytes().len(), patterns),
    })
}
