use proptest::prelude::*;

use super::{MAX_SCOPE_LEN_BYTES, MAX_SEGMENTS, Scope, ScopeError, ScopePattern, ScopeSet};

const IN_SOURCE: Scope = Scope::literal("write:refunds");

fn pattern(text: &str) -> ScopePattern {
    ScopePattern::parse(text).unwrap()
}

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

#[track_caller]
fn check_scope(text: &str, expected: Result<(), &str>) {
    assert_eq!(
        Scope::parse(text).map(drop).map_err(|error| error.code()),
        expected
    );
}

#[track_caller]
fn check_pattern(text: &str, expected: Result<(), &str>) {
    assert_eq!(
        ScopePattern::parse(text)
            .map(drop)
            .map_err(|error| error.code()),
        expected
    );
}

/// A text that is neither, for the same reason.
#[track_caller]
fn check_neither(text: &str, code: &str) {
    check_scope(text, Err(code));
    check_pattern(text, Err(code));
}

#[track_caller]
fn check_matches(grant: &str, required: &str, expected: bool) {
    assert_eq!(pattern(grant).matches(&scope(required)), expected);
    assert_eq!(
        ScopeSet::compile([pattern(grant)]).contains(&scope(required)),
        expected
    );
}

#[track_caller]
fn check_covers(wide: &str, narrow: &str, expected: bool) {
    assert_eq!(pattern(wide).covers(&pattern(narrow)), expected);
}

mod grammar {
    use super::*;

    #[test]
    fn a_scope_in_source_equals_the_parsed_one() {
        assert_eq!(IN_SOURCE, scope("write:refunds"));
    }

    #[test]
    fn segments_have_letters_digits_and_three_marks() {
        check_scope("a:b", Ok(()));
        check_scope("read:orders_2.eu-west:x", Ok(()));
        check_pattern("read:orders_2.eu-west:x", Ok(()));
    }

    #[test]
    fn nothing_is_no_scope() {
        check_neither("", "scope.empty");
    }

    #[test]
    fn a_scope_of_128_bytes_is_the_longest() {
        let longest = format!("a:{}", "b".repeat(MAX_SCOPE_LEN_BYTES - 2));
        check_scope(&longest, Ok(()));
        check_pattern(&longest, Ok(()));
        check_neither(&format!("{longest}b"), "scope.too_long");
    }

    #[test]
    fn eight_segments_are_the_most() {
        check_scope(&["a"; MAX_SEGMENTS].join(":"), Ok(()));
        check_pattern("a:b:c:d:e:f:g:**", Ok(()));
        check_neither(
            &["a"; MAX_SEGMENTS + 1].join(":"),
            "scope.too_many_segments",
        );
        check_pattern("a:b:c:d:e:f:g:h:**", Err("scope.too_many_segments"));
    }

    #[test]
    fn one_segment_is_too_few() {
        check_neither("write", "scope.too_few_segments");
        check_pattern("write*", Err("scope.too_few_segments"));
    }

    #[test]
    fn each_segment_has_a_character() {
        check_neither(":a", "scope.empty_segment");
        check_neither("a:", "scope.empty_segment");
        check_neither("a::b", "scope.empty_segment");
        check_neither(":", "scope.empty_segment");
    }

    #[test]
    fn upper_case_and_look_alikes_are_bad_characters() {
        check_neither("Write:refunds", "scope.bad_character");
        check_neither("write:r\u{435}funds", "scope.bad_character");
        check_neither("write/refunds", "scope.bad_character");
        check_neither("write:refunds\0", "scope.bad_character");
    }

    #[test]
    fn a_bad_character_is_named() {
        let error = Scope::parse("write:ré").unwrap_err();
        assert_eq!(
            error,
            ScopeError::BadCharacter {
                scope: "write:ré".to_owned(),
                found: 'é'
            }
        );
        let error = Scope::parse("write:\u{202e}").unwrap_err().to_string();
        assert!(error.ends_with("found `\\u{202e}`"), "{error}");
    }

