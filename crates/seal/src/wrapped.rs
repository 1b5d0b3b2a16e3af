use uuid::Uuid;
use zeroize::Zeroizing;

use crate::aead::{self, KEY_LEN, Secret};
use crate::{KeyStore, SealError};

const VERSION: u8 = 1;
const TAG: &[u8] = b"minhbach-wrapped-key-v1";
/// Version, purpose and generation stand before the key store's own bytes.
const HEADER_LEN: usize = 6;

/// What a wrapped key may be used for. Bound into the wrapping: one cannot be passed off as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Seals a partition's cells and files and keys its blind indexes.
    Data,
    /// Signs a partition's log (Ed25519 seed).
    Signing,
}

/// A key as it is stored: 32 bytes wrapped by a master key, bound to partition, id, purpose and generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    pub partition: Uuid,
    pub id: Uuid,
    /// `version || purpose || generation (4 bytes big-endian) || key store's bytes`.
    pub bytes: Vec<u8>,
}

impl WrappedKey {
    /// Purpose and generation as the header says; proved only by opening.
    pub fn header(&self) -> Result<(Purpose, u32), SealError> {
        match self.bytes.split_first_chunk::<HEADER_LEN>() {
            Some(([VERSION, purpose, generation @ ..], _)) => {
                Ok((Purpose::from_byte(*purpose)?, u32::from_be_bytes(*generation)))
            }
            _ => Err(SealError::Malformed),
        }
    }

    /// Wraps a secret under the store's first master key.
    pub(crate) fn seal(
        store: &dyn KeyStore,
        (partition, id): (Uuid, Uuid),
        (purpose, generation): (Purpose, u32),
        secret: &[u8; KEY_LEN],
    ) -> Result<Self, SealError> {
        let mut bytes = vec![VERSION, purpose.to_byte()];
        bytes.extend(generation.to_be_bytes());
        let wrapped = store.wrap(&aad(&bytes, partition, id), secret)?;
        bytes.extend(wrapped);
        Ok(Self { partition, id, bytes })
    }

    /// The secret, its generation proved.
    pub(crate) fn open(&self, store: &dyn KeyStore, wanted: Purpose) -> Result<(Secret, u32), SealError> {
        let (purpose, generation) = self.header()?;
        if purpose != wanted {
            return Err(SealError::WrongPurpose);
        }
        let (header, wrapped) = self.bytes.split_at(HEADER_LEN);
        let opened: Zeroizing<Vec<u8>> = store.unwrap(&aad(header, self.partition, self.id), wrapped)?;
        let mut secret = Secret::default();
        if opened.len() != secret.len() {
            return Err(SealError::Malformed);
        }
        secret.copy_from_slice(&opened);
        Ok((secret, generation))
    }
}

/// The same key under the store's first master key. Touches no data: whatever the key sealed stays as it is.
pub fn rewrap(store: &dyn KeyStore, key: &WrappedKey) -> Result<WrappedKey, SealError> {
    let (purpose, generation) = key.header()?;
    let (secret, _) = key.open(store, purpose)?;
    WrappedKey::seal(store, (key.partition, key.id), (purpose, generation), &secret)
}

fn aad(header: &[u8], partition: Uuid, id: Uuid) -> Vec<u8> {
    aead::bind(&[TAG, header, partition.as_bytes(), id.as_bytes()])
}

impl Purpose {
    fn to_byte(self) -> u8 {
        match self {
            Self::Data => 1,
            Self::Signing => 2,
        }
    }

    fn from_byte(byte: u8) -> Result<Self, SealError> {
        match byte {
            1 => Ok(Self::Data),
            2 => Ok(Self::Signing),
            _ => Err(SealError::Malformed),
        }
    }
}
