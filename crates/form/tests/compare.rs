//! Section III derived from two declarations: the decree's worked example, and what must not look like a disposal.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;

use form::compare::{Cause, Decision, Gone, Pair, compare, pair, rows, with_supplement};
use form::{LawBook, RuleSet};
use serde_json::{Value, json};

fn law() -> LawBook {
    LawBook::embedded().expect("the law that is built in")
}

fn with(assets: Value) -> Value {
    json!({ "form": "PL1", "kind": "ANNUAL", "assets": assets })
}

fn paid(amount: i64) -> Value {
    json!({ "kind": "PURCHASE", "amount": amount })
}

fn told(
    rules: &RuleSet,
    before: &Value,
    now: &Value,
    decisions: &[(usize, Decision)],
) -> Vec<(String, String, Option<i64>)> {
    let decisions: BTreeMap<_, _> = decisions.iter().copied().collect();
    let found = compare((rules, before), (rules, now), |index| decisions.get(&index).copied());
    let rows = rows(rules.form("PL1").unwrap(), before, now, &found.movements);
    rows.into_iter().map(|row| (row.code, row.quantity, row.value)).collect()
}

fn row(code: &str, quantity: &str, million: i64) -> (String, String, Option<i64>) {
    (code.to_owned(), quantity.to_owned(), Some(million * 1_000_000))
}

/// law.md §4.7: Mr A sold plot B, bought apartment C and a car, saved at bank D.
#[test]
fn the_decrees_example_gives_its_own_section_three() {
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let before = with(json!([
        { "code": "LAND_RES", "address": "thửa đất B", "area_m2": "100", "value": paid(500_000_000),
          "certificate": { "status": "ISSUED", "number": "BM 001122", "grantee": "Nguyễn Văn A" } },
    ]));
    let now = with(json!([
        { "code": "HOUSE", "address": "căn hộ C", "house_type": "căn hộ", "floor_area_m2": "100", "value": paid(3_500_000_000),
          "certificate": { "status": "ISSUED", "number": "CC 334455", "grantee": "Nguyễn Văn A" } },
        { "code": "MONEY", "name": "Tiết kiệm tại ngân hàng D", "value": paid(500_000_000) },
        { "code": "REGISTERED", "name": "Xe ô tô", "registration": "18E-033.55", "value": paid(1_000_000_000) },
    ]));
    // The savings book is one of it; the person writes "01 sổ tiết kiệm".
    assert_eq!(
        told(rules, &before, &now, &[]),
        [
            row("LAND_RES", "- 100 m²", 500),
            row("HOUSE", "+ 100 m²", 3_500),
            row("MONEY", "+ 01", 500),
            row("REGISTERED", "+ 01", 1_000)
        ]
    );
}

#[test]
fn things_are_recognised_by_the_number_only_they_bear() {
    let before = with(json!([
        { "code": "LAND_RES", "address": "Tổ 3, phường Minh Xuân", "area_m2": "120", "certificate": { "status": "ISSUED", "number": "DA 687609" } },
        { "code": "LAND_RES", "address": "Tổ 3, phường Minh Xuân", "area_m2": "120", "certificate": { "status": "ISSUED", "number": "DA 687610" } },
        { "code": "REGISTERED", "name": "Xe ô tô", "registration": "22A-123.45", "value": paid(1) },
        { "code": "REGISTERED", "name": "Xe ô tô", "registration": "22A-999.99", "value": paid(1) },
        { "code": "MONEY", "name": "Tiền mặt", "value": paid(5) },
        { "code": "MONEY", "name": "Tiền mặt", "value": paid(7) },
    ]));
    let now = with(json!([
        { "code": "MONEY", "name": "tiền mặt", "value": paid(7) },
        { "code": "REGISTERED", "name": "Ô tô con", "registration": "22a 12345", "value": paid(1) },
        { "code": "LAND_RES", "address": "tổ 3 phường Minh Xuân", "area_m2": "120", "certificate": { "status": "ISSUED", "number": "da687610" } },
    ]));
    let is = |before, now, level| Pair { before, now, level };
    assert_eq!(pair(&before, &now), [is(1, 2, 0), is(2, 1, 0), is(5, 0, 1)]);
}

#[test]
fn a_plot_that_got_its_certificate_is_the_same_plot() {
    let plot = |certificate: Value| {
        with(
            json!([{ "code": "LAND_OTHER", "address": "thôn 3, xã Sơn Thủy", "area_m2": "3099.5", "value": paid(1), "certificate": certificate }]),
        )
    };
    let (before, now) =
        (plot(json!({ "status": "NOT_ISSUED" })), plot(json!({ "status": "ISSUED", "number": "AA 1" })));
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let found = compare((rules, &before), (rules, &now), |_| None);
    assert_eq!((found.movements, found.kept.len()), (vec![], 1));
}

