//! The declaration: every heading and value of the form, in its order, in its words.

use std::path::Path;
use std::sync::LazyLock;

use form::{Form, Kind, LawBook};
use paper::print::{
    Bundled, DeclarationOptions, PrintError, RecordMark, blank_form, declaration_pdf, declarations_pdf,
};
use serde_json::{Value, json};

use crate::support::*;

static LAW: LazyLock<LawBook> = LazyLock::new(|| LawBook::embedded().expect("law/ loads"));

fn form_for(kind: Kind) -> &'static Form {
    LAW.get("R1_ND130").and_then(|rules| rules.form_for(kind)).expect("form")
}

fn annual() -> Value {
    serde_json::from_str(include_str!("annual.json")).expect("fixture")
}

fn options() -> DeclarationOptions {
    let document_sha256 = std::array::from_fn(|i| 0xf0 ^ i as u8);
    DeclarationOptions {
        dated: instant("2025-12-15T02:05:03Z"),
        record: Some(RecordMark { document_sha256, version: 2 }),
    }
}

fn print(document: &Value) -> Result<Vec<u8>, PrintError> {
    let kind = document["kind"].as_str().and_then(Kind::from_code).expect("kind");
    declaration_pdf(&FONTS, form_for(kind), document, &options())
}

#[test]
fn every_heading_and_value_stands_in_the_order_and_words_of_the_form() {
    let pdf = print(&annual()).expect("printed");
    keep(&pdf, "annual.pdf");
    assert_archival(&pdf);
    assert_in_order(
        &body_text(&pdf),
        &[
            "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "BẢN KÊ KHAI TÀI SẢN, THU NHẬP HẰNG NĂM(1)",
            "(Ngày 05 tháng 12 năm 2025)(2)",
            "I. THÔNG TIN CHUNG",
            "1. Người kê khai tài sản, thu nhập",
            "- Họ và tên: Y Moan Êban Ngày tháng năm sinh: 08/02/1975",
            "- Chức vụ/chức danh công tác: Phó Giám đốc",
            "- Cơ quan/đơn vị công tác: Sở Tài chính tỉnh Đắk Lắk",
            "- Nơi thường trú: buôn 5, xã Ea H'Leo, tỉnh Đắk Lắk",
            "- Số căn cước công dân hoặc giấy chứng minh nhân dân(3): 066075881496 ngày cấp 17/03/2022 nơi cấp Cục Cảnh sát \
         quản lý hành chính về trật tự xã hội",
            "2. Vợ hoặc chồng của người kê khai tài sản, thu nhập",
            "- Họ và tên: Nguyễn Thị Thùy Dương Ngày tháng năm sinh: 21/11/1978",
            "- Nghề nghiệp: Kế toán",
            "- Nơi làm việc(4): làm việc tự do",
            "giấy chứng minh nhân dân(3): không đọc được ngày cấp",
            "3. Con chưa thành niên (con đẻ, con nuôi theo quy định của pháp luật)",
            "3.1. Con thứ nhất:",
            "Êban H'Nguyệt Ngày tháng năm sinh: 14/11/2012",
            "066312000045 ngày cấp 01/08/2024 nơi cấp Bộ Công an",
            "3.2. Con thứ hai:",
            "Y Thuý Êban Ngày tháng năm sinh: 30/01/2021",
            "giấy chứng minh nhân dân(3): chưa được cấp II. THÔNG TIN MÔ TẢ VỀ TÀI SẢN(5)",
            "1. Quyền sử dụng thực tế đối với đất(6):",
            "1.1. Đất ở(7):",
            "1.1.1. Thửa thứ nhất:",
            "- Địa chỉ(8): buôn 5, xã Ea H'Leo, tỉnh Đắk Lắk",
            "- Diện tích(9): 250,5 m²",
            "- Giá trị(10): 1.234.567.890 đồng",
            "- Giấy chứng nhận quyền sử dụng(11): số DA 687609, số vào sổ CH 32416, tên người được cấp: Y Moan Êban",
            "- Thông tin khác (nếu có)(12): đang cho thuê",
            "1.1.2. Thửa thứ hai:",
            "- Diện tích(9): 1.250 m²",
            "- Giá trị(10): không xác định được giá trị, lý do: tài sản sử dụng đã quá lâu",
            "- Giấy chứng nhận quyền sử dụng(11): chưa được cấp giấy chứng nhận quyền sử dụng đất",
            "- Thông tin khác (nếu có)(12): không có",
            "1.2. Các loại đất khác(13):",
            "1.2.1. Thửa thứ nhất:",
            "- Loại đất: Đất trồng cây lâu năm",
            "- Diện tích(9): 12.000 m²",
            "- Giá trị(10): 905.000.000 đồng (giá trị ước tính)",
            "số CT 804511, tên người được cấp: ông Y Moan Êban và bà Nguyễn Thị Thùy Dương",
            "2. Nhà ở, công trình xây dựng:",
            "2.1. Nhà ở:",
            "2.1.1. Nhà thứ nhất:",
            "- Loại nhà(14): nhà ở riêng lẻ",
            "- Diện tích sử dụng(15): 180,25 m²",
            "- Giá trị(10): 2.050.000.000 đồng",
            "- Giấy chứng nhận quyền sở hữu: chưa được cấp giấy chứng nhận quyền sở hữu",
            "2.2. Công trình xây dựng khác(16):",
            "2.2.1. Công trình thứ nhất:",
            "- Tên công trình: Kiốt cho thuê",
            "Địa chỉ: thôn 12, xã Hạnh Phúc, tỉnh Cao Bằng",
            "- Loại công trình: công trình dân dụng Cấp công trình: cấp III",
            "3. Tài sản khác gắn liền với đất(17):",
            "3.1. Cây lâu năm(18):",
            "- Loại cây: Hồ tiêu Số lượng: 1900 cây Giá trị(10): 245.000.000 đồng",
            "3.2. Rừng sản xuất(19): Không có",
            "3.3. Vật kiến trúc khác gắn liền với đất: Không có",
            "4. Vàng, kim cương, bạch kim và các kim loại quý, đá quý khác có tổng giá trị từ 50 triệu đồng trở lên(20):",
            "- Loại: Vàng SJC Số lượng: 43 chỉ Giá trị(10): 625.000.000 đồng",
            "5. Tiền (tiền Việt Nam, ngoại tệ)",
            "- Loại: Tiền gửi tiết kiệm tại Ngân hàng A Giá trị(10): 535.000.000 đồng",
            "- Loại: Ngoại tệ tiền mặt Số lượng: 12.345,5 USD Giá trị(10): 320.000.001 đồng",
            "6. Cổ phiếu, trái phiếu, vốn góp",
            "6.1. Cổ phiếu:",
            "- Tên cổ phiếu: Cổ phiếu FPT Số lượng: 6.800 Giá trị(10): 210.000.000 đồng",
            "6.2. Trái phiếu: Không có 6.3. Vốn góp(22): Không có 6.4. Các loại giấy tờ có giá khác(23): Không có",
            "7. Tài sản khác mà mỗi tài sản có giá trị từ 50 triệu đồng trở lên, bao gồm:",
            "- Tên tài sản: Xe ô tô Mazda CX-5 Số đăng ký: 47A-803.59 Giá trị(10): 965.000.000 đồng",
            "- Tên loại tài sản: Bộ bàn ghế gỗ gụ Năm bắt đầu sở hữu: 2010",
            "185.000.000 đồng",
            "8. Tài sản ở nước ngoài(26): Không có",
            "9. Tài khoản ở nước ngoài(27):",
            "- Tên chủ tài khoản: Y Moan Êban Số tài khoản: 0098-1123-77",
            "nơi mở tài khoản: Ngân hàng B, chi nhánh Viêng Chăn",
            "10. Tổng thu nhập giữa hai lần kê khai(28):",
            "- Tổng thu nhập của người kê khai: 169.000.000 đồng",
            "- Tổng thu nhập của vợ (hoặc chồng): 86.000.000 đồng",
            "- Tổng thu nhập của con chưa thành niên: 0 đồng",
            "- Tổng các khoản thu nhập chung: 1.705.000.000 đồng",
            "III. BIẾN ĐỘNG TÀI SẢN, THU NHẬP; GIẢI TRÌNH NGUỒN GỐC CỦA TÀI SẢN, THU NHẬP TĂNG THÊM(29)",
            "Loại tài sản, thu nhập",
            "10. Tổng thu nhập giữa hai lần kê khai",
            "NGƯỜI NHẬN BẢN KÊ KHAI",
        ],
    );
}

