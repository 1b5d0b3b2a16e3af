//! Written reminders and the notice of a year.

use chrono::NaiveDate;
use paper::print::{
    DemandLetter, Notice, NoticeRow, Party, PrintError, ReminderIssue, ReminderLetter, demand_pdf, notice_pdf,
    reminders_pdf,
};

use crate::support::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn signer() -> Party {
    Party { name: "Trần Văn Ký".into(), position: "Phó Giám đốc".into() }
}

fn letter(n: u8, after: Option<(String, NaiveDate)>) -> ReminderLetter {
    ReminderLetter {
        full_name: format!("Nguyễn Thị Thùy Dương {n}"),
        position: "Phó Trưởng phòng Kế hoạch – Tài chính".into(),
        kind: "Kê khai hằng năm".into(),
        year: 2025,
        due_on: day("2025-12-31"),
        due_basis: "khoản 3 Điều 36 Luật Phòng, chống tham nhũng 2018".into(),
        after,
        record_sha256: [n; 32],
    }
}

fn issue(number: i16, letters: Vec<ReminderLetter>) -> ReminderIssue {
    ReminderIssue {
        document_no: "12/SNNMT-VP".into(),
        number,
        superior_name: Some("Ủy ban nhân dân tỉnh Quảng Ngãi".into()),
        unit_name: "Sở Nông nghiệp và Môi trường tỉnh Quảng Ngãi".into(),
        place: Some("Quảng Ngãi".into()),
        issued_on: day("2026-01-05"),
        answer_by: day("2026-01-12"),
        signer: signer(),
        basis: "khoản 2 Điều 20 Nghị định 130/2020/NĐ-CP".into(),
        letters,
        made_at: instant("2026-01-05T02:05:03Z"),
    }
}

#[test]
fn a_demand_says_what_is_to_be_mended_and_until_when() {
    let mut letter = DemandLetter {
        document_no: "01/YC".into(),
        superior_name: Some("Ủy ban nhân dân tỉnh Quảng Ngãi".into()),
        unit_name: "Sở Tài chính tỉnh Quảng Ngãi".into(),
        place: Some("Quảng Ngãi".into()),
        issued_on: day("2025-12-08"),
        full_name: "Đặng Hữu Cường".into(),
        position: "Chánh Văn phòng".into(),
        kind: "Kê khai hằng năm".into(),
        year: 2025,
        asks: "hoàn thiện bản kê khai".into(),
        reasons: vec!["Mục 2.1: chưa ghi tình trạng cho thuê nhà.".into(), "Mục 5: chưa ghi nơi gửi tiền.".into()],
        days: 7,
        basis: "khoản 2 Điều 38 Luật Phòng, chống tham nhũng 2018".into(),
        signer: signer(),
        made_at: instant("2025-12-08T02:05:03Z"),
        demand_sha256: [9; 32],
    };
    let pdf = demand_pdf(&FONTS, &letter).expect("printed");
    keep(&pdf, "demand.pdf");
    assert_archival(&pdf);
    let text = running_text(&pdf);
    for want in [
        "Số: 01/YC",
        "V/v hoàn thiện bản kê khai tài sản, thu nhập",
        "Kính gửi: Ông/Bà Đặng Hữu Cường, Chánh Văn phòng",
        "khoản 2 Điều 38 Luật Phòng, chống tham nhũng 2018",
        "Mục 5: chưa ghi nơi gửi tiền",
        "trong thời hạn 07 ngày kể từ ngày nhận được yêu cầu này",
        "Trần Văn Ký",
    ] {
        assert!(text.contains(want), "{want}: {text}");
    }
    letter.reasons.clear();
    assert!(matches!(demand_pdf(&FONTS, &letter), Err(PrintError::Nothing)));
}

#[test]
fn each_person_has_a_letter_of_their_own() {
    let pdf = reminders_pdf(&FONTS, &issue(1, vec![letter(1, None), letter(2, None)])).expect("printed");
    keep(&pdf, "reminders.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 2);
    let text = running_text(&pdf);
    for want in [
        "Số: 12/SNNMT-VP",
        "(lần 1)",
        "Quảng Ngãi, ngày 05 tháng 01 năm 2026",
        "Kính gửi: Ông/Bà Nguyễn Thị Thùy Dương 1",
        "Kính gửi: Ông/Bà Nguyễn Thị Thùy Dương 2",
        "kê khai hằng năm tài sản, thu nhập năm 2025 chậm nhất ngày 31 tháng 12 năm 2025",
        "chậm nhất ngày 12 tháng 01 năm 2026",
        "khoản 2 Điều 20 Nghị định 130/2020/NĐ-CP",
        "PHÓ GIÁM ĐỐC",
        "Trần Văn Ký",
        "- Như trên;",
        "02020202 02020202",
    ] {
        assert!(text.contains(want), "“{want}” missing in: {text}");
    }
    assert!(!text.contains("đã đôn đốc lần 1"), "{text}");
}

#[test]
fn the_second_names_the_first() {
    let after = Some(("12/SNNMT-VP".to_owned(), day("2026-01-05")));
    let second = ReminderIssue { document_no: "40/SNNMT-VP".into(), ..issue(2, vec![letter(1, after)]) };
    let pdf = reminders_pdf(&FONTS, &second).expect("printed");
    keep(&pdf, "reminder-second.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 1);
    let text = running_text(&pdf);
    assert!(text.contains("đã đôn đốc lần 1 bằng Công văn số 12/SNNMT-VP ngày 05 tháng 01 năm 2026"), "{text}");
    assert!(matches!(reminders_pdf(&FONTS, &issue(1, Vec::new())), Err(PrintError::Nothing)));
}

fn notice(rows: u8) -> Notice {
    let row = |n: u8| NoticeRow {
        full_name: format!("Nguyễn Thị Thùy Dương {n}"),
        position: "Kế toán viên".into(),
        kind: "Kê khai hằng năm".into(),
        asked_by: Some(day("2025-12-15")),
        due_on: day("2025-12-31"),
        basis: "khoản 3 Điều 36 Luật Phòng, chống tham nhũng 2018".into(),
    };
    Notice {
        document_no: "15/TB-SNNMT".into(),
        superior_name: None,
        unit_name: "Sở Nông nghiệp và Môi trường tỉnh Quảng Ngãi".into(),
        place: None,
        issued_on: day("2025-12-01"),
        signer: signer(),
        year: 2025,
        plans: vec!["Kế hoạch số 9/KH-TTT của Thanh tra tỉnh.".into()],
        rows: (1..=rows).map(row).collect(),
        made_at: instant("2025-12-01T02:05:03Z"),
    }
}

#[test]
fn the_notice_says_who_declares_what_by_when() {
    let pdf = notice_pdf(&FONTS, &notice(40)).expect("printed");
    keep(&pdf, "notice.pdf");
    assert_archival(&pdf);
    assert!(pages(&pdf) > 1);
    let text = running_text(&pdf);
    for want in ["Số: 15/TB-SNNMT", "năm 2025", "Kế hoạch số 9/KH-TTT", "15/12/2025", "31/12/2025", "Dương 40"]
    {
        assert!(text.contains(want), "“{want}” missing in: {text}");
    }
    assert!(matches!(notice_pdf(&FONTS, &notice(0)), Err(PrintError::Nothing)));
}
