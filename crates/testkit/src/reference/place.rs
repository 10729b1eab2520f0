//! Where something leads: hosts, URLs, addresses of mail and of machines.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A name of a host in lower case.
fn host_name(text: &str) -> Option<String> {
    let labels: Vec<_> = text.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = labels.last()?.to_ascii_lowercase();
    let is_number = last.chars().all(|c| c.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit()));
    (text.len() <= 253 && labels.iter().all(is_label) && !is_number)
        .then(|| text.to_ascii_lowercase())
}

/// The host of a URL in its one form; `None` for what is no host.
#[must_use]
pub fn normal_host(text: &str) -> Option<String> {
    if let Some(name) = host_name(text) {
        return Some(name);
    }
    let is_bracketed = text.starts_with('[') && text.ends_with(']');
    let inner = if is_bracketed {
        text.get(1..text.len() - 1)?
    } else {
        text
    };
    match Address::parse(inner)? {
        Address::V4(bytes) if !is_bracketed => Some(Ipv4Addr::from(bytes).to_string()),
        Address::V6(bytes) if is_bracketed => Some(format!("[{}]", Ipv6Addr::from(bytes))),
        _ => None,
    }
}

pub(super) fn is_host_pattern(pattern: &str) -> bool {
    is_pattern(pattern) || normal_host(pattern).is_some_and(|host| host == pattern)
}

pub(super) fn is_mail_pattern(pattern: &str) -> bool {
    is_pattern(pattern) || mail_domain(pattern).is_some_and(|domain| domain == pattern)
}

/// `*.` and a name of two labels or more.
fn is_pattern(pattern: &str) -> bool {
    let name = pattern.strip_prefix("*.").and_then(mail_domain);
    name.is_some_and(|name| pattern == format!("*.{name}"))
}

fn mail_domain(text: &str) -> Option<String> {
    host_name(text).filter(|name| name.contains('.'))
}

/// Whether a host in its one form is what a pattern names.
pub(super) fn host_matches(pattern: &str, host: &str) -> bool {
    let Some(parent) = pattern.strip_prefix("*.") else {
        return pattern == host;
    };
    let parents = host.char_indices().filter(|(_, c)| *c == '.');
    parents
        .into_iter()
        .any(|(dot, _)| host.get(dot + 1..) == Some(parent))
}

/// The domain of an e-mail address in lower case; `None` for what is not one plain address.
pub(super) fn domain_of_mail(text: &str) -> Option<String> {
    let parts: Vec<_> = text.split('@').collect();
    let [local, domain] = parts.as_slice() else {
        return None;
    };
    let is_listed = |c: char| c.is_ascii_alphanumeric() || "_+-='".contains(c);
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_listed);
    let is_sound = text.len() <= 254
        && local.len() <= 64
        && !local.starts_with('-')
        && local.split('.').all(is_atom);
    if is_sound { mail_domain(domain) } else { None }
}

/// Scheme, host and port of a URL.
pub(super) struct Url {
    pub(super) scheme: String,
    pub(super) host: String,
    pub(super) port: u32,
}

pub(super) fn usual_port(scheme: &str) -> Option<u32> {
    match scheme {
        "https" | "wss" => Some(443),
        "http" | "ws" => Some(80),
        _ => None,
    }
}

impl Url {
    /// `None` for what readers could disagree about.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let is_listed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?[]@!$&'()*+,;=%".contains(c);
        if text.len() > 2_048 || !text.chars().all(is_listed) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let usual = usual_port(&scheme)?;
        let (authority, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let (path, _) = rest.split_once('?').unwrap_or((rest, ""));
        if escapes(rest).is_none() || !is_settled(path) {
            return None;
        }
        if let Some(host) = normal_host(authority) {
            return Some(Self {
                scheme,
                host,
                port: usual,
            });
        }
        let colon = authority.rfind(':')?;
        let (host, port) = (authority.get(..colon)?, authority.get(colon + 1..)?);
        let is_port = !port.starts_with('0') && port.chars().all(|c| c.is_ascii_digit());
        let port = port
            .parse()
            .ok()
            .filter(|port| is_port && *port <= 65_535)?;
        Some(Self {
            scheme,
            host: normal_host(host)?,
            port,
        })
    }
}

/// The bytes that are written with a percent sign; `None` if one is not two hexadecimal digits.
fn escapes(text: &str) -> Option<Vec<u8>> {
    let bytes = text.split('%').skip(1).map(|after| {
        let digits = after.get(..2)?;
        let are_digits = digits.chars().all(|c| c.is_ascii_hexdigit());
        u8::from_str_radix(digits, 16).ok().filter(|_| are_digits)
    });
    bytes.collect()
}

