//! Words as a sure recogniser would give them, for tests.

use super::components::Rect;
use super::draft::Span;
use super::recognise::{Letter, Word};
use super::stream::{Token, push_line};

const LETTER: u32 = 20;

/// A word at (x, y); every letter is certain.
fn word(text: &str, x: u32, y: u32) -> Word {
    let at = |index: usize| x + index as u32 * LETTER;
    let letters: Vec<Letter> = text
        .chars()
        .enumerate()
        .map(|(index, letter)| Letter {
            text: letter.to_string(),
            bounds: Rect { x0: at(index), y0: y, x1: at(index + 1), y1: y + 30 },
            confidence: 0.99,
            choices: Vec::new(),
        })
        .collect();
    let bounds = Rect { x0: x, y0: y, x1: at(letters.len()), y1: y + 30 };
    Word { letters, bounds, confidence: 0.95 }
}

/// Lines of text as a stream; a tab is a wide blank.
pub fn tokens(page: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for (number, line) in page.lines().enumerate() {
        let mut words = Vec::new();
        let mut x = 100;
        for part in line.split('\t') {
            for text in part.split_whitespace() {
                words.push(word(text, x, 100 + 50 * number as u32));
                x += LETTER * text.chars().count() as u32 + 10;
            }
            x += 80;
        }
        push_line(&words, 0, number, LETTER as f32, &mut out);
    }
    out
}

/// A text as a value.
pub fn span(text: &str) -> Span {
    Span::of_tokens(&tokens(text), 0)
}
