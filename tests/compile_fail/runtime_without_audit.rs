//! There is no runtime without an audit sink.

use agentsudo::{Audience, Issuer, Runtime, Verifier};

fn main() {
    let issuer = Issuer::generate().unwrap();
    let verifier = Verifier::new(Audience::parse("shop").unwrap()).trust(issuer.public_key());
    let _runtime = Runtime::builder(verifier).build().unwrap();
}
