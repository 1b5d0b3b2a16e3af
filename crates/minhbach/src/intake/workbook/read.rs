//! From cells to declarations: every person of a workbook with what was read, what does not fit its field (kept as typed), where
//! each value stands, and what is wrong in which cell.
use std::collections::BTreeMap;

use form::doc;
use indexmap::IndexMap;
use paper::read::result::{Leaf, Reading};
use serde_json::{Map, Value, json};

use super::super::check::Checked;
use super::book::{Book, Cell, Row, Sheet, address, folded};
use super::layout::{About, Column, Holds, Layout, Place, Plan};
use super::model::Fault;
use crate::kernel::Result;

/// A row of people, and what hangs on it in the other sheets.
#[derive(Debug)]
pub struct Person {
    pub row: u32,
    /// None where no paper can be made of the row: its code is another person's too.
    pub found: Option<Found>,
    pub faults: Vec<Fault>,
}

/// What a person's rows say.
#[derive(Debug, PartialEq)]
pub struct Found {
    /// The declaration in the record's shape; null where a text does not fit.
    pub content: Value,
    /// Texts that do not fit, by path.
    pub raw: BTreeMap<String, String>,
    /// The cell of every value, by path.
    pub cells: IndexMap<String, String>,
}

impl Found {
    /// As the papers of a scan begin: what was read, with its origin, and what an officer has to mend.
    ///
    /// # Errors
    /// A bug when the content does not have the shape of its form.
    pub fn into_paper(self, law: &form::LawBook) -> Result<(Reading, Checked)> {
        let leaf = |(path, cell): (String, String)| {
            let doubtful = self.raw.contains_key(&path);
            (path, Leaf { confidence: 1.0, doubtful, page: None, bounds: None, cell: Some(cell) })
        };
        // Areas stand as decimal strings here already: nothing was recognised, and no digit may be lost in a fraction.
        let reading = Reading {
            declaration: self.content,
            provenance: self.cells.into_iter().map(leaf).collect(),
            also: Vec::new(),
            pages: Vec::new(),
            second_reader: true,
        };
        let mut checked = Checked::begin(law, &reading)?;
        checked.raw = self.raw;
        Ok((reading, checked))
    }
}

/// A sheet of a book with its plan.
struct Of<'a, 'l> {
    plan: &'a Plan<'l>,
    sheet: &'a Sheet,
}

impl<'l> Of<'_, 'l> {
    fn column(&self, is_it: impl Fn(&Holds<'l>) -> bool) -> Option<usize> {
        self.plan.columns.iter().position(|column| is_it(&column.holds))
    }

    fn address(&self, row: &Row, column: usize) -> String {
        address(self.sheet.columns.get(column).copied().unwrap_or(0), row.number)
    }

    fn fault(&self, row: &Row, column: usize, said: impl Into<String>) -> Fault {
        Fault { sheet: self.plan.name.clone(), cell: self.address(row, column), said: said.into() }
    }
}

/// Where values of a person go while they are read.
#[derive(Default)]
struct Sink {
    raw: BTreeMap<String, String>,
    cells: IndexMap<String, String>,
    faults: Vec<Fault>,
}

fn of<'a, 'l>(book: &'a Book, layout: &'a Layout<'l>, index: usize) -> Option<Of<'a, 'l>> {
    Some(Of { plan: layout.plans.get(index)?, sheet: book.sheets.get(index)? })
}

