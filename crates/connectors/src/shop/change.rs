//! The changes that the shop knows. Each runs inside one `IMMEDIATE` transaction of the caller's.
//!
//! *Invariant:* one idempotency key has at most one effect. Coming back with the same parameters it
//! returns what the first call returned; with others it is refused.

use agentsudo_core::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, named_params};

use super::error::ShopError;
use super::id::{CustomerId, OrderId};
use super::query;
use super::record::{AMOUNT_MAX_MINOR, NOTE_MAX_CHARS, NoteAdded, Refund, RowCounts};

/// A refund that someone asks for.
#[derive(Debug, Clone)]
pub(super) struct RefundOrder {
    pub(super) order_id: OrderId,
    pub(super) amount_minor: u64,
    pub(super) idempotency_key: String,
    pub(super) now: Timestamp,
}

pub(super) fn refund(change: &Transaction<'_>, asked: &RefundOrder) -> Result<Refund, ShopError> {
    if !(1..=AMOUNT_MAX_MINOR).contains(&asked.amount_minor) {
        return Err(ShopError::AmountOutOfRange {
            found_minor: asked.amount_minor,
        });
    }
    if let Some(first) = query::refund_by_key(change, &asked.idempotency_key)? {
        let same = first.order_id == asked.order_id && first.amount_minor == asked.amount_minor;
        return if same {
            Ok(first)
        } else {
            Err(ShopError::IdempotencyConflict {
                key: asked.idempotency_key.clone(),
            })
        };
    }
    let order = query::order(change, &asked.order_id)?;
    if !order.status.is_refundable() {
        return Err(ShopError::OrderNotRefundable {
            order_id: order.id,
            status: order.status,
        });
    }
    let left_minor = order.total_minor.saturating_sub(order.refunded_minor);
    if asked.amount_minor > left_minor {
        return Err(ShopError::RefundExceedsTotal {
            order_id: order.id,
            asked_minor: asked.amount_minor,
            left_minor,
            currency: order.currency,
        });
    }
    insert_refund(change, asked, &order.currency)
}

fn insert_refund(
    change: &Transaction<'_>,
    asked: &RefundOrder,
    currency: &str,
) -> Result<Refund, ShopError> {
    let id = change
        .prepare_cached(
            "INSERT INTO refunds (order_id, amount_minor, currency, idempotency_key, issued_at_s)
             VALUES (:order_id, :amount_minor, :currency, :key, :now_s)
             RETURNING 'refund_' || number",
        )?
        .query_row(
            named_params! {
                ":order_id": asked.order_id,
                ":amount_minor": asked.amount_minor,
                ":currency": currency,
                ":key": asked.idempotency_key,
                ":now_s": asked.now.unix_s(),
            },
            |row| row.get(0),
        )?;
    Ok(Refund {
        id,
        order_id: asked.order_id.clone(),
        amount_minor: asked.amount_minor,
        currency: currency.to_owned(),
        issued_at_s: asked.now.unix_s(),
    })
}

pub(super) fn add_note(
    change: &Transaction<'_>,
    order_id: &OrderId,
    text: &str,
    idempotency_key: &str,
) -> Result<NoteAdded, ShopError> {
    let found_chars = text.chars().count();
    if !(1..=NOTE_MAX_CHARS).contains(&found_chars) {
        return Err(ShopError::NoteLength { found_chars });
    }
    let order = query::order(change, order_id)?;
    let first: Option<(OrderId, String)> = change
        .prepare_cached("SELECT order_id, text FROM order_notes WHERE idempotency_key = ?1")?
        .query_row([idempotency_key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match first {
        Some((first_order, first_text)) if first_order == order.id && first_text == text => {}
        Some(_) => {
            return Err(ShopError::IdempotencyConflict {
                key: idempotency_key.to_owned(),
            });
        }
        None => {
            let sql = "INSERT INTO order_notes (order_id, text, idempotency_key)
                       VALUES (?1, ?2, ?3)";
            change
                .prepare_cached(sql)?
                .execute((order_id, text, idempotency_key))?;
        }
    }
    let internal_notes = change
        .prepare_cached("SELECT count(*) FROM order_notes WHERE order_id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    Ok(NoteAdded {
        order_id: order.id,
        internal_notes,
    })
}

/// Removes a customer with everything that refers to them, and says how much that was.
pub(super) fn delete_customer(
    change: &Transaction<'_>,
    customer_id: &CustomerId,
) -> Result<RowCounts, ShopError> {
    query::customer(change, &customer_id.clone().into())?;
    let theirs = "order_id IN (SELECT id FROM orders WHERE customer_id = ?1)";
    let delete = |sql: &str| deleted(change, sql, customer_id);
    Ok(RowCounts {
        notes: delete(&format!("DELETE FROM order_notes WHERE {theirs}"))?,
        refunds: delete(&format!("DELETE FROM refunds WHERE {theirs}"))?,
        orders: delete("DELETE FROM orders WHERE customer_id = ?1")?,
        customers: delete("DELETE FROM customers WHERE id = ?1")?,
    })
}

fn deleted(connection: &Connection, sql: &str, customer_id: &CustomerId) -> Result<u64, ShopError> {
    let rows = connection.prepare_cached(sql)?.execute([customer_id])?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}

/// Removes every row of every table, and says how many there were.
pub(super) fn wipe(change: &Transaction<'_>) -> Result<RowCounts, ShopError> {
    let removed = query::row_counts(change)?;
    change.execute_batch(
        "DELETE FROM order_notes; DELETE FROM refunds; DELETE FROM orders; DELETE FROM customers;",
    )?;
    Ok(removed)
}
