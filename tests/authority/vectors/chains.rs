//! Blocks and signatures moved about, and signatures that were made for something else.

use sha2::{Digest as _, Sha512};

use super::case::{Case, root_with, to_researcher};
use crate::authority::actors::{
    NONCE, bot, chain_of_three, clerk, issuer, researcher, root, root_fields, stranger,
};
use crate::authority::forge::{
    APPROVAL, Cbor, DELEGATION, Fields, Forgery, ROOT, SESSION, field, signed_bytes,
};

pub(super) fn cases() -> Vec<Case> {
    [
        of_issuers(),
        moved(),
        by_others(),
        changed(),
        of_other_domains(),
        without_a_key(),
    ]
    .concat()
}

fn of_issuers() -> Vec<Case> {
    let of_stranger = Forgery::root(
        &Fields::root(&stranger(), "support-bot", &bot()),
        &stranger(),
    );
    let in_their_name = Forgery::root(&root_fields(), &stranger());
    let in_our_name = Forgery::root(&Fields::root(&stranger(), "support-bot", &bot()), &issuer());
    let unknown = "token.unknown_issuer";
    let invalid = "token.signature_invalid";
    vec![
        Case::of("unknown-issuer", &of_stranger, unknown),
        Case::of("signed-by-stranger", &in_their_name, invalid),
        Case::of("names-a-key-that-did-not-sign", &in_our_name, unknown),
        Case::of("names-another-trusted-key", &in_our_name, invalid)
            .trusting(&[&issuer(), &stranger()]),
        Case::of("signed-by-another-trusted-key", &in_their_name, invalid)
            .trusting(&[&issuer(), &stranger()]),
        Case::of("key-rotated-out", &root(), unknown).trusting(&[&stranger()]),
        Case::of("key-rotated-in", &of_stranger, "ok").trusting(&[&issuer(), &stranger()]),
        Case::of("key-not-yet-rotated-out", &root(), "ok").trusting(&[&stranger(), &issuer()]),
    ]
}

fn moved() -> Vec<Case> {
    let chain = |order: &[usize]| Forgery {
        parts: order
            .iter()
            .map(|&part| chain_of_three().parts[part].clone())
            .collect(),
    };
    let narrow = root_with(field::GRANTS, Cbor::texts(&["write:refunds:eu"]));
    let mut spliced = root();
    spliced
        .parts
        .push(narrow.then(&to_researcher(), &bot()).parts[1].clone());
    let mut signatures_swapped = chain_of_three();
    let first = signatures_swapped.parts[1].1.clone();
    signatures_swapped.parts[1].1 = std::mem::replace(&mut signatures_swapped.parts[2].1, first);
    let mut signature_repeated = chain_of_three();
    signature_repeated.parts[1].1 = signature_repeated.parts[0].1.clone();
    let invalid = "token.signature_invalid";
    vec![
        Case::of("spliced-delegation", &spliced, invalid),
        Case::of("without-its-middle", &chain(&[0, 2]), invalid),
        Case::of("without-its-end", &chain(&[0, 1]), "ok"),
        Case::of("without-its-root", &chain(&[1, 2]), "token.missing_field"),
        Case::of("delegations-swapped", &chain(&[0, 2, 1]), invalid),
        Case::of("delegation-repeated", &chain(&[0, 1, 1]), invalid),
        Case::of(
            "delegation-before-its-root",
            &chain(&[1, 0]),
            "token.missing_field",
        ),
        Case::of("root-repeated", &chain(&[0, 0]), "token.unknown_field"),
        Case::of("signatures-swapped", &signatures_swapped, invalid),
        Case::of(
            "signature-of-the-root-repeated",
            &signature_repeated,
            invalid,
        ),
    ]
}

