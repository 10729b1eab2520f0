//! The markers on fields and arguments: `#[sink]`, `#[secret]`, `#[extract]`, `#[skip]`.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::{Attribute, Meta, Type};

use crate::errors::Errors;

/// Where a marker stands, for each marker that is there.
#[derive(Clone, Copy, Default)]
pub(crate) struct Marks {
    pub(crate) sink: Option<Span>,
    pub(crate) secret: Option<Span>,
    pub(crate) extract: Option<Span>,
    pub(crate) skip: Option<Span>,
}

impl Marks {
    /// Takes the markers out of a list of attributes.
    pub(crate) fn take(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut marks = Self::default();
        attributes.retain(|attribute| !marks.read(attribute, errors));
        marks
    }

    /// Whether the argument's name in the schema matters beyond the schema.
    pub(crate) fn need_name(self) -> bool {
        self.sink.is_some() || self.secret.is_some()
    }

    /// Complains about markers for what a model sends on what it does not send.
    pub(crate) fn refuse_names(self, what: &str, errors: &mut Errors) {
        for (name, mark) in [("sink", self.sink), ("secret", self.secret)] {
            if let Some(span) = mark {
                let message = format!("`#[{name}]` marks an argument of the call, and {what}");
                errors.at(span, message);
            }
        }
    }

    fn read(&mut self, attribute: &Attribute, errors: &mut Errors) -> bool {
        let Some(name) = attribute.path().get_ident().map(ToString::to_string) else {
            return false;
        };
        let mark = match name.as_str() {
            "sink" => &mut self.sink,
            "secret" => &mut self.secret,
            "extract" => &mut self.extract,
            "skip" => &mut self.skip,
            _ => return false,
        };
        if !matches!(attribute.meta, Meta::Path(_)) {
            errors.on(
                attribute,
                format!("`#[{name}]` takes nothing: write `#[{name}]`"),
            );
        }
        if mark.replace(attribute.span()).is_some() {
            errors.on(attribute, format!("`#[{name}]` is given twice"));
        }
        true
    }
}

/// Refuses floating point numbers where a limit will be compared.
pub(crate) fn refuse_float(marks: Marks, ty: &Type, errors: &mut Errors) {
    if marks.sink.is_some() && mentions(ty.to_token_stream(), &["f32", "f64"]) {
        let message = "a sink is compared exactly, so it cannot be a float: money is integer minor \
                       units, e.g. `amount_minor: u64`";
        errors.on(ty, message);
    }
}

/// Whether one of the words stands anywhere in the tokens.
pub(crate) fn mentions(tokens: TokenStream, words: &[&str]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => words.iter().any(|word| ident == word),
        TokenTree::Group(group) => mentions(group.stream(), words),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
