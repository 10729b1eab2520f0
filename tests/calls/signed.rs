//! Calls with a proof of their own: one effect each, and the same life as any other call.

use agentsudo::danger::ObserveMode;
use agentsudo::{
    Approval, ApprovalRule, Audience, AuditEvent, Budget, ChannelApprover, Invocation,
    InvocationProof, Observe, Outcome, PROOF_NONCE_LEN_BYTES, Possession, ProofError, Proposed,
    Refusal, ReplayGuard, Revoked, Runtime, SecretKey, SignedCall, Signer, SpentProof, Token,
    async_trait, at_most,
};
use agentsudo_testkit::seeded_key;
use serde_json::{Value, json};
use std::sync::Arc;

use super::approver::{Yes, ada_approves};
use super::stage::{NOW, Stage, ada, at, check_ended, ended, refund_of, support_bot};

/// The key of `support-bot`.
fn holder() -> SecretKey {
    seeded_key(2)
}

/// A call as it travels.
#[derive(Clone)]
struct Sent {
    token: Vec<u8>,
    proof: Vec<u8>,
    tool: String,
    arguments: Vec<u8>,
}

impl Sent {
    /// What the holder of the token sends: the `nonce`-th proof that it makes.
    fn new(runtime: &Runtime, token: &Token, arguments: &Value, nonce: u8) -> Self {
        Self::signed_by(&holder(), runtime, token, arguments, nonce, NOW)
    }

    fn signed_by(
        key: &SecretKey,
        runtime: &Runtime,
        token: &Token,
        arguments: &Value,
        nonce: u8,
        made_at: u64,
    ) -> Self {
        let registered = runtime.registry().get("issue_refund").unwrap();
        let decoded = agentsudo::Arguments::from_json(arguments).unwrap();
        let invocation = Invocation::of(registered.definition().requirement(), &decoded);
        let audience = Audience::parse("shop").unwrap();
        let nonce = [nonce; PROOF_NONCE_LEN_BYTES];
        let proof = InvocationProof::sign(token, &audience, &invocation, at(made_at), nonce, key);
        Self {
            token: token.as_bytes().to_vec(),
            proof: proof.unwrap().to_bytes(),
            tool: "issue_refund".to_owned(),
            arguments: serde_json::to_vec(arguments).unwrap(),
        }
    }

    async fn arrives_at(&self, runtime: &Runtime) -> Outcome {
        let call = SignedCall {
            token: &self.token,
            proof: &self.proof,
            tool: &self.tool,
            arguments: &self.arguments,
        };
        runtime.call_proved(&call).await
    }
}

/// The same call arrives twice.
async fn twice(runtime: &Runtime, stage: &Stage) -> [&'static str; 2] {
    let sent = Sent::new(runtime, &stage.token("**"), &refund_of(5), 1);
    let first = ended(&sent.arrives_at(runtime).await);
    [first, ended(&sent.arrives_at(runtime).await)]
}

#[tokio::test]
async fn a_signed_call_that_is_replayed_has_one_effect() {
    let stage = Stage::new();
    assert_eq!(
        twice(&stage.runtime(), &stage).await,
        ["returned", "proof.replayed"]
    );
    assert_eq!(stage.ledger.len(), 1);
    assert_eq!(
        stage.trail(),
        ["intent", "returned", "refused proof.replayed"]
    );
}

/// Forgets at once.
struct NoMemory;

impl ReplayGuard for NoMemory {
    fn spend(&self, _: &SpentProof) -> Result<(), ProofError> {
        Ok(())
    }
}

/// The twin: without a memory of proofs, whoever listens repeats what he heard.
#[tokio::test]
async fn without_a_guard_a_signed_call_is_replayed() {
    let stage = Stage::new();
    let guard = Arc::new(NoMemory);
    let runtime = stage.builder().replay_guard(guard).build().unwrap();
    assert_eq!(twice(&runtime, &stage).await, ["returned"; 2]);
    assert_eq!(stage.ledger.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_copies_at_once_one_runs() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let sent = Sent::new(&runtime, &stage.token("**"), &refund_of(5), 1);
    let mut copies = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (sent, runtime) = (sent.clone(), runtime.clone());
        copies.spawn(async move { sent.arrives_at(&runtime).await.code() });
    }
    let ran = copies.join_all().await.into_iter().filter(Option::is_none);
    assert_eq!(ran.count(), 1);
    assert_eq!(stage.ledger.len(), 1);
}

