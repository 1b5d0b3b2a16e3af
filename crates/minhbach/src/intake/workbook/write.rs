//! The workbook itself: the form as Excel, with drop-downs and notes, empty or with declarations already in it.
use std::collections::HashMap;

use anyhow::Context as _;
use form::{Field, Form, Item, RuleSet, doc};
use rust_xlsxwriter::{
    Color, ConditionalFormatFormula, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder,
    Formula, ProtectionOptions, Workbook, Worksheet,
};
use serde_json::Value;

use super::layout::{About, Column, FIRST, GROUPS, Holds, KEYS, Layout, Plan, TITLES};
use crate::kernel::Result;
use crate::report::sheet::heading;

/// The hidden sheet that says what the workbook was made from, and its first cell.
pub const META: &str = "Minh Bạch";
pub const SIGN: &str = "MINHBACH-BANG-TINH";
/// Changes with the arrangement of sheets, rows and keys.
pub const VERSION: &str = "1";

const CHOICES: &str = "Danh mục";
/// Drop-downs and notes reach so far; what is typed below is read all the same.
const REACH: u32 = 5000;
/// Excel's limits for what is shown beside a cell.
const MAX_TITLE: usize = 32;
const MAX_MESSAGE: usize = 250;

/// A workbook for a form, with declarations in it where some are given.
///
/// # Errors
/// A bug when it cannot be written.
pub fn write(rules: &RuleSet, form: &Form, documents: &[Value], mark: &str) -> Result<Vec<u8>> {
    build(rules, form, documents, mark).context("writing a workbook").map_err(Into::into)
}

fn build(rules: &RuleSet, form: &Form, documents: &[Value], mark: &str) -> anyhow::Result<Vec<u8>> {
    let layout = Layout::of(rules, form);
    let mut book = Workbook::new();
    guide(book.add_worksheet(), &layout, mark)?;
    let mut lists = Lists::default();
    for (index, plan) in layout.plans.iter().enumerate() {
        let sheet = book.add_worksheet();
        frame(sheet, &layout, plan, &mut lists)?;
        fill(sheet, &layout, plan, index, documents)?;
    }
    lists.write(book.add_worksheet())?;
    sign(&mut book, [SIGN, VERSION, &form.code, rules.id(), &form.hash(), mark])?;
    Ok(book.save_to_buffer()?)
}

/// Says in a hidden sheet what the workbook was made from.
pub(super) fn sign(book: &mut Workbook, said: [&str; 6]) -> anyhow::Result<()> {
    let meta = book.add_worksheet().set_name(META)?;
    for (row, said) in (0u32..).zip(said) {
        meta.write_string(row, 0, said)?;
    }
    meta.protect().set_very_hidden(true);
    Ok(())
}

/// Columns of choices, each list once.
#[derive(Default)]
struct Lists {
    columns: Vec<(String, Vec<String>)>,
    known: HashMap<Vec<String>, String>,
}

impl Lists {
    /// Where a list of choices stands, as a formula: "='Danh mục'!$A$2:$A$9".
    fn range(&mut self, title: &str, choices: Vec<String>) -> String {
        if let Some(range) = self.known.get(&choices) {
            return range.clone();
        }
        let column = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        let letters = super::book::address(column, 1);
        let letters = letters.trim_end_matches('1');
        let range = format!("='{CHOICES}'!${letters}$2:${letters}${}", choices.len() + 1);
        self.columns.push((title.to_owned(), choices.clone()));
        self.known.insert(choices, range.clone());
        range
    }

    fn write(self, sheet: &mut Worksheet) -> anyhow::Result<()> {
        sheet.set_name(CHOICES)?;
        for (column, (title, choices)) in (0u16..).zip(self.columns) {
            sheet.write_string_with_format(0, column, title, &heading())?;
            sheet.set_column_width(column, 40)?;
            for (row, choice) in (1u32..).zip(choices) {
                sheet.write_string(row, column, choice)?;
            }
        }
        sheet.protect();
        Ok(())
    }
}

