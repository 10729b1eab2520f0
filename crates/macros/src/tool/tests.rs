use super::*;
use crate::errors::texts;

/// Complaints about a function under `#[tool(scope = "a:b", effect = "read")]`.
#[track_caller]
fn check(item: TokenStream, expected: &[&str]) {
    check_with(quote!(scope = "a:b", effect = "read"), item, expected);
}

#[track_caller]
fn check_with(arguments: TokenStream, item: TokenStream, expected: &[&str]) {
    let found = texts(expand(arguments, item));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.contains(expected),
            "expected `{expected}` in `{found}`"
        );
    }
}

#[track_caller]
fn expanded(arguments: TokenStream, item: TokenStream) -> String {
    expand(arguments, item)
        .expect("a good tool")
        .to_string()
        .replace(' ', "")
}

#[test]
fn extractors_are_told_from_arguments_by_their_syntax() {
    let item = quote! {
        /// Does it.
        async fn act(
            order_id: String,
            mut count: u8,
            State(shop): State<Shop>,
            shop2: agentsudo::State<Shop>,
            key: IdempotencyKey,
            who: Principal,
            #[extract] mine: Mine,
            ctx: &CallContext,
            state: State,
        ) -> Result<(), ToolError> { Ok(()) }
    };
    let found = expanded(quote!(scope = "a:b", effect = "read"), item);
    assert!(
        found.contains("structAct{order_id:String,count:u8,state:State}"),
        "{found}"
    );
    for ty in [
        "State<Shop>",
        "agentsudo::State<Shop>",
        "IdempotencyKey",
        "Principal",
        "Mine",
    ] {
        let extraction = format!("<{ty}as::agentsudo::__macro::FromCallContext>");
        assert!(
            found.contains(&extraction),
            "expected `{extraction}` in `{found}`"
        );
    }
}

#[test]
fn visibility_docs_and_lints_go_where_they_belong() {
    let item = quote! {
        /// Does it.
        #[cfg(feature = "x")]
        #[expect(clippy::too_many_arguments, reason = "…")]
        pub(crate) async fn act(
            /// Which one.
            #[serde(default)]
            #[schemars(length(max = 3))]
            order_id: String,
        ) -> Result<(), ToolError> { Ok(()) }
    };
    let found = expanded(quote!(scope = "a:b", effect = "read"), item);
    let field = "pub(crate)structAct{#[doc=r\"Whichone.\"]#[serde(default)]\
                 #[schemars(length(max=3))]pub(crate)order_id:String}";
    assert!(found.contains(field), "{found}");
    assert!(
        found.contains("DESCRIPTION:&'staticstr=\"Doesit.\""),
        "{found}"
    );
    assert_eq!(found.matches("#[cfg(feature=\"x\")]").count(), 5, "{found}");
    assert_eq!(found.matches("#[expect").count(), 1, "{found}");
}

#[test]
fn name_action_and_timeout_can_be_given() {
    let arguments = quote!(
        scope = "a:b",
        effect = "read",
        name = "orders.act",
        action = "Request",
        timeout = "2m"
    );
    let item = quote!(
        #[doc = " Does it."]
        async fn act() -> Done {
            body
        }
    );
    let found = expanded(arguments, item);
    assert!(found.contains("NAME:&'staticstr=\"orders.act\""), "{found}");
    assert!(found.contains("structRequest{}"), "{found}");
    assert!(found.contains("from_millis(120000u64)"), "{found}");
}

