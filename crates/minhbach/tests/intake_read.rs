//! `minhbach intake read FILE --json`, the real binary: what it prints of a declaration, and how it refuses.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use serde_json::{Map, Value};
use testkit::documents::{pdf, png_without_pixels};

fn minhbach() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minhbach"));
    command.env_remove("MINHBACH_LOG").env("RUST_BACKTRACE", "1");
    command
}

fn read(file: &Path) -> Output {
    minhbach().args(["intake", "read"]).arg(file).arg("--json").output().expect("the program starts")
}

/// Path → value of every leaf; an empty list or object is one.
fn leaves(value: &Value, path: &str, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => fields.iter().for_each(|(key, value)| {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            leaves(value, &path, found);
        }),
        Value::Array(entries) if !entries.is_empty() => {
            entries.iter().enumerate().for_each(|(n, value)| leaves(value, &format!("{path}[{n}]"), found));
        }
        leaf => {
            found.insert(path.to_owned(), leaf.clone());
        }
    }
}

/// What the form itself leaves open is null and sure: no amount stands there to be read.
fn is_left_open(path: &str) -> bool {
    path.starts_with("changes[") && path.ends_with(".quantity") || path == "receipt" || path == "spouse"
}

fn keeps_the_contract(declaration: &Value, provenance: &Map<String, Value>, pages: u64) {
    let mut found = BTreeMap::new();
    leaves(declaration, "", &mut found);
    for (path, origin) in provenance {
        let value = found.get(path).unwrap_or_else(|| panic!("{path} has an origin and no value"));
        let doubtful = origin["doubtful"].as_bool().expect("doubtful");
        assert!((0.0..=1.0).contains(&origin["confidence"].as_f64().expect("a number")), "{path}");
        assert!(!value.is_null() || doubtful || is_left_open(path), "{path} was not read and is not in doubt");
        if let Some(bounds) = origin["box"].as_array() {
            let [x, y, w, h] = [0, 1, 2, 3].map(|n| bounds[n].as_f64().expect("a number"));
            assert!(x >= 0.0 && y >= 0.0 && w > 0.0 && h > 0.0 && x + w <= 1.0 && y + h <= 1.0, "{path}: {bounds:?}");
            assert!((1..=pages).contains(&origin["page"].as_u64().expect("a page")), "{path}");
        }
    }
    for (path, value) in &found {
        let is_open = matches!(value, Value::Null | Value::Array(_)) && !provenance.contains_key(path);
        assert!(provenance.contains_key(path) || is_open, "{path} = {value} was read and has no origin");
    }
    // An item that is not on the paper is not in the output: no entry stands there with nothing in it.
    for list in ["assets", "children", "changes"] {
        for entry in declaration[list].as_array().into_iter().flatten() {
            let mut inside = BTreeMap::new();
            leaves(entry, "", &mut inside);
            let said = inside.iter().any(|(key, value)| key != "code" && !value.is_null());
            assert!(said, "{list} holds an empty entry: {entry}");
        }
    }
    assert!(provenance.len() > 20, "only {} values were read", provenance.len());
}

#[test]
fn a_scan_is_read_with_the_origin_of_every_value() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper");
    for name in ["dev-012-clean", "dev-002-poor"] {
        let pdf = samples.join(name).with_extension("pdf");
        assert!(pdf.exists(), "the sample scans belong beside the clone: {}", pdf.display());
        let truth: Value = serde_json::from_slice(&std::fs::read(pdf.with_extension("json")).unwrap()).unwrap();
        let out = read(&pdf);
        assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
        let said: Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(said.as_object().unwrap().keys().collect::<Vec<_>>(), ["declaration", "provenance", "also"]);
        let pages = truth["pages"].as_u64().unwrap();
        keeps_the_contract(&said["declaration"], said["provenance"].as_object().unwrap(), pages);
        for further in said["also"].as_array().unwrap() {
            keeps_the_contract(&further["declaration"], further["provenance"].as_object().unwrap(), pages);
        }
    }
}

#[test]
fn without_the_second_recogniser_a_scan_is_read_and_it_is_said() {
    let nothing = tempfile::tempdir().unwrap();
    let pdf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper/dev-012-clean.pdf");
    let mut command = minhbach();
    command.env_remove("XDG_CACHE_HOME").env("HOME", nothing.path());
    let out = command.args(["intake", "read"]).arg(pdf).arg("--json").output().expect("the program starts");
    assert!(out.status.success());
    assert!(String::from_utf8(out.stderr).unwrap().contains("Chỉ một bộ nhận dạng"));
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert!(said["declaration"]["declarant"]["full_name"].is_string());
}

