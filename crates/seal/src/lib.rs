//! Envelope encryption: a master key wraps data keys, a partition's data keys seal its cells and files and key its
//! blind indexes. AES-256-GCM, HKDF-SHA256, HMAC-SHA256 and Ed25519, all of aws-lc-rs.
//!
//! Pure apart from the key file. `README.md` describes every format for a second implementation.

mod aead;
mod blind;
mod cell;
mod error;
mod file;
mod file_key_store;
mod key_ring;
mod key_store;
mod signing;
mod wrapped;

pub use blind::{BlindIndex, same};
pub use cell::Cell;
pub use error::SealError;
pub use file::{CHUNK, FileDigest};
pub use file_key_store::FileKeyStore;
pub use key_ring::{CELL_LIMIT, KeyRing, ROTATION_DUE, StoredKey};
pub use key_store::KeyStore;
pub use signing::{SigningKey, verify_signature};
pub use wrapped::{Purpose, WrappedKey, rewrap};