    #[test]
    fn a_lone_star_points_to_two() {
        check_pattern("*", Err("scope.lone_star"));
        assert!(
            ScopePattern::parse("*")
                .unwrap_err()
                .to_string()
                .contains("`**` for everything")
        );
    }

    #[test]
    fn two_stars_alone_are_a_pattern() {
        check_pattern("**", Ok(()));
    }

    #[test]
    fn a_star_may_be_any_whole_segment() {
        check_pattern("*:a", Ok(()));
        check_pattern("a:*:b", Ok(()));
        check_pattern("*:*", Ok(()));
        check_pattern("*:**", Ok(()));
    }

    #[test]
    fn a_star_may_end_the_last_segment_only() {
        check_pattern("a:b*", Ok(()));
        check_pattern("a*:b", Err("scope.misplaced_wildcard"));
        check_pattern("a:*b", Err("scope.misplaced_wildcard"));
        check_pattern("a:b*c", Err("scope.misplaced_wildcard"));
    }

    #[test]
    fn two_stars_are_the_last_segment_only() {
        check_pattern("a:**", Ok(()));
        check_pattern("a:**:b", Err("scope.misplaced_wildcard"));
        check_pattern("**:a", Err("scope.misplaced_wildcard"));
        check_pattern("a:b**", Err("scope.misplaced_wildcard"));
        check_pattern("a:***", Err("scope.misplaced_wildcard"));
        check_pattern("***", Err("scope.misplaced_wildcard"));
    }

    #[test]
    fn a_pattern_is_no_required_scope() {
        for text in ["*", "**", "a:*", "a:b*", "a:**", "*:b"] {
            check_scope(text, Err("scope.pattern_where_literal"));
        }
    }

    #[test]
    fn several_scopes_in_one_text_look_like_a_list() {
        check_neither("read:orders,write:refunds", "scope.looks_like_list");
        check_neither("read:orders write:refunds", "scope.looks_like_list");
        check_neither("read:orders;\nwrite:refunds", "scope.looks_like_list");
        check_neither(&"read:orders,".repeat(1_000), "scope.looks_like_list");
        check_pattern("read:**, write:*", Err("scope.looks_like_list"));
    }

    #[test]
    fn a_separator_at_an_end_is_a_bad_character() {
        check_neither(" read:orders", "scope.bad_character");
        check_neither("read:orders\n", "scope.bad_character");
        check_neither(",", "scope.bad_character");
    }

    #[test]
    fn messages_repeat_little_and_nothing_hidden() {
        let error = Scope::parse(&format!("\u{1b}{}", "x,".repeat(500)))
            .unwrap_err()
            .to_string();
        assert!(error.len() < 250 && !error.contains('\u{1b}'), "{error}");
    }
}

mod lists {
    use super::*;

    #[test]
    fn a_list_is_read_in_its_order() {
        let patterns = ScopePattern::parse_list(["b:*", "a:b"]).unwrap();
        assert_eq!(patterns, [pattern("b:*"), pattern("a:b")]);
    }

    #[test]
    fn the_bad_pattern_of_a_list_is_counted() {
        let (at, error) = ScopePattern::parse_list(["a:b", "c:d", "*"]).unwrap_err();
        assert_eq!((at, error), (2, ScopeError::LoneStar));
    }

    #[test]
    fn one_json_text_is_no_list() {
        assert!(serde_json::from_str::<Vec<ScopePattern>>("\"read:orders\"").is_err());
        assert!(serde_json::from_str::<Vec<ScopePattern>>("[\"read:orders\"]").is_ok());
    }

    #[test]
    fn json_goes_through_parse() {
        assert_eq!(
            serde_json::to_string(&IN_SOURCE).unwrap(),
            "\"write:refunds\""
        );
        assert_eq!(
            serde_json::from_str::<Scope>("\"write:refunds\"").unwrap(),
            IN_SOURCE
        );
        assert!(serde_json::from_str::<Scope>("\"write:*\"").is_err());
        assert!(serde_json::from_str::<ScopePattern>("\"*\"").is_err());
        assert_eq!(serde_json::to_string(&pattern("a:**")).unwrap(), "\"a:**\"");
    }
}

