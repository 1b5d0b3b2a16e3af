//! The form, one line per field, for people to compare with the printed appendix.
use std::fmt::Write;

use serde_json::Value;

use crate::{Field, Form};

/// `path | printed label | type | required | note`, with the numbered headings between. In paths of assets the item
/// code stands where a document has an index: `assets[LAND_RES].value.amount`.
pub fn listing(form: &Form) -> String {
    let mut lines = Lines(String::new());
    lines.heading(&form.code, &form.name);
    form.header.fields.iter().for_each(|field| lines.field("", field));
    for section in &form.sections {
        lines.heading(&section.number, &with_note(&section.heading, section.note));
        for item in &section.items {
            lines.heading(&item.number, &with_note(&item.heading, item.note));
            let path = item.path.replace("[]", &format!("[{}]", item.code()));
            item.fields.iter().for_each(|field| lines.field(&path, field));
        }
        if let Some(table) = &section.table {
            lines.text(&table.no_change_path, &table.no_change_label);
            for row in &table.rows {
                let code = row.code.as_deref().unwrap_or("-");
                lines.heading(&row.number, &format!("{} [{code}]", row.label));
            }
            table.columns.iter().for_each(|column| lines.field(&table.path, column));
        }
    }
    form.extras.iter().for_each(|extra| lines.field("", &extra.field));
    for signature in &form.signatures {
        lines.heading(&signature.code, &signature.heading);
        signature.fields.iter().for_each(|field| lines.field(signature.path.as_deref().unwrap_or(""), field));
    }
    lines.0
}

struct Lines(String);

impl Lines {
    fn heading(&mut self, number: &str, text: &str) {
        self.line(&format!("# {number}. {text}"));
    }

    fn text(&mut self, path: &str, label: &str) {
        self.line(&format!("{path} | {label} | boolean | |"));
    }

    fn field(&mut self, parent: &str, field: &Field) {
        let path = if parent.is_empty() { field.key.clone() } else { format!("{parent}.{}", field.key) };
        let label = field.printed_label();
        let note = field.help.as_deref().unwrap_or("");
        let required = field.required.describe();
        self.line(&format!("{path} | {label} | {} | {required} | {note}", type_name(field)));
        field.parts.iter().for_each(|part| self.field(&path, part));
    }

    fn line(&mut self, text: &str) {
        writeln!(self.0, "{text}").expect("writing to a String cannot fail");
    }
}

fn with_note(heading: &str, note: Option<u32>) -> String {
    note.map_or_else(|| heading.to_owned(), |number| format!("{heading} ({number})"))
}

fn type_name(field: &Field) -> String {
    let name = match serde_json::to_value(field.field_type) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    };
    let codes: Vec<_> = field.options.iter().map(|option| option.code.as_str()).collect();
    if codes.is_empty() { name } else { format!("{name}: {}", codes.join(", ")) }
}
