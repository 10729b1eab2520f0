//! A guarded function can say that it was refused.

use agentsudo::sudo;

struct MyError;

#[sudo(scope = "write:refunds", effect = "write")]
async fn refund(amount_minor: u64) -> Result<u64, MyError> {
    Ok(amount_minor)
}

fn main() {}