mod matching {
    use super::*;

    #[test]
    fn a_literal_matches_itself_only() {
        check_matches("write:refunds", "write:refunds", true);
        check_matches("write:refunds", "write:refund", false);
        check_matches("write:refunds", "write:refunds:eu", false);
        check_matches("write:refunds:eu", "write:refunds", false);
    }

    #[test]
    fn a_star_is_one_segment() {
        check_matches("write:*", "write:refunds", true);
        check_matches("write:*", "write:refunds:eu", false);
        check_matches("*:refunds", "write:refunds", true);
        check_matches("a:*:c", "a:b:c", true);
        check_matches("a:*:c", "a:c", false);
    }

    #[test]
    fn a_trailing_star_is_the_rest_of_its_segment() {
        check_matches("write:order*", "write:orders", true);
        check_matches("write:order*", "write:order", true);
        check_matches("write:order*", "write:orde", false);
        check_matches("write:order*", "write:orders:eu", false);
    }

    #[test]
    fn two_stars_are_one_or_more_segments() {
        check_matches("write:**", "write:a", true);
        check_matches("write:**", "write:a:b", true);
        check_matches("a:b:**", "a:b", false);
        check_matches("write:**", "writer:a", false);
    }

    #[test]
    fn two_stars_alone_are_everything() {
        check_matches("**", "write:refunds", true);
        check_matches("**", "a:b:c:d:e:f:g:h", true);
    }

    #[test]
    fn the_first_matching_pattern_is_found() {
        let set: ScopeSet = ["x:y", "a:**", "a:b", "**", "a:b"]
            .map(pattern)
            .into_iter()
            .collect();
        assert_eq!(set.find(&scope("a:b")), Some(1));
        assert_eq!(set.find(&scope("b:b")), Some(3));
        assert_eq!(set.patterns().len(), 5);
    }

    #[test]
    fn an_empty_set_grants_nothing() {
        assert!(!ScopeSet::default().contains(&IN_SOURCE));
    }

    #[test]
    fn a_lookup_follows_both_ways_at_each_level() {
        // As many nodes as a lookup ever visits.
        let segments = |bits: usize| {
            let segment = |at| if bits >> at & 1 == 0 { "*" } else { "a" };
            (0..MAX_SEGMENTS).map(segment).collect::<Vec<_>>().join(":")
        };
        let set: ScopeSet = (0..256).map(|bits| pattern(&segments(bits))).collect();
        assert_eq!(set.find(&scope("a:a:a:a:a:a:a:a")), Some(0));
        assert_eq!(set.find(&scope("b:a:a:a:a:a:a")), None);
    }
}

mod covering {
    use super::*;

    #[test]
    fn each_pattern_covers_itself() {
        for text in ["a:b", "a:*", "a:b*", "a:**", "**", "*:**"] {
            check_covers(text, text, true);
        }
    }

    #[test]
    fn wider_covers_narrower_and_not_the_other_way() {
        for (wide, narrow) in [
            ("**", "a:**"),
            ("a:**", "a:*"),
            ("a:*", "a:b*"),
            ("a:b*", "a:bc*"),
            ("a:b*", "a:b"),
            ("a:**", "a:b:**"),
            ("*:b", "a:b"),
        ] {
            check_covers(wide, narrow, true);
            check_covers(narrow, wide, false);
        }
    }

    #[test]
    fn every_scope_has_two_segments_so_a_star_before_two_is_everything() {
        check_covers("*:**", "**", true);
        check_covers("*:*:**", "**", false);
        check_covers("a:**", "**", false);
    }

    #[test]
    fn the_eighth_segment_is_the_last_so_two_stars_are_one_there() {
        check_covers("a:b:c:d:e:f:g:*", "a:b:c:d:e:f:g:**", true);
        check_covers("a:b:c:d:e:f:*", "a:b:c:d:e:f:**", false);
    }

