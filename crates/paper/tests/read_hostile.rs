//! Files that must be refused with a clear sentence, and children that must not take the server along.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use paper::read::limits::Limits;
use paper::read::refusal::Refusal;
use paper::read::source::Source;
use paper::read::spawn::Reader;
use testkit::documents::{pdf, png_without_pixels};

fn refused(bytes: Vec<u8>) -> Refusal {
    match Source::from_bytes(bytes, &Limits::default()) {
        Err(refusal) => refusal,
        Ok(source) => source.page(0, &Limits::default()).err().expect("the file must be refused"),
    }
}

fn image_object(width: usize, height: usize, filter: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!(
        "<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8/Length {}{filter}>>stream\n",
        data.len()
    )
    .into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}

#[test]
fn an_empty_file() {
    assert_eq!(refused(Vec::new()), Refusal::Empty);
}

#[test]
fn a_program_named_pdf() {
    assert_eq!(
        refused(b"MZ\x90\0\x03\0\0\0 This program cannot be run in DOS mode. %PDF-1.4".to_vec()),
        Refusal::Executable
    );
    assert_eq!(refused(b"\x7fELF\x02\x01\x01".to_vec()), Refusal::Executable);
}

#[test]
fn something_else() {
    assert_eq!(refused(b"PK\x03\x04 a word processor's file".to_vec()), Refusal::NotADocument);
}

#[test]
fn a_file_of_300_megabytes_is_refused_before_it_is_read() {
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    file.as_file().set_len(300 * 1024 * 1024).expect("sparse file");
    let start = Instant::now();
    let refusal = Source::open(file.path(), &Limits::default()).err();
    assert_eq!(refusal, Some(Refusal::TooLarge { megabytes: 300, limit_megabytes: 60 }));
    assert!(start.elapsed() < Duration::from_millis(500));
}

#[test]
fn a_pdf_of_5000_pages() {
    assert_eq!(refused(pdf(5_000, "", "", &[])), Refusal::TooManyPages { pages: 5_000, limit: 60 });
}

#[test]
fn an_encrypted_pdf() {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/encrypted.pdf")).expect("fixture");
    assert_eq!(refused(bytes), Refusal::Encrypted);
}

#[test]
fn a_truncated_pdf() {
    let whole = pdf(3, "", "0 0 m 10 10 l S", &[]);
    for share in [2, 3, 5] {
        assert_eq!(
            refused(whole[..whole.len() * (share - 1) / share].to_vec()),
            Refusal::Truncated,
            "cut at 1/{share}"
        );
    }
}

#[test]
fn a_truncated_jpeg_and_png() {
    let image = image::GrayImage::from_fn(400, 400, |x, y| image::Luma([(x * y % 251) as u8]));
    let mut png = Vec::new();
    image.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("encoder");
    assert_eq!(refused(png[..png.len() / 2].to_vec()), Refusal::Unreadable { page: 1 });
    assert_eq!(refused(b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec()), Refusal::Unreadable { page: 1 });
}

#[test]
fn an_image_of_30000_by_30000_is_refused_before_it_is_decoded() {
    // A PNG's header says its size; no pixel follows.
    let png = png_without_pixels(30_000, 30_000);
    let too_large = Refusal::TooManyPixels { page: 1, width: 30_000, height: 30_000 };
    assert_eq!(refused(png), too_large);
    let in_pdf =
        pdf(1, "/XObject<</I 5 0 R>>", "q 595 0 0 842 0 0 cm /I Do Q", &[image_object(30_000, 30_000, "", b"short")]);
    assert_eq!(refused(in_pdf), too_large);
}