#[test]
fn the_table_of_changes_has_every_row_and_the_signature_blocks_follow() {
    let text = layout_text(&print(&annual()).expect("printed"));
    let lines: Vec<String> = text.lines().map(squeeze).collect();
    let has = |want: &str| assert!(lines.iter().any(|line| line.starts_with(want)), "“{want}” in {text}");
    has("1.1. Đất ở - 283 m² 260.000.000 đồng Giảm do bán");
    has("+ 250,5 m² 1.234.567.890 đồng Mua từ tiền bán đất");
    has("3.2. Vật kiến trúc gắn liền");
    let all = squeeze(&text);
    assert_in_order(&all, &["Tăng(30)/giảm(31)", "1.1. Đất ở", "1.2. Các loại đất khác", "2.1. Nhà ở", "6.3. Vốn góp"]);
    assert_in_order(&all, &["7.2. Tài sản khác", "8. Tài sản ở nước ngoài", "9. Tài khoản ở nước ngoài", "10. Tổng"]);
    assert_in_order(
        &all,
        &[
            "……, ngày 16 tháng 12 năm 2025 ……, ngày 05 tháng 12 năm 2025",
            "NGƯỜI NHẬN BẢN KÊ KHAI NGƯỜI KÊ KHAI TÀI SẢN",
            "(Ký, ghi rõ họ tên, chức vụ/chức danh) (Ký, ghi rõ họ tên)",
            "Lê Kim Trang Hương Y Moan Êban",
            "Chuyên viên Văn phòng",
        ],
    );
}

