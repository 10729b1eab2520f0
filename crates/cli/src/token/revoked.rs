//! Revocations as they are typed: `block:HEX`, `holder:HEX`, `agent:NAME`, `issuer:HEX`.

use agentsudo::{AgentName, Digest, HolderKey, IssuerKeyId, Revoked};

const FORMS: &str = "expected `block:` or `holder:` and 64 hexadecimal digits, `agent:` and a name, or \
                     `issuer:` and 16 hexadecimal digits, in lower case";

/// Reads one revocation.
pub(crate) fn parse(text: &str) -> Result<Revoked, String> {
    let malformed = || format!("{FORMS}, found `{text}`");
    let (kind, what) = text.split_once(':').ok_or_else(malformed)?;
    let digits = || Digest::parse(what).map_err(|_| malformed());
    Ok(match kind {
        "block" => Revoked::Block(digits()?),
        "holder" => Revoked::Holder(HolderKey::from_bytes(*digits()?.as_bytes())),
        "agent" => Revoked::Agent(
            AgentName::parse(what).map_err(|error| format!("{error} ({})", error.code()))?,
        ),
        "issuer" => {
            let is_plain = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
            let is_id = what.len() == 2 * IssuerKeyId::LEN_BYTES && what.bytes().all(is_plain);
            let id = u64::from_str_radix(what, 16).ok().filter(|_| is_id);
            Revoked::Issuer(IssuerKeyId::from_bytes(
                id.ok_or_else(malformed)?.to_be_bytes(),
            ))
        }
        _ => return Err(malformed()),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap().to_string(), expected);
    }

    #[track_caller]
    fn check_refused(text: &str, said: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.contains(said), "{error}");
    }

    #[test]
    fn each_kind_is_read() {
        let digits = "0123456789abcdef".repeat(4);
        check(&format!("block:{digits}"), &format!("block {digits}"));
        check(&format!("holder:{digits}"), &format!("holder key {digits}"));
        check("agent:support-bot", "agent `support-bot`");
        check("issuer:00ff00ff00ff00ff", "issuer key 00ff00ff00ff00ff");
    }

    #[test]
    fn anything_else_is_answered_with_the_forms() {
        for text in [
            "",
            "block",
            "block:1",
            "tool:x",
            "issuer:+0ff00ff00ff00ff",
            "issuer:",
        ] {
            check_refused(text, "expected `block:`");
        }
        check_refused(&format!("holder:{}", "A".repeat(64)), "lower case");
        check_refused("agent:Bot", "(name.");
    }
}
