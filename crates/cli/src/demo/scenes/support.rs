//! The support bot: what its token allows, and what it does not.

use agentsudo::Session;
use agentsudo_connectors::shop::OrderId;
use anyhow::Context as _;
use serde_json::json;

use crate::demo::stage::Stage;
use crate::demo::wording::money;
use crate::demo::world::MARA;

const REFUND_MINOR: u64 = 4_500;

pub(super) async fn does_its_job(stage: &mut Stage, bot: &Session) -> anyhow::Result<()> {
    stage.scene(
        "job",
        "The support bot does its job",
        "Mara's order arrived with a cracked lid. The bot's token lets it read orders, refund Mara's two \
         orders, and write to Mara or the warehouse. That is all, and it ends after an hour.",
    )?;
    let order = json!({"order_id": "order_123"});
    let outcome = stage.call(bot, "get_order", order).await?;
    stage.expect_code(&outcome, None)?;
    let refund = json!({"order_id": "order_123", "amount_minor": REFUND_MINOR});
    let outcome = stage.call(bot, "issue_refund", refund).await?;
    stage.expect_code(&outcome, None)?;
    let mail = json!({
        "to": MARA,
        "subject": "Your refund for order_123",
        "body": "Dear Mara,\n\nwe are sorry about the cracked lid. 45.00 EUR are on their way back to you.\n\n\
                 Your shop\n",
    });
    let outcome = stage.call(bot, "send_email", mail).await?;
    stage.expect_code(&outcome, None)?;

    let refunds = stage.world.shop.refunds(&OrderId::parse("order_123")?)?;
    let amounts = refunds
        .iter()
        .map(|refund| refund.amount_minor)
        .collect::<Vec<_>>();
    let refunded = money(REFUND_MINOR, "EUR");
    stage.expect(
        amounts == [REFUND_MINOR],
        format!("the shop's database has one refund of order_123: {refunded}"),
    )?;
    let messages = stage.world.outbox.messages()?;
    let message = messages.first().context("the outbox is empty")?;
    let file = message.strip_prefix(&stage.world.folder).unwrap_or(message);
    let what = format!("the mail is a file: {}", file.display());
    stage.expect(messages.len() == 1, what)
}

pub(super) async fn may_not_delete(stage: &mut Stage, bot: &Session) -> anyhow::Result<()> {
    stage.scene(
        "delete_refused",
        "It may not delete a customer",
        "Its token does not grant `delete:customer`. The call does not run, and the bot is told why and \
         what it can do instead.",
    )?;
    let before = stage.world.shop.counts()?;
    let customer = json!({"customer_id": "cus_mara"});
    let outcome = stage.call(bot, "delete_customer", customer).await?;
    stage.expect_code(&outcome, Some("scope.not_granted"))?;
    let same = stage.world.shop.counts()? == before;
    stage.expect(
        same,
        format!("the shop still has all {} customers", before.customers),
    )
}
