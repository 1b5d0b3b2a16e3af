//! The body of the form, top to bottom: headings, lines, the table.

use form::doc::{Answer, Missing, answer};
use form::{Field, Form, FormKind, Item, Occurs, Section};
use serde::Serialize;
use serde_json::Value;

use super::table::{self, Table};
use super::values::{Piece, pieces, refuse_strangers};
use crate::print::PrintError;

/// One block of the page.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Block {
    /// Level 1: a section, 2: a bold numbered heading, 3: a plain one.
    Heading {
        level: u8,
        label: String,
        notes: Vec<u32>,
        colon: bool,
        after: Option<String>,
    },
    /// "- Label: value   Label: value"
    Line {
        parts: Vec<Part>,
    },
    Text {
        text: String,
    },
    Table(Table),
}

/// A label with its value.
#[derive(Serialize)]
pub(super) struct Part {
    label: String,
    notes: Vec<u32>,
    /// A label that starts in lower case goes on with the sentence ("… ngày cấp 17/03/2022").
    inline: bool,
    value: Vec<Piece>,
}

/// Where an item's values come from.
enum Source<'a> {
    Blank,
    Document(&'a Value),
}

/// The blocks of a document.
pub(super) fn of_document(form: &Form, kind: &FormKind, document: &Value) -> Result<Vec<Block>, PrintError> {
    refuse_unplaced(form, kind, document)?;
    body(form, kind, &Source::Document(document))
}

/// The blocks of the empty form.
pub(super) fn of_blank(form: &Form, kind: &FormKind) -> Result<Vec<Block>, PrintError> {
    body(form, kind, &Source::Blank)
}

fn body(form: &Form, kind: &FormKind, source: &Source<'_>) -> Result<Vec<Block>, PrintError> {
    let mut blocks = Vec::new();
    for section in form.sections.iter().filter(|section| !omits(kind, &section.code)) {
        blocks.push(section_heading(section, source));
        for item in section.items.iter().filter(|item| !omits(kind, item.code())) {
            blocks.push(item_heading(section, item));
            item_blocks(form, item, source, &mut blocks)?;
        }
        if let Some(table) = &section.table {
            blocks.push(Block::Table(match source {
                Source::Blank => table::of_blank(table),
                Source::Document(document) => table::of_document(table, document)?,
            }));
        }
    }
    Ok(blocks)
}

fn omits(kind: &FormKind, code: &str) -> bool {
    !code.is_empty() && kind.omits.iter().any(|omitted| omitted == code)
}

/// Values that no printed part of this kind's form takes: an unknown asset code, income in a first declaration.
fn refuse_unplaced(form: &Form, kind: &FormKind, document: &Value) -> Result<(), PrintError> {
    let assets = document.get("assets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, asset) in assets.iter().enumerate() {
        let code = asset.get("code").and_then(Value::as_str).unwrap_or_default();
        if omits(kind, code) || !form.asset_items().any(|item| item.code() == code) {
            return Err(PrintError::Unplaced(format!("assets[{index}]")));
        }
    }
    let printed = |item: &&Item| !omits(kind, item.code());
    let paths: Vec<&str> = form.items().filter(printed).map(|item| item.path.trim_end_matches("[]")).collect();
    for item in form.items().filter(|item| item.path != "assets[]") {
        let root = item.path.trim_end_matches("[]");
        if !paths.contains(&root) && has_answer(document, root) {
            return Err(PrintError::Unplaced(root.to_owned()));
        }
    }
    let no_table = form.sections.iter().filter(|section| omits(kind, &section.code));
    for table in no_table.filter_map(|section| section.table.as_ref()) {
        let root = table.path.trim_end_matches("[]");
        if document.get(root).and_then(Value::as_array).is_some_and(|changes| !changes.is_empty()) {
            return Err(PrintError::Unplaced(root.to_owned()));
        }
    }
    Ok(())
}

fn has_answer(document: &Value, path: &str) -> bool {
    match answer(document, path) {
        Answer::Absent => false,
        Answer::Missing(_) => true,
        Answer::Known(Value::Object(map)) => map.values().any(|value| !value.is_null()),
        Answer::Known(_) => true,
    }
}

fn section_heading(section: &Section, source: &Source<'_>) -> Block {
    let after = match (source, &section.table) {
        (Source::Document(document), Some(table)) => {
            let unchanged = form::doc::get(document, &table.no_change_path).and_then(Value::as_bool) == Some(true);
            unchanged.then(|| table.no_change_label.clone())
        }
        _ => None,
    };
    Block::Heading {
        level: 1,
        label: format!("{}. {}", section.number, section.heading),
        notes: section.note.into_iter().collect(),
        colon: false,
        after,
    }
}

