//! Ink the recogniser passed over: a digit left out leaves a number that looks right.

use image::GrayImage;

use super::clean::INK;
use super::components::Rect;
use super::recognise::Line;

/// Confidence of a letter beside unread ink.
const UNSURE: f32 = 0.5;

/// Lowers the confidence of letters next to letter-sized ink that no word of the line covers. `within` is the part of
/// the page the line was read from (a cell, or the page's width), `letter` the letter height in pixels.
pub fn doubt_beside_unread_ink(line: &mut Line, page: &GrayImage, within: &Rect, letter: f32) {
    let reach = (1.5 * letter) as u32;
    let from = line.bounds.x0.saturating_sub(reach).max(within.x0);
    let to = (line.bounds.x1 + reach).min(within.x1).min(page.width());
    for (left, right) in unread(line, page, from, to, letter) {
        let centre = (left + right) / 2;
        let nearest = line
            .words
            .iter_mut()
            .flat_map(|word| &mut word.letters)
            .min_by_key(|glyph| ((glyph.bounds.x0 + glyph.bounds.x1) / 2).abs_diff(centre));
        if let Some(glyph) = nearest {
            glyph.confidence = glyph.confidence.min(UNSURE);
        }
    }
}

/// Ranges of columns with ink as high as a letter's, outside every word.
fn unread(line: &Line, page: &GrayImage, from: u32, to: u32, letter: f32) -> Vec<(u32, u32)> {
    const BESIDE: u32 = 2;
    let (top, bottom) = (line.bounds.y0, line.bounds.y1.min(page.height()));
    let covered = |x: u32| line.words.iter().any(|word| word.bounds.x0 <= x + BESIDE && x < word.bounds.x1 + BESIDE);
    let mut out: Vec<(u32, u32)> = Vec::new();
    let mut extent: Option<(u32, u32, u32, u32)> = None;
    for x in from..=to {
        let rows = (x < to && !covered(x)).then(|| ink_rows(page, x, top, bottom)).flatten();
        match (rows, &mut extent) {
            (Some((a, b)), None) => extent = Some((x, x, a, b)),
            (Some((a, b)), Some(seen)) => *seen = (seen.0, x, seen.2.min(a), seen.3.max(b)),
            (None, Some((left, right, a, b))) => {
                let (width, height) = ((*right + 1 - *left) as f32, (*b + 1 - *a) as f32);
                if width >= 0.25 * letter && height >= 0.7 * letter {
                    out.push((*left, *right));
                }
                extent = None;
            }
            (None, None) => {}
        }
    }
    out
}

fn ink_rows(page: &GrayImage, x: u32, top: u32, bottom: u32) -> Option<(u32, u32)> {
    let mut rows = (top..bottom).filter(|&y| page.get_pixel(x, y).0[0] < INK);
    let first = rows.next()?;
    Some((first, rows.next_back().unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;
    use crate::read::recognise::{Letter, Word};

    #[test]
    fn a_digit_left_out_makes_its_neighbour_doubtful() {
        let mut page = GrayImage::from_pixel(200, 60, Luma([255]));
        for digit in 0..4u32 {
            for x in 0..10 {
                for y in 10..40 {
                    page.put_pixel(20 + digit * 20 + x, y, Luma([0]));
                }
            }
        }
        let bounds = |from: u32, to: u32| Rect { x0: from, y0: 10, x1: to, y1: 40 };
        let letter =
            |at: u32| Letter { text: "4".into(), bounds: bounds(at, at + 10), confidence: 0.99, choices: vec![] };
        let word = |from: u32| Word {
            letters: (from..4).map(|digit| letter(20 + digit * 20)).collect(),
            bounds: bounds(20 + from * 20, 90),
            confidence: 0.9,
        };
        let within = Rect { x0: 0, y0: 0, x1: 200, y1: 60 };
        let read = |from: u32| {
            let mut line = Line { words: vec![word(from)], bounds: bounds(20 + from * 20, 90) };
            doubt_beside_unread_ink(&mut line, &page, &within, 20.0);
            line.words[0].letters.iter().map(|letter| letter.confidence).collect::<Vec<_>>()
        };
        assert_eq!(read(0), [0.99; 4]);
        assert_eq!(read(1), [0.5, 0.99, 0.99]);
    }
}