#[test]
fn more_of_the_same_thing_is_told_as_the_difference() {
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let before = with(json!([
        { "code": "LAND_RES", "address": "số 1", "area_m2": "100", "value": paid(500_000_000) },
        { "code": "MONEY", "name": "Tiền gửi tại ngân hàng D", "value": paid(200_000_000) },
        { "code": "TREE", "name": "Hồ tiêu", "quantity": "1.900 cây", "value": paid(245_000_000) },
        { "code": "PRECIOUS", "name": "Vàng SJC", "quantity": "43 chỉ", "value": paid(600_000_000) },
    ]));
    let now = with(json!([
        { "code": "LAND_RES", "address": "số 1", "area_m2": "120.5", "value": paid(700_000_000) },
        { "code": "MONEY", "name": "Tiền gửi tại ngân hàng D", "value": paid(150_000_000) },
        { "code": "TREE", "name": "Hồ tiêu", "quantity": "2.000 cây", "value": paid(260_000_000) },
        { "code": "PRECIOUS", "name": "Vàng SJC", "quantity": "40 chỉ", "value": paid(560_000_000) },
    ]));
    assert_eq!(
        told(rules, &before, &now, &[]),
        [
            row("LAND_RES", "+ 20,5 m²", 200),
            row("TREE_OR_FOREST", "+ 100 cây", 15),
            row("PRECIOUS", "- 3 chỉ", 40),
            row("MONEY", "- 50.000.000 đồng", 50)
        ]
    );
}

#[test]
fn another_historic_value_of_the_same_thing_is_no_movement() {
    let car = |amount| {
        with(json!([{ "code": "REGISTERED", "name": "Xe ô tô", "registration": "22A-123.45", "value": paid(amount) }]))
    };
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let found = compare((rules, &car(900)), (rules, &car(700)), |_| None);
    assert_eq!(found.movements[0].cause, Cause::Revalued { before: Some(900), now: Some(700) });
    assert_eq!(told(rules, &car(900), &car(700), &[]), []);
}

/// A raised amount, a child come of age, a marriage ended: nothing was disposed of (law.md §0.1; P09, P10, I20).
#[test]
fn what_left_the_declaration_without_being_sold_is_no_disposal() {
    let law = law();
    let (first, second) = (law.get("R1_ND130").unwrap(), law.get("R2_2026").unwrap());
    let before = with(json!([
        { "code": "REGISTERED", "name": "Xe máy", "registration": "22B1-678.90", "value": paid(90_000_000) },
        { "code": "REGISTERED", "name": "Xe ô tô", "registration": "22A-123.45", "value": paid(600_000_000) },
        { "code": "PRECIOUS", "name": "Nhẫn vàng", "quantity": "5 chỉ", "value": paid(60_000_000) },
        { "code": "PRECIOUS", "name": "Dây chuyền", "quantity": "3 chỉ", "value": paid(80_000_000) },
        { "code": "OTHER", "name": "Tượng gỗ", "first_year": 2015, "value": paid(20_000_000) },
    ]));
    let nothing = with(json!([]));
    let gone = |rules: &RuleSet, decide: fn(usize) -> Option<Decision>| -> Vec<Cause> {
        compare((first, &before), (rules, &nothing), decide)
            .movements
            .into_iter()
            .map(|movement| movement.cause)
            .collect()
    };
    let spared = Cause::Gone(Gone::BelowThreshold);
    let untold = Cause::Gone(Gone::Untold);
    // The motorbike and the two pieces of gold together stay below 150 million; the car does not; the statue was declared
    // of free will, and the amount that was raised never held it.
    assert_eq!(gone(second, |_| None), [spared.clone(), untold.clone(), spared.clone(), spared, untold.clone()]);
    assert_eq!(gone(first, |_| None), vec![untold; 5]);
    let all_left = gone(first, |_| Some(Decision::LeftScope));
    assert!(all_left.iter().all(|cause| *cause == Cause::Gone(Gone::LeftScope)));
    assert_eq!(
        told(first, &before, &nothing, &(0..5).map(|index| (index, Decision::LeftScope)).collect::<Vec<_>>()),
        []
    );
    assert!(told(first, &before, &nothing, &[(0, Decision::Disposed)]).contains(&row("REGISTERED", "- 01", 90)));
}

