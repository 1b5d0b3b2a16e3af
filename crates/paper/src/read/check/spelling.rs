//! Words against the company they usually keep: "cổ phiếu", not "cố phiếu".

use serde_json::json;

use super::super::draft::{Draft, Drafts, Nature};
use super::super::glyph::Glyphs;
use super::super::lexicon::{Pairs, pairs, units};
use super::super::trust::of_letters;
use super::CORRECTED;

/// Texts of words; names and addresses have better evidence of their own.
pub fn check(drafts: &mut Drafts) {
    for draft in drafts.values_mut() {
        match draft.nature {
            Nature::Text | Nature::Title => settle(draft),
            Nature::Number => unit(draft),
            _ => {}
        }
    }
}

/// The unit of a quantity ("14 chỉ") is one of few words.
fn unit(draft: &mut Draft) {
    let glyphs = &draft.span.glyphs;
    let Some(end) = glyphs.0.iter().rposition(|glyph| glyph.text.is_ascii_digit()) else { return };
    let Some(text) = draft.text().map(str::to_owned) else { return };
    let written = glyphs.slice(end + 1, glyphs.0.len());
    let Some(kept) = text.strip_suffix(written.text().as_str()).filter(|_| !written.is_empty()) else { return };
    let nearest = units().iter().map(|unit| (written.distance(unit), unit)).min_by(|a, b| a.0.total_cmp(&b.0));
    let Some((bend, unit)) = nearest.filter(|(bend, _)| *bend <= 0.75) else { return };
    let of_number = of_letters(&glyphs.slice(0, end + 1), Nature::Number);
    draft.value = json!(format!("{kept}{unit}"));
    draft.confidence =
        of_number.min(if bend == 0.0 { 0.97 } else { 0.9 - 0.2 * f64::from(bend) }).min(draft_limit(draft));
}

/// What was already known against the value, beyond its letters.
fn draft_limit(draft: &Draft) -> f64 {
    if draft.confidence < of_letters(&draft.span.glyphs, draft.nature) - 1e-9 { draft.confidence } else { 1.0 }
}

fn settle(draft: &mut Draft) {
    // Only a text that is still what the letters say.
    if draft.text().is_none_or(|text| text != draft.span.text()) {
        return;
    }
    let spelled = spell(&draft.span.glyphs, draft.nature);
    if spelled.changed {
        draft.value = json!(spelled.text);
        draft.confidence = spelled.trust.min(CORRECTED);
    } else {
        draft.confidence = spelled.trust.min(draft_limit(draft));
    }
}

/// A text with its likelier spelling.
pub struct Spelled {
    pub text: String,
    pub trust: f64,
    pub changed: bool,
}

/// Settles every word by its neighbours.
pub fn spell(glyphs: &Glyphs, nature: Nature) -> Spelled {
    let parts: Vec<Glyphs> = glyphs.0.split(|glyph| glyph.text == ' ').map(|part| Glyphs(part.to_vec())).collect();
    let mut words: Vec<String> = parts.iter().map(Glyphs::text).collect();
    let (mut trust, mut changed) = (0.985_f64, false);
    for index in 0..parts.len() {
        let company = Company { words: &words, index, pairs: pairs() };
        let own = company.support(&words[index]);
        let letters = of_letters(&parts[index], nature);
        match company.better(&parts[index], own) {
            Some((better, bend)) => {
                // A letter the engine was sure of needs more than one neighbour's word to be overruled without doubt.
                let overruled = bend >= 0.4 && company.support(&better) < 2;
                trust = trust.min(if overruled { 0.65 } else { 0.9 - 0.2 * f64::from(bend) });
                words[index] = better;
                changed = true;
            }
            None if own > 0 && !company.rivals(&parts[index]) => trust = trust.min(letters.max(0.95)),
            None => trust = trust.min(letters),
        }
    }
    Spelled { text: words.join(" "), trust, changed }
}

/// A word among its neighbours.
struct Company<'a> {
    words: &'a [String],
    index: usize,
    pairs: &'a Pairs,
}

impl Company<'_> {
    /// How many neighbours the word is usual beside, 0–2. A comma parts neighbours.
    fn support(&self, word: &str) -> usize {
        let bare = bare(word);
        let before = self.index.checked_sub(1).map(|at| self.words[at].as_str()).filter(|before| !parted(before));
        let after = self.words.get(self.index + 1).map(String::as_str).filter(|_| !parted(word));
        usize::from(before.is_some_and(|before| self.pairs.holds(self::bare(before), bare)))
            + usize::from(after.is_some_and(|after| self.pairs.holds(bare, self::bare(after))))
    }

    /// A word of the same letters with better support, and how far the paper must be bent for it.
    fn better(&self, read: &Glyphs, own: usize) -> Option<(String, f32)> {
        const MARKS_ONLY: f32 = 0.75;
        let text = read.text();
        let core = bare(&text);
        if core.is_empty() || own == 2 {
            return None;
        }
        let mut candidates: Vec<(usize, f32, String)> = self
            .pairs
            .like(core)
            .filter(|word| word.to_lowercase() != core.to_lowercase())
            .map(|word| text.replacen(core, &capitals_of(word, core), 1))
            .map(|word| (self.support(&word), read.distance(&word), word))
            .filter(|(support, bend, _)| *support > own && *bend <= MARKS_ONLY)
            .collect();
        candidates.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)));
        let (support, bend, word) = candidates.first()?.clone();
        // Beside one neighbour only, a hesitation of the engine must speak for it too, unless nothing speaks for the word.
        let alone = candidates.get(1).is_none_or(|next| next.0 < support || next.1 > bend + 0.2);
        (alone && (own == 0 || bend < 0.4)).then_some((word, bend))
    }

    /// Whether another reading the engine considered is usual here too.
    fn rivals(&self, read: &Glyphs) -> bool {
        super::super::consensus::variants(read).iter().skip(1).any(|variant| self.support(variant) > 0)
    }
}

fn parted(word: &str) -> bool {
    word.ends_with([',', ';', ':', '.'])
}

/// The word without punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn capitals_of(word: &str, model: &str) -> String {
    let mut capitals = model.chars().map(char::is_uppercase);
    word.chars()
        .map(|c| if capitals.next().unwrap_or(false) { c.to_uppercase().to_string() } else { c.to_string() })
        .collect()
}
