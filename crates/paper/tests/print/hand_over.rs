//! The record of a hand-over.

use chrono::NaiveDate;
use paper::print::{HandOverRecord, Party, PrintError, RecordRow, hand_over_pdf};

use crate::support::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn party(name: &str, position: &str) -> Party {
    Party { name: name.into(), position: position.into() }
}

fn row(n: u8) -> RecordRow {
    RecordRow {
        full_name: format!("Nguyễn Thị Thùy Dương {n}"),
        position: "Phó Trưởng phòng Kế hoạch – Tài chính".into(),
        kind: "Kê khai phục vụ công tác cán bộ".into(),
        year: 2025,
        received_on: day("2025-12-05"),
        copies: 1,
        document_sha256: [n; 32],
        missing: None,
    }
}

fn record(rows: u8) -> HandOverRecord {
    HandOverRecord {
        reference: "05/BB".into(),
        superior_name: Some("Ủy ban nhân dân tỉnh Quảng Ngãi".into()),
        unit_name: "Sở Nông nghiệp và Môi trường tỉnh Quảng Ngãi".into(),
        agency_name: "Thanh tra tỉnh Quảng Ngãi".into(),
        place: Some("Quảng Ngãi".into()),
        handed_on: day("2026-02-05"),
        hander: party("Lê Thị Giao", "Chánh Văn phòng"),
        taken: None,
        basis: "khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018".into(),
        rows: (1..=rows).map(row).collect(),
        made_at: instant("2026-02-05T02:05:03Z"),
        sent_sha256: [0xa5; 32],
        taken_sha256: None,
    }
}

fn taken(rows: u8) -> HandOverRecord {
    let mut record = record(rows);
    record.taken = Some((party("Phạm Văn Nhận", "Thanh tra viên"), day("2026-02-06")));
    record.taken_sha256 = Some([0x3c; 32]);
    record.rows[1].missing = Some("không có trong hồ sơ giao".into());
    record
}

#[test]
fn the_record_states_both_sides_and_every_declaration() {
    let pdf = hand_over_pdf(&FONTS, &record(3)).expect("printed");
    keep(&pdf, "hand-over.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 1);
    let text = running_text(&pdf);
    for want in [
        "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI",
        "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG TỈNH QUẢNG NGÃI",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 05/BB",
        "Quảng Ngãi, ngày 05 tháng 02 năm 2026",
        "BIÊN BẢN BÀN GIAO BẢN KÊ KHAI TÀI SẢN, THU NHẬP",
        "khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018",
        "1. Bên giao: Sở Nông nghiệp và Môi trường tỉnh Quảng Ngãi",
        "Đại diện: Ông/Bà Lê Thị Giao",
        "Chức vụ: Chánh Văn phòng",
        "2. Bên nhận: Thanh tra tỉnh Quảng Ngãi",
        "bàn giao 03 bản kê khai",
        "Ngày tiếp nhận",
        "05/12/2025",
        "0202 0202 0202 0202",
        "kiểm đếm và ghi kết quả nhận",
        "ĐẠI DIỆN BÊN NHẬN",
        "ĐẠI DIỆN BÊN GIAO",
        "- Lưu: VT, hồ sơ.",
    ] {
        assert!(text.contains(want), "“{want}” missing in: {text}");
    }
}

#[test]
fn once_taken_it_says_what_was_there_and_what_was_missing() {
    let pdf = hand_over_pdf(&FONTS, &taken(40)).expect("printed");
    keep(&pdf, "hand-over-taken.pdf");
    assert_archival(&pdf);
    assert!(pages(&pdf) > 1);
    let text = running_text(&pdf);
    for want in [
        "Ông/Bà Phạm Văn Nhận",
        "Ngày 06 tháng 02 năm 2026, bên nhận đã kiểm đếm",
        "nhận 39 bản; thiếu 01 bản",
        "Số thứ tự 2, Nguyễn Thị Thùy Dương 2: không có trong hồ sơ giao",
        "3c3c3c3c 3c3c3c3c",
    ] {
        assert!(text.contains(want), "“{want}” missing in: {text}");
    }
    assert_eq!(text.matches("Loại bản kê khai").count(), 3, "the head of the table stands on every page it goes on to");
}

#[test]
fn an_empty_batch_is_not_printed() {
    assert!(matches!(hand_over_pdf(&FONTS, &record(0)), Err(PrintError::Nothing)));
}