#[test]
fn every_page_has_a_place_to_sign_its_number_and_the_hash_of_the_record() {
    let pdf = print(&annual()).expect("printed");
    let count = pages(&pdf);
    let text = layout_text(&pdf);
    let sheets: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert_eq!(sheets.len(), count);
    for (i, sheet) in sheets.iter().enumerate() {
        let footer = squeeze(sheet.trim_end().lines().last().expect("a line"));
        let want =
            format!("Mã băm bản ghi: f0f1 f2f3 f4f5 f6f7; phiên bản 2; trang {}/{count} Người kê khai ký", i + 1);
        assert!(footer.starts_with(&want), "{footer}");
        let first = sheet.lines().find(|line| !line.trim().is_empty()).map(str::trim);
        assert_eq!(first == Some(&(i + 1).to_string()), i > 0, "number in the top margin, none on page 1: {first:?}");
    }
    let draft = DeclarationOptions { record: None, ..options() };
    let pdf = declaration_pdf(&FONTS, form_for(Kind::Annual), &annual(), &draft).expect("printed");
    assert_eq!(layout_text(&pdf).matches("Bản nháp, chưa gửi; trang").count(), count);
}

/// Each of a bundle as it is printed alone: its own page numbers, its own hash on every page.
#[test]
fn a_bundle_prints_each_declaration_as_it_is_printed_alone() {
    let (first, mut second) = (annual(), annual());
    second["declarant"]["full_name"] = json!("Hồ Thị Ẵng");
    let other =
        DeclarationOptions { record: Some(RecordMark { document_sha256: [0x3c; 32], version: 1 }), ..options() };
    let form = form_for(Kind::Annual);
    let bundle =
        [Bundled { form, document: &first, options: &options() }, Bundled { form, document: &second, options: &other }];
    let dated = instant("2026-01-06T02:05:03Z");
    let pdf = declarations_pdf(&FONTS, &bundle, "Bản kê khai công khai", dated, "bundle".into()).expect("printed");
    keep(&pdf, "bundle.pdf");
    assert_archival(&pdf);
    let alone = print(&first).expect("printed");
    let each = pages(&alone);
    assert_eq!(pages(&pdf), 2 * each);
    let text = layout_text(&pdf);
    let sheets: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    for (index, sheet) in sheets.iter().enumerate() {
        let (number, hash) = (index % each + 1, if index < each { "f0f1" } else { "3c3c 3c3c" });
        assert!(sheet.contains(&format!("trang {number}/{each}")), "page {index}: {sheet}");
        assert!(sheet.contains(hash), "page {index}: {sheet}");
    }
    let half = |text: &str| squeeze(&text.split('\u{c}').take(each).collect::<String>());
    assert_eq!(half(&text), half(&layout_text(&alone)), "the first is as if it were alone");
    assert!(squeeze(&text).contains("Hồ Thị Ẵng"));
    let none = declarations_pdf(&FONTS, &[], "", dated, "bundle".into());
    assert!(matches!(none, Err(PrintError::Nothing)));
}

