//! A message and its one form on disk, which is RFC 5322 text.
//!
//! *Invariant:* the text follows from the message, its key, the sender and the time alone; `lettre`
//! would fill in a clock and random ids of its own, so every header that it could is given here.

use std::time::{Duration, SystemTime};

use agentsudo_core::Timestamp;
use lettre::message::header::{ContentType, MIME_VERSION_1_0};
use lettre::message::{Mailbox, Message};

use super::address::{Copies, EmailAddress};
use super::error::OutboxError;
use super::text::{Body, Subject};

/// Longest idempotency key that becomes a file's name, in bytes.
const KEY_MAX_BYTES: usize = 100;

/// A message that someone asks to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) to: EmailAddress,
    pub(super) cc: Copies,
    pub(super) subject: Subject,
    pub(super) body: Body,
}

impl Mail {
    /// The message as it is written to disk.
    pub(super) fn to_rfc5322(
        &self,
        from: &EmailAddress,
        key: &MailKey,
        now: Timestamp,
    ) -> Result<Vec<u8>, OutboxError> {
        let mut builder = Message::builder()
            .message_id(Some(key.message_id(from)))
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(now.unix_s()))
            .from(mailbox(from)?)
            .to(mailbox(&self.to)?)
            .subject(self.subject.as_str())
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN);
        for copy in self.cc.iter() {
            builder = builder.cc(mailbox(copy)?);
        }
        let message = builder
            .body(self.body.as_str().to_owned())
            .map_err(OutboxError::Unbuildable)?;
        Ok(message.formatted())
    }
}

/// An idempotency key that can name a file and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MailKey(String);

impl MailKey {
    pub(super) fn parse(text: &str) -> Result<Self, OutboxError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if (1..=KEY_MAX_BYTES).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(OutboxError::KeyMalformed {
                found: text.to_owned(),
            })
        }
    }

    pub(super) fn file_name(&self) -> String {
        format!("{}.eml", self.0)
    }

    pub(super) fn message_id(&self, from: &EmailAddress) -> String {
        format!("<{}@{}>", self.0, from.domain())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether two messages on disk are the same but for the time of writing.
pub(super) fn is_same_message(left: &[u8], right: &[u8]) -> bool {
    lines_without_date(left).eq(lines_without_date(right))
}

/// The first `Date` line is the header's: a subject cannot begin a line, and a body comes later.
fn lines_without_date(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut date_seen = false;
    message.split(|byte| *byte == b'\n').filter(move |line| {
        let is_date = !date_seen && line.starts_with(b"Date: ");
        date_seen |= is_date;
        !is_date
    })
}

fn mailbox(address: &EmailAddress) -> Result<Mailbox, OutboxError> {
    let malformed = |_| OutboxError::AddressMalformed {
        found: address.as_str().to_owned(),
    };
    Ok(Mailbox::new(
        None,
        address.as_str().parse().map_err(malformed)?,
    ))
}
