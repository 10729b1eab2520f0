//! The shape of the workspace: which crate may know which.
