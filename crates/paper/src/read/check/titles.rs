//! Names of bodies: the agency of the head is the unit of the declarant, in capitals; cards have few issuers.

use serde_json::json;

use super::super::draft::{Draft, Drafts, Nature};
use super::super::glyph::Glyphs;
use super::super::lexicon::{issuers, phrases};
use super::super::stream::key_of;
use super::super::values::near;
use super::{CONFIRMED, CORRECTED};

pub fn check(drafts: &mut Drafts) {
    agency_and_unit(drafts);
    for path in ["declarant.position", "receipt.receiver_position"] {
        if let Some(draft) = drafts.get_mut(path) {
            position(draft);
        }
    }
    let places: Vec<String> = drafts.keys().filter(|path| path.ends_with(".id_place")).cloned().collect();
    for path in places {
        if let Some(draft) = drafts.get_mut(&path) {
            issuer(draft);
        }
    }
}

/// Both are printed forms of one name; word by word the surer reading counts.
fn agency_and_unit(drafts: &mut Drafts) {
    let (Some(agency), Some(unit)) = (drafts.get("agency_name"), drafts.get("declarant.unit")) else { return };
    let (Some(capital), Some(written)) = (agency.text(), unit.text()) else { return };
    let (capital, written) = (capital.to_owned(), written.to_owned());
    if !near(&key_of(&capital), &key_of(&written)) || capital.split(' ').count() != written.split(' ').count() {
        return;
    }
    let addresses: Vec<String> = drafts
        .values()
        .filter(|draft| draft.nature == Nature::Address)
        .filter_map(|draft| Some(draft.text()?.to_lowercase()))
        .collect();
    // A word that the declaration's addresses know is the likelier reading of a place's name.
    let known = |word: &str| {
        let word = word.to_lowercase();
        addresses.iter().any(|text| text.split([' ', ',']).any(|part| part == word))
    };
    let (mut agency_words, mut unit_words) = (Vec::new(), Vec::new());
    let mut changed = (false, false);
    let mut unsure = false;
    let (agency_parts, unit_parts) = (words(&agency.span.glyphs), words(&unit.span.glyphs));
    if agency_parts.len() != unit_parts.len() {
        return;
    }
    for (a, u) in agency_parts.iter().zip(&unit_parts) {
        let (a_text, u_text) = (a.text(), u.text());
        if a_text.to_uppercase() == u_text.to_uppercase() {
            agency_words.push(a_text);
            unit_words.push(u_text);
            continue;
        }
        let as_unit = cased_like(&a_text, &u_text);
        let mut bend_agency = a.distance(&u_text.to_uppercase());
        let mut bend_unit = u.distance(&as_unit);
        match (known(&a_text), known(&u_text)) {
            (true, false) => bend_agency += 0.6,
            (false, true) => bend_unit += 0.6,
            _ => {}
        }
        unsure |= (bend_agency - bend_unit).abs() < 0.15;
        if bend_agency <= bend_unit {
            agency_words.push(u_text.to_uppercase());
            unit_words.push(u_text);
            changed.0 = true;
        } else {
            agency_words.push(a_text);
            unit_words.push(as_unit);
            changed.1 = true;
        }
    }
    for (path, words, changed) in [("agency_name", agency_words, changed.0), ("declarant.unit", unit_words, changed.1)]
    {
        if let Some(draft) = drafts.get_mut(path) {
            match (changed, unsure) {
                (_, true) => draft.at_most(0.6),
                (true, false) => draft.confidence = CORRECTED.min(0.8),
                (false, false) => draft.at_least(CONFIRMED),
            }
            draft.value = json!(words.join(" "));
        }
    }
}

fn words(glyphs: &Glyphs) -> Vec<Glyphs> {
    glyphs
        .0
        .split(|glyph| glyph.text == ' ')
        .map(|part| Glyphs(part.to_vec()))
        .filter(|part| !part.is_empty())
        .collect()
}

/// The letters of `text` with the capitals of `model`.
fn cased_like(text: &str, model: &str) -> String {
    let mut capitals = model.chars().map(char::is_uppercase);
    text.chars()
        .map(
            |c| {
                if capitals.next().unwrap_or(false) {
                    c.to_uppercase().to_string()
                } else {
                    c.to_lowercase().to_string()
                }
            },
        )
        .collect()
}

/// A position begins with a capital and holds words only; a usual one nearby settles a damaged reading.
fn position(draft: &mut Draft) {
    let Some(text) = draft.text().map(str::to_owned) else { return };
    let nearest = phrases()
        .iter()
        .map(|phrase| (draft.span.glyphs.distance(phrase), phrase))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(bend, phrase)| f64::from(*bend) <= 0.12 * phrase.chars().count() as f64);
    match nearest {
        Some((_, phrase)) if *phrase == text => draft.at_least(0.95),
        Some((bend, phrase)) if draft.span.text() == text => {
            draft.value = json!(phrase);
            draft.confidence = (CORRECTED - 0.1 * f64::from(bend)).max(0.6);
        }
        _ => {}
    }
    let words_only = text.chars().all(|c| c.is_alphabetic() || " -,/()".contains(c));
    if nearest.is_none() && (!words_only || !text.starts_with(char::is_uppercase)) {
        draft.at_most(0.5);
    }
}

/// An issuer as in the list, when the reading is near exactly one.
fn issuer(draft: &mut Draft) {
    let Some(text) = draft.text().map(str::to_owned) else { return };
    let mut near: Vec<(f32, &String)> = issuers()
        .iter()
        .map(|name| (draft.span.glyphs.distance(name), name))
        .filter(|(distance, _)| *distance <= 2.5)
        .collect();
    near.sort_by(|a, b| a.0.total_cmp(&b.0));
    match near.first() {
        Some((_, name)) if **name == text => draft.at_least(CONFIRMED),
        Some((distance, name)) if near.get(1).is_none_or(|(next, _)| next - distance > 0.5) => {
            draft.value = json!(name);
            draft.confidence = CORRECTED - f64::from(*distance) * 0.05;
        }
        _ => {}
    }
}
