//! The second reading: lines at which the first recogniser hesitated are read once more by another, and the two are
//! held against each other. What both read is sure; where they differ the other reading stands beside the chosen one.

use std::ops::Range;

use form::Form;
use image::GrayImage;

use super::accord::{SURE, agree, count_letters, hesitates, mean_confidence, same_letters, settle};
use super::align::align;
use super::components::Rect;
use super::compose::Cell;
use super::header;
use super::page::{PlacedLine, Prepared, ReadPage};
use super::pieces::{Piece, pieces, strip, words_of};
use super::recognise::{Letter, Line, LineReader, RecogniseError, Word};
use super::stream::{key_of, tokens};
use super::template::slots;
use super::unread::{Unread, unread};

/// Share of hesitant words among the values from which a paper is taken to be filled in by hand.
const BY_HAND: f32 = 0.03;
/// How much broader than it stands a strip is shown first, and where the engines differ once more.
const FIRST_BREADTH: f32 = 0.9;
const OTHER_BREADTH: f32 = 1.1;
/// Mean confidence of the second reading's letters from which a line nobody else read is taken for writing.
const LEGIBLE: f32 = 0.85;
/// Most stretches a page is searched for writing that was passed over.
const MOST_PASSED_OVER: usize = 30;
/// Where initials stand: right of and below these shares of the page.
const FOOT: (f32, f32) = (0.5, 0.88);

/// A stretch of words of a line that is not the form's own print.
struct Stretch {
    page: usize,
    line: usize,
    words: Range<usize>,
}

/// Reads the values of a declaration on these pages once more where the first reading hesitates: all of them on a paper filled
/// in by hand. What the form itself prints is left to the first reading. `begin` is told of every page before it.
pub fn reread(
    prepared: &[Prepared],
    pages: &mut [ReadPage],
    group: &[usize],
    forms: &[&Form],
    reader: &dyn LineReader,
    mut begin: impl FnMut(usize),
) -> Result<(), RecogniseError> {
    let stretches = stretches(pages, group, forms);
    let words = |stretch: &Stretch| &pages[stretch.page].lines[stretch.line].line.words[stretch.words.clone()];
    let all: usize = stretches.iter().map(|stretch| stretch.words.len()).sum();
    let hesitant = stretches.iter().flat_map(words).filter(|word| hesitates(word)).count();
    let by_hand = hesitant as f32 > BY_HAND * all as f32;
    for &index in group {
        begin(index);
        let page = &mut pages[index];
        // From the last to the first: what is put in moves what stands behind it.
        for stretch in stretches.iter().rev().filter(|stretch| stretch.page == index) {
            let line = &mut page.lines[stretch.line].line;
            if by_hand || line.words[stretch.words.clone()].iter().any(hesitates) {
                reread_words(&prepared[index].image, page.letter, line, stretch.words.clone(), reader, by_hand)?;
            }
        }
        passed_over(&prepared[index], page, reader)?;
    }
    Ok(())
}

/// Puts in what the first reading passed over, where the second reads it: half of a value is worse than none.
fn passed_over(prepared: &Prepared, page: &mut ReadPage, reader: &dyn LineReader) -> Result<(), RecogniseError> {
    let found = unread(prepared, page);
    // So many are a picture or a page of dirt, not lines somebody passed over.
    if found.len() > MOST_PASSED_OVER {
        return Ok(());
    }
    for Unread { bounds, cell } in found {
        let around = strip(&prepared.image, &bounds, page.letter);
        let pieces = pieces(&prepared.image, around, (bounds.y0, bounds.y1), page.letter, reader);
        let first = looks(&pieces, FIRST_BREADTH, reader)?;
        let other = looks(&pieces, OTHER_BREADTH, reader)?;
        let read = first.into_iter().zip(other).map(|(own, other)| settle(own, &other)).collect();
        let words = words_of(&pieces, read);
        if mean_confidence(&words) >= LEGIBLE && count_letters(&words) > 1 {
            put_in(page, Line { words, bounds }, cell);
        }
    }
    Ok(())
}

