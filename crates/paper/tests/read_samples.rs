//! Reads a few sample scans end to end, through the child process, and holds the figures the project promises.

use std::path::{Path, PathBuf};

use paper::read::limits::Limits;
use paper::read::result::ReadDeclaration;
use paper::read::score::{Counts, score};
use paper::read::spawn::Reader;
use serde_json::Value;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper")
}

fn read(name: &str) -> (ReadDeclaration, Counts, Vec<String>) {
    let pdf = samples().join(name).with_extension("pdf");
    assert!(pdf.exists(), "the sample scans belong beside the clone: {}", pdf.display());
    let truth: Value =
        serde_json::from_slice(&std::fs::read(pdf.with_extension("json")).expect("truth file")).expect("truth is JSON");
    let folder = tempfile::tempdir().expect("temporary folder");
    let reader = Reader::new(env!("CARGO_BIN_EXE_paper-read"), Vec::<String>::new(), Limits::default());
    let mut steps = Vec::new();
    let reading = reader.read(&pdf, folder.path(), |step| steps.push(step)).expect("the sample is readable");
    assert_eq!(reading.pages.len() as u64, truth["pages"].as_u64().expect("pages"));
    assert!(steps.iter().any(|step| step.page == reading.pages.len()), "progress reaches the last page");
    for page in &reading.pages {
        assert!(folder.path().join(page.image.as_ref().expect("an image for the review screen")).exists());
    }
    let read = ReadDeclaration { declaration: reading.declaration, provenance: reading.provenance };
    let (table, differences) = score(&truth, &read);
    let mut total = Counts::default();
    table.values().for_each(|counts| total.add(*counts));
    (read, total, differences.into_iter().map(|difference| format!("{difference:?}")).collect())
}

fn holds(name: &str, right: f64) {
    let (read, total, differences) = read(name);
    let shown = differences.join("\n");
    assert!(total.percent(total.right) >= right, "{name}: {:.1} % right\n{shown}", total.percent(total.right));
    assert!(total.percent(total.silent) <= 2.0, "{name}: {} silent errors\n{shown}", total.silent);
    assert!(total.percent(total.doubtful) <= 10.0, "{name}: {:.1} % doubtful", total.percent(total.doubtful));
    for (path, leaf) in &read.provenance {
        assert!((0.0..=1.0).contains(&leaf.confidence), "{path}");
        if let Some([x, y, width, height]) = leaf.bounds {
            assert!(x >= 0.0 && y >= 0.0 && x + width <= 1.001 && y + height <= 1.001, "{path}: {:?}", leaf.bounds);
        }
    }
}

#[test]
fn a_clean_scan() {
    holds("dev-012-clean", 98.0);
}

#[test]
fn an_office_scan() {
    holds("dev-001-scan", 96.0);
}

#[test]
fn a_poor_scan() {
    holds("dev-018-poor", 88.0);
}
