//! The questions that the shop answers. Nothing here changes a row.

use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::error::ShopError;
use super::id::{CustomerId, CustomerKey, OrderId};
use super::record::{
    CurrencySales, Customer, LISTED_ORDERS_MAX, Order, OrderDetails, OrderList, Refund, RowCounts,
    SHOWN_NOTES_MAX, SalesReport,
};

pub(super) fn customer(
    connection: &Connection,
    customer: &CustomerKey,
) -> Result<Customer, ShopError> {
    let sql = match customer {
        CustomerKey::Id(_) => "SELECT id, name, email FROM customers WHERE id = ?1",
        CustomerKey::Email(_) => "SELECT id, name, email FROM customers WHERE email = ?1",
    };
    connection
        .prepare_cached(sql)?
        .query_row([customer.as_str()], |row| {
            Ok(Customer {
                id: row.get("id")?,
                name: row.get("name")?,
                email: row.get("email")?,
            })
        })
        .optional()?
        .ok_or_else(|| ShopError::CustomerUnknown {
            customer: customer.clone(),
        })
}

pub(super) fn orders_of(
    connection: &Connection,
    customer_id: &CustomerId,
) -> Result<OrderList, ShopError> {
    customer(connection, &customer_id.clone().into())?;
    let mut statement = connection.prepare_cached(
        "SELECT *, (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE order_id = orders.id)
            AS refunded_minor
         FROM orders WHERE customer_id = :customer_id
         ORDER BY placed_at_s DESC, id DESC LIMIT :limit",
    )?;
    // One more than is shown tells whether there are more.
    let limit = LISTED_ORDERS_MAX + 1;
    let mut orders = statement
        .query_map(
            named_params! { ":customer_id": customer_id, ":limit": limit },
            order_from_row,
        )?
        .collect::<Result<Vec<_>, _>>()?;
    let more = orders.len() > LISTED_ORDERS_MAX;
    orders.truncate(LISTED_ORDERS_MAX);
    Ok(OrderList { orders, more })
}

pub(super) fn order(connection: &Connection, order_id: &OrderId) -> Result<Order, ShopError> {
    connection
        .prepare_cached(
            "SELECT *,
                (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE order_id = orders.id)
                AS refunded_minor
             FROM orders WHERE id = ?1",
        )?
        .query_row([order_id], order_from_row)
        .optional()?
        .ok_or_else(|| ShopError::OrderUnknown {
            order_id: order_id.clone(),
        })
}

pub(super) fn order_details(
    connection: &Connection,
    order_id: &OrderId,
) -> Result<OrderDetails, ShopError> {
    let order = order(connection, order_id)?;
    let note = connection
        .prepare_cached("SELECT note FROM orders WHERE id = ?1")?
        .query_row([order_id], |row| row.get(0))?;
    let mut internal_notes = connection
        .prepare_cached(
            "SELECT text FROM order_notes WHERE order_id = :order_id
             ORDER BY number DESC LIMIT :limit",
        )?
        .query_map(
            named_params! { ":order_id": order_id, ":limit": SHOWN_NOTES_MAX },
            |row| row.get(0),
        )?
        .collect::<Result<Vec<String>, _>>()?;
    internal_notes.reverse();
    Ok(OrderDetails {
        order,
        note,
        internal_notes,
    })
}

pub(super) fn refunds_of(
    connection: &Connection,
    order_id: &OrderId,
) -> Result<Vec<Refund>, ShopError> {
    let mut statement = connection.prepare_cached(
        "SELECT 'refund_' || number AS id, order_id, amount_minor, currency, issued_at_s
         FROM refunds WHERE order_id = ?1 ORDER BY number",
    )?;
    let refunds = statement.query_map([order_id], refund_from_row)?;
    Ok(refunds.collect::<Result<_, _>>()?)
}

pub(super) fn refund_by_key(
    connection: &Connection,
    idempotency_key: &str,
) -> Result<Option<Refund>, ShopError> {
    let found = connection
        .prepare_cached(
            "SELECT 'refund_' || number AS id, order_id, amount_minor, currency, issued_at_s
             FROM refunds WHERE idempotency_key = ?1",
        )?
        .query_row([idempotency_key], refund_from_row)
        .optional()?;
    Ok(found)
}

pub(super) fn row_counts(connection: &Connection) -> Result<RowCounts, ShopError> {
    let sql = "SELECT (SELECT count(*) FROM customers) AS customers,
                      (SELECT count(*) FROM orders) AS orders,
                      (SELECT count(*) FROM refunds) AS refunds,
                      (SELECT count(*) FROM order_notes) AS notes";
    let counts = connection.query_row(sql, [], |row| {
        Ok(RowCounts {
            customers: row.get("customers")?,
            orders: row.get("orders")?,
            refunds: row.get("refunds")?,
            notes: row.get("notes")?,
        })
    })?;
    Ok(counts)
}

pub(super) fn sales_report(connection: &Connection) -> Result<SalesReport, ShopError> {
    let mut statement = connection.prepare_cached(
        "SELECT currency, count(*) AS orders, sum(total_minor) AS sold_minor,
                sum(refund_count) AS refunds, sum(refunded) AS refunded_minor
         FROM (SELECT orders.currency, orders.total_minor,
                      count(refunds.number) AS refund_count,
                      coalesce(sum(refunds.amount_minor), 0) AS refunded
               FROM orders LEFT JOIN refunds ON refunds.order_id = orders.id
               WHERE orders.status <> 'pending'
               GROUP BY orders.id)
         GROUP BY currency ORDER BY currency",
    )?;
    let lines = statement.query_map([], |row| {
        Ok(CurrencySales {
            currency: row.get("currency")?,
            orders: row.get("orders")?,
            sold_minor: row.get("sold_minor")?,
            refunds: row.get("refunds")?,
            refunded_minor: row.get("refunded_minor")?,
        })
    })?;
    Ok(SalesReport {
        currencies: lines.collect::<Result<_, _>>()?,
    })
}

fn order_from_row(row: &Row<'_>) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get("id")?,
        customer_id: row.get("customer_id")?,
        total_minor: row.get("total_minor")?,
        refunded_minor: row.get("refunded_minor")?,
        currency: row.get("currency")?,
        status: row.get("status")?,
        placed_at_s: row.get("placed_at_s")?,
    })
}

fn refund_from_row(row: &Row<'_>) -> rusqlite::Result<Refund> {
    Ok(Refund {
        id: row.get("id")?,
        order_id: row.get("order_id")?,
        amount_minor: row.get("amount_minor")?,
        currency: row.get("currency")?,
        issued_at_s: row.get("issued_at_s")?,
    })
}
