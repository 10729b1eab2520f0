//! What a token means, said slowly: allowed if and only if every block says so.
//!
//! No compiled sets, no shared code with the crate: patterns are compared segment by segment, constraints
//! are looked up in plain JSON, and a chain is a loop.

use serde_json::Value as Json;

use super::actors::{NOW_S, bot, issuer};
use super::forge::{Cbor, Fields, Forgery, Key, field};

#[derive(Debug, Clone)]
pub(super) enum Rule {
    Equals(Json),
    OneOf(Vec<Json>),
    Range(Option<i64>, Option<i64>),
    Prefix(String),
}

#[derive(Debug, Clone)]
pub(super) struct Limit {
    pub(super) path: &'static [&'static str],
    pub(super) rule: Rule,
    pub(super) on: Option<&'static str>,
}

/// Scope pattern and tools; no tools means any.
pub(super) type Grant = (&'static str, Vec<&'static str>);

/// What one block says.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// A delegation without grants keeps all scopes.
    pub(super) grants: Vec<Grant>,
    pub(super) limits: Vec<Limit>,
    pub(super) audiences: Vec<&'static str>,
    pub(super) expires_after_s: Option<u64>,
    pub(super) valid_after_s: Option<u64>,
    pub(super) depth: Option<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) tool: &'static str,
    pub(super) scope: &'static str,
    pub(super) arguments: Json,
    pub(super) at_s: u64,
}

/// Whether a chain allows a call at the shop.
pub(super) fn allows(chain: &[Block], call: &Call) -> bool {
    let root_lives_s = chain[0].expires_after_s.unwrap_or(u64::MAX);
    let ends = chain.iter().filter_map(|block| block.expires_after_s).min();
    let starts = chain.iter().filter_map(|block| block.valid_after_s).max();
    let starts_at = starts.map_or(NOW_S - 60, |after_s| NOW_S + after_s);
    let in_time = root_lives_s <= 86_400
        && ends.unwrap() > starts.unwrap_or(0)
        && call.at_s >= starts_at
        && call.at_s < NOW_S + ends.unwrap();
    in_time
        && chain.iter().enumerate().all(|(at, block)| {
            let further = chain.len() - 1 - at;
            let permitted = match (at, block.depth) {
                (_, Some(depth)) => usize::from(depth),
                (0, None) => 0,
                (_, None) => usize::MAX,
            };
            further <= permitted && block.allows(call)
        })
}

impl Block {
    fn allows(&self, call: &Call) -> bool {
        let meant = self.audiences.is_empty() || self.audiences.contains(&"shop");
        let granted = self.grants.is_empty()
            || self.grants.iter().any(|(pattern, tools)| {
                matches(pattern, call.scope) && (tools.is_empty() || tools.contains(&call.tool))
            });
        meant && granted && self.limits.iter().all(|limit| limit.holds(call))
    }

    fn fields(&self, at: usize) -> Fields {
        let holder = holder_of(at);
        let mut fields = if at == 0 {
            Fields::root(&issuer(), "agent-0", &holder)
                .without(field::DEPTH)
                .without(field::EXPIRES_AFTER_S)
                .without(field::GRANTS)
        } else {
            Fields::delegation(&format!("agent-{at}"), &holder)
        };
        let numbers = [
            (field::EXPIRES_AFTER_S, self.expires_after_s),
            (field::VALID_AFTER_S, self.valid_after_s),
            (field::DEPTH, self.depth.map(u64::from)),
        ];
        for (key, number) in numbers {
            if let Some(number) = number {
                fields = fields.with(key, Cbor::Uint(number));
            }
        }
        let grants = self
            .grants
            .iter()
            .map(|(pattern, tools)| match tools.as_slice() {
                [] => Cbor::text(pattern),
                tools => Cbor::texts(&[&[*pattern], tools].concat()),
            });
        let lists = [
            (
                field::AUDIENCES,
                self.audiences.iter().map(|name| Cbor::text(name)).collect(),
            ),
            (field::GRANTS, grants.collect::<Vec<_>>()),
            (
                field::CONSTRAINTS,
                self.limits.iter().map(Limit::cbor).collect(),
            ),
        ];
        for (key, list) in lists {
            if !list.is_empty() {
                fields = fields.with(key, Cbor::List(list));
            }
        }
        fields
    }
}

