//! What the real verifier says to a vector.

use std::sync::Arc;

use agentsudo_core::{
    Arguments, Call as Proposed, CallId, Capability, Conditions, Digest, FreezeList,
    InvocationProof, MemoryReplayGuard, Pending, PublicKey, Requirement, Scope, Timestamp, Token,
    TokenError, Verified, Verifier, authorize_pending, authorize_proved,
};

use super::case::{Call, Vector};
use crate::authority::actors::{NONCE, audience, bot, clerk, researcher, tool};

/// `ok`, or the code of the refusal.
pub(super) fn result_of(vector: &Vector) -> String {
    let code = match judge(vector) {
        Err(code) => code,
        Ok(()) => "ok".to_owned(),
    };
    if vector.call.is_none() {
        assert_eq!(decoded_apart(vector), code, "with and without a cache");
    }
    code
}

fn judge(vector: &Vector) -> Result<(), String> {
    let token = bytes_of(&vector.token_hex);
    let verified = verifier(vector)
        .verify_bytes(&token, now(vector))
        .map_err(|error| error.code())?;
    match &vector.call {
        None => Ok(()),
        Some(call) => decide(vector, verified, call),
    }
}

/// The same token, decoded first and verified twice.
fn decoded_apart(vector: &Vector) -> String {
    let verifier = verifier(vector);
    let token = Token::from_bytes(&bytes_of(&vector.token_hex));
    let verify = |token: &Token| verifier.verify(token, now(vector)).map(drop);
    let found: Result<(), TokenError> = token.and_then(|token| {
        let first = verify(&token);
        assert_eq!(
            verifier
                .verify_bytes(token.as_bytes(), now(vector))
                .map(drop),
            first
        );
        assert_eq!(verify(&token), first);
        first
    });
    found
        .map_or_else(|error| error.code(), |()| "ok")
        .to_owned()
}

fn now(vector: &Vector) -> Timestamp {
    Timestamp::from_unix_s(vector.now)
}

fn verifier(vector: &Vector) -> Verifier {
    let guard = MemoryReplayGuard::new(Timestamp::from_unix_s(0));
    let keys = vector.more_issuers_hex.iter().chain([&vector.issuer_hex]);
    let verifier = keys.fold(
        Verifier::new(audience(&vector.audience)),
        |verifier, key| verifier.trust(key.parse::<PublicKey>().unwrap()),
    );
    let verifier = verifier.replay_guard(Arc::new(guard));
    if vector.strict {
        verifier.strict()
    } else {
        verifier
    }
}

fn decide(vector: &Vector, verified: Verified, call: &Call) -> Result<(), String> {
    let given = Arguments::from_json_slice(call.arguments.as_bytes());
    let given = given.map_err(|error| error.code().to_owned())?;
    let requirement = Arc::new(requirement(call));
    let proposed = Proposed::dynamic(CallId::from_bytes([3; 16]), requirement, given);
    let conditions = Conditions {
        now: now(vector),
        freezes: &FreezeList::none(),
    };
    let decided = match &vector.proof_hex {
        Some(proof) => {
            let proof = InvocationProof::from_bytes(&bytes_of(proof));
            let proof = proof.map_err(|error| error.code().to_owned())?;
            authorize_proved(verified, &proof, proposed, &conditions)
        }
        None => authorize_pending(&capability(vector, verified)?, proposed, &conditions),
    };
    let pending = decided.map_err(|refused| refused.refusal().code().to_owned())?;
    asked_for(&pending)
}

/// Nobody can be asked here, and every ledger has room for one call.
fn asked_for<A>(pending: &Pending<A>) -> Result<(), String> {
    match pending.obligations().consent() {
        Some(_) => Err("approval.required".to_owned()),
        None => Ok(()),
    }
}

fn capability(vector: &Vector, verified: Verified) -> Result<Capability, String> {
    if vector.unproved {
        return verified.bearer().map_err(|error| error.code().to_owned());
    }
    let holder = verified.chain().leaf().unwrap().holder;
    let mut holders = [bot(), researcher(), clerk()].into_iter();
    let holder = holders.find(|key| holder == key.public()).unwrap();
    Ok(verified.held_by(&holder.secret(), &NONCE).unwrap())
}

fn requirement(call: &Call) -> Requirement {
    let definition: [u8; 32] = bytes_of(&call.definition_hex).try_into().unwrap();
    Requirement::dynamic(
        tool(&call.tool),
        Digest::from_bytes(definition),
        Scope::parse(&call.scope).unwrap(),
        call.effect.parse().unwrap(),
        call.sinks.clone(),
        Vec::new(),
    )
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