/// Headings, widths, drop-downs and notes of a sheet.
fn frame(sheet: &mut Worksheet, layout: &Layout<'_>, plan: &Plan<'_>, lists: &mut Lists) -> anyhow::Result<()> {
    sheet.set_name(&plan.name)?;
    let (head, small) = (heading(), Format::new().set_bold().set_text_wrap());
    // Text, or Excel takes the zeros off the front of numbers and turns days into its own; what begins like a formula stays text.
    let text = Format::new().set_num_format("@").set_unlocked().set_align(FormatAlign::Top);
    let mut group = "";
    for (at, column) in (0u16..).zip(&plan.columns) {
        sheet.write_string(KEYS, at, &column.key)?;
        if column.group != group {
            sheet.write_string_with_format(GROUPS, at, &column.group, &small)?;
            group = &column.group;
        }
        sheet.write_string_with_format(TITLES, at, &column.title, &head)?;
        sheet.set_column_width(at, width(column))?;
        sheet.set_column_format(at, &text)?;
        let choices = layout.choices(plan, column);
        let range = (!choices.is_empty()).then(|| lists.range(&column.title, choices));
        if let Some(shown) = beside(layout, plan, column, range)? {
            sheet.add_data_validation(FIRST, at, FIRST + REACH, at, &shown)?;
        }
        grey(sheet, layout, plan, at, column, lists)?;
    }
    sheet.set_row_hidden(KEYS)?;
    sheet.set_row_height(TITLES, 64)?;
    sheet.set_freeze_panes(FIRST, if matches!(plan.about, About::Assets | About::Changes(_)) { 2 } else { 1 })?;
    // Only the headings are locked, and no password: it keeps a hand from slipping.
    let mut options = ProtectionOptions::new();
    options.insert_rows = true;
    options.delete_rows = true;
    options.format_columns = true;
    options.format_rows = true;
    options.format_cells = true;
    options.sort = true;
    options.use_autofilter = true;
    sheet.protect_with_options(&options);
    Ok(())
}

fn width(column: &Column<'_>) -> f64 {
    use form::FieldType::{Address, Area, Date, LongText, Org, Year};
    match &column.holds {
        Holds::Code => 12.0,
        Holds::Entry => 36.0,
        Holds::NoChange => 20.0,
        Holds::Fields(places) => match places.first().map(|place| place.field.field_type) {
            Some(LongText) => 60.0,
            Some(Address | Org) => 40.0,
            Some(Date | Year | Area) => 14.0,
            _ => 24.0,
        },
    }
}

/// The drop-down of a column with its note, or the note alone.
fn beside(
    layout: &Layout<'_>,
    plan: &Plan<'_>,
    column: &Column<'_>,
    range: Option<String>,
) -> anyhow::Result<Option<DataValidation>> {
    let note = short_note(layout, plan, column);
    let mut shown = DataValidation::new().ignore_blank(true);
    let is_list = range.is_some();
    if let Some(range) = range {
        // A word of the form's that means there is none may be typed too; reading says so where it does not fit.
        shown = shown.allow_list_formula(Formula::new(range)).set_error_style(DataValidationErrorStyle::Warning);
        shown = shown.set_error_title("Không có trong danh mục")?;
        shown = shown.set_error_message("Đề nghị chọn trong danh sách của ô này.")?;
    } else {
        shown = shown.allow_any_value();
    }
    if !note.is_empty() {
        shown = shown.set_input_title(cut(&column.title, MAX_TITLE))?.set_input_message(cut(&note, MAX_MESSAGE))?;
    }
    Ok((is_list || !note.is_empty()).then_some(shown))
}

/// What is said beside a cell: how it is written, and the beginning of the form's own note.
fn short_note(layout: &Layout<'_>, plan: &Plan<'_>, column: &Column<'_>) -> String {
    match &column.holds {
        Holds::Code => match plan.about {
            About::People => "Mỗi người một mã riêng, ví dụ 1, 2, 3; dùng mã này ở các trang khác.".into(),
            _ => "Mã của người kê khai ở trang “Người kê khai”. Tệp chỉ có một người thì để trống được.".into(),
        },
        Holds::Entry => "Chọn trong danh sách.".into(),
        Holds::NoChange => String::new(),
        Holds::Fields(places) => {
            let Some(place) = places.first() else { return String::new() };
            let said = how(place.field);
            match note(layout, place.field) {
                Some(note) => format!("{said} {note}").trim().to_owned(),
                None => said.to_owned(),
            }
        }
    }
}

