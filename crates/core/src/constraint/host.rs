//! Names and addresses of hosts, as they stand in URLs and after the `@` of e-mail addresses.
//!
//! Strict: ASCII letters, digits and hyphens in labels, or an address in the one form that everybody reads
//! alike. There is no IDNA: an international name stands as its `xn--` form or not at all. *Threats:*
//! letters that look like others; `0x7f.1`, `127.1` and `2130706433`, which some readers take for an
//! address; a trailing dot.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{ConstraintError, network};
use crate::escape::echo;

/// Longest host name (RFC 1035, section 2.3.4, as text).
const MAX_HOST_LEN_BYTES: usize = 253;
/// Longest label (RFC 1035, section 2.3.4).
const MAX_LABEL_LEN_BYTES: usize = 63;

/// The name in lower case; `None` if it is no name, or one that reads as an address.
pub(super) fn name(text: &str) -> Option<String> {
    let last = text.rsplit('.').next()?;
    let sound =
        text.len() <= MAX_HOST_LEN_BYTES && text.split('.').all(is_label) && !reads_as_number(last);
    sound.then(|| text.to_ascii_lowercase())
}

/// The host of a URL in its one form: a name in lower case, `192.0.2.1`, or `[2001:db8::1]`.
pub(super) fn of_url(text: &str) -> Option<String> {
    if let Some(inner) = text.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        let plain = !network::carries_another(&IpAddr::V6(address));
        return plain.then(|| format!("[{address}]"));
    }
    name(text).or_else(|| {
        let address: Ipv4Addr = text.parse().ok()?;
        Some(address.to_string())
    })
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_LEN_BYTES).contains(&label.len())
        && label
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// What makes other readers try to read the whole host as an address.
fn reads_as_number(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    let hexadecimal = lower
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
    hexadecimal || lower.bytes().all(|c| c.is_ascii_digit())
}

/// A pattern is a host in its one form, or `*.` and a name of two labels or more.
pub(super) fn check_pattern(
    pattern: &str,
    read: fn(&str) -> Option<String>,
) -> Result<(), ConstraintError> {
    let sound = match pattern.strip_prefix("*.") {
        Some(parent) => parent.contains('.') && name(parent).as_deref() == Some(parent),
        None => read(pattern).as_deref() == Some(pattern),
    };
    if sound {
        Ok(())
    } else {
        Err(ConstraintError::InvalidHost {
            found: echo(pattern),
        })
    }
}

/// Whether a host in its one form is what a pattern names; `*.` stands for one or more labels.
pub(super) fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        // Labels are never empty, so what stands before the dot is at least one.
        Some(parent) => host.len() > parent.len() && host.ends_with(parent),
        None => host == pattern,
    }
}
