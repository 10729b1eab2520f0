//! `#[tool]`.
//!
//! The function becomes a unit struct, an action and an `impl Tool`. Its body stands in a function
//! inside `Tool::run`, so that the one way to it is the way with the proof.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Ident, ItemFn, LitStr, Type};

use crate::action;
use crate::argument::{Arguments, hidden};
use crate::attribute::{Needs, Pairs};
use crate::errors::Errors;
use crate::{function, timeout, wire_name};

const KEYS: (&str, &[&str]) = ("tool", &["scope", "effect", "timeout", "name", "action"]);

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let function = function::parse("tool", item)?;
    let mut errors = Errors::default();
    let tool = Tool::read(arguments, &function, &mut errors);
    errors.finish()?;
    Ok(tool.map(|tool| tool.expand()).unwrap_or_default())
}

/// A function that may become a tool.
struct Tool<'a> {
    function: &'a ItemFn,
    attributes: Attributes<'a>,
    needs: Needs,
    timeout: Option<Duration>,
    name: LitStr,
    action: Ident,
    description: String,
    arguments: Arguments,
    output: &'a Type,
}

impl<'a> Tool<'a> {
    fn read(tokens: TokenStream, function: &'a ItemFn, errors: &mut Errors) -> Option<Self> {
        let mut pairs = Pairs::read(tokens, KEYS, Span::call_site(), errors);
        let needs = Needs::read(&mut pairs, errors);
        let timeout = pairs
            .take("timeout")
            .and_then(|text| errors.keep(timeout::parse(&text)));
        let ident = &function.sig.ident;
        let text = ident.unraw().to_string();
        let name = pairs
            .take("name")
            .unwrap_or_else(|| LitStr::new(&text, ident.span()));
        let action = match pairs.take("action") {
            Some(name) => errors.keep(name.parse::<Ident>()),
            None => default_action(&text, ident.span(), errors),
        };
        let description = function::doc_text(&function.attrs, errors);
        if description.is_empty() {
            let message = "a tool needs a description, which the model reads: write e.g. \
                           `/// Refunds an order.` above the function";
            errors.on(ident, message);
        }
        refuse_generics(function, errors);
        let output = function::check("tool", function, errors);
        if let Some(Type::ImplTrait(output)) = output {
            errors.on(
                output,
                "the output has one type, which gives its schema: name the type",
            );
        }
        let arguments = Arguments::read(ident, &function.sig.inputs, errors);
        Some(Self {
            function,
            attributes: Attributes::split(&function.attrs),
            needs: needs?,
            timeout,
            name,
            action: action?,
            description,
            arguments,
            output: output?,
        })
    }

    fn expand(&self) -> TokenStream {
        let Attributes {
            cfg, docs, allow, ..
        } = &self.attributes;
        let ItemFn { vis, sig, .. } = self.function;
        let ident = &sig.ident;
        let action = self.action();
        let implementation = self.implementation();
        quote! {
            #(#cfg)* #(#docs)* #(#allow)*
            #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
            #[allow(non_camel_case_types, reason = "the tool is registered under its name")]
            #vis struct #ident;

            #action

            #(#cfg)* #(#allow)*
            #implementation
        }
    }

    fn action(&self) -> TokenStream {
        let Attributes { cfg, allow, .. } = &self.attributes;
        let (vis, ident) = (&self.function.vis, &self.action);
        let fields = self.arguments.fields(vis);
        let debug_fields = self.arguments.debug_fields();
        let doc = format!("The arguments of the tool `{}`.", self.name.value());
        let name = ident.unraw().to_string();
        let implementation = action::implementation(ident, &self.needs, &self.arguments.names);
        quote! {
            #(#cfg)* #(#allow)*
            #[doc = #doc]
            #[derive(
                ::core::clone::Clone,
                ::agentsudo::__macro::serde::Serialize,
                ::agentsudo::__macro::serde::Deserialize,
                ::agentsudo::__macro::schemars::JsonSchema,
            )]
            #[serde(crate = "::agentsudo::__macro::serde", deny_unknown_fields)]
            #[schemars(crate = "::agentsudo::__macro::schemars")]
            #[allow(missing_docs, reason = "an argument's description is optional")]
            #vis struct #ident { #(#fields),* }

