use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

/// A SHA-256 value of the tree: of a leaf, a node or a root. Text and JSON form: 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(#[serde(with = "hex::serde")] pub [u8; 32]);

impl Hash {
    /// Root of a tree without leaves: SHA-256 of nothing (RFC 9162 §2.1.1).
    pub fn empty_root() -> Self {
        sha256(&[])
    }

    /// Hash of a leaf: `SHA-256(0x00 || data)` (RFC 9162 §2.1.1).
    pub fn leaf(data: &[u8]) -> Self {
        sha256(&[&[0x00], data])
    }

    /// Hash of an inner node: `SHA-256(0x01 || left || right)` (RFC 9162 §2.1.1).
    pub fn node(left: &Self, right: &Self) -> Self {
        sha256(&[&[0x01], &left.0, &right.0])
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// SHA-256 of the parts put one after another.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    Hash(out)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut out = [0; 32];
        hex::decode_to_slice(text, &mut out)?;
        Ok(Self(out))
    }
}
