//! Logbook and coverage as Excel.
use anyhow::Context as _;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook};

use crate::kernel::Result;
use crate::report::sheet::heading;

/// What stands in a cell.
pub enum Cell {
    Text(String),
    Count(i64),
}

/// One sheet: a title, a note, a table.
pub struct Table<'a> {
    pub name: &'a str,
    pub title: String,
    pub note: String,
    /// Heading and width.
    pub columns: Vec<(&'a str, f64)>,
    pub rows: Vec<Vec<Cell>>,
    /// Columns that stay in sight.
    pub frozen: u16,
}

/// # Errors
/// A bug when the workbook cannot be written.
pub fn write(table: &Table<'_>) -> Result<Vec<u8>> {
    build(table).context("writing a workbook").map_err(Into::into)
}

const HEAD: u32 = 3;

fn build(table: &Table<'_>) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(table.name)?;
    let head = heading();
    let text =
        Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top).set_num_format("@");
    let number = Format::new().set_border(FormatBorder::Thin).set_num_format("#,##0").set_align(FormatAlign::Top);
    sheet.write_with_format(0, 0, &table.title, &Format::new().set_bold().set_font_size(14))?;
    sheet.write(1, 0, &table.note)?;
    for (column, (name, width)) in (0u16..).zip(&table.columns) {
        sheet.write_with_format(HEAD, column, *name, &head)?;
        sheet.set_column_width(column, *width)?;
    }
    for (row, cells) in (HEAD + 1..).zip(&table.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(value) => sheet.write_string_with_format(row, column, value, &text)?,
                Cell::Count(value) => sheet.write_number_with_format(row, column, *value as f64, &number)?,
            };
        }
    }
    sheet.set_freeze_panes(HEAD + 1, table.frozen)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(book.save_to_buffer()?)
}
