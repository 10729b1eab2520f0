//! Benchmarks of AgentSudo: ratios measured in one run, never timed asserts.
