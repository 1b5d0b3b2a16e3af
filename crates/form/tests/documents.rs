//! Documents by path, typed texts and shown values.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use form::doc::{self, Answer, Missing};
use form::{Channel, Field, FieldType, Form, LawBook, display, input_text, json_schema, leaves, listing, parse_input};
use proptest::prelude::*;
use serde_json::{Value, json};

fn form() -> Form {
    LawBook::embedded().unwrap().rule_sets.remove(0).forms.remove(0)
}

fn field(form: &Form, item: &str, key: &str) -> Field {
    form.item(item).and_then(|item| item.field(key)).unwrap().clone()
}

fn part(form: &Form, key: &str, part: &str) -> Field {
    field(form, "LAND_RES", key).part(part).unwrap().clone()
}

#[test]
fn typed_texts_become_values() {
    let form = form();
    let amount = part(&form, "value", "amount");
    let area = field(&form, "LAND_RES", "area_m2");
    let date = field(&form, "DECLARANT", "dob");
    let foreign = field(&form, "MONEY", "foreign_amount");
    for (field, text, value) in [
        (&amount, "1.234.567.890", json!(1_234_567_890)),
        (&amount, "5,2 tỷ", json!(5_200_000_000_i64)),
        (&amount, "850 triệu đồng", json!(850_000_000)),
        (&amount, "0", json!(0)),
        (&area, "250,5", json!("250.5")),
        (&area, "3.099,5 m2", json!("3099.5")),
        (&area, "1,2 ha", json!("12000")),
        (&date, "05/02/2026", json!("2026-02-05")),
        (&foreign, "12.000,50", json!("12000.5")),
        (&field(&form, "OTHER", "first_year"), "2010", json!(2010)),
        (&field(&form, "HOUSE", "house_type"), "Nhà ở riêng lẻ", json!("nhà ở riêng lẻ")),
        (&field(&form, "DECLARANT", "id_no"), "092 087 831 496", json!("092087831496")),
        (&field(&form, "CHILD", "id_no"), "Chưa được cấp", json!({ "missing": "none" })),
        (&field(&form, "DECLARANT", "id_no"), "không đọc được", json!({ "missing": "illegible" })),
        (&field(&form, "LAND_RES", "other"), "không", json!("không")),
        (&field(&form, "LAND_RES", "holder"), "CHILD(2)", json!("CHILD(2)")),
        (&field(&form, "DECLARANT", "full_name"), "  Tra\u{300}n  Văn A ", json!("Tràn Văn A")),
        (&amount, "  ", Value::Null),
    ] {
        assert_eq!(parse_input(field, text), Ok(value), "{text}");
    }
}

#[test]
fn unreadable_texts_say_what_where_and_how() {
    let rules = LawBook::embedded().unwrap().rule_sets.remove(0);
    let form = form();
    let sentence = |field: &Field, text: &str| parse_input(field, text).unwrap_err().sentence(&rules);
    insta::assert_snapshot!(
        [
            sentence(&part(&form, "value", "amount"), "nhiều lắm"),
            sentence(&part(&form, "value", "amount"), "-5"),
            sentence(&part(&form, "value", "amount"), "1 tỷ 2"),
            sentence(&field(&form, "LAND_RES", "area_m2"), "rộng"),
            sentence(&field(&form, "LAND_RES", "area_m2"), "2 sào"),
            sentence(&field(&form, "DECLARANT", "dob"), "31/02/2020"),
            sentence(&field(&form, "DECLARANT", "id_no"), "12345"),
            sentence(&field(&form, "HOUSE", "house_type"), "biệt thự"),
            sentence(&field(&form, "OTHER", "first_year"), "20"),
            sentence(&field(&form, "MONEY", "foreign_amount"), "1.20"),
            sentence(&field(&form, "LAND_RES", "holder"), "CHILD(0)"),
        ]
        .join("\n")
    );
}

#[test]
fn values_are_shown_with_their_units() {
    let form = form();
    let amount = part(&form, "value", "amount");
    let area = field(&form, "LAND_RES", "area_m2");
    assert_eq!(display(&amount, &json!(1_234_567_890)), "1.234.567.890 đồng");
    assert_eq!(input_text(&amount, &json!(1_234_567_890)), "1.234.567.890");
    assert_eq!(display(&area, &json!("3099.5")), "3.099,5 m²");
    assert_eq!(display(&area, &json!(12000.0)), "12.000 m²");
    assert_eq!(display(&field(&form, "DECLARANT", "dob"), &json!("2026-02-05")), "05/02/2026");
    assert_eq!(display(&part(&form, "certificate", "status"), &json!("ISSUED")), "Đã được cấp giấy chứng nhận");
    assert_eq!(display(&field(&form, "LAND_RES", "holder"), &json!("CHILD(2)")), "Con thứ hai");
    assert_eq!(display(&area, &Missing::Illegible.to_value()), "không đọc được");
    assert_eq!(display(&field(&form, "CHILD", "id_no"), &Missing::None.to_value()), "chưa được cấp");
    assert_eq!(display(&amount, &Value::Null), "");
}

