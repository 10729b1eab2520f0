//! A token in the hands of another agent, or of another process that has listened.

use agentsudo_core::{Signature, Token};

use super::super::actors::{
    NONCE, accept, bot, chain_of_three, clerk, issuer, researcher, root, root_fields, stranger,
};
use super::super::forge::{Cbor, Fields, Forgery, Key, field};

fn opens(bytes: &[u8], key: &Key) -> &'static str {
    let opened = accept(bytes).unwrap().held_by(&key.secret(), &NONCE);
    opened.map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn a_token_is_of_use_to_the_holder_of_its_last_key_alone() {
    let holders = [bot(), researcher(), clerk()];
    let others = [issuer(), stranger(), bot(), researcher(), clerk()];
    for (blocks, holder) in (1..).zip(&holders) {
        let mut token = chain_of_three();
        token.parts.truncate(blocks);
        let bytes = token.bytes();
        for key in &others {
            let expected = if key.bytes() == holder.bytes() {
                "ok"
            } else {
                "token.holder_mismatch"
            };
            assert_eq!(opens(&bytes, key), expected, "{blocks} blocks");
        }
        // The twin: where showing the bytes is enough, all of them may.
        assert!(accept(&bytes).is_ok());
    }
}

#[test]
fn a_token_is_no_bearer_token_unless_every_block_says_so() {
    let fields = root_fields()
        .with(field::AUDIENCES, Cbor::texts(&["shop"]))
        .with(field::BEARER, Cbor::Bool(true));
    let to_researcher = || Fields::delegation("researcher", &researcher());
    let shown = |made: &Forgery| {
        let opened = accept(&made.bytes()).unwrap().bearer();
        opened.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(shown(&root()), "proof.required");
    // The twin: an issuer that asks for no proof gets none, and says so in what it signs.
    let bearer = Forgery::root(&fields, &issuer());
    assert_eq!(shown(&bearer), "ok");
    let kept = bearer.clone().then(&to_researcher(), &bot());
    assert_eq!(shown(&kept), "proof.required");
    let claimed = to_researcher().with(field::BEARER, Cbor::Bool(true));
    assert_eq!(shown(&bearer.then(&claimed, &bot())), "ok");
    // A holder cannot make one of a token that is none.
    assert_eq!(shown(&root().then(&claimed, &bot())), "proof.required");
}

#[test]
fn an_agent_of_the_same_name_is_another_agent() {
    let bytes = root().bytes();
    let token = Token::from_bytes(&bytes).unwrap();
    let claimed = token.claimed_chain();
    let claimed = claimed.leaf().unwrap().agent.as_str();
    assert_eq!(claimed, "support-bot", "the twin asks for the name");
    assert_eq!(opens(&bytes, &stranger()), "token.holder_mismatch");
}

#[test]
fn a_proof_that_was_overheard_opens_nothing_a_second_time() {
    let bytes = root().bytes();
    let challenge = accept(&bytes).unwrap().challenge(&NONCE);
    let overheard = Signature::from_bytes(bot().sign(challenge.as_bytes()));
    let opens = |nonce: &[u8; 32]| {
        let opened = accept(&bytes).unwrap().proved_by(nonce, &overheard);
        opened.map_or_else(|error| error.code(), |_| "ok")
    };
    for fresh in 0..=4 {
        assert_eq!(opens(&[fresh; 32]), "token.holder_mismatch");
    }
    // The twin: a process that asks the same challenge twice is opened twice.
    assert_eq!(opens(&NONCE), "ok");
}
