//! Typst as a library: one template, one JSON document, one PDF/A-2b. Templates see no file system, no network, no
//! packages and no clock; what people wrote reaches them only as JSON strings, never as source text.

use chrono::{DateTime, Datelike, FixedOffset, Timelike, Utc};
use serde::Serialize;
use typst::diag::{FileError, FileResult, SourceDiagnostic, Warned};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::{Fonts, PrintError};

/// Vietnam has one time zone and no summer time.
const VIETNAM_OFFSET_MINUTES: i32 = 7 * 60;

const COMMON: &str = include_str!("common.typ");

/// Everything that decides the bytes of the PDF besides fonts.
pub(super) struct Job<'a, D> {
    /// Typst source, part of the program.
    pub template: &'static str,
    pub data: &'a D,
    /// Date of the document, written into its metadata. The caller's, so that printing again gives the same bytes.
    pub dated: DateTime<Utc>,
    /// Names the document for good (a record's id and hash): becomes the PDF identifier.
    pub ident: String,
}

/// Typesets `job` and exports it as tagged PDF/A-2b (ISO 19005-2, level B).
pub(super) fn print<D: Serialize>(fonts: &Fonts, job: Job<'_, D>) -> Result<Vec<u8>, PrintError> {
    let _forget = ForgetMemo;
    let world = PrintWorld::new(fonts, job.template, job.data)?;
    let Warned { output, warnings } = typst::compile::<PagedDocument>(&world);
    let document = output.map_err(|errors| PrintError::Template(messages(&errors)))?;
    if !warnings.is_empty() {
        tracing::warn!(warnings = messages(&warnings), "print template");
    }
    let options = PdfOptions {
        ident: Smart::Custom(job.ident),
        creator: Smart::Custom(Some("Minh Bạch".to_owned())),
        timestamp: Some(vietnam_timestamp(job.dated)?),
        standards: PdfStandards::new(&[PdfStandard::A_2b])
            .map_err(|e| PrintError::Template(e.message().to_string()))?,
        tagged: true,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| PrintError::Template(messages(&errors)))
}

/// Typst keeps what it typeset in a process-wide cache; it holds personal data and grows without bound. Dropped also
/// when typesetting fails or panics.
struct ForgetMemo;

impl Drop for ForgetMemo {
    fn drop(&mut self) {
        typst::comemo::evict(0);
    }
}

/// The world a template sees: itself, `common.typ`, `data.json`, `mark.json` (words on every page) and the fonts.
struct PrintWorld<'a> {
    library: LazyHash<Library>,
    fonts: &'a Fonts,
    main: Source,
    common: Source,
    data_id: FileId,
    data: Bytes,
    mark_id: FileId,
    mark: Bytes,
}

impl<'a> PrintWorld<'a> {
    fn new<D: Serialize>(fonts: &'a Fonts, template: &str, data: &D) -> Result<Self, PrintError> {
        let mut data = serde_json::to_value(data)?;
        fonts.make_printable(&mut data);
        Ok(Self {
            library: LazyHash::new(Library::default()),
            fonts,
            main: Source::new(file_id("main.typ"), template.to_owned()),
            common: Source::new(file_id("common.typ"), COMMON.to_owned()),
            data_id: file_id("data.json"),
            data: Bytes::new(serde_json::to_vec(&data)?),
            mark_id: file_id("mark.json"),
            mark: Bytes::new(serde_json::to_vec(fonts.mark())?),
        })
    }
}

impl World for PrintWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        [&self.main, &self.common].into_iter().find(|s| s.id() == id).cloned().ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match id {
            id if id == self.data_id => Ok(self.data.clone()),
            id if id == self.mark_id => Ok(self.mark.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.face(index)
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn file_id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain file name is a valid virtual path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

fn vietnam_timestamp(instant: DateTime<Utc>) -> Result<Timestamp, PrintError> {
    let local = vietnam_time(instant);
    let byte = |n: u32| u8::try_from(n).ok();
    let datetime = || {
        Datetime::from_ymd_hms(
            local.year(),
            byte(local.month())?,
            byte(local.day())?,
            byte(local.hour())?,
            byte(local.minute())?,
            byte(local.second())?,
        )
    };
    datetime()
        .and_then(|datetime| Timestamp::new_local(datetime, VIETNAM_OFFSET_MINUTES))
        .ok_or(PrintError::Date(instant))
}

/// The wall clock in Asia/Ho_Chi_Minh (UTC+7 since 1975).
pub(super) fn vietnam_time(instant: DateTime<Utc>) -> DateTime<FixedOffset> {
    let offset = FixedOffset::east_opt(VIETNAM_OFFSET_MINUTES * 60).expect("seven hours is a valid offset");
    instant.with_timezone(&offset)
}

/// Messages without source excerpts or values: they may reach a log.
fn messages(diagnostics: &[SourceDiagnostic]) -> String {
    diagnostics.iter().map(|d| d.message.as_str()).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;

    fn compile(template: &'static str) -> Result<Vec<u8>, PrintError> {
        let fonts = Fonts::load(Path::new(super::super::DEBIAN_FONT_DIR)).expect("Debian package fonts-liberation2");
        let dated = DateTime::from_timestamp(1_770_000_000, 0).expect("valid");
        print(&fonts, Job { template, data: &json!({"a": "b"}), dated, ident: "test".to_owned() })
    }

    #[test]
    fn a_template_reaches_no_file_package_or_clock() {
        for template in [
            r#"#read("/etc/hostname")"#,
            r#"#read("../Cargo.toml")"#,
            r#"#import "@preview/cetz:0.3.0": *"#,
            r#"#datetime.today().display()"#,
        ] {
            let error = compile(template).expect_err(template);
            assert!(matches!(error, PrintError::Template(_)), "{template}: {error}");
        }
        assert!(compile(r#"#json("data.json").a"#).is_ok());
    }

    #[test]
    fn a_mark_stands_on_every_page_and_nowhere_else() {
        let template = r#"#import "common.typ": official
#show: official.with(title: "Hai trang", margin: 20mm)
Một #pagebreak() Hai"#;
        let fonts = || Fonts::load(Path::new(super::super::DEBIAN_FONT_DIR)).expect("Debian package fonts-liberation2");
        let dated = DateTime::from_timestamp(1_770_000_000, 0).expect("valid");
        let words = |fonts: Fonts, page: &str| {
            let pdf = print(&fonts, Job { template, data: &json!({}), dated, ident: "test".to_owned() }).unwrap();
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), pdf).unwrap();
            let text = std::process::Command::new("pdftotext")
                .args(["-f", page, "-l", page, file.path().to_str().unwrap(), "-"])
                .output()
                .expect("Debian package poppler-utils");
            String::from_utf8(text.stdout).unwrap()
        };
        for page in ["1", "2"] {
            assert!(words(fonts().marked(["BẢN THỰC HÀNH"]), page).contains("THỰC HÀNH"), "page {page}");
            assert!(!words(fonts(), page).contains("THỰC HÀNH"), "page {page}");
        }
    }
}
