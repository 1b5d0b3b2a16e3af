//! What the second recogniser is given: stretches of a line cut into columns and into parts it can take, and the words made of
//! the letters it returns.

use image::{GrayImage, imageops};

use super::clean::INK;
use super::components::Rect;
use super::recognise::{Letter, LineReader, Word};
use super::strip::isolate;

/// A blank as broad as this, in letter heights, sets columns apart; the network is given what stands between.
const WIDE: f32 = 2.5;

/// A part of a strip as the network gets it.
pub struct Piece {
    pub view: GrayImage,
    /// Where it stands on the page.
    pub place: Rect,
    /// The column of the strip it belongs to.
    pub column: Rect,
}

/// What is to be read of a strip: columns set apart by broad blanks, each by itself and cut where it is too broad for the network.
pub fn pieces(image: &GrayImage, strip: Rect, core: (u32, u32), letter: f32, reader: &dyn LineReader) -> Vec<Piece> {
    let isolated = columns(image, strip, letter).into_iter().filter_map(|column| isolate(image, column, core, letter));
    let mut out = Vec::new();
    for (view, column) in isolated {
        let whole = Rect { x0: 0, y0: 0, x1: view.width(), y1: view.height() };
        for part in parts(&view, whole, reader.widest(view.height())) {
            let view = imageops::crop_imm(&view, part.x0, part.y0, part.width(), part.height()).to_image();
            let place = Rect { x0: column.x0 + part.x0, x1: column.x0 + part.x1, ..column };
            out.push(Piece { view, place, column });
        }
    }
    out
}

/// What of a strip stands apart by broad blanks, without empty margins.
fn columns(image: &GrayImage, strip: Rect, letter: f32) -> Vec<Rect> {
    let wide = (letter * WIDE) as u32;
    let margin = (letter * 0.4) as u32;
    let mut out: Vec<Rect> = Vec::new();
    let mut ink: Option<(u32, u32)> = None;
    let close = |(from, to): (u32, u32), out: &mut Vec<Rect>| {
        // A dot or a stroke is nothing to read.
        if to - from > (letter * 0.3) as u32 {
            let (x0, x1) = (from.saturating_sub(margin).max(strip.x0), (to + margin).min(strip.x1));
            out.push(Rect { x0, x1, ..strip });
        }
    };
    for x in strip.x0..strip.x1 {
        if (strip.y0..strip.y1).all(|y| image.get_pixel(x, y).0[0] >= INK) {
            continue;
        }
        match &mut ink {
            Some((_, to)) if x - *to <= wide => *to = x + 1,
            _ => {
                if let Some(done) = ink.replace((x, x + 1)) {
                    close(done, &mut out);
                }
            }
        }
    }
    if let Some(done) = ink {
        close(done, &mut out);
    }
    out
}

/// A line with room for marks above and below that the first recogniser left out of its boxes.
pub fn strip(image: &GrayImage, bounds: &Rect, letter: f32) -> Rect {
    let (side, above) = ((letter * 0.5) as u32, (letter * 0.3) as u32);
    Rect {
        x0: bounds.x0.saturating_sub(side),
        y0: bounds.y0.saturating_sub(above),
        x1: (bounds.x1 + side).min(image.width()),
        y1: (bounds.y1 + above).min(image.height()),
    }
}

/// Cuts a strip broader than `widest` where the broadest blank of its middle part is.
fn parts(image: &GrayImage, strip: Rect, widest: u32) -> Vec<Rect> {
    if strip.width() <= widest {
        return vec![strip];
    }
    let third = strip.width() / 3;
    let blank = |x: u32| (strip.y0..strip.y1).all(|y| image.get_pixel(x, y).0[0] >= INK);
    let mut best = (0, strip.x0 + strip.width() / 2);
    let mut from = None;
    for x in strip.x0 + third..strip.x1 - third {
        match (blank(x), from) {
            (true, None) => from = Some(x),
            (false, Some(start)) => {
                best = best.max((x - start, start + (x - start) / 2));
                from = None;
            }
            _ => {}
        }
    }
    let (left, right) = (Rect { x1: best.1, ..strip }, Rect { x0: best.1, ..strip });
    [parts(image, left, widest), parts(image, right, widest)].concat()
}

