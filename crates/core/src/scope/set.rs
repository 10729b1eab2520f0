use std::collections::BTreeMap;

use super::pattern::PatternSegment;
use super::{Scope, ScopePattern};

/// Many patterns, compiled so that asking for a scope does not look at each.
///
/// A tree with one level per segment. A lookup follows at each level the segment itself and `*`, so it
/// visits fewer than 2^8 nodes however many patterns there are, and in practice about as many as the scope
/// has segments. Each step is a search in a sorted map, logarithmic in the patterns at this place: a hash
/// map would need randomness, which this crate does not have, or could be flooded. Nothing is allocated.
///
/// ```
/// use agentsudo_core::{Scope, ScopePattern, ScopeSet};
///
/// let granted = ScopeSet::compile(ScopePattern::parse_list(["read:**", "write:order*"]).unwrap());
/// assert!(granted.contains(&Scope::literal("write:orders")));
/// assert!(!granted.contains(&Scope::literal("write:refunds")));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScopeSet {
    patterns: Vec<ScopePattern>,
    root: Node,
}

/// What may follow after the segments on the way here. Each number is the first pattern that ends so.
#[derive(Clone, Debug, Default)]
struct Node {
    end: Option<usize>,
    rest: Option<usize>,
    prefixes: BTreeMap<String, usize>,
    literals: BTreeMap<String, Self>,
    any: Option<Box<Self>>,
}

impl ScopeSet {
    /// Compiles patterns. Repeated ones are kept, and found by their first place.
    pub fn compile(patterns: impl IntoIterator<Item = ScopePattern>) -> Self {
        let patterns: Vec<_> = patterns.into_iter().collect();
        let mut root = Node::default();
        for (index, pattern) in patterns.iter().enumerate() {
            root.insert(pattern.segments(), index);
        }
        Self { patterns, root }
    }

    /// The patterns, in the order in which they came.
    #[must_use]
    pub fn patterns(&self) -> &[ScopePattern] {
        &self.patterns
    }

    /// Whether a pattern grants the scope. An empty set grants nothing.
    #[must_use]
    pub fn contains(&self, scope: &Scope) -> bool {
        self.find(scope).is_some()
    }

    /// The place of the first pattern that grants the scope, counted from 0.
    #[must_use]
    pub fn find(&self, scope: &Scope) -> Option<usize> {
        self.root.find(Some(scope.as_str()))
    }
}

impl FromIterator<ScopePattern> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = ScopePattern>>(patterns: I) -> Self {
        Self::compile(patterns)
    }
}

impl Node {
    // Recursion is at most as deep as a pattern has segments.
    fn insert<'a>(&mut self, mut segments: impl Iterator<Item = PatternSegment<'a>>, index: usize) {
        match segments.next() {
            None => keep_first(&mut self.end, index),
            Some(PatternSegment::Rest) => keep_first(&mut self.rest, index),
            Some(PatternSegment::Prefix(prefix)) => {
                self.prefixes.entry(prefix.to_owned()).or_insert(index);
            }
            Some(PatternSegment::Any) => self.any.get_or_insert_default().insert(segments, index),
            Some(PatternSegment::Literal(literal)) => {
                let node = self.literals.entry(literal.to_owned()).or_default();
                node.insert(segments, index);
            }
        }
    }

    /// The first pattern that matches the segments that remain.
    fn find(&self, remaining: Option<&str>) -> Option<usize> {
        let Some(text) = remaining else {
            return self.end;
        };
        let (segment, following) = match text.split_once(':') {
            Some((segment, following)) => (segment, Some(following)),
            None => (text, None),
        };
        let ways = [
            self.rest,
            self.literals
                .get(segment)
                .and_then(|node| node.find(following)),
            self.any.as_ref().and_then(|node| node.find(following)),
            if following.is_none() {
                self.find_prefix(segment)
            } else {
                None
            },
        ];
        ways.into_iter().flatten().min()
    }

    /// One search per beginning of the segment, however many prefixes there are.
    fn find_prefix(&self, segment: &str) -> Option<usize> {
        if self.prefixes.is_empty() {
            return None;
        }
        let beginnings = (1..=segment.len()).filter_map(|len| segment.get(..len));
        beginnings
            .filter_map(|prefix| self.prefixes.get(prefix).copied())
            .min()
    }
}

fn keep_first(place: &mut Option<usize>, index: usize) {
    place.get_or_insert(index);
}