/// Reads the person in row `index` of the sheet of people.
pub fn person(book: &Book, layout: &Layout<'_>, index: usize) -> Option<Person> {
    let people = of(book, layout, 0)?;
    let row = people.sheet.rows.get(index)?;
    let code_at = people.column(|holds| matches!(holds, Holds::Code)).unwrap_or(0);
    let code = people.sheet.cell(row, code_at).map(|cell| cell.text(None)).unwrap_or_default();
    let mut sink = Sink::default();
    if let Some(count) = book.shared.get(&folded(&code)) {
        let said = format!(
            "Mã “{code}” có ở {count} dòng nên không rõ con, tài sản, biến động là của ai; chưa lập bản kê khai cho những dòng này. Đề nghị ghi mỗi người một mã riêng, sửa mã ở các trang khác, rồi tải lại tệp."
        );
        let faults = vec![people.fault(row, code_at, said)];
        return Some(Person { row: row.number, found: None, faults });
    }
    let mut content = start(layout);
    for (at, column) in people.plan.columns.iter().enumerate() {
        match &column.holds {
            Holds::NoChange => no_change(&people, layout, row, at, column, &mut content, &mut sink),
            Holds::Fields(_) => field(&people, layout, row, at, column, None, "", &mut content, &mut sink),
            Holds::Code | Holds::Entry => {}
        }
    }
    let is_only = people.sheet.rows.len() == 1;
    for index in 1..layout.plans.len() {
        let (Some(of), Some(by_code)) = (of(book, layout, index), book.by_code.get(index - 1)) else { continue };
        let mut rows: Vec<usize> = by_code.get(&folded(&code)).cloned().unwrap_or_default();
        // In a file about one person nobody has to say whose a row is.
        if is_only && !code.is_empty() {
            rows.extend(by_code.get("").into_iter().flatten());
            rows.sort_unstable();
        }
        if code.is_empty() && !is_only {
            rows.clear();
        }
        for row in rows.into_iter().filter_map(|at| of.sheet.rows.get(at)) {
            entry(&of, layout, row, &mut content, &mut sink);
        }
    }
    if code.is_empty() && !is_only {
        let said = "Chưa ghi mã người kê khai nên không nối được với con, tài sản, biến động ở các trang khác; bản kê khai được lập không có các phần đó. Nếu người này có các phần đó, đề nghị ghi mã rồi tải lại tệp.";
        sink.faults.push(people.fault(row, code_at, said));
    }
    complete(layout, &mut content);
    let Sink { raw, cells, faults } = sink;
    Some(Person { row: row.number, found: Some(Found { content, raw, cells }), faults })
}

/// Rows of the other sheets that are nobody's: place of the sheet in the layout, row, and what is wrong.
pub fn strays(book: &Book, layout: &Layout<'_>) -> Vec<(usize, u32, Fault)> {
    let Some(people) = of(book, layout, 0) else { return Vec::new() };
    let code_at = people.column(|holds| matches!(holds, Holds::Code)).unwrap_or(0);
    let codes = people.sheet.rows.iter().filter_map(|row| people.sheet.cell(row, code_at));
    let known: std::collections::HashSet<String> = codes.map(|cell| folded(&cell.text(None))).collect();
    let is_only = people.sheet.rows.len() == 1;
    let mut strays = Vec::new();
    for index in 1..layout.plans.len() {
        let (Some(of), Some(by_code)) = (of(book, layout, index), book.by_code.get(index - 1)) else { continue };
        let at = of.column(|holds| matches!(holds, Holds::Code)).unwrap_or(0);
        for (code, rows) in by_code {
            if known.contains(code) || (code.is_empty() && is_only) {
                continue;
            }
            for row in rows.iter().filter_map(|at| of.sheet.rows.get(*at)) {
                let written = of.sheet.cell(row, at).map(|cell| cell.text(None)).unwrap_or_default();
                let said = match written.is_empty() {
                    true => "Chưa ghi mã người kê khai nên không rõ dòng này của ai; dòng chưa được nhập. Đề nghị ghi mã rồi tải lại tệp.".to_owned(),
                    false => format!(
                        "Không có người nào mang mã “{written}” ở trang “{}”; dòng chưa được nhập. Đề nghị sửa mã rồi tải lại tệp.",
                        people.plan.name
                    ),
                };
                strays.push((index, row.number, of.fault(row, at, said)));
            }
        }
    }
    strays.sort_by_key(|(sheet, row, _)| (*sheet, *row));
    strays
}

