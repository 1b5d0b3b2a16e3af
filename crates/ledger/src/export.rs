use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use crate::{Finding, Hash, LogVerifier, Report, VerifierKey};

/// Value of `format` in the first line of an export.
pub const EXPORT_FORMAT: &str = "minhbach-log-export/1";

/// One line of an export: first the header, then the checkpoints in the order they were made, then the leaves in
/// order of index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    Header {
        format: String,
        /// Origin of the log, `minhbach/<partition id>`.
        origin: String,
    },
    Checkpoint {
        /// The signed note, whole.
        note: String,
    },
    Leaf(Leaf),
}

/// A leaf and what it commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// Place in the log, from 0.
    pub index: u64,
    /// Stored leaf hash, [`crate::event_leaf`] of the two below.
    pub leaf_hash: Hash,
    #[serde(with = "hex::serde")]
    pub nonce: [u8; 32],
    /// Canonical JSON of the event, byte for byte as it was hashed.
    pub event: String,
}

impl Record {
    pub fn header(origin: &str) -> Self {
        Self::Header { format: EXPORT_FORMAT.to_owned(), origin: origin.to_owned() }
    }

    /// The record as one line, newline included.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }
}

/// Verifies an export of the log `origin` without the system that made it. `since` is a signed checkpoint kept
/// outside. Whatever is wrong with the content is a finding; an error is only a failed read.
pub fn verify_export(
    input: impl BufRead,
    origin: &str,
    keys: &[VerifierKey],
    since: Option<&str>,
) -> io::Result<Report> {
    verify_export_since(input, origin, keys, &since.into_iter().collect::<Vec<_>>())
}

/// The same with any number of checkpoints kept outside.
pub fn verify_export_since(
    input: impl BufRead,
    origin: &str,
    keys: &[VerifierKey],
    since: &[&str],
) -> io::Result<Report> {
    let mut reader = Reader { origin, notes: Vec::new(), verifier: None, findings: Vec::new() };
    let mut lines = 0;
    for bytes in input.split(b'\n') {
        lines += 1;
        reader.line(lines, &bytes?, keys, since);
    }
    if lines == 0 {
        reader.findings.push(Finding::LineUnreadable { line: 1, reason: "tệp trống".to_owned() });
    }
    let Reader { notes, verifier, findings, .. } = reader;
    let mut verifier = verifier.unwrap_or_else(|| start(origin, keys, &notes, since));
    findings.into_iter().for_each(|finding| verifier.finding(finding));
    Ok(verifier.finish())
}

struct Reader<'a> {
    origin: &'a str,
    notes: Vec<String>,
    /// Begins with the first leaf, when all checkpoints are known.
    verifier: Option<LogVerifier>,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn line(&mut self, line: u64, bytes: &[u8], keys: &[VerifierKey], since: &[&str]) {
        let reason = match serde_json::from_slice(bytes) {
            Err(error) => error.to_string(),
            Ok(Record::Header { format, origin }) if line == 1 => match () {
                () if format != EXPORT_FORMAT => format!("định dạng {format:?} không được hỗ trợ"),
                () if origin != self.origin => format!("tệp thuộc nhật ký {origin:?}, không phải {:?}", self.origin),
                () => return,
            },
            Ok(_) if line == 1 => "thiếu dòng đầu của tệp xuất".to_owned(),
            Ok(Record::Checkpoint { note }) if self.verifier.is_none() => return self.notes.push(note),
            Ok(Record::Leaf(leaf)) => {
                let notes = &self.notes;
                return self.verifier.get_or_insert_with(|| start(self.origin, keys, notes, since)).leaf(&leaf);
            }
            Ok(Record::Header { .. } | Record::Checkpoint { .. }) => "dòng đứng sai chỗ".to_owned(),
        };
        self.findings.push(Finding::LineUnreadable { line, reason });
    }
}

fn start(origin: &str, keys: &[VerifierKey], notes: &[String], since: &[&str]) -> LogVerifier {
    LogVerifier::with_outside(origin, keys, notes.iter().map(String::as_str), since.iter().copied())
}
