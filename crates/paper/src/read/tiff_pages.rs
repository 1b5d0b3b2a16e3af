//! Multi-page TIFF, as scanners and fax servers write it.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, RgbImage, RgbaImage};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use super::limits::Limits;
use super::refusal::Refusal;
use super::source::{Page, a4_page, check_pixels, to_grey};

/// An opened TIFF: its bytes and how many images it holds.
pub struct TiffSource {
    bytes: Vec<u8>,
    images: usize,
}

/// Directories walked before giving up; far above any page limit, so a circular file ends.
const MAX_DIRECTORIES: usize = 100_000;

impl TiffSource {
    /// Walks the image directories.
    pub fn open(bytes: Vec<u8>) -> Result<Self, Refusal> {
        let mut decoder = Decoder::new(Cursor::new(&bytes)).map_err(|_| Refusal::Truncated)?;
        let mut images = 1;
        while decoder.more_images() && images < MAX_DIRECTORIES {
            decoder.next_image().map_err(|_| Refusal::Truncated)?;
            images += 1;
        }
        Ok(Self { bytes, images })
    }

    pub fn page_count(&self) -> usize {
        self.images
    }

    /// Decodes one image: 8-bit or 1-bit grey, RGB or RGBA.
    pub fn page(&self, index: usize, limits: &Limits) -> Result<Page, Refusal> {
        let page = index + 1;
        let broken = |_| Refusal::Unreadable { page };
        let mut decoder = Decoder::new(Cursor::new(&self.bytes)).map_err(broken)?;
        for _ in 0..index {
            decoder.next_image().map_err(broken)?;
        }
        let (width, height) = decoder.dimensions().map_err(broken)?;
        check_pixels(page, u64::from(width), u64::from(height), limits)?;
        let colour = decoder.colortype().map_err(broken)?;
        let DecodingResult::U8(data) = decoder.read_image().map_err(broken)? else {
            return Err(Refusal::Unreadable { page });
        };
        let image = match colour {
            ColorType::Gray(8) => GrayImage::from_raw(width, height, data).map(DynamicImage::ImageLuma8),
            ColorType::Gray(1) => GrayImage::from_raw(width, height, white_paper(unpack_bits(&data, width, height)))
                .map(DynamicImage::ImageLuma8),
            ColorType::RGB(8) => RgbImage::from_raw(width, height, data).map(DynamicImage::ImageRgb8),
            ColorType::RGBA(8) => RgbaImage::from_raw(width, height, data).map(DynamicImage::ImageRgba8),
            _ => None,
        };
        let mut image = image.ok_or(Refusal::Unreadable { page })?;
        let exif: Option<u16> = decoder.find_tag_unsigned(Tag::Orientation).unwrap_or(None);
        if let Some(orientation) =
            exif.and_then(|value| u8::try_from(value).ok()).and_then(image::metadata::Orientation::from_exif)
        {
            image.apply_orientation(orientation);
        }
        Ok(a4_page(to_grey(image)))
    }
}

/// Fax files differ in whether a set bit is ink; paper is what there is more of.
fn white_paper(mut pixels: Vec<u8>) -> Vec<u8> {
    let dark = pixels.iter().filter(|&&value| value == 0).count();
    if dark * 2 > pixels.len() {
        pixels.iter_mut().for_each(|value| *value = 255 - *value);
    }
    pixels
}

/// Rows of packed bits, 1 = white, to one byte a pixel.
pub(super) fn unpack_bits(data: &[u8], width: u32, height: u32) -> Vec<u8> {
    let stride = (width as usize).div_ceil(8);
    let mut out = Vec::with_capacity(width as usize * height as usize);
    for row in data.chunks(stride).take(height as usize) {
        out.extend((0..width as usize).map(|x| {
            let bit = row.get(x / 8).map_or(0, |byte| byte >> (7 - x % 8) & 1);
            if bit == 1 { 255 } else { 0 }
        }));
    }
    out
}
