//! Ruled lines: found, kept as geometry, erased before recognition (Tesseract loses the text of ruled tables otherwise).

use image::GrayImage;

use super::clean::INK;
use super::components::{Rect, Run, connect};
use super::faint;

/// Pixels darker than this may belong to a line: thin lines of a faded, straightened scan are grey.
const LINE_INK: u8 = 185;
/// Shortest horizontal line, inches: longer than a word of bold capitals.
const MIN_HORIZONTAL: f32 = 1.0;
/// Shortest vertical line, inches: taller than the tallest letter with marks, longer than the side of a stamp's ring.
const MIN_VERTICAL: f32 = 0.45;
/// Thickest line, inches.
const MAX_THICKNESS: f32 = 0.03;

/// A ruled table of one page: sorted borders of its columns and rows, pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<u32>,
    pub rows: Vec<u32>,
}

impl Table {
    pub fn bounds(&self) -> Rect {
        let edge =
            |list: &[u32], last: bool| *if last { list.last() } else { list.first() }.expect("a table has borders");
        Rect {
            x0: edge(&self.columns, false),
            y0: edge(&self.rows, false),
            x1: edge(&self.columns, true),
            y1: edge(&self.rows, true),
        }
    }
}

impl Table {
    /// Takes the columns of a table with the same sides, given as fractions of the page's width, when its own columns
    /// are among them.
    pub fn adopt(&mut self, reference: &[f32], page_width: f32) {
        const NEAR: f32 = 0.015;
        let same = |x: u32, fraction: f32| (x as f32 / page_width - fraction).abs() < NEAR;
        let ends =
            |x: Option<&u32>, fraction: Option<&f32>| matches!((x, fraction), (Some(&x), Some(&f)) if same(x, f));
        let sides = ends(self.columns.first(), reference.first()) && ends(self.columns.last(), reference.last());
        if sides && self.columns.iter().all(|&x| reference.iter().any(|&fraction| same(x, fraction))) {
            let own = std::mem::take(&mut self.columns);
            self.columns = reference
                .iter()
                .map(|&fraction| {
                    own.iter().copied().find(|&x| same(x, fraction)).unwrap_or((fraction * page_width) as u32)
                })
                .collect();
        }
    }
}

/// Finds the ruled lines, erases them and returns the tables they form, from top to bottom.
pub fn lift(image: &mut GrayImage, dpi: f32) -> Vec<Table> {
    let horizontal = lines(image, dpi, Direction::Horizontal);
    let vertical = lines(image, dpi, Direction::Vertical);
    let (mut across, mut upright) = (bounds(&horizontal), bounds(&vertical));
    let mut regions = regions(&across, &upright, dpi);
    // Of a table in hairlines, pixel by pixel often no more than a corner is found.
    if let Some(whole) = faint::table(image, dpi) {
        let (parts, apart): (Vec<Rect>, Vec<Rect>) =
            regions.into_iter().partition(|region| touch(region, &whole, near(dpi)));
        regions = apart;
        regions.push(parts.into_iter().fold(whole, |all, part| all.union(&part)));
    }
    let hair = |find: fn(&GrayImage, &Rect, f32) -> Vec<Rect>| {
        regions.iter().flat_map(|region| find(image, region, dpi)).collect::<Vec<Rect>>()
    };
    let (hair_across, hair_upright) = (hair(faint::horizontal), hair(faint::vertical));
    erase(image, &horizontal, Direction::Horizontal);
    erase(image, &vertical, Direction::Vertical);
    for line in hair_across.iter().chain(&hair_upright) {
        whiten(image, line);
    }
    across.extend(hair_across);
    upright.extend(hair_upright);
    tables(&across, &upright, dpi)
}

/// Where crossing lines say that a table stands.
fn regions(horizontal: &[Rect], vertical: &[Rect], dpi: f32) -> Vec<Rect> {
    groups(horizontal, vertical, dpi)
        .into_iter()
        .filter(|(across, upright)| !across.is_empty() && !upright.is_empty())
        .filter_map(|(across, upright)| across.into_iter().chain(upright).reduce(|a, b| a.union(&b)))
        .collect()
}

