//! The definition itself: it loads, its listing is the reviewed one, its hash is stable.
use form::{Kind, LawBook, listing};

fn book() -> LawBook {
    LawBook::embedded().expect("law/ loads")
}

#[test]
fn every_kind_has_its_form() {
    let book = book();
    let rules = book.in_force("2025-12-31".parse().expect("a date")).expect("R1 in force");
    assert_eq!(rules.id(), "R1_ND130");
    for kind in Kind::ALL {
        let expected = if kind == Kind::Supplement { "PL2" } else { "PL1" };
        let form = rules.form_for(kind).expect("a form");
        assert_eq!(form.code, expected);
        assert!(form.kind(kind).is_some(), "{kind} has a title on {expected}");
    }
}

#[test]
fn first_declaration_lacks_changes_and_income() {
    let book = book();
    let form = book.rule_sets[0].form("PL1").expect("PL1");
    for (kind, has) in [(Kind::First, false), (Kind::Annual, true)] {
        assert_eq!(form.has(kind, "CHANGES"), has);
        assert_eq!(form.has(kind, "INCOME"), has);
        assert!(form.has(kind, "LAND_RES"));
    }
    assert!(!form.has(Kind::Annual, "NOTHING"));
}

#[test]
fn supplement_repeats_the_items_of_phu_luc_i_without_income_and_printed_notes() {
    let book = book();
    let rules = &book.rule_sets[0];
    let (first, second) = (rules.form("PL1").expect("PL1"), rules.form("PL2").expect("PL2"));
    let codes = |form: &form::Form| form.items().map(|item| item.code().to_owned()).collect::<Vec<_>>();
    let mut expected = codes(first);
    expected.retain(|code| code != "INCOME");
    assert_eq!(codes(second), expected);
    let address = second.item("LAND_RES").and_then(|item| item.field("address")).expect("address");
    assert_eq!((address.note, address.help.as_deref()), (None, Some("PL1.8")));
    assert_eq!(second.change_row_for("TREE").and_then(|row| row.code.as_deref()), Some("TREE_OR_FOREST"));
}

#[test]
fn printed_labels() {
    let book = book();
    let form = book.rule_sets[0].form("PL1").expect("PL1");
    let land = form.item("LAND_RES").expect("LAND_RES");
    assert_eq!(land.repeat_label(1).as_deref(), Some("1.1.1. Thửa thứ nhất:"));
    assert_eq!(land.repeat_label(4).as_deref(), Some("1.1.4. Thửa thứ tư:"));
    assert_eq!(form.parent(land).map(|item| item.heading.as_str()), Some("Quyền sử dụng thực tế đối với đất"));
    let person: Vec<Vec<_>> = form
        .item("DECLARANT")
        .expect("DECLARANT")
        .lines()
        .into_iter()
        .map(|line| line.into_iter().map(|field| field.key.as_str()).collect())
        .collect();
    assert_eq!(
        person,
        [
            vec!["full_name", "dob"],
            vec!["position"],
            vec!["unit"],
            vec!["residence"],
            vec!["id_no", "id_date", "id_place"]
        ]
    );
}

#[test]
fn listing_is_the_reviewed_one() {
    for form in &book().rule_sets[0].forms {
        insta::assert_snapshot!(format!("listing_{}", form.code), listing(form));
    }
}

#[test]
fn hashes_change_with_the_content_only() {
    let (one, two) = (book(), book());
    assert_eq!(one.rule_sets[0].hash(), two.rule_sets[0].hash());
    let mut changed = one.rule_sets[0].clone();
    let before = changed.forms[0].hash();
    changed.forms[0].sections[0].heading.push('.');
    assert_ne!(changed.forms[0].hash(), before);
    assert_ne!(changed.hash(), one.rule_sets[0].hash());
    assert_eq!(before.len(), 64);
}

/// The table people read is the one that is in force (`./dev rules` writes it).
#[test]
fn the_table_of_rules_is_that_of_the_rule_set() {
    let law = LawBook::embedded().unwrap();
    let written = include_str!("../../../docs/RULES.md");
    let rules = law.get("R1_ND130").unwrap();
    assert_eq!(form::rules_table(&law, rules), written, "docs/RULES.md is out of date: run ./dev rules");
    for rule in &rules.rules {
        assert!(written.contains(&format!("| {} |", rule.id)), "{} is in no group", rule.id);
    }
}
