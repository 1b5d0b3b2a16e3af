//! Spaces the recogniser missed: in justified or tabbed lines it joins words that stand apart on paper.

use image::GrayImage;

use super::clean::INK;
use super::components::Rect;
use super::recognise::{Letter, Line, Word};

/// Narrowest gap taken for a space, as a share of the line's letter height (ascender to baseline).
const SPACE: f32 = 0.3;

/// Splits words at gaps without ink wide enough for a space. Never between digits: a printed 1 stands apart by nature.
pub fn split_joined_words(line: &mut Line, page: &GrayImage) {
    let words = std::mem::take(&mut line.words);
    for word in words {
        let height = word.bounds.height() as f32;
        split(word, page, (height * SPACE).max(3.0), &mut line.words);
    }
}

fn split(word: Word, page: &GrayImage, space: f32, out: &mut Vec<Word>) {
    let gaps = gaps(&word.bounds, page, space);
    let mut rest = word;
    let mut parts = Vec::new();
    for (from, to) in gaps.into_iter().rev() {
        let centre = (from + to) / 2;
        let Some(at) = rest.letters.iter().position(|letter| (letter.bounds.x0 + letter.bounds.x1) / 2 > centre) else {
            continue;
        };
        let at = word_start(&rest, at);
        if at == 0 || !may_split(&rest.letters[at - 1].text, &rest.letters[at].text) {
            continue;
        }
        // In a loosely set typeface a capital stands as far off its word as words stand apart.
        if !is_word(&rest.letters[..at]) || !is_word(&rest.letters[at..]) {
            continue;
        }
        let tail = rest.letters.split_off(at);
        let right = Word { bounds: Rect { x0: to, ..rest.bounds }, confidence: rest.confidence, letters: tail };
        rest.bounds.x1 = from;
        parts.push(right);
    }
    parts.push(rest);
    out.extend(parts.into_iter().rev());
}

/// The engine places letters to within one: of the neighbouring letters the one that looks like a word's first.
fn word_start(word: &Word, at: usize) -> usize {
    let capital =
        |index: usize| word.letters.get(index).is_some_and(|letter| letter.text.starts_with(char::is_uppercase));
    let starts = |index: usize| index > 0 && capital(index) && !capital(index - 1);
    [at, at + 1, at.saturating_sub(1)].into_iter().find(|&index| starts(index)).unwrap_or(at)
}

/// Whether letters can stand alone: a syllable has a vowel, and what has none is a figure or an abbreviation in capitals.
fn is_word(letters: &[Letter]) -> bool {
    let text: String = letters.iter().map(|letter| letter.text.as_str()).collect();
    let key = viet::text::fold(&text);
    let syllable = key.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    let figure = key.contains(|c: char| c.is_ascii_digit());
    let capitals = key.chars().filter(char::is_ascii_alphabetic).count() > 1 && !text.contains(char::is_lowercase);
    syllable || figure || capitals
}

fn may_split(left: &str, right: &str) -> bool {
    let number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || ".,/-".contains(c));
    !(number(left) && number(right))
}

/// Ranges of columns without ink inside the word, at least `space` wide.
fn gaps(bounds: &Rect, page: &GrayImage, space: f32) -> Vec<(u32, u32)> {
    let mut gaps = Vec::new();
    let mut empty_from = None;
    for x in bounds.x0..bounds.x1.min(page.width()) {
        let ink = (bounds.y0..bounds.y1.min(page.height())).any(|y| page.get_pixel(x, y).0[0] < INK);
        match (ink, empty_from) {
            (false, None) => empty_from = Some(x),
            (true, Some(from)) => {
                if (x - from) as f32 >= space {
                    gaps.push((from, x));
                }
                empty_from = None;
            }
            _ => {}
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_vowel_stands_alone_only_as_a_figure_or_in_capitals() {
        let letters = |text: &str| -> Vec<Letter> {
            let bounds = Rect { x0: 0, y0: 0, x1: 1, y1: 1 };
            let letter = |c: char| Letter { text: c.to_string(), bounds, confidence: 1.0, choices: Vec::new() };
            text.chars().map(letter).collect()
        };
        for whole in ["Thanh", "ỗ", "Ý", "TNHH", "12", "m2", "SH"] {
            assert!(is_word(&letters(whole)), "{whole}");
        }
        for part in ["T", "Đ", "c", "ng", "Th", ",", "."] {
            assert!(!is_word(&letters(part)), "{part}");
        }
    }
}
