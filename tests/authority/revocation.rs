//! Revoked blocks, holders, agents and issuers; chains that a verifier remembers; keys that were replaced.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use agentsudo_core::{
    Capability, Digest, RevocationList, RevocationView, Revoked, Timestamp, Token, TokenError,
    Verifier,
};

use super::actors::{
    NONCE, NOW_S, bot, chain_of_three, clerk, code, issuer, now, refund, researcher, root,
    root_fields, stranger, verifier,
};
use super::forge::{Cbor, Fields, Forgery, Key, field};

fn token_of(made: &Forgery) -> Token {
    Token::from_bytes(&made.bytes()).unwrap()
}

fn verify(verifier: &Verifier, made: &Forgery) -> &'static str {
    let verified = verifier.verify(&token_of(made), now());
    verified.map_or_else(|error| error.code(), |_| "ok")
}

fn capability(verifier: &Verifier, made: &Forgery, holder: &Key) -> Capability {
    let verified = verifier.verify(&token_of(made), now()).unwrap();
    verified.held_by(&holder.secret(), &NONCE).unwrap()
}

fn ids(made: &Forgery) -> Vec<Digest> {
    let chain = token_of(made).claimed_chain();
    chain.iter().map(|link| link.block).collect()
}

/// Revokes while two sessions are open: what the clerk's says then, and the bot's.
fn after(revoked: Revoked) -> (&'static str, &'static str) {
    let list = Arc::new(RevocationList::new());
    let verifier = verifier().revocations(Arc::<RevocationList>::clone(&list));
    let of_clerk = capability(&verifier, &chain_of_three(), &clerk());
    let of_bot = capability(&verifier, &root(), &bot());
    assert_eq!(code(&refund(&of_clerk, "{}")), "ok");
    assert_eq!(code(&refund(&of_bot, "{}")), "ok");
    assert!(list.revoke(revoked).unwrap());
    let found = (code(&refund(&of_clerk, "{}")), code(&refund(&of_bot, "{}")));
    // A session that opens now is told the same.
    let opened = (
        verify(&verifier, &chain_of_three()),
        verify(&verifier, &root()),
    );
    assert_eq!(found, opened);
    found
}

#[test]
fn a_revoked_block_stops_all_that_descends_from_it_and_nothing_else() {
    let ids = ids(&chain_of_three());
    let revoked = "token.revoked";
    assert_eq!(after(Revoked::Block(ids[0])), (revoked, revoked));
    assert_eq!(after(Revoked::Block(ids[1])), (revoked, "ok"));
    assert_eq!(after(Revoked::Block(ids[2])), (revoked, "ok"));
    assert_eq!(after(Revoked::Block(Digest::of(b"other"))), ("ok", "ok"));
}

#[test]
fn a_revoked_holder_agent_or_issuer_stops_each_chain_that_names_it() {
    let revoked = "token.revoked";
    let researcher = Revoked::Holder(researcher().public().into());
    assert_eq!(after(researcher), (revoked, "ok"));
    assert_eq!(
        after(Revoked::Agent("clerk".parse().unwrap())),
        (revoked, "ok")
    );
    let issuer_id = issuer().public().issuer_id();
    assert_eq!(after(Revoked::Issuer(issuer_id)), (revoked, revoked));
    let other = stranger().public().issuer_id();
    assert_eq!(after(Revoked::Issuer(other)), ("ok", "ok"));
}

#[test]
fn a_second_signature_over_a_revoked_block_is_revoked_too() {
    // The issuer signs the same block once more: Ed25519 is deterministic, a hand may add `L` to `S`, which
    // strict verification refuses. The id is of what is signed, so any accepted copy has the same one.
    let list = RevocationList::new();
    list.revoke(Revoked::Block(ids(&root())[0])).unwrap();
    let verifier = verifier().revocations(Arc::new(list));
    assert_eq!(verify(&verifier, &root()), "token.revoked");
    let other = root_fields().with(field::TOKEN_ID, Cbor::Bytes(vec![8; 12]));
    assert_eq!(verify(&verifier, &Forgery::root(&other, &issuer())), "ok");
}

/// A list that is as old as it says.
struct Stale {
    as_of_s: AtomicU64,
}

impl RevocationView for Stale {
    fn version(&self, now: Timestamp) -> Result<u64, TokenError> {
        let as_of = Timestamp::from_unix_s(self.as_of_s.load(Ordering::Relaxed));
        if now.saturating_sub_s(30) > as_of {
            return Err(TokenError::RevocationsStale {
                as_of,
                max_staleness_s: 30,
                now,
            });
        }
        Ok(1)
    }

    fn is_revoked(&self, _: &Revoked) -> bool {
        false
    }
}

#[test]
fn a_list_that_is_too_old_stops_everybody_until_it_is_renewed() {
    let list = Arc::new(Stale {
        as_of_s: AtomicU64::new(NOW_S - 30),
    });
    let verifier = verifier().revocations(Arc::<Stale>::clone(&list));
    let open = capability(&verifier, &root(), &bot());
    assert_eq!(code(&refund(&open, "{}")), "ok");
    list.as_of_s.store(NOW_S - 31, Ordering::Relaxed);
    assert_eq!(code(&refund(&open, "{}")), "revocation.stale");
    assert_eq!(verify(&verifier, &root()), "revocation.stale");
    list.as_of_s.store(NOW_S, Ordering::Relaxed);
    assert_eq!(code(&refund(&open, "{}")), "ok");
}

