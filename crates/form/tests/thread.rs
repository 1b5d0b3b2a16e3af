//! One asset over years, kinds and paper.
use std::collections::BTreeSet;

use form::compare::Gone;
use form::thread::{Known, Place, Sheet, Thread, Tie, may_be_one, threads};
use proptest::prelude::*;
use serde_json::{Value, json};

fn land(address: &str, certificate: &str, area: u32) -> Value {
    json!({"code": "LAND_RES", "address": address, "area_m2": area.to_string(),
        "certificate": {"kind": "CO_SO", "number": certificate}, "value": {"kind": "PURCHASE", "amount": 800_000_000}})
}

fn money(name: &str, amount: i64) -> Value {
    json!({"code": "MONEY", "name": name, "value": {"kind": "STATED", "amount": amount}})
}

fn sheet(assets: Vec<Value>) -> Value {
    json!({"assets": assets})
}

fn at(sheet: usize, asset: usize) -> Place {
    Place { sheet, asset }
}

/// Each sheet a declaration of its own.
fn of(sheets: &[Value], known: &Known) -> Vec<Thread> {
    versions(sheets, &(0..sheets.len()).collect::<Vec<_>>(), known)
}

fn versions(sheets: &[Value], declarations: &[usize], known: &Known) -> Vec<Thread> {
    let sheets =
        sheets.iter().zip(declarations).map(|(document, declaration)| Sheet { document, declaration: *declaration });
    threads(&sheets.collect::<Vec<_>>(), known)
}

fn with(threads: &[Thread], place: Place) -> &Thread {
    threads.iter().find(|thread| thread.places.contains(&place)).expect("every place is in a thread")
}

#[test]
fn alike_things_are_suggested_over_a_year_in_which_they_were_not_told() {
    let plot = land("số 12, đường Lê Lợi", "BK 294093", 100);
    let sheets = [sheet(vec![plot.clone()]), sheet(vec![money("Tiền mặt", 70)]), sheet(vec![plot])];
    let found = of(&sheets, &Known::default());
    assert_eq!(found.len(), 2);
    assert_eq!(with(&found, at(0, 0)).places, [at(0, 0), at(2, 0)]);
    assert_eq!(with(&found, at(0, 0)).ties, [(at(0, 0), at(2, 0), Tie::Alike(0))]);
}

#[test]
fn the_word_of_the_declarant_goes_before_likeness() {
    // Two books of one name: the person says that the second is last year's first.
    let sheets = [
        sheet(vec![money("Sổ tiết kiệm", 100), money("Sổ tiết kiệm", 200)]),
        sheet(vec![money("Sổ tiết kiệm", 200), money("Sổ tiết kiệm", 150)]),
    ];
    let alike = of(&sheets, &Known::default());
    assert_eq!(with(&alike, at(0, 1)).places, [at(0, 1), at(1, 0)]);
    let known = Known { said: vec![(at(0, 1), at(1, 1)), (at(0, 0), at(1, 0))], ..Known::default() };
    let said = of(&sheets, &known);
    assert_eq!(with(&said, at(0, 1)).places, [at(0, 1), at(1, 1)]);
    assert_eq!(with(&said, at(0, 1)).ties[0].2, Tie::Said);
}

#[test]
fn what_was_sold_is_not_what_was_bought_later() {
    let book = money("Sổ tiết kiệm", 100);
    let sheets = [sheet(vec![book.clone()]), sheet(vec![]), sheet(vec![book])];
    let gone = |why| Known { gone: vec![(at(0, 0), 1, why)], ..Known::default() };
    let sold = of(&sheets, &gone(Gone::Disposed));
    assert_eq!(sold.len(), 2, "sold for good");
    assert_eq!(sold[0].gone, Some((1, Gone::Disposed)));
    let below = of(&sheets, &gone(Gone::BelowThreshold));
    assert_eq!(below.len(), 1, "what was out of scope may be back");
    assert_eq!(below[0].gone, None, "and was declared since");
    let left = of(&sheets[..2], &gone(Gone::LeftScope));
    assert_eq!(left[0].gone, Some((1, Gone::LeftScope)), "why it is not there is told");
    // The same in the sheet that tells it: one sold and one bought are two.
    let sheets = [sheet(vec![money("Sổ tiết kiệm", 100)]), sheet(vec![money("Sổ tiết kiệm", 100)])];
    assert_eq!(of(&sheets, &gone(Gone::LeftScope)).len(), 2);
}

