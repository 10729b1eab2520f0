//! The law of each field: a hand-signed child that says more than its parent gains nothing by it.
//!
//! The list of fields is the core's own type: a new field does not build here before it has its attack. The
//! twin of each attack is a token whose only block says what the child says: there the same attempt succeeds,
//! as it would everywhere if the last block had the last word.

use agentsudo_core::{Conditions, Field, FreezeList, Timestamp, Token, Verified};

use super::actors::{
    NOW_S, arguments, bot, clerk, issuer, researcher, root_fields, stranger, verifier,
};
use super::forge::{Cbor, Fields, Forgery, Key, at_most, constraint};

/// What the attacker wants to get out of a token.
#[derive(Clone, Copy)]
enum Attempt {
    /// That it is accepted, here and so many seconds after it was issued.
    Accepted(u64),
    /// That it is good for one more delegation, to the clerk.
    Delegated,
    /// That a call is allowed and may run without asking anybody.
    Refund(&'static str),
    /// That it may be used by whoever has it.
    Borne,
}

struct Attack {
    parent: Fields,
    /// What the child says.
    says: Cbor,
    /// What else a sound root has to say for the twin.
    twin: Fields,
    attempt: Attempt,
    expected: &'static str,
}

fn to_researcher() -> Fields {
    Fields::delegation("researcher", &researcher())
}

fn verify(token: &Forgery, after_s: u64) -> Result<Verified, &'static str> {
    let now = Timestamp::from_unix_s(NOW_S + after_s);
    let token = Token::from_bytes(&token.bytes()).map_err(|error| error.code())?;
    verifier().verify(&token, now).map_err(|error| error.code())
}

fn refund(verified: &Verified, json: &str) -> &'static str {
    let refunds = super::actors::requirement("issue_refund", "write:refunds");
    let conditions = Conditions {
        now: Timestamp::from_unix_s(NOW_S),
        freezes: &FreezeList::none(),
    };
    match verified.decide(&refunds, &arguments(json), &conditions) {
        Err(refusal) => refusal.code(),
        Ok(obligations) if obligations.consent().is_some() => "approval.required",
        Ok(_) => "ok",
    }
}

/// Tries with a token whose present holder has this key.
fn attempt(attempt: Attempt, token: &Forgery, holder: &Key) -> &'static str {
    let after_s = match attempt {
        Attempt::Accepted(after_s) => after_s,
        _ => 0,
    };
    let longer;
    let token = if matches!(attempt, Attempt::Delegated) {
        longer = token
            .clone()
            .then(&Fields::delegation("clerk", &clerk()), holder);
        &longer
    } else {
        token
    };
    let verified = match verify(token, after_s) {
        Ok(verified) => verified,
        Err(code) => return code,
    };
    match attempt {
        Attempt::Accepted(_) | Attempt::Delegated => "ok",
        Attempt::Refund(json) => refund(&verified, json),
        Attempt::Borne => verified
            .bearer()
            .map_or_else(|error| error.code(), |_| "ok"),
    }
}

fn attack(parent: Fields, says: Cbor, tries: Attempt, expected: &'static str) -> Attack {
    Attack {
        parent,
        says,
        twin: root_fields(),
        attempt: tries,
        expected,
    }
}

/// A budget of `amount` in all.
fn budget(max: u64) -> Cbor {
    Cbor::List(vec![Cbor::List(vec![
        Cbor::text("amount"),
        Cbor::Uint(max),
    ])])
}

fn parts(list: Cbor) -> Vec<Cbor> {
    match list {
        Cbor::List(parts) => parts,
        other => vec![other],
    }
}

/// Consent to refunds, unless the amount is at most so much.
fn consent_above(max: i64) -> Cbor {
    let rule = parts(at_most("amount", max));
    let rule = [vec![Cbor::text("write:refunds")], rule].concat();
    Cbor::List(vec![Cbor::List(rule)])
}

