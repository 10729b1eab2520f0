//! The handle to one shop: a SQLite file behind a lock, and the threads that queries run on.
//!
//! Anyone who has a [`Shop`] may look at it. What changes it is private to this crate and called by
//! the tools alone, so money moves only in an authorized call.
//!
//! *Invariant:* foreign keys are enforced and a commit is durable on every connection made here.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::ShopError;
use super::id::OrderId;
use super::record::{OrderDetails, Refund, RowCounts};
use super::{query, seed};

/// Version of the tables in `schema.sql`, kept in the file's `user_version`.
const SCHEMA_VERSION: i64 = 1;

/// How long a connection waits for another one's change before it reports the shop unavailable.
/// Changes take milliseconds; what holds the file longer is stuck.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// A shop in a SQLite file. Clones share one connection; several processes may open one file.
#[derive(Clone)]
pub struct Shop {
    connection: Arc<Mutex<Connection>>,
}

impl Shop {
    /// Opens the shop at `path`, and makes an empty one if there is no file.
    ///
    /// # Errors
    /// [`ShopError::Unavailable`] if the file cannot be opened or is no database;
    /// [`ShopError::SchemaUnknown`] if it belongs to another version of the shop.
    pub fn open(path: &Path) -> Result<Self, ShopError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        prepare_schema(&mut connection)?;
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Adds the example customers and orders that are missing; what is there stays as it is.
    ///
    /// # Errors
    /// [`ShopError::Unavailable`] if the file cannot be written.
    pub fn seed_demo(&self) -> Result<(), ShopError> {
        self.change_blocking(seed::insert_missing)
    }

    /// One order with its texts, read directly. Blocks: for set-up and checks, not for async code.
    ///
    /// # Errors
    /// [`ShopError::OrderUnknown`] if there is no such order, [`ShopError::Unavailable`] if the
    /// file cannot be read.
    pub fn order(&self, order_id: &OrderId) -> Result<OrderDetails, ShopError> {
        self.read_blocking(|connection| query::order_details(connection, order_id))
    }

    /// The refunds of one order, oldest first, read directly. Blocks.
    ///
    /// # Errors
    /// [`ShopError::Unavailable`] if the file cannot be read.
    pub fn refunds(&self, order_id: &OrderId) -> Result<Vec<Refund>, ShopError> {
        self.read_blocking(|connection| query::refunds_of(connection, order_id))
    }

    /// How many rows of each kind there are. Blocks.
    ///
    /// # Errors
    /// [`ShopError::Unavailable`] if the file cannot be read.
    pub fn counts(&self) -> Result<RowCounts, ShopError> {
        self.read_blocking(query::row_counts)
    }

    /// Runs a query on a thread that may block.
    pub(super) async fn read<T, F>(&self, work: F) -> Result<T, ShopError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, ShopError> + Send + 'static,
    {
        let shop = self.clone();
        tokio::task::spawn_blocking(move || shop.read_blocking(work))
            .await
            .unwrap_or(Err(ShopError::ConnectionLost))
    }

    /// Runs a change on a thread that may block: all of it is committed, or nothing.
    pub(super) async fn change<T, F>(&self, work: F) -> Result<T, ShopError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, ShopError> + Send + 'static,
    {
        let shop = self.clone();
        tokio::task::spawn_blocking(move || shop.change_blocking(work))
            .await
            .unwrap_or(Err(ShopError::ChangeUnreported))
    }

    pub(super) fn read_blocking<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, ShopError>,
    ) -> Result<T, ShopError> {
        let mut connection = self
            .connection
            .lock()
            .map_err(|_| ShopError::ConnectionLost)?;
        // One snapshot for all statements of one answer, whatever other processes do meanwhile.
        let snapshot = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        work(&snapshot)
    }

    /// `IMMEDIATE`: the write lock is taken before the first read, so that what a change decides on
    /// is still so when it writes.
    pub(super) fn change_blocking<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, ShopError>,
    ) -> Result<T, ShopError> {
        let mut connection = self
            .connection
            .lock()
            .map_err(|_| ShopError::ConnectionLost)?;
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&change)?;
        commit(change)?;
        Ok(done)
    }
}

/// Shows nothing of the connection: its path is the operator's business.
impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shop").finish_non_exhaustive()
    }
}

fn prepare_schema(connection: &mut Connection) -> Result<(), ShopError> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        SCHEMA_VERSION => Ok(()),
        0 if is_empty(&change)? => {
            change.execute_batch(include_str!("schema.sql"))?;
            change.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            commit(change)
        }
        found => Err(ShopError::SchemaUnknown {
            expected: SCHEMA_VERSION,
            found,
        }),
    }
}

/// Someone else's database also has `user_version` 0; its tables are not ours to add to.
fn is_empty(connection: &Connection) -> Result<bool, ShopError> {
    let tables = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok(connection.query_row(tables, [], |row| row.get(0))?)
}

fn commit(change: Transaction<'_>) -> Result<(), ShopError> {
    change
        .commit()
        .map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                ShopError::Unavailable(error)
            }
            _ => ShopError::CommitUnconfirmed(error),
        })
}
