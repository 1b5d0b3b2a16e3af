//! Lines too faint to be told pixel by pixel: a hairline of a worn scan is hardly darker than the paper's noise, but it is darker
//! all along. Looked for only where stronger lines say that a table stands.

use std::ops::Range;

use image::GrayImage;

use super::clean::INK;
use super::components::Rect;

/// A line is no thicker than twice this, inches; so far off the paper is looked at beside it.
const REACH: f32 = 0.025;
/// Length of the stretches that are looked at one by one, inches: noise averages out, and text has blanks of this length.
const STRETCH: f32 = 0.2;
/// Fewest stretches that can tell a line from a row of letters.
const FEWEST: u32 = 5;
/// How much darker than the paper on both sides a stretch of line is, grey levels of 255.
const DEPTH: f32 = 4.0;
/// Share of the stretches that must be darker.
const ALONG: f32 = 0.85;

/// Fewest lines through the whole width of a page that make a table of hairlines alone.
const LINES: usize = 3;

/// Where a table stands whose lines are all too faint: hairlines through the whole width of what is printed on the page.
pub fn table(image: &GrayImage, dpi: f32) -> Option<Rect> {
    let (x0, x1) = printed_width(image)?;
    let lines = horizontal(image, &Rect { x0, y0: 0, x1, y1: image.height() }, dpi);
    let (first, last) = (lines.first()?, lines.last()?);
    (lines.len() >= LINES).then_some(Rect { x0, y0: first.y0, x1, y1: last.y1 })
}

/// Left and right end of the ink, without the specks beyond.
fn printed_width(image: &GrayImage) -> Option<(u32, u32)> {
    let (width, height) = image.dimensions();
    let dark = |x: u32| (0..height).filter(|&y| image.get_pixel(x, y).0[0] < INK).count() as u64;
    let columns: Vec<u64> = (0..width).map(dark).collect();
    let all: u64 = columns.iter().sum();
    let mut seen = 0;
    let mut at = columns.iter().map(|count| {
        seen += count;
        seen
    });
    let x0 = at.position(|seen| seen * 500 > all)?;
    let x1 = x0 + 1 + at.position(|seen| seen * 500 >= all * 499)?;
    (x1 > x0 + 1).then_some((x0 as u32, x1 as u32 + 1))
}

/// Horizontal lines that run through the whole of `region`, one pixel high, from top to bottom.
pub fn horizontal(image: &GrayImage, region: &Rect, dpi: f32) -> Vec<Rect> {
    let grey = |along: u32, across: u32| image.get_pixel(along, across).0[0];
    let across = widened(region.y0, region.y1, image.height(), dpi);
    let line = |y: u32| Rect { y0: y, y1: y + 1, ..*region };
    ridges(grey, region.x0..region.x1, across, dpi).into_iter().map(line).collect()
}

/// Vertical lines that run through the whole of `region`, one pixel wide, from left to right.
pub fn vertical(image: &GrayImage, region: &Rect, dpi: f32) -> Vec<Rect> {
    let grey = |along: u32, across: u32| image.get_pixel(across, along).0[0];
    let across = widened(region.x0, region.x1, image.width(), dpi);
    let line = |x: u32| Rect { x0: x, x1: x + 1, ..*region };
    ridges(grey, region.y0..region.y1, across, dpi).into_iter().map(line).collect()
}

/// The outermost lines stand on the edge of a region, or a little beyond the letters it was told by.
fn widened(from: u32, to: u32, end: u32, dpi: f32) -> Range<u32> {
    let room = 6 * reach(dpi);
    from.saturating_sub(room)..(to + room).min(end)
}

fn reach(dpi: f32) -> u32 {
    (REACH * dpi).round().max(3.0) as u32
}

fn ridges(grey: impl Fn(u32, u32) -> u8, along: Range<u32>, across: Range<u32>, dpi: f32) -> Vec<u32> {
    let reach = reach(dpi) as usize;
    let count = (along.len() as f32 / (STRETCH * dpi)) as u32;
    if count < FEWEST || across.len() <= 2 * reach + 2 {
        return Vec::new();
    }
    let stretches: Vec<Vec<f32>> = (0..count)
        .map(|number| {
            let part = |n: u32| along.start + (along.len() as u64 * u64::from(n) / u64::from(count)) as u32;
            let (from, to) = (part(number), part(number + 1));
            across.clone().map(|at| bright((from..to).map(|i| grey(i, at)))).collect()
        })
        .collect();
    let dip = |levels: &Vec<f32>, at: usize| {
        let line = levels[at - 1].min(levels[at]).min(levels[at + 1]);
        levels[at - reach].min(levels[at + reach]) - line
    };
    // (place, how deep) where nearly every stretch is darker than both sides.
    let mut found: Vec<(usize, f32)> = Vec::new();
    for at in reach..across.len() - reach {
        let dips: Vec<f32> = stretches.iter().map(|levels| dip(levels, at)).collect();
        let dark = dips.iter().filter(|dip| **dip >= DEPTH).count();
        if (dark as f32) < ALONG * count as f32 {
            continue;
        }
        let depth: f32 = stretches.iter().map(|levels| levels[at - reach].min(levels[at + reach]) - levels[at]).sum();
        match found.last_mut() {
            Some(last) if at - last.0 <= 2 * reach => {
                if depth > last.1 {
                    *last = (at, depth);
                }
            }
            _ => found.push((at, depth)),
        }
    }
    found.into_iter().map(|(at, _)| across.start + at as u32).collect()
}

