//! Recognition from the outside: the child process, the private folder it works in, and the command without a server.
use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use paper::read::asternet::AsterNet;
use paper::read::file::Progress;
use paper::read::limits::Limits;
use paper::read::refusal::Refusal as Unreadable;
use paper::read::report::{Report, line};
use paper::read::result::{ReadDeclaration, Reading};
use paper::read::spawn::Reader;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::kernel::config::{Config, Intake};
use crate::kernel::files::sha256;
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
pub async fn read_command(settings: &Intake, file: &Path) -> anyhow::Result<ExitCode> {
    let original = match std::fs::metadata(file).and_then(|about| Ok((about, file.canonicalize()?))) {
        Ok((about, path)) if about.is_file() => path,
        Ok(_) => return Ok(not_opened(&format!("{} không phải là tệp. Hãy chỉ một tệp bản quét.", file.display()))),
        Err(error) => return Ok(not_opened(&why_not_opened(file, &error))),
    };
    if let Err(error) = File::open(&original) {
        return Ok(not_opened(&why_not_opened(file, &error)));
    }
    let limits = limits(settings)?;
    let second = second_reader(settings);
    let program = std::env::current_exe()?;
    let outcome = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let folder =
            tempfile::Builder::new().prefix("minhbach-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        // A link: the child's arguments are plain text whatever the file is called.
        let link = folder.path().join(ORIGINAL);
        std::os::unix::fs::symlink(original, &link)?;
        Ok(Reader::new(program, [WORKER], limits).with_second_reader(second).read(&link, folder.path(), |_| {}))
    })
    .await??;
    match outcome {
        Ok(reading) => {
            let Reading { declaration, provenance, also, second_reader, .. } = reading;
            if !second_reader {
                eprintln!("{WITHOUT_SECOND_READER}");
            }
            let shown = json!({"declaration": declaration, "provenance": provenance, "also": also});
            writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&shown)?)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refusal) => Ok(not_opened(&refusal.to_string())),
    }
}