            #(#cfg)*
            #[automatically_derived]
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.debug_struct(#name) #(#debug_fields)* .finish()
                }
            }

            #(#cfg)*
            #implementation
        }
    }

    fn implementation(&self) -> TokenStream {
        let (name, description, action) = (&self.name, &self.description, &self.action);
        let ident = &self.function.sig.ident;
        let (run, timeout) = (self.run(), self.timeout_constant());
        let output = self.output;
        let output = quote_spanned! {output.span()=>
            type Output = <#output as ::agentsudo::__macro::ToolReturn>::Output;
        };
        quote! {
            impl ::agentsudo::__macro::Tool for #ident {
                const NAME: &'static str = #name;
                const DESCRIPTION: &'static str = #description;
                #timeout
                type Action = #action;
                #output

                #run
            }
        }
    }

    fn run(&self) -> TokenStream {
        let ItemFn { sig, block, .. } = self.function;
        let body_attributes = &self.attributes.body;
        let body = format_ident!("__{}", sig.ident.unraw());
        let (call, ctx, action) = (hidden("call"), hidden("ctx"), hidden("action"));
        let parameters = self.arguments.parameters();
        let values = self.arguments.values(&action, &ctx);
        let output = self.output;
        let into_result = quote_spanned! {output.span()=>
            <#output as ::agentsudo::__macro::ToolReturn>::into_result
        };
        quote! {
            async fn run(
                &self,
                #call: ::agentsudo::__macro::Authorized<Self::Action>,
                #ctx: &::agentsudo::__macro::CallContext,
            ) -> ::core::result::Result<Self::Output, ::agentsudo::__macro::ToolError> {
                #(#body_attributes)*
                async fn #body(#(#parameters),*) -> #output #block

                let _ = #ctx;
                let #action = ::agentsudo::__macro::Authorized::into_action(#call);
                let _ = &#action;
                #into_result(#body(#(#values),*).await)
            }
        }
    }

    fn timeout_constant(&self) -> TokenStream {
        let Some(timeout) = self.timeout else {
            return TokenStream::new();
        };
        // `timeout::parse` counts in `u64` milliseconds.
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        quote! {
            const TIMEOUT: ::core::time::Duration = ::core::time::Duration::from_millis(#millis);
        }
    }
}

/// The function's attributes, by where they go.
#[derive(Default)]
struct Attributes<'a> {
    /// To everything.
    cfg: Vec<&'a Attribute>,
    /// To everything but the body, which gets all that is not a doc.
    allow: Vec<&'a Attribute>,
    /// To the unit struct.
    docs: Vec<&'a Attribute>,
    /// To the function that holds the body.
    body: Vec<&'a Attribute>,
}

impl<'a> Attributes<'a> {
    fn split(attributes: &'a [Attribute]) -> Self {
        let mut split = Self::default();
        for attribute in attributes {
            let is = |name: &str| attribute.path().is_ident(name);
            if is("cfg") {
                split.cfg.push(attribute);
            } else if is("doc") || is("deprecated") {
                split.docs.push(attribute);
            } else {
                // Twice the same `#[expect]` would be unfulfilled once.
                if is("allow") || is("warn") || is("deny") {
                    split.allow.push(attribute);
                }
                split.body.push(attribute);
            }
        }
        split
    }
}

/// `issue_refund` takes an `IssueRefund`.
fn default_action(tool: &str, span: Span, errors: &mut Errors) -> Option<Ident> {
    let name = LitStr::new(&wire_name::pascal(tool), span).parse::<Ident>();
    let message = "no type can be named after this function: write e.g. `action = \"IssueRefund\"`";
    errors.keep(name.map_err(|_| syn::Error::new(span, message)))
}

fn refuse_generics(function: &ItemFn, errors: &mut Errors) {
    let generics = &function.sig.generics;
    let message = "a tool is one type with one schema: remove the generic parameters";
    if !generics.params.is_empty() {
        errors.on(generics, message);
    } else if let Some(clause) = &generics.where_clause {
        errors.on(clause, message);
    }
}

#[cfg(test)]
mod tests;
