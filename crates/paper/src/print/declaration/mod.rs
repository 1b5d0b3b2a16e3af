//! The declaration as the form prints it: same headings, order and note numbers, empty headings kept (note 1 of Phụ lục
//! I, Nghị định 130/2020/NĐ-CP). Everything printed comes from the form definition and the document.

mod blocks;
mod table;
mod values;

use chrono::{DateTime, Utc};
use form::doc::{Answer, answer};
use form::{Form, FormKind, Kind, Signature};
use serde::Serialize;
use serde_json::Value;

use self::blocks::Block;
use self::values::date_words;
use super::engine::{Job, print};
use super::words::hash_short;
use super::{Fonts, PrintError};

/// What is printed beside the document itself.
#[derive(Debug, Clone)]
pub struct DeclarationOptions {
    /// Date in the PDF's metadata, for a record the instant it was received.
    pub dated: DateTime<Utc>,
    /// The record this is a copy of; `None` prints "Bản nháp, chưa gửi" on every page.
    pub record: Option<RecordMark>,
}

/// What binds a printed page to the record.
#[derive(Debug, Clone)]
pub struct RecordMark {
    /// SHA-256 of the canonical JSON document (RFC 8785).
    pub document_sha256: [u8; 32],
    /// From 1.
    pub version: u32,
}

/// Prints a declaration: A4, a place for the declarant's signature on every page, the record's hash in the footer.
/// Values that are not known print their word ("không đọc được"); absent ones print nothing.
///
/// # Errors
/// [`PrintError::Kind`] when the document's kind is not one of the form's, [`PrintError::Unplaced`] when it holds a
/// value that this form has no place for: nothing is left out silently.
pub fn declaration_pdf(
    fonts: &Fonts,
    form: &Form,
    document: &Value,
    options: &DeclarationOptions,
) -> Result<Vec<u8>, PrintError> {
    let kind = kind_of(form, document)?;
    let page = Page::filled(form, kind, document, options)?;
    let ident = match &options.record {
        Some(mark) => format!("declaration {} {}", hex::encode(mark.document_sha256), mark.version),
        None => format!("draft {} {}", form.code, kind.code),
    };
    print(fonts, Job { template: TEMPLATE, data: &Sheets::one(page), dated: options.dated, ident })
}

/// A declaration of a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Bundled<'a> {
    pub form: &'a Form,
    pub document: &'a Value,
    pub options: &'a DeclarationOptions,
}

impl<'a> Bundled<'a> {
    fn page(&self) -> Result<Page<'a>, PrintError> {
        Page::filled(self.form, kind_of(self.form, self.document)?, self.document, self.options)
    }
}

/// Prints several declarations one after the other into one file, each as [`declaration_pdf`] prints it, on pages numbered
/// by themselves. `ident` names the bundle for good.
///
/// # Errors
/// As [`declaration_pdf`]; [`PrintError::Nothing`] for an empty bundle.
pub fn declarations_pdf(
    fonts: &Fonts,
    bundle: &[Bundled<'_>],
    title: &str,
    dated: DateTime<Utc>,
    ident: String,
) -> Result<Vec<u8>, PrintError> {
    if bundle.is_empty() {
        return Err(PrintError::Nothing);
    }
    let sheets = Sheets { title, declarations: bundle.iter().map(Bundled::page).collect::<Result<Vec<_>, _>>()? };
    print(fonts, Job { template: TEMPLATE, data: &sheets, dated, ident })
}

fn kind_of<'a>(form: &'a Form, document: &Value) -> Result<&'a FormKind, PrintError> {
    let code = form::doc::text(document, "kind").unwrap_or_default();
    form_kind(form, Kind::from_code(code).ok_or_else(|| PrintError::Kind(code.to_owned()))?)
}

/// Prints the empty form of a kind, to fill in by hand: dotted lines, one of each repeated item.
///
/// # Errors
/// [`PrintError::Kind`] when the form is not made for `kind`.
pub fn blank_form(fonts: &Fonts, form: &Form, kind: Kind, dated: DateTime<Utc>) -> Result<Vec<u8>, PrintError> {
    let kind = form_kind(form, kind)?;
    let page = Page::blank(form, kind)?;
    let ident = format!("blank {} {}", form.code, kind.code);
    print(fonts, Job { template: TEMPLATE, data: &Sheets::one(page), dated, ident })
}

