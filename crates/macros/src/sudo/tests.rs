use super::*;
use crate::errors::texts;

#[track_caller]
fn check(item: TokenStream, expected: &[&str]) {
    let found = texts(expand(quote!(scope = "a:b", effect = "write"), item));
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            found.contains(expected),
            "expected `{expected}` in `{found}`"
        );
    }
}

#[track_caller]
fn expanded(item: TokenStream) -> String {
    let expanded = expand(quote!(scope = "a:b", effect = "write"), item);
    expanded
        .expect("a guarded function")
        .to_string()
        .replace(' ', "")
}

#[test]
fn the_signature_stays_and_the_marks_go() {
    let found = expanded(quote! {
        pub async fn refund(&self, order: &str, #[sink] amount: u64, #[skip] db: &Db)
            -> Result<(), Failed> { Ok(()) }
    });
    let signature = "pubasyncfnrefund(&self,order:&str,amount:u64,db:&Db)->Result<(),Failed>{";
    assert!(found.starts_with(signature), "{found}");
    assert!(found.contains("name:\"refund\""), "{found}");
    assert!(found.contains("sinks:&[\"amount\"]"), "{found}");
    assert!(found.contains("(\"order\",::agentsudo::__macro::shown(&order))"));
    assert!(!found.contains("shown(&db)"), "{found}");
}

#[test]
fn the_proof_is_held_by_the_body() {
    let found = expanded(quote!(
        async fn act() -> Result<(), Failed> {
            body()
        }
    ));
    let body = found.split("asyncmove{").nth(1).expect("the body's future");
    assert!(body.starts_with("let_authority=proof;"), "{found}");
}

#[test]
fn an_output_that_cannot_be_named_twice_is_not() {
    let found = expanded(quote!(
        async fn act() -> Result<(impl Sized,), Failed> {
            body()
        }
    ));
    assert!(!found.contains("returns"), "{found}");
    let found = expanded(quote!(
        async fn act() -> Result<u8, Failed> {
            body()
        }
    ));
    assert!(found.contains("returns::<Result<u8,Failed>>()"), "{found}");
}

#[test]
fn everything_that_is_missing_is_asked_for_at_once() {
    let found = texts(expand(
        quote!(),
        quote!(
            fn act((a, b): (u8, u8)) {}
        ),
    ));
    let expected = [
        "needs a scope",
        "needs an effect",
        "write `async fn`",
        "a call can fail",
        "mark",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    assert!(
        found
            .iter()
            .zip(expected)
            .all(|(found, expected)| found.contains(expected))
    );
}

#[test]
fn a_pattern_is_skipped_or_refused() {
    check(
        quote!(
            async fn act((a, b): (u8, u8)) -> R {
                body
            }
        ),
        &["or mark it `#[skip]`"],
    );
    check(
        quote!(
            async fn act(_: u8) -> R {
                body
            }
        ),
        &["or mark it `#[skip]`"],
    );
    expanded(quote!(
        async fn act(#[skip] (a, b): (u8, u8), #[skip] _: u8) -> R {
            body
        }
    ));
}

#[test]
fn what_is_not_shown_cannot_be_marked() {
    check(
        quote!(
            async fn act(
                #[secret] &self,
                #[skip]
                #[sink]
                a: u8,
            ) -> R {
                body
            }
        ),
        &[
            "`self` is not shown to the decision",
            "a skipped one is not shown to the decision",
        ],
    );
}

#[test]
fn a_mark_of_another_macro_or_on_a_float_is_refused() {
    check(
        quote!(
            async fn act(#[extract] a: A, #[sink] b: Vec<f64>) -> R {
                body
            }
        ),
        &["`#[extract]` belongs to `#[tool]`", "cannot be a float"],
    );
}
