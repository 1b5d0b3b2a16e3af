//! What reading gives: the declaration, and for every leaf where it stands and how much it is trusted.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::assemble::Declared;
use super::page::ReadPage;
use super::trust::DOUBTFUL;

/// Where a leaf was read, and whether a person should look at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// 0–1.
    pub confidence: f64,
    pub doubtful: bool,
    /// From 1; none when nothing was found to read.
    pub page: Option<usize>,
    /// x, y, width, height as fractions of the upright page.
    #[serde(rename = "box")]
    pub bounds: Option<[f64; 4]>,
    /// "Tài sản!C7", where the value was typed into a workbook and not written on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<String>,
}

/// One declaration with the origin of its leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadDeclaration {
    pub declaration: Value,
    /// By path ("assets[0].value.amount").
    pub provenance: IndexMap<String, Leaf>,
}

/// A page of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageInfo {
    /// From 1.
    pub page: usize,
    /// Pixels of the upright page.
    pub width: u32,
    pub height: u32,
    /// Name of the image in the output folder, when images were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// The result of reading a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Null when no declaration was recognised.
    pub declaration: Value,
    pub provenance: IndexMap<String, Leaf>,
    /// Further declarations in the same file.
    pub also: Vec<ReadDeclaration>,
    pub pages: Vec<PageInfo>,
    /// The second recogniser took part; without it handwriting is read with much less confidence.
    #[serde(default)]
    pub second_reader: bool,
}

/// Top-level keys in the record's order.
const KEYS: [&str; 12] = [
    "form",
    "kind",
    "agency_name",
    "completed_on",
    "declarant",
    "spouse",
    "children",
    "assets",
    "income",
    "no_change",
    "changes",
    "receipt",
];

/// Builds the record. `pages` are those of the file, by index.
pub fn finish(declared: &Declared, pages: &[ReadPage]) -> ReadDeclaration {
    let mut flat = json!({});
    let mut provenance = IndexMap::new();
    for (path, draft) in &declared.drafts {
        if form::doc::set(&mut flat, path, draft.value.clone()).is_err() {
            tracing::error!(path, "a leaf found no place in the record");
            continue;
        }
        let place = draft.span.place.and_then(|(page, bounds)| Some((page, pages.get(page)?.fraction(&bounds))));
        // A value that could not be read is always doubtful; one the form leaves open is not.
        let confidence = (draft.confidence.clamp(0.0, 0.99) * 1000.0).round() / 1000.0;
        provenance.insert(
            path.clone(),
            Leaf {
                confidence,
                doubtful: confidence < DOUBTFUL,
                page: place.map(|(page, _)| page + 1),
                bounds: place.map(|(_, bounds)| bounds),
                cell: None,
            },
        );
    }
    for (path, value) in &declared.empty {
        if form::doc::get(&flat, path).is_none() && form::doc::set(&mut flat, path, value.clone()).is_err() {
            tracing::error!(path, "an empty part found no place in the record");
        }
    }
    let declaration = KEYS.into_iter().map(|key| (key.to_owned(), flat[key].take())).collect();
    ReadDeclaration { declaration: Value::Object(declaration), provenance }
}
