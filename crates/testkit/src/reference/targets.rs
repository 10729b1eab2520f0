//! What the fuzz targets do with their bytes. `fuzz/` calls these, and the tests replay the corpus with them.
//!
//! Each panics when something that must hold does not.

use agentsudo_core::{Arguments, Scope, ScopePattern, Token};

use super::case::{Case, Choices, NOW_S, arguments, plain_trust, root_with_constraint};
use super::{come_back, compare, covers, is_pattern, verified, verify};

/// A target: its name, which is that of its corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("token", token),
    ("proof", proof),
    ("constraint", constraint),
    ("scope", scope),
    ("arguments", arguments_of),
    ("differential", differential),
];

/// Bytes as a token, and as the text of one: both verifiers agree, and what decodes has one form.
///
/// # Panics
/// If it is not so.
pub fn token(bytes: &[u8]) {
    assert_agrees(&Case {
        token: bytes.to_vec(),
        trust: plain_trust(),
        calls: Vec::new(),
        attempts: Vec::new(),
    });
    if let Ok(token) = Token::from_bytes(bytes) {
        assert_eq!(token.as_bytes(), bytes);
        let text = token.to_text();
        let again = Token::from_text(&text);
        assert!(
            again.is_ok_and(|again| again == token),
            "the text form does not come back"
        );
        assert_eq!(token.claims().len(), token.claimed_chain().iter().count());
    }
    if let Ok(text) = core::str::from_utf8(bytes)
        && let Ok(token) = Token::from_text(text)
    {
        assert_eq!(token.to_text(), text);
    }
}

/// Bytes as an invocation proof and as the messages of a session: what decodes has one form.
///
/// # Panics
/// If it is not so.
pub fn proof(bytes: &[u8]) {
    super::proof::decode_all(bytes);
}

/// Bytes as a constraint of a token whose signature fits, then asked of arguments that follow.
///
/// # Panics
/// If the verifiers differ.
pub fn constraint(bytes: &[u8]) {
    let (length, rest) = bytes.split_at_checked(2).unwrap_or((&[], &[]));
    let length = length
        .iter()
        .fold(0, |length, byte| length << 8 | usize::from(*byte));
    let (constraint, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    let mut choices = Choices::of(rest);
    let call = |choices: &mut Choices<'_>| super::case::CallCase {
        tool: "issue_refund".to_owned(),
        scope: "write:refunds".to_owned(),
        changes_something: true,
        sinks: Vec::new(),
        arguments: arguments(choices),
        now_s: NOW_S,
        freezes: Vec::new(),
        revocations: None,
    };
    assert_agrees(&Case {
        token: root_with_constraint(constraint),
        trust: plain_trust(),
        calls: (0..3).map(|_| call(&mut choices)).collect(),
        attempts: Vec::new(),
    });
}

/// Text as a pattern and a scope, one line each.
///
/// # Panics
/// If the grammar or the matching of the core is another than the naive one.
pub fn scope(bytes: &[u8]) {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let mut lines = text.split('\n');
    let pattern = lines.next().unwrap_or("");
    let parsed = ScopePattern::parse(pattern);
    assert_eq!(parsed.is_ok(), is_pattern(pattern), "pattern {pattern:?}");
    let Ok(parsed) = parsed else {
        return;
    };
    assert_eq!(parsed.to_string(), pattern);
    assert!(parsed.covers(&parsed));
    for line in lines {
        if let Ok(scope) = Scope::parse(line) {
            assert_eq!(
                parsed.matches(&scope),
                covers(pattern, line),
                "{pattern} {line}"
            );
            assert_eq!(
                parsed.covers(&ScopePattern::from(scope)),
                covers(pattern, line)
            );
        }
        if let Ok(other) = ScopePattern::parse(line)
            && parsed.covers(&other)
        {
            // What the narrower one takes, the wider one takes.
            let example = line.replace("**", "a:b").replace('*', "x");
            if let Ok(scope) = Scope::parse(&example) {
                assert!(
                    !other.matches(&scope) || parsed.matches(&scope),
                    "{pattern} {line}"
                );
            }
        }
    }
}

/// Bytes as the JSON of arguments: what is read comes back, by text and by tree, with the same digest.
///
/// # Panics
/// If it does not.
pub fn arguments_of(bytes: &[u8]) {
    let Ok(arguments) = Arguments::from_json_slice(bytes) else {
        return;
    };
    assert!(come_back(&arguments), "{arguments}");
    let tree = arguments.to_json();
    let again = Arguments::from_json(&tree);
    assert!(
        again.is_ok_and(|again| again == arguments && again.digest() == arguments.digest()),
        "{arguments}"
    );
    // The digest is that of the encoding which the format's description gives.
    assert_eq!(
        *arguments.digest().as_bytes(),
        super::call::digest_of(&arguments)
    );
    assert!(super::numbers::are_exact(bytes, &arguments), "{arguments}");
}

/// Bytes as the choices of a case.
///
/// # Panics
/// If the verifiers differ, or if a chain allows what one of its ancestors does not.
pub fn differential(bytes: &[u8]) {
    let case = Case::of(bytes);
    assert_agrees(&case);
    assert_narrows(&case);
}

/// Asks both verifiers.
///
/// # Panics
/// If they differ.
pub fn assert_agrees(case: &Case) -> Vec<super::Code> {
    let answers = compare(case);
    assert!(
        answers.is_ok(),
        "{}\n{case:?}",
        answers
            .as_ref()
            .err()
            .map(ToString::to_string)
            .unwrap_or_default()
    );
    answers.unwrap_or_default()
}

/// Whatever a chain allows, each chain that it was delegated from allows, but for what says who may use it.
///
/// # Panics
/// If one does not.
pub fn assert_narrows(case: &Case) {
    let Ok(whole) = verified(&case.token, &case.trust) else {
        return;
    };
    for ancestor in case.ancestors() {
        let reference = verify(&ancestor, &case.trust);
        let core = verified(&ancestor, &case.trust);
        assert!(
            core.is_ok() && reference.is_ok(),
            "an ancestor is refused\n{case:?}"
        );
        let Ok(core) = core else {
            return;
        };
        for call in &case.calls {
            if !matches!(super::decide(&whole, call), Ok(Ok(_))) {
                continue;
            }
            let decision = super::decide(&core, call);
            let is_lenient_about = |code| {
                matches!(
                    code,
                    "token.delegate_only" | "constraint.sink_unconstrained"
                )
            };
            let allows = match decision {
                Ok(Ok(_)) => true,
                Ok(Err(code)) => is_lenient_about(code),
                Err(_) => false,
            };
            assert!(allows, "an ancestor allows less\n{case:?}");
        }
    }
}