/// A person knows better than any key.
#[test]
fn what_a_person_says_goes_before_what_matching_suggests() {
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let house = |address: &str| json!({ "code": "HOUSE", "address": address, "floor_area_m2": "80", "value": paid(900_000_000) });
    let before = with(json!([house("ngõ 5"), house("phố Hàng Bè")]));
    let now = with(json!([house("số 9 mới (ngõ 5 cũ)"), house("phố Hàng Bè")]));
    let by_hand = [(0, Decision::Is(0))];
    assert_eq!(told(rules, &before, &now, &by_hand), []);
    // Told that the second house was sold, the one that looks like it is new.
    let sold = [(0, Decision::Is(0)), (1, Decision::Disposed)];
    assert_eq!(told(rules, &before, &now, &sold), [row("HOUSE", "- 80 m²", 900), row("HOUSE", "+ 80 m²", 900)]);
    // A house is no plot, whoever says so.
    let plot = with(json!([{ "code": "LAND_RES", "address": "ngõ 5", "area_m2": "80", "value": paid(900_000_000) }]));
    assert_eq!(told(rules, &plot, &now, &[(0, Decision::Is(0))]).len(), 3);
    // Two things of before cannot be one of now.
    let twice = [(0, Decision::Is(1)), (1, Decision::Is(1))];
    assert_eq!(told(rules, &before, &now, &twice).len(), 2);
}

/// "Below the amount" is for what is: land is declared whatever it is worth, and so is a car of 600 million.
#[test]
fn nobody_declares_a_house_away_by_calling_it_small() {
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let before = with(json!([
        { "code": "LAND_RES", "address": "số 1", "area_m2": "100", "value": paid(1_000_000) },
        { "code": "REGISTERED", "name": "Xe ô tô", "registration": "22A-123.45", "value": paid(600_000_000) },
        { "code": "REGISTERED", "name": "Xe đạp điện", "registration": "22A-1", "value": paid(20_000_000) },
    ]));
    let found = compare((rules, &before), (rules, &with(json!([]))), |_| Some(Decision::BelowThreshold));
    let causes: Vec<_> = found.movements.into_iter().map(|movement| movement.cause).collect();
    let untold = Cause::Gone(Gone::Untold);
    assert_eq!(causes, [untold.clone(), untold, Cause::Gone(Gone::BelowThreshold)]);
}

#[test]
fn quantities_that_cannot_be_compared_are_left_to_the_person() {
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    let gold = |quantity: &str, amount: i64| {
        with(json!([{ "code": "PRECIOUS", "name": "Vàng", "quantity": quantity, "value": paid(amount) }]))
    };
    let told = |before: &Value, now: &Value| told(rules, before, now, &[]);
    assert_eq!(told(&gold("10 chỉ", 60), &gold("1 lượng", 60)), [], "ten of one are one of the other");
    assert_eq!(told(&gold("1.5 lượng", 60), &gold("1,5 lượng", 60)), [], "not fifteen");
    // Less gold for more money: both are there, the value is for the person to write.
    assert_eq!(told(&gold("10 chỉ", 60), &gold("8 chỉ", 70)), [("PRECIOUS".to_owned(), "- 2 chỉ".to_owned(), None)]);
    // Money whose amount is no longer told is not the same money.
    let capital = |value: Value| with(json!([{ "code": "CAPITAL", "name": "Góp vốn", "value": value }]));
    let vanished = compare(
        (rules, &capital(paid(2_000_000_000))),
        (rules, &capital(json!({ "kind": "UNDETERMINED", "reason": "không nhớ" }))),
        |_| None,
    );
    assert_eq!(vanished.movements[0].cause, Cause::Revalued { before: Some(2_000_000_000), now: None });
}

#[test]
fn a_number_two_things_share_tells_neither() {
    let book = |name: &str, amount: i64| json!({ "code": "MONEY", "name": name, "value": paid(amount) });
    let before = with(json!([
        book("Sổ 123456789", 5),
        book("Sổ 123456789", 7),
        book("Tiền gửi 500.000.000 mở ngày 15/12/2020", 9)
    ]));
    let now = with(json!([book("Sổ 123456789", 7), book("Tiền gửi 600.000.000 mở ngày 15/12/2020", 9)]));
    let is = |before, now, level| Pair { before, now, level };
    assert_eq!(pair(&before, &now), [is(1, 0, 1)], "by name and amount; a deposit told by its amount is another one");
}

#[test]
fn wrecked_declarations_are_compared_without_a_word() {
    let law = law();
    let rules = law.get("R1_ND130").unwrap();
    for wreck in [
        json!(null),
        json!([]),
        json!({ "assets": 7 }),
        with(json!([null, 3, {}, { "code": 5 }, { "code": "LAND_RES", "area_m2": "x" }])),
    ] {
        let huge = with(
            json!([{ "code": "LAND_OTHER", "area_m2": "79228162514264337593543950335", "value": { "amount": 9 } }, { "code": "MONEY", "name": "m", "value": { "amount": -9 } }]),
        );
        for other in [&wreck, &with(json!([])), &huge] {
            let found = compare((rules, &wreck), (rules, other), |_| None);
            rows(rules.form("PL1").unwrap(), &wreck, other, &found.movements);
            let found = compare((rules, &wreck), (rules, other), |index| Some(Decision::Is(index + 9)));
            rows(rules.form("PL1").unwrap(), &wreck, other, &found.movements);
        }
    }
}

