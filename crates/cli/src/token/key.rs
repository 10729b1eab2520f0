//! Keys as they are named on the command line: hexadecimal digits, or a file with a public or secret key.
//!
//! A secret key is read by the library's reader only, which refuses files that others can read.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use agentsudo::{KeyError, KeyFileError, PublicKey, Signer as _, read_key_file};

use crate::exit::UsageError;

const PUBLIC_HEADER: &[u8] = b"-----BEGIN PUBLIC KEY-----";
const SECRET_HEADER: &[u8] = b"-----BEGIN PRIVATE KEY-----";
/// Longest public key file that is read; a PEM document of Ed25519 has about 110 bytes.
const MAX_PUBLIC_LEN_BYTES: u64 = 4_096;

/// The public key that a text names: its 64 hexadecimal digits, or a file.
pub(crate) fn named(text: &str) -> anyhow::Result<PublicKey> {
    let is_hex = text.len() == 64 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_hex {
        let key = text.parse::<PublicKey>();
        return key.map_err(|error| UsageError(format!("key `{text}`: {error}")).into());
    }
    in_file(Path::new(text)).map_err(|error| match &error {
        KeyFileError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            let expected = "expected the 64 hexadecimal digits of a public key, or a PEM file";
            UsageError(format!("{expected}; there is no file `{text}`")).into()
        }
        _ => error.into(),
    })
}

/// The public key of a PEM file, which holds a public key or a secret one.
pub(crate) fn in_file(path: &Path) -> Result<PublicKey, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let content = |source| KeyFileError::Content {
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(io)?;
    // The first line tells the two apart before anything secret is in memory.
    let mut header = Vec::new();
    let header_len_bytes = SECRET_HEADER.len() as u64;
    file.by_ref()
        .take(header_len_bytes)
        .read_to_end(&mut header)
        .map_err(io)?;
    if header.starts_with(SECRET_HEADER) {
        return Ok(read_key_file(path)?.public_key());
    }
    if !header.starts_with(PUBLIC_HEADER) {
        let expected = "a PEM document of a public or secret Ed25519 key";
        return Err(content(KeyError::InvalidPem { expected }));
    }
    let mut pem = header;
    file.take(MAX_PUBLIC_LEN_BYTES)
        .read_to_end(&mut pem)
        .map_err(io)?;
    PublicKey::from_pem(&String::from_utf8_lossy(&pem)).map_err(content)
}
