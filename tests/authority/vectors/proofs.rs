//! Proofs of one invocation: each names a token, a tool, its definition, its arguments, a time, a verifier.

use agentsudo_core::{Arguments, Digest};

use super::case::{Call, Case, list, root_of, to_researcher};
use crate::authority::actors::{
    NONCE, NOW_S, bot, chain_of_three, clerk, issuer, researcher, root, root_fields, stranger,
};
use crate::authority::forge::{APPROVAL, Cbor, DELEGATION, Forgery, Key, SESSION, field};

const INVOCATION: &[u8] = b"agentsudo.invocation.v1\0";
const REFUND: &str = r#"{"amount_minor":5000,"order_id":"order_1"}"#;
const INVALID: &str = "proof.signature_invalid";
const MALFORMED: &str = "proof.malformed";

pub(super) fn cases() -> Vec<Case> {
    [
        sound(),
        of_times(),
        of_other_calls(),
        of_others(),
        of_other_domains(),
        of_forms(),
        of_other_forms(),
        of_points(),
        beside_other_flaws(),
    ]
    .concat()
}

/// What the holder signs, each part to be changed.
#[derive(Clone)]
struct Signed {
    domain: Vec<u8>,
    block: [u8; 32],
    call: Call,
    time: u64,
    nonce: [u8; 16],
    audience: String,
}

impl Signed {
    fn of(token: &Forgery) -> Self {
        Self {
            domain: INVOCATION.to_vec(),
            block: token.last_id().unwrap(),
            call: Call::refund(REFUND),
            time: NOW_S,
            nonce: [6; 16],
            audience: "shop".to_owned(),
        }
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let definition = Digest::of(self.call.tool.as_bytes());
        let given = Arguments::from_json_slice(self.call.arguments.as_bytes())
            .unwrap()
            .digest();
        [
            self.domain.as_slice(),
            &self.block,
            definition.as_bytes(),
            given.as_bytes(),
            &self.time.to_be_bytes(),
            &self.nonce,
            &[u8::try_from(self.call.tool.len()).unwrap()],
            self.call.tool.as_bytes(),
            self.audience.as_bytes(),
        ]
        .concat()
    }

    fn by(&self, holder: &Key) -> Proof {
        Proof {
            time: self.time,
            nonce: self.nonce,
            signature: holder.sign(&self.bytes()),
        }
    }
}

/// A proof as it travels.
#[derive(Clone)]
struct Proof {
    time: u64,
    nonce: [u8; 16],
    signature: [u8; 64],
}

impl Proof {
    fn parts(&self) -> [Cbor; 4] {
        [
            Cbor::Uint(1),
            Cbor::Uint(self.time),
            Cbor::Bytes(self.nonce.to_vec()),
            Cbor::Bytes(self.signature.to_vec()),
        ]
    }

    fn bytes(&self) -> Vec<u8> {
        list(self.parts()).encoded()
    }

    /// With another thing in one place.
    fn with(&self, place: usize, part: Cbor) -> Vec<u8> {
        let mut parts = self.parts();
        parts[place] = part;
        list(parts).encoded()
    }
}

/// A refund under the root token, shown with this proof.
fn shown(name: &str, proof: &[u8], expected: &str) -> Case {
    Case::of(name, &root(), expected)
        .refunding(REFUND)
        .proved(proof)
}

fn plain() -> Proof {
    Signed::of(&root()).by(&bot())
}

fn signed(name: &str, expected: &str, change: impl FnOnce(&mut Signed)) -> Case {
    let proof = Signed::of(&root()).changed(change).by(&bot());
    shown(name, &proof.bytes(), expected)
}

