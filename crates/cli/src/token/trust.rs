//! Whom the person at the keyboard trusts, and for when a question is asked.

use std::sync::Arc;
use std::time::Duration;

use agentsudo::{
    Audience, BlockClaims, Clock as _, PublicKey, RevocationList, Revoked, SystemClock, Timestamp,
    Token, TokenError, TooManyRevocations, Verified, Verifier,
};
use serde::Serialize;

use super::{key, span};

/// What verifiers call themselves where the token does not care.
const ANY_AUDIENCE: &str = "unnamed";

#[derive(Debug, clap::Args)]
pub(crate) struct Moment {
    /// The time to take for now, in seconds since 1970 [default: the machine's clock]
    #[arg(long, value_name = "UNIX_S")]
    at: Option<u64>,
}

impl Moment {
    pub(crate) fn now(&self) -> Timestamp {
        self.at
            .map_or_else(|| SystemClock::start().now(), Timestamp::from_unix_s)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct TrustArgs {
    /// An issuer to trust: the hexadecimal digits of its public key, or a PEM file. May be repeated
    #[arg(long, value_name = "PUB")]
    pub(crate) issuer: Vec<String>,
    /// The longest life that these issuers may give, at most 31d [default: 1d]
    #[arg(long, value_name = "SPAN", value_parser = span::parse)]
    pub(crate) max_life: Option<Duration>,
    /// Who verifies: needed where a token is meant for certain verifiers
    #[arg(long)]
    pub(crate) audience: Option<Audience>,
}

/// Why a token or a call is refused: the code for machines, the words for people.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

/// Whom to trust, keys and all.
pub(crate) struct Trust {
    issuers: Vec<PublicKey>,
    max_life: Option<Duration>,
    audience: Option<Audience>,
    is_strict: bool,
    revoked: Option<Arc<RevocationList>>,
}

impl Trust {
    /// Reads the issuers' keys.
    pub(crate) fn of(args: &TrustArgs) -> anyhow::Result<Self> {
        let issuers = args.issuer.iter().map(|issuer| key::named(issuer));
        Ok(Self {
            issuers: issuers.collect::<Result<_, _>>()?,
            max_life: args.max_life,
            audience: args.audience.clone(),
            is_strict: false,
            revoked: None,
        })
    }

    /// Refuses calls of which a sink is not pinned.
    pub(crate) const fn strict(mut self, is_strict: bool) -> Self {
        self.is_strict = is_strict;
        self
    }

    /// Takes these for revoked.
    pub(crate) fn without(mut self, revoked: &[Revoked]) -> Result<Self, TooManyRevocations> {
        let list = RevocationList::new();
        for what in revoked {
            list.revoke(what.clone())?;
        }
        self.revoked = (!list.is_empty()).then(|| Arc::new(list));
        Ok(self)
    }

    /// Whether nobody is trusted.
    pub(crate) const fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// Verifies a token, for an audience that it is meant for unless one was named.
    ///
    /// With a new verifier each time: none remembers a spent proof.
    pub(crate) fn verify(&self, token: &Token, now: Timestamp) -> Result<Verified, TokenError> {
        let claims = token.claims();
        let meant_for = audiences(&claims).and_then(|meant_for| meant_for.into_iter().next());
        let audience = match self.audience.clone().or(meant_for) {
            Some(audience) => audience,
            None => Audience::parse(ANY_AUDIENCE)?,
        };
        let mut verifier = Verifier::new(audience);
        if self.is_strict {
            verifier = verifier.strict();
        }
        if let Some(revoked) = &self.revoked {
            verifier = verifier.revocations(Arc::<RevocationList>::clone(revoked));
        }
        let verifier = self
            .issuers
            .iter()
            .fold(verifier, |verifier, issuer| match self.max_life {
                Some(life) => verifier.trust_up_to(*issuer, life.as_secs()),
                None => verifier.trust(*issuer),
            });
        verifier.verify(token, now)
    }

    /// As [`Trust::verify`], but a token that is meant for somebody needs a verifier with a name.
    pub(crate) fn verify_as_named(
        &self,
        token: &Token,
        now: Timestamp,
    ) -> Result<Verified, Refused> {
        let verified = self.verify(token, now).map_err(|error| {
            let issuer = token.claims().into_iter().find_map(|block| block.root);
            let named = issuer.filter(|_| matches!(error, TokenError::UnknownIssuer));
            let mut refused = Refused::from(error);
            if let Some(root) = named {
                refused.message += &format!(": `{}`", root.issuer);
            }
            refused
        })?;
        match (&self.audience, audiences(&token.claims())) {
            (None, Some(meant_for)) => {
                let meant_for = meant_for.iter().map(Audience::as_str).collect::<Vec<_>>();
                let meant_for = meant_for.join("`, `");
                Err(Refused {
                    code: "token.audience_mismatch",
                    message: format!(
                        "token is meant for `{meant_for}`, and no --audience says who verifies"
                    ),
                })
            }
            _ => Ok(verified),
        }
    }
}

/// The verifiers that all blocks name, or nothing if no block names any.
pub(crate) fn audiences(blocks: &[BlockClaims]) -> Option<Vec<Audience>> {
    let lists = blocks.iter().map(|block| &block.audiences);
    lists
        .filter(|list| !list.is_empty())
        .fold(None, |met, list| {
            Some(match met {
                None => list.clone(),
                Some(met) => met.into_iter().filter(|one| list.contains(one)).collect(),
            })
        })
}
