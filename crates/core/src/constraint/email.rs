//! E-mail addresses, by domain.
//!
//! One plain address, `local@domain`, without a display name, quotes, comments or routes. *Threats:* two
//! addresses in one text, `a@good@evil`, a line feed that starts a header of its own, `user%evil@good`,
//! which old mail servers pass on, an address that a mail program reads as an option.

use super::host;

/// Longest address (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS_LEN_BYTES: usize = 254;
/// Longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_LEN_BYTES: usize = 64;

/// The domain of an address in lower case; `None` if the text is not one plain address.
pub(super) fn domain_of(address: &str) -> Option<String> {
    let (local, domain) = address.split_once('@')?;
    let sound = address.len() <= MAX_ADDRESS_LEN_BYTES
        && (1..=MAX_LOCAL_LEN_BYTES).contains(&local.len())
        && !local.starts_with('-')
        && local.split('.').all(is_atom);
    if sound { domain_name(domain) } else { None }
}

/// A domain that mail is sent to has a dot.
pub(super) fn domain_name(text: &str) -> Option<String> {
    host::name(text).filter(|name| name.contains('.'))
}

fn is_atom(text: &str) -> bool {
    let is_plain =
        |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'+' | b'-' | b'=' | b'\'');
    !text.is_empty() && text.bytes().all(is_plain)
}