/// A declaration with nothing in it yet.
fn start(layout: &Layout<'_>) -> Value {
    let mut content = Map::new();
    content.insert("form".into(), json!(layout.form.code));
    for field in &layout.form.header.fields {
        content.insert(field.key.clone(), Value::Null);
    }
    content.insert("declarant".into(), json!({}));
    content.insert("spouse".into(), Value::Null);
    content.insert("children".into(), json!([]));
    content.insert("assets".into(), json!([]));
    content.insert("income".into(), Value::Null);
    content.insert("no_change".into(), Value::Null);
    content.insert("changes".into(), json!([]));
    content.insert("receipt".into(), Value::Null);
    Value::Object(content)
}

/// A part that is there has every field of the form, null where nothing was written; the declarant is always there.
fn complete(layout: &Layout<'_>, content: &mut Value) {
    let signed =
        layout.form.signatures.iter().filter_map(|signature| Some((signature.path.as_deref()?, &signature.fields)));
    let once =
        layout.form.items().filter(|item| !item.path.ends_with("[]")).map(|item| (item.path.as_str(), &item.fields));
    for (path, fields) in once.chain(signed) {
        if let Some(part) = content.get_mut(path).and_then(Value::as_object_mut) {
            fill_up(part, fields);
        }
    }
    for plan in layout.plans.iter().skip(1) {
        let Some(entries) = plan.about.list().and_then(|list| content.get_mut(list)).and_then(Value::as_array_mut)
        else {
            continue;
        };
        for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
            let fields = match plan.about {
                About::Assets => {
                    let item = entry.get("code").and_then(Value::as_str).and_then(|code| layout.form.item(code));
                    item.map(|item| &item.fields)
                }
                About::Entries(item) => Some(&item.fields),
                About::Changes(table) => Some(&table.columns),
                About::People => None,
            };
            if let Some(fields) = fields {
                fill_up(entry, fields);
            }
        }
    }
}

fn fill_up(part: &mut Map<String, Value>, fields: &[form::Field]) {
    for field in fields.iter().filter(|field| field.on_paper) {
        part.entry(field.key.clone()).or_insert(Value::Null);
    }
}

/// Adds a row of another sheet to its list.
fn entry(of: &Of<'_, '_>, layout: &Layout<'_>, row: &Row, content: &mut Value, sink: &mut Sink) {
    let Some(list) = of.plan.about.list() else { return };
    let mut code = None;
    if let Some(at) = of.column(|holds| matches!(holds, Holds::Entry)) {
        let written = of.sheet.cell(row, at).map(|cell| cell.text(None)).unwrap_or_default();
        code = layout.entry(of.plan.about, &written);
        if code.is_none() {
            let title = of.plan.columns.get(at).map_or("", |column| &column.title);
            let said = match written.is_empty() {
                true => format!(
                    "Chưa chọn “{title}” nên dòng này chưa được nhập. Đề nghị chọn trong danh sách rồi tải lại tệp, hoặc thêm khi đối chiếu."
                ),
                false => format!(
                    "Không có “{title}” nào là “{written}” nên dòng này chưa được nhập. Đề nghị chọn trong danh sách rồi tải lại tệp, hoặc thêm khi đối chiếu."
                ),
            };
            sink.faults.push(of.fault(row, at, said));
            return;
        }
    }
    let Some(entries) = content.get_mut(list).and_then(Value::as_array_mut) else { return };
    let parent = format!("{list}[{}].", entries.len());
    entries.push(code.map_or_else(|| json!({}), |code| json!({"code": code})));
    if let Some(code_at) = of.column(|holds| matches!(holds, Holds::Entry)) {
        sink.cells.insert(format!("{parent}code"), cell_name(of, row, code_at));
    }
    for (at, column) in of.plan.columns.iter().enumerate() {
        if matches!(column.holds, Holds::Fields(_)) {
            field(of, layout, row, at, column, code, &parent, content, sink);
        }
    }
}

fn cell_name(of: &Of<'_, '_>, row: &Row, at: usize) -> String {
    format!("{}!{}", of.plan.name, of.address(row, at))
}

