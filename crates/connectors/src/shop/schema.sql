CREATE TABLE customers (
    id    TEXT PRIMARY KEY CHECK (id GLOB 'cus_?*'),
    name  TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    email TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (email LIKE '_%@_%')
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
    id          TEXT PRIMARY KEY CHECK (id GLOB 'order_?*'),
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE RESTRICT,
    total_minor INTEGER NOT NULL CHECK (total_minor BETWEEN 1 AND 1000000000),
    currency    TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    status      TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'delivered')),
    note        TEXT NOT NULL,
    placed_at_s INTEGER NOT NULL CHECK (placed_at_s >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_customer ON orders (customer_id, placed_at_s DESC, id DESC);

-- AUTOINCREMENT: a refund's number is never given out twice, not even after a wipe.
CREATE TABLE refunds (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id        TEXT NOT NULL REFERENCES orders (id) ON DELETE RESTRICT,
    amount_minor    INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 1000000000),
    currency        TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    idempotency_key TEXT NOT NULL UNIQUE CHECK (length(idempotency_key) >= 1),
    issued_at_s     INTEGER NOT NULL CHECK (issued_at_s >= 0)
) STRICT;

CREATE INDEX refunds_by_order ON refunds (order_id);

CREATE TABLE order_notes (
    number          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id        TEXT NOT NULL REFERENCES orders (id) ON DELETE RESTRICT,
    text            TEXT NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    idempotency_key TEXT NOT NULL UNIQUE CHECK (length(idempotency_key) >= 1)
) STRICT;

CREATE INDEX order_notes_by_order ON order_notes (order_id);

-- The last line of defence, below the check that names what is left: no code path, and no second
-- process, can give back more than an order cost.
CREATE TRIGGER refunds_within_total BEFORE INSERT ON refunds
WHEN NEW.amount_minor
    + (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE order_id = NEW.order_id)
    > (SELECT total_minor FROM orders WHERE id = NEW.order_id)
BEGIN
    SELECT raise(ABORT, 'refunds exceed the order''s total');
END;
