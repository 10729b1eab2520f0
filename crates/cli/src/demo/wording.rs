//! Arguments and results in a few words, safe to show.

use agentsudo::escape;
use agentsudo_connectors::outbox::MailReceipt;
use agentsudo_connectors::shop::{OrderDetails, Refund, SalesReport};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longest argument that is shown in full if it decides where something goes or how much, in characters.
const SINK_CHARS: usize = 80;
/// Longest other argument that is shown in full, in characters.
const ARGUMENT_CHARS: usize = 27;
/// Longest result that is shown in full, in characters.
const OUTPUT_CHARS: usize = 120;
/// Longest note that is repeated beside its order, in characters.
const NOTE_CHARS: usize = 45;

/// The arguments as `name: value, …`: first those that decide where something goes or how much.
pub(super) fn arguments(arguments: &Value, sinks: &[String]) -> String {
    let Some(fields) = arguments.as_object() else {
        return escape(&arguments.to_string(), ARGUMENT_CHARS);
    };
    let others = fields.iter().filter(|(name, _)| !sinks.contains(name));
    let others = others.map(|(name, value)| argument(name, value, ARGUMENT_CHARS));
    let first = sink_arguments(fields, sinks);
    first.chain(others).collect::<Vec<_>>().join(", ")
}

/// The same for little room: of a tool that has such arguments, those alone.
pub(super) fn brief_arguments(of: &Value, sinks: &[String]) -> String {
    match of.as_object() {
        Some(fields) if !sinks.is_empty() => {
            let shown = sink_arguments(fields, sinks);
            shown.collect::<Vec<_>>().join(", ")
        }
        _ => arguments(of, sinks),
    }
}

/// Those that decide where something goes or how much. An empty list decides nothing.
fn sink_arguments(fields: &Map<String, Value>, sinks: &[String]) -> impl Iterator<Item = String> {
    sinks
        .iter()
        .filter_map(|sink| fields.get_key_value(sink))
        .filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()))
        .map(|(name, value)| argument(name, value, SINK_CHARS))
}

fn argument(name: &str, value: &Value, max_chars: usize) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let (name, value) = (escape(name, ARGUMENT_CHARS), escape(&text, max_chars));
    format!("{name}: {value}")
}

/// A tool's result, in a sentence if its meaning is known here.
pub(super) fn output(tool: &str, output: &Value) -> String {
    let said = match tool {
        "get_order" => read(output).as_ref().map(order),
        "issue_refund" => read(output).as_ref().map(refund),
        "send_email" => read(output).as_ref().map(mail),
        "sales_report" => read(output).as_ref().map(sales),
        _ => None,
    };
    said.unwrap_or_else(|| escape(&output.to_string(), OUTPUT_CHARS))
}

/// An amount of money.
pub(super) fn money(amount_minor: u64, currency: &str) -> String {
    let (major, minor) = (amount_minor / 100, amount_minor % 100);
    format!("{major}.{minor:02} {}", escape(currency, 3))
}

fn read<T: DeserializeOwned>(output: &Value) -> Option<T> {
    T::deserialize(output).ok()
}

fn order(OrderDetails { order, note, .. }: &OrderDetails) -> String {
    let total = money(order.total_minor, &order.currency);
    let note = match note.as_str() {
        "" => String::new(),
        note if note.chars().count() > NOTE_CHARS => ", with a long note:".to_owned(),
        note => format!(", with the note: {}", escape(note, NOTE_CHARS)),
    };
    format!("{}, {total}, {}{note}", order.id, order.status)
}

fn refund(refund: &Refund) -> String {
    let amount = money(refund.amount_minor, &refund.currency);
    format!("{}: {amount} go back to the customer", refund.id)
}

fn mail(receipt: &MailReceipt) -> String {
    format!("the message to {} is in the outbox", receipt.to)
}

fn sales(report: &SalesReport) -> String {
    let lines = report.currencies.iter().map(|line| {
        let sold = money(line.sold_minor, &line.currency);
        let refunded = money(line.refunded_minor, &line.currency);
        format!(
            "{} paid orders, {sold} sold, {refunded} refunded",
            line.orders
        )
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{arguments, brief_arguments, money, output};

    #[test]
    fn cents_have_two_digits() {
        assert_eq!(money(4_505, "EUR"), "45.05 EUR");
    }

    #[test]
    fn hostile_arguments_are_escaped_and_cut() {
        let shown = arguments(&json!({"to": "a\u{202e}b\n", "body": "x".repeat(50)}), &[]);
        assert!(shown.contains("to: a\\u{202e}b\\n"), "{shown}");
        assert!(shown.contains("…(+23 chars)"), "{shown}");
    }

    #[test]
    fn what_decides_where_something_goes_comes_first() {
        let shown = arguments(&json!({"body": "b", "to": "t"}), &["to".to_owned()]);
        assert_eq!(shown, "to: t, body: b");
    }

    #[test]
    fn in_little_room_it_stands_alone() {
        let shown = brief_arguments(
            &json!({"body": "b", "cc": [], "to": "t"}),
            &["to".to_owned(), "cc".to_owned()],
        );
        assert_eq!(shown, "to: t");
    }

    #[test]
    fn a_result_of_an_unexpected_shape_is_shown_as_it_is() {
        assert_eq!(output("get_order", &json!({"a": 1})), "{\"a\":1}");
    }
}
