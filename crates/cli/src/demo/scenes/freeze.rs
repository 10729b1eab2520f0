//! A code freeze, and an agent with the all-powerful key.

use agentsudo::ScopePattern;
use serde_json::json;

use crate::demo::stage::Stage;

const FREEZE_S: u64 = 3_600;

pub(super) async fn holds_for_everyone(stage: &mut Stage) -> anyhow::Result<()> {
    stage.scene(
        "freeze",
        "A code freeze holds for everyone",
        "The ops bot has the all-powerful key: its token grants `**`, everything. Then a freeze of one \
         hour begins. Whatever writes, deletes or administers is stopped, for every agent; reading goes on.",
    )?;
    let bot = stage
        .world
        .agent("ops-bot", |token| token.allow("**"))
        .await?;
    let runtime = &stage.world.runtime;
    let until = runtime.now().saturating_add_s(FREEZE_S);
    for scopes in ["write:**", "delete:**", "admin:**"] {
        runtime.freeze(
            ScopePattern::parse(scopes)?,
            "code freeze before the release",
            until,
        )?;
    }
    let before = stage.world.shop.counts()?;
    let outcome = stage.call(&bot, "wipe_database", json!({})).await?;
    stage.expect_code(&outcome, Some("freeze.in_force"))?;
    let outcome = stage.call(&bot, "sales_report", json!({})).await?;
    stage.expect_code(&outcome, None)?;
    let same = stage.world.shop.counts()? == before;
    stage.expect(
        same,
        format!(
            "the database is as it was: {} customers, {} orders",
            before.customers, before.orders
        ),
    )
}
