//! The text form of tokens, and bytes and texts that are none.

use agentsudo_core::{TOKEN_TEXT_PREFIX, Token, TokenError};
use proptest::prelude::{
    ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, proptest,
};

use super::actors::{chain_of_three, issuer, root, root_fields};
use super::forge::{Cbor, Forgery, field};

#[track_caller]
fn check_text(text: &str, expected: &str) {
    let read = Token::from_text(text);
    assert_eq!(
        read.as_ref().map_or_else(TokenError::code, |_| "ok"),
        expected
    );
}

#[test]
fn the_text_form_has_one_spelling() {
    let text = root().bytes();
    let text = Token::from_bytes(&text).unwrap().to_text();
    let body = text.strip_prefix(TOKEN_TEXT_PREFIX).unwrap();
    check_text(&text, "ok");
    check_text(body, "token.malformed_text");
    for prefix in [
        "ASUDO1_",
        "asudo2_",
        "asudo1-",
        "asudo1",
        " asudo1_",
        "Bearer asudo1_",
    ] {
        check_text(&format!("{prefix}{body}"), "token.malformed_text");
    }
    for (before, after) in [
        ("", "="),
        ("", "=="),
        ("", " "),
        ("", "\n"),
        (" ", ""),
        ("\n", ""),
        ("", "\0"),
    ] {
        check_text(
            &format!("{TOKEN_TEXT_PREFIX}{before}{body}{after}"),
            "token.malformed_text",
        );
    }
    let (start, end) = text.split_at(40);
    check_text(&format!("{start}\r\n{end}"), "token.malformed_text");
    check_text(&format!("{start}ü{end}"), "token.malformed_text");
    check_text(TOKEN_TEXT_PREFIX, "token.malformed");
    check_text("", "token.malformed_text");
}

/// Chains of other lengths, so that each remainder of three occurs.
fn texts_of_every_length() -> impl Iterator<Item = String> {
    ["a", "ab", "abc"].into_iter().map(|agent| {
        let fields = root_fields().with(field::AGENT, Cbor::text(agent));
        Token::from_bytes(&Forgery::root(&fields, &issuer()).bytes())
            .unwrap()
            .to_text()
    })
}

#[test]
fn the_alphabet_is_the_one_for_urls() {
    let mut seen = 0;
    for text in texts_of_every_length() {
        let standard = text
            .replacen("asudo1_", "", 1)
            .replace('-', "+")
            .replace('_', "/");
        let standard = format!("{TOKEN_TEXT_PREFIX}{standard}");
        if standard != text {
            seen += 1;
            check_text(&standard, "token.malformed_text");
        }
    }
    assert!(
        seen > 0,
        "no text has a character in which the alphabets differ"
    );
}

#[test]
fn the_bits_after_the_last_byte_are_zero() {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut with_spare_bits = 0;
    for text in texts_of_every_length() {
        let body_len = text.len() - TOKEN_TEXT_PREFIX.len();
        let spare_bits = body_len * 6 % 8;
        with_spare_bits += usize::from(spare_bits > 0);
        let last = text.chars().next_back().unwrap();
        let place = ALPHABET.find(last).unwrap();
        for extra in 1..1 << spare_bits {
            let other = ALPHABET.as_bytes()[place + extra] as char;
            // A kind reader drops these bits, and has the same bytes under another text.
            let spelled = format!("{}{other}", text.strip_suffix(last).unwrap());
            check_text(&spelled, "token.malformed_text");
        }
    }
    assert_eq!(with_spare_bits, 2);
}

/// Bytes near a token: a sound chain with some bytes changed.
fn nearly_a_token() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    changes.prop_map(|changes| {
        let mut bytes = chain_of_three().bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(token) = Token::from_bytes(&bytes) {
            prop_assert_eq!(token.as_bytes(), bytes.as_slice());
        }
    }

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(bytes in nearly_a_token()) {
        if let Ok(token) = Token::from_bytes(&bytes) {
            prop_assert_eq!(token.as_bytes(), bytes.as_slice());
            let text = token.to_text();
            prop_assert_eq!(&Token::from_text(&text).unwrap(), &token);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(asudo1_)?[A-Za-z0-9_=+/ -]{0,80}|\\PC{0,40}") {
        if let Ok(token) = Token::from_text(&text) {
            prop_assert_eq!(token.to_text(), text);
        }
    }

    #[test]
    fn a_text_has_no_second_spelling(at in any::<prop::sample::Index>(), with in any::<char>()) {
        let text = Token::from_bytes(&root().bytes()).unwrap().to_text();
        let mut spelled: Vec<char> = text.chars().collect();
        let at = at.index(spelled.len());
        spelled[at] = with;
        let spelled: String = spelled.into_iter().collect();
        let same = Token::from_text(&spelled)
            .is_ok_and(|token| token.as_bytes() == root().bytes());
        prop_assert!(!same || spelled == text);
    }
}
