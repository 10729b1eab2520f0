//! One case in the making, and the tokens that most of them start from.

use std::fmt::Write as _;

use agentsudo_core::Digest;
use serde::{Deserialize, Serialize};

use crate::authority::actors::{NOW_S, bot, issuer, researcher, root_fields};
use crate::authority::forge::{Cbor, Fields, Forgery, Key, field};

/// What a file holds: `tests/vectors/README.md` says what each field means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vector {
    pub(super) token_hex: String,
    pub(super) issuer_hex: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) more_issuers_hex: Vec<String>,
    pub(super) audience: String,
    pub(super) now: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<Call>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) proof_hex: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) unproved: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) strict: bool,
    pub(super) expected: String,
}

/// The call of a vector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) definition_hex: String,
    pub(super) scope: String,
    pub(super) effect: String,
    pub(super) sinks: Vec<String>,
    pub(super) arguments: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape that the attribute asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

impl Call {
    /// A call of a tool that writes.
    pub(super) fn of(tool: &str, scope: &str, arguments: &str) -> Self {
        Self {
            tool: tool.to_owned(),
            definition_hex: hex(Digest::of(tool.as_bytes()).as_bytes()),
            scope: scope.to_owned(),
            effect: "write".to_owned(),
            sinks: Vec::new(),
            arguments: arguments.to_owned(),
        }
    }

    /// A call of `issue_refund`, which the tokens of these cases grant.
    pub(super) fn refund(arguments: &str) -> Self {
        Self::of("issue_refund", "write:refunds", arguments)
    }

    pub(super) fn with_effect(mut self, effect: &str) -> Self {
        self.effect = effect.to_owned();
        self
    }

    pub(super) fn with_sinks(mut self, sinks: &[&str]) -> Self {
        self.sinks = sinks.iter().map(|&sink| sink.to_owned()).collect();
        self
    }
}

/// A vector and the name of its file.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) vector: Vector,
}

impl Case {
    /// The shop verifies these bytes, at the one time of these tests.
    pub(super) fn of_bytes(name: impl Into<String>, token: &[u8], expected: &str) -> Self {
        let vector = Vector {
            token_hex: hex(token),
            issuer_hex: hex(&issuer().bytes()),
            more_issuers_hex: Vec::new(),
            audience: "shop".to_owned(),
            now: NOW_S,
            call: None,
            proof_hex: None,
            unproved: false,
            strict: false,
            expected: expected.to_owned(),
        };
        Self {
            name: name.into(),
            vector,
        }
    }

    pub(super) fn of(name: impl Into<String>, token: &Forgery, expected: &str) -> Self {
        Self::of_bytes(name, &token.bytes(), expected)
    }

    pub(super) const fn at(mut self, now: u64) -> Self {
        self.vector.now = now;
        self
    }

    pub(super) fn called(mut self, call: Call) -> Self {
        self.vector.call = Some(call);
        self
    }

    /// A refund with these arguments.
    pub(super) fn refunding(self, arguments: &str) -> Self {
        self.called(Call::refund(arguments))
    }

    pub(super) fn proved(mut self, proof: &[u8]) -> Self {
        self.vector.proof_hex = Some(hex(proof));
        self
    }

    pub(super) const fn unproved(mut self) -> Self {
        self.vector.unproved = true;
        self
    }

    pub(super) const fn strict(mut self) -> Self {
        self.vector.strict = true;
        self
    }

    pub(super) fn trusting(mut self, issuers: &[&Key]) -> Self {
        let mut keys = issuers.iter().map(|key| hex(&key.bytes()));
        self.vector.issuer_hex = keys.next().unwrap();
        self.vector.more_issuers_hex = keys.collect();
        self
    }
}

pub(super) fn root_with(key: u64, value: Cbor) -> Forgery {
    Forgery::root(&root_fields().with(key, value), &issuer())
}

/// A root with several fields of its own.
pub(super) fn root_of(fields: impl IntoIterator<Item = (u64, Cbor)>) -> Forgery {
    let all = fields.into_iter();
    let all = all.fold(root_fields(), |made, (key, value)| made.with(key, value));
    Forgery::root(&all, &issuer())
}

pub(super) fn to_researcher() -> Fields {
    Fields::delegation("researcher", &researcher())
}

/// The root, passed on by its holder with this field.
pub(super) fn child_with(root: Forgery, key: u64, value: Cbor) -> Forgery {
    root.then(&to_researcher().with(key, value), &bot())
}

pub(super) fn constrained(constraint: Cbor) -> Forgery {
    root_with(field::CONSTRAINTS, list([constraint]))
}

pub(super) fn list(items: impl IntoIterator<Item = Cbor>) -> Cbor {
    Cbor::List(items.into_iter().collect())
}

pub(super) fn uints(items: impl IntoIterator<Item = u64>) -> Cbor {
    list(items.into_iter().map(Cbor::Uint))
}

/// `[kind, argument]`, as rules stand inside of rules.
pub(super) fn rule(kind: u64, argument: Cbor) -> Cbor {
    list([Cbor::Uint(kind), argument])
}

pub(super) fn between(min: Option<i64>, max: Option<i64>) -> Cbor {
    let bound = |bound: Option<i64>| bound.map_or(Cbor::Null, Cbor::Int);
    list([bound(min), bound(max)])
}

/// A decimal fraction, sound or not.
pub(super) fn decimal(exponent: i64, mantissa: i64) -> Cbor {
    let parts = list([Cbor::Int(exponent), Cbor::Int(mantissa)]);
    Cbor::Tag(4, Box::new(parts))
}

pub(super) fn constraint_on(path: &str, kind: u64, argument: Cbor, scope: &str) -> Cbor {
    list([
        Cbor::text(path),
        Cbor::Uint(kind),
        argument,
        Cbor::text(scope),
    ])
}
