//! Pages of a PDF. A page that is one scanned image gives that image; any other page is drawn.
//!
//! Drawing a scan again costs seconds and loses sharpness, so the image itself is taken whenever nothing else is visible.

use std::process::{Command, Stdio};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::content::ops::TypedInstruction;
use hayro::hayro_syntax::object::stream::{ImageDecodeParams, Stream};
use hayro::hayro_syntax::object::{Array, Dict, Name, Object};
use hayro::hayro_syntax::page::{Page as PdfPage, Rotation};
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::{DynamicImage, GrayImage, RgbImage, imageops};

use super::limits::Limits;
use super::refusal::Refusal;
use super::source::{Page, check_pixels, decode_still, to_grey};
use super::tiff_pages::unpack_bits;

const POINTS_PER_INCH: f32 = 72.0;
/// Resolution of drawn pages.
const RENDER_DPI: f32 = 300.0;
/// A scan fills its page; a smaller picture is an illustration and the page is drawn.
const FULL_PAGE: f64 = 0.9;
/// Share of dark pixels below which a drawn page counts as blank.
const ALMOST_WHITE: f64 = 0.0005;

/// An opened PDF.
pub struct PdfSource {
    pdf: Pdf,
    bytes: std::sync::Arc<Vec<u8>>,
}

impl PdfSource {
    /// Reads the structure. An owner-protected file that opens without a password is read.
    pub fn open(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Refusal> {
        if is_truncated(&bytes) {
            return Err(Refusal::Truncated);
        }
        let bytes = std::sync::Arc::new(bytes);
        let pdf = Pdf::new(bytes.clone()).map_err(|error| match error {
            LoadPdfError::Decryption(_) => Refusal::Encrypted,
            LoadPdfError::Invalid => Refusal::Truncated,
        })?;
        let pages = pdf.pages().len();
        if pages > limits.max_pages {
            return Err(Refusal::TooManyPages { pages, limit: limits.max_pages });
        }
        Ok(Self { pdf, bytes })
    }

    pub fn page_count(&self) -> usize {
        self.pdf.pages().len()
    }

    /// One page, turned by its /Rotate.
    pub fn page(&self, index: usize, limits: &Limits) -> Result<Page, Refusal> {
        let page = self.pdf.pages().get(index).ok_or(Refusal::Unreadable { page: index + 1 })?;
        let (width_points, _) = page.render_dimensions();
        let image = match scanned_image(page, index + 1, limits)? {
            Some(image) => image,
            None => self.draw(page, index, limits)?,
        };
        let dpi = image.width() as f32 / (width_points.max(1.0) / POINTS_PER_INCH);
        Ok(Page { image, dpi })
    }

    fn draw(&self, page: &PdfPage<'_>, index: usize, limits: &Limits) -> Result<GrayImage, Refusal> {
        let (width, height) = page.render_dimensions();
        let scale = RENDER_DPI / POINTS_PER_INCH;
        let (pixels_wide, pixels_high) = ((width * scale) as u64, (height * scale) as u64);
        check_pixels(index + 1, pixels_wide, pixels_high, limits)?;
        let drawn = if pixels_wide.max(pixels_high) <= u64::from(u16::MAX) { hayro_draw(page, scale) } else { None };
        match drawn {
            Some(image) if !(is_almost_white(&image) && has_content(page)) => Ok(image),
            drawn => {
                poppler_draw(&self.bytes, index + 1, limits).or(drawn).ok_or(Refusal::Unreadable { page: index + 1 })
            }
        }
    }
}

/// A PDF ends with `%%EOF`; what follows may be a little padding (ISO 32000-1, 7.5.5).
fn is_truncated(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(4096)..];
    !tail.windows(5).any(|window| window == b"%%EOF")
}

fn has_content(page: &PdfPage<'_>) -> bool {
    page.page_stream().is_some_and(|stream| stream.iter().any(|byte| !byte.is_ascii_whitespace()))
}

fn is_almost_white(image: &GrayImage) -> bool {
    let dark = image.as_raw().iter().filter(|&&value| value < 160).count();
    (dark as f64) < ALMOST_WHITE * image.as_raw().len() as f64
}

