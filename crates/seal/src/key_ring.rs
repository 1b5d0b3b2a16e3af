use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::aead::LessSafeKey;
use uuid::Uuid;

use crate::aead::{self, Secret};
use crate::wrapped::{Purpose, WrappedKey};
use crate::{KeyStore, SealError};

/// Cells one data key may seal. With random 96-bit nonces AES-GCM keeps the chance of a repeated nonce below 2⁻³²
/// up to here (NIST SP 800-38D §8.3).
pub const CELL_LIMIT: u64 = 1 << 32;
/// From so many cells on a new data key should be made, long before sealing is refused.
pub const ROTATION_DUE: u64 = CELL_LIMIT / 2;

const SALT: &[u8] = b"minhbach-data-key-v1";

/// A stored data key with the number of cells it has sealed, as far as the database knows.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub wrapped: WrappedKey,
    pub sealed_cells: u64,
}

/// One partition's data keys, opened. The newest seals; all open. The oldest keys the blind indexes, which must stay
/// the same for searches to find what was written before a rotation.
pub struct KeyRing {
    partition: Uuid,
    /// Key of generation n stands at n − 1.
    keys: Vec<DataKey>,
}

pub(crate) struct DataKey {
    pub generation: u32,
    pub cell: LessSafeKey,
    pub file: Secret,
    pub index: Secret,
    sealed_cells: AtomicU64,
}

impl KeyRing {
    /// Makes the partition's next data key: generation 1 without `ring`, else the one after its newest.
    /// `id` is the caller's name of the row. Store the result, then open the ring anew.
    pub fn generate(
        store: &dyn KeyStore,
        partition: Uuid,
        id: Uuid,
        ring: Option<&Self>,
    ) -> Result<WrappedKey, SealError> {
        if ring.is_some_and(|ring| ring.partition != partition) {
            return Err(SealError::Refused);
        }
        let generation = ring.map_or(0, |ring| ring.current().generation) + 1;
        WrappedKey::seal(store, (partition, id), (Purpose::Data, generation), &*aead::random_secret()?)
    }

    /// Opens all data keys of a partition, in any order. Generations must be 1..=n, so that a lost key is noticed
    /// here and not at the first cell it sealed.
    pub fn open(store: &dyn KeyStore, partition: Uuid, keys: &[StoredKey]) -> Result<Self, SealError> {
        let open = |stored: &StoredKey| {
            if stored.wrapped.partition != partition {
                return Err(SealError::Refused);
            }
            let (secret, generation) = stored.wrapped.open(store, Purpose::Data)?;
            DataKey::derive(partition, generation, &secret, stored.sealed_cells)
        };
        let mut keys: Vec<_> = keys.iter().map(open).collect::<Result<_, _>>()?;
        keys.sort_by_key(|key| key.generation);
        let complete = (1..).zip(&keys).all(|(generation, key)| key.generation == generation);
        if keys.is_empty() || !complete {
            return Err(SealError::IncompleteRing);
        }
        Ok(Self { partition, keys })
    }

    pub fn partition(&self) -> Uuid {
        self.partition
    }

    /// Cells sealed by the newest key: those reported when the ring was opened and those since, in this process.
    pub fn sealed_cells(&self) -> u64 {
        self.current().sealed_cells.load(Ordering::Relaxed)
    }

    /// Whether it is time for a new data key.
    pub fn rotation_due(&self) -> bool {
        self.sealed_cells() >= ROTATION_DUE
    }

    pub(crate) fn current(&self) -> &DataKey {
        self.keys.last().expect("a ring is opened with at least one key")
    }

    pub(crate) fn oldest(&self) -> &DataKey {
        &self.keys[0]
    }

    pub(crate) fn generation(&self, generation: u32) -> Result<&DataKey, SealError> {
        let found = self.keys.iter().find(|key| key.generation == generation);
        found.ok_or(SealError::NoDataKey(generation))
    }
}

impl DataKey {
    fn derive(partition: Uuid, generation: u32, secret: &Secret, sealed_cells: u64) -> Result<Self, SealError> {
        let generation_bytes = generation.to_be_bytes();
        let subkey = |purpose: &[u8]| {
            aead::derive(&**secret, SALT, &aead::bind(&[purpose, partition.as_bytes(), &generation_bytes]))
        };
        Ok(Self {
            generation,
            cell: aead::cipher(&*subkey(b"cell")?)?,
            file: subkey(b"file")?,
            index: subkey(b"index")?,
            sealed_cells: AtomicU64::new(sealed_cells),
        })
    }

    /// Counts one more cell; refuses at the limit.
    pub fn count_cell(&self) -> Result<(), SealError> {
        let below = |count| (count < CELL_LIMIT).then_some(count + 1);
        let counted = self.sealed_cells.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below);
        counted.map(drop).map_err(|_| SealError::KeyExhausted)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(..)")
    }
}
