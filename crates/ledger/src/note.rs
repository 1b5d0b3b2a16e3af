//! Signed notes: <https://c2sp.org/signed-note>, Ed25519 keys only.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::sha256;

/// Signature type of plain Ed25519 in C2SP signed-note.
const ED25519_TYPE: u8 = 0x01;
/// C2SP lets an implementation refuse a note with too many signatures.
const MAX_SIGNATURES: usize = 100;
const SIGNATURE_PREFIX: &str = "— ";

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("tên khóa không hợp lệ (trống, có khoảng trắng hoặc dấu +)")]
    BadKeyName,
    #[error("khóa kiểm tra không đúng dạng tên+mã+base64")]
    BadVerifierKey,
    #[error("mã khóa không khớp với tên và khóa công khai")]
    KeyIdMismatch,
    #[error("nội dung ghi chú không hợp lệ")]
    BadText,
    #[error("dòng chữ ký không hợp lệ")]
    BadSignatureLine,
    #[error("không có chữ ký của khóa được tin cậy")]
    NoKnownSignature,
    #[error("chữ ký của {name} sai")]
    BadSignature { name: String },
    #[error("không ký được: {0}")]
    Signer(String),
}

/// Public Ed25519 key with its name. Text form `name+hex(key id)+base64(0x01 || key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    public: [u8; 32],
}

impl VerifierKey {
    /// Names a raw Ed25519 public key. The key of a log has the log's origin as name.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        if !is_key_name(name) {
            return Err(NoteError::BadKeyName);
        }
        Ok(Self { name: name.to_owned(), public })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Key id: first four bytes of `SHA-256(name || 0x0A || 0x01 || public key)`.
    pub fn id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = sha256(&[self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.public]).0;
        [a, b, c, d]
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_TYPE];
        key.extend(self.public);
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        // The base64 part may itself contain '+'.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::BadVerifierKey);
        };
        let key = STANDARD.decode(key).map_err(|_| NoteError::BadVerifierKey)?;
        let Some((&ED25519_TYPE, public)) = key.split_first() else {
            return Err(NoteError::BadVerifierKey);
        };
        let key = Self::new(name, public.try_into().map_err(|_| NoteError::BadVerifierKey)?)?;
        if hex::encode(key.id()) == id { Ok(key) } else { Err(NoteError::KeyIdMismatch) }
    }
}

/// One signature line. Kept as it is when its key is unknown (a witness's, for instance).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: String,
    pub key_id: [u8; 4],
    pub bytes: Vec<u8>,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [&self.key_id[..], &self.bytes].concat();
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, STANDARD.encode(blob))
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    fn from_str(line: &str) -> Result<Self, NoteError> {
        let parsed =
            line.strip_prefix(SIGNATURE_PREFIX).and_then(|rest| rest.split_once(' ')).and_then(|(name, blob)| {
                let blob = STANDARD.decode(blob).ok()?;
                let (key_id, bytes) = blob.split_first_chunk::<4>()?;
                let valid = is_key_name(name) && !bytes.is_empty();
                valid.then(|| Self { name: name.to_owned(), key_id: *key_id, bytes: bytes.to_vec() })
            });
        parsed.ok_or(NoteError::BadSignatureLine)
    }
}

/// A text with signatures. The text ends in a newline; signatures cover it including that newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

impl SignedNote {
    /// A note without signatures yet. `text` must end in a newline and hold no other control character.
    pub fn new(text: String) -> Result<Self, NoteError> {
        let has_control = text.bytes().any(|byte| byte < 0x20 && byte != b'\n');
        if !text.ends_with('\n') || has_control {
            return Err(NoteError::BadText);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds the signature that `sign` makes over the text, after checking it against `key`.
    pub fn sign<E: fmt::Display>(
        &mut self,
        key: &VerifierKey,
        sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>,
    ) -> Result<(), NoteError> {
        let bytes = sign(self.text.as_bytes()).map_err(|error| NoteError::Signer(error.to_string()))?;
        if !key.verify(self.text.as_bytes(), &bytes) {
            return Err(NoteError::BadSignature { name: key.name.clone() });
        }
        self.signatures.push(Signature { name: key.name.clone(), key_id: key.id(), bytes: bytes.to_vec() });
        Ok(())
    }

    /// Adds a signature line received from elsewhere (a witness's), unchecked.
    pub fn add(&mut self, signature: Signature) {
        self.signatures.push(signature);
    }

    /// The keys among `keys` that signed. At least one must have, and none may have a wrong signature;
    /// signatures of unknown keys are ignored, as C2SP demands.
    pub fn verified_by<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signers = Vec::new();
        for signature in &self.signatures {
            let known = keys.iter().filter(|key| key.name == signature.name && key.id() == signature.key_id);
            for key in known {
                if !key.verify(self.text.as_bytes(), &signature.bytes) {
                    return Err(NoteError::BadSignature { name: key.name.clone() });
                }
                if !signers.contains(&key) {
                    signers.push(key);
                }
            }
        }
        if signers.is_empty() { Err(NoteError::NoKnownSignature) } else { Ok(signers) }
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for SignedNote {
    type Err = NoteError;

    /// Reads a note; checks its form, not its signatures.
    fn from_str(note: &str) -> Result<Self, NoteError> {
        // The last blank line parts the text from the signatures.
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::BadText)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::BadSignatureLine)?;
        let signatures: Vec<_> = lines.split('\n').map(Signature::from_str).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::BadSignatureLine);
        }
        Ok(Self { signatures, ..Self::new(format!("{text}\n"))? })
    }
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}
