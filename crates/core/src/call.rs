//! A call that somebody wants to make: decoded, and nothing more.

use core::any::Any;
use core::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::digest::Digest;
use crate::effect::Effect;
use crate::name::ToolName;
use crate::scope::Scope;
use crate::value::{Arguments, ArgumentsError};

/// What every call of one tool requires, fixed when the tool is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    tool: ToolName,
    definition: Digest,
    scope: Scope,
    effect: Effect,
    sinks: Vec<String>,
    secrets: Vec<String>,
}

impl Requirement {
    /// The requirement of a tool that takes this action. `definition` is the digest of the tool's whole
    /// definition, so that what was decided can be tied to what the model and the approver saw.
    #[must_use]
    pub fn of<A: Action>(tool: ToolName, definition: Digest) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            tool,
            definition,
            scope: A::SCOPE,
            effect: A::EFFECT,
            sinks: owned(A::SINKS),
            secrets: owned(A::SECRETS),
        }
    }

    /// The requirement of a tool that is known at run time only.
    #[must_use]
    pub const fn dynamic(
        tool: ToolName,
        definition: Digest,
        scope: Scope,
        effect: Effect,
        sinks: Vec<String>,
        secrets: Vec<String>,
    ) -> Self {
        Self {
            tool,
            definition,
            scope,
            effect,
            sinks,
            secrets,
        }
    }

    /// The tool's name.
    #[must_use]
    pub const fn tool(&self) -> &ToolName {
        &self.tool
    }

    /// The digest of the tool's definition.
    #[must_use]
    pub const fn definition(&self) -> Digest {
        self.definition
    }

    /// The scope that a call needs.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What a call does to the world.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// The arguments that decide where something goes or how much.
    #[must_use]
    pub fn sinks(&self) -> &[String] {
        &self.sinks
    }

    /// The arguments that an audit record must not show.
    #[must_use]
    pub fn secrets(&self) -> &[String] {
        &self.secrets
    }
}

/// The id of one call: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CallId([u8; Self::LEN_BYTES]);

impl CallId {
    /// Bytes of an id.
    pub const LEN_BYTES: usize = 16;

    /// Wraps random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN_BYTES] {
        &self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({self})")
    }
}

impl From<CallId> for String {
    fn from(id: CallId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for CallId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const EXPECTED: &str = "expected a call id of 32 lower case hexadecimal digits";
        let plain = text
            .bytes()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 2 * Self::LEN_BYTES || !plain {
            return Err(EXPECTED);
        }
        let bits = u128::from_str_radix(&text, 16).map_err(|_| EXPECTED)?;
        Ok(Self(bits.to_be_bytes()))
    }
}

/// An action whose type is forgotten, so that tools of many types share one pipeline.
pub struct Erased(Box<dyn Any + Send + Sync>);

impl fmt::Debug for Erased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Erased(..)")
    }
}

/// What stands in for the action of a tool that is known at run time only.
struct Untyped;

/// A decoded call: what somebody wants, with the arguments in their one canonical form.
///
/// No authority: [`crate::authorize`] decides.
pub struct Call<A> {
    id: CallId,
    requirement: Arc<Requirement>,
    arguments: Arc<Arguments>,
    digest: Digest,
    /// The digest of the arguments as proposed, before the request's type gave them their full form.
    proposed: Digest,
    action: A,
}

impl<A> fmt::Debug for Call<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments may hold secrets: only their digest is shown.
        f.debug_struct("Call")
            .field("id", &self.id)
            .field("tool", &self.requirement.tool.as_str())
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl<A: Action> Call<A> {
    /// Makes a call of a typed request. Its arguments are what the request serializes to.
    ///
    /// # Errors
    /// [`ArgumentsError`] when the request does not serialize to arguments within bounds, or when the
    /// requirement is not that of `A`.
    pub fn typed(
        id: CallId,
        requirement: Arc<Requirement>,
        action: A,
    ) -> Result<Self, ArgumentsError> {
        if requirement.scope != A::SCOPE || requirement.effect != A::EFFECT {
            return Err(ArgumentsError::Invalid {
                reason: format!("tool `{}` does not take this request", requirement.tool),
            });
        }
        let arguments = Arguments::from_serialize(&action)?;
        let digest = arguments.digest();
        Ok(Self {
            id,
            requirement,
            arguments: Arc::new(arguments),
            digest,
            proposed: digest,
            action,
        })
    }

    /// Decodes proposed arguments into the tool's request. The arguments that are decided on are those
    /// which the request serializes to; a proposed field that the request does not keep is refused.
    ///
    /// # Errors
    /// [`ArgumentsError::Invalid`] when they do not fit the request, [`ArgumentsError::UnknownField`] when
    /// they hold more than it does.
    pub fn decode(
        id: CallId,
        requirement: Arc<Requirement>,
        arguments: &Arguments,
    ) -> Result<Self, ArgumentsError> {
        let action = arguments.decode::<A>()?;
        let mut call = Self::typed(id, requirement, action)?;
        if let Some(path) = arguments.unknown_fields_against(&call.arguments) {
            return Err(ArgumentsError::UnknownField { path });
        }
        if *arguments != *call.arguments {
            call.proposed = arguments.digest();
        }
        Ok(call)
    }

    /// Forgets the request's type.
    #[must_use]
    pub fn erase(self) -> Call<Erased> {
        Call {
            id: self.id,
            requirement: self.requirement,
            arguments: self.arguments,
            digest: self.digest,
            proposed: self.proposed,
            action: Erased(Box::new(self.action)),
        }
    }
}

impl Call<Erased> {
    /// A call of a tool that is known at run time only. Whoever builds it has checked the arguments
    /// against the tool's schema.
    #[must_use]
    pub fn dynamic(id: CallId, requirement: Arc<Requirement>, arguments: Arguments) -> Self {
        let digest = arguments.digest();
        let action = Erased(Box::new(Untyped));
        Self {
            id,
            requirement,
            arguments: Arc::new(arguments),
            digest,
            proposed: digest,
            action,
        }
    }

    pub(crate) fn downcast<A: Action>(self) -> Result<Call<A>, Self> {
        match self.action.0.downcast::<A>() {
            Ok(action) => Ok(Call {
                id: self.id,
                requirement: self.requirement,
                arguments: self.arguments,
                digest: self.digest,
                proposed: self.proposed,
                action: *action,
            }),
            Err(action) => Err(Self {
                action: Erased(action),
                ..self
            }),
        }
    }
}

impl<A> Call<A> {
    /// The call's id.
    #[must_use]
    pub const fn id(&self) -> CallId {
        self.id
    }

    /// What the tool requires.
    #[must_use]
    pub fn requirement(&self) -> &Arc<Requirement> {
        &self.requirement
    }

    /// The arguments that are decided on.
    #[must_use]
    pub fn arguments(&self) -> &Arc<Arguments> {
        &self.arguments
    }

    /// The digest of the arguments.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The digest of the arguments as they were proposed: what a proof of the caller is about.
    pub(crate) const fn proposed_digest(&self) -> Digest {
        self.proposed
    }

    pub(crate) const fn action(&self) -> &A {
        &self.action
    }

    pub(crate) fn into_action(self) -> A {
        self.action
    }
}
