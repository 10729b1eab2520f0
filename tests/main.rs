//! The black-box tests of AgentSudo: one binary, one module a topic.

mod authority;
mod calls;
mod compile_fail;
mod workspace;
