//! The text form: a prefix that secret scanners can look for, then base64url without padding.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::{MAX_TOKEN_LEN_BYTES, Token, TokenError};

/// What the text of every token starts with.
pub const TOKEN_TEXT_PREFIX: &str = "asudo1_";

impl Token {
    /// The text form, for environment variables, headers and files.
    ///
    /// # Security
    /// Whoever has it still needs the holder's key; keep it as you keep a password all the same.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!(
            "{TOKEN_TEXT_PREFIX}{}",
            Base64UrlUnpadded::encode_string(self.as_bytes())
        )
    }

    /// Reads the text form, exactly as [`Token::to_text`] writes it.
    ///
    /// # Errors
    /// [`TokenError::MalformedText`] for another prefix or characters; otherwise as
    /// [`Token::from_bytes`].
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        let encoded = text
            .strip_prefix(TOKEN_TEXT_PREFIX)
            .ok_or(TokenError::MalformedText)?;
        let max_len_chars = MAX_TOKEN_LEN_BYTES.div_ceil(3) * 4;
        if encoded.len() > max_len_chars {
            return Err(TokenError::TooLarge {
                found: encoded.len() / 4 * 3,
            });
        }
        let bytes =
            Base64UrlUnpadded::decode_vec(encoded).map_err(|_| TokenError::MalformedText)?;
        Self::from_bytes(&bytes)
    }
}