#[test]
fn no_change_is_written_after_the_heading_and_silence_is_not_none() {
    let mut document = annual();
    document["no_change"] = json!(true);
    document["changes"] = json!([]);
    document["none"] = json!([]);
    document["spouse"] = Value::Null;
    document["children"] = json!([]);
    document["spouse_status"] = json!("SINGLE");
    let text = body_text(&print(&document).expect("printed"));
    assert!(text.contains("TĂNG THÊM(29) Không có biến động"), "{text}");
    assert!(text.contains("2. Vợ hoặc chồng của người kê khai tài sản, thu nhập Không có 3. Con"), "{text}");
    assert!(text.contains("của pháp luật) II. THÔNG TIN"), "{text}");
    assert!(text.contains("6.2. Trái phiếu: 6.3. Vốn góp(22): 6.4."), "{text}");
}

#[test]
fn a_first_declaration_has_neither_section_three_nor_item_ten() {
    let mut document = annual();
    document["kind"] = json!("FIRST");
    for (path, value) in [("income", json!(null)), ("no_change", json!(null)), ("changes", json!([]))] {
        document[path] = value;
    }
    let text = body_text(&print(&document).expect("printed"));
    assert!(text.contains("BẢN KÊ KHAI TÀI SẢN, THU NHẬP LẦN ĐẦU(1)"));
    assert!(!text.contains("III. BIẾN ĐỘNG") && !text.contains("10. Tổng thu nhập"), "{text}");
}

#[test]
fn a_value_without_a_place_in_the_form_is_an_error_not_a_loss() {
    let refused = |change: &dyn Fn(&mut Value), path: &str| {
        let mut document = annual();
        change(&mut document);
        match print(&document) {
            Err(PrintError::Unplaced(found)) => assert_eq!(found, path),
            other => panic!("{path}: {:?}", other.map(|pdf| pdf.len())),
        }
    };
    refused(&|d| d["kind"] = json!("FIRST"), "income");
    refused(&|d| d["assets"][3]["code"] = json!("PLANET"), "assets[3]");
    refused(&|d| d["changes"][1]["code"] = json!("TREE"), "changes[1]");
    refused(&|d| d["assets"][0]["value"]["amount"] = json!("nhiều"), "assets[0].value.amount");
    refused(&|d| d["assets"][0]["area_m2"] = json!("-1"), "assets[0].area_m2");
    refused(&|d| d["assets"][0]["colour"] = json!("đỏ"), "assets[0].colour");
    refused(&|d| d["assets"][0]["value"]["note"] = json!("?"), "assets[0].value.note");
    refused(&|d| d["changes"][0]["note"] = json!("?"), "changes[0].note");
    refused(&|d| d["spouse"]["phone"] = json!("?"), "spouse.phone");
    let mut document = annual();
    document["kind"] = json!("SUPPLEMENT");
    let wrong_form = declaration_pdf(&FONTS, form_for(Kind::Annual), &document, &options());
    assert!(matches!(wrong_form, Err(PrintError::Kind(_))));
}

