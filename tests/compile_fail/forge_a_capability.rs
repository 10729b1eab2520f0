//! Verified authority cannot be written down, doubled or read from anywhere.

use agentsudo::{Capability, Chain};

fn double(capability: &Capability) -> Capability {
    capability.clone()
}

fn main() {
    let _forged = Capability {
        chain: Chain::nobody(),
    };
    let _read: Capability = serde_json::from_str("{}").unwrap();
}
