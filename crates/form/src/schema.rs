//! The JSON Schema (draft 2020-12) of a form's record, generated from its definition.
use serde_json::{Map, Value, json};

use crate::{Field, FieldType, Form, Item};

/// Schema of a record: the keys, their types and enum values. What the law requires is the rules' business, because a
/// lawful paper may leave anything out; hence every value may also be null or say why it is missing.
pub fn json_schema(form: &Form) -> Value {
    let mut properties = Map::new();
    properties.insert("form".into(), json!({ "const": form.code }));
    for field in form.header.fields.iter().chain(form.extras.iter().map(|extra| &extra.field)) {
        properties.insert(field.key.clone(), leaf(form, field));
    }
    for item in form.items().filter(|item| item.path != "assets[]") {
        add_item(&mut properties, form, item);
    }
    let assets: Vec<_> = form.asset_items().map(|item| with_code(form, item.code(), &item.fields)).collect();
    properties.insert("assets".into(), json!({ "type": "array", "items": { "oneOf": assets } }));
    // A supplementary form has no income item, but every record has the key.
    properties.entry("income").or_insert(json!({ "type": "null" }));
    add_changes(&mut properties, form);
    for signature in &form.signatures {
        if let Some(path) = &signature.path {
            properties.insert(path.clone(), or_null(object(form, &signature.fields)));
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": form.name,
        "type": "object",
        "required": ["form", "kind", "completed_on", "declarant", "children", "assets", "changes"],
        "properties": properties,
        "additionalProperties": false,
        "$defs": {
            "missing": {
                "type": "object",
                "required": ["missing"],
                "properties": { "missing": { "enum": ["none", "unknown", "illegible", "refused"] } },
                "additionalProperties": false,
            },
        },
    })
}

fn add_item(properties: &mut Map<String, Value>, form: &Form, item: &Item) {
    let schema = object(form, &item.fields);
    match item.path.strip_suffix("[]") {
        Some(list) => properties.insert(list.into(), json!({ "type": "array", "items": schema })),
        None => properties.insert(item.path.clone(), or_null(schema)),
    };
}

fn add_changes(properties: &mut Map<String, Value>, form: &Form) {
    let Some(table) = form.table() else { return };
    let codes: Vec<_> = table.rows.iter().filter_map(|row| row.code.as_deref()).collect();
    let mut row = object(form, &table.columns);
    row["properties"]["code"] = json!({ "enum": codes });
    row["required"] = json!(["code"]);
    properties.insert(table.path.trim_end_matches("[]").into(), json!({ "type": "array", "items": row }));
    properties.insert(table.no_change_path.clone(), json!({ "type": ["boolean", "null"] }));
}

fn with_code(form: &Form, code: &str, fields: &[Field]) -> Value {
    let mut schema = object(form, fields);
    schema["properties"]["code"] = json!({ "const": code });
    schema["required"] = json!(["code"]);
    schema
}

fn object(form: &Form, fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.key.clone(), field_schema(form, field))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn field_schema(form: &Form, field: &Field) -> Value {
    if !field.is_compound() {
        return leaf(form, field);
    }
    let mut schema = object(form, &field.parts);
    schema["title"] = json!(field.label);
    json!({ "anyOf": [schema, { "type": "null" }, { "$ref": "#/$defs/missing" }] })
}

fn leaf(form: &Form, field: &Field) -> Value {
    let mut schema = match field.field_type {
        FieldType::ItemCodes => {
            let codes: Vec<_> = form.items().map(Item::code).collect();
            json!({ "type": "array", "items": { "enum": codes }, "uniqueItems": true })
        }
        _ => json!({ "anyOf": [known(form, field), { "type": "null" }, { "$ref": "#/$defs/missing" }] }),
    };
    schema["title"] = json!(field.label);
    schema
}

/// 2⁵³ − 1: the largest integer every JSON reader keeps exact (RFC 8785).
const MAX_INTEGER: u64 = viet::number::MAX_DONG;

fn known(form: &Form, field: &Field) -> Value {
    match field.field_type {
        FieldType::Amount => json!({ "type": "integer", "minimum": 0, "maximum": MAX_INTEGER }),
        FieldType::Area | FieldType::ForeignAmount => {
            json!({ "type": "string", "pattern": "^(0|[1-9][0-9]*)(\\.[0-9]*[1-9])?$" })
        }
        FieldType::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "format": "date" }),
        FieldType::Year => json!({ "type": "integer", "minimum": 1900, "maximum": 9999 }),
        FieldType::Enum => {
            let codes: Vec<_> = field.options.iter().map(|option| option.code.as_str()).collect();
            json!({ "enum": codes })
        }
        FieldType::Kind => {
            let codes: Vec<_> = form.kinds.iter().map(|kind| kind.code.as_str()).collect();
            json!({ "enum": codes })
        }
        FieldType::Holder => {
            json!({ "type": "string", "pattern": "^(SELF|SPOUSE|JOINT|UNSTATED|CHILD\\([1-9][0-9]?\\))$" })
        }
        _ => json!({ "type": "string" }),
    }
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }, { "$ref": "#/$defs/missing" }] })
}