/// Words of the letters read in each piece.
pub fn words_of(pieces: &[Piece], read: Vec<Vec<Letter>>) -> Vec<Word> {
    let mut out = Vec::new();
    let mut pieces = pieces.iter().zip(read).peekable();
    while let Some((piece, letters)) = pieces.next() {
        let mut all: Vec<Letter> = letters.into_iter().map(|letter| moved(letter, &piece.place)).collect();
        while let Some((next, letters)) = pieces.next_if(|(next, _)| next.column == piece.column) {
            all.push(blank(next.place));
            all.extend(letters.into_iter().map(|letter| moved(letter, &next.place)));
        }
        out.extend(words(all, piece.column));
    }
    out
}

fn moved(mut letter: Letter, by: &Rect) -> Letter {
    let bounds = letter.bounds;
    letter.bounds = Rect {
        x0: bounds.x0 + by.x0,
        y0: bounds.y0 + by.y0,
        x1: (bounds.x1 + by.x0).min(by.x1),
        y1: bounds.y1 + by.y0,
    };
    letter
}

fn blank(at: Rect) -> Letter {
    Letter { text: " ".into(), bounds: Rect { x1: at.x0, ..at }, confidence: 1.0, choices: Vec::new() }
}

/// Words of the letters read, with boxes that reach towards their neighbours.
fn words(letters: Vec<Letter>, strip: Rect) -> Vec<Word> {
    let reach = (strip.height() as f32 * 0.15) as u32;
    let mut words: Vec<Word> = Vec::new();
    let mut open = false;
    for mut letter in letters {
        if letter.text == " " {
            open = false;
            continue;
        }
        letter.bounds.x0 = letter.bounds.x0.saturating_sub(reach).max(strip.x0);
        letter.bounds.x1 = (letter.bounds.x1 + reach).min(strip.x1);
        match words.last_mut() {
            Some(word) if open => {
                word.bounds = word.bounds.union(&letter.bounds);
                word.confidence = word.confidence.min(letter.confidence);
                word.letters.push(letter);
            }
            _ => words.push(Word { bounds: letter.bounds, confidence: letter.confidence, letters: vec![letter] }),
        }
        open = true;
    }
    // Neighbouring words never overlap.
    for index in 1..words.len() {
        let middle = words[index - 1].bounds.x1.midpoint(words[index].bounds.x0);
        if words[index - 1].bounds.x1 > words[index].bounds.x0 {
            words[index - 1].bounds.x1 = middle;
            words[index].bounds.x0 = middle;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::recognise::RecogniseError;

    /// Sees a letter wherever it is shown anything.
    struct Eye;

    impl LineReader for Eye {
        fn read_line(&self, strip: &GrayImage, _: f32) -> Result<Vec<Letter>, RecogniseError> {
            let bounds = Rect { x0: 0, y0: 0, x1: strip.width(), y1: strip.height() };
            Ok(vec![Letter { text: "a".into(), bounds, confidence: 1.0, choices: Vec::new() }])
        }

        fn widest(&self, _: u32) -> u32 {
            300
        }
    }

    /// Bars as high as letters at these places.
    fn page(places: &[u32]) -> GrayImage {
        let bar = |x: u32, y: u32| (40..60).contains(&y) && places.iter().any(|at| (*at..at + 8).contains(&x));
        GrayImage::from_fn(1000, 100, |x, y| image::Luma([if bar(x, y) { 0 } else { 255 }]))
    }

    #[test]
    fn broad_blanks_set_columns_apart_and_long_ones_are_cut_between_letters() {
        let places: Vec<u32> = (100..120).step_by(20).chain((400..900).step_by(20)).collect();
        let image = page(&places);
        let strip = Rect { x0: 50, y0: 30, x1: 950, y1: 70 };
        let pieces = pieces(&image, strip, (40, 60), 20.0, &Eye);
        assert_eq!(pieces.iter().filter(|piece| piece.column.x1 < 300).count(), 1);
        let long: Vec<&Piece> = pieces.iter().filter(|piece| piece.column.x0 > 300).collect();
        assert!(long.len() > 1 && long.iter().all(|piece| piece.view.width() <= 300 && piece.column == long[0].column));
        // No letter is cut through.
        for piece in &long[1..] {
            assert!(!places.iter().any(|at| (*at..at + 8).contains(&piece.place.x0)), "{:?}", piece.place);
        }
        let read = pieces.iter().map(|piece| Eye.read_line(&piece.view, 1.0).expect("never fails")).collect();
        let words = words_of(&pieces, read);
        assert_eq!(words.len(), pieces.len());
        assert!(words.windows(2).all(|pair| pair[0].bounds.x1 <= pair[1].bounds.x0));
    }
}
