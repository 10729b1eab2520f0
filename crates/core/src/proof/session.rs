//! Calls of a session: a message authentication code each, instead of a signature.
//!
//! *Invariants:* a tag is bound to its session, its place in it, the tool, its definition and the exact
//! arguments; each place is used once, in any order within a window; a tag that is wrong uses nothing up.

use core::fmt;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use minicbor::Decoder;
use sha2::Sha256;

use super::handshake::SESSION_ID_LEN_BYTES;
use super::stamp::{bytes, canonical, version};
use super::{Invocation, PROOF_VERSION, ProofError};
use crate::authorized::{Pending, Refused, authorize_pending};
use crate::call::Call;
use crate::capability::{Capability, Conditions};
use crate::cbor::to_vec;

/// Bytes of a tag's code: HMAC-SHA256 (RFC 2104), all of it.
pub const TAG_LEN_BYTES: usize = 32;
/// How far behind the newest a tag may lie: calls of a session overtake each other.
pub const TAG_WINDOW: u64 = 128;
const TAG_DOMAIN: &[u8] = b"agentsudo.call.v1\0";

/// The tag of one call: its place in the session, and the code over it.
#[derive(Clone, PartialEq, Eq)]
pub struct CallTag {
    counter: u64,
    code: [u8; TAG_LEN_BYTES],
}

/// The key of a session, as its holder has it.
pub struct SessionKey {
    session: [u8; SESSION_ID_LEN_BYTES],
    mac: Hmac<Sha256>,
}

impl SessionKey {
    pub(super) fn new(
        session: [u8; SESSION_ID_LEN_BYTES],
        key: &[u8; 32],
    ) -> Result<Self, ProofError> {
        // HMAC takes keys of any length.
        let mac = Hmac::new_from_slice(key).map_err(|_| ProofError::WeakAgreement)?;
        Ok(Self { session, mac })
    }

    /// The session's id.
    #[must_use]
    pub const fn session(&self) -> &[u8; SESSION_ID_LEN_BYTES] {
        &self.session
    }

    /// Tags a call. Each needs a counter of its own, from 0 up.
    #[must_use]
    pub fn tag(&self, counter: u64, invocation: &Invocation<'_>) -> CallTag {
        let code = self.mac_of(counter, invocation).finalize();
        CallTag {
            counter,
            code: code.into_bytes().into(),
        }
    }

    fn mac_of(&self, counter: u64, invocation: &Invocation<'_>) -> Hmac<Sha256> {
        let ([definition, arguments], tool) = invocation.signed_parts();
        let mut mac = self.mac.clone();
        mac.update(TAG_DOMAIN);
        mac.update(&self.session);
        mac.update(definition);
        mac.update(arguments);
        mac.update(&counter.to_be_bytes());
        mac.update(&tool);
        mac
    }

    fn check(&self, tag: &CallTag, invocation: &Invocation<'_>) -> Result<(), ProofError> {
        // Takes the same time wherever the codes differ.
        self.mac_of(tag.counter, invocation)
            .verify_slice(&tag.code)
            .map_err(|_| ProofError::TagInvalid)
    }
}

/// A session as its verifier has it: what the token allows, for calls with the session's tags.
pub struct ProvedSession {
    capability: Capability,
    key: SessionKey,
    window: Mutex<Window>,
}

impl ProvedSession {
    pub(super) const fn new(capability: Capability, key: SessionKey) -> Self {
        Self {
            capability,
            key,
            window: Mutex::new(Window::new()),
        }
    }

    /// The session's id.
    #[must_use]
    pub const fn id(&self) -> &[u8; SESSION_ID_LEN_BYTES] {
        &self.key.session
    }

    /// What the session may do; calls go through [`Self::authorize`] all the same.
    #[must_use]
    pub const fn capability(&self) -> &Capability {
        &self.capability
    }