impl Limit {
    fn holds(&self, call: &Call) -> bool {
        if self.on.is_some_and(|pattern| !matches(pattern, call.scope)) {
            return true;
        }
        let found = self.path.iter().try_fold(&call.arguments, |inner, name| {
            inner.as_object().and_then(|fields| fields.get(*name))
        });
        match (found, &self.rule) {
            (None | Some(Json::Null), _) => false,
            (Some(found), Rule::Equals(value)) => found == value,
            (Some(found), Rule::OneOf(values)) => values.contains(found),
            (Some(found), Rule::Range(min, max)) => found.as_i64().is_some_and(|found| {
                min.is_none_or(|min| min <= found) && max.is_none_or(|max| found <= max)
            }),
            (Some(found), Rule::Prefix(prefix)) => found
                .as_str()
                .is_some_and(|found| found.starts_with(prefix)),
        }
    }

    fn cbor(&self) -> Cbor {
        let bound = |bound: &Option<i64>| bound.map_or(Cbor::Null, Cbor::Int);
        let (kind, argument) = match &self.rule {
            Rule::Equals(value) => (0, cbor_of(value)),
            Rule::OneOf(values) => (1, Cbor::List(values.iter().map(cbor_of).collect())),
            Rule::Range(min, max) => (2, Cbor::List(vec![bound(min), bound(max)])),
            Rule::Prefix(prefix) => (3, Cbor::text(prefix)),
        };
        let path = match self.path {
            [only] => Cbor::text(only),
            names => Cbor::texts(names),
        };
        let mut parts = vec![path, Cbor::Uint(kind), argument];
        parts.extend(self.on.map(Cbor::text));
        Cbor::List(parts)
    }
}

/// The values that these tests use: no fractions, no objects.
fn cbor_of(value: &Json) -> Cbor {
    match value {
        Json::Null => Cbor::Null,
        Json::Bool(value) => Cbor::Bool(*value),
        Json::Number(value) => Cbor::Int(value.as_i64().unwrap()),
        Json::String(value) => Cbor::text(value),
        Json::Array(values) => Cbor::List(values.iter().map(cbor_of).collect()),
        Json::Object(_) => panic!("no test has an object in a rule"),
    }
}

fn matches(pattern: &str, scope: &str) -> bool {
    let pattern: Vec<_> = pattern.split(':').collect();
    let scope: Vec<_> = scope.split(':').collect();
    segments_match(&pattern, &scope)
}

fn segments_match(pattern: &[&str], scope: &[&str]) -> bool {
    match (pattern, scope) {
        ([], []) => true,
        (["**"], [_, ..]) => true,
        (["*", pattern @ ..], [_, scope @ ..]) => segments_match(pattern, scope),
        ([wanted], [found]) if wanted.ends_with('*') => {
            found.starts_with(wanted.trim_end_matches('*'))
        }
        ([wanted, pattern @ ..], [found, scope @ ..]) => {
            wanted == found && segments_match(pattern, scope)
        }
        _ => false,
    }
}

/// The key of the agent at a place in the chain.
pub(super) fn holder_of(at: usize) -> Key {
    Key::of(30 + u8::try_from(at).unwrap())
}

/// The chain as a token, each block signed by the holder before it.
pub(super) fn signed(chain: &[Block]) -> Forgery {
    let mut made = Forgery::default();
    for (at, block) in chain.iter().enumerate() {
        let signer = if at == 0 { issuer() } else { holder_of(at - 1) };
        made = made.then(&block.fields(at), &signer);
    }
    made
}

#[test]
fn the_model_reads_patterns_as_documented() {
    for (pattern, scope, expected) in [
        ("write:refunds", "write:refunds", true),
        ("write:refunds", "write:refunds:eu", false),
        ("write:*", "write:refunds", true),
        ("write:*", "write:refunds:eu", false),
        ("*:refunds", "write:refunds", true),
        ("write:order*", "write:order", true),
        ("write:order*", "write:orders:eu", false),
        ("write:**", "write:refunds:eu", true),
        ("write:**", "read:refunds", false),
        ("**", "read:refunds", true),
    ] {
        assert_eq!(matches(pattern, scope), expected, "{pattern} {scope}");
    }
    assert_ne!(bot().bytes(), holder_of(0).bytes());
}
