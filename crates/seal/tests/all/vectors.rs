//! The formats against `vectors/v1.json`, which a second implementation in another language made
//! (`vectors/make.py`). What was sealed under version 1 must stay readable for ever.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use seal::{Cell, FileKeyStore, KeyRing, SigningKey, WrappedKey};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::common::{PARTITION, stored};

const KEY_ID: Uuid = Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_00aa);

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/v1.json")).unwrap()
}

fn bytes(vectors: &Value, name: &str) -> Vec<u8> {
    hex::decode(vectors[name].as_str().unwrap()).unwrap()
}

fn wrapped(vectors: &Value, name: &str) -> WrappedKey {
    WrappedKey { partition: PARTITION, id: KEY_ID, bytes: bytes(vectors, name) }
}

fn store(vectors: &Value, dir: &TempDir) -> FileKeyStore {
    let path = dir.path().join("keys.json");
    fs::write(&path, vectors["key_file"].to_string()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    FileKeyStore::open(&path).unwrap()
}

#[test]
fn what_another_implementation_sealed_opens() {
    let (v, dir) = (vectors(), TempDir::new().unwrap());
    let store = store(&v, &dir);
    let ring = KeyRing::open(&store, PARTITION, &[stored(&wrapped(&v, "data_key"))]).unwrap();
    let cell = Cell { table: "person", row: b"0001", column: "name" };
    assert_eq!(&**ring.open_cell(cell, &bytes(&v, "cell")).unwrap(), "Nguyễn Thị Hường".as_bytes());
    let mut plain = Vec::new();
    ring.open_file(b"file-1", &bytes(&v, "file")[..], &mut plain).unwrap();
    assert_eq!(plain, "Bản kê khai tài sản, thu nhập".as_bytes());
    let tag = ring.blind_index("person.id_no").unwrap().tag(b"001085012345");
    assert_eq!(&tag[..], bytes(&v, "blind_tag"));
}

#[test]
fn the_signing_key_signs_as_another_implementation_does() {
    let (v, dir) = (vectors(), TempDir::new().unwrap());
    let key = SigningKey::open(&store(&v, &dir), &wrapped(&v, "signing_key")).unwrap();
    assert_eq!(&key.sign("Bản kê khai tài sản, thu nhập".as_bytes()).unwrap()[..], bytes(&v, "signature"));
}