/// A list whose version is set by hand; the second holds a revocation of everybody.
struct Versioned(AtomicU64);

impl RevocationView for Versioned {
    fn version(&self, _: Timestamp) -> Result<u64, TokenError> {
        Ok(self.0.load(Ordering::Relaxed))
    }

    fn is_revoked(&self, what: &Revoked) -> bool {
        self.0.load(Ordering::Relaxed) == 2 && matches!(what, Revoked::Issuer(_))
    }
}

#[test]
fn an_older_list_than_before_brings_nobody_back() {
    let list = Arc::new(Versioned(AtomicU64::new(1)));
    let verifier = verifier().revocations(Arc::<Versioned>::clone(&list));
    let open = capability(&verifier, &root(), &bot());
    let at_version = |version| {
        list.0.store(version, Ordering::Relaxed);
        code(&refund(&open, "{}"))
    };
    assert_eq!(at_version(1), "ok");
    assert_eq!(at_version(2), "token.revoked");
    assert_eq!(at_version(1), "revocation.rolled_back");
    assert_eq!(at_version(3), "ok");
}

/// A list that grows, and is asked by another call of the same session, while one call is asking.
#[derive(Default)]
struct Overtaken {
    version: AtomicU64,
    session: OnceLock<Capability>,
    grows: AtomicBool,
}

impl RevocationView for Overtaken {
    fn version(&self, _: Timestamp) -> Result<u64, TokenError> {
        let found = self.version.load(Ordering::Relaxed);
        if self.grows.swap(false, Ordering::Relaxed) {
            self.version.store(found + 1, Ordering::Relaxed);
            assert_eq!(code(&refund(self.session.get().unwrap(), "{}")), "ok");
        }
        Ok(found)
    }

    fn is_revoked(&self, _: &Revoked) -> bool {
        false
    }
}

#[test]
fn a_call_that_is_overtaken_by_another_is_not_taken_for_a_list_that_went_back() {
    let list = Arc::new(Overtaken::default());
    let verifier = verifier().revocations(Arc::<Overtaken>::clone(&list));
    let session = capability(&verifier, &root(), &bot());
    let session = list.session.get_or_init(|| session);
    list.grows.store(true, Ordering::Relaxed);
    assert_eq!(code(&refund(session, "{}")), "ok");
}

#[test]
fn a_remembered_chain_is_asked_again_for_its_time_its_issuer_and_revocations() {
    let list = Arc::new(RevocationList::new());
    let verifier = verifier().revocations(Arc::<RevocationList>::clone(&list));
    let token = token_of(&root());
    let at = |after_s| {
        let now = Timestamp::from_unix_s(NOW_S + after_s);
        let verified = verifier.verify_bytes(token.as_bytes(), now);
        verified.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!((at(0), at(899), at(900)), ("ok", "ok", "token.expired"));
    let without = verifier.clone().distrust(&issuer().public());
    assert_eq!(verify(&without, &root()), "token.unknown_issuer");
    let shorter = verifier.clone().trust_up_to(issuer().public(), 899);
    assert_eq!(verify(&shorter, &root()), "token.lifetime_too_long");
    list.revoke(Revoked::Block(ids(&root())[0])).unwrap();
    assert_eq!(at(0), "token.revoked");
}

#[test]
fn a_remembered_chain_vouches_for_its_very_bytes_only() {
    let verifier = verifier();
    assert_eq!(verify(&verifier, &root()), "ok");
    for i in 0..64 {
        let mut changed = root();
        changed.parts[0].1[i] ^= 1;
        assert_eq!(verify(&verifier, &changed), "token.signature_invalid");
    }
    // What was refused is not remembered as accepted.
    let by_stranger = Forgery::root(&root_fields(), &stranger());
    for _ in 0..2 {
        assert_eq!(verify(&verifier, &by_stranger), "token.signature_invalid");
    }
}

#[test]
fn a_memory_of_nothing_verifies_all_the_same() {
    let verifier = verifier().chain_cache_len_bytes(0);
    assert_eq!(verify(&verifier, &chain_of_three()), "ok");
    assert_eq!(verify(&verifier, &chain_of_three()), "ok");
}

#[test]
fn a_flood_of_valid_tokens_forgets_old_chains_and_refuses_none() {
    // Room for a few chains; each delegation is a new one, which its holder makes at will.
    let verifier = verifier().chain_cache_len_bytes(32 * 1_024);
    let child = |name: &str| root().then(&Fields::delegation(name, &researcher()), &bot());
    for i in 0..100 {
        assert_eq!(verify(&verifier, &child(&format!("agent-{i}"))), "ok");
    }
    assert_eq!(verify(&verifier, &child("agent-0")), "ok");
}