/// Adds a line in reading order.
fn put_in(page: &mut ReadPage, line: Line, cell: Option<Cell>) {
    let middle = |bounds: &Rect| bounds.y0.midpoint(bounds.y1);
    let own = middle(&line.bounds);
    let comes_after = |placed: &PlacedLine| match (placed.cell, cell) {
        (Some(other), Some(cell)) => other > cell || (other == cell && middle(&placed.line.bounds) > own),
        _ => middle(&placed.line.bounds) > own,
    };
    let beside = page.lines.iter().position(|placed| {
        placed.cell == cell
            && (placed.line.bounds.y0..placed.line.bounds.y1).contains(&own)
            && (line.bounds.y0..line.bounds.y1).contains(&middle(&placed.line.bounds))
    });
    match beside {
        Some(at) => {
            let known = &mut page.lines[at].line;
            known.bounds = known.bounds.union(&line.bounds);
            known.words.extend(line.words);
            known.words.sort_by_key(|word| word.bounds.x0);
        }
        None => {
            let at = page.lines.iter().position(comes_after).unwrap_or(page.lines.len());
            page.lines.insert(at, PlacedLine { line, cell });
        }
    }
}

/// The words between the form's labels, and in the cells beside the labels of its tables.
fn stretches(pages: &[ReadPage], group: &[usize], forms: &[&Form]) -> Vec<Stretch> {
    let tokens = tokens(group.iter().map(|&index| (index, &pages[index])));
    let mut printed = vec![false; tokens.len()];
    let mut captions = Vec::new();
    if let Some(title) = header::title(&tokens, forms) {
        printed[..title.end].fill(true);
        let body = &tokens[title.end..];
        let slots = slots(title.form);
        for found in align(body, &slots) {
            printed[title.end + found.start..title.end + found.value.min(body.len())].fill(true);
        }
        captions = self::captions(title.form);
    }
    let mut printed = printed.into_iter();
    let mut out = Vec::new();
    for &page in group {
        for (line, placed) in pages[page].lines.iter().enumerate() {
            let own: Vec<bool> = match placed.cell {
                None => printed.by_ref().take(placed.line.words.len()).collect(),
                Some(cell) => vec![cell.column == 0; placed.line.words.len()],
            };
            let mut from = None;
            for (index, own) in own.iter().chain(std::iter::once(&true)).enumerate() {
                match (own, from) {
                    (false, None) => from = Some(index),
                    (true, Some(start)) => {
                        if !is_caption(&placed.line.words[start..index], &captions) {
                            out.push(Stretch { page, line, words: start..index });
                        }
                        from = None;
                    }
                    _ => {}
                }
            }
        }
    }
    out
}

/// The declarant's initial at the foot of a page (every page is signed): neither engine makes letters of it.
fn is_initial(image: &GrayImage, bounds: &Rect, first: &[Word], read: &[Word]) -> bool {
    let foot = bounds.y0 as f32 > FOOT.1 * image.height() as f32 && bounds.x0 as f32 > FOOT.0 * image.width() as f32;
    foot && first.iter().any(hesitates) && count_letters(read) <= 4 && mean_confidence(read) < SURE
}

/// What the form prints over the columns of its tables and where people sign, letters and digits only.
fn captions(form: &Form) -> Vec<String> {
    let columns = form.sections.iter().filter_map(|section| section.table.as_ref()).flat_map(|table| &table.columns);
    let signed = form.signatures.iter().flat_map(|one| [key_of(&one.heading), key_of(&one.instruction)]);
    columns.map(|column| key_of(&column.label)).chain(signed).filter(|key| !key.is_empty()).collect()
}

/// Words that are nothing but captions, or a line of one, surely read.
fn is_caption(words: &[Word], captions: &[String]) -> bool {
    let key: String = words.iter().map(|word| key_of(&word.text())).collect();
    let rest = captions.iter().fold(key.clone(), |rest, caption| rest.replace(caption.as_str(), ""));
    let surely_read = key.len() >= 4 && !words.iter().any(hesitates);
    surely_read && (rest.is_empty() || captions.iter().any(|caption| caption.contains(&key)))
}

