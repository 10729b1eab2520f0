//! Who plays in these tests, and the one time at which they do.
//!
//! An issuer gives `support-bot` tokens for the shop; it may pass them on to `researcher`, and that one to
//! `clerk`. `stranger` is nobody.

use agentsudo_core::{
    AgentName, Arguments, Audience, Capability, Conditions, Digest, Effect, FreezeList, Grant,
    Holder, Mint, Refusal, Requirement, Scope, ScopePattern, Timestamp, Token, TokenError, TokenId,
    ToolName, Verified, Verifier,
};

use super::forge::{Fields, Forgery, Key};

pub(super) const NOW_S: u64 = 1_800_000_000;
pub(super) const NONCE: [u8; 32] = [5; 32];

pub(super) fn now() -> Timestamp {
    Timestamp::from_unix_s(NOW_S)
}

pub(super) fn issuer() -> Key {
    Key::of(1)
}

pub(super) fn bot() -> Key {
    Key::of(2)
}

pub(super) fn researcher() -> Key {
    Key::of(3)
}

pub(super) fn clerk() -> Key {
    Key::of(4)
}

pub(super) fn stranger() -> Key {
    Key::of(9)
}

pub(super) fn audience(text: &str) -> Audience {
    Audience::parse(text).unwrap()
}

pub(super) fn pattern(text: &str) -> ScopePattern {
    ScopePattern::parse(text).unwrap()
}

pub(super) fn tool(text: &str) -> ToolName {
    ToolName::parse(text).unwrap()
}

pub(super) fn holder(agent: &str, key: &Key) -> Holder {
    Holder::new(AgentName::parse(agent).unwrap(), key.public())
}

pub(super) fn verifier() -> Verifier {
    Verifier::new(audience("shop")).trust(issuer().public())
}

/// A root token in the making for `support-bot`, without any grant.
pub(super) fn mint() -> Mint {
    let id = TokenId::from_bytes([7; TokenId::LEN_BYTES]);
    Mint::new(holder("support-bot", &bot()), now(), 900, id)
}

pub(super) fn grant_for(scope: &str, tools: &[&str]) -> Grant {
    let (first, others) = tools.split_first().unwrap();
    let grant = Grant::for_tool(pattern(scope), tool(first));
    others
        .iter()
        .fold(grant, |grant, name| grant.and_tool(tool(name)))
}

pub(super) fn root_fields() -> Fields {
    Fields::root(&issuer(), "support-bot", &bot())
}

pub(super) fn root() -> Forgery {
    Forgery::root(&root_fields(), &issuer())
}

/// A sound chain of three: `support-bot > researcher > clerk`.
pub(super) fn chain_of_three() -> Forgery {
    root()
        .then(&Fields::delegation("researcher", &researcher()), &bot())
        .then(&Fields::delegation("clerk", &clerk()), &researcher())
}

pub(super) fn accept(bytes: &[u8]) -> Result<Verified, TokenError> {
    verifier().verify(&Token::from_bytes(bytes)?, now())
}

/// Whether the shop accepts the bytes: `ok`, or the code of the refusal.
#[track_caller]
pub(super) fn check(bytes: &[u8], expected: &str) {
    let found = accept(bytes).map_or_else(|error| error.code(), |_| "ok");
    assert_eq!(found, expected);
}

pub(super) fn capability(bytes: &[u8], holder: &Key) -> Capability {
    accept(bytes)
        .unwrap()
        .held_by(&holder.secret(), &NONCE)
        .unwrap()
}

pub(super) fn requirement(name: &str, scope: &str) -> Requirement {
    Requirement::dynamic(
        tool(name),
        Digest::of(name.as_bytes()),
        Scope::parse(scope).unwrap(),
        Effect::Write,
        Vec::new(),
        Vec::new(),
    )
}

pub(super) fn arguments(json: &str) -> Arguments {
    Arguments::from_json_slice(json.as_bytes()).unwrap()
}

/// Decides a call of `issue_refund`, which needs `write:refunds`.
pub(super) fn refund(capability: &Capability, json: &str) -> Result<(), Refusal> {
    decide(capability, "issue_refund", "write:refunds", json)
}

pub(super) fn decide(
    capability: &Capability,
    name: &str,
    scope: &str,
    json: &str,
) -> Result<(), Refusal> {
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    let decided = capability.decide(&requirement(name, scope), &arguments(json), &conditions);
    decided.map(drop)
}

pub(super) fn code<T>(decision: &Result<T, Refusal>) -> &'static str {
    decision.as_ref().err().map_or("ok", Refusal::code)
}
