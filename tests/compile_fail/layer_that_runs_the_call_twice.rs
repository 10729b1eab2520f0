//! What is left of a call's way can be gone once.

use agentsudo::{CallView, Layer, Next, Outcome, async_trait};

struct Retry;

#[async_trait]
impl Layer for Retry {
    fn name(&self) -> &str {
        "retry"
    }

    async fn handle(&self, _: &CallView, next: Next<'_>) -> Outcome {
        match next.run().await {
            Outcome::Failed(_) => next.run().await,
            other => other,
        }
    }
}

fn main() {}