fn note<'l>(layout: &Layout<'l>, field: &Field) -> Option<&'l str> {
    Some(layout.rules.note(field.help.as_deref()?)?.text.trim())
}

/// How an answer of this kind is written.
fn how(field: &Field) -> &'static str {
    use form::FieldType::{Amount, Area, Date, ForeignAmount, Holder, IdNo, ItemCodes, SignedQuantity, Year};
    match field.field_type {
        Amount => "Đồng Việt Nam, ví dụ 1.234.567.890.",
        Area => "m², dấu phẩy trước phần lẻ, ví dụ 250,5.",
        ForeignAmount => "Số, dấu phẩy trước phần lẻ, ví dụ 12.000,5.",
        Date => "Ngày/tháng/năm, ví dụ 05/02/2026.",
        Year => "Năm bốn chữ số.",
        IdNo => "12 chữ số căn cước; giữ số 0 ở đầu.",
        SignedQuantity => "Ghi dấu + nếu tăng, dấu - nếu giảm, ví dụ + 100 m².",
        Holder => "Để trống nếu không ghi trên bản kê khai.",
        ItemCodes => "Số phần và số mục, ví dụ II.1.1; II.4.",
        _ => "",
    }
}

/// At most so many characters, with an ellipsis where something was left off.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Cells an asset's item has no use for are grey, as soon as the item is chosen.
fn grey(
    sheet: &mut Worksheet,
    layout: &Layout<'_>,
    plan: &Plan<'_>,
    at: u16,
    column: &Column<'_>,
    lists: &mut Lists,
) -> anyhow::Result<()> {
    let Holds::Fields(places) = &column.holds else { return Ok(()) };
    let uses = |code: &str| places.iter().any(|place| place.item.is_none_or(|item: &Item| item.code() == code));
    let entries = layout.entries(plan.about);
    if !matches!(plan.about, About::Assets) || entries.iter().all(|(code, _)| uses(code)) {
        return Ok(());
    }
    let using: Vec<String> = entries.into_iter().filter(|(code, _)| uses(code)).map(|(_, label)| label).collect();
    let range = lists.range(&format!("Mục có cột: {}", cut(&column.title, 60)), using);
    let row = FIRST + 1;
    let rule = format!("=AND($B{row}<>\"\",ISNA(MATCH($B{row},{},0)))", range.trim_start_matches('='));
    let shade = Format::new().set_background_color(Color::RGB(0xD9_DD_E2));
    let shaded = ConditionalFormatFormula::new().set_rule(rule.as_str()).set_format(shade);
    sheet.add_conditional_format(FIRST, at, FIRST + REACH, at, &shaded)?;
    Ok(())
}

