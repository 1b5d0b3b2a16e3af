//! Reading pages: clean and lift rulings; when all are known, compose, recognise, and put every word back to its place.

use image::GrayImage;
use image::imageops::{self, FilterType};

use super::clean::{clean, erase_strokes, lift_stamps};
use super::components::Rect;
use super::compose::{Cell, compose};
use super::limits::Limits;
use super::recognise::{Arrangement, Line, RecogniseError, Recogniser};
use super::ruling::{Table, lift};
use super::spacing;

/// A line of text with its place.
#[derive(Debug, Clone)]
pub struct PlacedLine {
    /// Bounds are pixels of the straightened page.
    pub line: Line,
    pub cell: Option<Cell>,
}

/// What was read on a page.
pub struct ReadPage {
    /// Width and height of the straightened page, pixels.
    pub size: (u32, u32),
    /// Clockwise rotation from the upright page to the straightened one, radians.
    pub rotation: f32,
    pub dpi: f32,
    /// Median height of small letters, pixels.
    pub letter: f32,
    pub tables: Vec<Table>,
    pub lines: Vec<PlacedLine>,
    /// Row labels that stand in tables but were not read, because nothing else stands in their rows.
    pub bare_labels: usize,
}

/// Print smaller than this many dots per inch is enlarged before recognition.
const SMALL_DPI: f32 = 140.0;
const TARGET_DPI: f32 = 200.0;
/// Larger scans are reduced: the engine works at a fixed letter height, and the rest costs by the pixel.
const LARGE_DPI: f32 = 240.0;

/// A page ready for recognition.
pub struct Prepared {
    /// Upright, straight and clean, without ruled lines.
    pub image: GrayImage,
    rotation: f32,
    dpi: f32,
    letter: f32,
    tables: Vec<Table>,
}

#[cfg(test)]
impl Prepared {
    /// A page that needed no cleaning and holds no table.
    pub fn plain(image: GrayImage) -> Self {
        Self { image, rotation: 0.0, dpi: TARGET_DPI, letter: 20.0, tables: Vec::new() }
    }
}

/// Straightens and cleans an upright page and finds its tables.
pub fn prepare(page: &GrayImage, dpi: f32) -> Prepared {
    let (resized, dpi) = resize(page, dpi);
    let cleaned = clean(resized.as_ref().unwrap_or(page));
    let mut image = cleaned.image;
    let tables = lift(&mut image, dpi);
    lift_stamps(&mut image, dpi);
    let letter = erase_strokes(&mut image, dpi);
    Prepared { image, rotation: cleaned.rotation, dpi, letter, tables }
}

/// Gives tables that lost a faint upright line the columns of the same table on another page.
pub fn reconcile(pages: &mut [Prepared]) {
    let all = pages.iter().flat_map(|page| page.tables.iter().map(|table| (table, page.image.width())));
    let Some((fullest, width)) = all.max_by_key(|(table, _)| table.columns.len()) else { return };
    let reference: Vec<f32> = fullest.columns.iter().map(|&x| x as f32 / width as f32).collect();
    for page in pages {
        let width = page.image.width() as f32;
        for table in page.tables.iter_mut().filter(|table| table.columns.len() < reference.len()) {
            table.adopt(&reference, width);
        }
    }
}

/// Reads a prepared page.
pub fn recognise(page: &Prepared, engine: &dyn Recogniser, limits: &Limits) -> Result<ReadPage, RecogniseError> {
    let Prepared { image, rotation, dpi, letter, tables } = page;
    let (rotation, dpi, letter) = (*rotation, *dpi, *letter);
    let sheet = compose(image, tables, letter);
    let lines = engine.read(&sheet.image, Arrangement::Column, dpi, limits.page_time)?;
    let lines = lines
        .into_iter()
        .filter_map(|line| {
            let piece = sheet.piece_at((line.bounds.y0 + line.bounds.y1) / 2)?;
            let mut line = shift(
                line,
                i64::from(piece.source.x0) - i64::from(piece.x),
                i64::from(piece.source.y0) - i64::from(piece.y),
            );
            spacing::split_joined_words(&mut line, image);
            Some(PlacedLine { line, cell: piece.cell })
        })
        .collect();
    let size = image.dimensions();
    Ok(ReadPage { size, rotation, dpi, letter, tables: tables.clone(), lines, bare_labels: sheet.bare_labels })
}

fn resize(page: &GrayImage, dpi: f32) -> (Option<GrayImage>, f32) {
    let factor = TARGET_DPI / dpi.max(20.0);
    let (width, height) = ((page.width() as f32 * factor) as u32, (page.height() as f32 * factor) as u32);
    let resized = match dpi {
        dpi if dpi < SMALL_DPI => imageops::resize(page, width, height, FilterType::CatmullRom),
        dpi if dpi > LARGE_DPI => imageops::thumbnail(page, width, height),
        _ => return (None, dpi),
    };
    (Some(resized), TARGET_DPI)
}

fn shift(mut line: Line, dx: i64, dy: i64) -> Line {
    let moved = |r: Rect| {
        let add = |value: u32, by: i64| (i64::from(value) + by).max(0) as u32;
        Rect { x0: add(r.x0, dx), y0: add(r.y0, dy), x1: add(r.x1, dx), y1: add(r.y1, dy) }
    };
    line.bounds = moved(line.bounds);
    for word in &mut line.words {
        word.bounds = moved(word.bounds);
        for letter in &mut word.letters {
            letter.bounds = moved(letter.bounds);
        }
    }
    line
}

impl ReadPage {
    /// A box of the straightened page as fractions [x, y, width, height] of the upright page.
    pub fn fraction(&self, r: &Rect) -> [f64; 4] {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let (cx, cy) = (f64::from(r.x0 + r.x1) / 2.0 - width / 2.0, f64::from(r.y0 + r.y1) / 2.0 - height / 2.0);
        let (sin, cos) = f64::from(-self.rotation).sin_cos();
        let (x, y) = (cx * cos - cy * sin + width / 2.0, cx * sin + cy * cos + height / 2.0);
        let (w, h) = (f64::from(r.width()), f64::from(r.height()));
        let lean = f64::from(self.rotation).tan().abs();
        let (w, h) = (w + h * lean, h + w * lean);
        let round = |value: f64| (value.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0;
        [round((x - w / 2.0) / width), round((y - h / 2.0) / height), round(w / width), round(h / height)]
    }
}
