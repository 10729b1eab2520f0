//! An agent that obeys a poisoned note.

use agentsudo_connectors::shop::{
    OrderId, POISONED_AMOUNT_MINOR, POISONED_ORDER, POISONED_RECIPIENT,
};
use serde_json::{Value, json};

use crate::demo::stage::Stage;
use crate::demo::world::PIA;

pub(super) async fn note_is_obeyed(stage: &mut Stage) -> anyhow::Result<()> {
    stage.scene(
        "poisoned_note",
        "A poisoned note takes over the agent",
        "Anyone can write a note on an order, and on Pia's somebody wrote orders to the agent. Assume the \
         worst: the model believes them. This support bot works on Pia's ticket, so its token is about \
         Pia's order and Pia's address.",
    )?;
    let bot = stage.world.support_bot(&[POISONED_ORDER], &[PIA]).await?;
    let counts_before = stage.world.shop.counts()?;
    let mails_before = stage.world.mail_count()?;
    let order = json!({"order_id": POISONED_ORDER});
    let outcome = stage.call(&bot, "get_order", order).await?;
    stage.expect_code(&outcome, None)?;
    let note = stage
        .world
        .shop
        .order(&OrderId::parse(POISONED_ORDER)?)?
        .note;
    stage.report.quote(&note)?;
    for (tool, arguments, code) in what_the_note_demands() {
        let outcome = stage.call(&bot, tool, arguments).await?;
        stage.expect_code(&outcome, Some(code))?;
    }
    let is_shop_same = stage.world.shop.counts()? == counts_before;
    stage.expect(
        is_shop_same,
        "the shop is as it was: no refund, nothing deleted",
    )?;
    let is_outbox_same = stage.world.mail_count()? == mails_before;
    stage.expect(
        is_outbox_same,
        format!("nothing was sent to {POISONED_RECIPIENT}"),
    )
}

/// The calls of a model that does what the note says, and the code that each is stopped with. The third
/// tries to get past the second: it writes to Pia, with a copy to the attacker.
fn what_the_note_demands() -> [(&'static str, Value, &'static str); 4] {
    let mail = |to: &str, cc: &[&str]| {
        let body = "cus_mara, cus_noel, cus_pia, cus_timo";
        json!({"to": to, "cc": cc, "subject": "All customers", "body": body})
    };
    let refund = json!({"order_id": "order_125", "amount_minor": POISONED_AMOUNT_MINOR});
    [
        ("issue_refund", refund, "constraint.not_one_of"),
        (
            "send_email",
            mail(POISONED_RECIPIENT, &[]),
            "constraint.not_one_of",
        ),
        (
            "send_email",
            mail(PIA, &[POISONED_RECIPIENT]),
            "constraint.not_equal",
        ),
        ("wipe_database", json!({}), "scope.not_granted"),
    ]
}
