//! Outgoing mail: one RFC 5322 file per message, in a folder that a mail server sends from.
//!
//! It leaves out delivery on purpose: what hands the files to SMTP holds the mail credential and
//! needs no agent. A file in the folder counts as sent, because nobody can take it back for sure.
//! The threats are a recipient that nobody decided on, so addresses are parsed strictly and are all
//! sinks, and text that becomes a header, so a subject is one line by its type.

mod address;
mod error;
mod folder;
mod mail;
#[cfg(test)]
mod tests;
mod text;
mod tools;

pub use address::{ADDRESS_MAX_BYTES, CC_MAX, Copies, EmailAddress};
pub use error::OutboxError;
pub use folder::{MailReceipt, Outbox};
pub use text::{BODY_MAX_BYTES, Body, SUBJECT_MAX_CHARS, Subject};
pub use tools::{SendEmail, register, send_email};
