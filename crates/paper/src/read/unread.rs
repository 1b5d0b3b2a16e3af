//! Writing the first recogniser passed over: ink that stands in none of its words.

use super::clean::INK;
use super::components::{Rect, connect, dark_runs};
use super::compose::Cell;
use super::page::{Prepared, ReadPage};

/// Smallest and largest height of a letter, as multiples of the page's letter height.
const LETTER: std::ops::RangeInclusive<f32> = 0.6..=4.0;
/// Narrowest writing worth a look, letter heights: less is not told from dirt and the rims of stamps.
const NARROWEST: f32 = 2.0;
/// Blank between two words of one line at most, letter heights.
const BLANK: f32 = 2.5;
/// Share of a box that is dark in a hole or a blot, and never in writing.
const SOLID: f32 = 0.75;

/// A stretch of writing nobody read, with the table cell it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    pub bounds: Rect,
    pub cell: Option<Cell>,
}

/// What stands on a page beside the words read, from top to bottom.
pub fn unread(prepared: &Prepared, page: &ReadPage) -> Vec<Unread> {
    let letter = page.letter;
    let known: Vec<Rect> =
        page.lines.iter().flat_map(|placed| &placed.line.words).map(|word| grown(&word.bounds, letter)).collect();
    let mut left: Vec<Rect> = connect(&dark_runs(&prepared.image, INK), 1)
        .into_iter()
        .filter(|one| {
            let (width, height) = (one.bounds.width() as f32, one.bounds.height() as f32);
            LETTER.contains(&(height / letter)) && (one.area as f32) < SOLID * width * height
        })
        .map(|one| one.bounds)
        .filter(|bounds| !known.iter().any(|word| mostly_in(bounds, word)))
        .collect();
    left.sort_by_key(|bounds| bounds.x0);
    let mut stretches: Vec<Unread> = Vec::new();
    for bounds in left {
        let cell = cell_of(page, &bounds);
        let near = stretches.iter_mut().find(|one| {
            one.cell == cell
                && beside(&one.bounds, &bounds)
                && bounds.x0 as f32 - (one.bounds.x1 as f32) < BLANK * letter
        });
        match near {
            Some(one) => one.bounds = one.bounds.union(&bounds),
            None => stretches.push(Unread { bounds, cell }),
        }
    }
    // The first column of a table holds the form's own labels; those without an entry were left out on purpose.
    stretches.retain(|one| {
        one.cell.is_none_or(|cell| cell.column > 0)
            && one.bounds.width() as f32 >= NARROWEST * letter
            && LETTER.contains(&(one.bounds.height() as f32 / letter))
    });
    stretches.sort_by_key(|one| one.bounds.y0);
    stretches
}

fn grown(bounds: &Rect, letter: f32) -> Rect {
    let (side, above) = ((letter * 0.5) as u32, (letter * 0.3) as u32);
    Rect {
        x0: bounds.x0.saturating_sub(side),
        y0: bounds.y0.saturating_sub(above),
        x1: bounds.x1 + side,
        y1: bounds.y1 + above,
    }
}

fn overlap(from: u32, to: u32, other_from: u32, other_to: u32) -> u32 {
    to.min(other_to).saturating_sub(from.max(other_from))
}

fn mostly_in(bounds: &Rect, word: &Rect) -> bool {
    let (width, height) =
        (overlap(bounds.x0, bounds.x1, word.x0, word.x1), overlap(bounds.y0, bounds.y1, word.y0, word.y1));
    2 * width * height >= bounds.width() * bounds.height()
}

/// On one line: the lower half of the smaller reaches into the other.
fn beside(a: &Rect, b: &Rect) -> bool {
    2 * overlap(a.y0, a.y1, b.y0, b.y1) >= a.height().min(b.height())
}

fn cell_of(page: &ReadPage, bounds: &Rect) -> Option<Cell> {
    let (x, y) = (bounds.x0.midpoint(bounds.x1), bounds.y0.midpoint(bounds.y1));
    page.tables.iter().enumerate().find_map(|(table, lines)| {
        let place = |edges: &[u32], at: u32| edges.windows(2).position(|sides| (sides[0]..sides[1]).contains(&at));
        Some(Cell { table, row: place(&lines.rows, y)?, column: place(&lines.columns, x)? })
    })
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;
    use crate::read::page::PlacedLine;
    use crate::read::recognise::{Line, Word};

    /// Hollow letters in rows at these heights, from x 100 on, this many in each.
    fn page(rows: &[(u32, u32)]) -> GrayImage {
        let mut image = GrayImage::from_pixel(900, 400, Luma([255]));
        for &(y, count) in rows {
            for letter in 0..count {
                let x = 100 + letter * 20;
                for (dx, dy) in (0..14).flat_map(|dx| (0..20).map(move |dy| (dx, dy))) {
                    if !(2..12).contains(&dx) || !(2..18).contains(&dy) {
                        image.put_pixel(x + dx, y + dy, Luma([0]));
                    }
                }
            }
        }
        image
    }

    fn read(words: &[Rect]) -> ReadPage {
        let line = |bounds: &Rect| {
            let word = Word { letters: Vec::new(), bounds: *bounds, confidence: 0.9 };
            PlacedLine { line: Line { words: vec![word], bounds: *bounds }, cell: None }
        };
        ReadPage {
            size: (900, 400),
            rotation: 0.0,
            dpi: 200.0,
            letter: 20.0,
            tables: Vec::new(),
            lines: words.iter().map(line).collect(),
            bare_labels: 0,
        }
    }

    #[test]
    fn a_line_nobody_read_is_found_and_a_read_one_is_not() {
        let prepared = Prepared::plain(page(&[(100, 20), (160, 4), (220, 1)]));
        let found = unread(&prepared, &read(&[Rect { x0: 98, y0: 98, x1: 500, y1: 122 }]));
        // The single letter of the third row is too little to be told from dirt.
        assert_eq!(found, [Unread { bounds: Rect { x0: 100, y0: 160, x1: 174, y1: 180 }, cell: None }]);
    }

    #[test]
    fn a_word_passed_over_within_a_line_is_found() {
        let prepared = Prepared::plain(page(&[(100, 20)]));
        let words = [Rect { x0: 98, y0: 98, x1: 214, y1: 122 }, Rect { x0: 318, y0: 98, x1: 500, y1: 122 }];
        let found = unread(&prepared, &read(&words));
        assert_eq!(found.len(), 1);
        assert!(found[0].bounds.x0 > 214 && found[0].bounds.x1 < 318, "{found:?}");
    }
}