fn reread_words(
    image: &GrayImage,
    letter: f32,
    line: &mut Line,
    words: Range<usize>,
    reader: &dyn LineReader,
    by_hand: bool,
) -> Result<(), RecogniseError> {
    let bounds = line.words[words.clone()].iter().map(|word| word.bounds).reduce(|a, b| a.union(&b));
    // The first recogniser's boxes may reach beyond the page.
    let Some(bounds) = bounds.and_then(|bounds| bounds.within(image.dimensions())) else {
        return Ok(());
    };
    let mut strip = strip(image, &bounds, letter);
    if let Some(before) = words.start.checked_sub(1) {
        strip.x0 = strip.x0.max(line.words[before].bounds.x1).min(bounds.x0);
    }
    if let Some(after) = line.words.get(words.end) {
        strip.x1 = strip.x1.min(after.bounds.x0).max(bounds.x1);
    }
    let pieces = pieces(image, strip, (bounds.y0, bounds.y1), letter, reader);
    let first = &line.words[words.clone()];
    let mut read = looks(&pieces, FIRST_BREADTH, reader)?;
    if !same_letters(first, &read) {
        let other = looks(&pieces, OTHER_BREADTH, reader)?;
        read = read.into_iter().zip(other).map(|(own, other)| settle(own, &other)).collect();
    }
    let read = words_of(&pieces, read);
    if is_initial(image, &bounds, first, &read) {
        line.words.drain(words);
        return Ok(());
    }
    if read.is_empty() {
        return Ok(());
    }
    let settled = if by_hand { agree(first, read) } else { agree(&read, first.to_vec()) };
    line.words.splice(words, settled);
    Ok(())
}

/// Every piece read once.
fn looks(pieces: &[Piece], breadth: f32, reader: &dyn LineReader) -> Result<Vec<Vec<Letter>>, RecogniseError> {
    pieces.iter().map(|piece| reader.read_line(&piece.view, breadth)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads "ab" wherever it is shown anything.
    struct Eye;

    impl LineReader for Eye {
        fn read_line(&self, strip: &GrayImage, _: f32) -> Result<Vec<Letter>, RecogniseError> {
            let half = strip.width() / 2;
            let letter = |text: &str, x0, x1| Letter {
                text: text.into(),
                bounds: Rect { x0, y0: 0, x1, y1: strip.height() },
                confidence: 0.99,
                choices: Vec::new(),
            };
            Ok(vec![letter("a", 0, half), letter("b", half, strip.width())])
        }

        fn widest(&self, _: u32) -> u32 {
            800
        }
    }

    fn word(text: &str, bounds: Rect) -> Word {
        let letter = |c: char| Letter { text: c.to_string(), bounds, confidence: 0.4, choices: Vec::new() };
        Word { letters: text.chars().map(letter).collect(), bounds, confidence: 0.4 }
    }

    fn page(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| image::Luma([if x % 20 < 8 && y % 60 < 20 { 0 } else { 255 }]))
    }

    #[test]
    fn boxes_beyond_the_page_are_cut_and_nothing_is_lost_of_those_outside() {
        let image = page(400, 120);
        for bounds in [
            Rect { x0: 300, y0: 55, x1: 900, y1: 900 },
            Rect { x0: 500, y0: 10, x1: 600, y1: 30 },
            Rect { x0: 10, y0: 200, x1: 90, y1: 230 },
            Rect { x0: 0, y0: 0, x1: 400, y1: 20 },
        ] {
            let mut line = Line { words: vec![word("xy", bounds), word("zu", bounds)], bounds };
            reread_words(&image, 20.0, &mut line, 1..2, &Eye, true).expect("never fails");
            assert_eq!(line.words[0].text(), "xy");
            assert!(line.words.len() >= 2, "{bounds:?}");
        }
    }

    #[test]
    fn a_passed_over_line_is_put_in_where_it_stands() {
        let line = |y: u32| {
            let bounds = Rect { x0: 10, y0: y, x1: 90, y1: y + 20 };
            PlacedLine { line: Line { words: vec![word("xy", bounds)], bounds }, cell: None }
        };
        let mut read = ReadPage {
            size: (400, 400),
            rotation: 0.0,
            dpi: 200.0,
            letter: 20.0,
            tables: Vec::new(),
            lines: vec![line(10), line(110)],
            bare_labels: 0,
        };
        let added = |x0: u32, y: u32| Line {
            words: vec![word("new", Rect { x0, y0: y, x1: x0 + 60, y1: y + 20 })],
            bounds: Rect { x0, y0: y, x1: x0 + 60, y1: y + 20 },
        };
        put_in(&mut read, added(10, 60), None);
        put_in(&mut read, added(200, 112), None);
        let texts: Vec<Vec<String>> =
            read.lines.iter().map(|placed| placed.line.words.iter().map(Word::text).collect()).collect();
        assert_eq!(texts, [vec!["xy"], vec!["new"], vec!["xy", "new"]]);
    }
}