/// Headings of persons stand without a colon, those of assets with one, as in the printed form.
fn item_heading(section: &Section, item: &Item) -> Block {
    Block::Heading {
        level: if item.number.contains('.') { 3 } else { 2 },
        label: format!("{}. {}", item.number, item.heading),
        notes: item.note.into_iter().collect(),
        colon: section.code != "GENERAL",
        after: None,
    }
}

fn item_blocks(form: &Form, item: &Item, source: &Source<'_>, out: &mut Vec<Block>) -> Result<(), PrintError> {
    if item.code.is_none() {
        return Ok(());
    }
    let Source::Document(document) = source else {
        return element(item, 1, &Value::Null, "", out);
    };
    if let Answer::Missing(missing) = answer(document, item.path.trim_end_matches("[]")) {
        let none = form.none_words.first().filter(|_| missing == Missing::None);
        out.push(Block::Text { text: none.map_or_else(|| missing.label().to_owned(), String::clone) });
        return Ok(());
    }
    let elements = elements(item, document);
    for (nth, (path, value)) in elements.iter().enumerate() {
        element(item, nth + 1, value, path, out)?;
    }
    if elements.is_empty() && said_none(item, document) {
        out.extend(form.none_words.first().map(|word| Block::Text { text: word.clone() }));
    }
    Ok(())
}

/// The document's values for an item, in its order, each with its path.
fn elements<'a>(item: &Item, document: &'a Value) -> Vec<(String, &'a Value)> {
    let Some(root) = item.path.strip_suffix("[]") else {
        let value = document.get(&item.path).filter(|value| value.is_object());
        let value = value.or((item.occurs == Occurs::Once).then_some(&Value::Null));
        return value.map(|value| (item.path.clone(), value)).into_iter().collect();
    };
    let list = document.get(root).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let of_item = |value: &Value| root != "assets" || value.get("code").and_then(Value::as_str) == item.code.as_deref();
    let numbered = list.iter().enumerate().filter(|(_, value)| of_item(value));
    numbered.map(|(index, value)| (format!("{root}[{index}]"), value)).collect()
}

/// Whether the declarant said that there is none. Silence is not an answer and prints nothing.
fn said_none(item: &Item, document: &Value) -> bool {
    let listed = document.get("none").and_then(Value::as_array).into_iter().flatten();
    let mut listed = listed.filter_map(Value::as_str);
    let unmarried = || matches!(form::doc::text(document, "spouse_status"), Some("SINGLE" | "DIVORCED" | "WIDOWED"));
    listed.any(|code| code == item.code()) || (item.path == "spouse" && unmarried())
}

fn element(item: &Item, nth: usize, value: &Value, path: &str, out: &mut Vec<Block>) -> Result<(), PrintError> {
    refuse_strangers(value, path, |key| key == "code" || item.field(key).is_some())?;
    if let Some(label) = item.repeat_label(nth) {
        let label = label.trim_end_matches(':').to_owned();
        out.push(Block::Heading { level: 3, label, notes: vec![], colon: true, after: None });
    }
    for line in item.lines() {
        out.push(Block::Line { parts: line_parts(&line, value, path)? });
    }
    Ok(())
}

fn line_parts(line: &[&Field], value: &Value, path: &str) -> Result<Vec<Part>, PrintError> {
    let mut parts: Vec<Part> = Vec::new();
    for field in line {
        let inner = value.get(&field.key).unwrap_or(&Value::Null);
        let value_pieces = pieces(field, inner, &format!("{path}.{}", field.key))?;
        let label = field.printed_label();
        let inline = label.chars().next().is_none_or(char::is_lowercase);
        let notes = field.note.into_iter().collect();
        parts.push(Part { label: label.to_owned(), notes, inline, value: value_pieces });
    }
    if !value.is_null() {
        drop_pointless(line, value, &mut parts);
    }
    Ok(parts)
}

/// In a filled form: no date and place of issue after "chưa được cấp", no foreign amount in a line of đồng.
fn drop_pointless(line: &[&Field], value: &Value, parts: &mut Vec<Part>) {
    let no_card = line.first().is_some_and(|field| {
        let inner = value.get(&field.key).unwrap_or(&Value::Null);
        Missing::of(inner) == Some(Missing::None) && !field.absent_words.is_empty()
    });
    let mut fields = line.iter();
    parts.retain(|part| {
        let field = fields.next();
        let answered = !part.value.iter().all(Piece::is_blank);
        let foreign = field.is_some_and(|field| field.required == form::Required::IfForeignCurrency);
        let follows = no_card && part.inline;
        !(foreign && !answered || follows && none_or_blank(field, value))
    });
}

fn none_or_blank(field: Option<&&Field>, value: &Value) -> bool {
    let inner = field.and_then(|field| value.get(&field.key)).unwrap_or(&Value::Null);
    inner.is_null() || Missing::of(inner) == Some(Missing::None)
}
