//! Text together with how sure the recogniser was of each letter, and what else each letter may be.

use viet::text::{fold, normalise};

use super::recognise::{Letter, Word};

/// One letter of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    pub text: char,
    /// 0–1: the engine's own confidence.
    pub confidence: f32,
    /// Distance of the chosen reading from the next best, 0–1. Small: the engine hesitated.
    pub margin: f32,
    /// Other readings with their scores below the best (0: as good as the chosen one).
    pub others: Vec<(char, f32)>,
}

/// A text as read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Glyphs(pub Vec<Glyph>);

const CERTAIN_BLANK: Glyph = Glyph { text: ' ', confidence: 1.0, margin: 1.0, others: Vec::new() };

impl Glyphs {
    /// The letters of words with blanks between them.
    pub fn of_words<'a>(words: impl IntoIterator<Item = &'a Word>) -> Self {
        let mut out = Self::default();
        for word in words {
            if !out.0.is_empty() {
                out.0.push(CERTAIN_BLANK);
            }
            word.letters.iter().for_each(|letter| out.push(letter));
        }
        out
    }

    fn push(&mut self, letter: &Letter) {
        let text = viet::text::straighten_apostrophes(&normalise(&letter.text)).into_owned();
        let (others, margin) = alternatives(letter, &text);
        for (index, character) in text.chars().enumerate() {
            let others = if index == 0 && text.chars().count() == 1 { others.clone() } else { Vec::new() };
            self.0.push(Glyph { text: character, confidence: letter.confidence, margin, others });
        }
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|glyph| glyph.text).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Letters `from..to`, without blanks at the ends.
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let part = &self.0[from.min(self.0.len())..to.min(self.0.len()).max(from.min(self.0.len()))];
        Self(part.to_vec()).trimmed(char::is_whitespace)
    }

    /// Without leading and trailing letters that match.
    pub fn trimmed(mut self, cut: impl Fn(char) -> bool) -> Self {
        while self.0.last().is_some_and(|glyph| cut(glyph.text)) {
            self.0.pop();
        }
        let lead = self.0.iter().take_while(|glyph| cut(glyph.text)).count();
        self.0.drain(..lead);
        self
    }

    /// The least sure letter's figures: (confidence, margin); (1, 1) for an empty text.
    pub fn weakest(&self) -> (f32, f32) {
        self.0.iter().filter(|glyph| glyph.text != ' ').fold((1.0, 1.0), |(confidence, margin), glyph| {
            (glyph.confidence.min(confidence), glyph.margin.min(margin))
        })
    }

    /// How far the paper is from saying `wanted`: 0 for the very text; about 1 for a letter the engine did not consider.
    ///
    /// A weighted edit distance: a reading the engine considered costs its distance from the chosen one; a wrong mark
    /// on the right letter costs less than another letter; a lost or extra blank costs little.
    pub fn distance(&self, wanted: &str) -> f32 {
        let wanted: Vec<char> = wanted.chars().collect();
        let mut row: Vec<f32> = wanted
            .iter()
            .scan(0.0, |sum, &c| {
                *sum += insertion(c);
                Some(*sum)
            })
            .collect();
        row.insert(0, 0.0);
        for glyph in &self.0 {
            let mut diagonal = row[0];
            row[0] += insertion(glyph.text);
            for (index, &character) in wanted.iter().enumerate() {
                let substitute = diagonal + glyph.substitution(character);
                diagonal = row[index + 1];
                row[index + 1] =
                    substitute.min(row[index] + insertion(character)).min(diagonal + insertion(glyph.text));
            }
        }
        row[wanted.len()]
    }
}

fn insertion(character: char) -> f32 {
    match character {
        ' ' => 0.3,
        c if c.is_alphanumeric() => 1.2,
        _ => 0.6,
    }
}

impl Glyph {
    fn substitution(&self, wanted: char) -> f32 {
        if self.text == wanted {
            return 0.0;
        }
        if let Some((_, below)) = self.others.iter().find(|(other, _)| *other == wanted) {
            return (0.1 + below).min(0.7);
        }
        let bare = |c: char| fold(c.encode_utf8(&mut [0; 4]));
        if self.text.to_lowercase().eq(wanted.to_lowercase()) || bare(self.text) == bare(wanted) { 0.6 } else { 1.2 }
    }
}

/// Readings other than the chosen one, and the margin. The chosen letter may stand below others in the engine's list
/// (its language model decided); then the margin is 0.
fn alternatives(letter: &Letter, chosen: &str) -> (Vec<(char, f32)>, f32) {
    let same = |text: &str| normalise(text) == chosen;
    let own = letter.choices.iter().find(|(text, _)| same(text)).map(|(_, score)| *score);
    let best = own.unwrap_or(letter.confidence);
    let mut others: Vec<(char, f32)> = Vec::new();
    for (text, score) in letter.choices.iter().filter(|(text, _)| !same(text)) {
        let normal = normalise(text);
        let mut characters = normal.chars();
        if let (Some(character), None) = (characters.next(), characters.next()) {
            others.push((character, (best - score).max(0.0)));
        }
    }
    let margin = letter
        .choices
        .iter()
        .filter(|(text, _)| !same(text))
        .map(|(_, score)| (best - score).max(0.0))
        .fold(1.0, f32::min);
    (others, if own.is_none() && !letter.choices.is_empty() { 0.0 } else { margin })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::components::Rect;

    fn word(letters: &[(&str, &[(&str, f32)])]) -> Word {
        let bounds = Rect { x0: 0, y0: 0, x1: 1, y1: 1 };
        let letters = letters
            .iter()
            .map(|(text, choices)| Letter {
                text: (*text).into(),
                bounds,
                confidence: 0.99,
                choices: choices.iter().map(|(text, score)| ((*text).into(), *score)).collect(),
            })
            .collect();
        Word { letters, bounds, confidence: 0.9 }
    }

    #[test]
    fn considered_readings_are_near_and_others_far() {
        let read = Glyphs::of_words([&word(&[("Đ", &[]), ("ị", &[("ị", 0.79), ("i", 0.77)]), ("n", &[]), ("h", &[])])]);
        assert_eq!(read.distance("Định"), 0.0);
        assert!(read.distance("Đinh") < 0.2);
        assert!(read.distance("Đình") > 0.5);
        assert!(read.distance("Đang") > 1.0);
        assert!((read.weakest().1 - 0.02).abs() < 1e-4);
    }
}
