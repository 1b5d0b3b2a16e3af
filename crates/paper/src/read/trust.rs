//! From the recogniser's hesitation to a confidence, calibrated on the sample scans (docs/decisions/0004-reading-paper.md).

use super::draft::Nature;
use super::glyph::{Glyph, Glyphs};

/// Below this a value is shown as doubtful.
pub const DOUBTFUL: f64 = 0.7;

/// Confidence that every letter is right.
pub fn of_letters(glyphs: &Glyphs, nature: Nature) -> f64 {
    glyphs.0.iter().map(|glyph| of_letter(glyph, nature)).fold(1.0, f64::min) * 0.985
}

fn of_letter(glyph: &Glyph, nature: Nature) -> f64 {
    if glyph.text == ' ' {
        return 1.0;
    }
    // In running text a hesitation between capital and small, or about a full stop, rarely hides an error.
    let weight = match nature {
        Nature::Text | Nature::Title | Nature::Phrase if !glyph.text.is_alphanumeric() => 0.5,
        _ => 1.0,
    };
    // In codes no word helps to choose between 8 and B.
    let wide = if matches!(nature, Nature::Code | Nature::Identity) || glyph.text.is_ascii_digit() { 0.5 } else { 0.4 };
    let hesitation = (1.0 - f64::from(glyph.margin) / wide).clamp(0.0, 1.0);
    let unsure = ((0.985 - f64::from(glyph.confidence)) / 0.25).clamp(0.0, 1.0);
    1.0 - weight * (0.5 * hesitation + 0.6 * unsure).min(0.95)
}