#[test]
fn a_version_that_puts_right_what_the_one_before_said_is_believed() {
    let plot = land("số 12, đường Lê Lợi", "BK 294093", 100);
    // Said to be sold by mistake; a further version of the same declaration has it again, and so has the year after.
    let sheets = [sheet(vec![plot.clone()]), sheet(vec![]), sheet(vec![plot.clone()]), sheet(vec![plot])];
    let known = Known { gone: vec![(at(0, 0), 1, Gone::Disposed)], ..Known::default() };
    let found = versions(&sheets, &[0, 1, 1, 2], &known);
    assert_eq!(with(&found, at(0, 0)).places, [at(0, 0), at(2, 0), at(3, 0)]);
    assert_eq!(found[0].gone, None);
    assert_eq!(of(&sheets, &known).len(), 2, "in declarations of their own it was sold, and another bought");
}

#[test]
fn what_was_stated_first_holds_and_items_that_cannot_be_one_stay_two() {
    let plots = [land("thôn 1", "AA 000001", 100), land("thôn 2", "AA 000002", 200)];
    let now = land("thôn 9", "ZZ 999999", 300);
    let sheets = [sheet(plots.to_vec()), sheet(vec![now])];
    for order in [[1, 0], [0, 1]] {
        let stated = order.map(|asset| (at(0, asset), at(1, 0), true)).to_vec();
        let found = of(&sheets, &Known { stated, ..Known::default() });
        assert_eq!(with(&found, at(1, 0)).places[0], at(0, order[0]), "in the order in which they were made");
    }
    // By the declarant's word a plot is no savings book; who looked into it may say that one stood under a wrong item.
    let sheets = [sheet(vec![plots[0].clone()]), sheet(vec![money("Sổ", 1)])];
    let said = Known { said: vec![(at(0, 0), at(1, 0))], ..Known::default() };
    assert_eq!(of(&sheets, &said).len(), 2);
    let stated = Known { stated: vec![(at(0, 0), at(1, 0), true)], ..Known::default() };
    assert_eq!(of(&sheets, &stated).len(), 1);
    assert!(may_be_one("LAND_RES", "LAND_OTHER") && !may_be_one("LAND_RES", "HOUSE"));
}

#[test]
fn what_somebody_stated_stands_above_all_and_can_be_stated_anew() {
    let (one, other) = (land("số 12, đường Lê Lợi", "BK 294093", 100), land("thôn 3", "CC 111222", 90));
    let sheets = [sheet(vec![one.clone()]), sheet(vec![one, other])];
    let said = vec![(at(0, 0), at(1, 0))];
    let apart = vec![(at(1, 0), at(0, 0), false)];
    let found = of(&sheets, &Known { said: said.clone(), stated: apart.clone(), ..Known::default() });
    assert_eq!(found.len(), 3, "stated to be different, whatever was said: {found:#?}");
    let mut again = apart;
    again.push((at(0, 0), at(1, 0), true));
    let found = of(&sheets, &Known { said, stated: again, ..Known::default() });
    assert_eq!(with(&found, at(0, 0)).ties, [(at(0, 0), at(1, 0), Tie::Stated)]);
    // The other plot, under a new certificate and address.
    let stated = vec![(at(0, 0), at(1, 1), true)];
    let found = of(&sheets, &Known { stated, ..Known::default() });
    assert_eq!(with(&found, at(0, 0)).places, [at(0, 0), at(1, 1)]);
}

#[test]
fn what_names_nothing_counts_for_nothing() {
    let sheets = [sheet(vec![money("Tiền mặt", 70)]), json!({})];
    let nowhere = at(7, 7);
    let known = Known {
        said: vec![(at(0, 0), nowhere), (nowhere, nowhere)],
        gone: vec![(nowhere, 1, Gone::Disposed)],
        stated: vec![(nowhere, at(0, 0), true), (at(0, 0), at(0, 0), true), (at(0, 0), at(0, 0), false)],
    };
    assert_eq!(of(&sheets, &known).len(), 1);
}

/// What cannot be joined takes nothing's place: of two books alike, the one that is left is looked at too.
#[test]
fn what_is_taken_leaves_its_likeness_to_the_next() {
    let book = money("Sổ tiết kiệm", 100);
    let sheets = [sheet(vec![book.clone(), book.clone()]), sheet(vec![]), sheet(vec![book.clone()])];
    let known = Known { gone: vec![(at(0, 0), 1, Gone::Disposed)], ..Known::default() };
    assert_eq!(with(&of(&sheets, &known), at(2, 0)).places, [at(0, 1), at(2, 0)]);
    let sheets = [sheet(vec![book.clone(), book.clone()]), sheet(vec![book.clone(), book])];
    let known = Known { stated: vec![(at(0, 0), at(1, 0), false)], ..Known::default() };
    let found = of(&sheets, &known);
    assert_eq!(with(&found, at(0, 0)).places, [at(0, 0), at(1, 1)]);
    assert_eq!(with(&found, at(0, 1)).places, [at(0, 1), at(1, 0)]);
}