#[test]
fn each_channel_offers_its_ways_of_valuing() {
    let kind = part(&form(), "value", "kind");
    let offered = |channel| kind.options_for(channel).map(|option| option.code.clone()).collect::<Vec<_>>();
    assert_eq!(offered(Channel::Online), ["PURCHASE", "BUILD", "GIFT_INHERIT_ESTIMATE", "UNDETERMINED"]);
    assert_eq!(offered(Channel::Paper), ["STATED", "ESTIMATED", "UNDETERMINED"]);
}

#[test]
fn missing_null_and_absent_are_told_apart() {
    let document = json!({ "a": null, "b": { "missing": "refused" }, "c": " ", "d": 0, "e": { "missing": "x" } });
    assert_eq!(doc::answer(&document, "none"), Answer::Absent);
    assert_eq!(doc::answer(&document, "a"), Answer::Absent);
    assert_eq!(doc::answer(&document, "b"), Answer::Missing(Missing::Refused));
    assert_eq!(doc::answer(&document, "c"), Answer::Absent);
    assert_eq!(doc::answer(&document, "d"), Answer::Known(&json!(0)));
    assert_eq!(doc::answer(&document, "e"), Answer::Known(&json!({ "missing": "x" })));
}

#[test]
fn leaves_follow_the_form_not_the_document() {
    let document = json!({
        "assets": [{ "code": "MONEY", "name": "x" }, { "code": "LAND_RES", "value": { "amount": 1, "kind": "STATED" } }],
        "spouse": null, "form": "PL1",
    });
    let paths: Vec<_> = leaves::leaves(&form(), &document).into_iter().map(|leaf| leaf.path).collect();
    assert_eq!(
        paths,
        [
            "form",
            "spouse",
            "assets[1].code",
            "assets[1].value.kind",
            "assets[1].value.amount",
            "assets[0].code",
            "assets[0].name"
        ]
    );
}

#[test]
fn the_field_of_a_path_depends_on_the_asset() {
    let form = form();
    let document = json!({ "assets": [{ "code": "TREE" }, { "code": "SHARE" }], "changes": [{ "code": "INCOME" }] });
    let label = |path: &str| form.field(&document, path).map(|found| found.field.label.clone());
    assert_eq!(label("assets[0].name").as_deref(), Some("Loại cây"));
    assert_eq!(label("assets[1].name").as_deref(), Some("Tên cổ phiếu"));
    assert_eq!(label("assets[0].value.amount").as_deref(), Some("Số tiền"));
    assert_eq!(label("changes[0].value").as_deref(), Some("Giá trị tài sản, thu nhập"));
    assert_eq!(label("receipt.received_on").as_deref(), Some("Ngày nhận bản kê khai"));
    assert_eq!(label("spouse_status").as_deref(), Some("Tình trạng hôn nhân"));
    for nowhere in ["assets[2].name", "assets[0].area_m2", "declarant", "x", "a b", "assets[0].value.amount.x"] {
        assert_eq!(label(nowhere), None, "{nowhere}");
    }
}

#[test]
fn complete_declarations_fit_the_schema_and_foreign_keys_do_not() {
    let validator = jsonschema::validator_for(&json_schema(&form())).unwrap();
    let mut document: Value = serde_json::from_str(include_str!("data/annual.json")).unwrap();
    assert!(validator.is_valid(&document));
    for (path, value) in [
        ("assets[0].area_m2", json!(250.5)),
        ("assets[0].area_m2", json!("250.50")),
        ("assets[0].value.amount", json!(-1)),
        ("assets[0].value.amount", json!(9_007_199_254_740_992_i64)),
        ("assets[0].value.amount", json!(0.5)),
        ("assets[0].quantity", json!("2 thửa")),
        ("assets[0].code", json!("LAND")),
        ("declarant.dob", json!("05/05/1987")),
        ("declarant.dob", json!({ "missing": "lost" })),
        ("spouse_status", json!("OTHER")),
        ("changes[0].code", json!("TREE")),
        ("unknown", json!(1)),
    ] {
        let before = document.clone();
        doc::set(&mut document, path, value.clone()).unwrap();
        assert!(!validator.is_valid(&document), "{path} = {value}");
        document = before;
    }
}

