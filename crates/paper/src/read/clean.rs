//! Makes a scan legible: even background, full contrast, straight lines of text, no signatures or stamps over them.

use image::{GrayImage, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, rotate_about_center};

use super::components::{Component, Rect, connect, dark_runs};
use super::skew;

/// Pixels darker than this are ink, after [`clean`].
pub const INK: u8 = 140;
/// Rotations smaller than this are left alone, radians (0.03°: a third of a pixel over a line of text).
const MIN_SKEW: f32 = 0.0005;

/// A page ready for line finding.
pub struct Clean {
    pub image: GrayImage,
    /// Clockwise rotation that was applied, radians.
    pub rotation: f32,
}

/// Flattens the background, straightens and stretches contrast. The size stays the same.
pub fn clean(page: &GrayImage) -> Clean {
    let mut image = flatten(page);
    let slope = skew::slope(&image);
    let rotation = if slope.abs() < MIN_SKEW { 0.0 } else { -slope };
    if rotation != 0.0 {
        image = rotate_about_center(&image, rotation, Interpolation::Bilinear, Border::Constant(Luma([255])));
    }
    stretch(&mut image);
    Clean { image, rotation }
}

/// Divides by the local background, so that paper is white everywhere.
pub fn flatten(page: &GrayImage) -> GrayImage {
    let (width, height) = page.dimensions();
    let block = (width / 64).max(8);
    let (columns, rows) = (width.div_ceil(block), height.div_ceil(block));
    let mut paper = block_levels(page, block, columns, rows);
    paper = neighbourhood(&paper, columns, rows, |values| values.iter().copied().fold(0.0, f32::max));
    paper = neighbourhood(&paper, columns, rows, |values| values.iter().sum::<f32>() / values.len() as f32);

    let mut out = GrayImage::new(width, height);
    let half = block as f32 / 2.0;
    for (y, (source, target)) in
        page.as_raw().chunks_exact(width as usize).zip(out.chunks_exact_mut(width as usize)).enumerate()
    {
        let v = ((y as f32 - half) / block as f32).clamp(0.0, (rows - 1) as f32);
        let (top, down) = (v as u32, v.fract());
        let bottom = (top + 1).min(rows - 1);
        let line: Vec<f32> = (0..columns)
            .map(|c| {
                let (a, b) = (paper[(top * columns + c) as usize], paper[(bottom * columns + c) as usize]);
                255.0 / (a + (b - a) * down).max(1.0)
            })
            .collect();
        for (x, (&value, place)) in source.iter().zip(target).enumerate() {
            let u = ((x as f32 - half) / block as f32).clamp(0.0, (columns - 1) as f32);
            let (left, along) = (u as usize, u.fract());
            let right = (left + 1).min(columns as usize - 1);
            let gain = line[left] + (line[right] - line[left]) * along;
            *place = (f32::from(value) * gain).min(255.0) as u8;
        }
    }
    out
}

/// Bright level (80th percentile) of each block: the paper between the letters.
fn block_levels(page: &GrayImage, block: u32, columns: u32, rows: u32) -> Vec<f32> {
    let (width, height) = page.dimensions();
    let raw = page.as_raw();
    let mut levels = Vec::with_capacity((columns * rows) as usize);
    for row in 0..rows {
        for column in 0..columns {
            let mut histogram = [0u32; 256];
            let mut count = 0;
            for y in (row * block..((row + 1) * block).min(height)).step_by(2) {
                let from = (y * width + column * block) as usize;
                let to = (y * width + ((column + 1) * block).min(width)) as usize;
                for &value in &raw[from..to] {
                    histogram[usize::from(value)] += 1;
                    count += 1;
                }
            }
            levels.push(f32::from(percentile(&histogram, count, 0.8)));
        }
    }
    levels
}

fn percentile(histogram: &[u32; 256], count: u32, share: f64) -> u8 {
    let wanted = (f64::from(count) * share) as u32;
    let mut seen = 0;
    for (value, &number) in histogram.iter().enumerate() {
        seen += number;
        if seen > wanted {
            return value as u8;
        }
    }
    255
}

fn neighbourhood(grid: &[f32], columns: u32, rows: u32, fold: impl Fn(&[f32]) -> f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(grid.len());
    for row in 0..rows {
        for column in 0..columns {
            let mut values = Vec::with_capacity(9);
            for r in row.saturating_sub(1)..=(row + 1).min(rows - 1) {
                for c in column.saturating_sub(1)..=(column + 1).min(columns - 1) {
                    values.push(grid[(r * columns + c) as usize]);
                }
            }
            out.push(fold(&values));
        }
    }
    out
}

/// Maps print to black and paper grain to white.
fn stretch(image: &mut GrayImage) {
    const PAPER: f32 = 235.0;
    const DARK: usize = 170;
    let mut histogram = [0u32; 256];
    for &value in image.as_raw() {
        histogram[usize::from(value)] += 1;
    }
    // The tenth darkest of the dark pixels: print, also on a page with little of it beside a large grey stamp.
    let mut dark = histogram;
    dark[DARK..].fill(0);
    let count: u32 = dark.iter().sum();
    let ink = f32::from(percentile(&dark, count, 0.1).min(140));
    let table: Vec<u8> =
        (0..=255).map(|value| ((value as f32 - ink) / (PAPER - ink) * 255.0).clamp(0.0, 255.0) as u8).collect();
    for value in image.iter_mut() {
        *value = table[usize::from(*value)];
    }
}