#[test]
fn a_secret_is_not_in_the_debug_output() {
    let item = quote! {
        /// Does it.
        async fn act(#[secret] pin: String) -> Done { body }
    };
    let found = expanded(quote!(scope = "a:b", effect = "read"), item);
    assert!(
        found.contains("field(\"pin\",&::core::format_args!(\"<secret>\"))"),
        "{found}"
    );
}

#[test]
fn everything_that_is_missing_is_asked_for_at_once() {
    check_with(
        quote!(),
        quote!(
            fn act(&self) {}
        ),
        &[
            "`#[tool]` needs a scope, e.g. `scope = \"write:refunds\"`",
            "needs an effect",
            "needs a description, which the model reads",
            "write `async fn`",
            "a call can fail: write e.g. `-> Result<Refund, ToolError>`",
            "a tool is a free function",
        ],
    );
}

#[test]
fn a_timeout_has_a_unit() {
    let arguments = quote!(scope = "a:b", effect = "read", timeout = "10");
    let item = quote!(
        #[doc = "Does it."]
        async fn act() -> Done {
            body
        }
    );
    check_with(
        arguments,
        item,
        &["e.g. `10s`, `500ms` or `2m`, found `10`"],
    );
}

#[test]
fn a_broken_or_unknown_pair_is_shown() {
    let item = quote!(
        #[doc = "Does it."]
        async fn act() -> Done {
            body
        }
    );
    let arguments = quote!(scope = "a:b", effect = "read", scopes = "a:c");
    check_with(
        arguments,
        item.clone(),
        &["unknown key `scopes`: expected `scope`, `effect`, "],
    );
    let arguments = quote!(scope = "a:b", effect = "read", action = "not a type");
    check_with(arguments, item, &["unexpected token"]);
}

#[test]
fn generics_are_refused() {
    check(
        quote!(
            #[doc = "Does it."]
            async fn act<T>(a: T) -> Done {
                body
            }
        ),
        &["remove the generic parameters"],
    );
    check(
        quote!(
            #[doc = "Does it."]
            async fn act() -> Done
            where
                u8: Copy,
            {
                body
            }
        ),
        &["remove the generic parameters"],
    );
}

#[test]
fn marks_do_not_go_on_extractors() {
    let item = quote! {
        /// Does it.
        async fn act(
            #[sink] State(shop): State<Shop>,
            #[secret] key: IdempotencyKey,
            #[sink] ctx: &CallContext,
        ) -> Done { body }
    };
    check(
        item,
        &[
            "`#[sink]` marks an argument of the call, and an extractor is not one",
            "`#[secret]` marks an argument of the call",
            "`#[sink]` marks an argument of the call",
        ],
    );
}

#[test]
fn marks_with_values_twice_or_of_another_macro_are_refused() {
    let item = quote! {
        /// Does it.
        async fn act(#[sink(x)] a: u8, #[sink] #[sink] b: u8, #[skip] c: u8) -> Done { body }
    };
    check(
        item,
        &[
            "`#[sink]` takes nothing",
            "`#[sink]` is given twice",
            "belongs to `#[sudo]`",
        ],
    );
}

#[test]
fn a_float_is_no_sink() {
    let item = quote!(
        #[doc = "Does it."]
        async fn act(#[sink] amount: f64) -> Done {
            body
        }
    );
    check(item, &["e.g. `amount_minor: u64`"]);
}

#[test]
fn borrowed_and_unnamed_argument_types_are_refused() {
    let item = quote! {
        /// Does it.
        async fn act(a: &str, b: impl Serialize) -> Done { body }
    };
    check(item, &["write e.g. `String` for `&str`", "name the type"]);
}

#[test]
fn an_unknown_attribute_on_an_argument_is_shown() {
    let item = quote!(
        #[doc = "Does it."]
        async fn act(#[sinks] a: u8) -> Done {
            body
        }
    );
    check(
        item,
        &["`#[sinks]` does not go on an argument: expected `#[sink]`"],
    );
}

#[test]
fn an_argument_cannot_have_the_name_of_the_tool() {
    let item = quote!(
        #[doc = "Does it."]
        async fn order(order: u8) -> Done {
            body
        }
    );
    check(item, &["`order` is the tool's own name"]);
}

#[test]
fn only_a_plain_async_function_becomes_a_tool() {
    check(
        quote!(
            struct A;
        ),
        &["`#[tool]` stands on an async function with a body"],
    );
    let item = quote! {
        /// Does it.
        #[agentsudo::tool(scope = "a:c", effect = "read")]
        async unsafe extern "C" fn act() -> impl Sized { body }
    };
    check(
        item,
        &[
            "remove this",
            "remove this",
            "`#[tool]` is given twice",
            "name the type",
        ],
    );
}

#[test]
fn a_description_is_written_out_and_not_empty() {
    let item = quote!(
        #[doc = include_str!("a.md")]
        async fn act() -> Done {
            body
        }
    );
    check(item, &["write it out as `///`", "needs a description"]);
    let item = quote!(
        #[doc = "  "]
        async fn act() -> Done {
            body
        }
    );
    check(item, &["needs a description"]);
}

#[test]
fn a_function_that_no_type_can_be_named_after_needs_an_action_name() {
    let item = quote!(
        #[doc = "Does it."]
        async fn _1() -> Done {
            body
        }
    );
    check(item, &["write e.g. `action = \"IssueRefund\"`"]);
}
