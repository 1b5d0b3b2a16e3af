//! Sums: total income against its four parts and its explanation; changes against the assets they speak of.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::draft::Drafts;
use super::super::draft::Span;
use super::super::values::area;
use super::{CONFIRMED, CONTRADICTED};

pub fn check(drafts: &mut Drafts) {
    income(drafts);
    changes(drafts);
}

fn amount(drafts: &Drafts, path: &str) -> Option<i64> {
    drafts.get(path)?.value.as_i64()
}

fn income(drafts: &mut Drafts) {
    let row = drafts.iter().find_map(|(path, draft)| {
        (path.starts_with("changes[") && path.ends_with("].code") && draft.value == "INCOME")
            .then(|| path.trim_end_matches(".code").to_owned())
    });
    let parts: Vec<String> = drafts.keys().filter(|path| path.starts_with("income.")).cloned().collect();
    let total: Option<i64> = parts.iter().map(|path| amount(drafts, path)).sum();
    let Some(row) = row else { return };
    let (value, explanation) = (format!("{row}.value"), format!("{row}.explanation"));
    let Some(stated) = amount(drafts, &value) else { return };
    let explained = drafts.get(&explanation).and_then(|draft| draft.text()).and_then(sum_of_explanation);
    if !parts.is_empty() {
        judge(drafts, parts.iter().chain([&value]), total == Some(stated));
    }
    match explained {
        Some(sum) if sum == stated => judge(drafts, [&value], true),
        // The words beside the figures stand on their letters, so agreement cannot raise the explanation as a whole.
        Some(_) => judge(drafts, [&explanation], false),
        None => {}
    }
}

fn judge<'a>(drafts: &mut Drafts, paths: impl IntoIterator<Item = &'a String>, agrees: bool) {
    for path in paths {
        if let Some(draft) = drafts.get_mut(path) {
            if agrees { draft.at_least(CONFIRMED) } else { draft.at_most(CONTRADICTED) }
        }
    }
}

/// The figures of at least seven digits in an explanation, added up.
fn sum_of_explanation(text: &str) -> Option<i64> {
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d{1,3}(?:\.\d{3}){2,}").expect("constant pattern"));
    let figures: Vec<i64> =
        FIGURE.find_iter(text).filter_map(|found| found.as_str().replace('.', "").parse().ok()).collect();
    (!figures.is_empty()).then(|| figures.iter().sum())
}

/// An increase repeats the value and the area of an asset of section II.
fn changes(drafts: &mut Drafts) {
    let entries: Vec<String> = drafts
        .keys()
        .filter(|path| path.starts_with("changes["))
        .filter_map(|path| path.strip_suffix(".code"))
        .map(str::to_owned)
        .collect();
    for entry in entries {
        let value = format!("{entry}.value");
        let Some(sum) = amount(drafts, &value) else { continue };
        let twin = drafts
            .iter()
            .find(|(path, draft)| {
                path.starts_with("assets[") && path.ends_with(".value.amount") && draft.value.as_i64() == Some(sum)
            })
            .map(|(path, _)| path.clone());
        let Some(twin) = twin else { continue };
        judge(drafts, [&value, &twin], true);
        same_area(drafts, &format!("{entry}.quantity"), twin.trim_end_matches(".value.amount"));
    }
}

fn same_area(drafts: &mut Drafts, quantity: &str, asset: &str) {
    let Some(draft) = drafts.get(quantity) else { return };
    let changed = area(&Span { glyphs: draft.span.glyphs.clone(), place: draft.span.place }).value;
    let twin = [format!("{asset}.area_m2"), format!("{asset}.floor_area_m2")]
        .into_iter()
        .find(|path| drafts.contains_key(path));
    if let Some(twin) = twin
        && changed != Value::Null
        && drafts[&twin].value == changed
    {
        judge(drafts, [&twin], true);
    }
}
