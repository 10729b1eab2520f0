//! The life of a call in the runtime.
