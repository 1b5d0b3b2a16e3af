//! One person's name stands in several places: head, certificates, signature.

use serde_json::json;

use super::super::assemble::Declared;
use super::super::consensus::{variants, vote};
use super::super::draft::{Draft, Drafts};
use super::super::glyph::Glyphs;
use super::super::lexicon::{is_name_syllable, is_surname};
use super::super::stream::key_of;
use super::{CONFIRMED, CORRECTED};

/// A person of the declaration and where else the name was read.
struct Person {
    path: String,
    readings: Vec<Glyphs>,
}

pub fn check(declared: &mut Declared) {
    let signed = declared.signatures.declarant.as_ref().map(|draft| draft.span.glyphs.clone());
    let drafts = &mut declared.drafts;
    let mut people = people(drafts);
    if let (Some(declarant), Some(signed)) =
        (people.iter_mut().find(|person| person.path == "declarant.full_name"), signed)
    {
        declarant.readings.push(signed);
    }
    let grantees: Vec<String> =
        drafts.keys().filter(|path| path.ends_with(".grantee") || path.ends_with(".holder")).cloned().collect();
    for path in &grantees {
        for part in parts(&drafts[path].span.glyphs) {
            let name = part.name;
            if let Some(person) = people.iter_mut().find(|person| same_person(&person.readings[0], &name)) {
                person.readings.push(name);
            }
        }
    }
    let surnames: Vec<String> = ["declarant.full_name", "spouse.full_name"]
        .iter()
        .filter_map(|path| drafts.get(*path)?.text()?.split(' ').next().map(str::to_owned))
        .collect();
    for person in &people {
        let child = person.path.starts_with("children");
        decide(drafts, person, |surname| child && surnames.iter().any(|known| known == surname));
    }
    for path in &grantees {
        rebuild_grantee(drafts, path, &people);
    }
    if drafts.contains_key("receipt.receiver_name") {
        let readings = vec![drafts["receipt.receiver_name"].span.glyphs.clone()];
        decide(drafts, &Person { path: "receipt.receiver_name".into(), readings }, |_| false);
    }
}

fn people(drafts: &Drafts) -> Vec<Person> {
    drafts
        .iter()
        .filter(|(path, draft)| path.ends_with(".full_name") && !draft.value.is_null())
        .map(|(path, draft)| Person { path: path.clone(), readings: vec![draft.span.glyphs.clone()] })
        .collect()
}

fn same_person(a: &Glyphs, b: &Glyphs) -> bool {
    let (a, b) = (key_of(&a.text()), key_of(&b.text()));
    strsim::levenshtein(&a, &b) * 6 <= a.len().max(b.len())
}

/// Settles one name by all its readings; family names must be known ones or those of the family.
fn decide(drafts: &mut Drafts, person: &Person, of_family: impl Fn(&str) -> bool) {
    let mut candidates: Vec<String> = person.readings.iter().map(Glyphs::text).collect();
    candidates.extend(person.readings.iter().flat_map(variants));
    candidates.sort();
    candidates.dedup();
    let readings: Vec<&Glyphs> = person.readings.iter().collect();
    let prior = |text: &str| {
        let (surname, rest) = text.split_once(' ').unwrap_or((text, ""));
        let family = match (of_family(surname), is_surname(surname)) {
            (true, _) => -0.3,
            (false, true) => 0.0,
            (false, false) => 0.4,
        };
        family + 0.3 * unusual(rest) as f32
    };
    let Some(vote) = vote(&readings, &candidates, prior) else { return };
    let Some(draft) = drafts.get_mut(&person.path) else { return };
    if draft.text() != Some(vote.text.as_str()) {
        draft.value = json!(vote.text);
        let trust = if vote.exact >= 1 || vote.gap > 0.25 { CORRECTED.min(0.6 + f64::from(vote.gap)) } else { 0.5 };
        draft.confidence = trust;
    } else if vote.exact >= 2 && vote.gap > 0.3 {
        draft.at_least(CONFIRMED);
    }
    if vote.gap < 0.15 {
        draft.at_most(0.6);
    }
    // What no list knows is believed when it was read the same way twice.
    let (surname, rest) = vote.text.split_once(' ').unwrap_or((&vote.text, ""));
    let strange = !is_surname(surname) || unusual(rest) > 0;
    if rest.is_empty() || (strange && vote.exact < 2) {
        draft.at_most(0.65);
    }
}

/// Syllables that are not usual in names.
fn unusual(words: &str) -> usize {
    words.split_whitespace().filter(|word| !is_name_syllable(word)).count()
}

struct Part {
    /// "ông ", " và bà " before the name.
    before: String,
    name: Glyphs,
}

/// "ông A và bà B" as two names, "A" as one.
fn parts(glyphs: &Glyphs) -> Vec<Part> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (index, glyph) in glyphs.0.iter().enumerate() {
        if glyph.text == ' ' {
            continue;
        }
        match words.last_mut() {
            Some(word) if word.1 == index => word.1 = index + 1,
            _ => words.push((index, index + 1)),
        }
    }
    let mut out: Vec<Part> = Vec::new();
    let mut before = String::new();
    let mut fresh = true;
    for (from, to) in words {
        let word = glyphs.slice(from, to);
        let text = word.text();
        let key = key_of(&text);
        let joins =
            text.starts_with(char::is_lowercase) && matches!(key.as_str(), "ong" | "ba" | "va" | "ho" | "vo" | "chong");
        if joins {
            let linked = match key.as_str() {
                "ong" => "ông",
                "ba" => "bà",
                "va" => "và",
                "ho" => "hộ",
                "vo" => "vợ",
                _ => "chồng",
            };
            if !before.is_empty() || !out.is_empty() {
                before.push(' ');
            }
            before.push_str(linked);
            fresh = true;
        } else if fresh || out.is_empty() {
            out.push(Part { before: std::mem::take(&mut before), name: word });
            fresh = false;
        } else if let Some(part) = out.last_mut() {
            part.name.0.extend(glyphs.0[from - 1..to].iter().cloned());
        }
    }
    out
}

/// Puts the settled names into a certificate's grantee.
fn rebuild_grantee(drafts: &mut Drafts, path: &str, people: &[Person]) {
    let parts = parts(&drafts[path].span.glyphs);
    let mut text = String::new();
    let mut known = true;
    let mut trust: f64 = CONFIRMED;
    for part in &parts {
        text.push_str(&part.before);
        if !part.before.is_empty() {
            text.push(' ');
        }
        let person = people.iter().find(|person| same_person(&person.readings[0], &part.name));
        match person.and_then(|person| drafts.get(&person.path)) {
            Some(settled) => {
                let name = settled.text().unwrap_or_default();
                // Settled by its own readings, this one among them.
                trust = trust.min(if part.name.text() == name {
                    settled.confidence.max(0.9)
                } else {
                    settled.confidence.min(CORRECTED)
                });
                text.push_str(name);
            }
            None => {
                known = false;
                text.push_str(&part.name.text());
            }
        }
    }
    if let Some(draft) = drafts.get_mut(path)
        && !draft.value.is_null()
    {
        apply(draft, text, if known { Some(trust) } else { None });
    }
}

fn apply(draft: &mut Draft, text: String, trust: Option<f64>) {
    let same = draft.text() == Some(text.as_str());
    match trust {
        Some(trust) => draft.confidence = trust,
        None => draft.at_most(if same { 1.0 } else { 0.6 }),
    }
    draft.value = json!(text);
}
