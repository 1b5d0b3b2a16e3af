use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{KeyRing, SealError, aead};

const VERSION: u8 = 1;
const TAG: &[u8] = b"minhbach-cell-v1";
const HEADER_LEN: usize = 5;

/// Where a sealed value stands. Bound into it: moved to another table, row, column or partition it does not open.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    pub table: &'a str,
    pub row: &'a [u8],
    pub column: &'a str,
}

impl KeyRing {
    /// Seals a value: `version || generation (4 bytes big-endian) || nonce (12) || ciphertext || tag (16)`.
    pub fn seal_cell(&self, cell: Cell<'_>, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.current();
        key.count_cell()?;
        let mut sealed = vec![VERSION];
        sealed.extend(key.generation.to_be_bytes());
        let aad = aad(&sealed, self.partition(), cell);
        sealed.extend(aead::seal(&key.cell, &aad, plaintext)?);
        Ok(sealed)
    }

    /// Opens a value sealed in this partition for this very cell, under whichever of its keys.
    pub fn open_cell(&self, cell: Cell<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let Some((header @ [VERSION, generation @ ..], body)) = sealed.split_first_chunk::<HEADER_LEN>() else {
            return Err(SealError::Malformed);
        };
        let key = self.generation(u32::from_be_bytes(*generation))?;
        aead::open(&key.cell, &aad(header, self.partition(), cell), body)
    }
}

fn aad(header: &[u8], partition: Uuid, cell: Cell<'_>) -> Vec<u8> {
    let Cell { table, row, column } = cell;
    aead::bind(&[TAG, header, partition.as_bytes(), table.as_bytes(), row, column.as_bytes()])
}
