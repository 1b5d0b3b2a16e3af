//! Reads strace's output: what was done to the stored file, in which order, and when the COMMIT left.
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// One call. `begun` and `ended` are line numbers: a call may be shown in two parts while others run.
#[derive(Debug)]
struct Call {
    begun: usize,
    ended: usize,
    text: String,
}

impl Call {
    fn name(&self) -> &str {
        self.text.split('(').next().unwrap_or_default()
    }

    /// The number before `<path>` of the first argument.
    fn descriptor(&self) -> Option<&str> {
        self.text.split_once('(')?.1.split(['<', ',', ')']).next()
    }

    fn failed(&self) -> bool {
        self.text.contains(" = -1 ")
    }

    fn is_sync_of(&self, path: &Path) -> bool {
        matches!(self.name(), "fsync" | "fdatasync")
            && !self.failed()
            && self.text.contains(&format!("<{}>", path.display()))
    }

    fn is_write(&self) -> bool {
        matches!(self.name(), "write" | "writev" | "sendto" | "sendmsg")
    }
}

/// Joins "… <unfinished ...>" and "<... resumed>" of the same thread.
fn calls(text: &str) -> Vec<Call> {
    let mut open: HashMap<&str, (usize, String)> = HashMap::new();
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            open.insert(thread, (number, start.to_owned()));
        } else if let Some((_, end)) = rest.strip_prefix("<... ").and_then(|r| r.split_once("resumed>")) {
            if let Some((begun, start)) = open.remove(thread) {
                found.push(Call { begun, ended: number, text: start + end });
            }
        } else {
            found.push(Call { begun: number, ended: number, text: rest.to_owned() });
        }
    }
    found
}

/// Judges one upload's trace. Returns the lines that prove it, in order.
///
/// # Errors
/// Something was not synced before the COMMIT of the transaction with `insert into file`, or the trace does not show it.
pub fn judge(text: &str, files: &Path) -> Result<Vec<String>> {
    let calls = calls(text);
    let insert = calls
        .iter()
        .find(|c| c.is_write() && c.text.contains("insert into file"))
        .context("no INSERT of a file row was sent")?;
    let connection = insert.descriptor().context("the INSERT names its connection")?;
    let commit = calls
        .iter()
        .find(|c| {
            c.begun > insert.ended && c.is_write() && c.descriptor() == Some(connection) && c.text.contains("COMMIT")
        })
        .context("no COMMIT followed the INSERT on its connection")?;

    let (stored, naming) = stored_file(&calls, files)?;
    let written = synced_contents(&calls, naming)?;
    let mut evidence = vec![written, naming];
    // The folder that got the name, and each folder that was made on the way, in the folder above it.
    let mut folders = vec![stored.parent().context("a file stands in a folder")?.to_owned()];
    for made in calls.iter().filter(|c| c.name().starts_with("mkdir") && !c.failed() && c.begun < commit.begun) {
        if let Some(path) = quoted(&made.text).last().map(PathBuf::from).filter(|path| stored.starts_with(path)) {
            folders.extend(path.parent().map(Path::to_owned));
        }
    }
    for folder in folders {
        let sync = calls.iter().find(|c| {
            c.is_sync_of(&folder)
                && c.ended < commit.begun
                && (folder != *stored.parent().unwrap_or(&stored) || c.begun > naming.ended)
        });
        evidence.push(sync.with_context(|| format!("folder {} was not synced before the COMMIT", folder.display()))?);
    }
    for call in &evidence {
        ensure!(call.ended < commit.begun, "done only after the COMMIT was sent: {}", call.text);
    }
    evidence.extend([insert, commit]);
    evidence.sort_by_key(|call| call.begun);
    Ok(evidence
        .into_iter()
        .map(|call| format!("{:>6}  {}", call.begun + 1, call.text.chars().take(170).collect::<String>()))
        .collect())
}

/// The call that gave the stored file its name, and that name.
fn stored_file<'a>(calls: &'a [Call], files: &Path) -> Result<(PathBuf, &'a Call)> {
    calls
        .iter()
        .filter(|c| (c.name().starts_with("rename") || c.name().starts_with("link")) && !c.failed())
        .find_map(|c| Some((PathBuf::from(quoted(&c.text).last()?), c)).filter(|(path, _)| path.starts_with(files)))
        .with_context(|| format!("no file was given a name under {}", files.display()))
}

/// The sync of the file's contents under the name it was written with.
fn synced_contents<'a>(calls: &'a [Call], naming: &Call) -> Result<&'a Call> {
    let first = PathBuf::from(quoted(&naming.text).first().context("the old name")?);
    let last_write = calls
        .iter()
        .filter(|c| c.is_write() && c.text.contains(&format!("<{}>", first.display())))
        .map(|c| c.ended)
        .max();
    let last_write = last_write.with_context(|| format!("nothing was written to {}", first.display()))?;
    calls
        .iter()
        .find(|c| c.is_sync_of(&first) && c.begun > last_write)
        .with_context(|| format!("{} was not synced after it was written", first.display()))
}

/// The strings in quotes of a call.
fn quoted(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"7  mkdir("/d/files/ab", 0777) = 0
7  fsync(8</d/files>) = 0
7  openat(AT_FDCWD</>, "/d/files/ab/cd#1", O_WRONLY|O_CREAT) = 9</d/files/ab/cd#1>
7  write(9</d/files/ab/cd#1>, "sealed", 6) = 6
8  sendto(11<socket:[1]>, "Q\0\0\0\14COMMIT\0", 12) = 12
7  fsync(9</d/files/ab/cd#1> <unfinished ...>
8  write(12<x>, "noise", 5) = 5
7  <... fsync resumed>) = 0
7  link("/d/files/ab/cd#1", "/d/files/ab/cd") = 0
7  fsync(10</d/files/ab>) = 0
7  sendto(12<socket:[2]>, "P\0insert into file (partition_id", 99) = 99
7  sendto(12<socket:[2]>, "Q\0\0\0\14COMMIT\0", 12) = 12
"#;

    #[test]
    fn accepts_the_right_order() {
        assert_eq!(judge(GOOD, Path::new("/d/files")).unwrap().len(), 6);
    }

    #[test]
    fn refuses_a_missing_or_late_sync() {
        for line in ["7  fsync(8</d/files>) = 0\n", "7  <... fsync resumed>) = 0\n", "7  fsync(10</d/files/ab>) = 0\n"]
        {
            let without = GOOD.replace(line, "");
            assert!(judge(&without, Path::new("/d/files")).is_err(), "{line}");
            assert!(judge(&format!("{without}{line}"), Path::new("/d/files")).is_err(), "late: {line}");
        }
    }
}
