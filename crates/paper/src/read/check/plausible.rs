//! What can hardly stand on the paper, and papers that are hard to read as a whole (handwriting).

use super::super::assemble::Declared;
use super::super::draft::{Drafts, Nature};
use super::super::trust::{DOUBTFUL, of_letters};
use super::CONTRADICTED;

/// Values under a million đồng are far below what the law asks to declare: a scale word or digits were lost.
const LEAST_VALUE: i64 = 1_000_000;
/// Share of hesitant texts from which a document counts as hard to read. Print: up to 0.15 on poor scans;
/// handwriting: from 0.4 (docs/decisions/0004-reading-paper.md).
const HARD: f64 = 0.2;
/// The same where two recognisers read: what they agree on is worth more, so it takes more hesitation to make it doubtful.
const HARD_TWICE: f64 = 0.4;

pub fn check(declared: &mut Declared, twice: bool) {
    let rows_missing = declared.rows_missing;
    let drafts = &mut declared.drafts;
    if rows_missing {
        for (_, draft) in drafts.iter_mut().filter(|(path, _)| path.starts_with("changes[") || *path == "no_change") {
            draft.at_most(0.6);
        }
    }
    strange_letters(drafts);
    stops_inside_names(drafts);
    small_values(drafts);
    unclear_certificates(drafts);
    change_without_entries(drafts);
    hard_to_read(drafts, if twice { HARD_TWICE } else { HARD });
}

/// Letters no Vietnamese text is written with.
fn strange_letters(drafts: &mut Drafts) {
    let written = |nature| matches!(nature, Nature::Name | Nature::Address | Nature::Title | Nature::Text);
    for draft in drafts.values_mut().filter(|draft| written(draft.nature)) {
        let strange = |c: char| {
            let usual = c.is_ascii_alphanumeric() || " .,;:/()-+%&'\"²³".contains(c);
            let base = viet::text::fold(c.encode_utf8(&mut [0; 4]));
            !(usual || (c.is_alphabetic() && base.chars().all(|b| b.is_ascii_lowercase()) && !"ñçøåß".contains(c)))
        };
        if draft.text().is_some_and(|text| text.chars().any(strange)) {
            draft.at_most(CONTRADICTED);
        }
    }
}

/// A full stop after a whole word inside a name ("Công ty TNHH Minh. Phát") is more often a speck than written.
fn stops_inside_names(drafts: &mut Drafts) {
    let is_name = |path: &str| path.ends_with("name") || path.ends_with("position") || path.ends_with("unit");
    for (_, draft) in drafts.iter_mut().filter(|(path, _)| is_name(path)) {
        let whole_word = |before: &str| {
            let word = before.rsplit(' ').next().unwrap_or_default();
            word.chars().count() >= 3 && word.chars().all(char::is_alphabetic) && word.contains(char::is_lowercase)
        };
        if draft.text().is_some_and(|text| text.match_indices(". ").any(|(at, _)| whole_word(&text[..at]))) {
            draft.at_most(0.6);
        }
    }
}

fn small_values(drafts: &mut Drafts) {
    for (path, draft) in drafts.iter_mut() {
        let value = path.ends_with(".value.amount") || (path.starts_with("changes[") && path.ends_with("].value"));
        if value && draft.value.as_i64().is_some_and(|amount| amount < LEAST_VALUE) {
            draft.at_most(CONTRADICTED);
        }
    }
}

/// A certificate whose number has no known shape may be no certificate at all.
fn unclear_certificates(drafts: &mut Drafts) {
    let unclear: Vec<String> = drafts
        .iter()
        .filter(|(path, draft)| path.ends_with(".certificate.number") && draft.confidence < DOUBTFUL)
        .map(|(path, _)| path.replace(".number", ".status"))
        .collect();
    for path in unclear {
        if let Some(draft) = drafts.get_mut(&path) {
            draft.at_most(0.6);
        }
    }
}

/// "Không có biến động" and entries other than income exclude each other; neither is as doubtful.
fn change_without_entries(drafts: &mut Drafts) {
    let entries = drafts
        .iter()
        .filter(|(path, draft)| path.starts_with("changes[") && path.ends_with("].code") && draft.value != "INCOME")
        .count();
    if let Some(draft) = drafts.get_mut("no_change")
        && draft.value.as_bool() == Some(entries > 0)
    {
        draft.at_most(CONTRADICTED);
    }
}

/// Where every third text makes the engine hesitate, its sure answers are worth less too.
fn hard_to_read(drafts: &mut Drafts, hard: f64) {
    let texts: Vec<bool> = drafts
        .values()
        .filter(|draft| matches!(draft.nature, Nature::Name | Nature::Address | Nature::Text | Nature::Title))
        .map(|draft| draft.value.is_null() || of_letters(&draft.span.glyphs, draft.nature) < DOUBTFUL)
        .collect();
    let hesitant = texts.iter().filter(|hesitant| **hesitant).count();
    if texts.len() >= 8 && hesitant as f64 > hard * texts.len() as f64 {
        for (_, draft) in drafts.iter_mut().filter(|(path, _)| !matches!(path.as_str(), "form" | "kind")) {
            draft.at_most(0.65);
        }
    }
}
