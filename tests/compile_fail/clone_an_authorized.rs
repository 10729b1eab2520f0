//! A proof cannot be doubled.

use agentsudo::{Authorized, Erased};

fn double(proof: Authorized<Erased>) -> (Authorized<Erased>, Authorized<Erased>) {
    (proof.clone(), proof)
}

fn main() {}
