//! The decree's worked example (note 32 of Phụ lục I, Nghị định 130/2020/NĐ-CP; law.md §4.7) on paper: two years typed into
//! the form, printed, scanned and read give its own section III and 5,600 million.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use form::compare::{compare, rows};
use form::{Form, LawBook, RuleSet};
use image::{GrayImage, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, rotate_about_center};
use paper::print::{DEBIAN_FONT_DIR, DeclarationOptions, Fonts, declaration_pdf};
use paper::read::limits::Limits;
use paper::read::spawn::Reader;
use serde_json::{Value, json};
use tiff::encoder::{TiffEncoder, colortype};

/// How crooked the sheet lay on the glass, in radians: half a degree.
const CROOKED: f32 = 0.0087;

fn form_of(rules: &RuleSet) -> &Form {
    rules.form("PL1").unwrap()
}

fn paid(million: i64) -> Value {
    json!({ "kind": "PURCHASE", "amount": million * 1_000_000 })
}

/// Mr A's declaration of a year; everything he does not have he says he does not have.
fn declared(kind: &str, completed_on: &str, assets: Value, income: Value, changes: Value) -> Value {
    let codes = [
        "LAND_RES",
        "LAND_OTHER",
        "HOUSE",
        "STRUCTURE",
        "TREE",
        "FOREST",
        "FIXTURE",
        "PRECIOUS",
        "MONEY",
        "SHARE",
        "BOND",
        "CAPITAL",
        "PAPER",
        "REGISTERED",
        "OTHER",
        "FOREIGN_ASSET",
        "FOREIGN_ACCOUNT",
    ];
    let has = |code: &str| assets.as_array().unwrap().iter().any(|asset| asset["code"] == code);
    let none: Vec<_> = codes.into_iter().filter(|code| !has(code)).collect();
    json!({
        "form": "PL1", "kind": kind, "agency_name": "SỞ TÀI CHÍNH", "completed_on": completed_on,
        "declarant": {
            "full_name": "Nguyễn Văn An", "dob": "1975-02-08", "position": "Chuyên viên", "unit": "Sở Tài chính",
            "residence": "số 5, phường Minh Xuân, tỉnh Tuyên Quang", "id_no": "008075881496", "id_date": "2017-03-17",
            "id_place": "Cục Cảnh sát quản lý hành chính về trật tự xã hội"
        },
        "spouse_status": "SINGLE", "spouse": null, "children": [],
        "assets": assets, "none": none, "income": income,
        "no_change": if kind == "FIRST" { Value::Null } else { json!(false) },
        "changes": changes, "receipt": null,
    })
}

fn certificate(number: &str) -> Value {
    json!({ "status": "ISSUED", "number": number, "grantee": "Nguyễn Văn An" })
}

fn first_year() -> Value {
    let plot = json!({ "code": "LAND_RES", "address": "thửa đất B, phường Minh Xuân, tỉnh Tuyên Quang", "area_m2": "100",
                       "value": paid(500), "certificate": certificate("BM 001122"), "other": "không" });
    declared("FIRST", "2019-12-16", json!([plot]), Value::Null, json!([]))
}

fn second_year() -> Value {
    let row = |code: &str, quantity: &str, million: i64, explanation: &str| json!({ "code": code, "quantity": quantity, "value": million * 1_000_000, "explanation": explanation });
    let flat = json!({ "code": "HOUSE", "address": "căn hộ C, phường Minh Xuân, tỉnh Tuyên Quang", "house_type": "căn hộ chung cư",
                       "floor_area_m2": "100", "value": paid(3_500), "certificate": certificate("CC 334455"), "other": "không" });
    let savings = json!({ "code": "MONEY", "name": "Tiết kiệm tại ngân hàng D", "value": paid(500) });
    let car = json!({ "code": "REGISTERED", "name": "Xe ô tô", "registration": "18E-033.55", "value": paid(1_000) });
    declared(
        "ANNUAL",
        "2020-12-15",
        json!([flat, savings, car]),
        json!({ "declarant": 0, "spouse": 0, "children": 0, "common": 5_600_000_000_i64 }),
        json!([
            row("LAND_RES", "- 100 m²", 500, "Giảm do bán"),
            row("HOUSE", "+ 100 m²", 3_500, "Mua nhà từ tiền bán thửa đất B"),
            row("MONEY", "+ 01 sổ tiết kiệm", 500, "Tiết kiệm từ thu nhập"),
            row("REGISTERED", "+ 01", 1_000, "Mua từ tiền bán đất và thu nhập trong năm"),
            row("INCOME", "", 5_600, "Lương 600.000.000; đầu tư 1.000.000.000; bán thửa đất B 4.000.000.000"),
        ]),
    )
}

