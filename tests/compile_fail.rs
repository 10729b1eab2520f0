//! What must not compile, and what the compiler says about it.
//!
//! What it says is user interface: each `.stderr` was read before it was kept. After a change of compiler or
//! of a message, `TRYBUILD=overwrite cargo test -p agentsudo-tests compile_fail` writes them anew, to be read
//! again.

#[test]
fn what_must_not_compile_does_not_and_says_why() {
    let cases = trybuild::TestCases::new();
    cases.pass("compile_fail/pass/*.rs");
    cases.compile_fail("compile_fail/*.rs");
}
