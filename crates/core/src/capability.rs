//! A token after verification: authority in memory, and the decision over one call.
//!
//! *Invariants:* only [`crate::Verifier::verify`] followed by a proof of possession makes a [`Capability`];
//! a call is allowed when *every* block grants its scope and *every* constraint that applies holds; time is
//! an argument, so an expired capability is refused at each use, however it is kept.

use std::collections::BTreeMap;

use crate::call::Requirement;
use crate::chain::Chain;
use crate::constraint::Constraint;
use crate::digest::Digest;
use crate::freeze::FreezeList;
use crate::key::{Domain, KeyError, Signature, Signer, SigningInput};
use crate::name::{Audience, ToolName};
use crate::refusal::Refusal;
use crate::scope::{Scope, ScopePattern, ScopeSet};
use crate::timestamp::Timestamp;
use crate::token::{Limits, TokenError};
use crate::value::Arguments;

/// From when until when a token is valid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) expires_at: Timestamp,
    pub(crate) valid_from: Timestamp,
}

impl Terms {
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), TokenError> {
        if now >= self.expires_at {
            return Err(TokenError::Expired {
                expired_at: self.expires_at,
                now,
            });
        }
        if now < self.valid_from {
            return Err(TokenError::NotYetValid {
                valid_from: self.valid_from,
                now,
            });
        }
        Ok(())
    }
}

/// What one block restricts, compiled.
#[derive(Debug)]
pub(crate) struct BlockRules {
    /// `None` in a delegation that keeps all scopes of the blocks before.
    grants: Option<GrantSet>,
    constraints: Vec<Constraint>,
}

#[derive(Debug)]
struct GrantSet {
    any_tool: ScopeSet,
    by_tool: BTreeMap<ToolName, ScopeSet>,
}

impl BlockRules {
    pub(crate) fn of(limits: &Limits) -> Self {
        let grants = (!limits.grants.is_empty()).then(|| GrantSet::of(limits));
        Self {
            grants,
            constraints: limits.constraints.clone(),
        }
    }
}

impl GrantSet {
    fn of(limits: &Limits) -> Self {
        let mut any_tool = Vec::new();
        let mut by_tool = BTreeMap::<ToolName, Vec<ScopePattern>>::new();
        for grant in &limits.grants {
            if grant.tools().is_empty() {
                any_tool.push(grant.scope().clone());
            }
            for tool in grant.tools() {
                by_tool
                    .entry(tool.clone())
                    .or_default()
                    .push(grant.scope().clone());
            }
        }
        Self {
            any_tool: ScopeSet::compile(any_tool),
            by_tool: by_tool
                .into_iter()
                .map(|(tool, patterns)| (tool, ScopeSet::compile(patterns)))
                .collect(),
        }
    }

    fn allows(&self, tool: &ToolName, scope: &Scope) -> bool {
        self.any_tool.contains(scope)
            || self
                .by_tool
                .get(tool)
                .is_some_and(|scopes| scopes.contains(scope))
    }

    fn allows_for_another_tool(&self, scope: &Scope) -> bool {
        self.by_tool.values().any(|scopes| scopes.contains(scope))
    }
}

/// A verified token whose presenter has not yet shown that it holds the token's key.
#[derive(Debug)]
#[must_use = "a verified token allows nothing until its holder is proved"]
pub struct Verified {
    capability: Capability,
    audience: Audience,
}

/// Bytes of the random challenge in a proof of possession.
pub const CHALLENGE_LEN_BYTES: usize = 32;

impl Verified {
    pub(crate) const fn new(capability: Capability, audience: Audience) -> Self {
        Self {
            capability,
            audience,
        }
    }

    /// What the holder has to sign: a fresh random challenge, bound to this token and to the verifier that
    /// asks, so that a proof given to one cannot be handed on to another.
    #[must_use]
    pub fn challenge(&self, nonce: &[u8; CHALLENGE_LEN_BYTES]) -> SigningInput {
        let token = self.capability.id.as_bytes();
        SigningInput::new(
            Domain::Session,
            &[token, nonce, self.audience.as_str().as_bytes()],
        )
    }

