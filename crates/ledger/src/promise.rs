use std::fmt;
use std::str::FromStr;

use crate::Hash;
use crate::checkpoint::parse_decimal;
use crate::note::{NoteError, SignedNote, VerifierKey};

/// First line of the signed text. It parts promises from checkpoints signed with the same key:
/// no log origin equals it, and the second line here is never a number.
const DOMAIN: &str = "minhbach-promise-v1";

/// The log's signed word, given with a receipt, that an event will stand in the log soon; what an SCT is to a
/// certificate log (RFC 9162 §4.8). Its `Display` is the text that is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    pub log_origin: String,
    /// Leaf hash of the event, [`crate::event_leaf`].
    pub event_hash: Hash,
    /// When it was given, Unix milliseconds.
    pub promised_at_ms: u64,
    /// Within how many seconds a checkpoint must cover the event.
    pub max_merge_delay_s: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PromiseError {
    #[error("lời hứa ghi nhật ký không đúng dạng")]
    Malformed,
    #[error("lời hứa thuộc nhật ký {found:?}, khóa thuộc {expected:?}")]
    WrongOrigin { expected: String, found: String },
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Promise {
    /// Unix milliseconds after which the promise is broken unless a checkpoint covers the event.
    pub fn due_ms(&self) -> u64 {
        self.promised_at_ms.saturating_add(self.max_merge_delay_s.saturating_mul(1000))
    }

    /// Signs with the log's key, whose name must be the log's origin. The note's text is what a receipt shows.
    pub fn sign<E: fmt::Display>(
        &self,
        key: &VerifierKey,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    ) -> Result<SignedNote, PromiseError> {
        self.expect_origin(key.name())?;
        let mut note = SignedNote::new(self.to_string())?;
        note.sign(key, sign)?;
        Ok(note)
    }

    /// Reads a signed promise and checks that `key`, the log's own, signed it.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, PromiseError> {
        let note: SignedNote = note.parse()?;
        let promise: Self = note.text().parse()?;
        promise.expect_origin(key.name())?;
        note.verified_by(std::slice::from_ref(key))?;
        Ok(promise)
    }

    fn expect_origin(&self, expected: &str) -> Result<(), PromiseError> {
        if self.log_origin == expected {
            return Ok(());
        }
        Err(PromiseError::WrongOrigin { expected: expected.to_owned(), found: self.log_origin.clone() })
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { log_origin, event_hash, promised_at_ms, max_merge_delay_s } = self;
        write!(f, "{DOMAIN}\n{log_origin}\n{event_hash}\n{promised_at_ms}\n{max_merge_delay_s}\n")
    }
}

impl FromStr for Promise {
    type Err = PromiseError;

    fn from_str(text: &str) -> Result<Self, PromiseError> {
        parse(text).filter(|promise| promise.to_string() == text).ok_or(PromiseError::Malformed)
    }
}

fn parse(text: &str) -> Option<Promise> {
    let mut lines = text.strip_prefix(DOMAIN)?.strip_prefix('\n')?.split('\n');
    Some(Promise {
        log_origin: lines.next()?.to_owned(),
        event_hash: lines.next()?.parse().ok()?,
        promised_at_ms: parse_decimal(lines.next()?)?,
        max_merge_delay_s: parse_decimal(lines.next()?)?,
    })
}
