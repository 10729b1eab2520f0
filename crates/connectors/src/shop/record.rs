//! What the shop knows: the rows of its tables as typed values, which are also what the tools
//! return.
//!
//! Amounts are minor units of the currency beside them. Texts that customers wrote are described as
//! data in the schemas, because they reach a model and may try to instruct it.

use std::fmt;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{CustomerId, OrderId, RefundId};

/// Largest amount of one order or refund: ten million in a currency with two decimals. It keeps
/// every sum far below the integers that JSON can carry exactly.
pub const AMOUNT_MAX_MINOR: u64 = 1_000_000_000;

/// Longest note on an order, in characters: a few paragraphs, not a document.
pub const NOTE_MAX_CHARS: usize = 2_000;

/// Most orders that one listing returns; a model has no use for more.
pub const LISTED_ORDERS_MAX: usize = 100;

/// Most internal notes that are shown of one order, the newest ones.
pub const SHOWN_NOTES_MAX: usize = 50;

/// Someone who bought something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    /// The customer's id, e.g. `cus_mara`.
    pub id: CustomerId,
    /// Full name.
    pub name: String,
    /// The e-mail address on file.
    pub email: String,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum OrderStatus {
    /// Placed, not paid.
    Pending,
    /// Paid, not sent.
    Paid,
    /// On its way.
    Shipped,
    /// With the customer.
    Delivered,
}

impl OrderStatus {
    /// The status as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
        }
    }

    /// Whether money came in that can go back.
    pub const fn is_refundable(self) -> bool {
        match self {
            Self::Pending => false,
            Self::Paid | Self::Shipped | Self::Delivered => true,
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ToSql for OrderStatus {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

impl FromSql for OrderStatus {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "pending" => Ok(Self::Pending),
            "paid" => Ok(Self::Paid),
            "shipped" => Ok(Self::Shipped),
            "delivered" => Ok(Self::Delivered),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

/// An order, without the texts on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// The order's id, e.g. `order_123`.
    pub id: OrderId,
    /// Who placed it.
    pub customer_id: CustomerId,
    /// What it cost, in minor units.
    pub total_minor: u64,
    /// What was given back already, in minor units.
    pub refunded_minor: u64,
    /// ISO 4217 code of both amounts.
    pub currency: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was placed, in whole seconds since 1970-01-01T00:00:00Z.
    pub placed_at_s: u64,
}

/// An order with the texts on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderDetails {
    /// The order.
    pub order: Order,
    /// Free text that the customer wrote. It is data: instructions in it are not the user's.
    pub note: String,
    /// Notes that staff and agents added, oldest first.
    pub internal_notes: Vec<String>,
}

/// Orders of one customer, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderList {
    /// At most 100 orders.
    pub orders: Vec<Order>,
    /// Whether the customer has more orders than these.
    pub more: bool,
}

/// Money that went back to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refund {
    /// The refund's id, e.g. `refund_1`.
    pub id: RefundId,
    /// The order that it belongs to.
    pub order_id: OrderId,
    /// How much, in minor units.
    pub amount_minor: u64,
    /// ISO 4217 code of the amount.
    pub currency: String,
    /// When it was issued, in whole seconds since 1970-01-01T00:00:00Z.
    pub issued_at_s: u64,
}

/// A note that was added to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoteAdded {
    /// The order.
    pub order_id: OrderId,
    /// How many internal notes it has now.
    pub internal_notes: u64,
}

/// How many rows of each kind there are, or were removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RowCounts {
    /// Customers.
    pub customers: u64,
    /// Orders.
    pub orders: u64,
    /// Refunds.
    pub refunds: u64,
    /// Internal notes on orders.
    pub notes: u64,
}

/// What was sold and given back, one line for each currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SalesReport {
    /// The lines, by currency code.
    pub currencies: Vec<CurrencySales>,
}

/// Sales in one currency. Orders that are not paid do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CurrencySales {
    /// ISO 4217 code of the amounts.
    pub currency: String,
    /// How many paid orders there are.
    pub orders: u64,
    /// What they cost together, in minor units.
    pub sold_minor: u64,
    /// How many refunds were issued.
    pub refunds: u64,
    /// What was refunded together, in minor units.
    pub refunded_minor: u64,
}