fn by_others() -> Vec<Case> {
    let to_clerk = Fields::delegation("clerk", &clerk());
    let by_nobody = root().then(&to_researcher(), &stranger());
    let by_issuer = root().then(&to_researcher(), &issuer());
    let by_itself = root().then(&to_researcher(), &researcher());
    let by_the_one_before = root()
        .then(&to_researcher(), &bot())
        .then(&to_clerk, &bot());
    let second_root = root().then(&root_fields(), &bot());
    let sealed = Forgery::root(&root_fields().without(field::DEPTH), &issuer());
    let invalid = "token.signature_invalid";
    vec![
        Case::of("delegated-by-nobody", &by_nobody, invalid),
        Case::of("delegated-by-the-issuer", &by_issuer, invalid),
        Case::of("delegated-by-the-new-holder", &by_itself, invalid),
        Case::of(
            "delegated-by-the-holder-before",
            &by_the_one_before,
            invalid,
        ),
        Case::of("root-as-second-block", &second_root, "token.unknown_field"),
        Case::of(
            "sealed-and-delegated",
            &sealed.then(&to_researcher(), &bot()),
            "token.depth_exceeded",
        ),
        Case::of(
            "sealed-and-delegated-by-nobody",
            &Forgery::root(&root_fields().without(field::DEPTH), &issuer())
                .then(&to_researcher(), &stranger()),
            "token.depth_exceeded",
        ),
    ]
}

fn changed() -> Vec<Case> {
    let mut flipped = chain_of_three();
    flipped.parts[1].1[10] ^= 0x40;
    let mut raised = root();
    // The last byte of the root is its depth.
    *raised.parts[0].0.last_mut().unwrap() = 4;
    let mut renamed = chain_of_three();
    *renamed.parts[1].0.last_mut().unwrap() = b's';
    let mut changed_below = chain_of_three();
    *changed_below.parts[0].0.last_mut().unwrap() = 4;
    changed_below = Forgery {
        parts: changed_below.parts[..1].to_vec(),
    }
    .then(&to_researcher(), &bot());
    let invalid = "token.signature_invalid";
    vec![
        Case::of("flipped-signature", &flipped, invalid),
        Case::of("changed-root", &raised, invalid),
        Case::of("changed-delegation", &renamed, invalid),
        Case::of("changed-root-delegated-anew", &changed_below, invalid),
    ]
}

/// Sound signatures of the right keys, over something that is no such block.
fn of_other_domains() -> Vec<Case> {
    let block = root_fields().encoded();
    let root_signed =
        |message: &[u8]| Forgery::default().then_signed(block.clone(), issuer().sign(message));
    let id = root().last_id().unwrap();
    let next = to_researcher().encoded();
    let child_signed = |message: &[u8]| root().then_signed(next.clone(), bot().sign(message));
    let cases = [
        ("root-signed-without-a-domain", root_signed(&block)),
        (
            "root-signed-as-a-delegation",
            root_signed(&signed_bytes(DELEGATION, None, &block)),
        ),
        (
            "root-signed-as-an-approval",
            root_signed(&signed_bytes(APPROVAL, None, &block)),
        ),
        (
            "root-signed-as-a-checkpoint",
            root_signed(&signed_bytes(b"agentsudo.checkpoint.v1\0", None, &block)),
        ),
        (
            "delegation-signed-as-a-root",
            child_signed(&signed_bytes(ROOT, None, &next)),
        ),
        (
            "delegation-signed-as-a-root-below-its-parent",
            child_signed(&signed_bytes(ROOT, Some(&id), &next)),
        ),
        (
            "delegation-signed-without-its-parent",
            child_signed(&signed_bytes(DELEGATION, None, &next)),
        ),
        (
            "delegation-signed-as-a-session",
            child_signed(&[SESSION, &id, &NONCE, b"shop"].concat()),
        ),
        (
            "delegation-signed-as-an-invocation",
            child_signed(&signed_bytes(
                b"agentsudo.invocation.v1\0",
                Some(&id),
                &next,
            )),
        ),
    ];
    cases
        .map(|(name, made)| Case::of(name, &made, "token.signature_invalid"))
        .into()
}

/// What passes where the algorithm is the sender's choice, or the key is taken for a secret.
fn without_a_key() -> Vec<Case> {
    let block = root_fields().encoded();
    let signed = signed_bytes(ROOT, None, &block);
    let keyed: [u8; 64] = Sha512::new()
        .chain_update(issuer().bytes())
        .chain_update(&signed)
        .finalize()
        .into();
    let with = |signature| Forgery::default().then_signed(block.clone(), signature);
    vec![
        Case::of(
            "signature-of-zeros",
            &with([0; 64]),
            "token.signature_invalid",
        ),
        Case::of(
            "hash-keyed-with-the-public-key",
            &with(keyed),
            "token.signature_invalid",
        ),
    ]
}