#[test]
fn listing_names_every_leaf_of_a_complete_declaration() {
    let form = form();
    let document: Value = serde_json::from_str(include_str!("data/annual.json")).unwrap();
    let text = listing(&form);
    for leaf in leaves::leaves(&form, &document).into_iter().filter(|leaf| !leaf.value.is_null()) {
        let key = leaf.path.rsplit('.').next().unwrap();
        let is_listed = text.lines().any(|line| line.split(" | ").next().unwrap().ends_with(key));
        assert!(is_listed || key == "code" || key == "form", "{}", leaf.path);
    }
}

fn path() -> impl Strategy<Value = String> {
    let step = prop_oneof!["[a-z_]{1,8}", "[a-z_]{1,8}\\[0\\]"];
    prop::collection::vec(step, 1..5).prop_map(|steps| steps.join("."))
}

proptest! {
    #[test]
    fn what_was_set_is_got(path in path(), number in any::<i64>()) {
        let mut document = json!({});
        doc::set(&mut document, &path, json!(number)).unwrap();
        prop_assert_eq!(doc::get(&document, &path), Some(&json!(number)));
    }

    #[test]
    fn setting_one_path_leaves_the_others(first in path(), second in path()) {
        prop_assume!(!first.starts_with(&second) && !second.starts_with(&first));
        let mut document = json!({});
        doc::set(&mut document, &first, json!(1)).unwrap();
        if doc::set(&mut document, &second, json!(2)).is_ok() {
            prop_assert_eq!(doc::get(&document, &first), Some(&json!(1)));
        }
    }

    #[test]
    fn any_text_is_a_path_or_an_error(text in any::<String>()) {
        let _ = doc::get(&json!({ "a": [1] }), &text);
        let _ = doc::set(&mut json!({ "a": [1] }), &text, json!(1));
    }

    #[test]
    fn amounts_come_back(dong in 0..=9_007_199_254_740_991_i64) {
        let amount = part(&form(), "value", "amount");
        prop_assert_eq!(parse_input(&amount, &display(&amount, &json!(dong))), Ok(json!(dong)));
        prop_assert_eq!(parse_input(&amount, &input_text(&amount, &json!(dong))), Ok(json!(dong)));
    }

    #[test]
    fn areas_come_back(whole in 0..10_000_000_u32, hundredths in 0..100_u32) {
        let area = field(&form(), "LAND_RES", "area_m2");
        let canonical = rust_decimal::Decimal::new(i64::from(whole) * 100 + i64::from(hundredths), 2).normalize();
        let value = json!(canonical.to_string());
        prop_assert_eq!(parse_input(&area, &display(&area, &value)), Ok(value.clone()));
        prop_assert_eq!(parse_input(&area, &input_text(&area, &value)), Ok(value));
    }

    #[test]
    fn dates_come_back(days in 0..40_000_i64) {
        let date = field(&form(), "DECLARANT", "dob");
        let day = chrono::NaiveDate::from_ymd_opt(1920, 1, 1).unwrap() + chrono::Duration::days(days);
        let value = json!(day.to_string());
        prop_assert_eq!(parse_input(&date, &display(&date, &value)), Ok(value));
    }

    #[test]
    fn every_option_comes_back(seed in any::<u8>()) {
        let form = form();
        for item in form.items() {
            for field in item.fields.iter().flat_map(|field| std::iter::once(field).chain(&field.parts)) {
                if field.field_type == FieldType::Enum {
                    let value = json!(field.options[usize::from(seed) % field.options.len()].code);
                    prop_assert_eq!(parse_input(field, &display(field, &value)), Ok(value.clone()));
                    prop_assert_eq!(parse_input(field, &input_text(field, &value)), Ok(value));
                }
            }
        }
    }

    #[test]
    fn typing_never_panics_and_stored_text_is_normal(text in any::<String>()) {
        let form = form();
        for item in form.items() {
            for field in item.fields.iter().flat_map(|field| std::iter::once(field).chain(&field.parts)) {
                if let Ok(value) = parse_input(field, &text) {
                    let mut again = value.clone();
                    leaves::normalise(&mut again);
                    prop_assert_eq!(again, value);
                }
            }
        }
    }
}
