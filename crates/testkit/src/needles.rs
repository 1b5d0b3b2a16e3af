//! Searching bytes for texts in every shape a program may have given them: composed and decomposed, without marks, in
//! capitals, grouped digits; as UTF-8, UTF-16, hex, base64, percent-encoded, JSON-escaped.
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization;

/// Shorter patterns would be found by chance.
const SHORTEST: usize = 9;
/// The bytes of a pattern that are looked up.
const KEY: usize = 8;

/// Texts to be found in any shape.
pub struct Needles {
    /// Beginnings of patterns of three bytes, one bit each: most places of a file end here.
    beginnings: Vec<u64>,
    by_key: HashMap<[u8; KEY], Vec<(Vec<u8>, usize)>>,
    texts: Vec<String>,
}

/// A text that was found, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub text: String,
    pub file: String,
    pub offset: usize,
}

impl Needles {
    /// # Errors
    /// A text too short to be told from chance.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Result<Self> {
        let mut needles = Self { beginnings: vec![0; 1 << 18], by_key: HashMap::new(), texts: Vec::new() };
        for text in texts {
            ensure!(text.chars().count() >= SHORTEST, "{text:?} is too short to be looked for");
            let index = needles.texts.len();
            for pattern in patterns(&text) {
                needles.add(pattern, index);
            }
            needles.texts.push(text);
        }
        Ok(needles)
    }

    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    fn add(&mut self, pattern: Vec<u8>, text: usize) {
        let Some(key) = pattern.first_chunk::<KEY>().copied() else { return };
        let bit = beginning(&key);
        self.beginnings[bit / 64] |= 1 << (bit % 64);
        self.by_key.entry(key).or_default().push((pattern, text));
    }

    /// The texts in `bytes`, each with its first place.
    pub fn search(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        let mut found: HashMap<usize, usize> = HashMap::new();
        for (offset, window) in bytes.windows(KEY).enumerate() {
            let bit = beginning(window);
            if self.beginnings[bit / 64] & (1 << (bit % 64)) == 0 {
                continue;
            }
            let Ok(key) = <[u8; KEY]>::try_from(window) else { continue };
            for (pattern, text) in self.by_key.get(&key).into_iter().flatten() {
                if bytes[offset..].starts_with(pattern) {
                    found.entry(*text).or_insert(offset);
                }
            }
        }
        found.into_iter().collect()
    }

    /// Searches every file below a folder except those `skip` names; also the names of files and folders.
    /// Returns what was found and how many bytes were looked at.
    pub fn search_folder(&self, folder: &Path, skip: &dyn Fn(&Path) -> bool) -> Result<(Vec<Found>, u64)> {
        let (mut found, mut total, mut folders) = (BTreeSet::new(), 0, vec![folder.to_owned()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
                let entry = entry?;
                let path = entry.path();
                if skip(&path) {
                    continue;
                }
                let mut tell = |bytes: &[u8]| {
                    for (text, offset) in self.search(bytes) {
                        let (text, file) = (self.texts[text].clone(), path.display().to_string());
                        found.insert(Found { text, file, offset });
                    }
                };
                tell(entry.file_name().as_encoded_bytes());
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else if entry.file_type()?.is_file() {
                    let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                    total += bytes.len() as u64;
                    tell(&bytes);
                }
            }
        }
        Ok((found.into_iter().collect(), total))
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

/// The letters without their marks, đ as d.
fn unmarked(text: &str) -> String {
    let is_mark = |c: &char| unicode_normalization::char::is_combining_mark(*c);
    text.nfd()
        .filter(|c| !is_mark(c))
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            c => c,
        })
        .collect()
}

/// A number's digits in groups, from the front by `size` and from the back by three.
fn grouped(text: &str) -> Vec<String> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let join = |groups: &[&[u8]], with: &str| {
        groups.iter().map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join(with)
    };
    let mut found = Vec::new();
    for with in [" ", ".", ",", "-", "\u{a0}"] {
        found.push(join(&text.as_bytes().chunks(3).collect::<Vec<_>>(), with));
        found.push(join(&text.as_bytes().chunks(4).collect::<Vec<_>>(), with));
        found.push(join(&text.as_bytes().rchunks(3).rev().collect::<Vec<_>>(), with));
    }
    found
}

