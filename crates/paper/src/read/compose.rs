//! Puts a page's text into one column for the recogniser: text outside tables as it stands, table cells below each other.
//!
//! The recogniser then has no layout to guess, and every line it finds belongs to one cell or to the running text.

use image::{GrayImage, Luma, imageops};

use super::clean::INK;
use super::components::Rect;
use super::ruling::Table;

/// Place of a table cell, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    pub table: usize,
    pub row: usize,
    pub column: usize,
}

/// A piece of the page and where it stands in the sheet.
#[derive(Debug, Clone)]
pub struct Piece {
    pub source: Rect,
    pub x: u32,
    pub y: u32,
    pub cell: Option<Cell>,
}

/// What the recogniser gets.
pub struct Sheet {
    pub image: GrayImage,
    pub pieces: Vec<Piece>,
    /// Row labels left out because nothing else stands in their rows: the form knows what they say.
    pub bare_labels: usize,
}

impl Sheet {
    /// The piece in which row `y` of the sheet lies.
    pub fn piece_at(&self, y: u32) -> Option<&Piece> {
        self.pieces.iter().rfind(|piece| piece.y <= y)
    }
}

/// Composes the sheet of a page whose rulings are lifted. `letter` is the letter height in pixels.
pub fn compose(page: &GrayImage, tables: &[Table], letter: f32) -> Sheet {
    let gap = (letter * 1.1) as u32;
    let mut pieces = Vec::new();
    let mut y = 0;
    let mut top = 0;
    let mut bare_labels = 0;
    let mut place = |source: Rect, x: u32, cell: Option<Cell>, y: &mut u32| {
        pieces.push(Piece { source, x, y: *y, cell });
        *y += source.height() + gap;
    };
    let (width, height) = page.dimensions();
    for (index, table) in tables.iter().enumerate() {
        let bounds = table.bounds();
        if bounds.y0 > top {
            place(Rect { x0: 0, y0: top, x1: width, y1: bounds.y0 }, 0, None, &mut y);
        }
        let grid = cells(page, table, letter);
        for (row, cells) in grid.iter().enumerate() {
            if is_bare_label(&grid, row) {
                bare_labels += 1;
                continue;
            }
            for (column, ink) in cells.iter().enumerate() {
                if let Some(ink) = ink {
                    place(*ink, bounds.x0, Some(Cell { table: index, row, column }), &mut y);
                }
            }
        }
        top = bounds.y1.min(height);
    }
    if top < height {
        place(Rect { x0: 0, y0: top, x1: width, y1: height }, 0, None, &mut y);
    }
    let mut image = GrayImage::from_pixel(width, y.max(1), Luma([255]));
    for piece in &pieces {
        let s = piece.source;
        let view = imageops::crop_imm(page, s.x0, s.y0, s.width(), s.height()).to_image();
        imageops::replace(&mut image, &view, i64::from(piece.x), i64::from(piece.y));
    }
    Sheet { image, pieces, bare_labels }
}

/// Ink of every cell, row by row.
fn cells(page: &GrayImage, table: &Table, letter: f32) -> Vec<Vec<Option<Rect>>> {
    let inside = |lines: &[u32], sides: &[u32]| Rect {
        x0: sides[0] + 2,
        y0: lines[0] + 2,
        x1: sides[1].max(sides[0] + 3) - 1,
        y1: lines[1].max(lines[0] + 3) - 1,
    };
    let row =
        |lines: &[u32]| table.columns.windows(2).map(|sides| ink_bounds(page, &inside(lines, sides), letter)).collect();
    table.rows.windows(2).map(row).collect()
}

/// A label with nothing beside it, and with no further entry of the same row below or on the next page.
fn is_bare_label(grid: &[Vec<Option<Rect>>], row: usize) -> bool {
    let label_only = |cells: &[Option<Rect>]| cells[0].is_some() && cells[1..].iter().all(Option::is_none);
    label_only(&grid[row]) && grid.get(row + 1).is_some_and(|next| next[0].is_some())
}

/// Bounds of the ink inside a cell with a little room around, or `None` for an empty cell.
fn ink_bounds(page: &GrayImage, cell: &Rect, letter: f32) -> Option<Rect> {
    let mut found: Option<Rect> = None;
    let mut dark = 0u32;
    for y in cell.y0..cell.y1.min(page.height()) {
        for x in cell.x0..cell.x1.min(page.width()) {
            if page.get_pixel(x, y).0[0] < INK {
                dark += 1;
                let dot = Rect { x0: x, y0: y, x1: x + 1, y1: y + 1 };
                found = Some(found.map_or(dot, |bounds| bounds.union(&dot)));
            }
        }
    }
    let bounds = found?;
    if (dark as f32) < letter * letter * 0.15 || (bounds.height() as f32) < letter * 0.15 {
        return None;
    }
    let room = (letter * 0.4) as u32;
    Some(Rect {
        x0: bounds.x0.saturating_sub(room).max(cell.x0),
        y0: bounds.y0.saturating_sub(room).max(cell.y0),
        x1: (bounds.x1 + room).min(cell.x1),
        y1: (bounds.y1 + room).min(cell.y1),
    })
}
