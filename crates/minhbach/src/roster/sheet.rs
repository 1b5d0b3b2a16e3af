//! The list as Excel, out and in: the same columns both ways, so that what was taken out can be mended and put back.
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use anyhow::Context as _;
use calamine::{Data, DataType, Reader, Xlsx};
use form::LawBook;
use rust_xlsxwriter::{DataValidation, Format, FormatBorder, Formula, Workbook};

use super::rules::{Line, Typed};
use crate::kernel::web::FieldErrors;
use crate::kernel::{Refusal, Result, press};
use crate::report::sheet::heading;

/// A column of the sheet: the field it holds, its heading, its width in characters.
const COLUMNS: [(&str, &str, f64); 11] = [
    ("", "STT", 6.0),
    ("name", "Họ và tên", 28.0),
    ("dob", "Ngày sinh", 13.0),
    ("id_no", "Số căn cước", 16.0),
    ("position", "Chức vụ, chức danh", 34.0),
    ("ground", "Căn cứ phải kê khai", 48.0),
    ("in_post_since", "Ngày giữ chức vụ", 15.0),
    ("has_declared_first", "Đã kê khai lần đầu", 12.0),
    ("party_managed", "Diện Đảng quản lý", 12.0),
    ("", "Cơ quan kiểm soát", 30.0),
    ("", "Phải kê khai", 22.0),
];
/// The row of the headings, from zero; explanations stand above.
const HEAD: u32 = 4;
/// Drop-downs reach so far below the headings.
const ROWS: u32 = 5000;
/// Rows of one sheet that are read; a unit has fewer people.
pub const MAX_LINES: usize = 5000;
/// Columns that are read.
const MAX_COLUMNS: u32 = 100;
/// A sheet unpacked; one of five thousand lines is a few megabytes.
const MAX_UNPACKED: u64 = 64 << 20;

const MARK: &str = "x";

/// A line as it goes out.
pub struct Out<'a> {
    pub line: &'a Line,
    pub agency: &'a str,
    pub kinds: String,
}

