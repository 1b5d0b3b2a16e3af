//! The table of changes (section III of Phụ lục I, section II of Phụ lục II).

use form::{ChangeRow, ChangeTable, Field};
use serde::Serialize;
use serde_json::Value;

use super::values::{Piece, pieces, refuse_strangers};
use crate::print::PrintError;

#[derive(Serialize)]
pub(super) struct Table {
    row_heading: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Column {
    /// Heading over this and the next column; the same text in both makes one cell.
    over: Option<Vec<Mark>>,
    label: String,
    notes: Vec<u32>,
}

/// Text, or the number of a note to print raised.
#[derive(Serialize)]
#[serde(untagged)]
enum Mark {
    Note(u32),
    Text(String),
}

#[derive(Serialize)]
struct Row {
    label: String,
    bold: bool,
    cells: Vec<Piece>,
}

/// The table with the document's changes in it; every row of the form stands there, filled or not.
pub(super) fn of_document(table: &ChangeTable, document: &Value) -> Result<Table, PrintError> {
    let root = table.path.trim_end_matches("[]");
    let changes = document.get(root).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut rows = Vec::new();
    let mut placed = 0;
    for row in &table.rows {
        let mut label = Some(row_label(row));
        for (index, change) in changes.iter().enumerate().filter(|(_, change)| stands_in(row, change)) {
            let cells = cells(&table.columns, change, &format!("{root}[{index}]"))?;
            rows.push(Row { label: label.take().unwrap_or_default(), bold: false, cells });
            placed += 1;
        }
        rows.extend(label.map(|label| empty_row(row, label, table.columns.len())));
    }
    if placed != changes.len() {
        let lost = changes.iter().position(|change| !table.rows.iter().any(|row| stands_in(row, change)));
        return Err(PrintError::Unplaced(format!("{root}[{}]", lost.unwrap_or_default())));
    }
    Ok(Table { rows, ..of_blank(table) })
}

/// The table with nothing in it.
pub(super) fn of_blank(table: &ChangeTable) -> Table {
    Table {
        row_heading: table.row_heading.clone(),
        columns: table.columns.iter().map(column).collect(),
        rows: table.rows.iter().map(|row| empty_row(row, row_label(row), table.columns.len())).collect(),
    }
}

fn stands_in(row: &ChangeRow, change: &Value) -> bool {
    let code = change.get("code").and_then(Value::as_str);
    code.is_some() && code == row.code.as_deref()
}

fn cells(columns: &[Field], change: &Value, path: &str) -> Result<Vec<Piece>, PrintError> {
    refuse_strangers(change, path, |key| key == "code" || columns.iter().any(|column| column.key == key))?;
    let mut cells = Vec::new();
    for column in columns {
        let value = change.get(&column.key).unwrap_or(&Value::Null);
        cells.extend(pieces(column, value, &format!("{path}.{}", column.key))?);
    }
    Ok(cells)
}

fn row_label(row: &ChangeRow) -> String {
    format!("{}. {}", row.number, row.label)
}

fn empty_row(row: &ChangeRow, label: String, columns: usize) -> Row {
    Row { label, bold: row.code.is_none(), cells: vec![Piece::Blank; columns] }
}

fn column(field: &Field) -> Column {
    Column {
        over: field.over.as_deref().map(marks),
        label: field.printed_label().to_owned(),
        notes: field.note.into_iter().collect(),
    }
}

/// "Tăng{30}/giảm{31}" as text and note numbers.
fn marks(pattern: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    for part in pattern.split_inclusive('}') {
        let (text, note) = match part.strip_suffix('}').and_then(|part| part.rsplit_once('{')) {
            Some((text, number)) => (text, number.parse().ok()),
            None => (part, None),
        };
        marks.push(Mark::Text(text.to_owned()));
        marks.extend(note.map(Mark::Note));
    }
    marks
}
