//! What `#[tool]` and `#[sudo]` both ask of a function.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, ExprLit, ItemFn, Lit, Meta, ReturnType, Safety, Signature, Type};

use crate::errors::Errors;

/// Parses the function that an attribute stands on.
pub(crate) fn parse(macro_name: &str, item: TokenStream) -> syn::Result<ItemFn> {
    syn::parse2(item.clone()).map_err(|_| {
        let message = format!("`#[{macro_name}]` stands on an async function with a body");
        syn::Error::new_spanned(item, message)
    })
}

/// Complains unless the function is a plain async one, and finds out what it returns.
pub(crate) fn check<'a>(
    macro_name: &str,
    function: &'a ItemFn,
    errors: &mut Errors,
) -> Option<&'a Type> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        errors.on(
            signature.fn_token,
            format!("`#[{macro_name}]` guards a call: write `async fn`"),
        );
    }
    refuse_qualifiers(macro_name, signature, errors);
    refuse_second(macro_name, &function.attrs, errors);
    match &signature.output {
        ReturnType::Type(_, ty) => Some(ty.as_ref()),
        ReturnType::Default => {
            let example = if macro_name == "tool" {
                "`-> Result<Refund, ToolError>`"
            } else {
                "`-> Result<Refund, ShopError>`, where the error type has `From<Denied>`"
            };
            errors.on(
                &signature.ident,
                format!("a call can fail: write e.g. {example}"),
            );
            None
        }
    }
}

/// The text of the doc comments: the indentation that all lines share by habit is removed.
pub(crate) fn doc_text(attributes: &[Attribute], errors: &mut Errors) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else {
            continue;
        };
        if !pair.path.is_ident("doc") {
            continue;
        }
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &pair.value
        {
            lines.extend(text.value().split('\n').map(|line| {
                let line = line.strip_prefix(' ').unwrap_or(line);
                line.trim_end().to_owned()
            }));
        } else {
            let message = "the description is part of what an operator pins: write it out as `///`";
            errors.on(&pair.value, message);
        }
    }
    lines.join("\n").trim().to_owned()
}

fn refuse_qualifiers(macro_name: &str, signature: &Signature, errors: &mut Errors) {
    let message = format!("`#[{macro_name}]` stands on a plain `async fn`: remove this");
    if let Some(constness) = &signature.constness {
        errors.on(constness, &message);
    }
    match &signature.safety {
        Safety::Safe(token) => errors.on(token, &message),
        Safety::Unsafe(token) => errors.on(token, &message),
        Safety::Default => {}
    }
    if let Some(abi) = &signature.abi {
        errors.on(abi, &message);
    }
    if let Some(variadic) = &signature.variadic {
        errors.on(variadic, &message);
    }
}

fn refuse_second(macro_name: &str, attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        let last = attribute.path().segments.last();
        if last.is_some_and(|segment| segment.ident == macro_name) {
            errors.on(attribute, format!("`#[{macro_name}]` is given twice"));
        }
    }
}
