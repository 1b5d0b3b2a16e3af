//! Makes scans of typed or filled-in sample declarations: `paper-scan FOLDER [SEED]` turns every `NAME.typed.pdf` of a folder
//! into `NAME.pdf`, one JPEG a page, as worn as the class in `NAME.json` says. The same seed gives the same scans.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, Luma, imageops};
use imageproc::drawing::{draw_antialiased_line_segment_mut, draw_hollow_circle_mut};
use imageproc::geometric_transformations::{Border, Interpolation, rotate_about_center};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;

/// How worn the scans of a class are; ranges are drawn from for every document.
struct Wear {
    dpi: u32,
    /// Degrees either way.
    skew: f32,
    /// Grey of the paper and of ink, 0–255.
    paper: std::ops::RangeInclusive<u8>,
    ink: std::ops::RangeInclusive<u8>,
    /// Spread of the noise, grey levels.
    noise: f32,
    /// Blur, pixels; none at 0.
    blur: f32,
    /// How much of the page behind shows through, 0–1.
    through: f32,
    /// Darker towards one side, grey levels.
    shade: f32,
    stamp: bool,
    initials: bool,
    quality: u8,
}

fn wear(class: &str) -> Result<Wear> {
    let clean = Wear {
        dpi: 300,
        skew: 0.0,
        paper: 255..=255,
        ink: 0..=20,
        noise: 0.0,
        blur: 0.0,
        through: 0.0,
        shade: 0.0,
        stamp: false,
        initials: false,
        quality: 90,
    };
    Ok(match class {
        "clean" => clean,
        "scan" => Wear {
            dpi: 200,
            skew: 0.8,
            paper: 225..=245,
            ink: 20..=60,
            noise: 5.0,
            shade: 8.0,
            stamp: true,
            initials: true,
            quality: 80,
            ..clean
        },
        "poor" => Wear {
            dpi: 170,
            skew: 2.5,
            paper: 185..=215,
            ink: 70..=115,
            noise: 8.0,
            blur: 0.6,
            through: 0.12,
            shade: 20.0,
            stamp: true,
            initials: true,
            quality: 65,
        },
        "hand" => Wear {
            dpi: 250,
            skew: 1.0,
            paper: 225..=250,
            ink: 15..=50,
            noise: 5.0,
            through: 0.05,
            shade: 8.0,
            initials: true,
            quality: 80,
            ..clean
        },
        other => anyhow::bail!("unknown class {other}"),
    })
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().context("usage: paper-scan FOLDER [SEED]")?);
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let mut typed: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<_>>()?;
    typed.retain(|path| path.to_string_lossy().ends_with(".typed.pdf"));
    typed.sort();
    ensure!(!typed.is_empty(), "no NAME.typed.pdf in {}", folder.display());
    for (index, path) in typed.iter().enumerate() {
        scan(path, &mut StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(index as u64)))
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn scan(typed: &Path, luck: &mut StdRng) -> Result<()> {
    let base = typed.with_extension("").with_extension("");
    let truth_path = base.with_extension("json");
    let mut truth: Value = serde_json::from_slice(&std::fs::read(&truth_path)?)?;
    let wear = wear(truth["class"].as_str().context("no class")?)?;
    let pages = drawn(typed, wear.dpi)?;
    let (paper, ink) = (luck.random_range(wear.paper.clone()), luck.random_range(wear.ink.clone()));
    let last = pages.len() - 1;
    let worn: Vec<Vec<u8>> = pages
        .iter()
        .enumerate()
        .map(|(index, page)| {
            let behind = pages.get(index + 1).or(index.checked_sub(1).map(|before| &pages[before]));
            let mut page = page.clone();
            if wear.initials && index < last {
                initials(&mut page, wear.dpi, luck);
            }
            if wear.stamp && index == last {
                stamp(&mut page, wear.dpi, luck);
            }
            let page = worn(page, behind, &wear, (paper, ink), luck);
            let mut bytes = Vec::new();
            page.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, wear.quality))?;
            Ok(bytes)
        })
        .collect::<Result<_>>()?;
    let (width, height) = pages[0].dimensions();
    std::fs::write(base.with_extension("pdf"), images_pdf(&worn, (width, height), wear.dpi)?)?;
    truth["pages"] = pages.len().into();
    truth["dpi"] = wear.dpi.into();
    std::fs::write(truth_path, format!("{}\n", serde_json::to_string_pretty(&truth)?))?;
    std::fs::remove_file(typed)?;
    Ok(())
}

/// The pages as a clean print.
fn drawn(typed: &Path, dpi: u32) -> Result<Vec<GrayImage>> {
    let folder = tempfile::tempdir()?;
    let status = Command::new("pdftoppm")
        .args(["-gray", "-png", "-r", &dpi.to_string()])
        .arg(typed)
        .arg(folder.path().join("page"))
        .status()?;
    ensure!(status.success(), "pdftoppm: {status}");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder.path())?.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    files.iter().map(|file| Ok(image::open(file)?.to_luma8())).collect()
}

