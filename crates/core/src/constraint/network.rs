//! Networks of IP addresses, such as `10.0.0.0/8`.
//!
//! *Threats:* addresses in forms that readers disagree about (`0x7f000001`, `127.1`, `010.0.0.1`), and IPv6
//! addresses that carry an IPv4 address inside and lead there.

use core::net::{IpAddr, Ipv6Addr};

use super::{Breach, ConstraintError, Verdict};
use crate::escape::echo;

/// Most networks of one rule.
pub const MAX_NETWORKS: usize = 64;

/// A network: an address whose bits after the prefix are zero, and the length of the prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    text: String,
    parsed: Option<(IpAddr, u8)>,
}

impl Network {
    pub(super) fn new(text: String) -> Self {
        let parsed = parse(&text);
        Self { text, parsed }
    }

    /// The network as it was written: `192.0.2.0/24`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn check(&self) -> Result<(), ConstraintError> {
        match self.parsed {
            Some(_) => Ok(()),
            None => Err(ConstraintError::InvalidNetwork {
                found: echo(&self.text),
            }),
        }
    }
}

/// Whether the address is in one of the networks. It cannot be said of an address of a family that no
/// network is of, so that a rule against IPv4 networks does not let all of IPv6 in.
pub(super) fn decide(networks: &[Network], text: &str) -> Verdict {
    let address = text
        .parse()
        .ok()
        .filter(|address| !carries_another(address));
    let Some(address) = address else {
        return Verdict::Undecided(Breach::Malformed);
    };
    let parsed = networks.iter().filter_map(|network| network.parsed);
    let mut of_family = parsed
        .filter(|(base, _)| base.is_ipv4() == address.is_ipv4())
        .peekable();
    if of_family.peek().is_none() {
        return Verdict::Undecided(Breach::OutsideNetwork);
    }
    if of_family.any(|(base, prefix)| bits(&base) == network_bits(&address, prefix)) {
        Verdict::Holds
    } else {
        Verdict::Fails(Breach::OutsideNetwork)
    }
}

fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text.split_once('/')?;
    let (address, prefix): (IpAddr, u8) = (address.parse().ok()?, prefix.parse().ok()?);
    let has_room = prefix <= width(&address);
    let sound = has_room
        && bits(&address) == network_bits(&address, prefix)
        && !carries_another(&address)
        && format!("{address}/{prefix}") == text;
    sound.then_some((address, prefix))
}

const fn width(address: &IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn bits(address: &IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address with the bits after the prefix set to zero.
fn network_bits(address: &IpAddr, prefix: u8) -> u128 {
    let rest = u32::from(width(address).saturating_sub(prefix));
    let ones = u128::MAX.checked_shl(rest).unwrap_or(0);
    bits(address) & ones
}

/// IPv6 addresses that stand for an IPv4 address: mapped, compatible, translated (RFC 6052), 6to4, Teredo.
pub(super) fn carries_another(address: &IpAddr) -> bool {
    let IpAddr::V6(address) = address else {
        return false;
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, ..]
        | [0x2002, ..]
        | [0x2001, 0, ..] => true,
        [0, 0, 0, 0, 0, 0, ..] => {
            *address != Ipv6Addr::UNSPECIFIED && *address != Ipv6Addr::LOCALHOST
        }
        _ => false,
    }
}
