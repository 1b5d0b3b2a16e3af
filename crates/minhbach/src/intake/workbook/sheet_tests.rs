//! Workbooks without a database: what goes out comes back, what is wrong is told by cell, what is hostile is refused.
use std::io::{Cursor, Write as _};

use chrono::NaiveDate;
use form::rules::{Context, validate};
use form::{Channel, Field, FieldType, Form, LawBook, RuleSet, doc, leaves};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::{Map, Value, json};

use super::book::Book;
use super::layout::{FIRST, KEYS, Layout};
use super::model::{Fault, Unfit};
use super::read::{self, Found, Person};
use super::write::{META, SIGN, VERSION, sign, write};
use super::{cells, layout};
use crate::kernel::press;

pub fn law() -> LawBook {
    LawBook::embedded().unwrap()
}

pub fn form_of<'l>(law: &'l LawBook, code: &str) -> (&'l RuleSet, &'l Form) {
    let rules = &law.rule_sets[0];
    (rules, rules.form(code).unwrap())
}

/// What somebody types into a cell.
#[derive(Clone)]
pub enum Typed {
    Text(String),
    Number(f64),
    Day(NaiveDate),
    Formula(&'static str, &'static str),
}

impl From<&str> for Typed {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// A sheet's name and its rows: cells by the key of their column.
pub type Rows<'a> = (&'a str, Vec<Vec<(&'a str, Typed)>>);

/// Our workbook as a spreadsheet program saved it after somebody typed into it.
pub fn typed(rules: &RuleSet, form: &Form, sheets: &[Rows<'_>]) -> Vec<u8> {
    signed([SIGN, VERSION, &form.code, rules.id(), &form.hash(), ""], rules, form, sheets)
}

fn signed(said: [&str; 6], rules: &RuleSet, form: &Form, sheets: &[Rows<'_>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for plan in Layout::of(rules, form).plans {
        let sheet = book.add_worksheet().set_name(&plan.name).unwrap();
        for (at, column) in (0u16..).zip(&plan.columns) {
            sheet.write_string(KEYS, at, &column.key).unwrap();
        }
        let rows = sheets.iter().filter(|(name, _)| *name == plan.name).flat_map(|(_, rows)| rows);
        for (row, cells) in (FIRST..).zip(rows) {
            for (key, cell) in cells {
                let at = plan.columns.iter().position(|column| column.key == *key);
                let at = u16::try_from(at.unwrap_or_else(|| panic!("{} has no column {key}", plan.name))).unwrap();
                match cell {
                    Typed::Text(text) => sheet.write_string(row, at, text).map(|_| ()),
                    Typed::Number(number) => sheet.write_number(row, at, *number).map(|_| ()),
                    Typed::Day(date) => {
                        let date = ExcelDateTime::parse_from_str(&date.to_string()).unwrap();
                        sheet.write_datetime_with_format(row, at, &date, &day).map(|_| ())
                    }
                    Typed::Formula(formula, result) => {
                        sheet.write_formula(row, at, Formula::new(*formula).set_result(*result)).map(|_| ())
                    }
                }
                .unwrap();
            }
        }
    }
    sign(&mut book, said).unwrap();
    book.save_to_buffer().unwrap()
}

fn people(law: &LawBook, bytes: &[u8]) -> (Vec<Person>, Vec<(usize, u32, Fault)>) {
    let book: Book = cells::read(law, bytes, false).unwrap();
    let rules = law.rule_sets.iter().find(|set| set.id() == book.rules).unwrap();
    let layout = Layout::of(rules, rules.form(&book.form).unwrap());
    let people = (0..book.sheets[0].rows.len()).map(|index| read::person(&book, &layout, index).unwrap()).collect();
    (people, read::strays(&book, &layout))
}

fn only(law: &LawBook, bytes: &[u8]) -> (Found, Vec<Fault>) {
    let (mut people, strays) = people(law, bytes);
    assert_eq!((people.len(), strays.len()), (1, 0), "{strays:?}");
    let person = people.remove(0);
    (person.found.unwrap(), person.faults)
}

/// A value a field may hold, another for another seed; null and the words for what is missing among them.
fn value_of(layout: &Layout<'_>, field: &Field, seed: usize) -> Value {
    let pick = |choices: &[&str]| json!(choices[seed % choices.len()]);
    let is_blank = |every: usize| seed % every == every - 1;
    match field.field_type {
        FieldType::Amount if is_blank(7) => json!({"missing": "illegible"}),
        FieldType::Amount => json!([0_i64, 1_234_567_890, 805_000_000, 9_007_199_254_740_991][seed % 4]),
        FieldType::Area => pick(&["250.5", "100", "0.05", "1234567.89", "3099.5"]),
        FieldType::ForeignAmount => pick(&["12000.5", "3", "0.25"]),
        FieldType::Date if is_blank(11) => json!({"missing": "unknown"}),
        FieldType::Date => pick(&["1980-02-05", "2016-02-29", "2025-12-31"]),
        FieldType::IdNo if is_blank(5) => json!({"missing": "none"}),
        FieldType::IdNo => pick(&["051080000123", "012345678", "092188479991"]),
        FieldType::Year => json!([1999, 2024][seed % 2]),
        FieldType::Enum => json!(field.options[seed % field.options.len()].code),
        FieldType::Kind => json!(layout.form.kinds[seed % layout.form.kinds.len()].code.as_str()),
        FieldType::Holder => pick(&["SELF", "SPOUSE", "JOINT", "UNSTATED", "CHILD(2)"]),
        FieldType::ItemCodes => json!([["PRECIOUS", "BOND"], ["SPOUSE", "FOREIGN_ACCOUNT"]][seed % 2]),
        FieldType::Currency => pick(&["USD", "EUR"]),
        FieldType::LongText => pick(&["không", "Dòng một\nDòng hai", "=HYPERLINK(\"x\")", "+ thêm"]),
        FieldType::SignedQuantity => pick(&["- 100 m²", "+ 01 sổ tiết kiệm", "+ 01"]),
        FieldType::Value | FieldType::Certificate => panic!("{} has parts", field.key),
        _ => pick(&["Nguyễn Văn Ẵm", "số 5, phường Minh Xuân", "@SUM(1)", "=1+1", "-5", "007", "1.1"]),
    }
}

fn object(layout: &Layout<'_>, fields: &[Field], seed: usize) -> Map<String, Value> {
    let mut made = Map::new();
    for (nth, field) in fields.iter().enumerate() {
        let seed = seed + nth;
        let value = match field.parts.as_slice() {
            [] if field.on_paper && seed % 13 == 12 => Value::Null,
            [] => value_of(layout, field, seed),
            parts => {
                Value::Object(object(layout, parts, seed).into_iter().filter(|(_, part)| !part.is_null()).collect())
            }
        };
        made.insert(field.key.clone(), value);
    }
    made
}

/// A declaration with every item and row of a form.
fn declaration(layout: &Layout<'_>, seed: usize) -> Value {
    let form = layout.form;
    let mut all = json!({"form": form.code, "spouse": null, "income": null, "receipt": null, "children": [], "assets": [], "changes": []});
    for field in &form.header.fields {
        all[&field.key] = value_of(layout, field, seed);
    }
    for extra in &form.extras {
        all[&extra.field.key] = value_of(layout, &extra.field, seed);
    }
    for (nth, item) in form.items().enumerate() {
        let mut entry = object(layout, &item.fields, seed + nth);
        match item.path.strip_suffix("[]") {
            Some("assets") => {
                entry.insert("code".into(), json!(item.code()));
                all["assets"].as_array_mut().unwrap().push(Value::Object(entry));
            }
            Some(list) => {
                all[list].as_array_mut().unwrap().push(Value::Object(entry));
                let another = object(layout, &item.fields, seed + nth + 1);
                all[list].as_array_mut().unwrap().push(Value::Object(another));
            }
            None => all[&item.path] = Value::Object(entry),
        }
    }
    let table = form.table().unwrap();
    all[&table.no_change_path] = json!([Value::Null, json!(false), json!(true)][seed % 3]);
    for row in table.rows.iter().filter_map(|row| row.code.as_ref()) {
        let mut entry = object(layout, &table.columns, seed);
        entry.insert("code".into(), json!(row));
        all["changes"].as_array_mut().unwrap().push(Value::Object(entry));
    }
    for signature in &form.signatures {
        if let Some(path) = &signature.path {
            all[path] = Value::Object(object(layout, &signature.fields, seed));
        }
    }
    all
}

/// The leaves of a declaration with something in them, in an order of their own.
fn said(form: &Form, document: &Value) -> Vec<(String, Value)> {
    let is_said = |value: &Value| !value.is_null() && value.as_str() != Some("");
    let leaves = leaves::leaves(form, document).into_iter().filter(|leaf| is_said(leaf.value));
    let mut said: Vec<_> = leaves.map(|leaf| (leaf.path, leaf.value.clone())).collect();
    said.sort_by(|one, other| one.0.cmp(&other.0));
    said
}

/// Every form, every leaf: a declaration written into a workbook is read from it as it was.
#[test]
fn what_goes_out_comes_back() {
    let law = law();
    for rules in &law.rule_sets {
        for form in &rules.forms {
            let layout = Layout::of(rules, form);
            let documents: Vec<Value> = (0..40).map(|seed| declaration(&layout, seed)).collect();
            // Every leaf of the form stands in some of them.
            let mut seen: Vec<String> =
                documents.iter().flat_map(|document| said(form, document)).map(|(path, _)| path).collect();
            seen.sort();
            seen.dedup();
            for plan in &layout.plans {
                for place in plan.columns.iter().flat_map(layout::Column::places) {
                    assert!(seen.iter().any(|path| path.ends_with(&place.path)), "{} {}", form.code, place.path);
                }
            }
            let written = write(rules, form, &documents, "").unwrap();
            let (people, strays) = people(&law, &written);
            assert!(strays.is_empty(), "{strays:?}");
            assert_eq!(people.len(), documents.len());
            for (person, document) in people.into_iter().zip(&documents) {
                let found = person.found.unwrap();
                assert_eq!(person.faults, [], "{}", form.code);
                assert!(found.raw.is_empty(), "{:?}", found.raw);
                assert_eq!(said(form, &found.content), said(form, document), "{}", form.code);
                // Every value that was typed has its cell.
                for (path, _) in said(form, document).iter().filter(|(path, _)| path != "form") {
                    let whole = path.rsplit_once('.').map_or("", |(whole, _)| whole);
                    assert!(found.cells.contains_key(path) || found.cells.contains_key(whole), "{path} has no cell");
                }
            }
        }
    }
}

/// A declaration that was checked by rules is judged the same after it went through a workbook.
#[test]
fn a_declaration_is_judged_the_same_after_its_way_through_a_workbook() {
    let law = law();
    let samples = [
        include_str!("../../../../form/tests/data/annual.json"),
        include_str!("../../../../form/tests/data/first.json"),
        include_str!("../../../../form/tests/data/supplement.json"),
    ];
    for sample in samples {
        let document: Value = serde_json::from_str(sample).unwrap();
        let (rules, form) = form_of(&law, document["form"].as_str().unwrap());
        let (found, faults) = only(&law, &write(rules, form, std::slice::from_ref(&document), "").unwrap());
        assert_eq!(faults, []);
        assert_eq!(said(form, &found.content), said(form, &document));
        let context = Context {
            today: "2026-02-01".parse().unwrap(),
            channel: Channel::Paper,
            previous_completed_on: None,
            previous: None,
            last_day: None,
            listed: None,
        };
        let told = |document: &Value| -> Vec<_> {
            validate(rules, form, document, &context)
                .into_iter()
                .map(|found| (found.rule.clone(), found.path.clone(), found.sentence()))
                .collect()
        };
        assert_eq!(told(&found.content), told(&document));
    }
}

/// The decree's worked example (note 32 of Phụ lục I; law.md §4.7), typed as people type: in words of the form, amounts with
/// points or as Excel's numbers, a day as Excel's day.
pub fn worked_example(law: &LawBook) -> Vec<u8> {
    let (rules, form) = form_of(law, "PL1");
    let asset = |item: &str, more: &[(&'static str, &str)]| {
        let mut row: Vec<(&str, Typed)> =
            vec![("#", "A".into()), ("@", item.into()), ("value.kind", "Giá trị ghi trên bản giấy".into())];
        row.extend(more.iter().map(|(key, text)| (*key, Typed::from(*text))));
        row
    };
    let change = |row: &str, quantity: &str, value: Typed, explanation: &str| {
        vec![
            ("#", "A".into()),
            ("@", row.into()),
            ("quantity", quantity.into()),
            ("value", value),
            ("explanation", explanation.into()),
        ]
    };
    typed(
        rules,
        form,
        &[
            (
                "Người kê khai",
                vec![vec![
                    ("#", "A".into()),
                    ("agency_name", "SỞ TÀI CHÍNH".into()),
                    ("kind", "Kê khai hằng năm".into()),
                    ("completed_on", Typed::Day("2020-12-21".parse().unwrap())),
                    ("declarant.full_name", "Nguyễn Văn A".into()),
                    ("declarant.dob", "08/02/1975".into()),
                    ("declarant.position", "Chuyên viên".into()),
                    ("declarant.unit", "Sở Tài chính".into()),
                    ("declarant.residence", "số 5, phường Minh Xuân, tỉnh Tuyên Quang".into()),
                    ("declarant.id_no", Typed::Number(8_075_881_496.0)),
                    ("spouse_status", "Chưa kết hôn".into()),
                    ("income.declarant", "0".into()),
                    ("income.spouse", "0".into()),
                    ("income.children", "0".into()),
                    ("income.common", "5,6 tỷ".into()),
                    ("no_change", "Có biến động".into()),
                ]],
            ),
            (
                "Tài sản",
                vec![
                    asset(
                        "2.1. Nhà ở",
                        &[
                            ("address", "căn hộ C, phường Minh Xuân, tỉnh Tuyên Quang"),
                            ("house_type", "Căn hộ"),
                            ("floor_area_m2", "100"),
                            ("value.amount", "3.500.000.000"),
                            ("certificate.status", "Đã được cấp giấy chứng nhận"),
                            ("certificate.number", "CC 334455"),
                            ("certificate.grantee", "Nguyễn Văn A"),
                            ("other", "không"),
                        ],
                    ),
                    asset("5", &[("name", "Tiết kiệm tại ngân hàng D"), ("value.amount", "500 triệu")]),
                    asset(
                        "7.1",
                        &[("name", "Xe ô tô"), ("registration", "18E-033.55"), ("value.amount", "1.000.000.000")],
                    ),
                ],
            ),
            (
                "Biến động",
                vec![
                    change("1.1. Đất ở", "- 100 m²", Typed::Number(500_000_000.0), "Giảm do bán"),
                    change("2.1. Nhà ở", "+ 100 m²", "3.500.000.000".into(), "Mua nhà từ tiền bán thửa đất B"),
                    change("5", "+ 01 sổ tiết kiệm", "500.000.000".into(), "Tiết kiệm từ thu nhập"),
                    change("7.1", "+ 01", "1.000.000.000".into(), "Mua từ tiền bán đất và thu nhập trong năm"),
                    change(
                        "10. Tổng thu nhập giữa hai lần kê khai",
                        "",
                        "5.600.000.000".into(),
                        "Lương 600.000.000; đầu tư 1.000.000.000; bán thửa đất B 4.000.000.000",
                    ),
                ],
            ),
        ],
    )
}

/// What the worked example says, exactly.
pub fn worked_content() -> Value {
    let row = |code: &str, quantity: Value, million: i64, explanation: &str| json!({"code": code, "quantity": quantity, "value": million * 1_000_000, "explanation": explanation});
    let value = |million: i64| json!({"kind": "STATED", "amount": million * 1_000_000});
    json!({
        "form": "PL1", "agency_name": "SỞ TÀI CHÍNH", "kind": "ANNUAL", "completed_on": "2020-12-21",
        "declarant": {"full_name": "Nguyễn Văn A", "dob": "1975-02-08", "position": "Chuyên viên", "unit": "Sở Tài chính",
                      "residence": "số 5, phường Minh Xuân, tỉnh Tuyên Quang", "id_no": "008075881496", "id_date": null, "id_place": null},
        "spouse": null, "children": [], "spouse_status": "SINGLE",
        "assets": [
            {"code": "HOUSE", "address": "căn hộ C, phường Minh Xuân, tỉnh Tuyên Quang", "house_type": "căn hộ", "floor_area_m2": "100",
             "value": value(3_500), "certificate": {"status": "ISSUED", "number": "CC 334455", "grantee": "Nguyễn Văn A"}, "other": "không"},
            {"code": "MONEY", "name": "Tiết kiệm tại ngân hàng D", "foreign_amount": null, "currency": null, "value": value(500)},
            {"code": "REGISTERED", "name": "Xe ô tô", "registration": "18E-033.55", "value": value(1_000)},
        ],
        "income": {"declarant": 0, "spouse": 0, "children": 0, "common": 5_600_000_000_i64},
        "no_change": false,
        "changes": [
            row("LAND_RES", json!("- 100 m²"), 500, "Giảm do bán"),
            row("HOUSE", json!("+ 100 m²"), 3_500, "Mua nhà từ tiền bán thửa đất B"),
            row("MONEY", json!("+ 01 sổ tiết kiệm"), 500, "Tiết kiệm từ thu nhập"),
            row("REGISTERED", json!("+ 01"), 1_000, "Mua từ tiền bán đất và thu nhập trong năm"),
            row("INCOME", Value::Null, 5_600, "Lương 600.000.000; đầu tư 1.000.000.000; bán thửa đất B 4.000.000.000"),
        ],
        "receipt": null,
    })
}

#[test]
fn the_decrees_worked_example_comes_through_exactly() {
    let law = law();
    let (found, faults) = only(&law, &worked_example(&law));
    assert_eq!(faults, []);
    assert_eq!(found.content, worked_content());
    assert_eq!(found.cells["changes[0].value"], "Biến động!D4");
    assert_eq!(found.cells["declarant.full_name"], "Người kê khai!E4");
    let sum = |rows: &[usize]| {
        rows.iter().map(|at| doc::integer(&found.content, &format!("changes[{at}].value")).unwrap()).sum::<i64>()
    };
    assert_eq!(
        (sum(&[1, 2, 3]), sum(&[4])),
        (5_000_000_000, 5_600_000_000),
        "acquired, and the gross income of the period"
    );
}

/// A person and one asset; what `asset` says is in the row of the asset.
fn one(law: &LawBook, person: &[(&'static str, Typed)], asset: &[(&'static str, Typed)]) -> (Found, Vec<Fault>) {
    let (rules, form) = form_of(law, "PL1");
    only(law, &typed(rules, form, &[("Người kê khai", vec![person.to_vec()]), ("Tài sản", vec![asset.to_vec()])]))
}

#[test]
fn what_does_not_fit_is_kept_as_typed_and_told_by_cell_and_stops_nothing() {
    let law = law();
    let person: Vec<(&'static str, Typed)> = vec![
        ("declarant.full_name", "Nguyễn Văn An".into()),
        ("declarant.dob", "khoảng 1980".into()),
        ("declarant.id_no", Typed::Number(51_080_000_123.0)),
        ("no_change", "chắc không".into()),
        ("kind", "Kê khai bổ sung".into()),
    ];
    let asset: Vec<(&'static str, Typed)> = vec![
        ("@", "1.1. Đất ở".into()),
        ("address", "thôn 3".into()),
        ("area_m2", "rộng lắm".into()),
        ("registration", "18E-033.55".into()),
        ("value.amount", Typed::Formula("=1/0", "#DIV/0!")),
        ("other", Typed::Day("2026-02-01".parse().unwrap())),
    ];
    let (found, faults) = one(&law, &person, &asset);
    assert_eq!(found.content["declarant"]["full_name"], "Nguyễn Văn An");
    assert_eq!(found.content["declarant"]["id_no"], "051080000123", "the zero Excel took is back");
    assert_eq!(found.content["declarant"]["dob"], Value::Null);
    assert_eq!(found.content["assets"][0]["address"], "thôn 3");
    assert_eq!(found.content["assets"][0]["other"], "01/02/2026");
    let raw: Vec<_> = found.raw.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(raw, [("assets[0].area_m2", "rộng lắm"), ("declarant.dob", "khoảng 1980"), ("kind", "Kê khai bổ sung")]);
    let told: Vec<_> = faults.iter().map(|fault| format!("{}!{} {}", fault.sheet, fault.cell, fault.said)).collect();
    insta::assert_snapshot!(told.join("\n"));
    // Whatever is kept for the officer has a box that says what is wrong, or nobody could put the paper on record.
    let raw = found.raw.clone();
    let (reading, checked) = found.into_paper(&law).unwrap();
    let shown = crate::intake::review::review(&law, &reading, &checked).unwrap();
    for path in raw.keys() {
        let line = shown.lines().find(|line| line.path == *path).unwrap_or_else(|| panic!("{path} is not shown"));
        assert!(!line.error.is_empty(), "{path}");
        assert!(line.hint.contains('!'), "{path}: {}", line.hint);
    }
    assert_eq!(shown.wrong, raw.len());
}

#[test]
fn rows_that_are_nobodys_and_codes_of_two_people_are_told() {
    let law = law();
    let (rules, form) = form_of(&law, "PL2");
    let person = |code: &'static str, name: &'static str| -> Vec<(&'static str, Typed)> {
        vec![("#", code.into()), ("declarant.full_name", name.into())]
    };
    let child = |code: &'static str, name: &'static str| -> Vec<(&'static str, Typed)> {
        vec![("#", code.into()), ("full_name", name.into())]
    };
    let bytes = typed(
        rules,
        form,
        &[
            (
                "Người kê khai",
                vec![person("1", "Một"), person("2", "Hai"), person(" 2", "Hai nữa"), person("", "Không mã")],
            ),
            ("Con", vec![child("1", "Con Một"), child("9", "Con ai"), child("", "Con ai nữa"), child("2", "Con Hai")]),
        ],
    );
    let (people, strays) = people(&law, &bytes);
    let names: Vec<_> = people
        .iter()
        .map(|person| {
            (
                person.row,
                person.found.as_ref().map(|found| found.content["children"].as_array().unwrap().len()),
                person.faults.len(),
            )
        })
        .collect();
    assert_eq!(names, [(4, Some(1), 0), (5, None, 1), (6, None, 1), (7, Some(0), 1)]);
    assert!(people[1].faults[0].said.contains("Mã “2” có ở 2 dòng"), "{}", people[1].faults[0].said);
    let strays: Vec<_> = strays.iter().map(|(sheet, row, fault)| (*sheet, *row, fault.cell.as_str())).collect();
    assert_eq!(strays, [(1, 5, "A5"), (1, 6, "A6")]);
}

#[test]
fn in_a_file_about_one_person_nobody_has_to_say_whose_a_row_is() {
    let law = law();
    let (found, faults) = one(
        &law,
        &[("#", "7".into()), ("declarant.full_name", "An".into())],
        &[("@", "4".into()), ("name", "Vàng".into())],
    );
    assert_eq!(faults, []);
    assert_eq!(found.content["assets"][0]["code"], "PRECIOUS");
}

fn unfit(bytes: &[u8]) -> Unfit {
    cells::read(&law(), bytes, false).unwrap_err()
}

/// A zip of parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The parts of a good workbook with one of them replaced.
fn with_part(name: &str, change: impl Fn(&str) -> String) -> Vec<u8> {
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let person = vec![("#", Typed::from("1")), ("declarant.full_name", "Nguyễn Văn An".into())];
    let good = typed(rules, form, &[("Người kê khai", vec![person])]);
    let mut archive = zip::ZipArchive::new(Cursor::new(good)).unwrap();
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let mut parts = Vec::new();
    for one in names {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(&one).unwrap(), &mut text).unwrap();
        let text = if one == name { change(&text) } else { text };
        parts.push((one, text));
    }
    let parts: Vec<_> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zipped(&parts)
}

#[test]
fn hostile_files_are_refused_with_a_sentence() {
    assert_eq!(unfit(b""), Unfit::NotASheet);
    assert_eq!(unfit(b"%PDF-1.7 not a sheet"), Unfit::NotASheet);
    assert_eq!(unfit(&zipped(&[("a.txt", b"hello")])), Unfit::NotASheet);
    let whole = with_part("", str::to_owned);
    assert!(cells::read(&law(), &whole, false).is_ok(), "the untouched one is read");
    assert_eq!(unfit(&whole[..whole.len() / 2]), Unfit::NotASheet, "cut off");
    // A part that is held whole, one text that is held whole, and elements without number.
    let shared = "xl/sharedStrings.xml";
    let long = |text: &str| text.replacen("<t>", &format!("<t>{}", "a".repeat(2 << 20)), 1);
    assert_eq!(unfit(&with_part(shared, long)), Unfit::TooLarge);
    let many = |text: &str| text.replacen("</sst>", &format!("{}</sst>", "<si/>".repeat(16_000_001)), 1);
    assert_eq!(unfit(&with_part(shared, many)), Unfit::TooLarge);
    let rows = |count: u32, from: u32| -> String {
        (from..from + count).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\"><v>1</v></c></row>")).collect()
    };
    let sheet = "xl/worksheets/sheet1.xml";
    let long = |text: &str| text.replacen("</sheetData>", &format!("{}</sheetData>", rows(200_001, 10)), 1);
    assert_eq!(unfit(&with_part(sheet, long)), Unfit::TooLarge);
    // Rows that go backwards, a cell said twice: no spreadsheet program writes that.
    let back = |text: &str| text.replacen("</sheetData>", &format!("{}{}</sheetData>", rows(1, 20), rows(1, 10)), 1);
    assert_eq!(unfit(&with_part(sheet, back)), Unfit::NotASheet);
    let twice = "<row r=\"20\"><c r=\"B20\"><v>1</v></c><c r=\"A20\"><v>2</v></c></row></sheetData>";
    assert_eq!(unfit(&with_part(sheet, |text| text.replacen("</sheetData>", twice, 1))), Unfit::NotASheet);
    // A cell far out makes no sheet of empty cells, and what lies beyond our columns is nobody's.
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
    let book = cells::read(&law(), &with_part(sheet, |text| text.replacen("</sheetData>", far, 1)), false).unwrap();
    assert_eq!(book.sheets[0].rows.len(), 1);
    // Entities that grow are not unfolded.
    let bomb = |text: &str| {
        let (head, rest) = text.split_once("?>").unwrap();
        format!(
            "{head}?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>{}",
            rest.replacen("<t>", "<t>&b;", 1)
        )
    };
    match cells::read(&law(), &with_part(shared, bomb), false) {
        Err(unfit) => assert_ne!(unfit.sentence(), ""),
        Ok(book) => assert!(!format!("{book:?}").contains("aaaa"), "an entity was unfolded"),
    }
}

#[test]
fn a_workbook_of_another_version_of_practice_or_not_of_ours_is_refused() {
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let hash = form.hash();
    let made = |said: [&str; 6]| {
        signed(said, rules, form, &[("Người kê khai", vec![vec![("declarant.full_name", "An".into())]])])
    };
    let good = [SIGN, VERSION, "PL1", rules.id(), &hash, ""];
    assert!(cells::read(&law, &made(good), false).is_ok());
    for (at, other) in [(1, "0"), (2, "PL9"), (3, "R0"), (4, "0000")] {
        let mut said = good;
        said[at] = other;
        assert_eq!(unfit(&made(said)), Unfit::OtherVersion, "{said:?}");
    }
    assert_eq!(unfit(&made(["KHAC", VERSION, "PL1", rules.id(), &hash, ""])), Unfit::NotOurs);
    let practised = write(rules, form, &[json!({"declarant": {"full_name": "Giả Định"}})], press::TITLE).unwrap();
    assert_eq!(unfit(&practised), Unfit::Practice);
    assert!(cells::read(&law, &practised, true).is_ok(), "who practises may");
    assert_eq!(unfit(&write(rules, form, &[], "").unwrap()), Unfit::Nobody);
    assert!(
        matches!(unfit(&with_part("xl/workbook.xml", |text| text.replace("Con\"", "Cháu\""))), Unfit::SheetMissing { sheet } if sheet == "Con")
    );
    let renamed = |text: &str| text.replace("declarant.full_name", "ten");
    assert!(
        matches!(unfit(&with_part("xl/sharedStrings.xml", renamed)), Unfit::ColumnMissing { column, .. } if column == "Họ và tên")
    );
    assert_eq!(unfit(&with_part("xl/workbook.xml", |text| text.replace(META, "Khac"))), Unfit::NotOurs);
}

/// What begins like a formula goes out as text, whatever opens it.
#[test]
fn nothing_of_a_declaration_goes_out_as_a_formula() {
    let law = law();
    let (rules, form) = form_of(&law, "PL1");
    let name = "=HYPERLINK(\"http://x\",\"y\")";
    let written =
        write(rules, form, &[json!({"declarant": {"full_name": name, "residence": "+cmd|' /C calc'!A0"}})], "")
            .unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(written.as_slice())).unwrap();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        if part.name().starts_with("xl/worksheets/") {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut part, &mut text).unwrap();
            assert!(!text.contains("<f>"), "{}", part.name());
        }
    }
    let (found, _) = only(&law, &written);
    assert_eq!(found.content["declarant"]["full_name"], name);
}