/// The form as it is typed and printed, then put on a scanner: grey, 200 dots an inch, a little crooked.
fn scanned(rules: &RuleSet, document: &Value, folder: &Path) -> PathBuf {
    let fonts = Fonts::load(Path::new(DEBIAN_FONT_DIR)).expect("Debian package fonts-liberation2");
    let options = DeclarationOptions { dated: "2020-12-15T02:05:03Z".parse().unwrap(), record: None };
    let typed = folder.join("typed.pdf");
    std::fs::write(&typed, declaration_pdf(&fonts, form_of(rules), document, &options).unwrap()).unwrap();
    let pages = folder.join("page");
    let done = Command::new("pdftoppm").args(["-gray", "-r", "200"]).arg(&typed).arg(&pages).status();
    assert!(done.expect("Debian package poppler-utils").success());
    let mut sheets: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    sheets.retain(|file| file.extension().is_some_and(|ending| ending == "pgm"));
    sheets.sort();
    let scan = folder.join("scan.tif");
    let mut file = TiffEncoder::new(File::create(&scan).unwrap()).unwrap();
    for sheet in sheets {
        // The picture's own header: "P5 width height 255", then a byte a dot.
        let bytes = std::fs::read(sheet).unwrap();
        let fields: Vec<_> = bytes.splitn(5, |byte| byte.is_ascii_whitespace()).collect();
        let number = |n: usize| std::str::from_utf8(fields[n]).unwrap().parse::<u32>().unwrap();
        let (width, height) = (number(1), number(2));
        let page = GrayImage::from_raw(width, height, fields[4].to_vec()).unwrap();
        let crooked = rotate_about_center(&page, CROOKED, Interpolation::Bilinear, Border::Constant(Luma([255])));
        let mut sheet = file.new_image::<colortype::Gray8>(width, height).unwrap();
        sheet.encoder().write_tag(tiff::tags::Tag::XResolution, tiff::encoder::Rational { n: 200, d: 1 }).unwrap();
        sheet.encoder().write_tag(tiff::tags::Tag::YResolution, tiff::encoder::Rational { n: 200, d: 1 }).unwrap();
        sheet.write_data(crooked.as_raw()).unwrap();
    }
    scan
}

fn read(rules: &RuleSet, document: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let scan = scanned(rules, document, folder.path());
    let images = tempfile::tempdir().unwrap();
    let reader = Reader::new(env!("CARGO_BIN_EXE_paper-read"), Vec::<String>::new(), Limits::default());
    reader.read(&scan, images.path(), |_| {}).expect("the scan is readable").declaration
}

/// A raised 2 cannot be told from a plain one on a scan: both are read as "m2".
fn told(changes: &Value) -> Vec<(String, String, i64)> {
    let line = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        (text("code"), text("quantity").replace("m²", "m2"), row["value"].as_i64().unwrap_or_default())
    };
    changes.as_array().unwrap().iter().map(line).collect()
}

#[test]
fn two_typed_years_give_the_decrees_own_section_three() {
    let law = LawBook::embedded().unwrap();
    let rules = law.get("R1_ND130").unwrap();
    let (before, now) = (read(rules, &first_year()), read(rules, &second_year()));
    // What he wrote is what is read: section III and all income.
    assert_eq!(told(&now["changes"]), told(&second_year()["changes"]), "{now:#}");
    assert_eq!(now["income"], second_year()["income"], "{now:#}");
    assert_eq!(now["receipt"], Value::Null, "nobody signed for receipt: {now:#}");
    // And what the two papers hold gives the same rows: the computer agrees with the decree.
    let found = compare((rules, &before), (rules, &now), |_| None);
    let derived: BTreeMap<_, _> = rows(form_of(rules), &before, &now, &found.movements)
        .into_iter()
        .map(|row| (row.code, (row.quantity, row.value)))
        .collect();
    let expected = [
        ("LAND_RES", "- 100 m²", 500),
        ("HOUSE", "+ 100 m²", 3_500),
        ("MONEY", "+ 01", 500),
        ("REGISTERED", "+ 01", 1_000),
    ];
    let expected: BTreeMap<_, _> = expected
        .map(|(code, quantity, million)| (code.to_owned(), (quantity.to_owned(), Some(million * 1_000_000_i64))))
        .into();
    assert_eq!(derived, expected, "{before:#}\n{now:#}");
}
