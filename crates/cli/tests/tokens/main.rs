//! The commands that make tokens and look into them, as processes: what they print and exit with.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod desk;
mod explain;
mod generated;
mod inspect;
mod keys;
mod limits;
mod lint;
mod made;
mod manual;
mod obligations;
mod proofs;
mod verify;
mod wider;
