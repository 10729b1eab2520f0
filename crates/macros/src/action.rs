//! `#[derive(Action)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, FieldsNamed, Ident, Meta};

use crate::attribute::{Needs, Pairs};
use crate::errors::Errors;
use crate::marks::{Marks, refuse_float};
use crate::wire_name::{self, Casing};

const KEYS: (&str, &[&str]) = ("action", &["scope", "effect"]);

/// The names of the arguments that an action marks.
#[derive(Default)]
pub(crate) struct MarkedNames {
    pub(crate) sinks: Vec<String>,
    pub(crate) secrets: Vec<String>,
}

impl MarkedNames {
    pub(crate) fn add(&mut self, marks: Marks, name: &str) {
        if marks.sink.is_some() {
            self.sinks.push(name.to_owned());
        }
        if marks.secret.is_some() {
            self.secrets.push(name.to_owned());
        }
    }
}

pub(crate) fn expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let mut errors = Errors::default();
    if !input.generics.params.is_empty() {
        let message = "an action is one type with one schema: remove the generic parameters";
        errors.on(&input.generics, message);
    }
    let needs = read_attribute(&input, &mut errors);
    let casing = Casing::of_struct(&input.attrs, &mut errors);
    let names = named_fields(&input, &mut errors)
        .map(|fields| read_fields(fields, casing, &mut errors))
        .unwrap_or_default();
    errors.finish()?;
    Ok(needs
        .map(|needs| implementation(&input.ident, &needs, &names))
        .unwrap_or_default())
}

/// The `impl Action` of a type.
///
/// The scope stands in a constant of its own, since an associated constant that nobody uses is not
/// evaluated, and a bad literal would go unnoticed.
pub(crate) fn implementation(ident: &Ident, needs: &Needs, names: &MarkedNames) -> TokenStream {
    let (scope, effect) = (needs.scope(), needs.effect());
    let MarkedNames { sinks, secrets } = names;
    quote! {
        const _: () = {
            const SCOPE: ::agentsudo::__macro::Scope = #scope;

            #[automatically_derived]
            impl ::agentsudo::__macro::Action for #ident {
                const SCOPE: ::agentsudo::__macro::Scope = SCOPE;
                const EFFECT: ::agentsudo::__macro::Effect = #effect;
                const SINKS: &'static [&'static str] = &[#(#sinks),*];
                const SECRETS: &'static [&'static str] = &[#(#secrets),*];
            }
        };
    }
}

fn read_attribute(input: &DeriveInput, errors: &mut Errors) -> Option<Needs> {
    let is_ours = |attribute: &&Attribute| attribute.path().is_ident("action");
    let mut attributes = input.attrs.iter().filter(is_ours);
    let (tokens, span) = match attributes.next() {
        Some(attribute) => (errors.keep(arguments(attribute))?, attribute.span()),
        None => (TokenStream::new(), Span::call_site()),
    };
    for second in attributes {
        errors.on(second, "`#[action]` is given twice");
    }
    let mut pairs = Pairs::read(tokens, KEYS, span, errors);
    Needs::read(&mut pairs, errors)
}

fn arguments(attribute: &Attribute) -> syn::Result<TokenStream> {
    match &attribute.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        meta => Ok(meta.require_list()?.tokens.clone()),
    }
}

fn named_fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a FieldsNamed> {
    let message = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unit => "an action without arguments is an empty object: write `{}` for `;`",
            Fields::Unnamed(_) => "an argument needs a name: write `struct Refund { order_id: … }`",
        },
        _ => "an action is a struct, with one named field for each argument",
    };
    errors.on(&input.ident, message);
    None
}

fn read_fields(fields: &FieldsNamed, casing: Casing, errors: &mut Errors) -> MarkedNames {
    let mut names = MarkedNames::default();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        // The derive does not own `#[extract]` and `#[skip]`: rustc reports them as unknown.
        let marks = Marks::take(&mut field.attrs.clone(), errors);
        refuse_float(marks, &field.ty, errors);
        if marks.need_name() {
            names.add(
                marks,
                &wire_name::of_field(ident, &field.attrs, casing, errors),
            );
        }
    }
    names
}

#[cfg(test)]
mod tests;