/// What is declared next after a supplement begins with what it added and without what it said was sold.
#[test]
fn a_supplement_is_added_to_what_was_declared_before() {
    let law = law();
    let form = law.get("R1_ND130").unwrap().form("PL2").unwrap();
    let before: Value = serde_json::from_str(include_str!("data/annual-before.json")).unwrap();
    let supplement: Value = serde_json::from_str(include_str!("data/supplement.json")).unwrap();
    let now = with_supplement(form, &before, &supplement);
    let names = |document: &Value| -> Vec<String> {
        let name = |asset: &Value| asset["address"].as_str().or(asset["name"].as_str()).unwrap().to_owned();
        document["assets"].as_array().unwrap().iter().map(name).collect()
    };
    let mut expected = names(&before);
    expected.retain(|name| name != "tổ 4, phường Nông Tiến, tỉnh Tuyên Quang");
    expected.push("Hồ tiêu".to_owned());
    assert_eq!(names(&now), expected);
    assert_eq!(now["none"], json!(["FOREIGN_ACCOUNT", "FOREIGN_ASSET"]));
    assert_eq!(now["income"], before["income"], "what a supplement does not ask for stays");
}

/// An asset a supplement is silent about stays its child's, whatever number the child has there.
#[test]
fn a_supplement_counts_its_own_children() {
    let law = law();
    let form = law.get("R1_ND130").unwrap().form("PL2").unwrap();
    let child = |name: &str, dob: &str| json!({ "full_name": name, "dob": dob });
    let (an, binh, chi) = (child("Lê An", "2007-01-01"), child("Lê Bình", "2010-01-01"), child("Lê Chi", "2025-01-01"));
    let car = |holder: &str| json!({ "code": "REGISTERED", "name": "Xe", "registration": "30A-1", "holder": holder });
    let mut before = with(json!([car("CHILD(2)"), { "code": "MONEY", "name": "Sổ", "holder": "CHILD(1)" }]));
    before["children"] = json!([an, binh]);
    let mut supplement = with(json!([]));
    supplement["children"] = json!([binh, chi]);
    let now = with_supplement(form, &before, &supplement);
    let holders: Vec<_> = now["assets"].as_array().unwrap().iter().map(|asset| asset["holder"].clone()).collect();
    assert_eq!(holders, [json!("CHILD(1)"), Value::Null], "Bình's is Bình's; An, who is named no more, holds nothing");
    // One that names no children leaves them and what is theirs.
    let now = with_supplement(form, &before, &with(json!([])));
    assert_eq!((&now["children"], &now["assets"]), (&before["children"], &before["assets"]));
}

#[test]
fn what_a_supplement_leaves_open_stays() {
    let law = law();
    let form = law.get("R1_ND130").unwrap().form("PL2").unwrap();
    let plot = |address: &str| json!({ "code": "LAND_RES", "address": address, "area_m2": "100", "value": paid(1) });
    let sold = |rows: usize| {
        let row = json!({ "code": "LAND_RES", "quantity": "-100m2", "value": 1 });
        json!({ "form": "PL2", "kind": "SUPPLEMENT", "assets": [], "changes": vec![row; rows] })
    };
    let count =
        |before: &Value, rows: usize| with_supplement(form, before, &sold(rows))["assets"].as_array().unwrap().len();
    let two = with(json!([plot("thôn 1"), plot("thôn 2")]));
    assert_eq!(count(&two, 0), 2);
    assert_eq!(count(&two, 1), 2, "which of the two is not said");
    assert_eq!(count(&two, 2), 0);
    let one = with(json!([plot("thôn 1")]));
    assert_eq!(count(&one, 1), 0);
    assert_eq!(with_supplement(form, &one, &sold(1))["none"], json!(["LAND_RES"]));
    assert_eq!(count(&one, 2), 1, "more is told than there was");
    let said = json!({ "spouse_status": "DIVORCED", "spouse": null, "children": [], "changes": [] });
    let married = json!({ "assets": [], "spouse_status": "MARRIED", "spouse": { "full_name": "A" }, "children": [{ "full_name": "B" }] });
    let now = with_supplement(form, &married, &said);
    assert_eq!((&now["spouse"], &now["children"][0]["full_name"]), (&Value::Null, &json!("B")));
}
