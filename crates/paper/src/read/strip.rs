//! One stretch of a line by itself: without the dots the form prints to write on, and without what reaches in from the lines
//! above and below.

use image::{GrayImage, imageops};

use super::clean::INK;
use super::components::{Component, Rect, connect, dark_runs};

/// Largest dot of a leader, in letter heights.
const DOT: f32 = 0.22;
/// Dots in a row from which they are a leader, not writing.
const LEADER: usize = 6;
/// Room above and below the ink, letter heights: the network was trained on lines with a little of it.
const ROOM: f32 = 0.45;

/// Cuts `place` out of a page. `core` is where the line's own letters stand, top and bottom on the page; what is cut is as
/// high as its ink with a little room. Returns it with its place, or `None` where nothing is written.
pub fn isolate(page: &GrayImage, place: Rect, core: (u32, u32), letter: f32) -> Option<(GrayImage, Rect)> {
    let mut view = imageops::crop_imm(page, place.x0, place.y0, place.width(), place.height()).to_image();
    let core = (core.0.saturating_sub(place.y0), core.1.saturating_sub(place.y0));
    let components = connect(&dark_runs(&view, INK), 1);
    let leaders = leader_rows(&components, letter);
    let (foreign, own): (Vec<&Component>, Vec<&Component>) = components
        .iter()
        .partition(|one| is_leader(one, &leaders, letter) || is_of_neighbours(&one.bounds, view.height(), core));
    let ink = own.iter().map(|one| one.bounds).reduce(|a, b| a.union(&b))?;
    for component in foreign {
        for run in &component.runs {
            for y in run.y.saturating_sub(1)..(run.y + 2).min(view.height()) {
                for x in run.x0.saturating_sub(1)..(run.x1 + 1).min(view.width()) {
                    if y == run.y || view.get_pixel(x, y).0[0] >= INK {
                        view.put_pixel(x, y, image::Luma([255]));
                    }
                }
            }
        }
    }
    let room = (letter * ROOM) as u32;
    let (y0, y1) = (ink.y0.saturating_sub(room), (ink.y1 + room).min(view.height()));
    let cut = imageops::crop_imm(&view, 0, y0, view.width(), y1 - y0).to_image();
    Some((cut, Rect { y0: place.y0 + y0, y1: place.y0 + y1, ..place }))
}

fn is_dot(one: &Component, letter: f32) -> bool {
    let size = letter * DOT;
    one.bounds.width() as f32 <= size && one.bounds.height() as f32 <= size
}

/// Heights at which dots stand in a row.
fn leader_rows(components: &[Component], letter: f32) -> Vec<u32> {
    let middle = |one: &Component| one.bounds.y0.midpoint(one.bounds.y1);
    let dots: Vec<u32> = components.iter().filter(|one| is_dot(one, letter)).map(middle).collect();
    dots.iter().copied().filter(|y| dots.iter().filter(|other| other.abs_diff(*y) <= 1).count() >= LEADER).collect()
}

fn is_leader(one: &Component, rows: &[u32], letter: f32) -> bool {
    is_dot(one, letter) && rows.contains(&one.bounds.y0.midpoint(one.bounds.y1))
}

/// Cut by the edge above or below, and mostly outside the line's own letters.
fn is_of_neighbours(bounds: &Rect, height: u32, core: (u32, u32)) -> bool {
    let middle = bounds.y0.midpoint(bounds.y1);
    (bounds.y0 == 0 && middle < core.0) || (bounds.y1 == height && middle >= core.1)
}
