//! Collects complaints, so that one compilation shows all of them.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

/// The complaints found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Complains about all of `tokens`.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Keeps the value, or the complaint about it.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// The texts of all complaints, in the order in which they were made.
#[cfg(test)]
#[track_caller]
pub(crate) fn texts(expanded: syn::Result<proc_macro2::TokenStream>) -> Vec<String> {
    let Err(error) = expanded else {
        panic!("the expansion should have failed")
    };
    error.into_iter().map(|error| error.to_string()).collect()
}