fn hayro_draw(page: &PdfPage<'_>, scale: f32) -> Option<GrayImage> {
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixmap = hayro::render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    let rgb: Vec<u8> =
        pixmap.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    RgbImage::from_raw(width, height, rgb).map(|image| to_grey(DynamicImage::ImageRgb8(image)))
}

/// Poppler in a child process, for pages hayro leaves blank.
fn poppler_draw(bytes: &[u8], page: usize, limits: &Limits) -> Option<GrayImage> {
    let folder = tempfile::tempdir().ok()?;
    let input = folder.path().join("in.pdf");
    std::fs::write(&input, bytes).ok()?;
    let number = page.to_string();
    let mut child = Command::new("pdftoppm")
        .args(["-r", "300", "-gray", "-singlefile", "-png", "-f", &number, "-l", &number])
        .arg(&input)
        .arg(folder.path().join("page"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    super::child::wait(&mut child, limits.page_time).ok()?;
    let drawn = std::fs::read(folder.path().join("page.png")).ok()?;
    decode_still(&drawn, page, limits).ok()
}

/// What the page's content paints.
struct Painted<'a> {
    image: Stream<'a>,
    matrix: [f64; 6],
}

/// The one image of a page on which nothing else is visible (an invisible text layer does not count).
fn scanned_image(page: &PdfPage<'_>, number: usize, limits: &Limits) -> Result<Option<GrayImage>, Refusal> {
    let Some(painted) = only_painted_image(page) else { return Ok(None) };
    let Some(turn) = upright(&painted.matrix, page) else { return Ok(None) };
    let dict = painted.image.dict();
    let (Some(width), Some(height)) = (dict.get::<u32>("Width"), dict.get::<u32>("Height")) else { return Ok(None) };
    check_pixels(number, u64::from(width), u64::from(height), limits)?;
    let Some(image) = decode(&painted.image, number, limits)? else { return Ok(None) };
    let image = match turn {
        0 => image,
        1 => imageops::rotate90(&image),
        2 => imageops::rotate180(&image),
        _ => imageops::rotate270(&image),
    };
    Ok(Some(image))
}

fn only_painted_image<'a>(page: &PdfPage<'a>) -> Option<Painted<'a>> {
    let mut stack: Vec<[f64; 6]> = Vec::new();
    let mut matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let mut text_visible = true;
    let mut found: Option<Painted<'a>> = None;
    let mut operations = page.typed_operations();
    while let Some(operation) = operations.next() {
        use TypedInstruction as Op;
        match operation {
            Op::SaveState(_) => stack.push(matrix),
            Op::RestoreState(_) => matrix = stack.pop().unwrap_or(matrix),
            Op::Transform(t) => {
                let step = [t.0.as_f64(), t.1.as_f64(), t.2.as_f64(), t.3.as_f64(), t.4.as_f64(), t.5.as_f64()];
                matrix = multiply(step, matrix);
            }
            Op::TextRenderingMode(mode) => text_visible = mode.0.as_i64() != 3,
            Op::ShowText(_) | Op::ShowTexts(_) | Op::NextLineAndShowText(_) | Op::ShowTextWithParameters(_)
                if text_visible =>
            {
                return None;
            }
            Op::XObject(name) => {
                let stream = page.resources().get_x_object(name.0)?;
                if found.is_some() || stream.dict().get::<Name<'_>>("Subtype").as_deref() != Some(b"Image".as_slice()) {
                    return None;
                }
                found = Some(Painted { image: stream, matrix });
            }
            Op::StrokePath(_)
            | Op::CloseAndStrokePath(_)
            | Op::FillPathNonZero(_)
            | Op::FillPathNonZeroCompatibility(_)
            | Op::FillPathEvenOdd(_)
            | Op::FillAndStrokeNonZero(_)
            | Op::FillAndStrokeEvenOdd(_)
            | Op::CloseFillAndStrokeNonZero(_)
            | Op::CloseFillAndStrokeEvenOdd(_)
            | Op::Shading(_)
            | Op::InlineImage(_) => return None,
            _ => {}
        }
    }
    found
}