#[tokio::test]
async fn the_trail_says_that_this_one_call_was_signed_and_by_whom() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let sent = Sent::new(&runtime, &stage.token("**"), &refund_of(5), 1);
    check_ended(&sent.arrives_at(&runtime).await, "returned");
    let records = stage.audit.records();
    assert_eq!(records.len(), 2);
    assert!(matches!(
        records[0].event,
        AuditEvent::Intent {
            possession: Some(Possession::Invocation),
            ..
        }
    ));
    assert!(records.iter().all(|record| record.session.is_none()));
    assert!(
        records
            .iter()
            .all(|record| record.chain.to_string() == "support-bot")
    );
}

#[tokio::test]
async fn a_proof_is_spent_also_when_the_call_is_refused() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let token = request
        .constrain("amount_minor", at_most(4))
        .mint()
        .unwrap();
    let sent = Sent::new(&runtime, &token, &refund_of(5), 1);
    check_ended(&sent.arrives_at(&runtime).await, "constraint.above_maximum");
    check_ended(&sent.arrives_at(&runtime).await, "proof.replayed");
}

/// Sends what has been tampered with, and says how it ends.
async fn tampered(tamper: impl FnOnce(&mut Sent)) -> &'static str {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let mut sent = Sent::new(&runtime, &stage.token("**"), &refund_of(5), 1);
    tamper(&mut sent);
    let outcome = sent.arrives_at(&runtime).await;
    assert_eq!(stage.ledger.len(), 0);
    assert_eq!(stage.trail().len(), 1, "recorded, whatever it was");
    ended(&outcome)
}

fn json_bytes(json: &Value) -> Vec<u8> {
    serde_json::to_vec(json).unwrap()
}

#[tokio::test]
async fn what_was_not_signed_is_not_run() {
    let other_amount = tampered(|sent| sent.arguments = json_bytes(&refund_of(6))).await;
    assert_eq!(other_amount, "proof.signature_invalid");
    let order = json!({ "order_id": "order_1" });
    let other_tool = |sent: &mut Sent| {
        sent.tool = "read_order".to_owned();
        sent.arguments = json_bytes(&order);
    };
    assert_eq!(tampered(other_tool).await, "proof.signature_invalid");
    let no_tool = tampered(|sent| sent.tool = "wire_money".to_owned()).await;
    assert_eq!(no_tool, "tool.unknown");
}

#[tokio::test]
async fn bytes_that_are_nothing_are_refused_and_recorded() {
    assert_eq!(tampered(|sent| sent.token.clear()).await, "token.malformed");
    let cut = tampered(|sent| sent.token.truncate(100)).await;
    assert_eq!(cut, "token.malformed");
    let huge = tampered(|sent| sent.token = vec![0; 20_000]).await;
    assert_eq!(huge, "token.too_large");
    assert_eq!(tampered(|sent| sent.proof.clear()).await, "proof.malformed");
    let twice = br#"{"order_id":"order_1","amount_minor":5,"amount_minor":6}"#;
    let duplicate = tampered(|sent| sent.arguments = twice.to_vec()).await;
    assert_eq!(duplicate, "arguments.duplicate_key");
}

#[tokio::test]
async fn a_flood_of_worthless_calls_is_recorded_up_to_a_quota_and_good_ones_always() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = stage.token("read:**");
    let mut worthless = Sent::new(&runtime, &token, &refund_of(5), 1);
    worthless.token.truncate(100);
    for _ in 0..50 {
        check_ended(&worthless.arrives_at(&runtime).await, "token.malformed");
    }
    let mut forged = Sent::new(&runtime, &token, &refund_of(5), 1);
    *forged.proof.last_mut().unwrap() ^= 1;
    for _ in 0..50 {
        check_ended(
            &forged.arrives_at(&runtime).await,
            "proof.signature_invalid",
        );
    }
    assert_eq!(stage.trail().len(), 20);
    // Whoever proves itself has each of its refusals recorded.
    for nonce in 0..20 {
        let sent = Sent::new(&runtime, &token, &refund_of(5), nonce);
        check_ended(&sent.arrives_at(&runtime).await, "scope.not_granted");
    }
    assert_eq!(stage.trail().len(), 40);
    let records = stage.audit.records();
    let suppressed = &records[20].suppressed;
    assert_eq!(
        suppressed.get("token.malformed"),
        None,
        "told by the first forged one"
    );
    let all = records.iter().flat_map(|record| &record.suppressed);
    assert_eq!(all.map(|(_, count)| count).sum::<u64>(), 80);
}

#[tokio::test]
async fn nothing_is_recorded_in_an_agent_s_name_before_its_proof_is_checked() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let mut sent = Sent::new(&runtime, &stage.token("**"), &refund_of(5), 1);
    sent.tool = "wire_money".to_owned();
    check_ended(&sent.arrives_at(&runtime).await, "tool.unknown");
    assert!(stage.audit.records()[0].chain.is_empty());
}

