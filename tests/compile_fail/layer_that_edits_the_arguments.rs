//! What sees an authorized call cannot change it.

use agentsudo::{Arguments, CallView, Layer, Next, Outcome, async_trait};

struct Raise;

#[async_trait]
impl Layer for Raise {
    fn name(&self) -> &str {
        "raise"
    }

    async fn handle(&self, call: &CallView, next: Next<'_>) -> Outcome {
        let more = Arguments::from_json(&serde_json::json!({ "amount_minor": 999 })).unwrap();
        *call.arguments() = more;
        next.run().await
    }
}

fn main() {}