    /// Decides a call that carries a tag of this session. The tag's place is used up, also when the call is
    /// then refused.
    ///
    /// # Errors
    /// [`Refused`]: the tag is wrong or was used, or the token does not allow the call.
    pub fn authorize<A>(
        &self,
        call: Call<A>,
        tag: &CallTag,
        conditions: &Conditions<'_>,
    ) -> Result<Pending<A>, Refused<A>> {
        match self.spend(&call, tag) {
            Ok(()) => authorize_pending(&self.capability, call, conditions),
            Err(error) => {
                let chain = self.capability.chain().clone();
                Err(Refused::new(call, chain, error.into()))
            }
        }
    }

    fn spend<A>(&self, call: &Call<A>, tag: &CallTag) -> Result<(), ProofError> {
        self.key.check(tag, &Invocation::proposed(call))?;
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.spend(tag.counter)
    }
}

/// Which of the newest counters were used.
#[derive(Debug)]
struct Window {
    /// The counter after the newest one.
    next: u64,
    /// Bit `i` stands for `next - 1 - i`.
    used: u128,
}

impl Window {
    const fn new() -> Self {
        Self { next: 0, used: 0 }
    }

    fn spend(&mut self, counter: u64) -> Result<(), ProofError> {
        let replayed = ProofError::TagReplayed { counter };
        // The last counter has no next one: it is never used.
        let after = counter.checked_add(1).ok_or(replayed.clone())?;
        if after > self.next {
            let ahead = u32::try_from(after - self.next).unwrap_or(u32::MAX);
            self.used = self.used.checked_shl(ahead).unwrap_or(0) | 1;
            self.next = after;
            return Ok(());
        }
        let behind = self.next - after;
        if behind >= TAG_WINDOW || self.used & (1 << behind) != 0 {
            return Err(replayed);
        }
        self.used |= 1 << behind;
        Ok(())
    }
}

impl CallTag {
    /// The place in the session.
    #[must_use]
    pub const fn counter(&self) -> u64 {
        self.counter
    }

    /// The bytes: `[version, counter, code]` in deterministic CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_vec(|to| {
            to.array(3)?.u64(PROOF_VERSION)?.u64(self.counter)?;
            to.bytes(&self.code)?.ok()
        })
    }

    /// Decodes a tag.
    ///
    /// # Errors
    /// [`ProofError::Malformed`], [`ProofError::NotCanonical`] or [`ProofError::UnknownVersion`].
    pub fn from_bytes(encoded: &[u8]) -> Result<Self, ProofError> {
        let mut from = Decoder::new(encoded);
        version(&mut from, 3)?;
        let tag = Self {
            counter: from.u64()?,
            code: bytes(&mut from)?,
        };
        let again = tag.to_bytes();
        canonical(tag, &again, &from)
    }
}

impl fmt::Debug for CallTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallTag({}, ..)", self.counter)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

impl fmt::Debug for ProvedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvedSession")
            .field("capability", &self.capability)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[track_caller]
    fn check(counters: &[u64], expected: &str) {
        let mut window = Window::new();
        let spent = counters.iter().map(|counter| {
            if window.spend(*counter).is_ok() {
                'y'
            } else {
                'n'
            }
        });
        assert_eq!(spent.collect::<String>(), expected);
    }

    #[test]
    fn each_counter_is_used_once_in_any_order() {
        check(&[0, 1, 1, 0, 2], "yynny");
        check(&[5, 3, 4, 3, 5, 6], "yyynny");
    }

    #[test]
    fn what_has_fallen_out_of_the_window_is_refused() {
        check(&[127, 0, 0], "yyn");
        check(&[128, 0, 1], "yny");
        check(&[1_000_000, 0, 999_999], "yny");
    }

    #[test]
    fn a_leap_of_the_whole_window_forgets_nothing_that_counts() {
        check(&[0, 128, 1, 0], "yyyn");
        check(&[0, 1 << 40, 0], "yyn");
    }

    #[test]
    fn the_last_counter_is_never_used() {
        check(&[u64::MAX, u64::MAX - 1, u64::MAX - 1], "nyn");
    }
}
