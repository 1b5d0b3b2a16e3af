//! Submission slip and activation slips.

use paper::print::{
    ActivationSlip, Inclusion, PrintError, Promise, SlipData, StatutoryPeriod, activation_slips_pdf, slip_pdf,
};

use crate::support::*;

fn slip() -> SlipData {
    SlipData {
        reference: "PXN-2025-000123".into(),
        superior_name: Some("Ủy ban nhân dân tỉnh Đắk Lắk".into()),
        unit_name: "Sở Nông nghiệp và Môi trường tỉnh Đắk Lắk".into(),
        full_name: "Nguyễn Thị Thùy Dương".into(),
        kind_label: "Bản kê khai tài sản, thu nhập hằng năm".into(),
        period: "Năm 2025".into(),
        version: 1,
        received_at: instant("2025-12-15T02:05:03Z"),
        document_sha256: std::array::from_fn(|i| (i as u8).wrapping_mul(7)),
        promise: Promise {
            origin: "minhbach/0190f5e2-7c4b-7000-8000-0123456789ab".into(),
            leaf_hash: [0xa5; 32],
            promised_at: instant("2025-12-15T02:05:03Z"),
            deadline: instant("2025-12-15T02:10:03Z"),
            verifier_key: format!("minhbach/0190f5e2-7c4b-7000-8000-0123456789ab+c4f3a1b2+{}", "AQ8/".repeat(11)),
            signature: vec![0x5a; 64],
        },
        inclusion: None,
        hand_over: StatutoryPeriod {
            days: 20, basis: "khoản 3 Điều 38 Luật Phòng, chống tham nhũng năm 2018".into()
        },
        redeclare: StatutoryPeriod { days: 7, basis: "khoản 2 Điều 38".into() },
        verify_command: "minhbach verify-log --slip PXN-2025-000123.json --key KHOA-CONG-KHAI".into(),
        address: "https://kekhai.daklak.example".into(),
    }
}

fn placed() -> SlipData {
    let origin = slip().promise.origin;
    let note = format!("{origin}\n33554432\n{}\n\n— {origin} {}\n", "Qk1C".repeat(11), "c2ln".repeat(23));
    SlipData {
        inclusion: Some(Inclusion {
            leaf_index: 20_251_215,
            tree_size: 33_554_432,
            root: [0x3c; 32],
            checkpoint: note,
            proof: (0..25).map(|i| [i; 32]).collect(),
        }),
        ..slip()
    }
}

