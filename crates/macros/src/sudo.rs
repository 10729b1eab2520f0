//! `#[sudo]`.
//!
//! The function keeps its signature. Its body moves into a future that the runtime awaits after it
//! made the proof, and that holds the proof until it ends.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{FnArg, Ident, ItemFn, LitStr, PatType, Type};

use crate::action::MarkedNames;
use crate::argument::{hidden, plain_ident};
use crate::attribute::{Needs, Pairs};
use crate::errors::Errors;
use crate::function;
use crate::marks::{Marks, mentions, refuse_float};

const KEYS: (&str, &[&str]) = ("sudo", &["scope", "effect", "name"]);

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut function = function::parse("sudo", item)?;
    let mut errors = Errors::default();
    let mut pairs = Pairs::read(arguments, KEYS, Span::call_site(), &mut errors);
    let needs = Needs::read(&mut pairs, &mut errors);
    let name = pairs.take("name");
    let output = function::check("sudo", &function, &mut errors).cloned();
    let shown = Shown::take(&mut function, &mut errors);
    errors.finish()?;
    let (Some(needs), Some(output)) = (needs, output) else {
        return Ok(TokenStream::new());
    };
    Ok(guarded(&function, &needs, name, &shown, &output))
}

/// The arguments that the decision sees.
#[derive(Default)]
struct Shown {
    idents: Vec<Ident>,
    names: MarkedNames,
}

impl Shown {
    /// Takes the marks, and the doc comments that a parameter cannot have, off the arguments.
    fn take(function: &mut ItemFn, errors: &mut Errors) -> Self {
        let mut shown = Self::default();
        for input in &mut function.sig.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    Marks::take(&mut receiver.attrs, errors)
                        .refuse_names("`self` is not shown to the decision", errors);
                }
                FnArg::Typed(parameter) => shown.add(parameter, errors),
            }
        }
        shown
    }

    fn add(&mut self, parameter: &mut PatType, errors: &mut Errors) {
        let marks = Marks::take(&mut parameter.attrs, errors);
        parameter
            .attrs
            .retain(|attribute| !attribute.path().is_ident("doc"));
        if let Some(span) = marks.extract {
            let message = "`#[extract]` belongs to `#[tool]`: write `#[skip]` for what the \
                           decision should not see";
            errors.at(span, message);
        }
        if marks.skip.is_some() {
            return marks.refuse_names("a skipped one is not shown to the decision", errors);
        }
        let Some(ident) = plain_ident(&parameter.pat) else {
            let message = "the decision sees an argument under its name: give it one, or mark it \
                           `#[skip]`";
            return errors.on(&parameter.pat, message);
        };
        refuse_float(marks, &parameter.ty, errors);
        self.names.add(marks, &ident.unraw().to_string());
        self.idents.push(ident.clone());
    }

    /// Pairs of a name and the serialized value.
    fn values(&self) -> impl Iterator<Item = TokenStream> {
        self.idents.iter().map(|ident| {
            let name = ident.unraw().to_string();
            let shown = quote_spanned! {ident.span()=>
                ::agentsudo::__macro::shown(&#ident)
            };
            quote!((#name, #shown))
        })
    }
}

fn guarded(
    function: &ItemFn,
    needs: &Needs,
    name: Option<LitStr>,
    shown: &Shown,
    output: &Type,
) -> TokenStream {
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
        ..
    } = function;
    let name =
        name.unwrap_or_else(|| LitStr::new(&sig.ident.unraw().to_string(), sig.ident.span()));
    let (scope, effect, arguments) = (needs.scope(), needs.effect(), shown.values());
    let MarkedNames { sinks, secrets } = &shown.names;
    let (proof, authority) = (hidden("proof"), hidden("_authority"));
    let output_hint = output_hint(output);
    let statements = &block.stmts;
    let call = quote! {
        ::agentsudo::__macro::SudoCall {
            name: #name,
            scope: {
                const SCOPE: ::agentsudo::__macro::Scope = #scope;
                SCOPE
            },
            effect: #effect,
            sinks: &[#(#sinks),*],
            secrets: &[#(#secrets),*],
            arguments: ::std::vec![#(#arguments),*],
        }
    };
    let body = quote! {
        move |#proof: ::agentsudo::__macro::Authorized<::agentsudo::__macro::Erased>| async move {
            let #authority = #proof;
            #output_hint
            #(#statements)*
        }
    };
    // A complaint about the error type belongs where the error type stands.
    let guarded = quote_spanned!(output.span()=> ::agentsudo::__macro::sudo(#call, #body).await);
    quote!(#(#attrs)* #vis #sig { #guarded })
}

/// States the type of the body, which `?` and `into` in it need; nothing happens at run time.
///
/// An `impl Trait` cannot be named a second time, and goes without.
fn output_hint(output: &Type) -> TokenStream {
    if mentions(output.to_token_stream(), &["impl"]) {
        return TokenStream::new();
    }
    let value = hidden("value");
    quote_spanned! {output.span()=>
        if let ::core::option::Option::Some(#value) = ::agentsudo::__macro::returns::<#output>() {
            return #value;
        }
    }
}

#[cfg(test)]
mod tests;