#[test]
fn a_folder_of_known_papers_is_scored() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples/paper");
    for kind in ["pdf", "json"] {
        let name = format!("dev-012-clean.{kind}");
        std::fs::copy(samples.join(&name), folder.path().join(&name)).unwrap();
    }
    let curve = folder.path().join("curve.svg");
    let out = minhbach().args(["intake", "score"]).arg(folder.path()).arg("--curve").arg(&curve).output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && said.contains("declarant.full_name") && said.contains("tất cả"), "{said}");
    assert!(std::fs::read_to_string(curve).unwrap().starts_with("<svg"));
    let empty = tempfile::tempdir().unwrap();
    assert_refused("trong", &minhbach().args(["intake", "score"]).arg(empty.path()).output().unwrap());
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let white = vec![255u8; width as usize * height as usize];
    PngEncoder::new(&mut out).write_image(&white, width, height, ExtendedColorType::L8).expect("encoder");
    out
}

/// One Vietnamese sentence or two on standard error, nothing on standard output, an exit code that is not 0.
fn assert_refused(name: &str, out: &Output) -> String {
    let said = String::from_utf8(out.stderr.clone()).expect("text");
    assert!(!out.status.success() && out.status.code().is_some(), "{name}: {}", out.status);
    assert!(out.stdout.is_empty(), "{name} printed {}", String::from_utf8_lossy(&out.stdout));
    let line = said.strip_suffix('\n').unwrap_or_else(|| panic!("{name}: {said:?}"));
    assert!(!line.contains('\n') && line.ends_with('.'), "{name}: not a sentence: {said:?}");
    for trace in ["panicked", "os error", "Error", "Caused by", "::", "Stack", "No such"] {
        assert!(!line.contains(trace), "{name}: words of the machine: {said:?}");
    }
    assert!(line.chars().any(|c| "ảạấầẩẫậắằẳặẵếềểễệốồổỗộớờởỡợứừửữựđ".contains(c)), "{name}: not Vietnamese: {said:?}");
    said
}

#[test]
fn a_file_that_cannot_be_read_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let whole = pdf(3, "", "", &[]);
    let encrypted = Path::new(env!("CARGO_MANIFEST_DIR")).join("../paper/tests/data/encrypted.pdf");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("rong.pdf", Vec::new(), "Tệp rỗng"),
        ("chuong-trinh.pdf", b"MZ\x90\0\x03 This program cannot be run in DOS mode.".to_vec(), "chương trình"),
        ("van-ban.docx", b"PK\x03\x04 a word processor's file".to_vec(), "không phải là PDF"),
        ("cut.pdf", whole[..whole.len() / 2].to_vec(), "cắt cụt"),
        ("mat-khau.pdf", std::fs::read(encrypted).unwrap(), "mật khẩu"),
        ("rac.pdf", [b"%PDF-1.7\n".to_vec(), (0..=255).cycle().take(40_000).collect()].concat(), "."),
        (
            "anh-cut.png",
            {
                let p = png(400, 400);
                p[..p.len() / 2].to_vec()
            },
            "không mở được",
        ),
        ("tên có dấu, dài và 'lạ'.pdf", pdf(0, "", "", &[]), "."),
    ];
    for (name, bytes, says) in cases {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let said = assert_refused(name, &read(&file));
        assert!(said.contains(says), "{name}: {said}");
    }
    assert!(assert_refused("missing", &read(&folder.path().join("khong-co.pdf"))).contains("Không có tệp"));
    assert!(assert_refused("folder", &read(folder.path())).contains("không phải là tệp"));
    let device = read(Path::new("/dev/zero"));
    assert!(assert_refused("endless", &device).contains("không phải là tệp"));
    let huge = folder.path().join("to.pdf");
    std::fs::File::create(&huge).unwrap().set_len(300 << 20).unwrap();
    assert!(assert_refused("300 MB", &read(&huge)).contains("quá lớn"));
}

/// Neither is decoded: the size is known from the head, and a tenth of the memory the picture would fill is enough.
#[test]
fn a_giant_image_and_a_book_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("minhbach.toml");
    std::fs::write(&settings, "[intake]\nmemory_mib = 256\n").unwrap();
    let giant = png_without_pixels(30_000, 30_000);
    for (name, bytes, says) in
        [("anh.png", giant, "30.000 × 30.000"), ("sach.pdf", pdf(5_000, "", "", &[]), "5.000 trang")]
    {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let out = minhbach().arg("--config").arg(&settings).args(["intake", "read"]).arg(&file).output().unwrap();
        let said = assert_refused(name, &out);
        assert!(said.contains(says), "{name}: {said}");
    }
}

/// The settings are the reader's limits: what they allow is read, what they forbid is refused by their figure.
#[test]
fn the_settings_limit_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("trang.png");
    std::fs::write(&page, png(600, 800)).unwrap();
    let with = |settings: &str| -> Output {
        let file: PathBuf = folder.path().join("minhbach.toml");
        std::fs::write(&file, settings).unwrap();
        minhbach().arg("--config").arg(&file).args(["intake", "read"]).arg(&page).output().unwrap()
    };
    assert!(with("").status.success(), "a blank page is read: nothing stands on it");
    let said = assert_refused("pixels", &with("[intake]\nmax_megapixels = 0\n"));
    assert!(said.contains("600 × 800"), "{said}");
    let said = assert_refused("memory", &with("[intake]\nmemory_mib = 24\n"));
    assert!(said.contains("bộ nhớ") || said.contains("dừng bất thường"), "{said}");
}
