//! Checking a reading: what is typed, kept, moved and doubted.
use form::LawBook;
use indexmap::IndexMap;
use paper::read::result::{Leaf, Reading};
use serde_json::{Value, json};

use super::accept::needed;
use super::check::Checked;
use super::model::{State, media_type};
use super::review::{apply, review};
use crate::kernel::Error;
use crate::kernel::web::Fields;

fn law() -> LawBook {
    LawBook::embedded().unwrap()
}

fn leaf(confidence: f64, page: usize) -> Leaf {
    Leaf { confidence, doubtful: confidence < 0.9, page: Some(page), bounds: Some([0.1, 0.2, 0.3, 0.02]), cell: None }
}

pub(super) fn reading() -> Reading {
    let declaration = json!({
        "form": "PL1", "kind": "ANNUAL", "agency_name": "SỞ XÂY DỰNG", "completed_on": "2025-12-01",
        "declarant": {"full_name": "Nguyễn Văn An", "dob": "1980-05-02", "position": "Chuyên viên", "unit": "Sở Xây dựng",
                      "residence": "thôn 3", "id_no": "051080000123", "id_date": null, "id_place": null},
        "spouse": null, "children": [],
        "assets": [
            {"code": "LAND_RES", "address": "thôn 3", "area_m2": 250.5, "value": {"kind": "STATED", "amount": 800_000_000},
             "certificate": {"status": "ISSUED", "number": "BK 294093", "grantee": "Nguyễn Văn An"}, "other": null},
            {"code": "MONEY", "name": "Tiền gửi", "value": {"kind": "STATED", "amount": 60_000_000}},
        ],
        "income": {"declarant": 1, "spouse": 2, "children": 0, "common": 3}, "no_change": true, "changes": [], "receipt": null,
    });
    let provenance = IndexMap::from([
        ("declarant.full_name".to_owned(), leaf(0.99, 1)),
        ("declarant.id_no".to_owned(), leaf(0.5, 1)),
        ("assets[1].value.amount".to_owned(), leaf(0.4, 2)),
    ]);
    Reading { declaration, provenance, also: Vec::new(), pages: Vec::new(), second_reader: true }
}

fn fields(typed: &[(&str, &str)]) -> Fields {
    Fields(typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn value_at<'a>(checked: &'a Checked, path: &str) -> &'a Value {
    form::doc::get(&checked.content, path).unwrap_or(&Value::Null)
}

#[test]
fn checking_begins_in_the_records_shape() {
    let checked = Checked::begin(&law(), &reading()).unwrap();
    assert_eq!(value_at(&checked, "assets[0].area_m2"), &json!("250.5"));
    assert_eq!(checked.read_path("assets[1].name").as_deref(), Some("assets[1].name"));
}

#[test]
fn saving_what_nobody_touched_changes_nothing() {
    let (law, reading) = (law(), reading());
    let checked = Checked::begin(&law, &reading).unwrap();
    let shown = review(&law, &reading, &checked).unwrap();
    let typed = Fields(shown.lines().map(|line| (line.path.clone(), line.value.clone())).collect());
    assert!(typed.0.len() > 20, "{} fields", typed.0.len());
    assert!(apply(&law, &reading, &checked, &typed).unwrap() == checked);
}

#[test]
fn a_corrected_value_is_no_longer_in_doubt_and_says_what_was_read() {
    let (law, reading) = (law(), reading());
    let checked = Checked::begin(&law, &reading).unwrap();
    assert_eq!(review(&law, &reading, &checked).unwrap().doubtful, 2);
    let next = apply(&law, &reading, &checked, &fields(&[("assets[1].value.amount", "66.000.000")])).unwrap();
    assert_eq!(value_at(&next, "assets[1].value.amount"), &json!(66_000_000));
    let shown = review(&law, &reading, &next).unwrap();
    assert_eq!(shown.doubtful, 1);
    let line = shown.lines().find(|line| line.path == "assets[1].value.amount").unwrap();
    assert_eq!(line.hint, "Máy đọc: 60.000.000");
    assert_eq!(line.spot.unwrap().page, 2);
}

#[test]
fn a_text_that_does_not_fit_is_kept_as_typed_and_said_so() {
    let (law, reading) = (law(), reading());
    let checked = Checked::begin(&law, &reading).unwrap();
    let next = apply(&law, &reading, &checked, &fields(&[("declarant.dob", "khoảng 1980")])).unwrap();
    assert_eq!(value_at(&next, "declarant.dob"), &Value::Null);
    let shown = review(&law, &reading, &next).unwrap();
    let line = shown.lines().find(|line| line.path == "declarant.dob").unwrap();
    assert_eq!(line.value, "khoảng 1980");
    assert!(line.error.contains("không phải là một ngày"), "{}", line.error);
    let today = "2025-12-08".parse().unwrap();
    assert!(matches!(needed(&next, today, today), Err(Error::Refused(refusal)) if refusal.code == "intake_unfit_text"));
    let mended = apply(&law, &reading, &next, &fields(&[("declarant.dob", "không đọc được")])).unwrap();
    assert_eq!(value_at(&mended, "declarant.dob"), &json!({"missing": "illegible"}));
    assert!(needed(&mended, today, today).is_ok());
}

