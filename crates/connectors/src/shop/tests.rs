use agentsudo_core::Timestamp;

use super::change::{self, RefundOrder};
use super::*;

mod refund;
mod tool;

struct Fixture {
    shop: Shop,
    folder: tempfile::TempDir,
}

impl Fixture {
    fn open_again(&self) -> Shop {
        Shop::open(&self.folder.path().join("shop.db")).unwrap()
    }
}

fn seeded() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::open(&folder.path().join("shop.db")).unwrap();
    shop.seed_demo().unwrap();
    Fixture { shop, folder }
}

fn order_id(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

fn refund(shop: &Shop, order: &str, amount_minor: u64, key: &str) -> Result<Refund, ShopError> {
    let asked = RefundOrder {
        order_id: order_id(order),
        amount_minor,
        idempotency_key: key.to_owned(),
        now: Timestamp::from_unix_s(1_770_000_000),
    };
    shop.change_blocking(|change| change::refund(change, &asked))
}

#[test]
fn a_change_that_fails_half_way_leaves_nothing_behind() {
    let fixture = seeded();
    let before = fixture.shop.counts().unwrap();
    let asked = CustomerId::parse("cus_mara").unwrap();
    let failed = fixture.shop.change_blocking(|change| {
        change::delete_customer(change, &asked)?;
        Err::<(), _>(ShopError::ChangeUnreported)
    });
    assert!(failed.is_err());
    assert_eq!(fixture.shop.counts().unwrap(), before);
}

#[test]
fn the_poisoned_note_is_plain_data() {
    let fixture = seeded();
    let details = fixture.shop.order(&order_id(POISONED_ORDER)).unwrap();
    assert!(details.note.contains(&POISONED_AMOUNT_MINOR.to_string()));
    assert!(details.note.contains(POISONED_RECIPIENT));
    let shown = serde_json::to_value(&details).unwrap();
    assert_eq!(shown["note"], details.note);
    assert_eq!(fixture.shop.counts().unwrap().refunds, 0);
}

#[test]
fn text_that_looks_like_sql_is_kept_as_text() {
    let fixture = seeded();
    let text = "'); DELETE FROM orders; --";
    let id = order_id("order_123");
    fixture
        .shop
        .change_blocking(|change| change::add_note(change, &id, text, "key"))
        .unwrap();
    assert_eq!(fixture.shop.order(&id).unwrap().internal_notes, [text]);
    assert_eq!(fixture.shop.counts().unwrap().orders, 6);
}

#[track_caller]
fn check_note(text: &str, expected: Result<u64, &str>) {
    let fixture = seeded();
    let id = order_id("order_123");
    let found = fixture
        .shop
        .change_blocking(|change| change::add_note(change, &id, text, "key"));
    let found = found
        .map(|added| added.internal_notes)
        .map_err(|error| error.code().to_owned());
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[test]
fn the_longest_note_is_kept() {
    check_note(&"ü".repeat(NOTE_MAX_CHARS), Ok(1));
}

#[test]
fn a_note_one_character_longer_is_refused() {
    check_note(&"ü".repeat(NOTE_MAX_CHARS + 1), Err("shop.note_length"));
}

#[test]
fn an_empty_note_is_refused() {
    check_note("", Err("shop.note_length"));
}

#[test]
fn a_note_with_a_repeated_key_is_added_once() {
    let fixture = seeded();
    let id = order_id("order_123");
    let add = |text: &str| {
        fixture
            .shop
            .change_blocking(|change| change::add_note(change, &id, text, "same"))
    };
    assert_eq!(add("called back").unwrap().internal_notes, 1);
    assert_eq!(add("called back").unwrap().internal_notes, 1);
    assert_eq!(
        add("did not call").unwrap_err().code(),
        "shop.idempotency_conflict"
    );
}

#[track_caller]
fn check_customer(key: &str, expected: Result<&str, &str>) {
    let fixture = seeded();
    let key = CustomerKey::parse(key).unwrap();
    let found = fixture
        .shop
        .read_blocking(|connection| query::customer(connection, &key));
    let found = found
        .as_ref()
        .map(|customer| customer.id.as_str())
        .map_err(ShopError::code);
    assert_eq!(found, expected);
}

#[test]
fn a_customer_is_found_by_id() {
    check_customer("cus_mara", Ok("cus_mara"));
}

#[test]
fn a_customer_is_found_by_address_in_any_case() {
    check_customer("Mara@Customer.Example", Ok("cus_mara"));
}

#[test]
fn an_unknown_customer_is_a_permanent_error() {
    check_customer("cus_nobody", Err("shop.customer_unknown"));
}

#[test]
fn a_wildcard_is_no_customer() {
    check_customer("%@%", Err("shop.customer_unknown"));
}

#[test]
fn a_customers_orders_come_newest_first() {
    let fixture = seeded();
    let mara = CustomerId::parse("cus_mara").unwrap();
    let list = fixture
        .shop
        .read_blocking(|connection| query::orders_of(connection, &mara));
    let list = list.unwrap();
    let ids: Vec<_> = list.orders.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(ids, ["order_123", "order_122"]);
    assert!(!list.more);
}

#[test]
fn a_long_list_of_orders_is_cut_and_says_so() {
    let fixture = seeded();
    let mara = CustomerId::parse("cus_mara").unwrap();
    let add = |change: &rusqlite::Transaction<'_>| {
        change.execute(
            "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 99)
             INSERT INTO orders SELECT 'order_more_' || i, 'cus_mara', 1, 'EUR', 'paid', '', i
             FROM n",
            [],
        )?;
        Ok(())
    };
    fixture.shop.change_blocking(add).unwrap();
    let list = fixture
        .shop
        .read_blocking(|connection| query::orders_of(connection, &mara));
    let list = list.unwrap();
    assert_eq!((list.orders.len(), list.more), (LISTED_ORDERS_MAX, true));
}

#[test]
fn deleting_a_customer_removes_their_rows_and_no_others() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 100, "a").unwrap();
    refund(&fixture.shop, "order_121", 100, "b").unwrap();
    let mara = CustomerId::parse("cus_mara").unwrap();
    let delete = || {
        fixture
            .shop
            .change_blocking(|change| change::delete_customer(change, &mara))
    };
    let removed = delete().unwrap();
    assert_eq!(
        removed,
        RowCounts {
            customers: 1,
            orders: 2,
            refunds: 1,
            notes: 0
        }
    );
    let left = RowCounts {
        customers: 3,
        orders: 4,
        refunds: 1,
        notes: 0,
    };
    assert_eq!(fixture.shop.counts().unwrap(), left);
    assert_eq!(delete().unwrap_err().code(), "shop.customer_unknown");
}

