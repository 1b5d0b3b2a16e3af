//! Reading PDFs back with the tools an office would use.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use paper::print::{DEBIAN_FONT_DIR, Fonts};

pub static FONTS: LazyLock<Fonts> =
    LazyLock::new(|| Fonts::load(Path::new(DEBIAN_FONT_DIR)).expect("Debian package fonts-liberation2"));

pub fn instant(rfc3339: &str) -> DateTime<Utc> {
    rfc3339.parse().expect("RFC 3339")
}

/// Runs `tool` on the PDF; `{}` in the arguments stands for its file. Panics unless the exit status is 0.
pub fn run(pdf: &[u8], tool: &str, args: &[&str]) -> String {
    let mut file = tempfile::Builder::new().suffix(".pdf").tempfile().expect("temporary file");
    file.write_all(pdf).expect("written");
    let path = file.path().to_str().expect("UTF-8").to_owned();
    let args = args.iter().map(|a| a.replace("{}", &path));
    let out = Command::new(tool).args(args).output().unwrap_or_else(|e| panic!("{tool} is needed: {e}"));
    assert!(
        out.status.success(),
        "{tool}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Text as laid out on the page, pages divided by form feeds.
pub fn layout_text(pdf: &[u8]) -> String {
    run(pdf, "pdftotext", &["-layout", "{}", "-"])
}

/// Text in reading order with all white space squeezed to single spaces.
pub fn running_text(pdf: &[u8]) -> String {
    squeeze(&run(pdf, "pdftotext", &["{}", "-"]))
}

pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn pages(pdf: &[u8]) -> usize {
    let info = run(pdf, "pdfinfo", &["{}"]);
    let count = info.lines().find_map(|line| line.strip_prefix("Pages:")).expect("Pages:");
    count.trim().parse().expect("number")
}

/// Asserts that the wanted texts stand in `text` one after the other.
pub fn assert_in_order(text: &str, wanted: &[&str]) {
    let mut from = 0;
    for want in wanted {
        let found = text[from..].find(want);
        let near = || text[from..].chars().take(400).collect::<String>();
        from += found.unwrap_or_else(|| panic!("“{want}” missing after: {}", near())) + want.len();
    }
}

/// Well-formed, claims PDF/A-2b, tagged, Vietnamese, dated, every font embedded.
pub fn assert_archival(pdf: &[u8]) {
    run(pdf, "qpdf", &["--check", "{}"]);
    let raw = String::from_utf8_lossy(pdf);
    assert!(raw.contains("<pdfaid:part>2</pdfaid:part>"), "XMP part");
    assert!(raw.contains("<pdfaid:conformance>B</pdfaid:conformance>"), "XMP conformance");
    let info = run(pdf, "pdfinfo", &["{}"]);
    assert!(info.contains("Tagged:          yes"), "{info}");
    assert!(info.contains("CreationDate:"), "{info}");
    assert!(info.contains("595.276 x 841.89 pts (A4)"), "{info}");
    let fonts = run(pdf, "pdffonts", &["{}"]);
    let faces: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!faces.is_empty());
    for face in faces {
        assert!(face.contains("Liberation"), "{face}");
        let flags: Vec<&str> = face.split_whitespace().rev().skip(2).take(3).collect();
        assert_eq!(flags, ["yes", "yes", "yes"], "embedded, subset, Unicode map: {face}");
    }
    assert!(run(pdf, "qpdf", &["--qdf", "--object-streams=disable", "{}", "-"]).contains("/Lang (vi-VN)"));
}

/// Keeps a copy to look at when MINHBACH_PRINT_DIR is set.
pub fn keep(pdf: &[u8], name: &str) {
    if let Ok(dir) = std::env::var("MINHBACH_PRINT_DIR") {
        std::fs::write(Path::new(&dir).join(name), pdf).expect("MINHBACH_PRINT_DIR is writable");
    }
}

/// As [`body_text`], line by line as laid out: for pages without columns.
pub fn body_lines(pdf: &[u8]) -> String {
    squeeze(&run(pdf, "pdftotext", &["-layout", "-x", "0", "-y", "56", "-W", "596", "-H", "715", "{}", "-"]))
}

/// The body of every page (between the margins of the declaration) in reading order, white space squeezed: header and
/// footer do not stand between two lines of one value.
pub fn body_text(pdf: &[u8]) -> String {
    squeeze(&run(pdf, "pdftotext", &["-x", "0", "-y", "56", "-W", "596", "-H", "715", "{}", "-"]))
}