#[test]
fn slip_states_who_what_when_and_what_it_is_not() {
    let pdf = slip_pdf(&FONTS, &slip()).expect("printed");
    keep(&pdf, "slip.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 1);
    let text = running_text(&pdf);
    for want in [
        "ỦY BAN NHÂN DÂN TỈNH ĐẮK LẮK",
        "SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG TỈNH ĐẮK LẮK",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Mã phiếu: PXN-2025-000123",
        "Ngày 15 tháng 12 năm 2025",
        "PHIẾU XÁC NHẬN ĐÃ GỬI BẢN KÊ KHAI",
        "Nguyễn Thị Thùy Dương",
        "Bản kê khai tài sản, thu nhập hằng năm; Năm 2025",
        "09 giờ 05 phút 03 giây, ngày 15 tháng 12 năm 2025 (giờ Việt Nam)",
        "00070e15 1c232a31 383f464d 545b6269 70777e85 8c939aa1 a8afb6bd c4cbd2d9",
        "minhbach/0190f5e2-7c4b-7000-8000-0123456789ab",
        "a5a5a5a5 a5a5a5a5",
        "09 giờ 10 phút 03 giây, ngày 15 tháng 12 năm 2025",
        "Chưa có tại thời điểm lập phiếu.",
        "Trong 20 ngày kể từ ngày nhận",
        "khoản 3 Điều 38 Luật Phòng, chống tham nhũng năm 2018",
        "kê khai lại trong 7 ngày (khoản 2 Điều 38)",
        "minhbach verify-log --slip PXN-2025-000123.json --key KHOA-CONG-KHAI",
        "Phiếu này không phải là giấy tiếp nhận bản kê khai.",
    ] {
        assert!(text.contains(want), "“{want}” missing in: {text}");
    }
    let signature = "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa";
    assert!(text.replace(' ', "").contains(signature), "signature: {text}");
}

#[test]
fn slip_with_place_and_proof_stays_on_one_page() {
    let pdf = slip_pdf(&FONTS, &placed()).expect("printed");
    keep(&pdf, "slip-placed.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 1);
    let text = running_text(&pdf);
    assert!(!text.contains("Chưa có tại thời điểm"));
    assert!(text.contains("20251215 trong cây có 33554432 lá"), "{text}");
    // The checkpoint, put together again from its lines, is the signed note.
    let packed = text.replace(' ', "");
    let note = placed().inclusion.expect("placed").checkpoint;
    assert!(packed.contains(&note.split_whitespace().collect::<String>()), "{text}");
    // All sibling hashes, in the order of the proof.
    let hashes: Vec<String> = (0..25u8).map(|i| base64_of(&[i; 32])).collect();
    let rows: String = layout_text(&pdf).split_whitespace().collect();
    assert_in_order(&rows, &hashes.iter().map(String::as_str).collect::<Vec<_>>());
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn slip_is_the_same_bytes_each_time() {
    assert!(slip_pdf(&FONTS, &placed()).expect("printed") == slip_pdf(&FONTS, &placed()).expect("printed"));
    let later = SlipData { received_at: instant("2025-12-15T02:05:04Z"), ..placed() };
    assert!(slip_pdf(&FONTS, &placed()).expect("printed") != slip_pdf(&FONTS, &later).expect("printed"));
}

#[test]
fn what_people_wrote_is_text_not_markup() {
    let nasty = r##"#panic("x") *đậm* _nghiêng_ $x^2$ \n [a](b) <nhãn> @ref -- … ] } ' // /* `mã`"##;
    let pdf = slip_pdf(&FONTS, &SlipData { full_name: nasty.into(), unit_name: "A #let".into(), ..slip() });
    let text = running_text(&pdf.expect("printed"));
    assert!(text.contains(nasty), "{text}");
    assert!(text.contains("nộp cho A #let."), "{text}");
}

#[test]
fn characters_no_typeface_has_and_hidden_marks_are_shown_by_code_point() {
    let name = "Lê \u{202e}Văn\u{200b} 漢 😀\u{7}";
    let pdf = slip_pdf(&FONTS, &SlipData { full_name: name.into(), ..slip() }).expect("PDF/A allows no missing glyph");
    assert_archival(&pdf);
    let text = running_text(&pdf);
    assert!(text.contains("Lê [U+202E]Văn[U+200B] [U+6F22] [U+1F600][U+0007]"), "{text}");
}

#[test]
fn every_vietnamese_letter_survives_in_every_face() {
    let letters = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ";
    let words = letters.chars().collect::<Vec<_>>().chunks(12).map(String::from_iter).collect::<Vec<_>>().join(" ");
    let all = format!("{words} {}", words.to_uppercase());
    let data = SlipData {
        full_name: all.clone(),      // bold
        kind_label: all.clone(),     // regular
        verify_command: all.clone(), // mono
        ..slip()
    };
    let text = running_text(&slip_pdf(&FONTS, &data).expect("printed"));
    assert_eq!(text.matches(&all).count(), 3, "{text}");
}

fn activation(n: usize) -> ActivationSlip {
    ActivationSlip {
        full_name: format!("Đỗ Hữu Nghĩa {n}"),
        unit_name: "Sở Tài chính tỉnh Lâm Đồng".into(),
        user_name: format!("nghia.dh{n:03}"),
        code: format!("K7QM2XRT9V{n:02}WD4P"),
        address: "https://kekhai.lamdong.example/kich-hoat".into(),
        expires_at: instant("2026-01-15T10:00:00Z"),
    }
}

#[test]
fn activation_slips_stand_six_to_a_page_in_order() {
    let slips: Vec<_> = (1..=14).map(activation).collect();
    let pdf = activation_slips_pdf(&FONTS, &slips, instant("2025-12-01T01:00:00Z")).expect("printed");
    keep(&pdf, "activation.pdf");
    assert_archival(&pdf);
    assert_eq!(pages(&pdf), 3);
    // Left column: odd slips, right column: even ones.
    for (x, first) in [("0", 1), ("298", 2)] {
        let column =
            squeeze(&run(&pdf, "pdftotext", &["-layout", "-x", x, "-y", "0", "-W", "297", "-H", "842", "{}", "-"]));
        for n in (first..=14).step_by(2) {
            let name =
                format!("Họ và tên Đỗ Hữu Nghĩa {n} Đơn vị Sở Tài chính tỉnh Lâm Đồng Tên đăng nhập nghia.dh{n:03}");
            let code = format!("Mã dùng một lần K7QM-2XRT-9V{n:02}-WD4P 1. Mở trang kích hoạt:");
            assert_in_order(&column, &[&name, &code, "kich-hoat 2. Nhập", "3. Đặt mật khẩu riêng"]);
        }
    }
    let text = running_text(&pdf);
    assert_eq!(text.matches("Hết hạn: 17:00 ngày 15/01/2026.").count(), 14);
    assert_eq!(text.matches("https://kekhai.lamdong.example/kich-hoat").count(), 14);
    let pages: Vec<_> = layout_text(&pdf).split('\u{c}').map(|p| p.matches("PHIẾU KÍCH HOẠT").count()).collect();
    assert_eq!(pages, [6, 6, 2, 0]);
}

#[test]
fn a_long_name_and_unit_do_not_run_out_of_the_slip() {
    let unit = "Ban Quản lý dự án đầu tư xây dựng các công trình giao thông và nông nghiệp tỉnh Bà Rịa - Vũng Tàu cũ";
    let long = ActivationSlip {
        full_name: "Công Tằng Tôn Nữ Thị Hoàng Phương Quỳnh Anh".into(),
        unit_name: unit.into(),
        user_name: "congtangtonnu.thihoangphuongquynhanh".into(),
        ..activation(1)
    };
    let pdf = activation_slips_pdf(&FONTS, &vec![long; 7], instant("2025-12-01T01:00:00Z")).expect("printed");
    keep(&pdf, "activation-long.pdf");
    assert_eq!(pages(&pdf), 2);
    assert_eq!(running_text(&pdf).matches(unit).count(), 7);
}

#[test]
fn no_slips_is_an_error_and_the_code_is_not_in_debug_output() {
    assert!(matches!(activation_slips_pdf(&FONTS, &[], instant("2025-12-01T01:00:00Z")), Err(PrintError::Nothing)));
    assert!(!format!("{:?}", activation(1)).contains("K7QM"));
}

#[test]
fn a_missing_typeface_names_the_debian_package() {
    let empty = tempfile::tempdir().expect("folder");
    let error = paper::print::Fonts::load(empty.path()).expect_err("no fonts there").to_string();
    assert!(error.contains("fonts-liberation2") && error.contains("LiberationSerif-Regular.ttf"), "{error}");
}

/// A font of the right name without Vietnamese letters is refused at start, not on the first name that needs them.
#[test]
fn a_typeface_without_vietnamese_letters_is_refused() {
    let version = std::process::Command::new("dpkg-query").args(["-W", "-f=${Version}", "fonts-liberation"]).output();
    if !version.is_ok_and(|out| out.stdout.starts_with(b"1:1.")) {
        eprintln!("SKIPPED: needs fonts-liberation 1.x (Debian 12) as the bad example");
        return;
    }
    let error = paper::print::Fonts::load("/usr/share/fonts/truetype/liberation".as_ref()).expect_err("version 1");
    assert!(matches!(error, PrintError::FontOutdated { .. }), "{error}");
}