/// Nothing in the path can be shortened, and nothing that could be is hidden in it.
fn is_settled(path: &str) -> bool {
    let is_step = |name: &str| {
        let before = name.split(';').next().unwrap_or("");
        before == "." || before == ".."
    };
    let is_bad = |byte: &u8| byte.is_ascii_control() || b"./\\%".contains(byte);
    let hidden = escapes(path).unwrap_or_default();
    !path.split('/').any(is_step) && !hidden.iter().any(is_bad)
}

/// An IP address as its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Address {
    V4([u8; 4]),
    V6([u8; 16]),
}

impl Address {
    /// `None` for what is no address, and for one that carries another.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(bytes) = four(text) {
            return Some(Self::V4(bytes));
        }
        sixteen(text)
            .filter(|bytes| !carries_another(bytes))
            .map(Self::V6)
    }

    /// A network in its one form: the address and how many bits count.
    pub(super) fn network(text: &str) -> Option<(Self, usize)> {
        let (address, prefix) = text.split_once('/')?;
        let (address, prefix) = (Self::parse(address)?, prefix.parse::<usize>().ok()?);
        let rest_is_zero = address.bits().get(prefix..)?.iter().all(|bit| !bit);
        let written = match address {
            Self::V4(bytes) => Ipv4Addr::from(bytes).to_string(),
            Self::V6(bytes) => Ipv6Addr::from(bytes).to_string(),
        };
        (rest_is_zero && format!("{written}/{prefix}") == text).then_some((address, prefix))
    }

    fn bits(&self) -> Vec<bool> {
        let bytes: &[u8] = match self {
            Self::V4(bytes) => bytes,
            Self::V6(bytes) => bytes,
        };
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
        bits.collect()
    }

    /// Whether the address is in a network; `None` for one of the other family.
    pub(super) fn is_in(&self, (base, prefix): (Self, usize)) -> Option<bool> {
        let (ours, theirs) = (self.bits(), base.bits());
        (ours.len() == theirs.len()).then(|| ours.get(..prefix) == theirs.get(..prefix))
    }
}

fn four(text: &str) -> Option<[u8; 4]> {
    let parts: Vec<_> = text.split('.').collect();
    let number = |part: &&str| {
        let plain =
            part.chars().all(|c| c.is_ascii_digit()) && (*part == "0" || !part.starts_with('0'));
        part.parse().ok().filter(|_| plain)
    };
    let numbers: Option<Vec<u8>> = parts.iter().map(number).collect();
    numbers?.try_into().ok()
}

fn sixteen(text: &str) -> Option<[u8; 16]> {
    let bytes = match text.split_once("::") {
        None => groups(text, true)?,
        Some((_, after)) if after.contains("::") => return None,
        Some((before, after)) => {
            let (before, after) = (groups(before, false)?, groups(after, true)?);
            let missing = 16_usize.checked_sub(before.len() + after.len() + 2)?;
            [before, vec![0; missing + 2], after].concat()
        }
    };
    bytes.try_into().ok()
}

/// Groups of up to four hexadecimal digits; the last may be four decimal numbers.
fn groups(text: &str, may_end_in_four: bool) -> Option<Vec<u8>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<_> = text.split(':').collect();
    let mut bytes = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        if let Some(numbers) = four(part).filter(|_| is_last && may_end_in_four) {
            bytes.extend(numbers);
            continue;
        }
        let is_group = (1..=4).contains(&part.len()) && part.chars().all(|c| c.is_ascii_hexdigit());
        let group = u16::from_str_radix(part, 16).ok().filter(|_| is_group)?;
        bytes.extend(group.to_be_bytes());
    }
    Some(bytes)
}

/// Whether an IPv6 address stands for an IPv4 one: `::ffff:0:0/96`, `::ffff:0:0:0/96`, `::/96` but for `::`
/// and `::1`, `64:ff9b::/32`, `2002::/16`, `2001::/32`.
fn carries_another(bytes: &[u8; 16]) -> bool {
    let is_below = |prefix: &[u8]| bytes.starts_with(prefix);
    let is_small = |last: u8| is_below(&[0; 15]) && bytes.last() == Some(&last);
    is_below(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
        || is_below(&[0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0])
        || (is_below(&[0; 12]) && !is_small(0) && !is_small(1))
        || is_below(&[0, 0x64, 0xff, 0x9b])
        || is_below(&[0x20, 0x02])
        || is_below(&[0x20, 0x01, 0, 0])
}