fn multiply(a: [f64; 6], b: [f64; 6]) -> [f64; 6] {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

/// Quarter turns clockwise that bring the image upright, or `None` when it is mirrored, slanted or does not fill the page.
fn upright(m: &[f64; 6], page: &PdfPage<'_>) -> Option<u8> {
    let page_box = page.intersected_crop_box();
    let (page_width, page_height) = (page_box.x1 - page_box.x0, page_box.y1 - page_box.y0);
    let flat = |a: f64, b: f64| b.abs() < 0.001 * a.abs();
    let (turn, width, height) = if flat(m[0], m[1]) && flat(m[3], m[2]) && m[0] * m[3] > 0.0 {
        (if m[0] > 0.0 { 0 } else { 2 }, m[0].abs(), m[3].abs())
    } else if flat(m[1], m[0]) && flat(m[2], m[3]) && m[1] * m[2] < 0.0 {
        (if m[1] > 0.0 { 3 } else { 1 }, m[2].abs(), m[1].abs())
    } else {
        return None;
    };
    if width < FULL_PAGE * page_width || height < FULL_PAGE * page_height {
        return None;
    }
    let page_turn = match page.rotation() {
        Rotation::None => 0,
        Rotation::Horizontal => 1,
        Rotation::Flipped => 2,
        Rotation::FlippedHorizontal => 3,
    };
    Some((turn + page_turn) % 4)
}

/// The image of a scan: JPEG, or grey, RGB or bilevel samples under any filter. Anything rarer is drawn instead.
fn decode(stream: &Stream<'_>, page: usize, limits: &Limits) -> Result<Option<GrayImage>, Refusal> {
    let dict = stream.dict();
    let plain = !dict.contains_key("SMask") && !dict.contains_key("Mask") && !dict.contains_key("ImageMask");
    let inverted = match dict.get::<Array<'_>>("Decode").map(|array| array.iter::<f32>().collect::<Vec<_>>()) {
        None => false,
        Some(values) if values.starts_with(&[1.0, 0.0]) && values.len() == 2 => true,
        Some(values) if values.chunks(2).all(|pair| pair == [0.0, 1.0]) => false,
        Some(_) => return Ok(None),
    };
    if !plain {
        return Ok(None);
    }
    let filters = stream.filters();
    if filters.as_slice() == [Filter::DctDecode] && !inverted {
        if channels(dict) == Some(4) {
            return Ok(None);
        }
        return decode_still(&stream.raw_data(), page, limits).map(Some);
    }
    let (Some(width), Some(height)) = (dict.get::<u32>("Width"), dict.get::<u32>("Height")) else { return Ok(None) };
    let bits = dict.get::<u8>("BitsPerComponent").unwrap_or(1);
    let Some(channels) = channels(dict) else { return Ok(None) };
    let params = ImageDecodeParams {
        is_indexed: false,
        bpc: Some(bits),
        num_components: Some(channels),
        target_dimension: None,
        width,
        height,
    };
    let Ok(decoded) = stream.decoded_image(&params) else { return Ok(None) };
    let data = decoded.data.into_owned();
    let pixels = width as usize * height as usize;
    let image = match (channels, bits) {
        (1, 1) if data.len() >= (width as usize).div_ceil(8) * height as usize => {
            GrayImage::from_raw(width, height, unpack_bits(&data, width, height))
        }
        (1, 8) if data.len() >= pixels => GrayImage::from_raw(width, height, data),
        (3, 8) if data.len() >= 3 * pixels => {
            RgbImage::from_raw(width, height, data).map(|image| to_grey(DynamicImage::ImageRgb8(image)))
        }
        _ => None,
    };
    Ok(image.map(|mut image| {
        if inverted {
            imageops::invert(&mut image);
        }
        image
    }))
}

/// Channels of a simple colour space (device spaces, or ICC profiles that say their number).
fn channels(dict: &Dict<'_>) -> Option<u8> {
    let of_name = |name: &[u8]| match name {
        b"DeviceGray" | b"CalGray" | b"G" => Some(1),
        b"DeviceRGB" | b"CalRGB" | b"RGB" => Some(3),
        b"DeviceCMYK" => Some(4),
        _ => None,
    };
    match dict.get::<Object<'_>>("ColorSpace")? {
        Object::Name(name) => of_name(name.as_ref()),
        Object::Array(array) => {
            let mut items = array.flex_iter();
            match items.next::<Name<'_>>()?.as_ref() {
                b"ICCBased" => items.next::<Stream<'_>>()?.dict().get::<u8>("N"),
                name => of_name(name),
            }
        }
        _ => None,
    }
}
