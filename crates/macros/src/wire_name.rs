//! The name that serde gives to a field.
//!
//! A sink or a secret is found by its name in the serialized arguments, so a field that has no
//! single name there cannot be one. Everything else in `#[serde(…)]` is serde's business.

use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, Ident, LitStr, Token, parenthesized, token};

use crate::attribute::one_of;
use crate::errors::Errors;

/// Attributes under which a field has no name, or more than one.
const NAMELESS: &[&str] = &[
    "flatten",
    "skip",
    "skip_serializing",
    "skip_serializing_if",
    "skip_deserializing",
    "alias",
];

/// Attributes under which the fields are not the arguments.
const FIELDLESS: &[&str] = &[
    "transparent",
    "into",
    "from",
    "try_from",
    "remote",
    "untagged",
    "tag",
];

/// How `#[serde(rename_all = "…")]` writes names.
#[derive(Clone, Copy, Default)]
pub(crate) enum Casing {
    #[default]
    Unchanged,
    Upper,
    Pascal,
    Camel,
    Kebab,
    UpperKebab,
}

impl Casing {
    const NAMES: &[&str] = &[
        "lowercase",
        "UPPERCASE",
        "PascalCase",
        "camelCase",
        "snake_case",
        "SCREAMING_SNAKE_CASE",
        "kebab-case",
        "SCREAMING-KEBAB-CASE",
    ];

    /// Reads the attributes of the struct.
    pub(crate) fn of_struct(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut casing = Self::default();
        for_each_serde(attributes, errors, |meta| {
            if meta.path.is_ident("rename_all") {
                casing = Self::parse(&one_text(&meta)?)?;
                return Ok(());
            }
            if let Some(name) = FIELDLESS.iter().find(|name| meta.path.is_ident(name)) {
                let message = format!(
                    "the fields of an action are the arguments of the call, and \
                     `#[serde({name})]` sends something else: remove it"
                );
                return Err(meta.error(message));
            }
            skip_value(&meta)
        });
        casing
    }

    fn parse(text: &LitStr) -> syn::Result<Self> {
        Ok(match text.value().as_str() {
            // Field names are in snake case already.
            "lowercase" | "snake_case" => Self::Unchanged,
            "UPPERCASE" | "SCREAMING_SNAKE_CASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::UpperKebab,
            other => {
                let message = format!("expected {}, found `{other}`", one_of(Self::NAMES));
                return Err(syn::Error::new(text.span(), message));
            }
        })
    }

    fn apply(self, name: &str) -> String {
        match self {
            Self::Unchanged => name.to_owned(),
            Self::Upper => name.to_ascii_uppercase(),
            Self::Pascal => pascal(name),
            Self::Camel => {
                let name = pascal(name);
                let mut rest = name.chars();
                let first = rest.next().map(|c| c.to_ascii_lowercase());
                first.into_iter().chain(rest).collect()
            }
            Self::Kebab => name.replace('_', "-"),
            Self::UpperKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// `issue_refund` as `IssueRefund`.
pub(crate) fn pascal(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut rest = word.chars();
        let first = rest.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    words.collect()
}

/// The name of a marked field in the serialized arguments.
pub(crate) fn of_field(
    ident: &Ident,
    attributes: &[Attribute],
    casing: Casing,
    errors: &mut Errors,
) -> String {
    let mut renamed = None;
    for_each_serde(attributes, errors, |meta| {
        if meta.path.is_ident("rename") {
            renamed = Some(one_text(&meta)?.value());
            return Ok(());
        }
        if let Some(name) = NAMELESS.iter().find(|name| meta.path.is_ident(name)) {
            let message = format!(
                "a sink or secret needs one name in the arguments, always there: remove \
                 `{name}`, or the mark"
            );
            return Err(meta.error(message));
        }
        skip_value(&meta)
    });
    renamed.unwrap_or_else(|| casing.apply(&ident.unraw().to_string()))
}

fn for_each_serde(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut logic: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        if let Err(error) = attribute.parse_nested_meta(&mut logic) {
            errors.add(error);
        }
    }
}

/// `rename = "a"`, and not `rename(serialize = "a", deserialize = "b")`.
fn one_text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    if meta.input.peek(token::Paren) {
        let message = "an action is read and written under the same names: write one, e.g. \
                       `rename = \"amount\"` or `rename_all = \"camelCase\"`";
        return Err(syn::Error::new(meta.path.span(), message));
    }
    meta.value()?.parse()
}

fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        content.parse::<proc_macro2::TokenStream>()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[track_caller]
    fn check(casing: &str, expected: &str) {
        let literal = LitStr::new(casing, proc_macro2::Span::call_site());
        let casing = Casing::parse(&literal).expect("a casing of serde");
        assert_eq!(casing.apply("amount_minor_2"), expected);
    }

    #[test]
    fn every_casing_of_serde_is_followed() {
        check("lowercase", "amount_minor_2");
        check("UPPERCASE", "AMOUNT_MINOR_2");
        check("PascalCase", "AmountMinor2");
        check("camelCase", "amountMinor2");
        check("snake_case", "amount_minor_2");
        check("SCREAMING_SNAKE_CASE", "AMOUNT_MINOR_2");
        check("kebab-case", "amount-minor-2");
        check("SCREAMING-KEBAB-CASE", "AMOUNT-MINOR-2");
    }

    #[test]
    fn a_rename_wins_over_a_casing() {
        let attributes: [Attribute; 1] = [parse_quote!(#[serde(default, rename = "sum")])];
        let mut errors = Errors::default();
        let ident = parse_quote!(amount_minor);
        assert_eq!(
            of_field(&ident, &attributes, Casing::Camel, &mut errors),
            "sum"
        );
        assert!(errors.finish().is_ok());
    }

    #[test]
    fn a_raw_identifier_is_named_without_its_prefix() {
        let ident = parse_quote!(r#type);
        assert_eq!(
            of_field(&ident, &[], Casing::default(), &mut Errors::default()),
            "type"
        );
    }
}