/// The sheet that says how the workbook is filled in, with the form's own notes for every column.
fn guide(sheet: &mut Worksheet, layout: &Layout<'_>, mark: &str) -> anyhow::Result<()> {
    sheet.set_name("Hướng dẫn")?;
    let (bold, wrap) =
        (Format::new().set_bold().set_font_size(14), Format::new().set_text_wrap().set_align(FormatAlign::Top));
    let border = wrap.clone().set_border(FormatBorder::Thin);
    sheet.write_string_with_format(0, 0, format!("{mark}{}", layout.form.name), &bold)?;
    let mut lines = vec![
        format!("Theo {}. {}.", layout.form.basis, layout.rules.facts.name),
        "1. Trang “Người kê khai”: mỗi người một dòng, từ dòng 4; cột đầu là mã riêng của từng người (1, 2, 3…)."
            .to_owned(),
    ];
    let others: Vec<_> = layout.plans.iter().skip(1).map(|plan| format!("“{}”", plan.name)).collect();
    lines.push(format!(
        "2. Các trang {}: mỗi con, tài sản, dòng biến động một dòng; cột đầu ghi mã của người kê khai. Tệp chỉ có một người thì để trống mã được.",
        others.join(", ")
    ));
    lines.push(
        "3. Ô có danh sách thì chọn trong danh sách. Ở trang “Tài sản”, ô xám là ô mục đã chọn không dùng.".to_owned(),
    );
    lines.push("4. Không đổi tên trang, không xóa cột. Có thể chèn, xóa, sắp xếp các dòng.".to_owned());
    lines.push("5. Ghi đúng như bản kê khai đã ký; bản giấy có chữ ký vẫn phải nộp. Gửi tệp cho cơ quan kiểm soát tài sản, thu nhập để nhập.".to_owned());
    let mut row = 1;
    for line in lines {
        sheet.merge_range(row, 0, row, 4, &line, &wrap)?;
        sheet.set_row_height(row, 32)?;
        row += 1;
    }
    row += 1;
    for (column, (title, width)) in (0u16..).zip([
        ("Trang", 16.0),
        ("Cột", 40.0),
        ("Bắt buộc", 24.0),
        ("Cách ghi", 36.0),
        ("Hướng dẫn của mẫu", 90.0),
    ]) {
        sheet.write_string_with_format(row, column, title, &heading())?;
        sheet.set_column_width(column, width)?;
    }
    for plan in &layout.plans {
        for column in &plan.columns {
            row += 1;
            let place = column.places().first();
            let required = match place {
                Some(place) => place.field.required.describe(),
                None => "bắt buộc",
            };
            let said = if place.is_some() {
                place.map_or("", |place| how(place.field)).to_owned()
            } else {
                short_note(layout, plan, column)
            };
            let note = place.and_then(|place| note(layout, place.field)).unwrap_or_default();
            let cells: [&str; 5] = [&plan.name, &column.title, required, &said, note];
            for (column, cell) in (0u16..).zip(cells) {
                sheet.write_string_with_format(row, column, cell, &border)?;
            }
        }
    }
    Ok(())
}

/// The rows of a sheet for declarations: a declaration's number is its code.
fn fill(
    sheet: &mut Worksheet,
    layout: &Layout<'_>,
    plan: &Plan<'_>,
    index: usize,
    documents: &[Value],
) -> anyhow::Result<()> {
    // What begins like a formula is not one, whatever opens the file.
    let quoted = Format::new().set_num_format("@").set_unlocked().set_quote_prefix();
    let mut row = FIRST;
    for (number, document) in (1u32..).zip(documents) {
        let whole = std::slice::from_ref(document);
        let list =
            plan.about.list().map(|list| document.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice));
        debug_assert_eq!(list.is_none(), index == 0);
        for entry in list.unwrap_or(whole) {
            for (at, column) in (0u16..).zip(&plan.columns) {
                let text = cell_text(layout, plan, column, entry, number);
                if text.starts_with(['=', '+', '-', '@']) {
                    sheet.write_string_with_format(row, at, text, &quoted)?;
                } else if !text.is_empty() {
                    sheet.write_string(row, at, text)?;
                }
            }
            row += 1;
        }
    }
    Ok(())
}

fn cell_text(layout: &Layout<'_>, plan: &Plan<'_>, column: &Column<'_>, entry: &Value, number: u32) -> String {
    let code = entry.get("code").and_then(Value::as_str);
    match &column.holds {
        Holds::Code => number.to_string(),
        Holds::Entry => {
            let labels = layout.entries(plan.about);
            labels.into_iter().find(|(own, _)| Some(*own) == code).map(|(_, label)| label).unwrap_or_default()
        }
        Holds::NoChange => {
            let stated = doc::get(entry, &column.key).and_then(Value::as_bool);
            let answers = layout.no_change().into_iter();
            answers.filter(|(_, says)| Some(*says) == stated).map(|(label, _)| label.to_owned()).collect()
        }
        Holds::Fields(_) => {
            let place = column.place(code);
            let value = place.and_then(|place| Some((place, doc::get(entry, &place.path)?)));
            value.map(|(place, value)| layout.text(place.field, value)).unwrap_or_default()
        }
    }
}
