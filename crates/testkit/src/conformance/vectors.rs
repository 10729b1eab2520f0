//! The vectors of a folder, each as the program gets it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::fault::Fault;

/// One vector: the line that the program reads, and what it should answer.
#[derive(Debug)]
pub(super) struct Vector {
    pub(super) line: String,
    pub(super) expected: String,
}

/// Vectors by name: the path of their file below the folder, with slashes and without its ending.
pub(super) type Vectors = BTreeMap<String, Vector>;

pub(super) fn load(folder: &Path) -> Result<Vectors, Fault> {
    let mut vectors = Vectors::new();
    add(folder, "", &mut vectors)?;
    if vectors.is_empty() {
        return Err(Fault::NoVectors(folder.to_owned()));
    }
    Ok(vectors)
}

/// Adds what is in a folder and below it. Links are not followed, so this ends.
fn add(folder: &Path, prefix: &str, to: &mut Vectors) -> Result<(), Fault> {
    let unreadable = |error| Fault::Unreadable(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let file_type = entry.file_type().map_err(unreadable)?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else {
            continue;
        };
        if file_type.is_dir() {
            add(&entry.path(), &format!("{prefix}{file_name}/"), to)?;
        } else if let Some(stem) = file_name.strip_suffix(".json") {
            let name = format!("{prefix}{stem}");
            let vector = read(&entry.path(), &name)?;
            to.insert(name, vector);
        }
    }
    Ok(())
}

fn read(path: &Path, name: &str) -> Result<Vector, Fault> {
    let bytes = fs::read(path).map_err(|error| Fault::Unreadable(path.to_owned(), error))?;
    let fields = serde_json::from_slice::<Map<String, Value>>(&bytes);
    let vector = fields.ok().and_then(|fields| asked(fields, name));
    vector.ok_or_else(|| Fault::BadVector(path.to_owned()))
}

/// The question of a file, without the answer that stands beside it.
fn asked(mut fields: Map<String, Value>, name: &str) -> Option<Vector> {
    let Some(Value::String(expected)) = fields.remove("expected") else {
        return None;
    };
    fields.insert("name".to_owned(), Value::from(name));
    let line = Value::Object(fields).to_string();
    Some(Vector { line, expected })
}
