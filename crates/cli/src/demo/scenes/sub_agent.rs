//! A sub-agent: part of the job, with part of the authority.

use std::time::Duration;

use agentsudo::{Outcome, Refusal, Session, equals};
use serde_json::json;

use crate::demo::stage::Stage;
use crate::demo::world::{MARA, WAREHOUSE};

const LIFETIME: Duration = Duration::from_secs(600);

pub(super) async fn gets_less(stage: &mut Stage, parent: &Session) -> anyhow::Result<()> {
    stage.scene(
        "sub_agent",
        "A helper gets less than the agent that calls it",
        "The support bot hands one part of its job to a mail-writer. It makes the helper's token itself, \
         without asking anyone, and can only make it narrower: e-mail only, to the warehouse only, for \
         ten minutes.",
    )?;
    let writer = parent
        .delegate("mail-writer")
        .only("write:email")
        .constrain_on("write:email", "to", equals(WAREHOUSE))
        .expires_in(LIFETIME)
        .open()
        .await?;
    let refunds_before = stage.world.shop.counts()?.refunds;
    let mails_before = stage.world.mail_count()?;
    let mail = |to: &str| {
        json!({
            "to": to,
            "subject": "Cracked lid in order_123",
            "body": "Hello,\n\na lid broke on its way to the customer. Please look at the packaging.\n",
        })
    };
    let outcome = stage.call(&writer, "send_email", mail(WAREHOUSE)).await?;
    stage.expect_code(&outcome, None)?;
    let outcome = stage.call(&writer, "send_email", mail(MARA)).await?;
    stage.expect_code(&outcome, Some("constraint.not_equal"))?;
    let by_own_token = refusing_block(&outcome) == Some(1);
    let refund = json!({"order_id": "order_123", "amount_minor": 500});
    let outcome = stage.call(&writer, "issue_refund", refund).await?;
    stage.expect_code(&outcome, Some("scope.not_granted"))?;
    let by_own_token = by_own_token && refusing_block(&outcome) == Some(1);
    stage.expect(
        by_own_token,
        "the support bot may do both itself; only the helper may not",
    )?;
    let one_mail = stage.world.mail_count()? == mails_before + 1;
    let no_refund = stage.world.shop.counts()?.refunds == refunds_before;
    stage.expect(
        one_mail && no_refund,
        "one message more in the outbox, no refund more",
    )
}

/// Which part of the token refused: 0 is what the issuer signed, 1 what the first agent added to it.
const fn refusing_block(outcome: &Outcome) -> Option<usize> {
    match outcome {
        Outcome::Refused(
            Refusal::ScopeNotGranted { block, .. } | Refusal::Constraint { block, .. },
        ) => Some(*block),
        _ => None,
    }
}
