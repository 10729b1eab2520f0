//! What may be signed: bytes that name their purpose.
//!
//! *Threat:* a signature made for one purpose offered for another (an approval as a token block). Each
//! kind of signature starts with its own domain string, and no other bytes reach a signer.

/// What a signature is for. Its string is the first thing that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Domain {
    /// The root block of a token, signed by an issuer.
    RootBlock,
    /// A delegation, signed by the holder named in the block before.
    DelegationBlock,
    /// The proof that whoever opens a session holds the token's key.
    Session,
    /// A person's decision about one call.
    Approval,
    /// The proof that whoever makes one call holds the token's key.
    Invocation,
    /// The holder's half of the handshake that opens a session.
    Handshake,
}

impl Domain {
    /// Every domain, for tests that offer each kind of signature as each other kind.
    pub const ALL: [Self; 6] = [
        Self::RootBlock,
        Self::DelegationBlock,
        Self::Session,
        Self::Approval,
        Self::Invocation,
        Self::Handshake,
    ];

    /// The string, its final zero byte included: no string is a prefix of another.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::RootBlock => b"agentsudo.root.v1\0",
            Self::DelegationBlock => b"agentsudo.delegation.v1\0",
            Self::Session => b"agentsudo.session.v1\0",
            Self::Approval => b"agentsudo.approval.v1\0",
            Self::Invocation => b"agentsudo.invocation.v1\0",
            Self::Handshake => b"agentsudo.handshake.v1\0",
        }
    }
}

/// Bytes that may be signed. Only this crate builds them.
#[derive(Debug, Clone)]
pub struct SigningInput {
    domain: Domain,
    bytes: Vec<u8>,
}

impl SigningInput {
    pub(crate) fn new(domain: Domain, parts: &[&[u8]]) -> Self {
        let len_bytes = parts.iter().map(|part| part.len()).sum::<usize>();
        let mut bytes = Vec::with_capacity(domain.as_bytes().len() + len_bytes);
        bytes.extend_from_slice(domain.as_bytes());
        for part in parts {
            bytes.extend_from_slice(part);
        }
        Self { domain, bytes }
    }

    /// What the signature is for.
    #[must_use]
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// All the bytes to sign, the domain string first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
