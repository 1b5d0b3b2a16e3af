use std::fmt;

use aws_lc_rs::{constant_time, hmac};

use crate::aead;
use crate::{KeyRing, SealError};

/// Exact search over sealed values: equal values of one column of one partition have equal tags, and without the key
/// a tag tells nothing about its value. Equal tags do show that two rows hold the same value.
pub struct BlindIndex {
    key: hmac::Key,
}

impl KeyRing {
    /// The index of `column` (`table.column`), keyed by the partition's oldest data key: it stays the same when data
    /// keys are rotated.
    pub fn blind_index(&self, column: &str) -> Result<BlindIndex, SealError> {
        let info = aead::bind(&[b"minhbach-blind-index-v1", column.as_bytes()]);
        let key = aead::derive(&*self.oldest().index, b"minhbach-blind-index-v1", &info)?;
        Ok(BlindIndex { key: hmac::Key::new(hmac::HMAC_SHA256, &*key) })
    }
}

impl BlindIndex {
    /// HMAC-SHA256 of a value the caller has normalised (NFC, case, spaces: as the column demands).
    pub fn tag(&self, normalised: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.key, normalised).as_ref());
        tag
    }

    /// First 16 bytes of [`BlindIndex::tag`], for columns where half the space matters. Two values meet by chance
    /// only after some 2⁶⁴ of them, so a match may still be taken as equality.
    pub fn short_tag(&self, normalised: &[u8]) -> [u8; 16] {
        let mut short = [0; 16];
        short.copy_from_slice(&self.tag(normalised)[..16]);
        short
    }
}

/// Compares two tags in time that does not depend on where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(..)")
    }
}
