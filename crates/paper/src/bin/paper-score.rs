//! Scores reading against sample scans with known truth, and measures what it costs beside plain Tesseract.
//!
//! `paper-score FOLDER [--cost] [--only TEXT]`: prints the differences, a table by class and one by kind of field;
//! with `--cost` each file is also read by plain `tesseract PAGE.png - -l vie`, one core, and the last line is `ratio X`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use paper::read::asternet::AsterNet;
use paper::read::file::read_file;
use paper::read::limits::Limits;
use paper::read::recognise::LineReader;
use paper::read::report::{Report, line};
use paper::read::result::ReadDeclaration;
use paper::read::source::Source;
use paper::read::tesseract::Tesseract;
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("usage: paper-score FOLDER [--cost] [--only TEXT]")?;
    let cost = arguments.iter().any(|argument| argument == "--cost");
    let only = arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    let mut totals = Totals::default();
    let second = std::env::var_os("MINHBACH_ASTERNET").map(|folder| AsterNet::load(Path::new(&folder))).transpose()?;
    for pdf in samples(Path::new(folder), only.map(String::as_str))? {
        totals.sample(&pdf, second.as_ref(), cost)?;
    }
    totals.print();
    Ok(())
}

fn samples(folder: &Path, only: Option<&str>) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|kind| kind == "pdf"));
    files.retain(|path| only.is_none_or(|text| path.to_string_lossy().contains(text)));
    files.sort();
    Ok(files)
}

#[derive(Default)]
struct Totals {
    report: Report,
    ours: Duration,
    plain: Duration,
}

impl Totals {
    fn sample(&mut self, pdf: &Path, second: Option<&AsterNet>, cost: bool) -> Result<(), Box<dyn Error>> {
        let truth: Value = serde_json::from_slice(&std::fs::read(pdf.with_extension("json"))?)?;
        let limits = Limits::default();
        if cost {
            self.plain += plain(pdf, &limits)?;
        }
        let start = Instant::now();
        let reading = read_file(
            pdf,
            None,
            &Tesseract::default(),
            second.map(|second| second as &dyn LineReader),
            &limits,
            |_| {},
        )?;
        self.ours += start.elapsed();
        let read = ReadDeclaration { declaration: reading.declaration, provenance: reading.provenance };
        let (total, differences) = self.report.add(&truth, &read);
        println!("{}", line(&pdf.file_stem().unwrap_or_default().to_string_lossy(), &total));
        for difference in differences {
            let mark = if difference.doubtful { "doubtful" } else { "SILENT" };
            let show = |value: Option<Value>| value.map_or_else(|| "—".to_owned(), |value| value.to_string());
            println!("    {mark} {}: {} read as {}", difference.path, show(difference.truth), show(difference.read));
        }
        Ok(())
    }

    fn print(&self) {
        println!("\n{}", self.report);
        println!("reading took {:.1} s", self.ours.as_secs_f64());
        if !self.plain.is_zero() {
            println!("plain tesseract took {:.1} s", self.plain.as_secs_f64());
            println!("ratio {:.2}", self.ours.as_secs_f64() / self.plain.as_secs_f64());
        }
    }
}

/// Time of plain Tesseract over the same page images.
fn plain(pdf: &Path, limits: &Limits) -> Result<Duration, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let source = Source::open(pdf, limits)?;
    let mut spent = Duration::ZERO;
    for index in 0..source.page_count() {
        let file = folder.path().join(format!("{index}.png"));
        source.page(index, limits)?.image.save(&file)?;
        let start = Instant::now();
        Command::new("tesseract")
            .arg(&file)
            .args(["-", "-l", "vie"])
            .env("OMP_THREAD_LIMIT", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        spent += start.elapsed();
    }
    Ok(spent)
}
