//! Addresses against the official lists and against each other.

use serde_json::json;
use viet::place::{Level, Reading, read_address};

use super::super::consensus::vote;
use super::super::draft::{Draft, Drafts, Nature};
use super::super::glyph::Glyphs;
use super::super::stream::key_of;
use super::spelling::spell;
use super::{CONFIRMED, CORRECTED};

pub fn check(drafts: &mut Drafts) {
    let paths: Vec<String> = drafts
        .iter()
        .filter(|(_, draft)| draft.nature == Nature::Address && !draft.value.is_null())
        .map(|(path, _)| path.clone())
        .collect();
    for path in &paths {
        let agreed = agreed_text(drafts, path, &paths);
        if let Some(draft) = drafts.get_mut(path) {
            settle(draft, agreed);
        }
    }
}

struct Agreed {
    text: String,
    exact: usize,
    gap: f32,
}

/// What all nearly equal addresses of the declaration say together.
fn agreed_text(drafts: &Drafts, path: &str, paths: &[String]) -> Option<Agreed> {
    let key = key_of(&drafts[path].span.text());
    let same: Vec<&Glyphs> = paths
        .iter()
        .map(|other| &drafts[other].span.glyphs)
        .filter(|glyphs| near(&key, &key_of(&glyphs.text())))
        .collect();
    let candidates: Vec<String> = same
        .iter()
        .flat_map(|glyphs| {
            let text = glyphs.text();
            let official = corrected(&text).map(|(official, _)| official);
            [Some(text), official].into_iter().flatten()
        })
        .collect();
    let prior = |text: &str| match read_address(text).as_slice() {
        [reading] if reading.is_complete() && reading.distance() == 0 => 0.0,
        [reading] if reading.is_complete() => 0.5 + 0.5 * reading.distance().min(3) as f32,
        _ => 2.0,
    };
    vote(&same, &candidates, prior).map(|vote| Agreed { text: vote.text, exact: vote.exact, gap: vote.gap })
}

/// Equal but for marks and at most one letter; digits must agree, or two neighbours' house numbers would be one.
fn near(a: &str, b: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    strsim::levenshtein(a, b) <= 1 + a.len() / 40 && digits(a) == digits(b)
}

/// The text with its units in official spelling, when the list knows exactly one reading; with the edits it took.
fn corrected(text: &str) -> Option<(String, usize)> {
    let readings = read_address(text);
    let [reading] = readings.as_slice() else { return None };
    if !reading.is_complete() {
        return None;
    }
    Some((official(text, reading), reading.distance()))
}

/// Replaces misspelled units only; the rest stays as printed.
fn official(text: &str, reading: &Reading) -> String {
    let levels: Vec<&Level> =
        [reading.commune.as_ref(), reading.district.as_ref(), Some(&reading.province)].into_iter().flatten().collect();
    levels.into_iter().filter(|level| level.distance > 0).fold(text.to_owned(), |text, level| {
        let name = format!("{} {}", level.unit.kind.label().to_lowercase(), level.unit.name);
        match text.rfind(&level.written) {
            Some(at) => format!("{}{name}{}", &text[..at], &text[at + level.written.len()..]),
            None => text,
        }
    })
}

fn settle(draft: &mut Draft, agreed: Option<Agreed>) {
    let own = draft.span.text();
    let Some(agreed) = agreed else { return };
    let readings = read_address(&agreed.text);
    let listed = matches!(readings.as_slice(), [reading] if reading.is_complete() && reading.distance() == 0);
    if agreed.text == own {
        if listed {
            confirm_units(draft, &readings[0].detail, agreed.exact, agreed.gap);
        } else {
            draft.at_most(0.5);
        }
        return;
    }
    let bent = draft.span.glyphs.distance(&agreed.text);
    draft.value = json!(agreed.text);
    draft.confidence = match (listed, bent) {
        (true, bent) if bent <= 0.5 => CORRECTED,
        (true, bent) if bent <= 1.3 => 0.78,
        (true, bent) if bent <= 2.5 => 0.6,
        _ => 0.4,
    };
}

/// The list confirms the units; house, street and hamlet stand on their letters, or on other readings that agree.
fn confirm_units(draft: &mut Draft, detail: &str, exact: usize, gap: f32) {
    let letters = detail.chars().count();
    let of_detail = spell(&draft.span.glyphs.slice(0, letters), Nature::Address).trust;
    let floor = if exact >= 2 && gap > 0.3 { CONFIRMED } else { CONFIRMED.min(of_detail) };
    draft.at_least(floor);
}