/// `minhbach intake score FOLDER`: reads every `NAME.pdf` beside a truth file `NAME.json` and prints what was right, doubtful and
/// wrong without being doubtful, by class of scan and kind of field; `--curve` writes the calibration curve as SVG.
pub async fn score_command(settings: &Intake, folder: &Path, curve: Option<&Path>) -> anyhow::Result<ExitCode> {
    let mut papers: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<_>>()?,
        Err(error) => return Ok(not_opened(&why_not_opened(folder, &error))),
    };
    papers.retain(|path| path.extension().is_some_and(|kind| kind == "pdf") && path.with_extension("json").is_file());
    papers.sort();
    if papers.is_empty() {
        return Ok(not_opened(&format!("Trong {} không có tệp PDF nào có tệp .json cùng tên.", folder.display())));
    }
    if let Some(why) = second_reader_missing(settings) {
        eprintln!("{WITHOUT_SECOND_READER} ({why})");
    }
    let (limits, second, program) = (limits(settings)?, second_reader(settings), std::env::current_exe()?);
    let curve = curve.map(Path::to_owned);
    tokio::task::spawn_blocking(move || -> anyhow::Result<ExitCode> {
        let reader = Reader::new(program, [WORKER], limits).with_second_reader(second);
        let (mut report, mut out) = (Report::default(), std::io::stdout());
        for paper in papers {
            let truth = paper.with_extension("json");
            let truth = serde_json::from_slice(&std::fs::read(&truth)?)
                .with_context(|| format!("{} không phải là JSON", truth.display()))?;
            let folder = tempfile::tempdir()?;
            let read = match reader.read(&paper.canonicalize()?, folder.path(), |_| {}) {
                Ok(Reading { declaration, provenance, .. }) => ReadDeclaration { declaration, provenance },
                Err(refusal) => {
                    eprintln!("{}: {refusal}", paper.display());
                    // A paper that is not read has every leaf wrong.
                    ReadDeclaration { declaration: serde_json::Value::Null, provenance: Default::default() }
                }
            };
            let (total, differences) = report.add(&truth, &read);
            writeln!(out, "{}", line(&paper.file_stem().unwrap_or_default().to_string_lossy(), &total))?;
            for one in differences {
                let mark = if one.doubtful { "cần đối chiếu" } else { "KHÔNG ĐÁNH DẤU" };
                let show = |value: Option<serde_json::Value>| value.map_or_else(|| "—".to_owned(), |v| v.to_string());
                writeln!(out, "    {mark} {}: {} đọc thành {}", one.path, show(one.truth), show(one.read))?;
            }
        }
        writeln!(out, "\n{report}")?;
        if let Some(curve) = curve {
            std::fs::write(&curve, report.curve()).with_context(|| format!("ghi {}", curve.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    })
    .await?
}

/// One sentence on standard error, nothing on standard output.
fn not_opened(sentence: &str) -> ExitCode {
    eprintln!("{sentence}");
    ExitCode::from(2)
}

/// The system's own words are English; people at the console get ours.
fn why_not_opened(file: &Path, error: &std::io::Error) -> String {
    let file = file.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("Không có tệp {file}. Hãy kiểm tra lại đường dẫn."),
        std::io::ErrorKind::PermissionDenied => format!("Tài khoản đang dùng không được đọc tệp {file}."),
        _ => format!("Không mở được tệp {file}."),
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
        claim_folder(root)?;
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

/// Memory that must be free for opened scans to lie in it.
const ROOM: u64 = 512 << 20;

/// Where opened scans lie: in memory when the machine has room, so that a copy of its disk holds none, not even after
/// a kill or a power cut; otherwise in the data folder.
fn root(config: &Config) -> PathBuf {
    if let Some(named) = &config.intake.workshop {
        return named.clone();
    }
    let in_memory = in_memory(config);
    match has_room(Path::new(MEMORY)) && claim_folder(&in_memory).is_ok() {
        true => in_memory,
        false => on_disk(config),
    }
}

const MEMORY: &str = "/dev/shm";

/// One folder for each data folder, so that a later start finds what a killed one left.
fn in_memory(config: &Config) -> PathBuf {
    let digest = sha256(config.data.as_os_str().as_encoded_bytes());
    Path::new(MEMORY).join(format!("minhbach-{}", hex::encode(&digest[..8])))
}

/// Takes the empty folder in memory away when the service ends: it lies outside the data folder.
pub fn leave(config: &Config) {
    // Not empty while another process reads there; missing when none ever did.
    let _kept = std::fs::remove_dir(in_memory(config));
}

fn on_disk(config: &Config) -> PathBuf {
    config.data.join("tmp")
}

fn has_room(folder: &Path) -> bool {
    const TMPFS: u64 = 0x0102_1994;
    rustix::fs::statfs(folder).is_ok_and(|about| {
        let size = u64::try_from(about.f_bsize).unwrap_or(0);
        u64::try_from(about.f_type) == Ok(TMPFS) && about.f_bavail.saturating_mul(size) >= ROOM
    })
}

/// Makes a folder only this user can enter. In a folder all may write to, somebody else could have been there first.
fn claim_folder(folder: &Path) -> anyhow::Result<()> {
    if !folder.exists() {
        // Two workers may both find it missing.
        match DirBuilder::new().recursive(true).mode(0o700).create(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
    }
    let about = std::fs::symlink_metadata(folder)?;
    anyhow::ensure!(
        about.is_dir() && about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o077 == 0,
        "thư mục {} không phải của riêng dịch vụ",
        folder.display()
    );
    Ok(())
}

/// Removes folders whose owner was killed: they hold opened scans.
///
/// # Errors
/// When a folder cannot be listed or removed.
pub fn sweep(app: &App) -> anyhow::Result<usize> {
    let mut removed = 0;
    for root in [app.config.intake.workshop.clone(), Some(in_memory(&app.config)), Some(on_disk(&app.config))] {
        removed += root.map_or(Ok(0), |root| sweep_folder(&root))?;
    }
    Ok(removed)
}

fn sweep_folder(root: &Path) -> anyhow::Result<usize> {
    let mut removed = 0;
    if !root.exists() {
        return Ok(removed);
    }
    claim_folder(root)?;
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

/// What is said where the second recogniser had no part in a reading.
pub const WITHOUT_SECOND_READER: &str = "Chỉ một bộ nhận dạng đọc tệp này (xem intake.second_reader trong docs/OPERATIONS.md): chữ viết tay được đọc kém hơn nhiều, cần đối chiếu kỹ từng nội dung với bản quét.";

/// Where the second recogniser lies when no setting names another place: as a machine has it, and as `./dev` fetches it
/// for whoever runs it. What lies there is run only if it is the very file this version was made for.
fn usual_places() -> impl Iterator<Item = PathBuf> {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    [PathBuf::from("/usr/share/minhbach/asternet")]
        .into_iter()
        .chain(cache.map(|cache| cache.join("minhbach/asternet")))
}

/// The folder of the second recogniser.
fn second_reader(settings: &Intake) -> Option<PathBuf> {
    settings.second_reader.clone().or_else(|| usual_places().find(|folder| folder.is_dir()))
}

/// Why papers will be read by one recogniser only, if they will.
pub fn second_reader_missing(settings: &Intake) -> Option<String> {
    match second_reader(settings) {
        Some(folder) => AsterNet::check(&folder).err().map(|error| error.to_string()),
        None => Some("intake.second_reader names no folder, and none of the usual ones is there".into()),
    }
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
    let (root, program) = (root(&app.config), app.reader_program.clone());
    let limits = limits(&app.config.intake)?;
    let second = second_reader(&app.config.intake);
    let outcome = tokio::task::spawn_blocking(move || -> anyhow::Result<Outcome> {
        let workshop = Workshop::open(&root)?;
        let file = workshop.path().join(ORIGINAL);
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?.write_all(&original)?;
        drop(original);
        let reader = Reader::new(program, [WORKER], limits).with_second_reader(second);
        let result = reader.read(&file, workshop.path(), |step| {
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

    fn private_folder() -> TempDir {
        tempfile::Builder::new().permissions(Permissions::from_mode(0o700)).tempdir().unwrap()
    }

    #[test]
    fn a_folder_others_can_enter_is_not_used() {
        let root = tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().unwrap();
        assert!(Workshop::open(root.path()).is_err());
        let link = private_folder();
        std::os::unix::fs::symlink(private_folder().keep(), link.path().join("link")).unwrap();
        assert!(Workshop::open(&link.path().join("link")).is_err());
    }

    #[test]
    fn a_workshop_is_private_and_leaves_nothing() {
        let root = private_folder();
        let workshop = Workshop::open(root.path()).unwrap();
        let path = workshop.path().to_owned();
        std::fs::write(path.join(ORIGINAL), b"plain").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(workshop);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_folders_of_the_dead_are_swept() {
        let root = private_folder();
        let living = Workshop::open(root.path()).unwrap();
        std::fs::create_dir(root.path().join("dead")).unwrap();
        std::fs::write(root.path().join("dead/original"), b"plain").unwrap();
        std::fs::write(root.path().join("dead.lock"), b"").unwrap();
        assert_eq!(sweep_folder(root.path()).unwrap(), 1);
        assert!(living.path().exists());
        assert!(!root.path().join("dead").exists());
    }
}
