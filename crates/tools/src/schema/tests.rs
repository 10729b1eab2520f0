use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::*;

#[track_caller]
fn check(schema: Value, expected: &Value) {
    assert_eq!(&closed(schema), expected);
}

#[test]
fn an_object_is_closed_wherever_it_stands() {
    check(
        json!({ "type": "object", "properties": {
            "a": { "type": ["object", "null"] },
            "b": { "items": { "properties": {} } },
            "c": { "anyOf": [{ "type": "object" }, { "type": "null" }] },
        }}),
        &json!({ "type": "object", "additionalProperties": false, "properties": {
            "a": { "type": ["object", "null"], "additionalProperties": false },
            "b": { "items": { "properties": {}, "additionalProperties": false } },
            "c": { "anyOf": [
                { "type": "object", "additionalProperties": false },
                { "type": "null" },
            ]},
        }}),
    );
}

#[test]
fn what_a_schema_says_itself_stays() {
    let map = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    check(map.clone(), &map);
    let open = json!({ "type": "object", "unevaluatedProperties": true });
    check(open.clone(), &open);
}

#[test]
fn a_property_called_properties_is_no_keyword() {
    check(
        json!({ "type": "object", "properties": { "properties": { "type": "object" } } }),
        &json!({ "type": "object", "additionalProperties": false, "properties": {
            "properties": { "type": "object", "additionalProperties": false },
        }}),
    );
}

#[test]
fn an_object_of_several_schemas_is_closed_as_a_whole() {
    let parts = json!([{ "properties": { "b": {} } }, { "properties": { "c": {} } }]);
    check(
        json!({ "type": "object", "properties": { "a": {} }, "oneOf": parts }),
        &json!({
            "type": "object", "properties": { "a": {} }, "oneOf": parts,
            "unevaluatedProperties": false,
        }),
    );
    check(
        json!({ "allOf": parts }),
        &json!({ "allOf": parts, "unevaluatedProperties": false }),
    );
}

#[test]
fn a_part_of_a_larger_object_stays_open_and_is_closed_where_it_stands_alone() {
    let definitions = json!({
        "Base": { "type": "object", "$ref": "#/$defs/Root" },
        "Root": { "type": "object" },
        "Lone": { "type": "object" },
    });
    check(
        json!({ "$defs": definitions, "type": "object", "properties": {
            "both": { "type": "object", "$ref": "#/$defs/Base" },
            "alone": { "$ref": "#/$defs/Base" },
            "lone": { "$ref": "#/$defs/Lone" },
        }}),
        &json!({
            "$defs": {
                "Base": { "type": "object", "$ref": "#/$defs/Root" },
                "Root": { "type": "object" },
                "Lone": { "type": "object", "additionalProperties": false },
            },
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "both": {
                    "type": "object", "$ref": "#/$defs/Base", "unevaluatedProperties": false,
                },
                "alone": { "$ref": "#/$defs/Base", "unevaluatedProperties": false },
                "lone": { "$ref": "#/$defs/Lone" },
            },
        }),
    );
}

#[test]
fn references_in_a_circle_come_to_an_end() {
    closed(json!({
        "$defs": {
            "A": { "type": "object", "$ref": "#/$defs/B" },
            "B": { "type": "object", "$ref": "#/$defs/A" },
        },
        "$ref": "#/$defs/A",
    }));
}

#[test]
fn a_condition_is_left_as_it_is() {
    let schema = json!({ "not": { "type": "object" }, "if": { "type": "object" } });
    check(schema.clone(), &schema);
}

#[test]
fn what_a_derive_makes_is_closed() {
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Order {
        lines: Vec<Line>,
        notes: std::collections::BTreeMap<String, String>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Line {
        count: u32,
    }

    let schema = of_input::<Order>();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["$defs"]["Line"]["additionalProperties"], false);
    assert_eq!(
        schema["properties"]["notes"]["additionalProperties"],
        json!({ "type": "string" })
    );
    assert!(schema.get("title").is_none() && schema.get("$schema").is_none());
}

#[test]
fn property_names_are_found_in_all_parts() {
    let schema = json!({
        "$defs": {
            "Base": { "$ref": "#/$defs/Root", "properties": { "base": {} } },
            "Root": { "properties": { "root": { "properties": { "inner": {} } } } },
            "Other": { "properties": { "other": {} } },
        },
        "type": "object",
        "properties": { "own": { "$ref": "#/$defs/Other" } },
        "allOf": [{ "$ref": "#/$defs/Base" }, { "properties": { "part": {} } }],
    });
    let names: Vec<_> = property_names(&schema).into_iter().collect();
    assert_eq!(names, ["base", "own", "part", "root"]);
}
