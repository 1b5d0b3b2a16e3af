//! A file becomes upright page images, one at a time, within [`Limits`].
//!
//! The type is told by content, never by name. Dimensions are checked before pixels are decoded.

use std::io::Cursor;
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader};

use super::limits::Limits;
use super::pdf::PdfSource;
use super::refusal::Refusal;
use super::tiff_pages::TiffSource;

/// One page as scanned: upright (page rotation and EXIF orientation applied), grey.
pub struct Page {
    pub image: GrayImage,
    /// Dots per inch, from the page size when the file tells it, else assuming the width of A4.
    pub dpi: f32,
}

/// Width of an A4 page, inches; declarations are printed on A4 (Nghị định 30/2020/NĐ-CP, Phụ lục I).
const A4_WIDTH_INCH: f32 = 8.27;
const A4_HEIGHT_INCH: f32 = 11.69;

/// An opened file.
pub enum Source {
    Pdf(Box<PdfSource>),
    Tiff(TiffSource),
    Still(Vec<u8>),
}

impl Source {
    /// Opens a file: size, type, page count. Decodes no page.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, Refusal> {
        let size = std::fs::metadata(path).map_err(|_| Refusal::Storage)?.len();
        check_size(size, limits)?;
        let bytes = std::fs::read(path).map_err(|_| Refusal::Storage)?;
        Self::from_bytes(bytes, limits)
    }

    /// The same for bytes already in memory.
    pub fn from_bytes(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Refusal> {
        check_size(bytes.len() as u64, limits)?;
        let source = match sniff(&bytes) {
            Kind::Pdf => Self::Pdf(Box::new(PdfSource::open(bytes, limits)?)),
            Kind::Tiff => Self::Tiff(TiffSource::open(bytes)?),
            Kind::Still => Self::Still(bytes),
            Kind::Executable => return Err(Refusal::Executable),
            Kind::Unknown => return Err(Refusal::NotADocument),
        };
        match source.page_count() {
            0 => Err(Refusal::NoPages),
            pages if pages > limits.max_pages => Err(Refusal::TooManyPages { pages, limit: limits.max_pages }),
            _ => Ok(source),
        }
    }

    pub fn page_count(&self) -> usize {
        match self {
            Self::Pdf(pdf) => pdf.page_count(),
            Self::Tiff(tiff) => tiff.page_count(),
            Self::Still(_) => 1,
        }
    }

    /// Decodes page `index` (from 0).
    pub fn page(&self, index: usize, limits: &Limits) -> Result<Page, Refusal> {
        match self {
            Self::Pdf(pdf) => pdf.page(index, limits),
            Self::Tiff(tiff) => tiff.page(index, limits),
            Self::Still(bytes) => {
                let image = decode_still(bytes, index + 1, limits)?;
                Ok(a4_page(image))
            }
        }
    }
}

/// A page image whose paper size is not known.
pub(super) fn a4_page(image: GrayImage) -> Page {
    let (width, height) = image.dimensions();
    let inches = if width <= height { A4_WIDTH_INCH } else { A4_HEIGHT_INCH };
    Page { dpi: width as f32 / inches, image }
}

fn check_size(size: u64, limits: &Limits) -> Result<(), Refusal> {
    const MEGABYTE: u64 = 1024 * 1024;
    match size {
        0 => Err(Refusal::Empty),
        size if size > limits.max_file_bytes => Err(Refusal::TooLarge {
            megabytes: size.div_ceil(MEGABYTE),
            limit_megabytes: limits.max_file_bytes / MEGABYTE,
        }),
        _ => Ok(()),
    }
}

pub(super) fn check_pixels(page: usize, width: u64, height: u64, limits: &Limits) -> Result<(), Refusal> {
    let side = u64::from(limits.max_side);
    if width > side || height > side || width.saturating_mul(height) > limits.max_page_pixels {
        return Err(Refusal::TooManyPixels { page, width, height });
    }
    if width < 16 || height < 16 {
        return Err(Refusal::Unreadable { page });
    }
    Ok(())
}

enum Kind {
    Pdf,
    Tiff,
    Still,
    Executable,
    Unknown,
}

fn sniff(bytes: &[u8]) -> Kind {
    let head = &bytes[..bytes.len().min(1024)];
    if head.starts_with(b"MZ") || head.starts_with(b"\x7fELF") || head.starts_with(b"#!") {
        return Kind::Executable;
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") || head.starts_with(b"\xff\xd8\xff") {
        return Kind::Still;
    }
    if head.starts_with(b"II*\0")
        || head.starts_with(b"MM\0*")
        || head.starts_with(b"II+\0")
        || head.starts_with(b"MM\0+")
    {
        return Kind::Tiff;
    }
    // Scanners may put a few bytes before the header; readers accept it anywhere in the first kilobyte.
    if head.windows(5).any(|window| window == b"%PDF-") {
        return Kind::Pdf;
    }
    Kind::Unknown
}

/// Decodes a PNG or JPEG, turned upright.
pub(super) fn decode_still(bytes: &[u8], page: usize, limits: &Limits) -> Result<GrayImage, Refusal> {
    let broken = |_| Refusal::Unreadable { page };
    let reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Refusal::Unreadable { page })?;
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    check_pixels(page, u64::from(width), u64::from(height), limits)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    image.apply_orientation(orientation);
    Ok(to_grey(image))
}

/// Grey of a colour scan. Red ink (a stamp over a name) turns light, so that the print below it stays legible.
pub(super) fn to_grey(image: DynamicImage) -> GrayImage {
    match image {
        DynamicImage::ImageLuma8(grey) => grey,
        grey @ (DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_)) => {
            grey.into_luma8()
        }
        colour => {
            let rgb = colour.into_rgb8();
            let pixels = rgb.pixels().map(|pixel| {
                let [red, green, blue] = pixel.0;
                if red > green.max(blue).saturating_add(40) {
                    red
                } else {
                    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1000) as u8
                }
            });
            GrayImage::from_raw(rgb.width(), rgb.height(), pixels.collect())
                .expect("one byte for each pixel of the same image")
        }
    }
}
