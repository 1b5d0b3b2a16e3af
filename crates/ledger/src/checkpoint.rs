use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Hash;
use crate::note::{NoteError, SignedNote, VerifierKey};
use crate::proof::{ConsistencyProof, ProofError};

/// Origin of a partition's log and name of its key: `minhbach/<partition id>`.
pub fn log_origin(partition: &impl fmt::Display) -> String {
    format!("minhbach/{partition}")
}

/// What a log commits to at one moment (<https://c2sp.org/tlog-checkpoint>).
/// Its `Display` is the text that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    pub root: Hash,
    /// Optional further lines, none empty.
    pub extensions: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    #[error("điểm niêm phong không đúng dạng")]
    Malformed,
    #[error("điểm niêm phong thuộc nhật ký {found:?}, không phải {expected:?}")]
    WrongOrigin { expected: String, found: String },
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Checkpoint {
    /// Signs the checkpoint with the log's key, whose name must be the origin.
    pub fn sign<E: fmt::Display>(
        &self,
        key: &VerifierKey,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    ) -> Result<SignedNote, CheckpointError> {
        self.expect_origin(key.name())?;
        let text = self.to_string();
        // What cannot be read back must not be signed.
        if text.parse::<Self>().as_ref() != Ok(self) {
            return Err(CheckpointError::Malformed);
        }
        let mut note = SignedNote::new(text)?;
        note.sign(key, sign)?;
        Ok(note)
    }

    /// Reads a signed checkpoint of the log `origin`. One of `keys` named like the origin must have signed it.
    pub fn open(note: &str, origin: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note: SignedNote = note.parse()?;
        let checkpoint: Self = note.text().parse()?;
        checkpoint.expect_origin(origin)?;
        if note.verified_by(keys)?.iter().any(|key| key.name() == origin) {
            Ok(checkpoint)
        } else {
            Err(NoteError::NoKnownSignature.into())
        }
    }

    /// Checks that this checkpoint's log only added leaves to that of `older`.
    pub fn verify_extends(&self, older: &Self, proof: &ConsistencyProof) -> Result<(), CheckpointError> {
        self.expect_origin(&older.origin)?;
        if (proof.old_size, proof.new_size) != (older.size, self.size) {
            return Err(ProofError::SizesOutOfOrder { old: proof.old_size, new: proof.new_size }.into());
        }
        Ok(proof.verify(&older.root, &self.root)?)
    }

    fn expect_origin(&self, expected: &str) -> Result<(), CheckpointError> {
        if self.origin == expected {
            return Ok(());
        }
        Err(CheckpointError::WrongOrigin { expected: expected.to_owned(), found: self.origin.clone() })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        parse(text).ok_or(CheckpointError::Malformed)
    }
}

fn parse(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let origin = lines.next().filter(|line| !line.is_empty())?.to_owned();
    let size = parse_decimal(lines.next()?)?;
    let root = Hash(STANDARD.decode(lines.next()?).ok()?.try_into().ok()?);
    let extensions: Vec<_> = lines.map(str::to_owned).collect();
    let complete = extensions.iter().all(|line| !line.is_empty());
    complete.then_some(Checkpoint { origin, size, root, extensions })
}

/// Decimal without sign or leading zeros, so that a number has one text only.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}
