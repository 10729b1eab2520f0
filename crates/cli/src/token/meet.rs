//! What several blocks grant together, as one list of grants.
//!
//! A call needs every block, so the grants of a token are the meeting of its blocks' grants. Decisions do
//! not need this list; people do. *Invariant:* the list is exact, or there is none.

use agentsudo::{BlockClaims, Grant, ScopeError, ScopePattern, ToolName};

/// Most grants that are worked out; a token made to have more is not worth a person's time, nor ours.
const MAX_GRANTS: usize = 256;

/// What all blocks grant together, or nothing where there are too many of them to be listed.
pub(crate) fn grants(blocks: &[BlockClaims]) -> Option<Vec<Grant>> {
    let mut lists = blocks
        .iter()
        .filter(|block| !block.grants.is_empty())
        .map(|block| &block.grants);
    let mut met = without_covered(lists.next()?.clone());
    for list in lists {
        let mut next = Vec::new();
        for ours in &met {
            for theirs in list {
                if let Some(grant) = meet(ours, theirs).ok()? {
                    add(&mut next, grant);
                }
            }
            if next.len() > MAX_GRANTS {
                return None;
            }
        }
        met = next;
    }
    Some(met)
}

fn without_covered(list: Vec<Grant>) -> Vec<Grant> {
    let mut kept = Vec::new();
    for grant in list {
        add(&mut kept, grant);
    }
    kept
}

/// Adds a grant, unless another says as much, and drops those that it makes superfluous.
fn add(list: &mut Vec<Grant>, grant: Grant) {
    if !list.iter().any(|other| covers(other, &grant)) {
        list.retain(|other| !covers(&grant, other));
        list.push(grant);
    }
}

fn covers(wide: &Grant, narrow: &Grant) -> bool {
    let tools = wide.tools().is_empty()
        || (!narrow.tools().is_empty() && narrow.tools().iter().all(|t| wide.tools().contains(t)));
    tools && wide.scope().covers(narrow.scope())
}

/// What both grant. The error is a pattern that is too long to be written.
fn meet(a: &Grant, b: &Grant) -> Result<Option<Grant>, ScopeError> {
    let tools: Vec<&ToolName> = match (a.tools(), b.tools()) {
        ([], tools) | (tools, []) => tools.iter().collect(),
        (ours, theirs) => {
            let both = ours.iter().filter(|tool| theirs.contains(tool));
            let both = both.collect::<Vec<_>>();
            if both.is_empty() {
                return Ok(None);
            }
            both
        }
    };
    let Some(scope) = meet_patterns(a.scope(), b.scope())? else {
        return Ok(None);
    };
    let mut tools = tools.into_iter();
    let Some(first) = tools.next() else {
        return Ok(Some(Grant::any_tool(scope)));
    };
    let grant = Grant::for_tool(scope, first.clone());
    Ok(Some(
        tools.fold(grant, |grant, tool| grant.and_tool(tool.clone())),
    ))
}

/// The pattern of the scopes that both patterns match. There is always one, or none matches.
fn meet_patterns(a: &ScopePattern, b: &ScopePattern) -> Result<Option<ScopePattern>, ScopeError> {
    let segments = |pattern: &ScopePattern| {
        let text = pattern.as_str().to_owned();
        text.split(':').map(str::to_owned).collect::<Vec<_>>()
    };
    let mut met = Vec::new();
    if !meet_segments(&segments(a), &segments(b), &mut met) {
        return Ok(None);
    }
    ScopePattern::parse(&met.join(":")).map(Some)
}

fn meet_segments(a: &[String], b: &[String], met: &mut Vec<String>) -> bool {
    match (a, b) {
        ([], []) => true,
        ([rest], others) | (others, [rest]) if rest == "**" && !others.is_empty() => {
            met.extend(others.iter().cloned());
            true
        }
        ([ours, a @ ..], [theirs, b @ ..]) => match meet_segment(ours, theirs) {
            Some(segment) => {
                met.push(segment.to_owned());
                meet_segments(a, b, met)
            }
            None => false,
        },
        _ => false,
    }
}

