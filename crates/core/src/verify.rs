//! The verifier: the one place where a token becomes worth something.
//!
//! *Invariants:* whether the token is to be trusted at all (issuer, sizes, depth, times, audience) is
//! settled before the first signature is checked; each signature is checked once; builders call the same
//! functions, so nothing can be built that would not be accepted and nothing is accepted that only a
//! builder forbids.

use std::collections::BTreeMap;

use crate::capability::{BlockRules, Capability, Terms, Verified};
use crate::danger::ObserveMode;
use crate::key::{IssuerKeyId, PublicKey};
use crate::name::Audience;
use crate::timestamp::Timestamp;
use crate::token::{
    DEFAULT_MAX_LIFETIME_S, MAX_CLOCK_SKEW_S, MAX_LIFETIME_S, Root, SignedBlock, Token, TokenError,
};

/// Decides which tokens are valid: whose they may be, for whom, and when.
#[derive(Debug, Clone)]
pub struct Verifier {
    audience: Audience,
    issuers: BTreeMap<IssuerKeyId, TrustedIssuer>,
}

#[derive(Debug, Clone)]
struct TrustedIssuer {
    key: PublicKey,
    max_lifetime_s: u64,
}

impl Verifier {
    /// A verifier that trusts nobody yet, and that calls itself by this audience.
    #[must_use]
    pub const fn new(audience: Audience) -> Self {
        Self {
            audience,
            issuers: BTreeMap::new(),
        }
    }

    /// Trusts an issuer for tokens that live at most [`DEFAULT_MAX_LIFETIME_S`].
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

    /// Trusts an issuer no more: its tokens are refused at the next verification.
    #[must_use]
    pub fn distrust(mut self, issuer: &PublicKey) -> Self {
        self.issuers.remove(&issuer.issuer_id());
        self
    }

    /// Who this verifier is.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Verifies a token at a time.
    ///
    /// What comes back is not yet a [`Capability`]: whoever presents the token still has to show that it
    /// holds the token's key.
    ///
    /// # Errors
    /// [`TokenError`]; show callers its [`TokenError::told_code`] only.
    pub fn verify(&self, token: &Token, now: Timestamp) -> Result<Verified, TokenError> {
        let (root, issuer, terms) = self.settle_trust(token)?;
        check_times(&terms, root, now)?;
        self.finish(token, issuer, terms)
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
        let (_, issuer, terms) = self.settle_trust(token)?;
        self.finish(token, issuer, terms)
    }

    /// What can be said without knowing the time: who issued the token, how deep, for how long.
    fn settle_trust<'a>(
        &'a self,
        token: &'a Token,
    ) -> Result<(&'a Root, &'a PublicKey, Terms), TokenError> {
        let root = root_of(token)?;
        let issuer = self
            .issuers
            .get(&root.issuer)
            .ok_or(TokenError::UnknownIssuer)?;
        let terms = check_terms(token, root, issuer.max_lifetime_s)?;
        Ok((root, &issuer.key, terms))
    }

    fn finish(
        &self,
        token: &Token,
        issuer: &PublicKey,
        terms: Terms,
    ) -> Result<Verified, TokenError> {
        check_audience(token, &self.audience)?;
        check_signatures(token, Some(issuer))?;
        let capability = Capability::new(token.claimed_chain(), terms, rules_of(token));
        Ok(Verified::new(capability, self.audience.clone()))
    }
}

/// The verifier as [`crate::Mint`] runs it: all but time and audience, which its caller chose.
pub(crate) fn check_minted(
    token: &Token,
    issuer: &PublicKey,
    max_lifetime_s: u64,
) -> Result<(), TokenError> {
    check_terms(token, root_of(token)?, max_lifetime_s.min(MAX_LIFETIME_S))?;
    check_signatures(token, Some(issuer))
}

/// The verifier as [`crate::Delegation`] runs it: a holder need not know its issuer's key, so the root's
/// signature is left to whoever verifies.
pub(crate) fn check_delegated(token: &Token) -> Result<(), TokenError> {
    check_terms(token, root_of(token)?, MAX_LIFETIME_S)?;
    check_signatures(token, None)
}

fn root_of(token: &Token) -> Result<&Root, TokenError> {
    let first = token.blocks().first().ok_or(TokenError::Malformed)?;
    first.block.root.as_ref().ok_or(TokenError::Malformed)
}

fn check_terms(token: &Token, root: &Root, max_lifetime_s: u64) -> Result<Terms, TokenError> {
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
    // The root always says when it ends: the decoder saw to that.
    let lives_s = blocks
        .iter()
        .filter_map(|signed| signed.block.limits.expires_after_s)
        .min();
    let waits_s = blocks
        .iter()
        .filter_map(|signed| signed.block.limits.valid_after_s)
        .max();
    let lives_s = lives_s.unwrap_or(0);
    let root_lives_s = blocks
        .first()
        .and_then(|signed| signed.block.limits.expires_after_s);
    if root_lives_s.is_none_or(|found_s| found_s > max_lifetime_s) {
        let found_s = root_lives_s.unwrap_or(u64::MAX);
        return Err(TokenError::LifetimeTooLong {
            found_s,
            max_s: max_lifetime_s,
        });
    }
    if lives_s <= waits_s.unwrap_or(0) {
        return Err(TokenError::LifetimeTooLong {
            found_s: 0,
            max_s: max_lifetime_s,
        });
    }
    // A start that no block names is only the issuer's clock, which may be ahead of ours.
    let valid_from = match waits_s {
        Some(waits_s) => root.issued_at.saturating_add_s(waits_s),
        None => root.issued_at.saturating_sub_s(MAX_CLOCK_SKEW_S),
    };
    Ok(Terms {
        expires_at: root.issued_at.saturating_add_s(lives_s),
        valid_from,
    })
}

fn check_times(terms: &Terms, root: &Root, now: Timestamp) -> Result<(), TokenError> {
    if root.issued_at > now.saturating_add_s(MAX_CLOCK_SKEW_S) {
        return Err(TokenError::IssuedInFuture {
            issued_at: root.issued_at,
            now,
        });
    }
    terms.check(now)
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

fn check_signatures(token: &Token, issuer: Option<&PublicKey>) -> Result<(), TokenError> {
    let mut previous: Option<&SignedBlock> = None;
    for (block, signed) in token.blocks().iter().enumerate() {
        let signer = previous.map(|before| before.block.holder.key()).or(issuer);
        if let Some(signer) = signer {
            let input =
                SignedBlock::signing_input(previous.map(|before| &before.id), &signed.payload);
            if !signer.verifies(&input, &signed.signature) {
                return Err(TokenError::SignatureInvalid { block });
            }
        }
        previous = Some(signed);
    }
    Ok(())
}

fn rules_of(token: &Token) -> Vec<BlockRules> {
    token
        .blocks()
        .iter()
        .map(|signed| BlockRules::of(&signed.block.limits))
        .collect()
}
