//! The child process in which hostile bytes are decoded: it limits itself, reads one file and ends.

use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::asternet::AsterNet;
use super::file::{Progress, read_file};
use super::limits::Limits;
use super::recognise::LineReader;
use super::refusal::Refusal;
use super::result::Reading;
use super::tesseract::Tesseract;

/// Name of the file the worker leaves in its output folder.
pub const RESULT: &str = "result.json";

/// What that file holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Read(Box<Reading>),
    Refused(Refusal),
}

/// Entry point of the hidden subcommand: `FILE OUTPUT_FOLDER [LIMITS [SECOND_READER]]`, limits as JSON, the second recogniser
/// as a folder ([`AsterNet::load`]). Prints progress as JSON lines; returns the exit status.
pub fn worker_main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> i32 {
    let arguments: Vec<PathBuf> = arguments.into_iter().map(PathBuf::from).collect();
    let (file, folder, limits, second) = match arguments.as_slice() {
        [file, folder] => (file, folder, Some(Limits::default()), None),
        [file, folder, limits, second @ ..] if second.len() < 2 => {
            (file, folder, limits.to_str().and_then(|text| serde_json::from_str(text).ok()), second.first())
        }
        _ => {
            eprintln!("usage: FILE OUTPUT_FOLDER [LIMITS [SECOND_READER]]");
            return 2;
        }
    };
    let Some(limits) = limits else {
        eprintln!("LIMITS are not the limits of this version");
        return 2;
    };
    if let Err(error) = restrict(&limits) {
        eprintln!("cannot limit this process: {error}");
        return 1;
    }
    // A paper is read all the same without it; the reading says so.
    let second = second.and_then(|folder| match AsterNet::load(folder) {
        Ok(second) => Some(second),
        Err(error) => {
            eprintln!("no second reader: {error}");
            None
        }
    });
    let second = second.as_ref().map(|second| second as &dyn LineReader);
    let outcome = match read_file(file, Some(folder), &Tesseract::default(), second, &limits, report) {
        Ok(reading) => Outcome::Read(Box::new(reading)),
        Err(refusal) => Outcome::Refused(refusal),
    };
    match write(&outcome, folder) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("cannot write the result: {error}");
            1
        }
    }
}

/// Limits of the operating system; recognisers started from here inherit them.
fn restrict(limits: &Limits) -> rustix::io::Result<()> {
    let set = |resource, value| setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) });
    set(Resource::As, limits.max_memory_bytes)?;
    set(Resource::Cpu, limits.file_time.as_secs())?;
    set(Resource::Fsize, limits.max_output_bytes)?;
    set(Resource::Core, 0)
}

fn report(progress: Progress) {
    if let Ok(line) = serde_json::to_string(&progress) {
        // A parent that stopped listening does not stop the work.
        let _closed = writeln!(std::io::stdout(), "{line}");
    }
}

fn write(outcome: &Outcome, folder: &Path) -> std::io::Result<()> {
    let mut file = std::fs::File::create(folder.join(RESULT))?;
    serde_json::to_writer(&mut file, outcome)?;
    file.flush()
}
