//! The scenes, one after the other.

mod analytics;
mod approval;
mod audit;
mod freeze;
mod poisoned;
mod sub_agent;
mod support;

use super::stage::Stage;
use super::world::{MARA, WAREHOUSE};

pub(super) async fn play(stage: &mut Stage) -> anyhow::Result<()> {
    let orders = ["order_122", "order_123"];
    let support = stage.world.support_bot(&orders, &[MARA, WAREHOUSE]).await?;
    support::does_its_job(stage, &support).await?;
    support::may_not_delete(stage, &support).await?;
    analytics::reads_only(stage).await?;
    approval::is_asked_for(stage, &support).await?;
    sub_agent::gets_less(stage, &support).await?;
    poisoned::note_is_obeyed(stage).await?;
    freeze::holds_for_everyone(stage).await?;
    audit::shows_all(stage)
}
