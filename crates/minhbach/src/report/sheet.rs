//! The figures as Excel, the same numbers as the page.
use anyhow::Context as _;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook};

use super::rules::{Progress, Share};
use crate::kernel::Result;

const COLUMNS: [&str; 12] = [
    "Mã",
    "Cơ quan kiểm soát",
    "Số bản phải kê khai",
    "Đã kê khai",
    "Tỷ lệ kê khai",
    "Bản giấy",
    "Trực tuyến",
    "Bản giấy chờ ghi nhận",
    "Đã số hóa",
    "Tỷ lệ số hóa (mốc 100%)",
    "Tỷ lệ thay bản giấy (mốc 50%)",
    "Đơn vị đã tiếp nhận",
];

/// A workbook with one sheet: a line per agency and the sum.
///
/// # Errors
/// A bug when the workbook cannot be written.
pub fn progress(title: &str, note: &str, lines: &[Progress], total: &Progress) -> Result<Vec<u8>> {
    build(title, note, lines, total).context("writing a workbook").map_err(Into::into)
}

/// How the headings of every table we make look.
pub fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0xF4_F6_F8))
}

fn build(title: &str, note: &str, lines: &[Progress], total: &Progress) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Tiến độ")?;
    let bold = Format::new().set_bold().set_font_size(14);
    let head = heading();
    let text = Format::new().set_border(FormatBorder::Thin);
    let number = Format::new().set_border(FormatBorder::Thin).set_num_format("#,##0");
    let percent = Format::new().set_border(FormatBorder::Thin).set_num_format("0.0%");
    sheet.write_with_format(0, 0, title, &bold)?;
    sheet.write(1, 0, note)?;
    for (column, name) in (0u16..).zip(COLUMNS) {
        sheet.write_with_format(3, column, name, &head)?;
        sheet.set_column_width(column, if column == 1 { 42.0 } else { 15.0 })?;
    }
    for (row, line) in (4u32..).zip(lines.iter().chain([total])) {
        sheet.write_with_format(row, 0, &line.code, &text)?;
        sheet.write_with_format(row, 1, &line.name, &text)?;
        for (column, value) in [
            (2, line.obliged),
            (3, line.declared),
            (5, line.on_paper),
            (6, line.online),
            (7, line.awaiting),
            (8, line.digitised),
            (11, line.received),
        ] {
            sheet.write_with_format(row, column, value, &number)?;
        }
        for (column, share) in [(4, line.declared_share()), (9, line.digitised_share()), (10, line.online_share())] {
            match share {
                Some(share) => sheet.write_with_format(row, column, Share::percent(share) / 100.0, &percent)?,
                None => sheet.write_with_format(row, column, "–", &text)?,
            };
        }
    }
    sheet.set_freeze_panes(4, 2)?;
    Ok(book.save_to_buffer()?)
}
