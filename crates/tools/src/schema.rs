//! JSON Schemas (2020-12) of arguments and results.
//!
//! Input schemas are closed: an object takes the properties that it names and no others, unless the
//! schema says something else itself. Where a schema is put together from several
//! (`allOf`, a `$ref` beside properties), the whole is closed with `unevaluatedProperties`, since
//! closing the parts would leave nothing that fits all of them.
//!
//! Schemas describe; what is enforced is the decoding of the arguments.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use agentsudo_core::{Effect, Scope};

/// Where a schema says what a call needs.
const ANNOTATION: &str = "x-agentsudo";

/// Keywords with one schema each, which applies to a part of the value.
const PARTS: &[&str] = &[
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
];

/// Keywords with a map of schemas, which apply to parts of the value or to nothing by themselves.
const PART_MAPS: &[&str] = &["properties", "patternProperties", "$defs", "definitions"];

/// Keywords with a list of schemas, which apply to the value itself.
const IN_PLACE_LISTS: &[&str] = &["allOf", "anyOf", "oneOf"];

/// Keywords with one schema each, which applies to the value itself. Not `if` and `not`: narrower
/// there is wider for the whole.
const IN_PLACE: &[&str] = &["then", "else"];

/// The schema of what `T` is read from.
pub(crate) fn of_input<T: JsonSchema>() -> Value {
    closed(generate::<T>(
        SchemaSettings::draft2020_12().for_deserialize(),
    ))
}

/// The schema of what `T` is written as.
pub(crate) fn of_output<T: JsonSchema>() -> Value {
    closed(generate::<T>(
        SchemaSettings::draft2020_12().for_serialize(),
    ))
}

/// Closes every object that does not say what else it takes.
pub(crate) fn closed(mut schema: Value) -> Value {
    let open = Bases::find(&schema).0;
    close(&mut schema, false, &open);
    schema
}

/// Says in an object schema what a call needs. What stood there is replaced: a tool's author says
/// this, and an upstream server does not.
pub(crate) fn annotate(schema: &mut Value, scope: &Scope, effect: Effect, sinks: &[String]) {
    let needs = json!({ "scope": scope.as_str(), "effect": effect.as_str(), "sinks": sinks });
    if let Value::Object(map) = schema {
        map.insert(ANNOTATION.to_owned(), needs);
    }
}

/// Whether the schema takes the properties that it names and no others.
pub(crate) fn is_closed(schema: &Value) -> bool {
    let closing = ["additionalProperties", "unevaluatedProperties"];
    closing
        .iter()
        .any(|keyword| schema.get(keyword) == Some(&Value::Bool(false)))
}

/// The properties that an object schema names, in any of the schemas that it is put together from.
pub(crate) fn property_names(root: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut bases = Bases(BTreeSet::new());
    bases.add_in_place(root);
    bases.follow(root);
    let targets = bases
        .0
        .iter()
        .filter_map(|reference| target(root, reference));
    for part in targets.chain([root]) {
        add_property_names(part, &mut names);
    }
    names
}

fn add_property_names<'a>(schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    let Value::Object(map) = schema else { return };
    for (keyword, value) in map {
        if let ("properties", Value::Object(properties)) = (keyword.as_str(), value) {
            names.extend(properties.keys().map(String::as_str));
        }
        if is_in_place(keyword) {
            for part in subschemas(keyword, value) {
                add_property_names(part, names);
            }
        }
    }
}

/// What a reference within the document refers to.
fn target<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(reference.strip_prefix('#')?)
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| settings.meta_schema = None);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // The name of a Rust type tells a model nothing; what a tool does is told by the tool.
    schema.remove("title");
    schema.remove("description");
    schema.to_value()
}

/// References to definitions that are a part of a larger object, and stay open themselves.
struct Bases(BTreeSet<String>);

impl Bases {
    fn find(root: &Value) -> Self {
        let mut bases = Self(BTreeSet::new());
        bases.walk(root);
        bases.follow(root);
        bases
    }

