//! The typefaces of printed documents: Liberation Serif (metrics of Times New Roman, which Nghị định 30/2020/NĐ-CP
//! asks for and which may not be redistributed) and Liberation Mono for hashes and codes. Version 2 is needed: version 1
//! (`fonts-liberation` of Debian 12) lacks the Vietnamese letters from U+1EA0 to U+1EF9.

use std::path::{Path, PathBuf};

use serde_json::Value;
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use super::PrintError;

/// Where Debian's package `fonts-liberation2` puts its files.
pub const DEBIAN_FONT_DIR: &str = "/usr/share/fonts/truetype/liberation2";

const FILES: [&str; 6] = [
    "LiberationSerif-Regular.ttf",
    "LiberationSerif-Bold.ttf",
    "LiberationSerif-Italic.ttf",
    "LiberationSerif-BoldItalic.ttf",
    "LiberationMono-Regular.ttf",
    "LiberationMono-Bold.ttf",
];

/// The loaded typefaces; load once and share, printing takes `&Fonts`.
pub struct Fonts {
    book: LazyHash<FontBook>,
    faces: Vec<Font>,
    mark: Vec<&'static str>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fonts({} faces)", self.faces.len())
    }
}

impl Fonts {
    /// Loads the six faces from `folder`.
    ///
    /// # Errors
    /// [`PrintError::FontMissing`] and [`PrintError::FontOutdated`] name the file and the Debian package;
    /// [`PrintError::FontUnreadable`] a broken file.
    pub fn load(folder: &Path) -> Result<Self, PrintError> {
        let faces = FILES.iter().map(|file| load_face(folder.join(file))).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { book: LazyHash::new(FontBook::from_fonts(&faces)), faces, mark: Vec::new() })
    }

    /// The same, for documents that bear `lines` above and below every page in a frame, as those without legal value do.
    pub fn marked(self, lines: impl IntoIterator<Item = &'static str>) -> Self {
        Self { mark: lines.into_iter().collect(), ..self }
    }

    pub(super) fn mark(&self) -> &[&'static str] {
        &self.mark
    }

    pub(super) fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    pub(super) fn face(&self, index: usize) -> Option<Font> {
        self.faces.get(index).cloned()
    }

    /// Replaces, in every string of `data`, each character that cannot be printed truthfully by its code point,
    /// "[U+1F600]": PDF/A forbids missing glyphs, and an invisible direction mark could make a printed name read
    /// otherwise than the record.
    pub(super) fn make_printable(&self, data: &mut Value) {
        match data {
            Value::String(text) if !text.chars().all(|c| self.prints(c)) => *text = self.printable(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.make_printable(item)),
            Value::Object(map) => map.values_mut().for_each(|value| self.make_printable(value)),
            _ => {}
        }
    }

    fn printable(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match c {
                '\t' | '\r' => out.push(' '),
                c if self.prints(c) => out.push(c),
                c => out.push_str(&format!("[U+{:04X}]", u32::from(c))),
            }
        }
        out
    }

    fn prints(&self, c: char) -> bool {
        match c {
            '\n' | ' '..='~' => true,
            c if c.is_control() || is_invisible(c) => false,
            c => self.faces.iter().all(|face| face.info().coverage.contains(u32::from(c))),
        }
    }
}

/// Soft hyphen, zero-width and direction marks, variation selectors, tags: present in the text, absent to the eye.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

fn load_face(path: PathBuf) -> Result<Font, PrintError> {
    let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => PrintError::FontMissing { path: path.clone() },
        _ => PrintError::FontUnreadable { path: path.clone(), reason: source.to_string() },
    })?;
    let font = Font::new(Bytes::new(bytes), 0).ok_or_else(|| PrintError::FontUnreadable {
        path: path.clone(),
        reason: "không phải tệp TrueType".to_owned(),
    })?;
    let vietnamese = ('\u{1ea0}'..='\u{1ef9}').all(|c| font.info().coverage.contains(u32::from(c)));
    if vietnamese { Ok(font) } else { Err(PrintError::FontOutdated { path }) }
}