/// Every shape of a text as bytes.
fn patterns(text: &str) -> BTreeSet<Vec<u8>> {
    let nfc: String = text.nfc().collect();
    let mut shapes = vec![nfc.clone(), text.nfd().collect(), unmarked(text)];
    shapes.extend(grouped(text));
    // What a form's encoding makes of blanks, and names made from names.
    let joined: Vec<String> =
        ["+", "_", "-", "", "."].iter().flat_map(|with| shapes.iter().map(|shape| shape.replace(' ', with))).collect();
    shapes.extend(joined);
    let mut cased: BTreeSet<String> = BTreeSet::new();
    for shape in shapes {
        cased.insert(shape.to_uppercase());
        cased.insert(shape.to_lowercase());
        cased.insert(shape);
    }
    let mut patterns = BTreeSet::new();
    for shape in cased {
        for bytes in [
            shape.as_bytes().to_vec(),
            shape.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            shape.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ] {
            patterns.insert(hex::encode(&bytes).into_bytes());
            patterns.insert(hex::encode_upper(&bytes).into_bytes());
            patterns.extend(base64_cores(&bytes));
            patterns.insert(bytes);
        }
        patterns.insert(utf8_percent_encode(&shape, NON_ALPHANUMERIC).to_string().into_bytes());
        patterns.insert(utf8_percent_encode(&shape, NON_ALPHANUMERIC).to_string().to_lowercase().into_bytes());
        for capital in [false, true] {
            patterns.insert(escaped(&shape, capital).into_bytes());
        }
    }
    patterns.retain(|pattern| pattern.len() >= SHORTEST);
    patterns
}

/// What base64 makes of the bytes wherever they begin within a group of three: the letters their neighbours do not touch.
fn base64_cores(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut cores = Vec::new();
    for engine in [&STANDARD, &URL_SAFE] {
        for before in 0..3usize {
            let padded = [&vec![0u8; before][..], bytes].concat();
            let whole = padded.len() / 3 * 3;
            let letters = engine.encode(&padded[..whole]);
            let first = [0, 2, 3][before];
            cores.push(letters.as_bytes()[first.min(letters.len())..].to_vec());
        }
    }
    cores
}

/// As in JSON or a Rust debug print kept to ASCII.
fn escaped(text: &str, capital: bool) -> String {
    text.encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ if capital => format!("\\u{unit:04X}"),
            _ => format!("\\u{unit:04x}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(text: &str, hay: &[u8]) -> bool {
        let padded = [b"\x00\x01padding \xff", hay, b"\x02 more"].concat();
        !Needles::new([text.to_owned()]).unwrap().search(&padded).is_empty()
    }

    #[test]
    fn a_text_is_found_in_every_shape() {
        let text = "Đặng Thị Ngưỡng";
        for hay in [
            "Đặng Thị Ngưỡng",
            "ĐẶNG THỊ NGƯỠNG",
            "đặng thị ngưỡng",
            "Dang Thi Nguong",
            "DANG+THI+NGUONG",
            "dang-thi-nguong",
        ] {
            assert!(finds(text, hay.as_bytes()), "{hay}");
            assert!(finds(text, hay.nfd().collect::<String>().as_bytes()), "{hay} decomposed");
            assert!(finds(text, hex::encode(hay).as_bytes()), "{hay} as hex");
            assert!(finds(text, &hay.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), "{hay} in UTF-16");
            for before in ["", "x", "xy", "xyz"] {
                let letters = STANDARD.encode(format!("{before}{hay} and more"));
                assert!(finds(text, letters.as_bytes()), "{hay} in base64 after {before:?}");
            }
            assert!(finds(text, utf8_percent_encode(hay, NON_ALPHANUMERIC).to_string().as_bytes()), "{hay} encoded");
            assert!(finds(text, escaped(hay, false).as_bytes()), "{hay} escaped");
        }
        assert!(!finds(text, "Đặng Thị Ngưởng".as_bytes()));
    }

    #[test]
    fn a_number_is_found_however_it_is_grouped() {
        for hay in ["051080000777", "051 080 000 777", "0510 8000 0777", "051.080.000.777"] {
            assert!(finds("051080000777", hay.as_bytes()), "{hay}");
        }
        assert!(!finds("051080000777", b"051080000778"));
    }

    #[test]
    fn files_and_their_names_are_searched() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("in/Trần Văn Giấu.pdf"), b"nothing").unwrap();
        std::fs::write(folder.path().join("in/b"), "… Lê Thị Kín …").unwrap();
        std::fs::write(folder.path().join("kept"), "Lê Thị Kín").unwrap();
        let needles = Needles::new(["Trần Văn Giấu", "Lê Thị Kín"].map(str::to_owned)).unwrap();
        let (found, total) = needles.search_folder(folder.path(), &|path| path.ends_with("kept")).unwrap();
        assert_eq!((found.len(), total > 10), (2, true), "{found:?}");
    }

    #[test]
    fn a_text_too_short_is_refused() {
        assert!(Needles::new(["Lê Ba".to_owned()]).is_err());
    }
}
