//! What can go wrong in the shop, and what the model is told about it.
//!
//! Rule breaks (`order_unknown`, `refund_exceeds_total`, …) are permanent: the same call will fail
//! again. A database that does not answer is retryable, because a transaction that was not
//! committed changed nothing. Only a commit that did not report back leaves the outcome unknown.

use agentsudo_tools::ToolError;

use super::id::{CustomerKey, OrderId};
use super::record::{AMOUNT_MAX_MINOR, NOTE_MAX_CHARS, OrderStatus};

/// A call to the shop that did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// No order has this id.
    #[error("expected the id of an existing order, found `{order_id}`")]
    OrderUnknown {
        /// The id that was asked for.
        order_id: OrderId,
    },
    /// No customer has this id or e-mail address.
    #[error("expected the id or e-mail address of an existing customer, found `{customer}`")]
    CustomerUnknown {
        /// What was asked for.
        customer: CustomerKey,
    },
    /// A refund of nothing, or of more than any order can cost.
    #[error("expected an amount from 1 to {AMOUNT_MAX_MINOR} minor units, found `{found_minor}`")]
    AmountOutOfRange {
        /// The amount that was asked for, in minor units.
        found_minor: u64,
    },
    /// The order is not paid, so there is nothing to give back.
    #[error("expected order `{order_id}` to be paid, found it `{status}`")]
    OrderNotRefundable {
        /// The order.
        order_id: OrderId,
        /// Its status.
        status: OrderStatus,
    },
    /// All refunds of an order together would exceed what it cost.
    #[error(
        "expected at most {left_minor} minor units {currency}, which is what order `{order_id}` \
         has left to refund, found `{asked_minor}`"
    )]
    RefundExceedsTotal {
        /// The order.
        order_id: OrderId,
        /// What was asked for, in minor units.
        asked_minor: u64,
        /// What can still be refunded, in minor units.
        left_minor: u64,
        /// The order's currency.
        currency: String,
    },
    /// An idempotency key came back with other parameters.
    #[error(
        "expected the parameters that idempotency key `{key}` was first used with, found others"
    )]
    IdempotencyConflict {
        /// The key.
        key: String,
    },
    /// A note that is empty or too long.
    #[error("expected a note of 1 to {NOTE_MAX_CHARS} characters, found `{found_chars}`")]
    NoteLength {
        /// Its length in characters.
        found_chars: usize,
    },
    /// The file is a database, but not one of this shop.
    #[error("expected a shop database of version {expected}, found `{found}`")]
    SchemaUnknown {
        /// The version that this code reads.
        expected: i64,
        /// The version that the file states.
        found: i64,
    },
    /// The database could not be used; nothing was changed.
    #[error("the shop database is not available")]
    Unavailable(#[source] rusqlite::Error),
    /// The worker that held the connection panicked; nothing was committed.
    #[error("the shop's connection was lost")]
    ConnectionLost,
    /// The commit failed without saying whether it took effect.
    #[error("the shop database did not confirm the change")]
    CommitUnconfirmed(#[source] rusqlite::Error),
    /// The thread that made a change vanished before it reported.
    #[error("the shop did not report whether the change was made")]
    ChangeUnreported,
}

impl ShopError {
    /// The stable code of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OrderUnknown { .. } => "shop.order_unknown",
            Self::CustomerUnknown { .. } => "shop.customer_unknown",
            Self::AmountOutOfRange { .. } => "shop.amount_out_of_range",
            Self::OrderNotRefundable { .. } => "shop.order_not_refundable",
            Self::RefundExceedsTotal { .. } => "shop.refund_exceeds_total",
            Self::IdempotencyConflict { .. } => "shop.idempotency_conflict",
            Self::NoteLength { .. } => "shop.note_length",
            Self::SchemaUnknown { .. } => "shop.schema_unknown",
            Self::Unavailable(_) | Self::ConnectionLost => "shop.unavailable",
            Self::CommitUnconfirmed(_) | Self::ChangeUnreported => "shop.outcome_unknown",
        }
    }

    /// What the model should do next.
    fn advice(&self) -> &'static str {
        match self {
            Self::OrderUnknown { .. } => "list the customer's orders to find the right id",
            Self::CustomerUnknown { .. } => "check the spelling, or ask the user which customer",
            Self::AmountOutOfRange { .. } => "state the amount in minor units, 12.50 EUR is 1250",
            Self::OrderNotRefundable { .. } => "an order that was not paid cannot be refunded",
            Self::RefundExceedsTotal { .. } => "read the order to see what was refunded already",
            Self::IdempotencyConflict { .. } => "propose the change as a new call",
            Self::NoteLength { .. } => "shorten the note",
            Self::SchemaUnknown { .. } => "tell the user that the shop needs its operator",
            Self::Unavailable(_) | Self::ConnectionLost => "nothing was changed; try again later",
            Self::CommitUnconfirmed(_) | Self::ChangeUnreported => {
                "do not repeat the call; read the record to see whether the change was made"
            }
        }
    }
}

impl From<ShopError> for ToolError {
    fn from(error: ShopError) -> Self {
        let (code, told) = (error.code(), format!("{error}; {}", error.advice()));
        let faced = match error {
            ShopError::Unavailable(_) | ShopError::ConnectionLost => Self::retryable(code, told),
            ShopError::CommitUnconfirmed(_) | ShopError::ChangeUnreported => {
                Self::outcome_unknown(code, told)
            }
            ShopError::OrderUnknown { .. }
            | ShopError::CustomerUnknown { .. }
            | ShopError::AmountOutOfRange { .. }
            | ShopError::OrderNotRefundable { .. }
            | ShopError::RefundExceedsTotal { .. }
            | ShopError::IdempotencyConflict { .. }
            | ShopError::NoteLength { .. }
            | ShopError::SchemaUnknown { .. } => Self::permanent(code, told),
        };
        faced.with_source(error)
    }
}

/// What becomes of an error of the database itself, outside a commit.
impl From<rusqlite::Error> for ShopError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unavailable(error)
    }
}