/// Grey of the brighter part of a stretch: a line is dark all along, letters leave most of their row white.
fn bright(greys: impl Iterator<Item = u8>) -> f32 {
    let mut counts = [0u32; 256];
    let mut all = 0;
    for grey in greys {
        counts[usize::from(grey)] += 1;
        all += 1;
    }
    // A mean over some of them: a single one would jump with the noise.
    let (from, to) = ((all as f32 * 0.6) as u32, (all as f32 * 0.85).ceil() as u32);
    let (mut below, mut sum, mut taken) = (0, 0.0, 0);
    for (grey, count) in counts.iter().enumerate() {
        let inside = (below + count).min(to).saturating_sub(below.max(from));
        sum += inside as f32 * grey as f32;
        taken += inside;
        below += count;
    }
    if taken == 0 { 255.0 } else { sum / taken as f32 }
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    /// White paper with even noise of ±20 grey levels that any seed gives again.
    fn paper(width: u32, height: u32) -> GrayImage {
        let mut state = 1u32;
        GrayImage::from_fn(width, height, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Luma([(225 + (state >> 24) % 31) as u8])
        })
    }

    fn darken(image: &mut GrayImage, x: Range<u32>, y: Range<u32>, by: u8) {
        for (x, y) in x.flat_map(|x| y.clone().map(move |y| (x, y))) {
            let pixel = image.get_pixel_mut(x, y);
            pixel.0[0] = pixel.0[0].saturating_sub(by);
        }
    }

    #[test]
    fn a_hairline_no_darker_than_the_noise_is_found_and_text_is_not() {
        let region = Rect { x0: 100, y0: 100, x1: 1300, y1: 600 };
        let mut image = paper(1400, 700);
        // Letters: strokes with blanks between words, in two rows, and a row that fills the width.
        for (row, to) in [(160u32, 700u32), (300, 500), (420, 1290)] {
            for x in (110..to).step_by(11) {
                if (x / 11) % 6 != 5 {
                    darken(&mut image, x..x + 4, row..row + 20, 200);
                    darken(&mut image, x..x + 7, row + 9..row + 11, 200);
                }
            }
        }
        assert_eq!(horizontal(&image, &region, 170.0), []);
        darken(&mut image, 100..1300, 250..252, 20);
        darken(&mut image, 1298..1300, 100..600, 20);
        let rows: Vec<u32> = horizontal(&image, &region, 170.0).iter().map(|line| line.y0).collect();
        assert!(rows.len() == 1 && (249..=252).contains(&rows[0]), "{rows:?}");
        let columns: Vec<u32> = vertical(&image, &region, 170.0).iter().map(|line| line.x0).collect();
        assert!(columns.len() == 1 && (1297..=1300).contains(&columns[0]), "{columns:?}");
    }

    #[test]
    fn a_table_of_hairlines_alone_is_found() {
        let mut image = paper(1400, 900);
        // A line of text gives the printed width.
        for x in (100..1300).step_by(9) {
            darken(&mut image, x..x + 5, 60..80, 220);
        }
        assert_eq!(table(&image, 170.0), None);
        for y in [200u32, 320, 480, 700] {
            darken(&mut image, 100..1300, y..y + 2, 20);
        }
        let found = table(&image, 170.0).expect("four lines");
        assert!(found.x0.abs_diff(100) < 10 && found.x1.abs_diff(1300) < 10, "{found:?}");
        assert!(found.y0.abs_diff(200) < 3 && found.y1.abs_diff(702) < 3, "{found:?}");
    }

    #[test]
    fn half_a_line_is_none() {
        let mut image = paper(1400, 700);
        darken(&mut image, 100..700, 250..252, 60);
        assert_eq!(horizontal(&image, &Rect { x0: 100, y0: 100, x1: 1300, y1: 600 }, 170.0), []);
    }
}
