//! A real key file and a real ring for the tests.

use seal::{FileKeyStore, KeyRing, StoredKey, WrappedKey};
use tempfile::TempDir;
use uuid::Uuid;

pub const PARTITION: Uuid = Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0001);
pub const OTHER: Uuid = Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0002);

pub struct Fixture {
    pub dir: TempDir,
    pub store: FileKeyStore,
}

pub fn fixture() -> Fixture {
    let dir = TempDir::new().unwrap();
    let store = FileKeyStore::create(&dir.path().join("keys.json")).unwrap();
    Fixture { dir, store }
}

pub fn stored(wrapped: &WrappedKey) -> StoredKey {
    StoredKey { wrapped: wrapped.clone(), sealed_cells: 0 }
}

impl Fixture {
    pub fn key(&self, partition: Uuid, ring: Option<&KeyRing>) -> WrappedKey {
        KeyRing::generate(&self.store, partition, Uuid::new_v4(), ring).unwrap()
    }

    pub fn ring_of(&self, keys: &[StoredKey]) -> KeyRing {
        KeyRing::open(&self.store, PARTITION, keys).unwrap()
    }

    pub fn ring(&self, partition: Uuid) -> KeyRing {
        KeyRing::open(&self.store, partition, &[stored(&self.key(partition, None))]).unwrap()
    }
}
