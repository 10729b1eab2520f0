use super::*;

fn parts() -> ToolDefinitionParts {
    ToolDefinitionParts {
        name: "issue_refund".to_owned(),
        description: "Refunds an order.".to_owned(),
        input_schema: json!({
            "type": "object",
            "properties": { "order_id": { "type": "string" }, "amount": { "type": "integer" } },
        }),
        output_schema: None,
        scope: Scope::literal("write:refunds"),
        effect: Effect::Write,
        sinks: vec!["amount".to_owned()],
        secrets: Vec::new(),
        timeout: Duration::from_secs(30),
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut ToolDefinitionParts), expected: Result<(), &str>) {
    let mut parts = parts();
    change(&mut parts);
    assert_eq!(
        ToolDefinition::new(parts)
            .map(drop)
            .map_err(|error| error.code()),
        expected
    );
}

/// A change of the definition that is another definition.
#[track_caller]
fn check_digest(change: impl FnOnce(&mut ToolDefinitionParts)) {
    let mut changed = parts();
    change(&mut changed);
    let digest = |parts| {
        ToolDefinition::new(parts)
            .expect("a good definition")
            .digest()
    };
    assert_ne!(digest(changed), digest(parts()));
}

#[test]
fn a_name_follows_the_grammar() {
    check(
        |parts| parts.name = "Issue Refund".to_owned(),
        Err("tool.name_invalid"),
    );
}

#[test]
fn a_description_is_there_and_not_too_long() {
    check(
        |parts| parts.description = " \n".to_owned(),
        Err("tool.description_missing"),
    );
    check(
        |parts| parts.description = "a".repeat(MAX_DESCRIPTION_LEN_BYTES),
        Ok(()),
    );
    let too_long = "a".repeat(MAX_DESCRIPTION_LEN_BYTES + 1);
    check(
        |parts| parts.description = too_long,
        Err("tool.description_too_long"),
    );
}

#[test]
fn a_sink_or_secret_is_an_argument() {
    check(
        |parts| parts.sinks = vec!["account".to_owned()],
        Err("tool.sink_unknown"),
    );
    check(
        |parts| parts.secrets = vec!["note".to_owned()],
        Err("tool.sink_unknown"),
    );
    check(|parts| parts.sinks = Vec::new(), Ok(()));
}

#[test]
fn the_arguments_are_an_object() {
    check(
        |parts| parts.input_schema = json!(true),
        Err("tool.schema_invalid"),
    );
    check(
        |parts| parts.input_schema = json!({ "type": "null" }),
        Err("tool.schema_invalid"),
    );
    check(
        |parts| parts.input_schema = json!({ "properties": {} }),
        Err("tool.schema_invalid"),
    );
}

#[test]
fn a_schema_of_64_kib_is_the_longest() {
    let padded = |len_bytes: usize| {
        let empty = json!({ "title": "" }).to_string().len();
        Some(json!({ "title": "a".repeat(len_bytes - empty) }))
    };
    check(
        |parts| parts.output_schema = padded(MAX_SCHEMA_LEN_BYTES),
        Ok(()),
    );
    let too_large = padded(MAX_SCHEMA_LEN_BYTES + 1);
    check(
        |parts| parts.output_schema = too_large,
        Err("tool.schema_too_large"),
    );
    let too_large = "a".repeat(MAX_SCHEMA_LEN_BYTES);
    let change = |parts: &mut ToolDefinitionParts| parts.input_schema["title"] = json!(too_large);
    check(change, Err("tool.schema_too_large"));
}

#[test]
fn every_part_changes_the_digest() {
    check_digest(|parts| parts.name = "issue_refunds".to_owned());
    check_digest(|parts| parts.description = "Refunds an order!".to_owned());
    check_digest(|parts| parts.input_schema["properties"]["amount"]["minimum"] = json!(1));
    check_digest(|parts| parts.output_schema = Some(json!({})));
    check_digest(|parts| parts.scope = Scope::literal("write:orders"));
    check_digest(|parts| parts.effect = Effect::Destructive);
    check_digest(|parts| parts.sinks = Vec::new());
    check_digest(|parts| parts.secrets = vec!["order_id".to_owned()]);
    check_digest(|parts| parts.timeout = Duration::from_millis(30_001));
}

#[test]
fn the_digest_stays_the_same_over_versions() {
    let digest = ToolDefinition::new(parts())
        .expect("a good definition")
        .digest();
    assert_eq!(
        digest.to_string(),
        "82a8da3e76bdb7ec7cbc4adde9f6dfc5e3fce98b552f41a4dc6880c5a02a72e4"
    );
}

#[test]
fn the_schema_says_what_a_call_needs_and_a_server_does_not() {
    let mut parts = parts();
    parts.input_schema["x-agentsudo"] = json!({ "scope": "read:nothing" });
    let definition = ToolDefinition::new(parts).expect("a good definition");
    let needs = json!({ "scope": "write:refunds", "effect": "write", "sinks": ["amount"] });
    assert_eq!(definition.input_schema()["x-agentsudo"], needs);
    assert_eq!(definition.input_schema()["additionalProperties"], false);
}

#[test]
fn unknown_arguments_of_a_closed_tool_are_refused() {
    let definition = ToolDefinition::new(parts()).expect("a good definition");
    let arguments = |json: &[u8]| Arguments::from_json_slice(json).expect("arguments");
    assert!(
        definition
            .refuse_unknown(&arguments(br#"{"order_id":"order_1"}"#))
            .is_ok()
    );
    let extra = definition.refuse_unknown(&arguments(br#"{"order_id":"order_1","all":true}"#));
    assert!(matches!(extra, Err(ArgumentsError::UnknownField { path }) if path == "all"));
}

#[test]
fn unknown_arguments_of_a_tool_with_a_schema_in_parts_are_refused() {
    let mut parts = parts();
    parts.input_schema["oneOf"] = json!([{ "properties": { "note": {} } }]);
    let definition = ToolDefinition::new(parts).expect("a good definition");
    let arguments = |json: &[u8]| Arguments::from_json_slice(json).expect("arguments");
    assert!(
        definition
            .refuse_unknown(&arguments(br#"{"order_id":"1","note":"late"}"#))
            .is_ok()
    );
    assert!(
        definition
            .refuse_unknown(&arguments(br#"{"all":true}"#))
            .is_err()
    );
}

#[test]
fn canonical_json_has_sorted_keys_and_no_spaces() {
    let value = json!({ "b": [1, null, { "d": "\"", "c": 0.5 }], "a": {} });
    assert_eq!(
        canonical(&value),
        r#"{"a":{},"b":[1,null,{"c":0.5,"d":"\""}]}"#
    );
}