/// Takes a hairline out, but not the letters that stand on it.
fn whiten(image: &mut GrayImage, line: &Rect) {
    let room = |from: u32, to: u32, end: u32| from.saturating_sub(1)..(to + 1).min(end);
    let (xs, ys) = (room(line.x0, line.x1, image.width()), room(line.y0, line.y1, image.height()));
    for (x, y) in ys.flat_map(|y| xs.clone().map(move |x| (x, y))) {
        let pixel = image.get_pixel_mut(x, y);
        if pixel.0[0] >= INK {
            pixel.0[0] = 255;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Horizontal,
    Vertical,
}

struct Line {
    bounds: Rect,
    runs: Vec<Run>,
}

fn bounds(lines: &[Line]) -> Vec<Rect> {
    lines.iter().map(|line| line.bounds).collect()
}

/// Long thin dark regions. For vertical lines rows and columns are swapped in [`Run`] and put back in the bounds.
fn lines(image: &GrayImage, dpi: f32, direction: Direction) -> Vec<Line> {
    let min = match direction {
        Direction::Horizontal => MIN_HORIZONTAL,
        Direction::Vertical => MIN_VERTICAL,
    } * dpi;
    let runs = long_runs(image, min as u32, direction);
    connect(&runs, 2)
        .into_iter()
        .filter(|component| component.bounds.height() as f32 <= (MAX_THICKNESS * dpi).max(6.0))
        .map(|component| {
            let b = component.bounds;
            let bounds = match direction {
                Direction::Horizontal => b,
                Direction::Vertical => Rect { x0: b.y0, y0: b.x0, x1: b.y1, y1: b.x1 },
            };
            Line { bounds, runs: component.runs }
        })
        .collect()
}

/// Runs along `direction` at least `min` long in three neighbouring rows taken together (a line may lean by a pixel),
/// with breaks of three pixels forgiven.
fn long_runs(image: &GrayImage, min: u32, direction: Direction) -> Vec<Run> {
    const BREAK: u32 = 3;
    let (width, height) = image.dimensions();
    let (along, across) = match direction {
        Direction::Horizontal => (width, height),
        Direction::Vertical => (height, width),
    };
    let dark = |i: u32, j: u32| {
        let value = match direction {
            Direction::Horizontal => image.get_pixel(i, j),
            Direction::Vertical => image.get_pixel(j, i),
        };
        value.0[0] < LINE_INK
    };
    let mut current = vec![0u8; along as usize];
    let mut runs = Vec::new();
    let mut strips: [Vec<bool>; 3] = std::array::from_fn(|_| vec![false; along as usize]);
    for j in 0..across {
        let next = j + 1;
        if j == 0 {
            fill(&mut strips[0], |i| dark(i, 0));
        }
        fill(&mut strips[(next % 3) as usize], |i| next < across && dark(i, next));
        for (i, place) in current.iter_mut().enumerate() {
            *place = u8::from(strips[0][i] || strips[1][i] || strips[2][i]);
        }
        let mut start: Option<u32> = None;
        let mut last = 0;
        for (i, &on) in current.iter().enumerate() {
            let i = i as u32;
            if on == 1 {
                start.get_or_insert(i);
                last = i;
            } else if let Some(from) = start
                && i - last > BREAK
            {
                if last + 1 - from >= min {
                    runs.push(Run { y: j, x0: from, x1: last + 1 });
                }
                start = None;
            }
        }
        if let Some(from) = start
            && last + 1 - from >= min
        {
            runs.push(Run { y: j, x0: from, x1: last + 1 });
        }
    }
    runs
}

fn fill(strip: &mut [bool], dark: impl Fn(u32) -> bool) {
    strip.iter_mut().enumerate().for_each(|(i, place)| *place = dark(i as u32));
}

/// Whitens the lines. Where a letter crosses, its stroke is thicker than the line and only the line's rows are lost.
fn erase(image: &mut GrayImage, lines: &[Line], direction: Direction) {
    for run in lines.iter().flat_map(|line| &line.runs) {
        for i in run.x0..run.x1 {
            let (x, y) = match direction {
                Direction::Horizontal => (i, run.y),
                Direction::Vertical => (run.y, i),
            };
            image.get_pixel_mut(x, y).0[0] = 255;
        }
    }
}

/// Groups crossing lines into tables.
fn tables(horizontal: &[Rect], vertical: &[Rect], dpi: f32) -> Vec<Table> {
    let mut tables: Vec<Table> = groups(horizontal, vertical, dpi)
        .into_iter()
        .filter_map(|(across, upright)| table(&across, &upright, near(dpi)))
        .collect();
    tables.sort_by_key(|table| table.rows[0]);
    tables
}

fn near(dpi: f32) -> u32 {
    (0.03 * dpi).max(4.0) as u32
}

/// Lines that cross each other, directly or by others: (horizontal, vertical).
fn groups(horizontal: &[Rect], vertical: &[Rect], dpi: f32) -> Vec<(Vec<Rect>, Vec<Rect>)> {
    let all: Vec<Rect> = horizontal.iter().chain(vertical).copied().collect();
    let mut group: Vec<usize> = (0..all.len()).collect();
    for a in 0..horizontal.len() {
        for b in horizontal.len()..all.len() {
            if touch(&all[a], &all[b], near(dpi)) {
                let (from, to) = (group[b], group[a]);
                group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
            }
        }
    }
    let mut names = group.clone();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let members = |from: usize, to: usize| {
                (from..to).filter(|&index| group[index] == name).map(|index| all[index]).collect::<Vec<_>>()
            };
            (members(0, horizontal.len()), members(horizontal.len(), all.len()))
        })
        .collect()
}

