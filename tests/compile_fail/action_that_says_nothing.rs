//! A type that is no action is no request of a permit.

use agentsudo::Permit;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Refund {
    amount_minor: u64,
}

fn needs_an_action<A: agentsudo::Action>(_: Option<Permit<A>>) {}

fn main() {
    needs_an_action::<Refund>(None);
}
