//! The table of changes: rows told by their labels, cells by the ruling, over any number of pages.

use std::collections::BTreeMap;

use form::{ChangeRow, ChangeTable, Field, FieldType};
use serde_json::json;

use super::compose::Cell;
use super::draft::{Draft, Nature, Span};
use super::page::ReadPage;
use super::stream::{Token, key_of, push_line};
use super::values;

/// One printed row: the words of its cells, column by column.
type Cells = Vec<Vec<Token>>;

/// What the table says.
pub struct Changes {
    /// Leaves relative to "changes[i]", in the order of the rows.
    pub entries: Vec<Vec<(String, Draft)>>,
    /// Every row of the form was found, so none of its entries was overlooked.
    pub complete: bool,
}

/// Reads the table from all its pages.
pub fn read<'a>(pages: impl IntoIterator<Item = (usize, &'a ReadPage)>, table: &ChangeTable) -> Changes {
    let pages: Vec<(usize, &ReadPage)> = pages.into_iter().collect();
    let rows = printed_rows(pages.iter().copied(), table);
    let which = match_rows(&rows, table);
    let bare: usize = pages.iter().map(|(_, page)| page.bare_labels).sum();
    let complete = bare + which.iter().flatten().count() >= table.rows.len();
    let mut out: Vec<Vec<(String, Draft)>> = Vec::new();
    let mut entries: Vec<(&ChangeRow, Cells)> = Vec::new();
    let mut current: Option<&ChangeRow> = None;
    for (cells, row) in rows.into_iter().zip(which) {
        let fresh = row.is_some();
        current = row.or(current);
        let Some(row) = current else { continue };
        let columns = table.columns.len();
        let starts_entry = fresh || cells[1..columns].iter().any(|cell| !cell.is_empty());
        match entries.last_mut() {
            Some((last, before)) if !starts_entry && std::ptr::eq(*last, row) => {
                before.iter_mut().zip(cells).for_each(|(old, new)| old.extend(new));
            }
            _ => entries.push((row, cells)),
        }
    }
    for (row, cells) in entries {
        let Some(code) = &row.code else { continue };
        // An initial at the page foot may reach into a cell; an entry has a quantity or a value, or words.
        let written = |cell: &[Token]| key_of(&text(cell)).len();
        let columns = cells.len();
        if cells[1..columns - 1].iter().all(|cell| written(cell) == 0) && written(&cells[columns - 1]) < 4 {
            continue;
        }
        out.push(entry(code, &cells, table));
    }
    Changes { entries: out, complete }
}

fn text(cell: &[Token]) -> String {
    cell.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The rows of every table whose width fits the form's, without headings.
fn printed_rows<'a>(pages: impl IntoIterator<Item = (usize, &'a ReadPage)>, table: &ChangeTable) -> Vec<Cells> {
    let width = table.columns.len() + 1;
    let heading = key_of(&table.row_heading);
    let mut out = Vec::new();
    for (page, read) in pages {
        let mut rows: BTreeMap<(usize, usize), Cells> = BTreeMap::new();
        for (number, placed) in read.lines.iter().enumerate() {
            let Some(Cell { table, row, column }) = placed.cell else { continue };
            if read.tables[table].columns.len() != width + 1 {
                continue;
            }
            let cells = rows.entry((table, row)).or_insert_with(|| vec![Vec::new(); width]);
            push_line(&placed.line.words, page, number, read.letter, &mut cells[column]);
        }
        out.extend(
            rows.into_values()
                .filter(|cells| strsim::normalized_levenshtein(&key_of(&text(&cells[0])), &heading) < 0.75),
        );
    }
    out
}

/// Which row of the form each printed row is: the likeliest assignment in the form's order. `None`: a continuation.
fn match_rows<'t>(rows: &[Cells], table: &'t ChangeTable) -> Vec<Option<&'t ChangeRow>> {
    const LIKE: f64 = 0.55;
    let labels: Vec<String> = table.rows.iter().map(|row| key_of(&format!("{} {}", row.number, row.label))).collect();
    let n = labels.len();
    // best[j]: highest total so far with the last assigned row of the form below j; choice for walking back.
    let mut best = vec![0.0f64; n + 1];
    let mut steps: Vec<Vec<Option<usize>>> = Vec::new();
    for cells in rows {
        let key = key_of(&text(&cells[0]));
        let mut next = best.clone();
        let mut step = vec![None; n + 1];
        if !key.is_empty() {
            for j in 0..n {
                let likeness = likeness(&key, &labels[j]);
                let assigned = best[j] + likeness - LIKE;
                if likeness > LIKE && assigned > next[j + 1] {
                    next[j + 1] = assigned;
                    step[j + 1] = Some(j);
                }
            }
        }
        for j in 1..=n {
            if next[j - 1] > next[j] {
                next[j] = next[j - 1];
                step[j] = step[j - 1];
            }
        }
        best = next;
        steps.push(step);
    }
    let mut out = vec![None; rows.len()];
    let mut limit = n;
    for (index, step) in steps.iter().enumerate().rev() {
        if let Some(j) = step[limit] {
            out[index] = Some(&table.rows[j]);
            limit = j;
        }
    }
    out
}

/// Likeness of a printed label to a row's; a label cut by the page's end is like its beginning.
fn likeness(printed: &str, label: &str) -> f64 {
    let whole = strsim::normalized_levenshtein(printed, label);
    if printed.len() < 12 || printed.len() >= label.len() {
        return whole;
    }
    whole.max(0.9 * strsim::normalized_levenshtein(printed, &label[..printed.len()]))
}

fn entry(code: &str, cells: &Cells, table: &ChangeTable) -> Vec<(String, Draft)> {
    let label = Span::of_tokens(&cells[0], 0);
    let mut out = vec![("code".to_owned(), Draft::phrase(json!(code), label, 0.97))];
    for (field, cell) in table.columns.iter().zip(&cells[1..]) {
        out.push((field.key.clone(), leaf(field, cell, code)));
    }
    out
}

fn leaf(field: &Field, cell: &[Token], code: &str) -> Draft {
    let span = Span::of_tokens(cell, 0);
    match field.field_type {
        // The income row has no quantity (note 32).
        FieldType::SignedQuantity if values::is_blank(&span.text()) => {
            Draft::phrase(json!(null), span, if code == "INCOME" { 0.97 } else { 0.3 })
        }
        FieldType::SignedQuantity => values::signed_quantity(&span),
        FieldType::Amount => values::amount(&span),
        _ => values::text(&span, Nature::Text),
    }
}