fn no_change(
    of: &Of<'_, '_>,
    layout: &Layout<'_>,
    row: &Row,
    at: usize,
    column: &Column<'_>,
    content: &mut Value,
    sink: &mut Sink,
) {
    let Some(cell) = of.sheet.cell(row, at) else { return };
    let written = cell.text(None);
    let said = layout.no_change().into_iter().find(|(label, _)| folded(label) == folded(&written));
    sink.cells.insert(column.key.clone(), cell_name(of, row, at));
    match said {
        Some((_, stated)) => put(content, &column.key, json!(stated)),
        None => {
            let [(none, _), (some, _)] = layout.no_change();
            let said = format!("Ghi “{written}” chưa rõ là có hay không. Đề nghị chọn “{none}” hoặc “{some}”.");
            sink.faults.push(of.fault(row, at, said));
        }
    }
}

/// Reads one cell into its field. A text that does not fit is kept as typed, null stands in its place, and it is told.
#[expect(clippy::too_many_arguments, reason = "one cell has a sheet, a row, a column and a place in the document")]
fn field(
    of: &Of<'_, '_>,
    layout: &Layout<'_>,
    row: &Row,
    at: usize,
    column: &Column<'_>,
    item: Option<&str>,
    parent: &str,
    content: &mut Value,
    sink: &mut Sink,
) {
    let Some(cell) = of.sheet.cell(row, at) else { return };
    let Some(place) = column.place(item) else {
        let labels = layout.entries(of.plan.about);
        let label =
            labels.into_iter().find(|(code, _)| Some(*code) == item).map(|(_, label)| label).unwrap_or_default();
        let said = format!(
            "Mục “{label}” không có cột này; nội dung ô chưa được nhập. Đề nghị chọn lại mục, hoặc chuyển nội dung sang cột khác."
        );
        sink.faults.push(of.fault(row, at, said));
        return;
    };
    let path = format!("{parent}{}", place.path);
    let text = cell.text(Some(place.field.field_type));
    let value = match told(layout, column.places(), place, cell, &text) {
        Ok((value, warning)) => {
            sink.faults.extend(warning.map(|said| of.fault(row, at, said)));
            value
        }
        Err((said, is_kept)) => {
            sink.faults.push(of.fault(row, at, said));
            if is_kept {
                sink.raw.insert(path.clone(), text);
            } else if !place.field.on_paper {
                return;
            }
            Value::Null
        }
    };
    sink.cells.insert(path.clone(), cell_name(of, row, at));
    put(content, &path, value);
}

/// What a cell says: a value, perhaps with something worth a look; or what is wrong, and whether the text is kept for the officer.
/// A field the review does not show keeps nothing there, or nobody could mend it.
fn told(
    layout: &Layout<'_>,
    column: &[Place<'_>],
    place: &Place<'_>,
    cell: &Cell,
    text: &str,
) -> std::result::Result<(Value, Option<String>), (String, bool)> {
    if let Cell::Broken(_) = cell {
        let said = format!("Ô có công thức hỏng ({text}) nên không có nội dung. Đề nghị ghi lại nội dung của ô.");
        return Err((said, false));
    }
    let value = layout.parse(column, place, text).map_err(|error| {
        let is_kept = place.field.on_paper && form::parse_input(place.field, text).is_err();
        (error.sentence(layout.rules), is_kept)
    })?;
    let is_day = place.field.field_type == form::FieldType::Date;
    let warning = matches!(cell, Cell::Date(_)).then_some(()).filter(|()| !is_day);
    Ok((
        value,
        warning.map(|()| format!("Excel đã đổi nội dung ô thành ngày {text}. Đề nghị đối chiếu với bản kê khai.")),
    ))
}

fn put(content: &mut Value, path: &str, value: Value) {
    if let Err(error) = doc::set(content, path, value) {
        // The paths come from the form's definition.
        tracing::error!(path, %error, "a cell found no place in the declaration");
    }
}
