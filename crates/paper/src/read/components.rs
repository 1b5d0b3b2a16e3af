//! Connected dark regions of a page, as runs of pixels.

use image::GrayImage;
use serde::{Deserialize, Serialize};

/// Dark pixels `x0..x1` of row `y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub y: u32,
    pub x0: u32,
    pub x1: u32,
}

/// Pixels; `x1` and `y1` are exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rect {
    pub x0: u32,
    pub y0: u32,
    pub x1: u32,
    pub y1: u32,
}

impl Rect {
    pub fn width(&self) -> u32 {
        self.x1 - self.x0
    }

    pub fn height(&self) -> u32 {
        self.y1 - self.y0
    }

    /// The part inside an image of this size, if there is one.
    pub fn within(&self, (width, height): (u32, u32)) -> Option<Self> {
        let cut = Self { x0: self.x0, y0: self.y0, x1: self.x1.min(width), y1: self.y1.min(height) };
        (cut.x0 < cut.x1 && cut.y0 < cut.y1).then_some(cut)
    }

    pub fn union(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }
}

/// One connected region.
#[derive(Debug, Clone)]
pub struct Component {
    pub bounds: Rect,
    /// Dark pixels.
    pub area: u32,
    pub runs: Vec<Run>,
}

/// Runs of pixels darker than `threshold`, row by row.
pub fn dark_runs(image: &GrayImage, threshold: u8) -> Vec<Run> {
    let width = image.width() as usize;
    let mut runs = Vec::new();
    for (y, row) in image.as_raw().chunks_exact(width).enumerate() {
        let mut start = None;
        for (x, &value) in row.iter().enumerate() {
            match (value < threshold, start) {
                (true, None) => start = Some(x),
                (false, Some(from)) => {
                    runs.push(Run { y: y as u32, x0: from as u32, x1: x as u32 });
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            runs.push(Run { y: y as u32, x0: from as u32, x1: width as u32 });
        }
    }
    runs
}

/// Joins runs that touch (also diagonally) and lie at most `reach` rows apart. Runs come sorted by row, then column.
pub fn connect(runs: &[Run], reach: u32) -> Vec<Component> {
    let mut parent: Vec<usize> = (0..runs.len()).collect();
    let mut window = 0;
    for (index, run) in runs.iter().enumerate() {
        while runs[window].y + reach < run.y {
            window += 1;
        }
        for (earlier, other) in runs[..index].iter().enumerate().skip(window) {
            if other.y == run.y {
                break;
            }
            if other.x0 <= run.x1 && run.x0 <= other.x1 {
                let (a, b) = (root(&mut parent, earlier), root(&mut parent, index));
                parent[a.max(b)] = a.min(b);
            }
        }
    }
    let mut slots: Vec<Option<usize>> = vec![None; runs.len()];
    let mut components: Vec<Component> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let top = root(&mut parent, index);
        let bounds = Rect { x0: run.x0, y0: run.y, x1: run.x1, y1: run.y + 1 };
        match slots[top] {
            Some(slot) => {
                let component = &mut components[slot];
                component.bounds = component.bounds.union(&bounds);
                component.area += run.x1 - run.x0;
                component.runs.push(*run);
            }
            None => {
                slots[top] = Some(components.len());
                components.push(Component { bounds, area: run.x1 - run.x0, runs: vec![*run] });
            }
        }
    }
    components
}

fn root(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}
