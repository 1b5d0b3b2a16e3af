//! The running text of a declaration as one stream of words over all its pages.

use viet::text::{fold, normalise};

use super::components::Rect;
use super::page::ReadPage;
use super::recognise::Word;

/// A word of the stream.
#[derive(Debug, Clone)]
pub struct Token {
    pub word: Word,
    /// NFC.
    pub text: String,
    /// Letters and digits only, without marks and capitals.
    pub key: String,
    /// Index of the page in the file, from 0.
    pub page: usize,
    /// Running number of the line over all pages.
    pub line: usize,
    /// Blank before the word in letter heights; infinite at the start of a line.
    pub gap: f32,
}

impl Token {
    pub fn starts_line(&self) -> bool {
        self.gap.is_infinite()
    }

    pub fn bounds(&self) -> Rect {
        self.word.bounds
    }
}

/// Letters and digits of a text, folded.
pub fn key_of(text: &str) -> String {
    fold(text).chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Words of the lines outside tables, page after page.
pub fn tokens<'a>(pages: impl IntoIterator<Item = (usize, &'a ReadPage)>) -> Vec<Token> {
    let mut out = Vec::new();
    let mut line_number = 0;
    for (page, read) in pages {
        for placed in read.lines.iter().filter(|line| line.cell.is_none()) {
            push_line(&placed.line.words, page, line_number, read.letter, &mut out);
            line_number += 1;
        }
    }
    out
}

/// Adds the words of one line.
pub fn push_line(words: &[Word], page: usize, line: usize, letter: f32, out: &mut Vec<Token>) {
    let mut end: Option<u32> = None;
    for word in words {
        let text = normalise(&word.text());
        let gap = end.map_or(f32::INFINITY, |x| (word.bounds.x0 as f32 - x as f32) / letter);
        end = Some(word.bounds.x1);
        out.push(Token { key: key_of(&text), word: word.clone(), text, page, line, gap });
    }
}
