//! Tokens for their bearer: only where every block says so, and the trail says how they were shown.

use std::time::Duration;

use agentsudo::{AuditEvent, Possession, Runtime, SetupError, Token, TokenRequest};
use agentsudo_testkit::seeded_agent;

use super::stage::{Stage, check_ended, refund_of, support_bot};

fn bound(stage: &Stage) -> TokenRequest<'_> {
    let request = stage.issuer.token_for(&support_bot()).allow("**");
    request.audience("shop").delegable(2)
}

fn bearer(stage: &Stage) -> Token {
    bound(stage).bearer().mint().unwrap()
}

async fn shown(runtime: &Runtime, token: &Token) -> &'static str {
    let opened = runtime.open_bearer_session(token).await;
    opened.map_or_else(|error| error.code(), |_| "opened")
}

/// How the trail says that tokens were shown: when sessions were opened, and before calls ran.
fn possessions(stage: &Stage) -> Vec<Possession> {
    let records = stage.audit.records();
    let of_record = |event: &AuditEvent| match event {
        AuditEvent::SessionOpened { possession, .. } => Some(*possession),
        AuditEvent::Intent { possession, .. } => *possession,
        _ => None,
    };
    records
        .iter()
        .filter_map(|record| of_record(&record.event))
        .collect()
}

#[tokio::test]
async fn whoever_shows_a_bearer_token_may_use_it_and_the_trail_says_so() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = runtime.open_bearer_session(&bearer(&stage)).await.unwrap();
    let outcome = session.call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    assert_eq!(possessions(&stage), [Possession::Bearer; 2]);
    let opened = serde_json::to_value(&stage.audit.records()[0]).unwrap();
    assert_eq!(opened["possession"], "bearer");
}

#[tokio::test]
async fn its_holder_may_prove_itself_all_the_same() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let session = runtime.open_session(&support_bot(), &bearer(&stage)).await;
    let outcome = session.unwrap().call("issue_refund", &refund_of(5)).await;
    check_ended(&outcome, "returned");
    assert_eq!(possessions(&stage), [Possession::Session; 2]);
}

#[tokio::test]
async fn a_token_that_is_not_for_its_bearer_opens_nothing_without_a_proof() {
    let stage = Stage::new();
    let token = bound(&stage).mint().unwrap();
    assert_eq!(shown(&stage.runtime(), &token).await, "proof.required");
    assert!(matches!(
        &stage.audit.records()[0].event,
        AuditEvent::SessionRefused { code, .. } if code == "proof.required"
    ));
}

#[tokio::test]
async fn one_block_that_does_not_say_so_asks_for_a_proof_again() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let parent = runtime.open_session(&support_bot(), &bearer(&stage)).await;
    let parent = parent.unwrap();
    let clerk = seeded_agent("clerk", 5).unwrap();
    let proved = parent.delegate("clerk").sign_for(&clerk).unwrap();
    assert_eq!(shown(&runtime, &proved).await, "proof.required");
    let handed_on = parent.delegate("clerk").bearer().sign_for(&clerk).unwrap();
    assert_eq!(shown(&runtime, &handed_on).await, "opened");
}

#[tokio::test]
async fn a_delegation_alone_makes_no_bearer_token() {
    let stage = Stage::new();
    let runtime = stage.runtime();
    let token = bound(&stage).mint().unwrap();
    let parent = runtime.open_session(&support_bot(), &token).await.unwrap();
    let clerk = seeded_agent("clerk", 5).unwrap();
    let token = parent.delegate("clerk").bearer().sign_for(&clerk).unwrap();
    assert_eq!(shown(&runtime, &token).await, "proof.required");
}

#[tokio::test]
async fn a_bearer_has_no_key_and_cannot_delegate() {
    let stage = Stage::new();
    let session = stage.runtime().open_bearer_session(&bearer(&stage)).await;
    let error = session.unwrap().delegate("clerk").open().await.unwrap_err();
    assert!(matches!(error, SetupError::NoHolderKey));
    assert_eq!(error.code(), "setup.no_holder_key");
}

#[tokio::test]
async fn a_bearer_token_names_its_places_and_is_short() {
    let stage = Stage::new();
    let code = |request: TokenRequest<'_>| request.bearer().mint().map_err(|error| error.code());
    let anywhere = stage.issuer.token_for(&support_bot()).allow("**");
    assert_eq!(code(anywhere), Err("token.bearer_unbound"));
    let long = bound(&stage).expires_in(Duration::from_secs(3_601));
    assert_eq!(code(long), Err("token.bearer_unbound"));
    assert!(code(bound(&stage).expires_in(Duration::from_secs(3_600))).is_ok());
}