/// The attack on each field. Exhaustive on purpose.
#[expect(
    clippy::too_many_lines,
    reason = "one table, so that the compiler misses a field that is not in it"
)]
fn attack_on(field: Field) -> Attack {
    let key = field.key();
    let root = || root_fields();
    let amount = |max| Cbor::List(vec![at_most("amount", max)]);
    match field {
        // Only a root has these: a child that speaks of them is refused.
        Field::Version => attack(
            root(),
            Cbor::Uint(1),
            Attempt::Accepted(0),
            "token.unknown_field",
        ),
        Field::Issuer => {
            let id = root().get(key);
            attack(root(), id, Attempt::Accepted(0), "token.unknown_field")
        }
        Field::TokenId => attack(
            root(),
            Cbor::Bytes(vec![8; 12]),
            Attempt::Accepted(0),
            "token.unknown_field",
        ),
        Field::IssuedAt => attack(
            root(),
            Cbor::Uint(NOW_S + 30),
            Attempt::Accepted(0),
            "token.unknown_field",
        ),
        Field::ExpiresAfterS => attack(
            root().with(key, Cbor::Uint(60)),
            Cbor::Uint(900),
            Attempt::Accepted(60),
            "token.expired",
        ),
        Field::ValidAfterS => attack(
            root().with(key, Cbor::Uint(60)),
            Cbor::Uint(0),
            Attempt::Accepted(0),
            "token.not_yet_valid",
        ),
        // The next two are about who signs: see the tests below.
        Field::HolderKey => attack(
            root(),
            Cbor::Bytes(stranger().bytes().to_vec()),
            Attempt::Delegated,
            "token.signature_invalid",
        ),
        Field::Agent => attack(
            root().with(Field::Constraints.key(), amount(5_000)),
            Cbor::text("support-bot"),
            Attempt::Refund(r#"{"amount":5001}"#),
            "constraint.above_maximum",
        ),
        Field::Audiences => attack(
            root().with(key, Cbor::texts(&["bank"])),
            Cbor::texts(&["bank", "shop"]),
            Attempt::Accepted(0),
            "token.audience_mismatch",
        ),
        Field::Grants => attack(
            root().with(key, Cbor::texts(&["read:orders"])),
            Cbor::texts(&["**"]),
            Attempt::Refund("{}"),
            "scope.not_granted",
        ),
        Field::Constraints => attack(
            root().with(key, amount(5_000)),
            amount(999_999),
            Attempt::Refund(r#"{"amount":5001}"#),
            "constraint.above_maximum",
        ),
        Field::Depth => attack(
            root().with(key, Cbor::Uint(1)),
            Cbor::Uint(9),
            Attempt::Delegated,
            "token.depth_exceeded",
        ),
        Field::Budgets => attack(
            root().with(key, budget(5_000)),
            budget(999_999),
            Attempt::Refund(r#"{"amount":5001}"#),
            "budget.exceeded",
        ),
        Field::Approvals => attack(
            root().with(key, Cbor::texts(&["write:*"])),
            consent_above(999_999),
            Attempt::Refund(r#"{"amount":5001}"#),
            "approval.required",
        ),
        Field::DelegateOnly => attack(
            root().with(key, Cbor::Bool(true)),
            Cbor::Bool(false),
            Attempt::Refund("{}"),
            "token.not_canonical",
        ),
        Field::Bearer => Attack {
            twin: root().with(Field::Audiences.key(), Cbor::texts(&["shop"])),
            ..attack(root(), Cbor::Bool(true), Attempt::Borne, "proof.required")
        },
    }
}

#[test]
fn a_child_that_says_more_than_its_parent_gains_nothing() {
    for field in Field::ALL {
        let attack = attack_on(field);
        let child = to_researcher().with(field.key(), attack.says);
        // Whoever is named as the holder, the researcher's key is the one that the attacker has.
        let token = Forgery::root(&attack.parent, &issuer()).then(&child, &bot());
        let found = attempt(attack.attempt, &token, &researcher());
        assert_eq!(found, attack.expected, "{}", field.name());
    }
}

#[test]
fn the_same_words_in_a_root_are_worth_what_the_attacker_wants() {
    for field in Field::ALL {
        let attack = attack_on(field);
        let says = match field {
            // There is no sound way to say it: leaving it out is.
            Field::DelegateOnly => None,
            _ => Some(attack.says),
        };
        let root = says
            .into_iter()
            .fold(attack.twin, |root, says| root.with(field.key(), says));
        let holder = match field {
            Field::HolderKey => stranger(),
            _ => bot(),
        };
        let token = Forgery::root(&root, &issuer());
        let found = attempt(attack.attempt, &token, &holder);
        assert_eq!(found, "ok", "{}", field.name());
    }
}

#[test]
fn a_child_is_signed_by_the_holder_before_it_and_by_nobody_else() {
    for signer in [researcher(), stranger(), issuer()] {
        let token = Forgery::root(&root_fields(), &issuer()).then(&to_researcher(), &signer);
        assert_eq!(verify(&token, 0).unwrap_err(), "token.signature_invalid");
    }
    let token = Forgery::root(&root_fields(), &issuer()).then(&to_researcher(), &bot());
    assert!(verify(&token, 0).is_ok());
}

#[test]
fn a_name_gives_nothing_and_hides_nobody() {
    let borrowed = Fields::delegation("support-bot", &researcher());
    let token = Forgery::root(&root_fields(), &issuer()).then(&borrowed, &bot());
    let verified = verify(&token, 0).unwrap();
    let holders = verified.chain().iter().map(|link| link.holder);
    assert!(holders.eq([bot().public(), researcher().public()]));
}

#[test]
fn whoever_may_only_delegate_cannot_use_the_token_nor_delegate_it_to_itself() {
    let boss = root_fields().with(Field::DelegateOnly.key(), Cbor::Bool(true));
    let root = Forgery::root(&boss, &issuer());
    let found = attempt(Attempt::Refund("{}"), &root, &bot());
    assert_eq!(found, "token.delegate_only");
    let same_key = Fields::delegation("researcher", &bot());
    let same_name = Fields::delegation("support-bot", &researcher());
    for itself in [same_key, same_name] {
        let token = root.clone().then(&itself, &bot());
        assert_eq!(verify(&token, 0).unwrap_err(), "token.delegates_to_itself");
        // Not two steps further down either.
        let token = root
            .clone()
            .then(&to_researcher(), &bot())
            .then(&itself, &researcher());
        assert_eq!(verify(&token, 0).unwrap_err(), "token.delegates_to_itself");
    }
    // The twin: for another agent it is delegated to be used.
    let token = root.then(&to_researcher(), &bot());
    assert_eq!(attempt(Attempt::Refund("{}"), &token, &researcher()), "ok");
}

#[test]
fn an_exception_from_consent_that_cannot_be_decided_asks() {
    let root = root_fields().with(Field::Approvals.key(), consent_above(5_000));
    let token = Forgery::root(&root, &issuer());
    let cases = [
        (r#"{"amount":5000}"#, "ok"),
        (r#"{"amount":5001}"#, "approval.required"),
        (r#"{"amount":"12"}"#, "approval.required"),
        (r#"{"amount":null}"#, "approval.required"),
        ("{}", "approval.required"),
    ];
    for (json, expected) in cases {
        assert_eq!(attempt(Attempt::Refund(json), &token, &bot()), expected);
    }
}

#[test]
fn a_bearer_token_is_short_and_for_named_verifiers() {
    let key = Field::Bearer.key();
    let bearer = |root: Fields| Forgery::root(&root.with(key, Cbor::Bool(true)), &issuer());
    let shop = || root_fields().with(Field::Audiences.key(), Cbor::texts(&["shop"]));
    let life = |seconds| shop().with(Field::ExpiresAfterS.key(), Cbor::Uint(seconds));
    let check = |root, expected| {
        assert_eq!(attempt(Attempt::Borne, &bearer(root), &bot()), expected);
    };
    check(life(3_600), "ok");
    check(life(3_601), "token.bearer_unbound");
    check(root_fields(), "token.bearer_unbound");
    // A child that does not say so is not for whoever finds it.
    let token = bearer(shop()).then(&to_researcher(), &bot());
    let found = attempt(Attempt::Borne, &token, &researcher());
    assert_eq!(found, "proof.required");
}

#[test]
fn a_rule_of_one_block_cannot_be_read_as_another_kind() {
    // The number of a kind that only a newer verifier knows, in each place where rules stand.
    let rule = constraint("amount", 99, Cbor::Null);
    let parts = parts(rule.clone());
    let approval = Cbor::List([vec![Cbor::text("write:*")], parts].concat());
    for (field, value) in [(Field::Constraints, rule), (Field::Approvals, approval)] {
        let root = root_fields().with(field.key(), Cbor::List(vec![value]));
        let found = verify(&Forgery::root(&root, &issuer()), 0).unwrap_err();
        assert_eq!(found, "token.unknown_constraint_kind");
    }
}
