//! Consent cannot be written down, doubled or read from anywhere.

use agentsudo::{AgentName, Approved};

fn double(approved: Approved) -> (Approved, Approved) {
    (approved.clone(), approved)
}

fn main() {
    let _forged = Approved {
        by: AgentName::parse("ada").unwrap(),
    };
    let _read: Approved = serde_json::from_str("{}").unwrap();
}
