//! A call that waits for a person.

use agentsudo::Session;
use agentsudo_connectors::shop::OrderId;
use serde_json::json;

use crate::demo::consent::Consent;
use crate::demo::stage::Stage;
use crate::demo::wording::money;

const REFUND_MINOR: u64 = 12_000;

pub(super) async fn is_asked_for(stage: &mut Stage, bot: &Session) -> anyhow::Result<()> {
    stage.scene(
        "approval",
        "A large refund waits for a person",
        "Above 100.00 EUR a refund waits for a person, whatever the token says. The person sees exactly \
         what will run, and signs for this one call.",
    )?;
    let consent = stage.world.consent;
    stage.report.notice(consent.notice())?;
    let refund = json!({"order_id": "order_122", "amount_minor": REFUND_MINOR});
    let outcome = stage.call(bot, "issue_refund", refund).await?;
    let is_approved = outcome.code().is_none();
    match consent {
        Consent::PresetYes => stage.expect_code(&outcome, None)?,
        Consent::PresetNo => stage.expect_code(&outcome, Some("approval.denied"))?,
        Consent::Nobody => stage.expect_code(&outcome, Some("fault.approver_unavailable"))?,
        Consent::Person if is_approved => {}
        Consent::Person => {
            let is_approvals = |code: &str| code.starts_with("approval.");
            let held = outcome.code().is_some_and(is_approvals);
            stage.expect(held, "it did not run because nobody approved it")?;
        }
    }
    let refunds = stage.world.shop.refunds(&OrderId::parse("order_122")?)?;
    let amounts = refunds
        .iter()
        .map(|refund| refund.amount_minor)
        .collect::<Vec<_>>();
    let refunded = money(REFUND_MINOR, "EUR");
    if is_approved {
        let what = format!("approved, so the shop's database has the refund: {refunded}");
        stage.expect(amounts == [REFUND_MINOR], what)
    } else {
        stage.expect(
            amounts.is_empty(),
            "not approved, so the shop has no refund of order_122",
        )
    }
}
