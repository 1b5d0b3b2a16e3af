//! Reading a whole file: open, pages, declarations.

use std::path::Path;
use std::sync::OnceLock;

use form::{Form, LawBook};
use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, imageops};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::assemble::assemble;
use super::check::check;
use super::header::{is_title, joined, line_ranges};
use super::limits::Limits;
use super::page::{ReadPage, prepare, recognise, reconcile};
use super::recognise::{LineReader, RecogniseError, Recogniser};
use super::refusal::Refusal;
use super::result::{PageInfo, ReadDeclaration, Reading, finish};
use super::second;
use super::source::Source;
use super::stream::tokens;

/// How far reading has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// From 1.
    pub page: usize,
    pub of: usize,
    pub stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The page is being turned into an image.
    Image,
    /// Letters are being recognised.
    Ocr,
    /// Values at which the first recogniser hesitated are read by the second.
    Second,
    /// All pages are read; values are being put together.
    Form,
}

/// Longest side of the page images for the review screen, pixels.
const REVIEW_SIDE: u32 = 1754;
const REVIEW_QUALITY: u8 = 80;

/// Reads a file in this process, with the second recogniser where there is one. Page images go to `images` when given. Servers use [`super::spawn::Reader`] instead.
pub fn read_file(
    path: &Path,
    images: Option<&Path>,
    engine: &dyn Recogniser,
    second: Option<&dyn LineReader>,
    limits: &Limits,
    mut progress: impl FnMut(Progress),
) -> Result<Reading, Refusal> {
    let source = Source::open(path, limits)?;
    let of = source.page_count();
    let mut prepared = Vec::with_capacity(of);
    let mut infos = Vec::with_capacity(of);
    for index in 0..of {
        progress(Progress { page: index + 1, of, stage: Stage::Image });
        let page = source.page(index, limits)?;
        let image = match images {
            Some(folder) => Some(save(&page.image, index + 1, folder)?),
            None => None,
        };
        infos.push(PageInfo { page: index + 1, width: page.image.width(), height: page.image.height(), image });
        prepared.push(prepare(&page.image, page.dpi));
    }
    reconcile(&mut prepared);
    let mut pages = Vec::with_capacity(of);
    for (index, page) in prepared.iter().enumerate() {
        progress(Progress { page: index + 1, of, stage: Stage::Ocr });
        pages.push(recognise(page, engine, limits).map_err(refusal)?);
    }
    let groups = groups(&pages);
    if let Some(second) = second {
        for group in &groups {
            let begin = |index| progress(Progress { page: index + 1, of, stage: Stage::Second });
            second::reread(&prepared, &mut pages, group, &forms(), second, begin).map_err(refusal)?;
        }
    }
    progress(Progress { page: of, of, stage: Stage::Form });
    let mut declarations = declarations(&pages, &groups, second.is_some()).into_iter();
    let (declaration, provenance) = match declarations.next() {
        Some(first) => (first.declaration, first.provenance),
        None => (Value::Null, IndexMap::new()),
    };
    let also = declarations.collect();
    Ok(Reading { declaration, provenance, also, pages: infos, second_reader: second.is_some() })
}

fn refusal(error: RecogniseError) -> Refusal {
    match error {
        RecogniseError::Missing => Refusal::NoRecogniser,
        RecogniseError::Timeout => Refusal::Timeout,
        RecogniseError::Failed(_) => Refusal::Crashed,
    }
}

fn save(image: &GrayImage, page: usize, folder: &Path) -> Result<String, Refusal> {
    let name = format!("page-{page}.jpg");
    let side = image.width().max(image.height());
    let small = (side > REVIEW_SIDE).then(|| {
        let fit = |length: u32| (u64::from(length) * u64::from(REVIEW_SIDE) / u64::from(side)).max(1) as u32;
        imageops::thumbnail(image, fit(image.width()), fit(image.height()))
    });
    let mut bytes = Vec::new();
    small
        .as_ref()
        .unwrap_or(image)
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, REVIEW_QUALITY))
        .map_err(|_| Refusal::Storage)?;
    std::fs::write(folder.join(&name), bytes).map_err(|_| Refusal::Storage)?;
    Ok(name)
}

/// Pages that belong together, by index; a page with a title opens a new declaration.
fn groups(pages: &[ReadPage]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        match groups.last_mut() {
            Some(group) if !opens(page) => group.push(index),
            _ => groups.push(vec![index]),
        }
    }
    groups
}

/// The declarations on these pages; `twice` when the second recogniser read them too.
fn declarations(pages: &[ReadPage], groups: &[Vec<usize>], twice: bool) -> Vec<ReadDeclaration> {
    let forms = forms();
    groups
        .iter()
        .filter_map(|group| {
            let group: Vec<_> = group.iter().map(|&index| (index, &pages[index])).collect();
            let mut declared = assemble(&group, &forms)?;
            check(&mut declared, twice);
            Some(finish(&declared, pages))
        })
        .collect()
}

fn opens(page: &ReadPage) -> bool {
    let tokens = tokens([(0, page)]);
    line_ranges(&tokens).into_iter().take(15).any(|range| is_title(&joined(&tokens[range])))
}

/// The forms of every rule set, newest last.
fn forms() -> Vec<&'static Form> {
    static BOOK: OnceLock<LawBook> = OnceLock::new();
    let book =
        BOOK.get_or_init(|| LawBook::embedded().expect("the embedded law book is checked by the tests of crate form"));
    book.rule_sets.iter().flat_map(|set| &set.forms).collect()
}