fn touch(a: &Rect, b: &Rect, near: u32) -> bool {
    a.x0 <= b.x1 + near && b.x0 <= a.x1 + near && a.y0 <= b.y1 + near && b.y0 <= a.y1 + near
}

fn table(horizontal: &[Rect], vertical: &[Rect], near: u32) -> Option<Table> {
    let columns = cluster(vertical.iter().map(|line| ((line.x0 + line.x1) / 2, line.height())), near * 2);
    let (left, right) = (*columns.first()?, *columns.last()?);
    // A line under part of the heading (over two merged columns) does not end a row.
    let wide = horizontal.iter().filter(|line| f64::from(line.width()) >= 0.8 * f64::from(right - left));
    let mut rows = cluster(wide.map(|line| ((line.y0 + line.y1) / 2, line.width())), near * 2);
    open_ends(&mut rows, vertical, near);
    (columns.len() >= 3 && rows.len() >= 2).then_some(Table { columns, rows })
}

/// A row cut by the page's end has no line there; its upright lines show how far it goes.
fn open_ends(rows: &mut Vec<u32>, vertical: &[Rect], near: u32) {
    let (Some(top), Some(bottom)) =
        (vertical.iter().map(|line| line.y0).min(), vertical.iter().map(|line| line.y1).max())
    else {
        return;
    };
    if rows.first().is_some_and(|first| top + 3 * near < *first) {
        rows.insert(0, top);
    }
    if rows.last().is_some_and(|last| last + 3 * near < bottom) {
        rows.push(bottom);
    }
}

/// Positions closer than `near` become one, the longest line's.
fn cluster(lines: impl Iterator<Item = (u32, u32)>, near: u32) -> Vec<u32> {
    let mut lines: Vec<(u32, u32)> = lines.collect();
    lines.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::new();
    for (position, length) in lines {
        match out.last_mut() {
            Some(last) if position - last.0 <= near => {
                if length > last.1 {
                    *last = (position, length);
                }
            }
            _ => out.push((position, length)),
        }
    }
    out.into_iter().map(|(position, _)| position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn ruled(lean: f32) -> GrayImage {
        let mut image = GrayImage::from_pixel(1700, 2200, Luma([255]));
        let mut dot = |x: f32, y: f32| {
            for d in 0..3 {
                image.put_pixel((x - y * lean) as u32 + d, (y + x * lean) as u32, Luma([0]));
                image.put_pixel((x - y * lean) as u32, (y + x * lean) as u32 + d, Luma([0]));
            }
        };
        for y in [300.0, 380.0, 460.0, 700.0] {
            (200..1500).for_each(|x| dot(x as f32, y));
        }
        for x in [200.0, 700.0, 900.0, 1200.0, 1499.0] {
            (300..700).for_each(|y| dot(x, y as f32));
        }
        image
    }

    #[test]
    fn finds_and_erases_a_table_also_when_it_leans_a_little() {
        for lean in [0.0, 0.0009] {
            let mut image = ruled(lean);
            let tables = lift(&mut image, 200.0);
            assert_eq!(tables.len(), 1, "lean {lean}");
            assert_eq!((tables[0].columns.len(), tables[0].rows.len()), (5, 4), "lean {lean}: {:?}", tables[0]);
            let dark = image.as_raw().iter().filter(|&&value| value < LINE_INK).count();
            assert!(dark < 400, "lean {lean}: {dark} dark pixels left");
        }
    }

    #[test]
    fn a_lost_column_is_taken_from_the_same_table_elsewhere() {
        let reference = [0.15, 0.48, 0.56, 0.7, 0.9];
        let mut cut = Table { columns: vec![153, 482, 701, 899], rows: vec![10, 50] };
        cut.adopt(&reference, 1000.0);
        assert_eq!(cut.columns, [153, 482, 560, 701, 899]);
        let mut other = Table { columns: vec![300, 500, 899], rows: vec![10, 50] };
        other.adopt(&reference, 1000.0);
        assert_eq!(other.columns, [300, 500, 899]);
    }

    #[test]
    fn leaves_letters_alone() {
        let mut image = GrayImage::from_pixel(1700, 600, Luma([255]));
        for word in 0..10u32 {
            for letter in 0..8u32 {
                for y in 100..140 {
                    for x in 0..9 {
                        image.put_pixel(100 + word * 150 + letter * 14 + x, y, Luma([0]));
                    }
                }
            }
        }
        let before = image.clone();
        assert!(lift(&mut image, 200.0).is_empty());
        assert_eq!(image, before);
    }
}