#[test]
fn names_with_markup_come_out_literally() {
    let nasty = r##"#panic() $x$ *đậm* _n_ \ [a](b) ] } <nhãn> @r `mã` // "tên" = -- ~"##;
    let mut document = annual();
    document["declarant"]["full_name"] = json!(nasty);
    document["assets"][0]["address"] = json!(nasty);
    document["changes"][0]["explanation"] = json!("#x * ] $");
    let text = body_text(&print(&document).expect("printed"));
    assert!(text.contains(&format!("- Họ và tên: {nasty} Ngày")), "{text}");
    assert!(text.contains(&format!("- Địa chỉ(8): {nasty} - Diện tích")), "{text}");
    assert!(text.contains("#x * ] $"), "{text}");
}

#[test]
fn forty_assets_run_over_many_pages_without_loss() {
    let mut document = annual();
    let plots = (1..=40).map(|n| {
        json!({
            "code": "LAND_RES", "address": format!("số {n}, đường Trần Hưng Đạo, phường Hồng Gai, tỉnh Quảng Ninh"),
            "area_m2": format!("{n}.5"), "value": {"kind": "PURCHASE", "amount": 1_000_000_000_i64 + n},
            "certificate": {"status": "ISSUED", "number": format!("DA {:06}", n), "grantee": "Y Moan Êban"},
            "other": {"missing": "none"}
        })
    });
    document["assets"] = plots.collect();
    document["changes"] = (1..=40)
        .map(|n| json!({"code": "LAND_RES", "quantity": format!("+ {n} m²"), "value": n, "explanation": format!("Mua lần {n}.")}))
        .collect();
    let pdf = print(&document).expect("printed");
    keep(&pdf, "forty.pdf");
    assert_archival(&pdf);
    assert!(pages(&pdf) > 8);
    let text = body_text(&pdf);
    let wanted: Vec<String> = (1..=40)
        .flat_map(|n| {
            let nth = form::find::ordinal(n);
            [
                format!("1.1.{n}. Thửa thứ {nth}: - Địa chỉ(8): số {n}, đường"),
                format!("- Diện tích(9): {n},5 m²"),
                format!("- Giá trị(10): 1.000.000.0{n:02} đồng"),
                format!("số DA {n:06}, tên"),
            ]
        })
        .collect();
    assert_in_order(&text, &wanted.iter().map(String::as_str).collect::<Vec<_>>());
    for n in 1..=40 {
        assert!(text.contains(&format!("Mua lần {n}.")), "{n}");
    }
    let with_table = layout_text(&pdf).split('\u{c}').filter(|page| page.contains("Mua lần")).count();
    assert!(with_table > 1 && text.matches("Số lượng tài sản").count() >= with_table, "header row on every page");
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let first = print(&annual()).expect("printed");
    assert!(first == print(&annual()).expect("printed"));
    let mut other = annual();
    other["declarant"]["position"] = json!("Giám đốc");
    assert!(first != print(&other).expect("printed"));
}