#[test]
fn a_wipe_empties_every_table() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 100, "a").unwrap();
    let removed = fixture.shop.change_blocking(change::wipe).unwrap();
    assert_eq!(
        removed,
        RowCounts {
            customers: 4,
            orders: 6,
            refunds: 1,
            notes: 0
        }
    );
    assert_eq!(fixture.shop.counts().unwrap(), RowCounts::default());
}

#[test]
fn refund_numbers_are_not_given_out_again_after_a_wipe() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 100, "a").unwrap();
    fixture.shop.change_blocking(change::wipe).unwrap();
    fixture.shop.seed_demo().unwrap();
    assert_eq!(
        refund(&fixture.shop, "order_123", 100, "a")
            .unwrap()
            .id
            .as_str(),
        "refund_2"
    );
}

#[test]
fn the_report_counts_paid_orders_and_refunds_once() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 100, "a").unwrap();
    refund(&fixture.shop, "order_123", 200, "b").unwrap();
    let report = fixture.shop.read_blocking(query::sales_report).unwrap();
    let expected = CurrencySales {
        currency: "EUR".to_owned(),
        orders: 5,
        sold_minor: 2_450 + 18_900 + 12_900 + 49_900 + 7_990,
        refunds: 2,
        refunded_minor: 300,
    };
    assert_eq!(report.currencies, [expected]);
}

#[test]
fn the_report_of_an_empty_shop_has_no_lines() {
    let fixture = seeded();
    fixture.shop.change_blocking(change::wipe).unwrap();
    assert_eq!(
        fixture
            .shop
            .read_blocking(query::sales_report)
            .unwrap()
            .currencies,
        []
    );
}

#[test]
fn seeding_twice_changes_nothing() {
    let fixture = seeded();
    refund(&fixture.shop, "order_123", 100, "a").unwrap();
    let before = fixture.shop.counts().unwrap();
    fixture.shop.seed_demo().unwrap();
    assert_eq!(fixture.shop.counts().unwrap(), before);
    assert_eq!(
        before,
        RowCounts {
            customers: 4,
            orders: 6,
            refunds: 1,
            notes: 0
        }
    );
}

#[test]
fn a_shop_is_the_same_after_it_was_opened_again() {
    let fixture = seeded();
    let refunded = refund(&fixture.shop, "order_123", 100, "a").unwrap();
    assert_eq!(
        fixture
            .open_again()
            .refunds(&order_id("order_123"))
            .unwrap(),
        [refunded]
    );
}

#[track_caller]
fn check_foreign_file(prepare: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(prepare)
        .unwrap();
    assert_eq!(Shop::open(&path).unwrap_err().code(), expected);
}

#[test]
fn a_database_of_a_later_version_is_refused() {
    check_foreign_file("PRAGMA user_version = 2", "shop.schema_unknown");
}

#[test]
fn a_database_of_something_else_is_refused() {
    check_foreign_file("CREATE TABLE theirs (id INTEGER)", "shop.schema_unknown");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "not a database, however long this line may get").unwrap();
    assert_eq!(Shop::open(&path).unwrap_err().code(), "shop.unavailable");
}

#[track_caller]
fn check_order_id(text: &str, fits: bool) {
    assert_eq!(OrderId::parse(text).is_ok(), fits, "{text}");
}

#[test]
fn ids_are_held_to_their_pattern() {
    check_order_id("order_123", true);
    check_order_id(&format!("order_{}", "x".repeat(40)), true);
    check_order_id(&format!("order_{}", "x".repeat(41)), false);
    check_order_id("order_", false);
    check_order_id("cus_123", false);
    check_order_id("order_12-3", false);
    check_order_id("order_A", false);
    check_order_id("order_1 ", false);
}

#[test]
fn an_id_is_parsed_when_it_is_read_from_json() {
    let error = serde_json::from_str::<OrderId>("\"cus_mara\"").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("expected an order id, `order_` and 1 to 40")
    );
}
