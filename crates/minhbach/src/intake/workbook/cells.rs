//! From the bytes of an upload to cells. The bytes come from outside: what a workbook says of its own size is not believed, and
//! nothing of it is kept before it is known to be of our making and small enough.
use std::collections::HashMap;
use std::io::{self, Cursor, Write};

use calamine::{DataRef, DataType, Reader, Xlsx};
use form::LawBook;

use super::book::{Book, Cell, Row, Sheet, folded};
use super::layout::{About, FIRST, Holds, KEYS, Layout, Plan};
use super::model::Unfit;
use super::write::{META, SIGN, VERSION};
use crate::kernel::press;

/// Everything unpacked, and what is not a sheet of cells (those are never held as a whole).
const MAX_UNPACKED: u64 = 1 << 30;
const MAX_PART: u64 = 192 << 20;
const MAX_PARTS: usize = 2000;
/// Elements of a part that is held: each costs memory, however short it is. And the longest text or tag of any part.
const MAX_TAGS: u64 = 16_000_000;
const MAX_RUN: u64 = 1 << 20;
/// Rows with something in them, all sheets together.
pub const MAX_ROWS: usize = 200_000;
const MAX_COLUMNS: u32 = 400;
/// Cells kept, and their text. A text may stand in the file once and in a million cells.
const MAX_CELLS: usize = 8_000_000;
const MAX_TEXT: usize = 192 << 20;
/// Excel itself allows no more in a cell.
const MAX_CELL: usize = 4 * 32_767;

type Book0<'b> = Xlsx<Cursor<&'b [u8]>>;

/// Reads a workbook made from a form of this law.
///
/// # Errors
/// What about the file cannot be read, in a word that is shown as a sentence.
pub fn read(law: &LawBook, bytes: &[u8], is_practice: bool) -> Result<Book, Unfit> {
    refuse_bomb(bytes)?;
    let mut book: Book0<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Unfit::NotASheet)?;
    let made = made_by(&mut book)?;
    let [sign, version, form, rules, hash, mark] = &made;
    if sign != SIGN {
        return Err(Unfit::NotOurs);
    }
    if mark.contains(press::TITLE.trim()) && !is_practice {
        return Err(Unfit::Practice);
    }
    let of = law.rule_sets.iter().find(|set| set.id() == rules);
    let of = of.and_then(|set| Some((set, set.form(form)?))).filter(|(_, form)| form.hash() == *hash);
    let Some((rules, form)) = of.filter(|_| version == VERSION) else { return Err(Unfit::OtherVersion) };
    let layout = Layout::of(rules, form);
    let mut left = Left { rows: MAX_ROWS, cells: MAX_CELLS, text: MAX_TEXT };
    let sheets = layout.plans.iter().map(|plan| sheet(&mut book, plan, &mut left)).collect::<Result<Vec<_>, _>>()?;
    let by_code = layout.plans.iter().zip(&sheets).skip(1).map(|(plan, sheet)| by_code(plan, sheet)).collect();
    let shared = layout.plans.first().zip(sheets.first()).map(|(plan, sheet)| self::by_code(plan, sheet));
    let shared = shared.unwrap_or_default().into_iter().filter(|(code, rows)| !code.is_empty() && rows.len() > 1);
    let shared = shared.map(|(code, rows)| (code, rows.len())).collect();
    if sheets.first().is_none_or(|people| people.rows.is_empty()) {
        return Err(Unfit::Nobody);
    }
    Ok(Book { rules: rules.id().to_owned(), form: form.code.clone(), sheets, by_code, shared })
}

/// What may still be kept.
struct Left {
    rows: usize,
    cells: usize,
    text: usize,
}

impl Left {
    fn take(left: &mut usize, amount: usize) -> Result<(), Unfit> {
        *left = left.checked_sub(amount).ok_or(Unfit::TooLarge)?;
        Ok(())
    }
}

/// A small file that unpacks into a huge one is refused before anything is kept of it.
fn refuse_bomb(bytes: &[u8]) -> Result<(), Unfit> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unfit::NotASheet)?;
    if archive.len() > MAX_PARTS {
        return Err(Unfit::TooLarge);
    }
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| Unfit::NotASheet)?;
        let is_cells = entry.name().to_ascii_lowercase().starts_with("xl/worksheets/");
        let most = if is_cells { left } else { left.min(MAX_PART) };
        let tags = if is_cells { u64::MAX } else { MAX_TAGS };
        let mut measure = Measure { most, tags, ..Measure::default() };
        let outcome = io::copy(&mut entry, &mut measure);
        if measure.is_over {
            return Err(Unfit::TooLarge);
        }
        outcome.map_err(|_| Unfit::NotASheet)?;
        left -= measure.bytes;
    }
    Ok(())
}