#[tokio::test]
async fn a_proof_counts_for_a_minute_and_not_before_the_runtime_began() {
    for (made_at, expected) in [
        (NOW - 1, "proof.out_of_time"),
        (NOW, "returned"),
        (NOW + 60, "returned"),
        (NOW + 61, "proof.out_of_time"),
    ] {
        let stage = Stage::new();
        let runtime = stage.runtime();
        let (token, refund) = (stage.token("**"), refund_of(5));
        let sent = Sent::signed_by(&holder(), &runtime, &token, &refund, 1, made_at);
        check_ended(&sent.arrives_at(&runtime).await, expected);
    }
}

#[tokio::test]
async fn it_waits_for_a_person_and_draws_on_budgets_like_any_other() {
    let stage = Stage::new();
    let approval = Approval::ask(Yes(ada()), ada_approves());
    let runtime = stage.builder().approval(approval).build().unwrap();
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    let request = request.consent("write:**").budget(Budget::calls(1));
    let token = request.mint().unwrap();
    let send = |nonce| Sent::new(&runtime, &token, &refund_of(5), nonce);
    check_ended(&send(1).arrives_at(&runtime).await, "returned");
    check_ended(&send(2).arrives_at(&runtime).await, "budget.exceeded");
    assert_eq!(
        stage.trail(),
        [
            "intent, approved by ada",
            "returned",
            "refused budget.exceeded"
        ]
    );
    // One token, one budget, however it is used.
    let session = runtime.open_session(&support_bot(), &token).await.unwrap();
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "budget.exceeded");
}

/// A signed call waits for a person; what happens meanwhile decides.
async fn after_waiting(meanwhile: impl FnOnce(&Runtime, &Token)) -> Outcome {
    let stage = Stage::new();
    let (approver, mut requests) = ChannelApprover::with_capacity(1);
    let rule = ApprovalRule::always("write:**").unwrap();
    let approval = Approval::ask(approver, ada_approves()).require(rule);
    let runtime = stage.builder().approval(approval).build().unwrap();
    let token = stage.token("**");
    let sent = Sent::new(&runtime, &token, &refund_of(5), 1);
    let approve = async {
        let pending = requests.recv().await.unwrap();
        meanwhile(&runtime, &token);
        assert!(pending.approve(&ada(), at(NOW)).unwrap());
    };
    tokio::join!(sent.arrives_at(&runtime), approve).0
}

#[tokio::test]
async fn what_is_revoked_while_it_waits_does_not_run() {
    let revoke = |runtime: &Runtime, token: &Token| {
        let block = token.claimed_chain().leaf().unwrap().block;
        runtime.revoke(Revoked::Block(block)).unwrap();
    };
    check_ended(&after_waiting(revoke).await, "token.revoked");
    let distrust = |runtime: &Runtime, _: &Token| {
        runtime.distrust(&seeded_key(1).public_key()).unwrap();
    };
    check_ended(&after_waiting(distrust).await, "token.revoked");
    check_ended(&after_waiting(|_, _| ()).await, "returned");
}

/// Doubles what is asked for.
struct Doubles;

#[async_trait]
impl agentsudo::ProposalLayer for Doubles {
    fn name(&self) -> &str {
        "doubles"
    }

    async fn edit(&self, proposed: &mut Proposed) -> Result<(), Refusal> {
        proposed.set_arguments(agentsudo::Arguments::from_json(&refund_of(10)).unwrap());
        Ok(())
    }
}

#[tokio::test]
async fn what_a_proposal_layer_changes_was_not_signed() {
    let stage = Stage::new();
    let runtime = stage.builder().proposal_layer(Doubles).build().unwrap();
    let sent = Sent::new(&runtime, &stage.token("**"), &refund_of(5), 1);
    check_ended(&sent.arrives_at(&runtime).await, "proof.signature_invalid");
}

#[tokio::test]
async fn observing_lifts_missing_authority_and_no_missing_proof() {
    let stage = Stage::new();
    let mode = ObserveMode::until(at(NOW), at(NOW + 100_000));
    let builder = stage.builder().observe(Observe::everything(mode));
    let runtime = builder.build().unwrap();
    let token = stage.token("read:**");
    let sent = Sent::new(&runtime, &token, &refund_of(5), 1);
    check_ended(&sent.arrives_at(&runtime).await, "returned");
    check_ended(&sent.arrives_at(&runtime).await, "proof.replayed");
    let block = token.claimed_chain().leaf().unwrap().block;
    runtime.revoke(Revoked::Block(block)).unwrap();
    let again = Sent::new(&runtime, &token, &refund_of(5), 2);
    check_ended(&again.arrives_at(&runtime).await, "token.revoked");
    assert_eq!(stage.ledger.len(), 1);
}
