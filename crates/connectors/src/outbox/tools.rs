//! The outbox's one tool.

use agentsudo_tools::{CallContext, IdempotencyKey, Registry, State, ToolMisuse, tool};

use super::address::{Copies, EmailAddress};
use super::error::OutboxError;
use super::folder::{MailReceipt, Outbox};
use super::mail::{Mail, MailKey};
use super::text::{Body, Subject};

/// Registers `send_email`. It expects an [`Outbox`] among the runtime's states.
///
/// # Errors
/// [`ToolMisuse`] if the registry has a tool of that name already.
pub fn register(registry: &mut Registry) -> Result<(), ToolMisuse> {
    registry.register(send_email)?;
    Ok(())
}

/// Sends an e-mail in plain text from the shop's own address. It cannot be taken back.
#[tool(scope = "write:email", effect = "destructive", timeout = "10s")]
pub async fn send_email(
    /// The recipient's bare address, e.g. `mara@customer.example`.
    #[sink]
    to: EmailAddress,
    /// Who gets a copy and is seen to get one: at most 10 bare addresses.
    #[sink]
    #[serde(default)]
    cc: Copies,
    /// One line, 1 to 200 characters.
    subject: Subject,
    /// Plain text of at most 32 KiB.
    body: Body,
    State(outbox): State<Outbox>,
    key: IdempotencyKey,
    ctx: &CallContext,
) -> Result<MailReceipt, OutboxError> {
    let mail = Mail {
        to,
        cc,
        subject,
        body,
    };
    outbox
        .send(mail, MailKey::parse(key.as_str())?, ctx.now())
        .await
}