    /// Turns the verified token into a capability, given the holder's signature over the challenge.
    ///
    /// # Errors
    /// [`TokenError::HolderMismatch`] when the signature is not the holder's.
    pub fn proved_by(
        self,
        nonce: &[u8; CHALLENGE_LEN_BYTES],
        signature: &Signature,
    ) -> Result<Capability, TokenError> {
        let holder = self
            .capability
            .chain
            .leaf()
            .ok_or(TokenError::Malformed)?
            .holder;
        if holder.verifies(&self.challenge(nonce), signature) {
            Ok(self.capability)
        } else {
            Err(TokenError::HolderMismatch)
        }
    }

    /// Lets a signer in this process answer the challenge.
    ///
    /// # Errors
    /// [`TokenError::HolderMismatch`] for another key, [`TokenError::Key`] when the signer fails.
    pub fn held_by(
        self,
        holder: &dyn Signer,
        nonce: &[u8; CHALLENGE_LEN_BYTES],
    ) -> Result<Capability, TokenError> {
        let signature = holder
            .sign(&self.challenge(nonce))
            .map_err(|e: KeyError| e)?;
        self.proved_by(nonce, &signature)
    }

    /// Explains how a call would be decided if the holder made it: for people who look into a token, and
    /// for tools that help them. An answer and no proof: nothing can be run with it, whoever asks.
    ///
    /// # Errors
    /// As [`Capability::decide`].
    pub fn decide(
        &self,
        requirement: &Requirement,
        arguments: &Arguments,
        conditions: &Conditions<'_>,
    ) -> Result<(), Refusal> {
        self.capability.decide(requirement, arguments, conditions)
    }
}

/// Verified authority of an agent that has proved who it is.
///
/// Not `Clone`, not `Deserialize`, and without a public constructor: see [`crate::Verifier::verify`].
#[derive(Debug)]
pub struct Capability {
    id: Digest,
    chain: Chain,
    terms: Terms,
    blocks: Vec<BlockRules>,
}

/// What a decision depends on besides the capability and the call.
#[derive(Debug, Clone, Copy)]
pub struct Conditions<'a> {
    /// The time of the decision.
    pub now: Timestamp,
    /// The freezes in force.
    pub freezes: &'a FreezeList,
}

impl Capability {
    pub(crate) fn new(chain: Chain, terms: Terms, blocks: Vec<BlockRules>) -> Self {
        let id = chain
            .leaf()
            .map_or_else(|| Digest::of(&[]), |leaf| leaf.block);
        Self {
            id,
            chain,
            terms,
            blocks,
        }
    }

    /// The id of the token's last block, which names the token as a whole.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// The agents that it stands for.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The first second at which it is no longer valid.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.terms.expires_at
    }

    /// Whether some call of this tool could be allowed, whatever its arguments: what a list of tools shows.
    ///
    /// # Errors
    /// As [`Capability::decide`], but for constraints.
    pub fn may_call(
        &self,
        requirement: &Requirement,
        conditions: &Conditions<'_>,
    ) -> Result<(), Refusal> {
        self.terms.check(conditions.now)?;
        conditions
            .freezes
            .check(requirement.scope(), conditions.now)?;
        for (block, rules) in self.blocks.iter().enumerate() {
            let Some(grants) = &rules.grants else {
                continue;
            };
            if grants.allows(requirement.tool(), requirement.scope()) {
                continue;
            }
            let scope = requirement.scope().clone();
            return Err(if grants.allows_for_another_tool(&scope) {
                Refusal::ToolNotGranted {
                    tool: requirement.tool().clone(),
                    scope,
                    block,
                }
            } else {
                Refusal::ScopeNotGranted { scope, block }
            });
        }
        Ok(())
    }

    /// Decides one call: every block must grant the scope, every constraint that applies must hold, the
    /// token must be in its time and the scope not frozen.
    ///
    /// # Errors
    /// The first [`Refusal`] in that order: time, freeze, grants, constraints.
    pub fn decide(
        &self,
        requirement: &Requirement,
        arguments: &Arguments,
        conditions: &Conditions<'_>,
    ) -> Result<(), Refusal> {
        self.may_call(requirement, conditions)?;
        for (block, rules) in self.blocks.iter().enumerate() {
            for constraint in &rules.constraints {
                if constraint.applies_to(requirement.scope()) {
                    constraint
                        .check(arguments)
                        .map_err(|violation| Refusal::Constraint { violation, block })?;
                }
            }
        }
        Ok(())
    }
}