fn sound() -> Vec<Case> {
    let chain = chain_of_three();
    let by_clerk = Signed::of(&chain).by(&clerk());
    let spelled = Case::of("arguments-in-another-spelling", &root(), "ok")
        .refunding(r#" { "order_id" : "order\u005f1", "amount_minor" : 5e3 } "#)
        .proved(&plain().bytes());
    let without = Signed::of(&root()).changed(|signed| signed.call.arguments = "{}".to_owned());
    let without = Case::of("no-arguments", &root(), "ok")
        .refunding("{}")
        .proved(&without.by(&bot()).bytes());
    let all = r#"{"a":[null,true,-1,0.5,"x"],"aa":{"b":1,"a":2},"b":9007199254740991}"#;
    let of_all = Signed::of(&root()).changed(|signed| signed.call.arguments = all.to_owned());
    let of_all = Case::of("arguments-of-every-type", &root(), "ok")
        .refunding(all)
        .proved(&of_all.by(&bot()).bytes());
    vec![
        shown("proof-of-the-holder", &plain().bytes(), "ok"),
        Case::of("proof-of-the-last-holder", &chain, "ok")
            .refunding(REFUND)
            .proved(&by_clerk.bytes()),
        spelled,
        without,
        of_all,
    ]
}

fn of_times() -> Vec<Case> {
    let old = "proof.out_of_time";
    let at = |name, time, expected| signed(name, expected, |signed| signed.time = time);
    let redated = Proof {
        time: NOW_S,
        ..Signed::of(&root())
            .changed(|signed| signed.time = NOW_S - 61)
            .by(&bot())
    };
    vec![
        at("60-s-old", NOW_S - 60, "ok"),
        at("61-s-old", NOW_S - 61, old),
        at("60-s-ahead", NOW_S + 60, "ok"),
        at("61-s-ahead", NOW_S + 61, old),
        at("from-1970", 0, old),
        at(
            "from-the-last-second-of-64-bits",
            u64::MAX,
            "proof.malformed",
        ),
        at("from-the-year-9999", 253_402_300_799, old),
        shown("dated-anew", &redated.bytes(), INVALID),
    ]
}

fn of_other_calls() -> Vec<Case> {
    let with = |change: fn(&mut Call)| {
        let mut call = Call::refund(REFUND);
        change(&mut call);
        call
    };
    let of_call = |name: &str, call: Call| {
        Case::of(name, &root(), INVALID)
            .called(call)
            .proved(&plain().bytes())
    };
    let longer_tool = |signed: &mut Signed| {
        // The same bytes, but for the length of the tool's name, which says where it ends.
        signed.call.tool = "issue_refunds".to_owned();
        signed.audience = "hop".to_owned();
    };
    vec![
        of_call(
            "another-amount",
            with(|call| call.arguments = call.arguments.replace("5000", "5001")),
        ),
        of_call(
            "another-argument",
            with(|call| call.arguments = call.arguments.replace('}', r#","to":"a"}"#)),
        ),
        of_call(
            "amount-in-a-text",
            with(|call| call.arguments = call.arguments.replace("5000", "\"5000\"")),
        ),
        of_call(
            "another-tool",
            with(|call| call.tool = "issue_all_refunds".to_owned()),
        ),
        of_call(
            "another-definition",
            with(|call| call.definition_hex = "00".repeat(32)),
        ),
        signed("another-audience", INVALID, |signed| {
            signed.audience = "bank".to_owned()
        }),
        signed("audience-in-another-case", INVALID, |signed| {
            signed.audience = "Shop".to_owned()
        }),
        signed("no-audience", INVALID, |signed| {
            signed.audience = String::new()
        }),
        signed("letters-moved-from-audience-to-tool", INVALID, longer_tool),
    ]
}

fn of_others() -> Vec<Case> {
    let chain = chain_of_three();
    let of_chain = |name: &str, proof: &Proof| {
        Case::of(name, &chain, INVALID)
            .refunding(REFUND)
            .proved(&proof.bytes())
    };
    let other = Forgery::root(
        &root_fields().with(field::TOKEN_ID, Cbor::Bytes(vec![8; 12])),
        &issuer(),
    );
    let parent = root().then(&to_researcher(), &bot());
    vec![
        shown(
            "by-a-stranger",
            &Signed::of(&root()).by(&stranger()).bytes(),
            INVALID,
        ),
        shown(
            "by-the-issuer",
            &Signed::of(&root()).by(&issuer()).bytes(),
            INVALID,
        ),
        of_chain("by-the-first-holder", &Signed::of(&chain).by(&bot())),
        of_chain(
            "by-the-holder-before",
            &Signed::of(&chain).by(&researcher()),
        ),
        of_chain("of-the-token-before", &Signed::of(&parent).by(&clerk())),
        shown(
            "of-another-token",
            &Signed::of(&other).by(&bot()).bytes(),
            INVALID,
        ),
        shown(
            "of-a-longer-token",
            &Signed::of(&chain).by(&bot()).bytes(),
            INVALID,
        ),
    ]
}

fn of_other_domains() -> Vec<Case> {
    let in_domain =
        |name, domain: &[u8]| signed(name, INVALID, |signed| signed.domain = domain.to_vec());
    let id = root().last_id().unwrap();
    let of_session = Proof {
        signature: bot().sign(&[SESSION, &id, &NONCE, b"shop"].concat()),
        ..plain()
    };
    vec![
        in_domain("in-no-domain", b""),
        in_domain("in-the-domain-of-sessions", SESSION),
        in_domain("in-the-domain-of-handshakes", b"agentsudo.handshake.v1\0"),
        in_domain("in-the-domain-of-delegations", DELEGATION),
        in_domain("in-the-domain-of-approvals", APPROVAL),
        shown("signature-of-a-session", &of_session.bytes(), INVALID),
        shown(
            "another-nonce",
            &plain().with(2, Cbor::Bytes(vec![7; 16])),
            INVALID,
        ),
    ]
}

fn of_forms() -> Vec<Case> {
    let bytes = |len: usize| Cbor::Bytes(vec![6; len]);
    let parts = || plain().parts().to_vec();
    let longer = list([parts(), vec![Cbor::Null]].concat()).encoded();
    let shorter = list(parts()[..3].to_vec()).encoded();
    vec![
        shown("of-no-bytes", &[], MALFORMED),
        shown("that-is-null", &[0xf6], MALFORMED),
        shown("that-is-an-empty-list", &[0x80], MALFORMED),
        shown("of-three-parts", &shorter, MALFORMED),
        shown("of-five-parts", &longer, MALFORMED),
        shown(
            "with-a-byte-after-it",
            &[plain().bytes(), vec![0]].concat(),
            MALFORMED,
        ),
        shown(
            "cut-by-a-byte",
            &plain().bytes()[..plain().bytes().len() - 1],
            MALFORMED,
        ),
        shown("nonce-of-15-bytes", &plain().with(2, bytes(15)), MALFORMED),
        shown("nonce-of-32-bytes", &plain().with(2, bytes(32)), MALFORMED),
        shown(
            "signature-of-63-bytes",
            &plain().with(3, bytes(63)),
            MALFORMED,
        ),
        shown(
            "signature-of-65-bytes",
            &plain().with(3, bytes(65)),
            MALFORMED,
        ),
        shown(
            "time-in-a-text",
            &plain().with(1, Cbor::text("1800000000")),
            MALFORMED,
        ),
        shown(
            "time-below-zero",
            &plain().with(1, Cbor::Int(-1)),
            MALFORMED,
        ),
        shown(
            "version-below-zero",
            &plain().with(0, Cbor::Int(-1)),
            MALFORMED,
        ),
        shown(
            "in-a-map",
            &Cbor::Map(vec![(Cbor::Uint(1), Cbor::Uint(1))]).encoded(),
            MALFORMED,
        ),
        shown(
            "version-in-a-text",
            &plain().with(0, Cbor::text("1")),
            MALFORMED,
        ),
    ]
}

fn of_other_forms() -> Vec<Case> {
    let twisted = "proof.not_canonical";
    let mut endless = plain().bytes();
    endless[0] = 0x9f;
    endless.push(0xff);
    let mut long_head = plain().bytes();
    long_head.splice(0..1, [0x98, 4]);
    vec![
        shown(
            "version-0",
            &plain().with(0, Cbor::Uint(0)),
            "proof.unknown_version",
        ),
        shown(
            "version-2",
            &plain().with(0, Cbor::Uint(2)),
            "proof.unknown_version",
        ),
        shown(
            "with-a-long-version",
            &plain().with(0, Cbor::Raw(vec![0x18, 1])),
            twisted,
        ),
        shown(
            "with-a-long-time",
            &plain().with(
                1,
                Cbor::Raw([&[0x1b], NOW_S.to_be_bytes().as_slice()].concat()),
            ),
            twisted,
        ),
        shown("with-a-long-length", &long_head, twisted),
        shown("without-length", &endless, twisted),
    ]
}

fn of_points() -> Vec<Case> {
    const L: [u8; 32] = super::points::L;
    let mut s_plus_order = plain();
    let s = super::points::plus(s_plus_order.signature[32..].try_into().unwrap(), L);
    s_plus_order.signature[32..].copy_from_slice(&s);
    let mut flipped = plain();
    flipped.signature[0] ^= 1;
    let neutral = Proof {
        signature: super::points::fits_weak_keys(),
        ..plain()
    };
    let zeros = Proof {
        signature: [0; 64],
        ..plain()
    };
    vec![
        shown("s-plus-the-order", &s_plus_order.bytes(), INVALID),
        shown("flipped-signature", &flipped.bytes(), INVALID),
        shown("signature-that-fits-weak-keys", &neutral.bytes(), INVALID),
        shown("signature-of-zeros", &zeros.bytes(), INVALID),
    ]
}

fn beside_other_flaws() -> Vec<Case> {
    let bearer = root_of([
        (field::AUDIENCES, Cbor::texts(&["shop"])),
        (field::BEARER, Cbor::Bool(true)),
    ]);
    let of_bearer = |name: &str, key: &Key, expected: &str| {
        let proof = Signed::of(&bearer).by(key);
        Case::of(name, &bearer, expected)
            .refunding(REFUND)
            .proved(&proof.bytes())
    };
    let broker = root_of([(field::DELEGATE_ONLY, Cbor::Bool(true))]);
    let of_broker = Signed::of(&broker).by(&bot());
    let foreign = Signed::of(&root())
        .changed(|signed| signed.call = Call::of("issue_refund", "write:orders", REFUND));
    vec![
        of_bearer("of-a-bearer-token", &bot(), "ok"),
        of_bearer("of-a-bearer-token-by-a-stranger", &stranger(), INVALID),
        Case::of(
            "of-a-holder-that-may-only-delegate",
            &broker,
            "token.delegate_only",
        )
        .refunding(REFUND)
        .proved(&of_broker.bytes()),
        Case::of(
            "of-a-scope-that-is-not-granted",
            &root(),
            "scope.not_granted",
        )
        .called(foreign.call.clone())
        .proved(&foreign.by(&bot()).bytes()),
        Case::of(
            "malformed-for-a-scope-that-is-not-granted",
            &root(),
            MALFORMED,
        )
        .called(foreign.call)
        .proved(&[]),
        Case::of("of-an-expired-token", &root(), "token.expired")
            .refunding(REFUND)
            .proved(&plain().bytes())
            .at(NOW_S + 900),
    ]
}
