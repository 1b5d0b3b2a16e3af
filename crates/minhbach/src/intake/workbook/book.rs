//! The cells of a workbook as they were typed, before anything is made of them.
use std::collections::HashMap;

use chrono::NaiveDate;
use form::FieldType;
use viet::date::format_short;

/// What was typed into a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Text(Box<str>),
    Number(f64),
    /// Typed as a date, or taken for one by Excel.
    Date(NaiveDate),
    /// A formula that came to nothing: "#REF!".
    Broken(Box<str>),
}

impl Cell {
    /// As a person would read it in a field of this type; Excel shows a fraction with a comma here.
    pub fn text(&self, field: Option<FieldType>) -> String {
        match self {
            Self::Text(text) | Self::Broken(text) => text.to_string(),
            Self::Date(day) => format_short(*day),
            Self::Number(number) => {
                let text = number.to_string();
                match field {
                    Some(FieldType::Area | FieldType::ForeignAmount | FieldType::Amount) => text.replace('.', ","),
                    // Excel takes the zeros off the front of a number it was not told is text; every citizen number begins
                    // with one (the codes of places of birth go from 001 to 096).
                    Some(FieldType::IdNo) if (10..=11).contains(&text.len()) => format!("{text:0>12}"),
                    _ => text,
                }
            }
        }
    }
}

/// A row that has something in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// As Excel shows it, from 1.
    pub number: u32,
    /// By Excel's column, from zero; the empty ones left out.
    pub cells: Vec<(u16, Cell)>,
}

/// One sheet of the layout.
#[derive(Debug, Default, PartialEq)]
pub struct Sheet {
    /// Excel's column for each column of the plan.
    pub columns: Vec<u16>,
    pub rows: Vec<Row>,
}

impl Sheet {
    /// What stands in a row under a column of the plan.
    pub fn cell<'r>(&self, row: &'r Row, column: usize) -> Option<&'r Cell> {
        let at = *self.columns.get(column)?;
        let found = row.cells.binary_search_by_key(&at, |(column, _)| *column).ok()?;
        row.cells.get(found).map(|(_, cell)| cell)
    }
}

/// A workbook that was read: which form it is of, and the sheets in the order of its layout, people first.
#[derive(Debug, PartialEq)]
pub struct Book {
    pub rules: String,
    pub form: String,
    pub sheets: Vec<Sheet>,
    /// For each sheet but the first, its rows by the code of whose they are; codes compared without marks and case.
    pub by_code: Vec<HashMap<String, Vec<usize>>>,
    /// Codes that more than one person has.
    pub shared: HashMap<String, usize>,
}

/// How codes are compared.
pub fn folded(code: &str) -> String {
    viet::text::fold(code)
}

/// "C7"; columns from zero, rows from one.
pub fn address(column: u16, row: u32) -> String {
    let mut letters = Vec::new();
    let mut left = u32::from(column) + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect::<String>() + &row.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_excel_names_them() {
        assert_eq!(address(0, 1), "A1");
        assert_eq!(address(25, 4), "Z4");
        assert_eq!(address(26, 4), "AA4");
        assert_eq!(address(701, 9), "ZZ9");
        assert_eq!(address(702, 9), "AAA9");
    }

    #[test]
    fn numbers_are_read_as_people_here_write_them() {
        assert_eq!(Cell::Number(250.5).text(Some(FieldType::Area)), "250,5");
        assert_eq!(Cell::Number(4_000_000_000.0).text(Some(FieldType::Amount)), "4000000000");
        assert_eq!(Cell::Number(51_080_000_123.0).text(Some(FieldType::IdNo)), "051080000123");
        assert_eq!(Cell::Number(2018.0).text(Some(FieldType::Year)), "2018");
        assert_eq!(Cell::Number(7.1).text(None), "7.1");
    }
}