const TEMPLATE: &str = include_str!("declaration.typ");

fn form_kind(form: &Form, kind: Kind) -> Result<&FormKind, PrintError> {
    form.kind(kind).ok_or_else(|| PrintError::Kind(kind.as_str().to_owned()))
}

/// What the template reads: declarations one after the other.
#[derive(Serialize)]
struct Sheets<'a, D> {
    title: &'a str,
    declarations: Vec<D>,
}

impl<'a> Sheets<'a, Page<'a>> {
    fn one(page: Page<'a>) -> Self {
        Self { title: page.title, declarations: vec![page] }
    }
}

/// The pages as the template reads them.
#[derive(Serialize)]
struct Page<'a> {
    state: &'a str,
    motto: &'a str,
    agency: Option<String>,
    title: &'a str,
    title_notes: Vec<u32>,
    completed: String,
    completed_notes: Vec<u32>,
    /// Dots where nothing is answered.
    blank: bool,
    binding: Option<String>,
    blocks: Vec<Block>,
    signatures: Vec<SignatureBlock<'a>>,
}

#[derive(Serialize)]
struct SignatureBlock<'a> {
    dated: String,
    heading: &'a str,
    instruction: &'a str,
    names: Vec<String>,
}

impl<'a> Page<'a> {
    fn filled(
        form: &'a Form,
        kind: &'a FormKind,
        document: &Value,
        options: &DeclarationOptions,
    ) -> Result<Self, PrintError> {
        let binding = match &options.record {
            Some(mark) => {
                format!("Mã băm bản ghi: {}; phiên bản {}", hash_short(&mark.document_sha256), mark.version)
            }
            None => "Bản nháp, chưa gửi".to_owned(),
        };
        let blocks = blocks::of_document(form, kind, document)?;
        Ok(Self { binding: Some(binding), ..Self::new(form, kind, document, blocks) })
    }

    fn blank(form: &'a Form, kind: &'a FormKind) -> Result<Self, PrintError> {
        Ok(Self::new(form, kind, &Value::Null, blocks::of_blank(form, kind)?))
    }

    fn new(form: &'a Form, kind: &'a FormKind, document: &Value, blocks: Vec<Block>) -> Self {
        let header = |key: &str| form.header.fields.iter().find(|field| field.key == key);
        let note = |key: &str| header(key).and_then(|field| field.note).into_iter().collect();
        let completed = header("completed_on").map(|field| field.printed_label()).unwrap_or_default();
        Self {
            state: &form.header.state,
            motto: &form.header.motto,
            agency: text_at(document, "agency_name"),
            title: &kind.title,
            title_notes: note("kind"),
            completed: date_words(completed, form::doc::text(document, "completed_on")),
            completed_notes: note("completed_on"),
            blank: document.is_null(),
            binding: None,
            blocks,
            signatures: form.signatures.iter().map(|s| SignatureBlock::new(s, document)).collect(),
        }
    }
}

impl<'a> SignatureBlock<'a> {
    fn new(signature: &'a Signature, document: &Value) -> Self {
        let object = signature.path.as_deref().unwrap_or_default();
        let field_paths = signature.fields.iter().map(|field| format!("{object}.{}", field.key));
        let paths = signature.name_path.clone().into_iter().chain(field_paths);
        let names = paths.filter(|path| *path != signature.date_path).filter_map(|path| text_at(document, &path));
        Self {
            dated: date_words(&signature.date, form::doc::text(document, &signature.date_path)),
            heading: &signature.heading,
            instruction: &signature.instruction,
            names: names.collect(),
        }
    }
}

/// The text at a path, or the word for why it is missing.
fn text_at(document: &Value, path: &str) -> Option<String> {
    match answer(document, path) {
        Answer::Absent => None,
        Answer::Missing(missing) => Some(missing.label().to_owned()),
        Answer::Known(value) => Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    }
}
