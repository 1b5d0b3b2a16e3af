//! Reads a few sample scans end to end, through the child process, and holds the figures the project promises.

use std::path::{Path, PathBuf};

use paper::read::asternet::AsterNet;
use paper::read::limits::Limits;
use paper::read::result::ReadDeclaration;
use paper::read::score::{Counts, score};
use paper::read::spawn::Reader;
use serde_json::Value;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper")
}

/// The second recogniser, where `./dev` puts it.
fn second_reader() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
        .expect("a home");
    let folder = cache.join("minhbach/asternet");
    assert!(folder.is_dir(), "./dev test fetches the second recogniser to {}", folder.display());
    folder
}

fn read(name: &str, second: Option<PathBuf>) -> (ReadDeclaration, Counts, Vec<String>) {
    let pdf = samples().join(name).with_extension("pdf");
    assert!(pdf.exists(), "the sample scans belong beside the clone: {}", pdf.display());
    let truth: Value =
        serde_json::from_slice(&std::fs::read(pdf.with_extension("json")).expect("truth file")).expect("truth is JSON");
    let folder = tempfile::tempdir().expect("temporary folder");
    let twice = second.is_some();
    let reader = Reader::new(env!("CARGO_BIN_EXE_paper-read"), Vec::<String>::new(), Limits::default())
        .with_second_reader(second);
    let mut steps = Vec::new();
    let reading = reader.read(&pdf, folder.path(), |step| steps.push(step)).expect("the sample is readable");
    assert_eq!(reading.pages.len() as u64, truth["pages"].as_u64().expect("pages"));
    assert_eq!(reading.second_reader, twice);
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

/// At least so much right and at most so much doubtful, percent of the leaves; nothing wrong that is not doubtful.
fn holds(name: &str, right: f64, doubtful: f64) {
    let (read, total, differences) = read(name, Some(second_reader()));
    let shown = differences.join("\n");
    assert!(total.percent(total.right) >= right, "{name}: {:.1} % right\n{shown}", total.percent(total.right));
    assert!(total.silent == 0, "{name}: {} silent errors\n{shown}", total.silent);
    assert!(total.percent(total.doubtful) <= doubtful, "{name}: {:.1} % doubtful", total.percent(total.doubtful));
    for (path, leaf) in &read.provenance {
        assert!((0.0..=1.0).contains(&leaf.confidence), "{path}");
        if let Some([x, y, width, height]) = leaf.bounds {
            assert!(x >= 0.0 && y >= 0.0 && x + width <= 1.001 && y + height <= 1.001, "{path}: {:?}", leaf.bounds);
        }
    }
}

#[test]
fn a_clean_scan() {
    holds("dev-012-clean", 98.0, 10.0);
}

#[test]
fn an_office_scan() {
    holds("dev-001-scan", 96.0, 10.0);
}

#[test]
fn a_poor_scan() {
    holds("dev-018-poor", 95.0, 10.0);
}

#[test]
fn handwriting() {
    holds("dev-003-hand", 98.0, 16.0);
}

#[test]
fn cursive_handwriting() {
    holds("dev-011-hand", 94.0, 18.0);
}

/// Without the second recogniser a paper is read all the same, and hardly anything read in handwriting counts as sure.
#[test]
fn handwriting_read_by_one_recogniser_is_doubtful() {
    let (read, ..) = read("dev-011-hand", None);
    let doubtful = read.provenance.values().filter(|leaf| leaf.doubtful).count();
    assert!(doubtful * 10 >= read.provenance.len() * 9, "{doubtful} of {} doubtful", read.provenance.len());
}

#[test]
fn a_model_of_another_version_is_not_run() {
    let folder = tempfile::tempdir().expect("temporary folder");
    assert!(AsterNet::check(folder.path()).is_err());
    for file in ["asternet.onnx", "vocab.json"] {
        let mut bytes = std::fs::read(second_reader().join(file)).expect("the model");
        let last = bytes.len() - 2;
        bytes[last] ^= 1;
        std::fs::write(folder.path().join(file), bytes).expect("written");
    }
    let refused = AsterNet::check(folder.path()).expect_err("changed by one bit");
    assert!(refused.to_string().contains("asternet.onnx"), "{refused}");
    assert!(AsterNet::check(&second_reader()).is_ok());
}
