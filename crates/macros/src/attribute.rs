//! What stands in the parentheses: `scope = "write:refunds", effect = "destructive"`.
//!
//! Reads `key = "text"` pairs, each known key at most once, and what all three macros require of
//! them. The grammar of scopes is not known here.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Meta, Token};

use crate::errors::Errors;

/// The pairs of one attribute that nobody has taken yet.
pub(crate) struct Pairs {
    macro_name: &'static str,
    span: Span,
    pairs: Vec<(String, LitStr)>,
}

impl Pairs {
    /// Reads pairs with keys among `known`.
    pub(crate) fn read(
        tokens: TokenStream,
        (macro_name, known): (&'static str, &[&str]),
        span: Span,
        errors: &mut Errors,
    ) -> Self {
        let mut found = Self {
            macro_name,
            span,
            pairs: Vec::new(),
        };
        let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
        for meta in errors.keep(parser.parse2(tokens)).into_iter().flatten() {
            found.add(&meta, known, errors);
        }
        found
    }

    /// Takes out the value of a key.
    pub(crate) fn take(&mut self, key: &str) -> Option<LitStr> {
        let index = self.pairs.iter().position(|(found, _)| found == key)?;
        Some(self.pairs.swap_remove(index).1)
    }

    fn add(&mut self, meta: &Meta, known: &[&str], errors: &mut Errors) {
        let key = meta.path().to_token_stream().to_string();
        if !known.contains(&key.as_str()) {
            let message = format!("unknown key `{key}`: expected {}", one_of(known));
            return errors.on(meta.path(), message);
        }
        let Some(value) = text_of(meta) else {
            let message = format!("expected a text, e.g. `{}`", example(&key));
            return errors.on(meta, message);
        };
        if self.pairs.iter().any(|(found, _)| *found == key) {
            return errors.on(meta, format!("`{key}` is given twice"));
        }
        self.pairs.push((key, value));
    }
}

/// What a call needs: the part of an attribute that all macros have in common.
pub(crate) struct Needs {
    scope: LitStr,
    effect: Ident,
}

impl Needs {
    pub(crate) fn read(pairs: &mut Pairs, errors: &mut Errors) -> Option<Self> {
        let scope = pairs.take("scope");
        if scope.is_none() {
            let example = example("scope");
            let name = pairs.macro_name;
            errors.at(
                pairs.span,
                format!("`#[{name}]` needs a scope, e.g. `{example}`"),
            );
        }
        let effect = match pairs.take("effect") {
            Some(text) => errors.keep(effect(&text)),
            None => {
                let name = pairs.macro_name;
                let message = format!(
                    "`#[{name}]` needs an effect: `effect = \"read\"`, `effect = \"write\"` or \
                     `effect = \"destructive\"`"
                );
                errors.at(pairs.span, message);
                None
            }
        };
        Some(Self {
            scope: scope?,
            effect: effect?,
        })
    }

    /// A constant expression, which stands where the literal stands: so does a complaint.
    pub(crate) fn scope(&self) -> TokenStream {
        let text = &self.scope;
        quote_spanned! {text.span()=> {
            if let ::core::option::Option::Some(flaw) =
                ::agentsudo::__macro::Scope::flaw_of_literal(#text)
            {
                ::core::panic!("{}", flaw);
            }
            ::agentsudo::__macro::Scope::literal(#text)
        }}
    }

    pub(crate) fn effect(&self) -> TokenStream {
        let effect = &self.effect;
        quote!(::agentsudo::__macro::Effect::#effect)
    }
}

fn effect(text: &LitStr) -> syn::Result<Ident> {
    let variant = match text.value().as_str() {
        "read" => "Read",
        "write" => "Write",
        "destructive" => "Destructive",
        other => {
            let message = format!("expected `read`, `write` or `destructive`, found `{other}`");
            return Err(syn::Error::new(text.span(), message));
        }
    };
    Ok(Ident::new(variant, text.span()))
}

fn text_of(meta: &Meta) -> Option<LitStr> {
    let Meta::NameValue(pair) = meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(text),
        ..
    }) = &pair.value
    else {
        return None;
    };
    Some(text.clone())
}

fn example(key: &str) -> &'static str {
    match key {
        "effect" => "effect = \"write\"",
        "timeout" => "timeout = \"10s\"",
        "name" => "name = \"issue_refund\"",
        "action" => "action = \"IssueRefund\"",
        _ => "scope = \"write:refunds\"",
    }
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
