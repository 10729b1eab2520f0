//! Consent that is not consent.

use std::sync::{Arc, Mutex};

use agentsudo_core::{
    AgentName, ApprovalDecision, ApprovalRefusal, ApprovalRequest, ApprovalWindow, Approved,
    Approvers, Call, CallId, Capability, Conditions, Erased, FreezeList, KeyError, Pending,
    PublicKey, Requirement, Signature, Signer, SigningInput, Timestamp, Verdict, authorize_pending,
};

use super::actors::{
    NOW_S, arguments, bot, capability, chain_of_three, clerk, issuer, now, requirement, researcher,
    root, stranger,
};
use super::forge::{Cbor, Fields, Forgery, Key, field};

pub(super) fn boss() -> Key {
    Key::of(20)
}

pub(super) fn name(text: &str) -> AgentName {
    AgentName::parse(text).unwrap()
}

pub(super) fn approvers() -> Approvers {
    Approvers::nobody().and(name("boss"), boss().public())
}

/// One second later: in time for an answer.
pub(super) fn soon() -> Timestamp {
    Timestamp::from_unix_s(NOW_S + 1)
}

/// A signer that says whatever it was told to say, and remembers what it was asked to sign.
pub(super) struct Canned {
    key: PublicKey,
    says: [u8; 64],
    heard: Mutex<Vec<u8>>,
}

impl Canned {
    pub(super) fn saying(key: &Key, says: [u8; 64]) -> Self {
        Self {
            key: key.public(),
            says,
            heard: Mutex::default(),
        }
    }

    pub(super) fn listening(key: &Key) -> Self {
        Self::saying(key, [0; 64])
    }

