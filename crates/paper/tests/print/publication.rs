//! The minutes of a publication.

use chrono::NaiveDate;
use paper::print::{
    Party, PrintError, PublicationMeeting, PublicationMinutes, PublicationRow, SignedMinutes, publication_pdf,
};

use crate::support::*;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn party(name: &str, position: &str) -> Party {
    Party { name: name.into(), position: position.into() }
}

fn row(n: u8) -> PublicationRow {
    PublicationRow {
        full_name: format!("Nguyễn Thị Thùy Dương {n}"),
        position: "Phó Trưởng phòng Kế hoạch – Tài chính".into(),
        kind: "Kê khai hằng năm".into(),
        year: 2025,
        handed_on: day("2026-01-05"),
        document_sha256: [n; 32],
    }
}

fn posting(rows: u8) -> PublicationMinutes {
    PublicationMinutes {
        reference: None,
        superior_name: Some("Ủy ban nhân dân tỉnh Quảng Ngãi".into()),
        unit_name: "Sở Nông nghiệp và Môi trường tỉnh Quảng Ngãi".into(),
        province: Some("Quảng Ngãi".into()),
        basis: "Điều 39 Luật Phòng, chống tham nhũng 2018; Điều 11 Nghị định 130/2020/NĐ-CP".into(),
        place: "bảng tin tầng 1, trụ sở cơ quan".into(),
        from_on: day("2026-01-06"),
        until_on: day("2026-01-21"),
        days: 15,
        meeting: None,
        rows: (1..=rows).map(row).collect(),
        late: 0,
        limit: "05 ngày kể từ ngày bàn giao".into(),
        signed: None,
        broken: None,
        made_at: instant("2026-01-06T02:05:03Z"),
        begun_sha256: [0xa5; 32],
        end_sha256: None,
    }
}

fn signed(mut minutes: PublicationMinutes) -> PublicationMinutes {
    minutes.reference = Some("05/BB-CK".into());
    minutes.signed = Some(SignedMinutes {
        on: day("2026-01-22"),
        head: party("Lê Thị Đứng Đầu", "Giám đốc Sở"),
        union: party("Phạm Văn Công Đoàn", "Chủ tịch Công đoàn cơ sở"),
    });
    minutes.end_sha256 = Some([0x3c; 32]);
    minutes
}

fn meeting() -> PublicationMinutes {
    let mut minutes = signed(posting(2));
    minutes.until_on = minutes.from_on;
    minutes.late = 2;
    minutes.meeting = Some(PublicationMeeting {
        summoned: 30,
        present: 20,
        needed: 20,
        share: "2/3".into(),
        chair: party("Lê Thị Chủ Trì", "Phó Giám đốc Sở"),
        reading: "từng người kê khai đọc bản của mình".into(),
        questions: "Ông A hỏi về thửa đất thứ hai.\n\nBà Dương trả lời: nhận thừa kế năm 2019.".into(),
    });
    minutes
}

fn says(pdf: &[u8], wanted: &[&str]) {
    let text = running_text(pdf);
    for want in wanted {
        assert!(text.contains(want), "“{want}” missing in: {text}");
    }
}

#[test]
fn the_minutes_of_a_posting_state_place_days_list_and_both_signatories() {
    let pdf = publication_pdf(&FONTS, &signed(posting(3))).expect("printed");
    keep(&pdf, "posting.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 1);
    says(
        &pdf,
        &[
            "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG TỈNH QUẢNG NGÃI",
            "Số: 05/BB-CK",
            "Quảng Ngãi, ngày 22 tháng 01 năm 2026",
            "BIÊN BẢN NIÊM YẾT CÔNG KHAI BẢN KÊ KHAI TÀI SẢN, THU NHẬP",
            "Điều 11 Nghị định 130/2020/NĐ-CP",
            "Ông/Bà Lê Thị Đứng Đầu",
            "Chức vụ: Chủ tịch Công đoàn cơ sở",
            "niêm yết công khai 03 bản kê khai tài sản, thu nhập tại: bảng tin tầng 1, trụ sở cơ quan.",
            "đủ 15 ngày, từ ngày 06 tháng 01 năm 2026 đến hết ngày 21 tháng 01 năm 2026",
            "0202 0202 0202 0202",
            "ĐẠI DIỆN CÔNG ĐOÀN",
            "THỦ TRƯỞNG ĐƠN VỊ",
            "3c3c3c3c 3c3c3c3c",
        ],
    );
}

#[test]
fn before_they_are_signed_there_is_room_for_what_is_missing() {
    let pdf = publication_pdf(&FONTS, &posting(40)).expect("printed");
    keep(&pdf, "posting-open.pdf");
    assert_archival(&pdf);
    assert!(pages(&pdf) > 1);
    let text = running_text(&pdf);
    assert!(text.contains("Số: . . .") && !text.contains("BB-CK"), "{text}");
    assert!(text.matches("Loại bản kê khai").count() >= 3, "the head of the table stands on every page it goes on to");
    assert!(text.contains("40 bản kê khai") && text.contains("Nguyễn Thị Thùy Dương 40"), "{text}");
}

#[test]
fn one_that_was_broken_off_says_when_and_why() {
    let mut minutes = posting(1);
    minutes.broken = Some((day("2026-01-10"), "bảng tin bị bão làm hỏng".into()));
    minutes.end_sha256 = Some([0x3c; 32]);
    let pdf = publication_pdf(&FONTS, &minutes).expect("printed");
    keep(&pdf, "posting-broken.pdf");
    says(&pdf, &["Việc công khai dừng ngày 10 tháng 01 năm 2026. Lý do: bảng tin bị bão làm hỏng."]);
}

#[test]
fn the_minutes_of_a_meeting_state_who_was_there_and_what_was_asked() {
    let pdf = publication_pdf(&FONTS, &meeting()).expect("printed");
    keep(&pdf, "meeting.pdf");
    assert_archival(&pdf);
    says(
        &pdf,
        &[
            "BIÊN BẢN CUỘC HỌP CÔNG KHAI BẢN KÊ KHAI TÀI SẢN, THU NHẬP",
            "1. Thời gian: ngày 06 tháng 01 năm 2026.",
            "được triệu tập 30 người, có mặt 20 người (phải có mặt ít nhất 2/3 số người được triệu tập, bằng 20 người)",
            "Ông/Bà Lê Thị Chủ Trì, Phó Giám đốc Sở",
            "(từng người kê khai đọc bản của mình)",
            "Ông A hỏi về thửa đất thứ hai.",
            "Bà Dương trả lời: nhận thừa kế năm 2019.",
            "Trong đó 02 bản bắt đầu công khai sau thời hạn 05 ngày kể từ ngày bàn giao",
            "NGƯỜI CHỦ TRÌ",
        ],
    );
    let mut silent = meeting();
    silent.meeting.as_mut().expect("a meeting").questions = " \n".into();
    says(&publication_pdf(&FONTS, &silent).expect("printed"), &["tại cuộc họp: Không có."]);
}

#[test]
fn nothing_is_not_printed() {
    assert!(matches!(publication_pdf(&FONTS, &posting(0)), Err(PrintError::Nothing)));
}