    #[test]
    fn where_no_byte_is_left_for_a_colon_two_stars_are_one() {
        let full = "a".repeat(MAX_SCOPE_LEN_BYTES - "x::**".len());
        check_covers(&format!("x:{full}:*"), &format!("x:{full}:**"), true);
        let almost = "a".repeat(MAX_SCOPE_LEN_BYTES - "x::**".len() - 1);
        check_covers(&format!("x:{almost}:*"), &format!("x:{almost}:**"), false);
        check_matches(&format!("x:{almost}:**"), &format!("x:{almost}:b:c"), true);
    }
}

/// Matching as one would write it first: all ways to read the pattern, on lists of segments.
fn matches_slowly(pattern: &[&str], scope: &[&str]) -> bool {
    match (pattern, scope) {
        ([], []) => true,
        (["**"], scope) => !scope.is_empty(),
        ([first, pattern @ ..], [segment, scope @ ..]) => {
            let here = match first.strip_suffix('*') {
                Some(beginning) => segment.starts_with(beginning),
                None => first == segment,
            };
            here && matches_slowly(pattern, scope)
        }
        _ => false,
    }
}

fn split(text: &str) -> Vec<&str> {
    text.split(':').collect()
}

/// Patterns of one to three segments over two letters, so that hits are frequent.
fn any_pattern() -> impl Strategy<Value = ScopePattern> {
    let segment = prop::sample::select(vec!["a", "b", "aa", "ab", "*"]);
    let last = prop::sample::select(vec!["a", "b", "aa", "ab", "*", "a*", "b*", "ab*", "**"]);
    let longer = (prop::collection::vec(segment, 1..3), last).prop_map(|(first, last)| {
        pattern(
            &first
                .into_iter()
                .chain([last])
                .collect::<Vec<_>>()
                .join(":"),
        )
    });
    prop_oneof![9 => longer, 1 => Just(pattern("**"))]
}

/// All scopes of two to four segments from these, which tell all those patterns apart.
fn all_scopes() -> Vec<Scope> {
    let segments = ["a", "b", "aa", "ab", "ba", "aba"];
    let longer = |texts: &[String]| -> Vec<String> {
        texts
            .iter()
            .flat_map(|text| segments.map(|segment| format!("{text}:{segment}")))
            .collect()
    };
    let two = longer(&segments.map(str::to_owned));
    let three = longer(&two);
    let four = longer(&three);
    [two, three, four]
        .concat()
        .iter()
        .map(|text| scope(text))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_compiled_set_agrees_with_the_slow_matcher(
        patterns in prop::collection::vec(any_pattern(), 0..12),
        text in "(a|b|aa|ab|ba|aba)(:(a|b|aa|ab|ba|aba)){1,3}",
    ) {
        let required = scope(&text);
        let hit = |pattern: &ScopePattern| matches_slowly(&split(pattern.as_str()), &split(&text));
        for pattern in &patterns {
            prop_assert_eq!(pattern.matches(&required), hit(pattern));
        }
        let expected = patterns.iter().position(hit);
        let set = ScopeSet::compile(patterns);
        prop_assert_eq!(set.find(&required), expected);
        prop_assert_eq!(set.contains(&required), expected.is_some());
    }

    #[test]
    fn covering_agrees_with_enumeration(wide in any_pattern(), narrow in any_pattern()) {
        thread_local!(static SCOPES: Vec<Scope> = all_scopes());
        let expected = SCOPES.with(|scopes| {
            scopes.iter().all(|scope| !narrow.matches(scope) || wide.matches(scope))
        });
        prop_assert_eq!(wide.covers(&narrow), expected, "{} covers {}", wide, narrow);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[a-c:*, .]{0,12}|\\PC{0,12}") {
        let (scope, pattern) = (Scope::parse(&text), ScopePattern::parse(&text));
        if let Ok(scope) = scope {
            prop_assert_eq!(scope.as_str(), &text);
            prop_assert!(pattern.is_ok_and(|pattern| pattern.is_literal() && pattern.matches(&scope)));
        } else if let Ok(pattern) = pattern {
            prop_assert!(!pattern.is_literal());
        }
    }
}