/// Median height of letter-like regions, pixels: about the x-height of the print.
pub fn letter_height(components: &[Component], dpi: f32) -> f32 {
    let mut heights: Vec<u32> = components
        .iter()
        .map(|component| component.bounds.height())
        .filter(|&height| height as f32 > 0.03 * dpi && (height as f32) < 0.3 * dpi)
        .collect();
    if heights.is_empty() {
        return 0.085 * dpi;
    }
    let middle = heights.len() / 2;
    *heights.select_nth_unstable(middle).1 as f32
}

/// Erases strokes far larger than letters: signatures, initials at the page foot, what is left of stamps.
/// Returns the letter height, pixels.
pub fn erase_strokes(image: &mut GrayImage, dpi: f32) -> f32 {
    let components = connect(&dark_runs(image, INK), 1);
    let letter = letter_height(&components, dpi);
    components.iter().filter(|component| is_stroke(component, letter)).for_each(|component| erase(image, component));
    letter
}

/// Whitens the grey ink of stamps, so that names printed under them stay legible. Rulings must be lifted before.
pub fn lift_stamps(image: &mut GrayImage, dpi: f32) {
    /// Stamp ink is darker than this, after contrast is stretched.
    const SHADE: u8 = 190;
    /// Smallest stamp, inches: far larger than letters.
    const SIZE: f32 = 0.5;
    let components = connect(&dark_runs(image, SHADE), 1);
    let stamps = components.iter().filter(|component| {
        let size = component.bounds.width().min(component.bounds.height()) as f32;
        size > SIZE * dpi && is_light(image, component)
    });
    let bounds: Vec<Rect> = stamps.map(|component| component.bounds).collect();
    for bounds in &bounds {
        lift_shade(image, bounds, dpi);
    }
}

/// Makes the ink of a stamp white where it is broader than the strokes of print, and keeps the print over it: divides by
/// the local level that remains when thin dark strokes are closed.
fn lift_shade(image: &mut GrayImage, bounds: &Rect, dpi: f32) {
    /// Half the width of the broadest strokes of print, inches.
    const STROKE: f32 = 0.018;
    /// Levels below this are shaded by the stamp.
    const SHADED: f32 = 205.0;
    /// Pixels lighter than this outside the shade are thin lines of the stamp or its edge.
    const LINE: f32 = 138.0;
    let reach = ((dpi * STROKE) as usize).max(2);
    let (width, height) = (bounds.width() as usize, bounds.height() as usize);
    let at = |x: usize, y: usize| (bounds.x0 + x as u32, bounds.y0 + y as u32);
    let mut level = vec![0u8; width * height];
    for y in 0..height {
        for x in 0..width {
            let (px, py) = at(x, y);
            level[y * width + x] = image.get_pixel(px, py).0[0];
        }
    }
    for fold in [u8::max as fn(u8, u8) -> u8, u8::min] {
        level = window(&level, width, height, reach, fold);
    }
    for y in 0..height {
        for x in 0..width {
            let (px, py) = at(x, y);
            let paper = f32::from(level[y * width + x].max(1));
            let pixel = image.get_pixel_mut(px, py);
            let value = f32::from(pixel.0[0]);
            // Print under translucent ink keeps about half the stamp's own level.
            let share = if paper < SHADED { (value / paper - 0.35) / 0.42 } else { value / LINE };
            pixel.0[0] = (share.clamp(0.0, 1.0) * 255.0) as u8;
        }
    }
}

/// Greatest or least value in a square of `reach` pixels around each pixel.
fn window(values: &[u8], width: usize, height: usize, reach: usize, fold: fn(u8, u8) -> u8) -> Vec<u8> {
    let line = |get: &dyn Fn(usize) -> u8, at: usize, length: usize| {
        (at.saturating_sub(reach)..(at + reach + 1).min(length)).map(get).reduce(fold).unwrap_or(255)
    };
    let mut rows = vec![0u8; values.len()];
    for y in 0..height {
        for x in 0..width {
            rows[y * width + x] = line(&|i| values[y * width + i], x, width);
        }
    }
    let mut out = vec![0u8; values.len()];
    for y in 0..height {
        for x in 0..width {
            out[y * width + x] = line(&|i| rows[i * width + x], y, height);
        }
    }
    out
}

fn is_stroke(component: &Component, letter: f32) -> bool {
    let (width, height) = (component.bounds.width() as f32, component.bounds.height() as f32);
    let fill = component.area as f32 / (width * height);
    (height > 3.2 * letter && width > 3.0 * letter) || (width > 10.0 * letter && height > 2.6 * letter && fill < 0.15)
}

/// Pixels darker than this are print, not the grey of a stamp.
const PRINT: u8 = 70;

/// A stamp is lighter than print; a signature is not.
fn is_light(image: &GrayImage, component: &Component) -> bool {
    let dark: usize = component
        .runs
        .iter()
        .map(|run| (run.x0..run.x1).filter(|&x| image.get_pixel(x, run.y).0[0] < PRINT).count())
        .sum();
    dark * 2 < component.area as usize
}

/// A light stroke (what is left of a stamp) loses its light pixels only, so the darker print under it stays.
fn erase(image: &mut GrayImage, component: &Component) {
    const FAINT: u8 = 115;
    let light = is_light(image, component);
    for run in &component.runs {
        for x in run.x0.saturating_sub(1)..(run.x1 + 1).min(image.width()) {
            let pixel = image.get_pixel_mut(x, run.y);
            if !light || pixel.0[0] >= FAINT {
                pixel.0[0] = 255;
            }
        }
    }
}
