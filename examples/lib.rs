//! Examples of AgentSudo, one idea each. Run one with `cargo run -p agentsudo-examples --example NAME`.
