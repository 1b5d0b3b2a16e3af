//! Recognition from the outside: the child process, the private folder it works in, and the command without a server.
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use paper::read::file::Progress;
use paper::read::limits::Limits;
use paper::read::refusal::Refusal as Unreadable;
use paper::read::result::Reading;
use paper::read::spawn::Reader;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::kernel::config::Intake;
use crate::kernel::{App, Result};

/// Argument that makes this program the child.
const WORKER: &str = "read-worker";

/// The child process: `FILE OUTPUT_FOLDER`. It ends with the process that started it.
pub fn worker_main(args: Vec<String>) -> ExitCode {
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL)) {
        eprintln!("cannot bind this process to its parent: {error}");
        return ExitCode::FAILURE;
    }
    match paper::read::worker::worker_main(args.into_iter().map(OsString::from)) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// `minhbach intake read FILE --json`: recognition alone. Prints the declaration with the origin of every value
/// (shape: `docs/API.md`); a refusal is a sentence on standard error and exit code 2.
pub async fn read_command(file: &Path) -> anyhow::Result<ExitCode> {
    let original = file.canonicalize().with_context(|| format!("Không mở được tệp {}", file.display()))?;
    let program = std::env::current_exe()?;
    let outcome = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let folder =
            tempfile::Builder::new().prefix("minhbach-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        // A link: the child's arguments are plain text whatever the file is called.
        let link = folder.path().join(ORIGINAL);
        std::os::unix::fs::symlink(original, &link)?;
        Ok(Reader::new(program, [WORKER], Limits::default()).read(&link, folder.path(), |_| {}))
    })
    .await??;
    match outcome {
        Ok(reading) => {
            let Reading { declaration, provenance, also, .. } = reading;
            let shown = json!({"declaration": declaration, "provenance": provenance, "also": also});
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&shown)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            Ok(ExitCode::from(2))
        }
    }
}

/// Name of the original in the folder the child works in.
const ORIGINAL: &str = "original";

/// A folder of one recognition, mode 0700. Removed with everything in it when dropped; a lock beside it tells a later
/// start that its owner is gone.
pub struct Workshop {
    folder: TempDir,
    lock: File,
    lock_path: PathBuf,
}

impl Workshop {
    /// Makes one inside `root`, which is made when missing.
    fn open(root: &Path) -> anyhow::Result<Self> {
        if !root.exists() {
            DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        }
        let name = uuid::Uuid::now_v7().to_string();
        let lock_path = root.join(format!("{name}.lock"));
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&lock_path)?;
        lock.lock()?;
        let folder = tempfile::Builder::new()
            .prefix(&name)
            .rand_bytes(0)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(root)?;
        Ok(Self { folder, lock, lock_path })
    }

    /// Where the child left its images.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // The folder goes with its `TempDir`; what stays after a failure here is swept at the next start.
        let _removed = std::fs::remove_dir_all(self.folder.path());
        let _removed = std::fs::remove_file(&self.lock_path);
        let _released = self.lock.unlock();
    }
}

fn root(app: &App) -> PathBuf {
    app.config.data.join("tmp")
}

/// Removes folders whose owner was killed: they hold opened scans.
///
/// # Errors
/// When a folder cannot be listed or removed.
pub fn sweep(app: &App) -> anyhow::Result<usize> {
    sweep_folder(&root(app))
}

fn sweep_folder(root: &Path) -> anyhow::Result<usize> {
    let mut removed = 0;
    if !root.exists() {
        return Ok(removed);
    }
    for entry in std::fs::read_dir(root)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(lock) = File::open(&path) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        let folder = path.with_extension("");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("xóa thư mục tạm {}", folder.display()))?;
        }
        std::fs::remove_file(&path)?;
        removed += 1;
    }
    Ok(removed)
}

/// The settings as the child's limits.
fn limits(settings: &Intake) -> anyhow::Result<Limits> {
    Ok(Limits {
        max_file_bytes: settings.max_file_mib << 20,
        max_pages: usize::try_from(settings.max_pages)?,
        max_page_pixels: u64::from(settings.max_megapixels) * 1_000_000,
        max_memory_bytes: settings.memory_mib << 20,
        file_time: Duration::from_secs(settings.seconds_per_file),
        ..Limits::default()
    })
}

/// What recognition came to. The images of a reading lie in the workshop until it is dropped.
pub struct Outcome {
    pub workshop: Workshop,
    pub result: Result<Reading, Unreadable>,
}

/// Reads an original in a child process, within the settings' time. Steps are sent as they are taken.
///
/// # Errors
/// A bug when the private folder cannot be made; whatever the child does is a refusal in the outcome.
pub async fn read(app: &App, original: Vec<u8>, steps: mpsc::UnboundedSender<Progress>) -> Result<Outcome> {
    let (root, program) = (root(app), app.reader_program.clone());
    let limits = limits(&app.config.intake)?;
    let outcome = tokio::task::spawn_blocking(move || -> anyhow::Result<Outcome> {
        let workshop = Workshop::open(&root)?;
        let file = workshop.path().join(ORIGINAL);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?.write_all(&original)?;
        drop(original);
        let result = Reader::new(program, [WORKER], limits).read(&file, workshop.path(), |step| {
            // Nobody listens once the server stops; the reading is finished all the same.
            let _nobody = steps.send(step);
        });
        Ok(Outcome { workshop, result })
    })
    .await
    .map_err(|error| crate::bug!("recognition task: {error}"))?;
    Ok(outcome?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workshop_is_private_and_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let workshop = Workshop::open(root.path()).unwrap();
        let path = workshop.path().to_owned();
        std::fs::write(path.join(ORIGINAL), b"plain").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(workshop);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_folders_of_the_dead_are_swept() {
        let root = tempfile::tempdir().unwrap();
        let living = Workshop::open(root.path()).unwrap();
        std::fs::create_dir(root.path().join("dead")).unwrap();
        std::fs::write(root.path().join("dead/original"), b"plain").unwrap();
        std::fs::write(root.path().join("dead.lock"), b"").unwrap();
        assert_eq!(sweep_folder(root.path()).unwrap(), 1);
        assert!(living.path().exists());
        assert!(!root.path().join("dead").exists());
    }
}