fn worn(
    page: GrayImage,
    behind: Option<&GrayImage>,
    wear: &Wear,
    (paper, ink): (u8, u8),
    luck: &mut StdRng,
) -> GrayImage {
    let mut page = page;
    if let Some(behind) = behind.filter(|_| wear.through > 0.0) {
        let mirrored = imageops::fast_blur(&imageops::flip_horizontal(behind), 1.5);
        for (x, y, pixel) in page.enumerate_pixels_mut() {
            let shadow = f32::from(255 - mirrored.get_pixel(x, y).0[0]) * wear.through;
            pixel.0[0] = pixel.0[0].saturating_sub(shadow as u8);
        }
    }
    if wear.skew > 0.0 {
        let angle = luck.random_range(-wear.skew..=wear.skew).to_radians();
        page = rotate_about_center(&page, angle, Interpolation::Bilinear, Border::Constant(Luma([255])));
    }
    if wear.blur > 0.0 {
        page = imageops::fast_blur(&page, wear.blur);
    }
    let (width, lean) = (page.width() as f32, luck.random_range(-1.0..=1.0f32));
    for (x, _, pixel) in page.enumerate_pixels_mut() {
        let darkness = f32::from(255 - pixel.0[0]) / 255.0;
        let ground = f32::from(paper) - wear.shade * (0.5 + lean * (x as f32 / width - 0.5));
        // The sum of three even draws is close to a bell.
        let noise: f32 = (0..3).map(|_| luck.random_range(-1.0..=1.0f32)).sum::<f32>() * wear.noise;
        let grey = ground + (f32::from(ink) - ground) * darkness + noise;
        pixel.0[0] = grey.clamp(0.0, 255.0) as u8;
    }
    page
}

/// The declarant signs every page.
fn initials(page: &mut GrayImage, dpi: u32, luck: &mut StdRng) {
    let inch = dpi as f32;
    let (mut x, mut y) = (page.width() as f32 - 1.3 * inch, page.height() as f32 - 0.9 * inch);
    for _ in 0..9 {
        let (nx, ny) = (x + luck.random_range(-0.04..0.14) * inch, y + luck.random_range(-0.15..0.15) * inch);
        for thick in 0..(dpi / 90) as i32 {
            let from = (x as i32, y as i32 + thick);
            draw_antialiased_line_segment_mut(
                page,
                from,
                (nx as i32, ny as i32 + thick),
                Luma([30]),
                |a, b, weight| Luma([(f32::from(a.0[0]) * weight + f32::from(b.0[0]) * (1.0 - weight)) as u8]),
            );
        }
        (x, y) = (nx, ny.clamp(page.height() as f32 - 1.1 * inch, page.height() as f32 - 0.6 * inch));
    }
}

/// A round seal over the receiver's signature, grey as a red one comes out.
fn stamp(page: &mut GrayImage, dpi: u32, luck: &mut StdRng) {
    let inch = dpi as f32;
    let center = (
        (page.width() as f32 * luck.random_range(0.22..0.34)) as i32,
        (page.height() as f32 * luck.random_range(0.3..0.8)) as i32,
    );
    let radius = (0.7 * inch) as i32;
    let mut ring = page.clone();
    for thick in 0..(dpi / 40) as i32 {
        draw_hollow_circle_mut(&mut ring, center, radius - thick, Luma([150]));
        draw_hollow_circle_mut(&mut ring, center, (radius * 2) / 3 - thick / 3, Luma([150]));
    }
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        pixel.0[0] = pixel.0[0].min(ring.get_pixel(x, y).0[0]);
    }
}

/// A PDF (ISO 32000-1) of one grey JPEG on each page.
fn images_pdf(pages: &[Vec<u8>], (width, height): (u32, u32), dpi: u32) -> Result<Vec<u8>> {
    let points = |pixels: u32| pixels as f32 * 72.0 / dpi as f32;
    let (w, h) = (points(width), points(height));
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 3 + page * 3)).collect();
    let mut object = |out: &mut Vec<u8>, body: &[u8]| -> Result<()> {
        places.push(out.len());
        writeln!(out, "{} 0 obj", places.len())?;
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
        Ok(())
    };
    object(&mut out, b"<</Type/Catalog/Pages 2 0 R>>")?;
    object(&mut out, format!("<</Type/Pages/Count {}/Kids[{}]>>", pages.len(), kids.join(" ")).as_bytes())?;
    for (index, jpeg) in pages.iter().enumerate() {
        let first = 3 + index * 3;
        let page = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {w} {h}]/Contents {} 0 R/Resources<</XObject<</I {} 0 R>>>>>>",
            first + 1,
            first + 2
        );
        object(&mut out, page.as_bytes())?;
        let paint = format!("q {w} 0 0 {h} 0 0 cm /I Do Q");
        object(&mut out, format!("<</Length {}>>stream\n{paint}\nendstream", paint.len()).as_bytes())?;
        let head = format!(
            "<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode/Length {}>>stream\n",
            jpeg.len()
        );
        object(&mut out, &[head.as_bytes(), jpeg, b"\nendstream"].concat())?;
    }
    let table = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1)?;
    for place in &places {
        writeln!(out, "{place:010} 00000 n ")?;
    }
    write!(out, "trailer<</Size {}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n", places.len() + 1)?;
    Ok(out)
}