#[test]
fn entries_keep_their_picture_when_others_come_and_go() {
    let (law, reading) = (law(), reading());
    let form = law.rule_sets[0].form("PL1").unwrap();
    let mut checked = Checked::begin(&law, &reading).unwrap();
    checked.raw.insert("assets[1].value.amount".into(), "x".into());
    assert_eq!(checked.add(form, "assets", "HOUSE").as_deref(), Some("assets[2]"));
    assert_eq!(checked.add(form, "assets", "NO_SUCH_ITEM"), None);
    assert!(checked.remove("assets[0]"));
    assert_eq!(checked.read_path("assets[0].name").as_deref(), Some("assets[1].name"));
    assert_eq!(checked.read_path("assets[1].name"), None);
    assert_eq!(checked.raw.get("assets[0].value.amount").map(String::as_str), Some("x"));
    assert!(!checked.remove("assets[9]"));
    assert!(!checked.remove("declarant"));
}

#[test]
fn a_part_that_stands_on_paper_can_be_added_and_filled() {
    let (law, reading) = (law(), reading());
    let form = law.rule_sets[0].form("PL1").unwrap();
    let mut checked = Checked::begin(&law, &reading).unwrap();
    assert_eq!(checked.add(form, "spouse", "SPOUSE").as_deref(), Some("spouse"));
    let next = apply(&law, &reading, &checked, &fields(&[("spouse.full_name", "Trần Thị Bình")])).unwrap();
    assert_eq!(value_at(&next, "spouse.full_name"), &json!("Trần Thị Bình"));
}

#[test]
fn another_kind_takes_its_own_form() {
    let (law, reading) = (law(), reading());
    let checked = Checked::begin(&law, &reading).unwrap();
    let next = apply(&law, &reading, &checked, &fields(&[("kind", "SUPPLEMENT")])).unwrap();
    assert_eq!(value_at(&next, "form"), &json!("PL2"));
}

#[test]
fn a_paper_nothing_was_recognised_on_is_filled_by_hand() {
    let law = law();
    let nothing = Reading {
        declaration: Value::Null,
        provenance: IndexMap::new(),
        also: Vec::new(),
        pages: Vec::new(),
        second_reader: true,
    };
    let checked = Checked::begin(&law, &nothing).unwrap();
    let typed = fields(&[("kind", "ANNUAL"), ("completed_on", "01/12/2025"), ("declarant.full_name", "Nguyễn Văn An")]);
    let next = apply(&law, &nothing, &checked, &typed).unwrap();
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let today = day("2025-12-08");
    assert!(needed(&next, today, today).is_ok());
    assert!(needed(&next, today, day("2025-11-30")).is_err(), "completed after today");
    assert!(needed(&checked, today, today).is_err(), "nobody is named");
}

#[test]
fn a_paper_without_a_date_is_filed_under_its_receivers_date_or_the_upload_day() {
    let law = law();
    let reading = reading();
    let mut checked = Checked::begin(&law, &reading).unwrap();
    checked.put("completed_on", Value::Null).unwrap();
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let (uploaded, today) = (day("2025-12-07"), day("2025-12-08"));
    let filed = |checked: &Checked| needed(checked, uploaded, today).unwrap();
    assert_eq!((filed(&checked).filed_on, filed(&checked).is_dated), (uploaded, false));
    checked.put("receipt", json!({"received_on": "2025-12-03"})).unwrap();
    assert_eq!(filed(&checked).filed_on, day("2025-12-03"));
    checked.put("receipt", json!({"received_on": "2026-12-03"})).unwrap();
    assert_eq!(filed(&checked).filed_on, uploaded, "not a day to come");
}

#[test]
fn the_first_bytes_say_what_a_file_is() {
    assert_eq!(media_type(b"%PDF-1.7\n"), "application/pdf");
    assert_eq!(media_type(b"MZ\x90\x00"), "application/octet-stream");
    assert_eq!(media_type(b"II*\x00"), "image/tiff");
    assert_eq!(media_type(b""), "application/octet-stream");
}

#[test]
fn every_state_comes_back_from_its_word() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.word()), Some(state));
        assert_eq!(json!(state), json!(state.word()));
    }
}