    /// Adds what the references refer to in their turn.
    fn follow(&mut self, root: &Value) {
        let mut todo: Vec<String> = self.0.iter().cloned().collect();
        while let Some(reference) = todo.pop() {
            let mut found = Self(BTreeSet::new());
            if let Some(target) = target(root, &reference) {
                found.add_in_place(target);
            }
            let new = found
                .0
                .into_iter()
                .filter(|reference| !self.0.contains(reference));
            let new: Vec<String> = new.collect();
            self.0.extend(new.iter().cloned());
            todo.extend(new);
        }
    }

    fn walk(&mut self, schema: &Value) {
        let Value::Object(map) = schema else { return };
        if is_composed(map) {
            self.add_in_place(schema);
        }
        for (keyword, value) in map {
            for part in subschemas(keyword, value) {
                self.walk(part);
            }
        }
    }

    fn add_in_place(&mut self, schema: &Value) {
        let Value::Object(map) = schema else { return };
        if let Some(Value::String(reference)) = map.get("$ref") {
            self.0.insert(reference.clone());
        }
        for (keyword, value) in map {
            if is_in_place(keyword) {
                subschemas(keyword, value)
                    .into_iter()
                    .for_each(|part| self.add_in_place(part));
            }
        }
    }
}

/// `covered`: a schema around this one speaks for the whole object.
fn close(schema: &mut Value, covered: bool, open: &BTreeSet<String>) {
    let Value::Object(map) = schema else { return };
    let composed = is_composed(map);
    let refers_to_open = matches!(map.get("$ref"), Some(Value::String(to)) if open.contains(to));
    let states =
        map.contains_key("additionalProperties") || map.contains_key("unevaluatedProperties");
    if !covered && !states {
        if composed || refers_to_open {
            map.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
        } else if is_object(map) {
            map.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    }
    for (keyword, value) in map {
        let is_definitions = keyword == "$defs" || keyword == "definitions";
        if let (true, Value::Object(definitions)) = (is_definitions, &mut *value) {
            for (name, definition) in definitions {
                let reference = format!("#/{keyword}/{}", pointer_token(name));
                close(definition, open.contains(&reference), open);
            }
        } else {
            let covered = is_in_place(keyword) && (covered || composed);
            for part in subschemas_mut(keyword, value) {
                close(part, covered, open);
            }
        }
    }
}

fn is_object(map: &Map<String, Value>) -> bool {
    let is_type = match map.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => false,
    };
    is_type || map.contains_key("properties") || map.contains_key("patternProperties")
}

/// Whether several schemas together describe one object.
fn is_composed(map: &Map<String, Value>) -> bool {
    let all_of = matches!(map.get("allOf"), Some(Value::Array(all)) if all.len() > 1);
    let beside = map.contains_key("$ref") || map.keys().any(|keyword| is_in_place(keyword));
    all_of || (is_object(map) && beside)
}

fn is_in_place(keyword: &str) -> bool {
    IN_PLACE_LISTS.contains(&keyword)
        || IN_PLACE.contains(&keyword)
        || keyword == "dependentSchemas"
}

/// How many schemas a keyword holds.
enum Shape {
    One,
    List,
    Map,
}

fn shape(keyword: &str) -> Option<Shape> {
    if PARTS.contains(&keyword) || IN_PLACE.contains(&keyword) {
        Some(Shape::One)
    } else if IN_PLACE_LISTS.contains(&keyword) || keyword == "prefixItems" {
        Some(Shape::List)
    } else if PART_MAPS.contains(&keyword) || keyword == "dependentSchemas" {
        Some(Shape::Map)
    } else {
        None
    }
}

fn subschemas<'a>(keyword: &str, value: &'a Value) -> Vec<&'a Value> {
    match shape(keyword) {
        Some(Shape::One) => vec![value],
        Some(Shape::List) => value.as_array().into_iter().flatten().collect(),
        Some(Shape::Map) => value
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .collect(),
        None => Vec::new(),
    }
}

fn subschemas_mut<'a>(keyword: &str, value: &'a mut Value) -> Vec<&'a mut Value> {
    match shape(keyword) {
        Some(Shape::One) => vec![value],
        Some(Shape::List) => value.as_array_mut().into_iter().flatten().collect(),
        Some(Shape::Map) => value
            .as_object_mut()
            .into_iter()
            .flat_map(Map::values_mut)
            .collect(),
        None => Vec::new(),
    }
}

/// A name as it stands in a JSON pointer (RFC 6901 section 3).
fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
