//! URLs, by scheme, host and port.
//!
//! A parser of its own, small enough to read: what it does not know, it refuses, and so it never has to
//! guess what another parser would make of it. It says nothing about the query; of the path it makes sure
//! that no reader can shorten it, so that a prefix rule beside it means what it says.
//! `docs/decisions/0006-a-url-parser-that-refuses.md` has the reasons.
//!
//! *Threats:* `https://good@evil`, `https://evil#@good`, backslashes, control characters, hosts that only
//! look like others, numbers that are addresses, `%2e%2e`.

use super::{Breach, ConstraintError, Verdict, host};
use crate::escape::echo;

/// Longest URL: servers and proxies cut longer ones.
pub const MAX_URL_LEN_BYTES: usize = 2_048;
/// Most schemes, hosts or ports of one rule.
pub const MAX_HOSTS: usize = 64;

/// The schemes that are known here, with their ports.
const SCHEMES: [(&str, u16); 4] = [("https", 443), ("http", 80), ("wss", 443), ("ws", 80)];

/// Which URLs are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlRule {
    pub(super) schemes: Vec<String>,
    pub(super) hosts: Vec<String>,
    pub(super) ports: Vec<u16>,
}

impl UrlRule {
    /// `https`, `http`, `wss` or `ws`.
    pub fn schemes(&self) -> impl Iterator<Item = &str> {
        self.schemes.iter().map(String::as_str)
    }

    /// Hosts, exact or as `*.example.com`.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(String::as_str)
    }

    /// Ports; none means the one that belongs to the scheme.
    #[must_use]
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    pub(super) fn check(&self) -> Result<(), ConstraintError> {
        for found in [
            self.schemes.len(),
            self.hosts.len(),
            self.ports.len().max(1),
        ] {
            if !(1..=MAX_HOSTS).contains(&found) {
                return Err(ConstraintError::HostCount { found });
            }
        }
        if let Some(unknown) = self.schemes().find(|scheme| port_of(scheme).is_none()) {
            return Err(ConstraintError::UnknownScheme {
                found: echo(unknown),
            });
        }
        if self.ports.contains(&0) {
            return Err(ConstraintError::InvalidPort);
        }
        self.hosts()
            .try_for_each(|pattern| host::check_pattern(pattern, host::of_url))
    }

    pub(super) fn decide(&self, text: &str) -> Verdict {
        let Some(found) = Url::parse(text) else {
            return Verdict::Undecided(Breach::Malformed);
        };
        if !self.schemes().any(|scheme| scheme == found.scheme) {
            return Verdict::Fails(Breach::SchemeNotAllowed);
        }
        if !self
            .hosts()
            .any(|pattern| host::matches(pattern, &found.host))
        {
            return Verdict::Fails(Breach::HostNotAllowed);
        }
        let port_is_allowed = match self.ports.as_slice() {
            [] => Some(found.port) == port_of(found.scheme),
            ports => ports.contains(&found.port),
        };
        if port_is_allowed {
            Verdict::Holds
        } else {
            Verdict::Fails(Breach::PortNotAllowed)
        }
    }
}

fn port_of(scheme: &str) -> Option<u16> {
    let known = SCHEMES.iter().find(|(name, _)| *name == scheme);
    known.map(|(_, port)| *port)
}

/// The parts of a URL that decide where it leads.
#[derive(Debug)]
struct Url {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl Url {
    fn parse(text: &str) -> Option<Self> {
        // Whoever fetches it never sends a fragment, and `#` is where parsers disagree about the host.
        if text.len() > MAX_URL_LEN_BYTES || !text.bytes().all(is_url_byte) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let (scheme, usual_port) = SCHEMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(scheme))?;
        // No `?` right after the host: some parsers go on with the host there.
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.split('?').next().unwrap_or_default();
        if !is_well_escaped(rest) || !is_settled(path) {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, parse_port(port)?),
            _ => (authority, *usual_port),
        };
        Some(Self {
            scheme,
            host: host::of_url(host)?,
            port,
        })
    }
}

/// The characters of RFC 3986, section 2, but for `#`.
const fn is_url_byte(c: u8) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b':'
                | b'/'
                | b'?'
                | b'['
                | b']'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b'%'
        )
}

/// One to five digits without a zero in front.
fn parse_port(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|c| c.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

/// Each `%` stands before two hexadecimal digits.
fn is_well_escaped(text: &str) -> bool {
    let mut parts = text.split('%').skip(1);
    parts.all(|after| {
        let mut digits = after.bytes();
        let mut is_digit = || digits.next().is_some_and(|c| c.is_ascii_hexdigit());
        is_digit() && is_digit()
    })
}

/// No part of a path is `.` or `..`, and none hides a dot, slash, backslash or control character behind a
/// percent sign.
fn is_settled(path: &str) -> bool {
    let mut names = path.split('/');
    let mut escapes = path.split('%').skip(1);
    !names.any(|name| {
        // Some servers take what follows a semicolon off first.
        matches!(name.split(';').next(), Some("." | ".."))
    }) && !escapes.any(|after| {
        let mut digits = after.bytes().map(|c| c.to_ascii_lowercase());
        matches!(
            (digits.next(), digits.next()),
            (Some(b'0' | b'1'), _)
                | (Some(b'2'), Some(b'5' | b'e' | b'f'))
                | (Some(b'5'), Some(b'c'))
                | (Some(b'7'), Some(b'f'))
        )
    })
}
