//! Tokens, constraints, approvals: what the core must refuse.
