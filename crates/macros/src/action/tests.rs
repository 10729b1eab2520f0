use quote::quote;

use super::*;
use crate::errors::texts;

#[track_caller]
fn check(item: TokenStream, expected: &[&str]) {
    let found = texts(expand(item));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.contains(expected),
            "expected `{expected}` in `{found}`"
        );
    }
}

#[track_caller]
fn check_expanded(item: TokenStream, expected: &[&str]) {
    let found = expand(item)
        .expect("a good action")
        .to_string()
        .replace(' ', "");
    for expected in expected {
        assert!(
            found.contains(expected),
            "expected `{expected}` in `{found}`"
        );
    }
}

#[test]
fn a_good_action_names_its_scope_effect_and_marks() {
    let item = quote! {
        #[action(scope = "write:refunds", effect = "destructive")]
        struct Refund { order_id: String, #[sink] amount_minor: u64, #[secret] note: String }
    };
    let expected = [
        "Scope::literal(\"write:refunds\")",
        "Effect::Destructive",
        "SINKS:&'static[&'staticstr]=&[\"amount_minor\"]",
        "SECRETS:&'static[&'staticstr]=&[\"note\"]",
    ];
    check_expanded(item, &expected);
}

#[test]
fn marked_fields_go_by_the_names_that_serde_gives_them() {
    let item = quote! {
        #[action(scope = "a:b", effect = "write")]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Pay { #[sink] amount_minor: u64, #[sink] #[serde(rename = "iban")] to: String }
    };
    check_expanded(item, &["&[\"amountMinor\",\"iban\"]"]);
}

#[test]
fn an_empty_struct_is_an_action_without_arguments() {
    let item = quote!(
        #[action(scope = "a:b", effect = "read")]
        struct Ping {}
    );
    check_expanded(item, &["SINKS:&'static[&'staticstr]=&[]"]);
}

#[test]
fn no_attribute_asks_for_scope_and_effect() {
    check(
        quote!(
            struct A {}
        ),
        &[
            "needs a scope, e.g. `scope = \"write:refunds\"`",
            "needs an effect",
        ],
    );
    check(
        quote!(
            #[action]
            struct A {}
        ),
        &["needs a scope", "needs an effect"],
    );
}

#[test]
fn all_complaints_come_at_once() {
    let item = quote! {
        #[action(scope = "a:b", effect = "delete", timeout = "1s")]
        struct Pay<T> { #[sink] amount: f64, #[sink] #[serde(flatten)] rest: T }
    };
    let expected = [
        "remove the generic parameters",
        "unknown key `timeout`: expected `scope` or `effect`",
        "expected `read`, `write` or `destructive`, found `delete`",
        "money is integer minor units",
        "remove `flatten`",
    ];
    check(item, &expected);
}

#[test]
fn a_key_or_attribute_given_twice_is_refused() {
    let item = quote!(
        #[action(scope = "a:b", scope = "a:c", effect = "read")]
        struct A {}
    );
    check(item, &["`scope` is given twice"]);
    let item = quote! {
        #[action(scope = "a:b", effect = "read")] #[action(scope = "a:c")] struct A {}
    };
    check(item, &["`#[action]` is given twice"]);
    let item = quote! {
        #[action(scope = "a:b", effect = "read")] struct A { #[sink] #[sink] a: u8 }
    };
    check(item, &["`#[sink]` is given twice"]);
}

#[test]
fn a_value_is_a_text() {
    check(
        quote!(
            #[action(scope = 1, effect = "read")]
            struct A {}
        ),
        &[
            "expected a text, e.g. `scope = \"write:refunds\"`",
            "needs a scope",
        ],
    );
}

#[test]
fn only_structs_with_named_fields_are_actions() {
    let attribute = quote!(#[action(scope = "a:b", effect = "read")]);
    check(quote!(#attribute enum A { B }), &["an action is a struct"]);
    check(
        quote!(#attribute struct A(u8);),
        &["an argument needs a name"],
    );
    check(
        quote!(#attribute struct A;),
        &["an empty object: write `{}`"],
    );
}

#[test]
fn a_mark_needs_one_name_that_is_always_there() {
    let unsure = [
        "skip",
        "skip_serializing_if = \"f\"",
        "alias = \"b\"",
        "skip_deserializing",
    ];
    for attribute in unsure {
        let attribute: TokenStream = attribute.parse().expect("tokens");
        let item = quote! {
            #[action(scope = "a:b", effect = "read")]
            struct A { #[secret] #[serde(default, #attribute)] a: u8 }
        };
        check(item, &["a sink or secret needs one name"]);
    }
}

#[test]
fn one_name_for_reading_and_writing() {
    let item = quote! {
        #[action(scope = "a:b", effect = "read")]
        #[serde(rename_all(serialize = "camelCase"))]
        struct A { #[sink] #[serde(rename(deserialize = "b"))] a: u8 }
    };
    check(item, &["under the same names", "under the same names"]);
}

#[test]
fn a_struct_that_serializes_as_something_else_is_no_action() {
    let item = quote! {
        #[action(scope = "a:b", effect = "read")] #[serde(into = "Other")] struct A {}
    };
    check(item, &["`#[serde(into)]` sends something else"]);
}

#[test]
fn a_float_inside_another_type_is_found() {
    let item = quote! {
        #[action(scope = "a:b", effect = "read")] struct A { #[sink] a: Option<(u8, f32)> }
    };
    check(item, &["cannot be a float"]);
}