#[test]
fn the_empty_form_has_every_heading_and_dots_to_write_on() {
    for (kind, name) in
        [(Kind::Annual, "blank-annual.pdf"), (Kind::First, "blank-first.pdf"), (Kind::Supplement, "blank-pl2.pdf")]
    {
        let form = form_for(kind);
        let pdf = blank_form(&FONTS, form, kind, instant("2025-12-01T00:00:00Z")).expect("printed");
        keep(&pdf, name);
        assert_archival(&pdf);
        let text = body_lines(&pdf);
        let omitted = |code: Option<&str>| code.is_some_and(|code| !form.has(kind, code));
        let mut wanted = Vec::new();
        for section in form.sections.iter().filter(|section| !omitted(Some(&section.code))) {
            wanted.push(format!("{}. {}", section.number, section.heading));
            for item in section.items.iter().filter(|item| !omitted(item.code.as_deref())) {
                wanted.push(format!("{}. {}", item.number, item.heading));
                wanted.extend(item.fields.iter().filter(|f| f.on_paper).map(|f| f.printed_label().to_owned()));
            }
        }
        assert_in_order(&text, &wanted.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(text.contains("(Ngày …… tháng …… năm ………)"), "{text}");
        assert!(text.contains("Họ và tên: ......"), "{text}");
        assert!(!text.contains("Không có"), "{text}");
    }
    let wrong = blank_form(&FONTS, form_for(Kind::Annual), Kind::Supplement, instant("2025-12-01T00:00:00Z"));
    assert!(matches!(wrong, Err(PrintError::Kind(_))));
}

/// Prints every sample declaration and looks for each of its values.
#[test]
fn every_value_of_the_sample_declarations_is_printed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: ../shared/samples/paper is not beside the repository");
        return;
    };
    let files =
        entries.map(|entry| entry.expect("entry").path()).filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut printed = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).expect("readable");
        let mut document: Value = serde_json::from_str(&text).expect("JSON");
        for key in ["pages", "class", "dpi"] {
            document.as_object_mut().expect("object").remove(key);
        }
        let pdf = print(&document).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let packed: String = run(&pdf, "pdftotext", &["{}", "-"]).split_whitespace().collect();
        let mut leaves = Vec::new();
        collect("", &document, &mut leaves);
        for (at, leaf) in leaves {
            let wanted: String = leaf.split_whitespace().collect();
            let whole = packed.contains(&wanted) || packed.to_lowercase().contains(&wanted.to_lowercase());
            // Cells of the table may be interleaved line by line when read back: then every word must be there.
            let words = || at.starts_with("changes") && leaf.split_whitespace().all(|word| packed.contains(word));
            assert!(whole || words(), "{}: {at} “{leaf}” not printed", path.display());
        }
        printed += 1;
    }
    assert!(printed >= 20, "{printed}");
}

/// Every leaf with its path, as it must stand on paper; codes print as headings and phrases and are left out.
fn collect(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    let key = path.rsplit('.').next().unwrap_or_default();
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(k, v)| collect(format!("{path}.{k}").trim_start_matches('.'), v, out))
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| collect(&format!("{path}[{i}]"), v, out)),
        Value::Null | Value::Bool(_) => {}
        _ if matches!(key, "form" | "code" | "kind" | "status") => {}
        Value::Number(n) if key == "first_year" => out.push((path.into(), n.to_string())),
        Value::Number(n) if n.is_f64() => out.push((path.into(), vietnamese(&n.to_string()) + " m²")),
        Value::Number(n) => out.push((path.into(), vietnamese(&n.to_string()) + " đồng")),
        Value::String(text) => match text.split('-').collect::<Vec<_>>()[..] {
            [y, m, d] if text.len() == 10 && y.len() == 4 => {
                let date = if path == "completed_on" || key == "received_on" {
                    format!("gày {d} tháng {m} năm {y}")
                } else {
                    format!("{d}/{m}/{y}")
                };
                out.push((path.into(), date));
            }
            _ => out.push((path.into(), text.clone())),
        },
    }
}

/// "3099.5" as "3.099,5".
fn vietnamese(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: Vec<char> = whole.chars().rev().collect();
    let grouped = digits.chunks(3).map(String::from_iter).collect::<Vec<_>>().join(".");
    let fraction = fraction.trim_end_matches('0');
    let comma = if fraction.is_empty() { "" } else { "," };
    format!("{}{comma}{fraction}", grouped.chars().rev().collect::<String>())
}