fn meet_segment<'a>(a: &'a str, b: &'a str) -> Option<&'a str> {
    let (narrow, wide) = match (a.strip_suffix('*'), b.strip_suffix('*')) {
        (None, None) => return (a == b).then_some(a),
        (None, Some(start)) => (a, start),
        (Some(start), None) => (b, start),
        (Some(ours), Some(theirs)) if ours.len() < theirs.len() => (b, ours),
        (Some(_), Some(theirs)) => (a, theirs),
    };
    narrow.starts_with(wide).then_some(narrow)
}

#[cfg(test)]
mod tests {
    use agentsudo::{Grant, Scope, ScopePattern, ToolName};

    use super::{covers, meet, meet_patterns};

    fn pattern(text: &str) -> ScopePattern {
        ScopePattern::parse(text).unwrap()
    }

    #[track_caller]
    fn check(a: &str, b: &str, expected: Option<&str>) {
        let (a, b) = (pattern(a), pattern(b));
        for (a, b) in [(&a, &b), (&b, &a)] {
            let met = meet_patterns(a, b).unwrap();
            assert_eq!(met.as_ref().map(ScopePattern::as_str), expected);
        }
    }

    #[test]
    fn a_literal_meets_what_matches_it() {
        check("write:refunds", "write:*", Some("write:refunds"));
        check("write:refunds", "**", Some("write:refunds"));
        check("write:refunds", "write:ref*", Some("write:refunds"));
        check("write:refunds", "read:*", None);
        check("write:refunds", "write:refunds:**", None);
    }

    #[test]
    fn two_wildcards_meet_in_the_narrower_one_of_each_segment() {
        check("write:*", "*:refunds", Some("write:refunds"));
        check("write:or*", "write:orders*", Some("write:orders*"));
        check("a:**", "*:b:**", Some("a:b:**"));
        check("a:**", "*:*", Some("a:*"));
        check("**", "**", Some("**"));
    }

    #[test]
    fn the_meeting_matches_exactly_what_both_match() {
        let patterns = [
            "**", "a:**", "*:**", "a:*", "*:b", "a:b", "a:b*", "a:bc*", "a:b:**", "a:*:c", "*:*:*",
            "a:bc", "*:b:c", "b:**",
        ];
        let scopes = [
            "a:b", "a:bc", "a:bcd", "b:b", "a:b:c", "a:c:c", "b:b:c", "a:b:c:d", "a:c", "b:c",
        ];
        for a in patterns.map(pattern) {
            for b in patterns.map(pattern) {
                let met = meet_patterns(&a, &b).unwrap();
                for scope in scopes.map(|text| Scope::parse(text).unwrap()) {
                    let both = a.matches(&scope) && b.matches(&scope);
                    let found = met.as_ref().is_some_and(|met| met.matches(&scope));
                    assert_eq!(found, both, "{a} {b} {scope}");
                }
            }
        }
    }

    fn for_tools(tools: &[&str]) -> Grant {
        let mut names = tools.iter().map(|tool| ToolName::parse(tool).unwrap());
        let scope = pattern("write:*");
        match names.next() {
            None => Grant::any_tool(scope),
            Some(first) => names.fold(Grant::for_tool(scope, first), Grant::and_tool),
        }
    }

    #[track_caller]
    fn check_tools(a: &[&str], b: &[&str], expected: Option<&[&str]>) {
        let met = meet(&for_tools(a), &for_tools(b)).unwrap();
        assert_eq!(met, expected.map(for_tools));
    }

    #[test]
    fn tools_meet_as_scopes_do() {
        check_tools(&[], &["x", "y"], Some(&["x", "y"]));
        check_tools(&["x", "y"], &["y", "z"], Some(&["y"]));
        check_tools(&["x"], &["y"], None);
        check_tools(&[], &[], Some(&[]));
    }

    #[test]
    fn a_grant_for_one_tool_does_not_cover_one_for_any() {
        assert!(covers(&for_tools(&[]), &for_tools(&["x"])));
        assert!(!covers(&for_tools(&["x"]), &for_tools(&[])));
    }
}
