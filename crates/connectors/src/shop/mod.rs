//! A shop in an embedded SQLite file: customers, orders, refunds.
//!
//! It is the system that the demo, the examples and the tests act on. It is small but it is real:
//! foreign keys, transactions, a cap on refunds that also holds between processes, and one effect
//! per idempotency key. It has no accounts of its own; who may do what is decided before a tool of
//! this module runs.

mod change;
mod error;
mod id;
mod query;
mod record;
mod seed;
mod store;
#[cfg(test)]
mod tests;
mod tools;

pub use error::ShopError;
pub use id::{CustomerId, CustomerKey, IdError, OrderId, RefundId};
pub use record::{
    AMOUNT_MAX_MINOR, CurrencySales, Customer, LISTED_ORDERS_MAX, NOTE_MAX_CHARS, NoteAdded, Order,
    OrderDetails, OrderList, OrderStatus, Refund, RowCounts, SHOWN_NOTES_MAX, SalesReport,
};
pub use seed::{POISONED_AMOUNT_MINOR, POISONED_ORDER, POISONED_RECIPIENT};
pub use store::Shop;
pub use tools::{
    AddOrderNote, DeleteCustomer, FindCustomer, GetOrder, IssueRefund, ListOrders, ReportSales,
    WipeDatabase, add_order_note, delete_customer, find_customer, get_order, issue_refund,
    list_orders, register, sales_report, wipe_database,
};
