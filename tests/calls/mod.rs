//! The life of a call in the runtime.

mod approval;
mod approver;
mod audit;
mod bearer;
mod breakdown;
mod budgets;
mod delegation;
mod faults_elsewhere;
mod flood;
mod hidden_tools;
mod layers;
mod observe;
mod onion;
mod permit;
mod pipeline;
mod revoked;
mod rotation;
mod session;
mod signed;
mod sinks;
mod stage;
mod sudo;
mod terminal;
mod terms;
mod waiting;
