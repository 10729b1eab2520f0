//! The arguments of a `#[tool]` function: what the model sends, and what the context gives.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, FnArg, Ident, Pat, PatType, PathArguments, PathSegment, Type, Visibility};

use crate::action::MarkedNames;
use crate::errors::Errors;
use crate::marks::{Marks, refuse_float};
use crate::wire_name::{self, Casing};

/// The arguments of one tool, in the order in which they are written.
pub(crate) struct Arguments {
    arguments: Vec<Argument>,
    pub(crate) names: MarkedNames,
}

enum Argument {
    /// A field of the action.
    Sent {
        attributes: Vec<Attribute>,
        ident: Ident,
        secret: bool,
        parameter: PatType,
    },
    /// Taken out of the context.
    Extracted(PatType),
    /// The context itself.
    Context(PatType),
}

impl Arguments {
    pub(crate) fn read<'a>(
        tool: &Ident,
        inputs: impl IntoIterator<Item = &'a FnArg>,
        errors: &mut Errors,
    ) -> Self {
        let mut read = Self {
            arguments: Vec::new(),
            names: MarkedNames::default(),
        };
        for input in inputs {
            match input {
                FnArg::Typed(parameter) => read.add(tool, parameter.clone(), errors),
                FnArg::Receiver(receiver) => {
                    let message = "a tool is a free function: take what it works with as \
                                   `State(shop): State<Shop>`";
                    errors.on(receiver, message);
                }
            }
        }
        read
    }

    /// The fields of the action.
    pub(crate) fn fields(&self, visibility: &Visibility) -> Vec<TokenStream> {
        let field = |argument: &Argument| match argument {
            Argument::Sent {
                attributes,
                ident,
                parameter,
                ..
            } => {
                let ty = &parameter.ty;
                Some(quote!(#(#attributes)* #visibility #ident: #ty))
            }
            Argument::Extracted(_) | Argument::Context(_) => None,
        };
        self.arguments.iter().filter_map(field).collect()
    }

    /// The calls on a `DebugStruct` that show the fields, and keep the secret ones back.
    pub(crate) fn debug_fields(&self) -> Vec<TokenStream> {
        let field = |argument: &Argument| match argument {
            Argument::Sent { ident, secret, .. } => {
                let name = ident.unraw().to_string();
                Some(match secret {
                    true => quote!(.field(#name, &::core::format_args!("<secret>"))),
                    false => quote!(.field(#name, &self.#ident)),
                })
            }
            Argument::Extracted(_) | Argument::Context(_) => None,
        };
        self.arguments.iter().filter_map(field).collect()
    }

    /// The parameters of the function that holds the body.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &PatType> {
        self.arguments.iter().map(|argument| match argument {
            Argument::Sent { parameter, .. }
            | Argument::Extracted(parameter)
            | Argument::Context(parameter) => parameter,
        })
    }

    /// What is passed to it.
    pub(crate) fn values(&self, action: &Ident, ctx: &Ident) -> Vec<TokenStream> {
        let value = |argument: &Argument| match argument {
            Argument::Sent { ident, .. } => quote!(#action.#ident),
            Argument::Extracted(parameter) => {
                let ty = &parameter.ty;
                quote_spanned! {ty.span()=>
                    <#ty as ::agentsudo::__macro::FromCallContext>::from_call_context(#ctx)?
                }
            }
            Argument::Context(_) => quote!(#ctx),
        };
        self.arguments.iter().map(value).collect()
    }

    fn add(&mut self, tool: &Ident, mut parameter: PatType, errors: &mut Errors) {
        let marks = Marks::take(&mut parameter.attrs, errors);
        if let Some(span) = marks.skip {
            let message = "`#[skip]` belongs to `#[sudo]`; a tool takes what the model does not \
                           send as an extractor, e.g. `State(shop): State<Shop>`";
            errors.at(span, message);
        }
        let argument = match Source::of(marks, &parameter) {
            Source::Context => from_context(marks, parameter, Argument::Context, errors),
            Source::Extractor => from_context(marks, parameter, Argument::Extracted, errors),
            Source::Model(ident) => {
                if ident == *tool {
                    let message = format!(
                        "`{tool}` is the tool's own name, which is a pattern here: call the \
                         argument something else"
                    );
                    errors.at(ident.span(), message);
                }
                self.sent(marks, ident, parameter, errors)
            }
        };
        self.arguments.push(argument);
    }

    fn sent(
        &mut self,
        marks: Marks,
        ident: Ident,
        mut parameter: PatType,
        errors: &mut Errors,
    ) -> Argument {
        refuse_unowned(&parameter.ty, errors);
        refuse_float(marks, &parameter.ty, errors);
        let (attributes, kept) = split_attributes(std::mem::take(&mut parameter.attrs), errors);
        parameter.attrs = kept;
        if marks.need_name() {
            let name = wire_name::of_field(&ident, &attributes, Casing::default(), errors);
            self.names.add(marks, &name);
        }
        Argument::Sent {
            attributes,
            ident,
            secret: marks.secret.is_some(),
            parameter,
        }
    }
}

fn from_context(
    marks: Marks,
    mut parameter: PatType,
    argument: impl FnOnce(PatType) -> Argument,
    errors: &mut Errors,
) -> Argument {
    marks.refuse_names("an extractor is not one: the context gives it", errors);
    let (moved, kept) = split_attributes(std::mem::take(&mut parameter.attrs), errors);
    for attribute in moved
        .iter()
        .filter(|attribute| !attribute.path().is_ident("doc"))
    {
        errors.on(attribute, "an extractor is not in the schema: remove this");
    }
    parameter.attrs = kept;
    argument(parameter)
}

/// Where an argument comes from, told by its syntax alone.
enum Source {
    Model(Ident),
    Extractor,
    Context,
}

impl Source {
    fn of(marks: Marks, parameter: &PatType) -> Self {
        if is_context(&parameter.ty) {
            return Self::Context;
        }
        match plain_ident(&parameter.pat) {
            Some(ident) if marks.extract.is_none() && !is_extractor(&parameter.ty) => {
                Self::Model(ident.clone())
            }
            _ => Self::Extractor,
        }
    }
}

fn is_context(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    last_segment(&reference.elem).is_some_and(|segment| segment.ident == "CallContext")
}

/// `State` counts with its type argument only: without, it may well be an enum of the caller's.
fn is_extractor(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| {
        let is_generic = matches!(segment.arguments, PathArguments::AngleBracketed(_));
        segment.ident == "IdempotencyKey"
            || segment.ident == "Principal"
            || (segment.ident == "State" && is_generic)
    })
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last()
}

/// The name in `x` and `mut x`.
pub(crate) fn plain_ident(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
            Some(&pattern.ident)
        }
        _ => None,
    }
}

fn refuse_unowned(ty: &Type, errors: &mut Errors) {
    match ty {
        Type::Reference(_) => {
            errors.on(
                ty,
                "what a model sends is owned: write e.g. `String` for `&str`",
            );
        }
        Type::ImplTrait(_) => {
            errors.on(
                ty,
                "an argument has one type, which gives its schema: name the type",
            );
        }
        _ => {}
    }
}

/// Splits into what goes to the field of the action, and what stays on the parameter.
fn split_attributes(
    attributes: Vec<Attribute>,
    errors: &mut Errors,
) -> (Vec<Attribute>, Vec<Attribute>) {
    let (mut moved, mut kept) = (Vec::new(), Vec::new());
    for attribute in attributes {
        let path = attribute.path();
        if ["doc", "serde", "schemars"]
            .iter()
            .any(|name| path.is_ident(name))
        {
            moved.push(attribute);
        } else if ["allow", "expect", "warn", "deny"]
            .iter()
            .any(|name| path.is_ident(name))
        {
            kept.push(attribute);
        } else {
            let message = format!(
                "`#[{}]` does not go on an argument: expected `#[sink]`, `#[secret]`, \
                 `#[extract]`, `#[serde(…)]` or `#[schemars(…)]`",
                path.to_token_stream()
            );
            errors.on(&attribute, message);
        }
    }
    (moved, kept)
}

/// A name for a variable that the caller's code cannot see.
pub(crate) fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