    pub(super) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

impl Signer for Canned {
    fn public_key(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, input: &SigningInput) -> Result<Signature, KeyError> {
        *self.heard.lock().unwrap() = input.as_bytes().to_vec();
        Ok(Signature::from_bytes(self.says))
    }
}

fn pending(
    capability: &Capability,
    id: u8,
    requirement: Requirement,
    json: &str,
) -> Pending<Erased> {
    let call = Call::dynamic(
        CallId::from_bytes([id; 16]),
        Arc::new(requirement),
        arguments(json),
    );
    let conditions = Conditions {
        now: now(),
        freezes: &FreezeList::none(),
    };
    authorize_pending(capability, call, &conditions).unwrap()
}

fn refund_call(id: u8, json: &str) -> Pending<Erased> {
    let capability = capability(&chain_of_three().bytes(), &clerk());
    pending(
        &capability,
        id,
        requirement("issue_refund", "write:refunds"),
        json,
    )
}

fn window() -> ApprovalWindow {
    ApprovalWindow {
        requested_at: now(),
        expires_at: Timestamp::from_unix_s(NOW_S + 60),
        nonce: [3; 16],
    }
}

fn request_for(call: &Pending<Erased>) -> ApprovalRequest {
    ApprovalRequest::for_call(call.call(), "a refund", &window())
}

pub(super) fn request_of(json: &str) -> ApprovalRequest {
    request_for(&refund_call(1, json))
}

fn answer(request: &ApprovalRequest, verdict: Verdict, signer: &Key) -> ApprovalDecision {
    ApprovalDecision::sign(request, verdict, soon(), &signer.secret()).unwrap()
}

fn consent(request: &ApprovalRequest) -> Approved {
    let decision = answer(request, Verdict::Approve, &boss());
    approvers().check(request, decision, soon()).unwrap()
}

fn denial(reason: &str) -> Verdict {
    Verdict::Deny {
        reason: reason.to_owned(),
    }
}

/// What a program does that takes any signed yes for consent to whatever is asked just now.
fn somebody_said_yes(decision: &ApprovalDecision) -> bool {
    matches!(decision.claimed_verdict(), Verdict::Approve)
}

#[track_caller]
fn check(
    approvers: &Approvers,
    request: &ApprovalRequest,
    decision: ApprovalDecision,
    expected: &str,
) {
    let found = approvers.check(request, decision, soon());
    let found = found.as_ref().err().map_or("ok", ApprovalRefusal::code);
    assert_eq!(found, expected);
}

#[test]
fn a_yes_of_a_known_person_in_time_is_consent() {
    let request = request_of(r#"{"amount":5000}"#);
    let approved = consent(&request);
    assert_eq!(approved.by().as_str(), "boss");
    assert_eq!(approved.request(), request.digest());
    let call = refund_call(1, r#"{"amount":5000}"#).approved_by(approved);
    assert!(call.unwrap().call().approval().is_some());
}

#[test]
fn consent_to_one_request_is_none_to_another() {
    let (small, large) = (
        request_of(r#"{"amount":5000}"#),
        request_of(r#"{"amount":500000}"#),
    );
    let decision = answer(&small, Verdict::Approve, &boss());
    assert!(somebody_said_yes(&decision), "the twin takes it");
    check(&approvers(), &large, decision, "approval.mismatch");
}

#[test]
fn consent_to_one_request_is_none_to_the_same_call_asked_again() {
    let call = refund_call(1, "{}");
    let first = request_for(&call);
    let again = ApprovalWindow {
        nonce: [4; 16],
        ..window()
    };
    let second = ApprovalRequest::for_call(call.call(), "a refund", &again);
    let decision = answer(&first, Verdict::Approve, &boss());
    assert!(somebody_said_yes(&decision), "the twin takes it");
    check(&approvers(), &second, decision, "approval.mismatch");
}

/// Every part that a person's consent binds, changed one at a time.
#[test]
fn a_request_has_another_digest_when_anything_in_it_changes() {
    let call = refund_call(1, r#"{"amount":5000}"#);
    let digest = request_for(&call).digest();
    let capability = capability(&chain_of_three().bytes(), &clerk());
    let refunds = || requirement("issue_refund", "write:refunds");
    let json = r#"{"amount":5000}"#;
    let wide =
        Fields::root(&issuer(), "support-bot", &clerk()).with(field::GRANTS, Cbor::texts(&["**"]));
    let by_another_chain =
        super::actors::capability(&Forgery::root(&wide, &issuer()).bytes(), &clerk());
    let others = [
        pending(&capability, 2, refunds(), json),
        pending(&capability, 1, refunds(), r#"{"amount":5001}"#),
        pending(
            &capability,
            1,
            requirement("pay_out", "write:refunds"),
            json,
        ),
        pending(
            &by_another_chain,
            1,
            requirement("issue_refund", "write:orders"),
            json,
        ),
        pending(&by_another_chain, 1, refunds(), json),
    ];
    for other in &others {
        assert_ne!(request_for(other).digest(), digest, "{other:?}");
    }
    let later = ApprovalWindow {
        expires_at: Timestamp::from_unix_s(NOW_S + 61),
        ..window()
    };
    for other in [
        ApprovalRequest::for_call(call.call(), "a small refund", &window()),
        ApprovalRequest::for_call(call.call(), "a refund", &later),
    ] {
        assert_ne!(other.digest(), digest);
    }
    assert_eq!(request_for(&refund_call(1, json)).digest(), digest);
}

#[test]
fn consent_attaches_to_its_call_only() {
    let json = r#"{"amount":5000}"#;
    let capability = capability(&chain_of_three().bytes(), &clerk());
    let others = [
        refund_call(2, json),
        refund_call(1, r#"{"amount":5001}"#),
        pending(
            &capability,
            1,
            requirement("pay_out", "write:refunds"),
            json,
        ),
    ];
    for other in others {
        let approved = consent(&request_of(json));
        let refused = other.approved_by(approved).unwrap_err();
        assert_eq!(refused, ApprovalRefusal::Mismatch);
    }
}

#[test]
fn consent_given_to_one_chain_does_not_attach_to_another() {
    let json = r#"{"amount":5000}"#;
    let approved = consent(&request_of(json));
    let of_the_bot = capability(&root().bytes(), &bot());
    let call = pending(
        &of_the_bot,
        1,
        requirement("issue_refund", "write:refunds"),
        json,
    );
    let refused = call.approved_by(approved).unwrap_err();
    assert_eq!(refused, ApprovalRefusal::Mismatch);
}

#[test]
fn an_unknown_key_approves_nothing() {
    let request = request_of("{}");
    let decision = answer(&request, Verdict::Approve, &stranger());
    assert!(somebody_said_yes(&decision), "the twin takes it");
    check(
        &approvers(),
        &request,
        decision,
        "approval.unknown_approver",
    );
    let nobody = Approvers::nobody();
    let decision = answer(&request, Verdict::Approve, &boss());
    check(&nobody, &request, decision, "approval.unknown_approver");
}

#[test]
fn a_known_name_under_an_unknown_key_approves_nothing() {
    // The stranger claims to be the boss: it signs, and says that the boss's key did.
    let request = request_of("{}");
    let seen = Canned::listening(&boss());
    let _ = ApprovalDecision::sign(&request, Verdict::Approve, soon(), &seen);
    let forged = Canned::saying(&boss(), stranger().sign(&seen.heard()));
    let decision = ApprovalDecision::sign(&request, Verdict::Approve, soon(), &forged).unwrap();
    assert!(somebody_said_yes(&decision), "the twin takes it");
    check(
        &approvers(),
        &request,
        decision,
        "approval.signature_invalid",
    );
}

#[test]
fn no_agent_of_the_chain_approves_its_own_call() {
    let request = request_of("{}");
    for key in [bot(), researcher(), clerk()] {
        let everybody = approvers().and(name("a-person"), key.public());
        let decision = answer(&request, Verdict::Approve, &key);
        check(&everybody, &request, decision, "approval.own_request");
    }
    // The twin: whoever is known and not in the chain may.
    let everybody = approvers().and(name("a-person"), stranger().public());
    let decision = answer(&request, Verdict::Approve, &stranger());
    check(&everybody, &request, decision, "ok");
}

#[test]
fn an_agent_of_the_chain_with_a_second_key_approves_nothing_either() {
    let request = request_of("{}");
    for agent in ["support-bot", "researcher", "clerk"] {
        let everybody = approvers().and(name(agent), stranger().public());
        let decision = answer(&request, Verdict::Approve, &stranger());
        check(&everybody, &request, decision, "approval.own_request");
    }
}

#[test]
fn an_answer_counts_until_the_second_before_its_request_expires() {
    let request = request_of("{}");
    for (after_s, expected) in [
        (59, "ok"),
        (60, "approval.expired"),
        (u64::MAX, "approval.expired"),
    ] {
        let decision = answer(&request, Verdict::Approve, &boss());
        assert!(somebody_said_yes(&decision), "the twin takes it");
        let at = now().saturating_add_s(after_s);
        let found = approvers().check(&request, decision, at);
        let found = found.as_ref().err().map_or("ok", ApprovalRefusal::code);
        assert_eq!(found, expected, "{after_s} s later");
    }
}

/// Offers the boss's signature over one verdict as a signature over another.
fn turned(request: &ApprovalRequest, said: Verdict, claimed: Verdict) -> ApprovalDecision {
    let seen = Canned::listening(&boss());
    let _ = ApprovalDecision::sign(request, said, soon(), &seen);
    let signature = boss().sign(&seen.heard());
    let forged = Canned::saying(&boss(), signature);
    ApprovalDecision::sign(request, claimed, soon(), &forged).unwrap()
}

#[test]
fn a_denial_is_signed_and_refuses() {
    let request = request_of("{}");
    let decision = answer(&request, denial("too much"), &boss());
    let refusal = approvers().check(&request, decision, soon()).unwrap_err();
    let expected = ApprovalRefusal::Denied {
        by: name("boss"),
        reason: "too much".to_owned(),
    };
    assert_eq!(refusal, expected);
}

#[test]
fn a_denial_cannot_be_turned_into_consent() {
    let request = request_of("{}");
    let forged = turned(&request, denial("no"), Verdict::Approve);
    assert!(somebody_said_yes(&forged), "the twin takes it");
    check(&approvers(), &request, forged, "approval.signature_invalid");
    for word in ["yes", "true", "approve", ""] {
        let decision = answer(&request, denial(word), &boss());
        check(&approvers(), &request, decision, "approval.denied");
    }
}

#[test]
fn consent_cannot_be_turned_into_a_denial() {
    let request = request_of("{}");
    let forged = turned(&request, Verdict::Approve, denial("no"));
    check(&approvers(), &request, forged, "approval.signature_invalid");
}

#[test]
fn the_reason_of_a_denial_cannot_be_changed() {
    let request = request_of("{}");
    let forged = turned(&request, denial("no"), denial("ask again with more"));
    check(&approvers(), &request, forged, "approval.signature_invalid");
}

#[test]
fn an_answer_cannot_be_dated_anew() {
    let request = request_of("{}");
    let seen = Canned::listening(&boss());
    let _ = ApprovalDecision::sign(&request, Verdict::Approve, soon(), &seen);
    let forged = Canned::saying(&boss(), boss().sign(&seen.heard()));
    let decision = ApprovalDecision::sign(&request, Verdict::Approve, now(), &forged).unwrap();
    check(
        &approvers(),
        &request,
        decision,
        "approval.signature_invalid",
    );
}

#[test]
fn what_a_person_reads_is_escaped_and_shows_sinks_first() {
    let requirement = Requirement::dynamic(
        super::actors::tool("issue_refund"),
        agentsudo_core::Digest::of(b"definition"),
        agentsudo_core::Scope::literal("write:refunds"),
        agentsudo_core::Effect::Write,
        vec!["to".to_owned()],
        Vec::new(),
    );
    let json =
        r#"{"about":"\u001b[2Jnothing\n","to":"moc.live\u202e","z":"aaaaaaaaaaaaaaaaaaaaaaaa"}"#;
    let capability = capability(&root().bytes(), &bot());
    let call = pending(&capability, 1, requirement, json);
    let lines = request_for(&call).lines(16);
    let expected = [
        ("to", "moc.live\\u{202e}"),
        ("about", "\\u{1b}[2Jnothing\\n"),
        ("z", "aaaaaaaaaaaaaaaa…(+8 chars)"),
    ];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(lines, expected);
}