#[test]
fn every_refusal_is_a_vietnamese_sentence() {
    for refusal in [Refusal::Empty, Refusal::Encrypted, Refusal::Truncated, Refusal::Timeout, Refusal::Crashed] {
        let sentence = refusal.to_string();
        assert!(sentence.starts_with(char::is_uppercase) && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn a_page_that_is_one_scan_gives_the_scan_itself_and_is_turned() {
    let scan = image::GrayImage::from_fn(60, 80, |x, y| image::Luma([(3 * x + y) as u8]));
    let object = image_object(60, 80, "", scan.as_raw());
    let bytes = pdf(1, "/XObject<</I 5 0 R>>", "q 595 0 0 842 0 0 cm /I Do Q", std::slice::from_ref(&object));
    let page =
        Source::from_bytes(bytes, &Limits::default()).expect("opens").page(0, &Limits::default()).expect("decodes");
    assert_eq!(page.image, scan);
    assert!((page.dpi - 60.0 / (595.0 / 72.0)).abs() < 0.01);
    // The same scan laid on its side by the page's matrix.
    let side = pdf(1, "/XObject<</I 5 0 R>>", "q 0 -842 595 0 0 842 cm /I Do Q", &[object]);
    let page =
        Source::from_bytes(side, &Limits::default()).expect("opens").page(0, &Limits::default()).expect("decodes");
    assert_eq!(page.image, image::imageops::rotate90(&scan));
}

#[test]
fn a_drawn_page_is_rendered_on_white() {
    let bytes = pdf(1, "", "0 g 100 100 300 300 re f", &[]);
    let page =
        Source::from_bytes(bytes, &Limits::default()).expect("opens").page(0, &Limits::default()).expect("draws");
    assert_eq!(page.image.dimensions(), (2479, 3508));
    assert_eq!(page.image.get_pixel(10, 10).0[0], 255);
    assert_eq!(page.image.get_pixel(1000, 2500).0[0], 0);
}

#[test]
fn every_image_of_a_tiff_is_a_page() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut bytes).expect("encoder");
    for shade in [10u8, 200] {
        encoder.write_image::<tiff::encoder::colortype::Gray8>(40, 50, &[shade; 2000]).expect("image");
    }
    let source = Source::from_bytes(bytes.into_inner(), &Limits::default()).expect("opens");
    assert_eq!(source.page_count(), 2);
    let page = source.page(1, &Limits::default()).expect("decodes");
    assert_eq!((page.image.dimensions(), page.image.get_pixel(0, 0).0[0]), ((40, 50), 200));
}

fn shell(script: &str, limits: Limits) -> (Reader, tempfile::TempDir) {
    // The file and the folder follow as $0 and $1.
    (Reader::new("/bin/sh", ["-c", script], limits), tempfile::tempdir().expect("temporary folder"))
}

#[test]
fn a_child_that_crashes_hangs_or_runs_out_of_memory_is_a_refusal() {
    let file = Path::new("/dev/null");
    let quick = Limits { file_time: Duration::from_millis(300), ..Limits::default() };
    let cases = [
        ("kill -SEGV $$", Limits::default(), Refusal::Crashed),
        ("exit 7", Limits::default(), Refusal::Crashed),
        ("echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$", Limits::default(), Refusal::OutOfMemory),
        ("kill -KILL $$", Limits::default(), Refusal::OutOfMemory),
        ("sleep 30", quick, Refusal::Timeout),
        ("echo not json > $1/result.json", Limits::default(), Refusal::Crashed),
    ];
    for (script, limits, expected) in cases {
        let (reader, folder) = shell(script, limits);
        assert_eq!(reader.read(file, folder.path(), |_| {}), Err(expected), "{script}");
    }
}

#[test]
fn a_timeout_ends_the_whole_process_group() {
    let quick = Limits { file_time: Duration::from_millis(300), ..Limits::default() };
    let (reader, folder) = shell("sleep 60 & echo $! > $1/pid; wait", quick);
    let start = Instant::now();
    assert_eq!(reader.read(Path::new("/dev/null"), folder.path(), |_| {}), Err(Refusal::Timeout));
    assert!(start.elapsed() < Duration::from_secs(10));
    let pid = std::fs::read_to_string(folder.path().join("pid")).expect("the grandchild's number");
    let status = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
    let dead = |path: &Path| std::fs::read_to_string(path).map_or(true, |stat| stat.contains(") Z "));
    for _ in 0..50 {
        if dead(&status) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the grandchild is still running");
}

#[test]
fn the_real_worker_refuses_in_its_child() {
    let mut file = tempfile::NamedTempFile::new().expect("temporary file");
    file.write_all(&pdf(5_000, "", "", &[])).expect("written");
    let folder = tempfile::tempdir().expect("temporary folder");
    let reader = Reader::new(env!("CARGO_BIN_EXE_paper-read"), Vec::<String>::new(), Limits::default());
    assert_eq!(reader.read(file.path(), folder.path(), |_| {}), Err(Refusal::TooManyPages { pages: 5_000, limit: 60 }));
}
