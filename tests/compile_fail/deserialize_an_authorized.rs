//! A proof cannot be read from anywhere.

use agentsudo::{Authorized, Erased};

fn main() {
    let _proof: Authorized<Erased> = serde_json::from_str("{}").unwrap();
}