/// Where unpacked bytes go that are only measured; it takes no more once one of its limits is passed.
#[derive(Default)]
struct Measure {
    most: u64,
    tags: u64,
    bytes: u64,
    tags_seen: u64,
    /// Bytes since the last tag began.
    run: u64,
    is_over: bool,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len() as u64;
        for byte in bytes {
            self.run = if *byte == b'<' { 0 } else { self.run + 1 };
            self.tags_seen += u64::from(*byte == b'<');
            self.is_over |= self.run > MAX_RUN;
        }
        self.is_over |= self.bytes > self.most || self.tags_seen > self.tags;
        if self.is_over { Err(io::Error::other("too large")) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first cells of the hidden sheet: our sign, the version, the form, the rule set, the form's hash, the mark of practice.
fn made_by(book: &mut Book0<'_>) -> Result<[String; 6], Unfit> {
    let mut said: [String; 6] = Default::default();
    let mut cells = book.worksheet_cells_reader(META).map_err(|_| Unfit::NotOurs)?;
    while let Some(cell) = cells.next_cell().map_err(|_| Unfit::NotASheet)? {
        let (row, column) = cell.get_position();
        if row as usize >= said.len() {
            break;
        }
        if let (0, Some(text)) = (column, text_of(cell.get_value())) {
            said[row as usize] = text.chars().take(200).collect();
        }
    }
    Ok(said)
}

fn text_of(value: &DataRef<'_>) -> Option<String> {
    match value {
        DataRef::String(text) => Some(text.clone()),
        DataRef::SharedString(text) => Some((*text).to_owned()),
        _ => None,
    }
}

/// The rows of one sheet as they come: a cell far out in an empty sheet makes no sheet of empty cells.
fn sheet(book: &mut Book0<'_>, plan: &Plan<'_>, left: &mut Left) -> Result<Sheet, Unfit> {
    let missing = || Unfit::SheetMissing { sheet: plan.name.clone() };
    let mut reader = book.worksheet_cells_reader(&plan.name).map_err(|_| missing())?;
    let mut keys: HashMap<String, u16> = HashMap::new();
    let mut rows: Vec<Row> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(|_| Unfit::NotASheet)? {
        let (row, column) = cell.get_position();
        if column >= MAX_COLUMNS {
            continue;
        }
        let Ok(column) = u16::try_from(column) else { continue };
        if row == KEYS {
            keys.extend(text_of(cell.get_value()).filter(|key| key.len() < 200).map(|key| (key, column)));
        }
        if row < FIRST {
            continue;
        }
        let Some(kept) = kept(cell.get_value(), left)? else { continue };
        match rows.last_mut() {
            Some(last) if last.number == row + 1 => {
                // Cells of a row come from left to right; a file that says one twice is not Excel's.
                if last.cells.last().is_some_and(|(before, _)| *before >= column) {
                    return Err(Unfit::NotASheet);
                }
                last.cells.push((column, kept));
            }
            Some(last) if last.number > row + 1 => return Err(Unfit::NotASheet),
            _ => {
                Left::take(&mut left.rows, 1)?;
                rows.push(Row { number: row + 1, cells: vec![(column, kept)] });
            }
        }
    }
    let mut columns = Vec::with_capacity(plan.columns.len());
    for column in &plan.columns {
        let at = keys.get(&column.key).copied();
        let missing = || Unfit::ColumnMissing { sheet: plan.name.clone(), column: column.title.clone() };
        columns.push(at.ok_or_else(missing)?);
    }
    // Beside the table people keep notes of their own, which make no row.
    let mut own = columns.clone();
    own.sort_unstable();
    rows.retain_mut(|row| {
        row.cells.retain(|(column, _)| own.binary_search(column).is_ok());
        row.cells.shrink_to_fit();
        !row.cells.is_empty()
    });
    rows.shrink_to_fit();
    Ok(Sheet { columns, rows })
}

/// A cell worth keeping, in NFC without stray white space.
fn kept(value: &DataRef<'_>, left: &mut Left) -> Result<Option<Cell>, Unfit> {
    let text = match value {
        DataRef::Empty => return Ok(None),
        DataRef::Int(number) => return number_cell(*number as f64, left),
        DataRef::Float(number) => return number_cell(*number, left),
        DataRef::DateTime(date) if date.is_datetime() => match value.as_date() {
            Some(day) => return kept_as(Cell::Date(day), left),
            None => date.to_string(),
        },
        DataRef::DateTime(date) => date.to_string(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::Error(error) => return kept_as(Cell::Broken(error.to_string().into()), left),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => whole(text)?,
        DataRef::SharedString(text) => whole(text)?,
    };
    let text = form::leaves::normalise_text(&text);
    if text.is_empty() {
        return Ok(None);
    }
    Left::take(&mut left.text, text.len())?;
    kept_as(Cell::Text(text.into()), left)
}

fn number_cell(number: f64, left: &mut Left) -> Result<Option<Cell>, Unfit> {
    if number.is_finite() { kept_as(Cell::Number(number), left) } else { kept_as(Cell::Broken("#NUM!".into()), left) }
}

fn kept_as(cell: Cell, left: &mut Left) -> Result<Option<Cell>, Unfit> {
    Left::take(&mut left.cells, 1)?;
    Ok(Some(cell))
}

fn whole(text: &str) -> Result<String, Unfit> {
    if text.len() > MAX_CELL { Err(Unfit::TooLarge) } else { Ok(text.to_owned()) }
}

/// The rows of a sheet by the code of whose they are; "" where none is written.
fn by_code(plan: &Plan<'_>, sheet: &Sheet) -> HashMap<String, Vec<usize>> {
    debug_assert!(matches!(plan.about, About::People) || plan.about.list().is_some());
    let code = plan.columns.iter().position(|column| matches!(column.holds, Holds::Code)).unwrap_or(0);
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, row) in sheet.rows.iter().enumerate() {
        let written = sheet.cell(row, code).map(|cell| folded(&cell.text(None))).unwrap_or_default();
        found.entry(written).or_default().push(index);
    }
    found
}
