//! The leaves of a declaration in the form's order, and what is done to all of them: normalisation, and conversion
//! between the record (areas are decimal strings) and a reading (areas are numbers).
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use crate::doc::{self, Missing, PathError};
use crate::{Field, FieldType, Form, Item};

/// A value that stands in a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf<'a> {
    pub path: String,
    pub value: &'a Value,
}

/// All leaves of a document in the form's order; assets by item as printed, then as they stand. A person or compound
/// that is null or missing is one leaf.
pub fn leaves<'a>(form: &Form, document: &'a Value) -> Vec<Leaf<'a>> {
    let mut walk = Walk { document, found: Vec::new() };
    walk.leaf("form".into());
    form.header.fields.iter().for_each(|field| walk.leaf(field.key.clone()));
    for section in &form.sections {
        section.items.iter().for_each(|item| walk.item(item));
        if let Some(table) = &section.table {
            walk.leaf(table.no_change_path.clone());
            walk.list(&table.path, |_| true, &table.columns);
        }
    }
    form.extras.iter().for_each(|extra| walk.leaf(extra.field.key.clone()));
    for signature in &form.signatures {
        if let Some(path) = &signature.path {
            walk.object(path, &signature.fields);
        }
    }
    walk.others();
    walk.found
}

struct Walk<'a> {
    document: &'a Value,
    found: Vec<Leaf<'a>>,
}

impl Walk<'_> {
    fn leaf(&mut self, path: String) {
        if let Some(value) = doc::get(self.document, &path) {
            self.found.push(Leaf { path, value });
        }
    }

    /// Keys the form has no place for (`income` of a supplement), so that no value goes unseen.
    fn others(&mut self) {
        let Some(map) = self.document.as_object() else { return };
        for (key, _) in map.iter().filter(|(_, value)| !value.is_array() && !value.is_object()) {
            if self.found.iter().all(|leaf| leaf.path != *key) {
                self.leaf(key.clone());
            }
        }
    }

    fn item(&mut self, item: &Item) {
        match (item.path.as_str(), item.code()) {
            (_, "") => (),
            ("assets[]", code) => {
                let is_mine = |asset: &Value| asset.get("code").and_then(Value::as_str) == Some(code);
                self.list(&item.path, is_mine, &item.fields);
            }
            (path, _) if path.ends_with("[]") => self.list(path, |_| true, &item.fields),
            (path, _) => self.object(path, &item.fields),
        }
    }

    fn list(&mut self, path: &str, wanted: impl Fn(&Value) -> bool, fields: &[Field]) {
        let root = path.trim_end_matches("[]");
        let elements = self.document.get(root).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, _) in elements.iter().enumerate().filter(|(_, element)| wanted(element)) {
            let element = format!("{root}[{index}]");
            self.leaf(format!("{element}.code"));
            self.object(&element, fields);
        }
    }

    fn object(&mut self, path: &str, fields: &[Field]) {
        match doc::get(self.document, path) {
            Some(value) if value.is_object() && Missing::of(value).is_none() => {
                fields.iter().for_each(|field| self.field(path, field));
            }
            Some(_) => self.leaf(path.to_owned()),
            None => (),
        }
    }

    fn field(&mut self, parent: &str, field: &Field) {
        let path = format!("{parent}.{}", field.key);
        if field.is_compound() { self.object(&path, &field.parts) } else { self.leaf(path) }
    }
}

/// Brings every text of a document to NFC without stray white space; lines of long texts stay lines.
pub fn normalise(document: &mut Value) {
    match document {
        Value::String(text) => *text = normalise_text(text),
        Value::Array(list) => list.iter_mut().for_each(normalise),
        Value::Object(map) => map.values_mut().for_each(normalise),
        _ => (),
    }
}

/// One text in NFC, line by line, without empty lines.
pub fn normalise_text(text: &str) -> String {
    let lines = text.lines().map(viet::text::normalise).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A reading (areas and foreign amounts are JSON numbers) as it stands in the record (decimal strings).
pub fn to_record(form: &Form, mut reading: Value) -> Result<Value, PathError> {
    for path in decimal_paths(form, &reading) {
        if let Some(Value::Number(number)) = doc::get(&reading, &path) {
            let text = decimal_text(number).ok_or_else(|| PathError::Mismatch(path.clone()))?;
            doc::set(&mut reading, &path, Value::String(text))?;
        }
    }
    normalise(&mut reading);
    Ok(reading)
}

/// A record as the reader prints it: areas and foreign amounts as JSON numbers.
pub fn to_reading(form: &Form, mut record: Value) -> Result<Value, PathError> {
    for path in decimal_paths(form, &record) {
        if let Some(Value::String(text)) = doc::get(&record, &path) {
            let number = text.parse::<f64>().ok().and_then(Number::from_f64);
            let number = number.ok_or_else(|| PathError::Mismatch(path.clone()))?;
            doc::set(&mut record, &path, Value::Number(number))?;
        }
    }
    Ok(record)
}

fn decimal_paths(form: &Form, document: &Value) -> Vec<String> {
    let is_decimal = |path: &str| {
        let field = form.field(document, path).map(|found| found.field.field_type);
        matches!(field, Some(FieldType::Area | FieldType::ForeignAmount))
    };
    leaves(form, document).into_iter().map(|leaf| leaf.path).filter(|path| is_decimal(path)).collect()
}

/// "12000.0" as "12000": no exponent, no zeros at the end.
fn decimal_text(number: &Number) -> Option<String> {
    let text = number.to_string();
    let decimal = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text)).ok()?;
    Some(decimal.normalize().to_string())
}
