//! Any rule goes through a token and comes out as it was.

use minicbor::Decoder;
use proptest::prelude::{Just, Strategy, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{
    Allowance, Constraint, MAX_RULE_DEPTH, Number, Rule, absent, all_of, any_of, cidr,
    email_domain, every, glob, not, prefix, regex, subpath, url_on_ports,
};
use crate::cbor::to_vec;
use crate::scope::ScopePattern;
use crate::value::{Arguments, Decimal, Value};

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-9_000_000_000_000_000_i64..9_000_000_000_000_000).prop_map(Number::Integer),
        (-1_000_i64..1_000).prop_map(Number::Integer),
        (-99_999_i64..99_999, 0_u8..20).prop_map(|(mantissa, scale)| {
            Decimal::new(mantissa, scale).map_or(Number::Integer(mantissa), Number::Decimal)
        }),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any_number().prop_map(Number::to_value),
        "[a-zé]{0,6}".prop_map(Value::from),
        Just(Value::Null),
        Just(Value::from(true)),
        prop::collection::vec("[a-z]{0,3}".prop_map(Value::from), 0..3).prop_map(Value::List),
    ]
}

fn any_leaf() -> impl Strategy<Value = Rule> {
    let values = || prop::collection::vec(any_value(), 1..6);
    let hosts = prop::sample::subsequence(vec!["a.example", "*.b.example", "[::1]"], 1..=3);
    let ports = prop::sample::subsequence(vec![80_u16, 443, 65_535], 0..=3);
    let networks = prop::sample::subsequence(vec!["10.0.0.0/8", "::/0", "0.0.0.0/0"], 1..=3);
    let bounds = || (any_number(), any_number(), 0_u8..3);
    let choose = |(a, b, which): (Number, Number, u8)| match which {
        0 => (Some(a.min(b)), Some(a.max(b))),
        1 => (Some(a), None),
        _ => (None, Some(b)),
    };
    let whole = |bound: Option<Number>| match bound {
        Some(Number::Integer(integer)) => Some(integer),
        Some(Number::Decimal(_)) | None => None,
    };
    prop_oneof![
        any_value().prop_map(Rule::Equals),
        values().prop_map(Rule::OneOf),
        values().prop_map(Rule::SubsetOf),
        bounds().prop_map(move |bounds| {
            let (min, max) = choose(bounds);
            let (min, max) = (whole(min), whole(max));
            Rule::Range {
                min,
                max: max.or(if min.is_none() { Some(0) } else { None }),
            }
        }),
        bounds().prop_map(move |bounds| {
            let (min, max) = choose(bounds);
            Rule::DecimalRange { min, max }
        }),
        (0_u32..9, 0_u32..9).prop_map(|(min, more)| Rule::Length {
            min: Some(min),
            max: Some(min + more)
        }),
        "[a-z/é]{1,9}".prop_map(prefix),
        "[a-z]{1,5}\\*[a-z]{0,4}".prop_map(glob),
        prop::sample::select(vec!["[a-z]+", "a|b", "(?i)x{2,3}"]).prop_map(regex),
        "/[a-z]{1,5}(/[a-z]{1,5}){0,3}".prop_map(subpath),
        (hosts, ports).prop_map(|(hosts, ports)| url_on_ports(["https", "ws"], hosts, ports)),
        prop::sample::select(vec!["a.example", "*.a.example"]).prop_map(email_domain),
        networks.prop_map(cidr),
        Just(absent()),
    ]
}

/// At most as deep and wide as a constraint may be.
fn any_rule() -> impl Strategy<Value = Rule> {
    let deeper = u32::try_from(MAX_RULE_DEPTH - 1).unwrap();
    any_leaf().prop_recursive(deeper, 30, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(all_of),
            prop::collection::vec(inner.clone(), 1..3).prop_map(any_of),
            inner.clone().prop_map(every),
            inner.prop_map(not),
        ]
    })
}

fn encoded(constraint: &Constraint) -> Vec<u8> {
    to_vec(|to| constraint.encode(to))
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(rule in any_rule(), nested in "[a-z]{1,5}(\\[\\])?(\\.[a-z]{1,3}){0,2}", scoped: bool) {
        let constraint = Constraint::new(&nested, rule).unwrap();
        let constraint = if scoped {
            constraint.on(ScopePattern::parse("write:**").unwrap())
        } else {
            constraint
        };
        let bytes = encoded(&constraint);
        let mut from = Decoder::new(&bytes);
        let decoded = Constraint::decode(&mut from, &Allowance::of_patterns()).unwrap();
        prop_assert_eq!(from.position(), bytes.len());
        prop_assert_eq!(encoded(&decoded), bytes);
        prop_assert_eq!(decoded.to_string(), constraint.to_string());
        prop_assert_eq!(decoded, constraint);
    }

    #[test]
    fn a_rule_and_its_opposite_never_both_hold(rule in any_rule(), value in any_value()) {
        let arguments = Arguments::from_map([("x".to_owned(), value)].into()).unwrap();
        let holds = |rule| Constraint::from_parts(super::ArgPath::parse("x").unwrap(), rule, None)
            .is_ok_and(|constraint| constraint.check(&arguments).is_ok());
        prop_assert!(!(holds(rule.clone()) && holds(not(rule))));
    }

    #[test]
    fn numbers_compare_as_their_digits_do(left in any_number(), right in any_number()) {
        prop_assert_eq!(left.cmp(&right), slowly(left, right));
    }

    #[test]
    fn cut_or_changed_bytes_never_break_the_decoder(rule in any_rule(), at: prop::sample::Index, byte: u8, len: prop::sample::Index) {
        let mut bytes = encoded(&Constraint::new("x", rule).unwrap());
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(1 + len.index(bytes.len()));
        drop(Constraint::decode(&mut Decoder::new(&bytes), &Allowance::of_patterns()));
    }
}

/// The obvious order: sign, then digits with the points below each other.
fn slowly(left: Number, right: Number) -> core::cmp::Ordering {
    let key = |number: Number| {
        let text = number.to_string();
        let (sign, digits) = text
            .strip_prefix('-')
            .map_or((1, text.as_str()), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        (sign, format!("{whole:0>20}{fraction:0<18}"))
    };
    let ((left_sign, left), (right_sign, right)) = (key(left), key(right));
    match (left_sign, right_sign) {
        (1, 1) => left.cmp(&right),
        (-1, -1) => right.cmp(&left),
        (sign, _) => sign.cmp(&0),
    }
}

#[test]
fn a_thousand_levels_are_refused_before_they_are_read() {
    let mut bytes = vec![0x83, 0x61, b'x'];
    for _ in 0..1_000 {
        bytes.extend([0x11, 0x82]);
    }
    let error =
        Constraint::decode(&mut Decoder::new(&bytes), &Allowance::of_patterns()).unwrap_err();
    assert_eq!(error.code(), "token.constraint_unsound");
}