/// The list as a workbook, with drop-downs for what has a list of choices.
///
/// # Errors
/// A bug when it cannot be written.
pub fn write(law: &LawBook, unit: &str, today: chrono::NaiveDate, lines: &[Out<'_>]) -> Result<Vec<u8>> {
    build(law, unit, today, lines).context("writing a workbook").map_err(Into::into)
}

fn build(law: &LawBook, unit: &str, today: chrono::NaiveDate, lines: &[Out<'_>]) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold().set_font_size(14);
    let head = heading();
    // Text, or Excel takes the leading zero off a number and turns days into its own.
    let text = Format::new().set_border(FormatBorder::Thin).set_num_format("@").set_text_wrap();
    let sheet = book.add_worksheet().set_name("Danh sách")?;
    sheet.write_with_format(0, 0, format!("Danh sách người có nghĩa vụ kê khai: {unit}"), &bold)?;
    sheet.write(
        1,
        0,
        format!("Lập ngày {} (khoản 1 Điều 37 Luật Phòng, chống tham nhũng 2018).", viet::date::format_short(today)),
    )?;
    sheet.write(2, 0, "Thêm hoặc sửa dòng rồi nhập lại tệp này vào hệ thống; bỏ một dòng khỏi tệp không đưa người đó ra khỏi danh sách. Hai cột cuối do hệ thống tính.")?;
    sheet.write(
        3,
        0,
        "Ngày ghi dạng 05/02/1980. “Đã kê khai lần đầu”, “Diện Đảng quản lý”: ghi x nếu đúng, để trống nếu không.",
    )?;
    for (column, (_, title, width)) in (0u16..).zip(COLUMNS) {
        sheet.write_with_format(HEAD, column, title, &head)?;
        sheet.set_column_width(column, width)?;
        sheet.set_column_format(column, &Format::new().set_num_format("@"))?;
    }
    let day = |day: Option<chrono::NaiveDate>| day.map(viet::date::format_short).unwrap_or_default();
    let mark = |yes: bool| if yes { MARK } else { "" }.to_owned();
    for (row, (number, out)) in (HEAD + 1..).zip((1..).zip(lines)) {
        let line = out.line;
        let ground = line.ground.as_deref().and_then(|code| law.ground(code));
        let cells: [String; 11] = [
            format!("{number}"),
            line.name.clone(),
            day(line.dob),
            line.id_no.clone().unwrap_or_default(),
            line.position.clone(),
            ground.map(|ground| ground.title.clone()).unwrap_or_default(),
            day(line.in_post_since),
            mark(line.has_declared_first),
            mark(line.party_managed),
            out.agency.to_owned(),
            out.kinds.clone(),
        ];
        for (column, cell) in (0u16..).zip(cells) {
            sheet.write_string_with_format(row, column, cell, &text)?;
        }
    }
    let choices = Formula::new(format!("='Căn cứ'!$A$2:$A${}", law.grounds.len() + 1));
    let column =
        |field: &str| (0u16..).zip(COLUMNS).find(|(_, (name, ..))| *name == field).map_or(0, |(column, _)| column);
    let ground = DataValidation::new().allow_list_formula(choices).ignore_blank(true);
    sheet.add_data_validation(HEAD + 1, column("ground"), HEAD + ROWS, column("ground"), &ground)?;
    let marks = DataValidation::new().allow_list_strings(&[MARK])?.ignore_blank(true);
    for field in ["has_declared_first", "party_managed"] {
        sheet.add_data_validation(HEAD + 1, column(field), HEAD + ROWS, column(field), &marks)?;
    }
    sheet.set_freeze_panes(HEAD + 1, 2)?;
    let grounds = book.add_worksheet().set_name("Căn cứ")?;
    for (column, title) in (0u16..).zip(["Căn cứ phải kê khai", "Điều khoản", "Mã"]) {
        grounds.write_with_format(0, column, title, &head)?;
        grounds.set_column_width(column, 60.0)?;
    }
    for (row, ground) in (1u32..).zip(&law.grounds) {
        for (column, cell) in (0u16..).zip([&ground.title, &ground.basis, &ground.code]) {
            grounds.write_string(row, column, cell.as_str())?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// A line of a sheet, with the number of its row as Excel shows it.
pub struct Row {
    pub number: usize,
    pub typed: Typed,
    /// Marks that say neither yes nor no.
    pub faults: FieldErrors,
}

fn for_practice() -> Refusal {
    Refusal::new(
        "practice",
        "Tệp này tải về từ bản thực hành, người trong đó là giả định, nên không nhập vào danh sách thật.",
        "Đề nghị chọn đúng tệp danh sách của đơn vị.",
    )
}

/// The lines of a sheet and where its columns stand.
pub struct Sheet {
    pub rows: Vec<Row>,
    columns: Vec<(&'static str, usize)>,
}

impl Sheet {
    /// The cell of a field as Excel names it: "C7".
    pub fn cell(&self, row: usize, field: &str) -> String {
        let column = self.columns.iter().find(|(name, _)| *name == field).map_or(0, |(_, column)| *column);
        let letter = char::from(b'A' + u8::try_from(column % 26).unwrap_or(0));
        let lead = column
            .checked_div(26)
            .filter(|lead| *lead > 0)
            .map(|lead| char::from(b'A' + u8::try_from(lead - 1).unwrap_or(0)));
        lead.into_iter().chain([letter]).collect::<String>() + &row.to_string()
    }
}

/// Reads a workbook: the first sheet, headings wherever in its first rows, empty lines left out.
///
/// # Errors
/// A refusal that says what about the file cannot be read.
pub fn read(bytes: &[u8], is_practice: bool) -> Result<Sheet> {
    refuse_bomb(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let rows = cells(&mut book)?;
    let head = rows.iter().take(20).find(|(_, row)| columns(row).len() >= 3).ok_or_else(no_headings)?;
    let (head, found) = (*head.0, columns(head.1));
    let is_marked = rows.range(..head).flat_map(|(_, row)| row).any(|cell| text(cell).contains(press::TITLE.trim()));
    if is_marked && !is_practice {
        return Err(for_practice().into());
    }
    let missing =
        COLUMNS.iter().filter(|(field, ..)| !field.is_empty() && !found.iter().any(|(name, _)| name == field));
    let missing: Vec<_> = missing.map(|(_, title, _)| format!("“{title}”")).collect();
    if !missing.is_empty() {
        return Err(missing_columns(&missing.join(", ")).into());
    }
    let get = |row: &[Data], field: &str| {
        let column = found.iter().find(|(name, _)| *name == field).map(|(_, column)| *column);
        column.and_then(|column| row.get(column)).map(text).unwrap_or_default()
    };
    let mut lines = Vec::new();
    for (at, row) in rows.range(head + 1..) {
        let mut faults = FieldErrors::default();
        let mut mark = |field: &str| mark(field, &get(row, field), &mut faults);
        let typed = Typed {
            has_declared_first: mark("has_declared_first"),
            party_managed: mark("party_managed"),
            name: get(row, "name"),
            dob: get(row, "dob"),
            id_no: with_leading_zeros(get(row, "id_no"), row, &found),
            position: get(row, "position"),
            ground: get(row, "ground"),
            in_post_since: get(row, "in_post_since"),
        };
        if typed == Typed::default() && faults.is_empty() {
            continue;
        }
        if lines.len() == MAX_LINES {
            return Err(too_long().into());
        }
        lines.push(Row { number: *at as usize + 1, typed, faults });
    }
    Ok(Sheet { rows: lines, columns: found })
}

/// The cells of the first sheet by row, as they come: a cell far out in an empty sheet makes no sheet of empty cells.
fn cells(book: &mut Xlsx<Cursor<&[u8]>>) -> Result<BTreeMap<u32, Vec<Data>>> {
    let name = book.sheet_names().first().cloned().ok_or_else(unreadable)?;
    let mut reader = book.worksheet_cells_reader(&name).map_err(|_| unreadable())?;
    let mut rows: BTreeMap<u32, Vec<Data>> = BTreeMap::new();
    while let Some(cell) = reader.next_cell().map_err(|_| unreadable())? {
        let ((row, column), value) = (cell.get_position(), Data::from(cell.get_value().clone()));
        // Beside the table people keep notes of their own.
        if value == Data::Empty || column >= MAX_COLUMNS {
            continue;
        }
        let cells = rows.entry(row).or_default();
        cells.resize(cells.len().max(column as usize + 1), Data::Empty);
        cells[column as usize] = value;
        if rows.len() > MAX_LINES + 100 {
            return Err(too_long().into());
        }
    }
    Ok(rows)
}

/// "x", "có" or nothing, "không": a mark is never guessed from another word.
fn mark(field: &str, written: &str, faults: &mut FieldErrors) -> bool {
    match viet::text::fold(written).as_str() {
        "" | "khong" | "0" | "chua" | "false" => false,
        "x" | "co" | "1" | "true" | "v" | "roi" => true,
        _ => {
            faults.add(
                field,
                format!("Ghi “{written}” chưa rõ là có hay không. Đề nghị ghi x nếu đúng, để trống nếu không."),
            );
            false
        }
    }
}

/// The fields whose headings stand in a row; what is in brackets, marks and case aside.
fn columns(row: &[Data]) -> Vec<(&'static str, usize)> {
    let fields = COLUMNS.iter().filter(|(field, ..)| !field.is_empty());
    fields
        .filter_map(|(field, title, _)| {
            let title = viet::text::fold(title);
            let at = row.iter().position(|cell| viet::text::fold(&text(cell)).starts_with(&title))?;
            Some((*field, at))
        })
        .collect()
}

/// A cell as a person would read it.
fn text(cell: &Data) -> String {
    match cell {
        Data::String(text) => viet::text::normalise(text),
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        Data::Error(_) | Data::Empty => String::new(),
        cell => match cell.as_date() {
            Some(day) => viet::date::format_short(day),
            None => viet::text::normalise(&cell.to_string()),
        },
    }
}

/// Excel takes the zeros off the front of a number it was not told is text; every citizen number begins with one (the
/// codes of places of birth go from 001 to 096).
fn with_leading_zeros(id_no: String, row: &[Data], found: &[(&'static str, usize)]) -> String {
    let column = found.iter().find(|(name, _)| *name == "id_no").map(|(_, column)| *column);
    let is_number = column.and_then(|column| row.get(column)).is_some_and(|cell| cell.is_float() || cell.is_int());
    if is_number && (10..=11).contains(&id_no.len()) { format!("{id_no:0>12}") } else { id_no }
}

/// A small file that unpacks into a huge one is refused before anything is kept of it; what it says of its own size is
/// not believed.
fn refuse_bomb(bytes: &[u8]) -> Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_| unreadable())?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|_| unreadable())?;
        left = left.checked_sub(unpacked).ok_or_else(too_long)?;
    }
    Ok(())
}

fn unreadable() -> Refusal {
    Refusal::new(
        "sheet_unreadable",
        "Tệp không phải bảng tính Excel (.xlsx) đọc được.",
        "Đề nghị tải mẫu Excel ở trang danh sách, điền vào mẫu và lưu dạng .xlsx (không đặt mật khẩu). Danh sách chưa thay đổi.",
    )
}

fn no_headings() -> Refusal {
    Refusal::new(
        "sheet_headings",
        "Không thấy hàng tiêu đề có các cột “Họ và tên”, “Chức vụ, chức danh” trong 20 hàng đầu của trang tính thứ nhất.",
        "Đề nghị tải mẫu Excel ở trang danh sách và giữ nguyên hàng tiêu đề. Danh sách chưa thay đổi.",
    )
}

fn missing_columns(missing: &str) -> Refusal {
    Refusal::new(
        "sheet_columns",
        format!("Hàng tiêu đề thiếu cột {missing}."),
        "Đề nghị tải mẫu Excel ở trang danh sách và điền đủ các cột; thiếu một cột thì hệ thống không đoán. Danh sách chưa thay đổi.",
    )
}

fn too_long() -> Refusal {
    Refusal::new(
        "sheet_too_long",
        format!("Bảng tính có nhiều hơn {MAX_LINES} người hoặc quá lớn."),
        "Đề nghị chia thành nhiều tệp. Danh sách chưa thay đổi.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            name: "Nguyễn Thị Ánh".into(),
            dob: "1980-02-05".parse().ok(),
            id_no: Some("001180012345".into()),
            position: "Kế toán viên".into(),
            ground: Some("RANK_10_1".into()),
            in_post_since: "2025-12-01".parse().ok(),
            has_declared_first: true,
            party_managed: false,
        }
    }

    #[test]
    fn what_goes_out_comes_back() {
        let (law, today) = (LawBook::embedded().unwrap(), "2025-12-08".parse().unwrap());
        let line = line();
        let out = Out { line: &line, agency: "Thanh tra tỉnh", kinds: "Hằng năm".into() };
        let written = write(&law, "Sở thử", today, &[out]).unwrap();
        let sheet = read(&written, false).unwrap();
        assert_eq!(sheet.rows.len(), 1);
        assert_eq!(super::super::rules::read(&law, &sheet.rows[0].typed, today).unwrap(), line);
        assert_eq!(sheet.cell(sheet.rows[0].number, "dob"), "C6");
    }

    /// Invented people do not come onto a real list by way of a downloaded file.
    #[test]
    fn a_list_of_practice_is_refused_where_people_are_real() {
        let (law, today) = (LawBook::embedded().unwrap(), "2025-12-08".parse().unwrap());
        let line = line();
        let out = Out { line: &line, agency: "Thanh tra tỉnh", kinds: "Hằng năm".into() };
        let written = write(&law, &format!("{}Sở thử", press::TITLE), today, &[out]).unwrap();
        assert!(format!("{:?}", read(&written, false).err().unwrap()).contains("bản thực hành"));
        assert_eq!(read(&written, true).unwrap().rows.len(), 1);
    }

    /// As people keep their own lists: numbers and days as Excel's, other rows above, columns in another order.
    #[test]
    fn a_sheet_of_ones_own_is_read() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(1, 1, "UBND XÃ SƠN LINH").unwrap();
        let heads = [
            "Chức vụ, chức danh",
            "HỌ VÀ TÊN (chữ in)",
            "Số căn cước",
            "Ngày sinh",
            "Căn cứ phải kê khai",
            "Ngày giữ chức vụ",
            "Đã kê khai lần đầu",
            "Diện Đảng quản lý",
        ];
        for (column, title) in (1u16..).zip(heads) {
            sheet.write(3, column, title).unwrap();
        }
        sheet.write(5, 7, "Không").unwrap();
        sheet.write(5, 8, "chắc có").unwrap();
        sheet.write(900_000, 16_000, "ghi chú").unwrap();
        sheet.write(5, 1, "Thanh tra viên").unwrap();
        sheet.write(5, 2, "Lê Văn Bình").unwrap();
        sheet.write(5, 3, 51_080_000_105_f64).unwrap();
        let day = Format::new().set_num_format("dd/mm/yyyy");
        sheet.write_with_format(5, 4, 29_256, &day).unwrap();
        let read = read(&book.save_to_buffer().unwrap(), false).unwrap();
        let [row] = &read.rows[..] else { panic!("{} rows", read.rows.len()) };
        assert_eq!((row.number, row.typed.id_no.as_str(), row.typed.dob.as_str()), (6, "051080000105", "05/02/1980"));
        assert_eq!(read.cell(row.number, "id_no"), "D6");
        assert!(!row.typed.has_declared_first, "“Không” is no");
        assert_eq!(row.faults.list()[0].field, "party_managed");
    }

    #[test]
    fn what_is_no_sheet_is_refused() {
        let refused = |bytes: &[u8]| format!("{:?}", read(bytes, false).err().unwrap());
        assert!(refused(b"not a workbook").contains("sheet_unreadable"));
        let mut book = Workbook::new();
        book.add_worksheet().write(0, 0, "gì đó").unwrap();
        assert!(refused(&book.save_to_buffer().unwrap()).contains("sheet_headings"));
        for (column, title) in (0u16..).zip(["Họ và tên", "Ngày sinh", "Chức vụ, chức danh"]) {
            book.worksheet_from_index(0).unwrap().write(1, column, title).unwrap();
        }
        assert!(refused(&book.save_to_buffer().unwrap()).contains("Đã kê khai lần đầu"));
    }
}
