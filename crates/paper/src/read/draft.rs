//! A value on its way from paper to the record: what was read, where, and how much it is trusted.

use indexmap::IndexMap;
use serde_json::Value;

use super::components::Rect;
use super::glyph::Glyphs;
use super::stream::Token;

/// A stretch of text with its place.
#[derive(Debug, Clone, Default)]
pub struct Span {
    pub glyphs: Glyphs,
    /// Page index (from 0) and bounds there; of a text over a page break, the part before it.
    pub place: Option<(usize, Rect)>,
}

impl Span {
    /// The words of a value; the first `offset` bytes of the first word belong to its label.
    pub fn of_tokens(tokens: &[Token], offset: usize) -> Self {
        let mut place: Option<(usize, Rect)> = None;
        for token in tokens {
            match &mut place {
                None => place = Some((token.page, token.bounds())),
                Some((page, bounds)) if *page == token.page => *bounds = bounds.union(&token.bounds()),
                Some(_) => {}
            }
        }
        let skip = tokens.first().map_or(0, |token| token.text[..offset.min(token.text.len())].chars().count());
        let all = Glyphs::of_words(tokens.iter().map(|token| &token.word));
        let length = all.0.len();
        Self { glyphs: all.slice(skip, length), place }
    }

    pub fn text(&self) -> String {
        self.glyphs.text()
    }

    pub fn slice(&self, from: usize, to: usize) -> Self {
        Self { glyphs: self.glyphs.slice(from, to), place: self.place }
    }
}

/// What a value is, as far as trust in it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A person's name.
    Name,
    Address,
    /// Name of a body, position, occupation.
    Title,
    Text,
    /// One of few phrases of the form.
    Phrase,
    Date,
    Identity,
    Amount,
    Area,
    Number,
    /// Letters and digits without meaning (certificate, plate, account).
    Code,
}

/// One leaf.
#[derive(Debug, Clone)]
pub struct Draft {
    pub value: Value,
    pub span: Span,
    pub nature: Nature,
    /// 0–1, so far.
    pub confidence: f64,
}

impl Draft {
    /// A value whose trust follows from its letters.
    pub fn new(value: Value, span: Span, nature: Nature) -> Self {
        let confidence = super::trust::of_letters(&span.glyphs, nature);
        Self { value, span, nature, confidence }
    }

    /// A value that follows from finding the form's own words.
    pub fn phrase(value: Value, span: Span, confidence: f64) -> Self {
        Self { value, span, nature: Nature::Phrase, confidence }
    }

    pub fn unread(span: Span, nature: Nature) -> Self {
        Self { value: Value::Null, span, nature, confidence: 0.0 }
    }

    pub fn text(&self) -> Option<&str> {
        self.value.as_str()
    }

    /// Keeps the lower of the present confidence and `limit`.
    pub fn at_most(&mut self, limit: f64) {
        self.confidence = self.confidence.min(limit);
    }

    pub fn at_least(&mut self, floor: f64) {
        self.confidence = self.confidence.max(floor);
    }
}

/// Leaves by path ("assets[0].value.amount"), in the form's order.
pub type Drafts = IndexMap<String, Draft>;