/// A paper that comes between two declarations that are joined already finds its place among them.
#[test]
fn a_sheet_that_comes_in_between_is_looked_at_too() {
    let new = land("số 9, đường Nguyễn Huệ", "BB 222222", 100);
    let sheets =
        [sheet(vec![land("số 12, đường Lê Lợi", "AA 111111", 100)]), sheet(vec![new.clone()]), sheet(vec![new])];
    let known = Known { said: vec![(at(0, 0), at(2, 0))], ..Known::default() };
    assert_eq!(of(&sheets, &known)[0].places, [at(0, 0), at(1, 0), at(2, 0)]);
}

/// Versions of one declaration are joined before anything is looked for elsewhere, and nobody is asked about it.
#[test]
fn versions_of_one_declaration_stand_together() {
    let (old, new) = (land("số 12, đường Lê Lợi", "AA 111111", 100), land("số 9, đường Nguyễn Huệ", "BB 222222", 100));
    let sheets = [sheet(vec![old]), sheet(vec![new.clone()]), sheet(vec![new])];
    let known = Known { said: vec![(at(0, 0), at(1, 0)), (at(0, 0), at(2, 0))], ..Known::default() };
    let found = versions(&sheets, &[0, 1, 1], &known);
    assert_eq!(found.len(), 1);
    let known = Known { said: vec![(at(0, 0), at(1, 0))], ..Known::default() };
    let found = versions(&sheets, &[0, 1, 1], &known);
    assert_eq!(found[0].ties[1], (at(1, 0), at(2, 0), Tie::Version));
}

fn any_sheets() -> impl Strategy<Value = Vec<Value>> {
    let asset = prop_oneof![
        (0..3u32, 0..3u32).prop_map(|(address, number)| land(
            &format!("thôn {address}"),
            &format!("BK 29409{number}"),
            100 + address
        )),
        (0..2u32, 0..2i64).prop_map(|(name, amount)| money(&format!("Sổ {name}"), 100 + amount)),
    ];
    prop::collection::vec(prop::collection::vec(asset, 0..5).prop_map(sheet), 0..6)
}

fn any_place() -> impl Strategy<Value = Place> {
    (0..6usize, 0..5usize).prop_map(|(sheet, asset)| at(sheet, asset))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn every_place_is_in_one_thread_and_no_thread_has_two_of_a_sheet(
        sheets in any_sheets(),
        said in prop::collection::vec((any_place(), any_place()), 0..6),
        gone in prop::collection::vec((any_place(), 0..6usize, prop_oneof![Just(Gone::Disposed), Just(Gone::LeftScope)]), 0..4),
        stated in prop::collection::vec((any_place(), any_place(), any::<bool>()), 0..6),
    ) {
        let known = Known { said, gone, stated };
        let found = of(&sheets, &known);
        let mut all: Vec<Place> = found.iter().flat_map(|thread| thread.places.clone()).collect();
        all.sort();
        let expected: Vec<Place> = sheets.iter().enumerate()
            .flat_map(|(sheet, document)| (0..document["assets"].as_array().unwrap().len()).map(move |asset| at(sheet, asset)))
            .collect();
        prop_assert_eq!(all, expected);
        for thread in &found {
            let of_sheets: BTreeSet<_> = thread.places.iter().map(|place| place.sheet).collect();
            prop_assert_eq!(of_sheets.len(), thread.places.len());
            prop_assert_eq!(thread.ties.len() + 1, thread.places.len(), "what is one is held together by ties");
            prop_assert!(thread.ties.iter().all(|(one, other, _)| thread.places.contains(one) && thread.places.contains(other)));
        }
        // What was stated last to be different is different.
        for (index, (one, other, is_same)) in known.stated.iter().enumerate() {
            let is_last = !known.stated[index + 1..].iter().any(|(a, b, _)| (a.min(b), a.max(b)) == (one.min(other), one.max(other)));
            let is_there = |place: &Place| found.iter().any(|thread| thread.places.contains(place));
            if is_last && !is_same && one != other && is_there(one) && is_there(other) {
                prop_assert!(!with(&found, *one).places.contains(other));
            }
        }
    }
}
