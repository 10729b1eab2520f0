//! The black-box tests of AgentSudo: one binary, one module a topic.

// Lets Clippy see that helper functions belong to tests as well.
#![cfg(test)]

mod authority;
mod calls;
mod compile_fail;
mod errors;
mod fuzz_corpus;
mod workspace;
