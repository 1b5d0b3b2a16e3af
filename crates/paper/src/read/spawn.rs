//! The server's side: starts the child that reads a file, listens to its progress and outlives whatever happens to it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};

use super::child::{self, WaitError};
use super::file::Progress;
use super::limits::Limits;
use super::refusal::Refusal;
use super::result::Reading;
use super::worker::{Outcome, RESULT};

/// Starts workers: `program ARGUMENTS… FILE OUTPUT_FOLDER LIMITS [SECOND_READER]`, where the program calls [`super::worker::worker_main`].
#[derive(Debug, Clone)]
pub struct Reader {
    program: PathBuf,
    arguments: Vec<OsString>,
    limits: Limits,
    second: Option<PathBuf>,
}

impl Reader {
    /// For example `Reader::new(current_exe, ["read-worker"], Limits::default())`.
    pub fn new(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
        limits: Limits,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            limits,
            second: None,
        }
    }

    /// With the second recogniser of this folder. A folder that does not hold it is as none: [`Reading::second_reader`].
    #[must_use]
    pub fn with_second_reader(self, folder: Option<PathBuf>) -> Self {
        Self { second: folder, ..self }
    }

    /// Reads `file` in a child; page images are left in `folder`. Blocks; call from a blocking thread.
    /// A crash, a kill, too much memory or time of the child is a [`Refusal`].
    pub fn read(
        &self,
        file: &Path,
        folder: &Path,
        mut progress: impl FnMut(Progress) + Send,
    ) -> Result<Reading, Refusal> {
        let mut child = self.start(file, folder)?;
        let group = Group(child.id());
        let output = child.stdout.take().expect("stdout is piped in start");
        let errors = child.stderr.take().expect("stderr is piped in start");
        let (status, complaint) = std::thread::scope(|scope| {
            scope.spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if let Ok(step) = serde_json::from_str(&line) {
                        progress(step);
                    }
                }
            });
            let complaint = scope.spawn(move || tail(errors));
            let status = child::wait(&mut child, self.limits.file_time);
            // Recognisers of the child hold the pipes open: end them too, whether it ended by itself or not.
            group.kill();
            (status, complaint.join().unwrap_or_default())
        });
        outcome(status, &complaint, folder)
    }

    fn start(&self, file: &Path, folder: &Path) -> Result<Child, Refusal> {
        let limits = serde_json::to_string(&self.limits).map_err(|_| Refusal::Crashed)?;
        Command::new(&self.program)
            .args(&self.arguments)
            .arg(file)
            .arg(folder)
            .arg(limits)
            .args(&self.second)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("TMPDIR", folder)
            .current_dir(folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|_| Refusal::Crashed)
    }
}

/// The process group of a worker.
struct Group(u32);

impl Group {
    fn kill(&self) {
        if let Some(group) = i32::try_from(self.0).ok().and_then(Pid::from_raw) {
            // Nobody left to kill is the usual case.
            let _none_left = kill_process_group(group, Signal::KILL);
        }
    }
}

/// The last words of a child, enough to tell an allocation failure.
fn tail(mut errors: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = errors.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        let excess = kept.len().saturating_sub(8192);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn outcome(status: Result<ExitStatus, WaitError>, complaint: &str, folder: &Path) -> Result<Reading, Refusal> {
    let status = match status {
        Ok(status) => status,
        Err(WaitError::Timeout) => return Err(Refusal::Timeout),
        Err(WaitError::Lost) => return Err(Refusal::Crashed),
    };
    if !status.success() {
        let killed_by = |signal: Signal| status.signal() == Some(signal.as_raw());
        return Err(if killed_by(Signal::XCPU) {
            Refusal::Timeout
        // SIGKILL that was not ours is the kernel's, short of memory.
        } else if complaint.contains("memory allocation of") || killed_by(Signal::KILL) {
            Refusal::OutOfMemory
        } else {
            Refusal::Crashed
        });
    }
    let bytes = std::fs::read(folder.join(RESULT)).map_err(|_| Refusal::Crashed)?;
    match serde_json::from_slice(&bytes).map_err(|_| Refusal::Crashed)? {
        Outcome::Read(reading) => Ok(*reading),
        Outcome::Refused(refusal) => Err(refusal),
    }
}
