//! How far the lines of text lean.

use image::GrayImage;

/// Largest lean looked for, degrees.
const REACH: f32 = 6.0;
/// Points used; more do not sharpen the result.
const MAX_POINTS: usize = 200_000;
/// Pixels lighter than this are paper.
const FAINT: u8 = 230;

/// Slope of the text lines in radians, positive when they fall to the right. Precise to about 0.02°.
///
/// Rows of text, projected along the right slope, pile up into the sharpest profile (sum of squared counts).
pub fn slope(image: &GrayImage) -> f32 {
    let points = dark_points(image);
    if points.len() < 500 {
        return 0.0;
    }
    let height = image.height() as usize;
    let coarse = best(&points, height, 0.0, REACH, 0.3);
    let fine = best(&points, height, coarse, 0.3, 0.06);
    best(&points, height, fine, 0.06, 0.015).to_radians()
}

/// Ink and hairlines as (x, y, darkness). What is fainter counts less: on a page with little text its ruled lines tell the lean.
fn dark_points(image: &GrayImage) -> Vec<(f32, f32, u32)> {
    let (width, height) = image.dimensions();
    // The outermost strip holds shadows of the scanner lid and edges of the sheet, not text.
    let (left, top) = (width / 25, height / 30);
    let mut points = Vec::new();
    for y in top..height - top {
        for x in (left + y % 3..width - left).step_by(3) {
            let grey = image.get_pixel(x, y).0[0];
            if grey < FAINT {
                points.push((x as f32, y as f32, u32::from(255 - grey)));
            }
        }
    }
    let step = points.len().div_ceil(MAX_POINTS).max(1);
    points.into_iter().step_by(step).collect()
}

fn best(points: &[(f32, f32, u32)], height: usize, centre: f32, reach: f32, step: f32) -> f32 {
    let steps = (reach / step).round() as i32;
    (-steps..=steps)
        .map(|k| centre + k as f32 * step)
        .map(|degrees| (degrees, sharpness(points, height, degrees)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(centre, |(degrees, _)| degrees)
}

fn sharpness(points: &[(f32, f32, u32)], height: usize, degrees: f32) -> f64 {
    let slope = degrees.to_radians().tan();
    let mut rows = vec![0u32; 2 * height];
    let shift = height as f32 / 2.0;
    for &(x, y, darkness) in points {
        let row = (y - x * slope + shift) as usize;
        if let Some(count) = rows.get_mut(row) {
            *count += darkness;
        }
    }
    rows.iter().map(|&count| f64::from(count) * f64::from(count)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    fn lines_of_text(slope_degrees: f32) -> GrayImage {
        let tan = slope_degrees.to_radians().tan();
        let mut image = GrayImage::from_pixel(1600, 2200, Luma([255]));
        for line in 0..40 {
            for word in 0..12 {
                for dx in 0..70u32 {
                    let x = 200 + word * 100 + dx;
                    for dy in 0..18u32 {
                        if (dx / 6 + dy / 9) % 2 == 0 {
                            let y = 200.0 + line as f32 * 45.0 + dy as f32 + x as f32 * tan;
                            if (0.0..2199.0).contains(&y) {
                                image.put_pixel(x, y as u32, Luma([20]));
                            }
                        }
                    }
                }
            }
        }
        image
    }

    #[test]
    fn finds_the_lean_of_synthetic_pages() {
        for degrees in [-3.4, -2.2, -0.35, 0.0, 0.12, 1.07, 2.5, 3.6] {
            let found = slope(&lines_of_text(degrees)).to_degrees();
            assert!((found - degrees).abs() <= 0.05, "{degrees}° was read as {found}°");
        }
    }

    #[test]
    fn leaves_an_empty_page_alone() {
        assert_eq!(slope(&GrayImage::from_pixel(800, 1100, Luma([255]))), 0.0);
    }
}
