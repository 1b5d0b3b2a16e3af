use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use uuid::Uuid;

use crate::wrapped::{Purpose, WrappedKey};
use crate::{KeyStore, SealError, aead};

/// Ed25519 key that signs a partition's log (RFC 8032). Stored wrapped, like a data key.
pub struct SigningKey {
    pair: Ed25519KeyPair,
}

impl SigningKey {
    /// Makes and wraps a signing key. `generation` counts the log's keys from 1.
    pub fn generate(
        store: &dyn KeyStore,
        partition: Uuid,
        id: Uuid,
        generation: u32,
    ) -> Result<(Self, WrappedKey), SealError> {
        let seed = aead::random_secret()?;
        let wrapped = WrappedKey::seal(store, (partition, id), (Purpose::Signing, generation), &seed)?;
        Ok((Self::from_seed(&seed)?, wrapped))
    }

    /// Unwraps a stored signing key.
    pub fn open(store: &dyn KeyStore, wrapped: &WrappedKey) -> Result<Self, SealError> {
        let (seed, _) = wrapped.open(store, Purpose::Signing)?;
        Self::from_seed(&seed)
    }

    /// Ed25519 signature over `message`.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], SealError> {
        let signature = self.pair.try_sign(message)?;
        signature.as_ref().try_into().map_err(|_| SealError::Crypto)
    }

    /// Raw public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes")
    }

    fn from_seed(seed: &[u8; 32]) -> Result<Self, SealError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SealError::Crypto)?;
        Ok(Self { pair })
    }
}

/// Whether `signature` is that of `public_key` over `message`.
pub fn verify_signature(public_key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public_key).verify(message, signature).is_ok()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}
