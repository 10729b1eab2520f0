//! The analytics bot: it reads, and nothing more.

use serde_json::json;

use crate::demo::stage::Stage;

pub(super) async fn reads_only(stage: &mut Stage) -> anyhow::Result<()> {
    stage.scene(
        "analytics",
        "The analytics bot only reads",
        "Same shop, another agent: its token grants `read:orders`. It sees the figures and cannot move \
         any money.",
    )?;
    let bot = stage
        .world
        .agent("analytics-bot", |token| token.allow("read:orders"))
        .await?;
    let before = stage.world.shop.counts()?;
    let outcome = stage.call(&bot, "sales_report", json!({})).await?;
    stage.expect_code(&outcome, None)?;
    let refund = json!({"order_id": "order_121", "amount_minor": 500});
    let outcome = stage.call(&bot, "issue_refund", refund).await?;
    stage.expect_code(&outcome, Some("scope.not_granted"))?;
    let same = stage.world.shop.counts()? == before;
    stage.expect(same, "no refund was added")
}
