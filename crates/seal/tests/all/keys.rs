//! Key file, wrapping, rotation.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::common::{OTHER, PARTITION, fixture, stored};
use seal::{
    Cell, FileKeyStore, KeyRing, KeyStore, Purpose, SealError, SigningKey, StoredKey, rewrap, verify_signature,
};
use uuid::Uuid;

const CELL: Cell<'static> = Cell { table: "person", row: b"1", column: "name" };

#[test]
fn the_key_file_is_private_whole_and_never_overwritten() {
    let f = fixture();
    let path = f.dir.path().join("keys.json");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(f.dir.path()).unwrap().count(), 1, "no temporary file stays");
    let before = fs::read(&path).unwrap();
    assert!(matches!(FileKeyStore::create(&path), Err(SealError::Io(_))));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::read_dir(f.dir.path()).unwrap().count(), 1);
    assert_eq!(FileKeyStore::open(&path).unwrap().kids(), f.store.kids());
    assert!(matches!(FileKeyStore::open(&f.dir.path().join("none")), Err(SealError::Io(_))));
}

#[test]
fn a_key_file_open_to_others_is_refused() {
    let f = fixture();
    let path = f.dir.path().join("keys.json");
    for mode in [0o640, 0o604, 0o620, 0o602, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(matches!(FileKeyStore::open(&path), Err(SealError::KeyFile { .. })), "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    FileKeyStore::open(&path).unwrap();
}

#[test]
fn a_damaged_key_file_is_refused_without_quoting_it() {
    let f = fixture();
    let path = f.dir.path().join("keys.json");
    let good = fs::read_to_string(&path).unwrap();
    let key = good.split("\"key\": \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let other = if key.starts_with('A') { 'B' } else { 'A' };
    let changed = good.replace(&key, &format!("{other}{}", &key[1..]));
    let bad = [changed, good.replace("keys/1", "keys/2"), good.replace(&key, "AAAA"), good[..60].into(), String::new()];
    for text in bad.into_iter().chain([r#"{"format":"minhbach-keys/1","keys":[]}"#.to_owned()]) {
        fs::write(&path, &text).unwrap();
        let error = FileKeyStore::open(&path).unwrap_err();
        assert!(matches!(error, SealError::KeyFile { .. }), "{text}");
        assert!(!format!("{error} {error:?}").contains(&key[1..20]));
    }
}

#[test]
fn old_master_keys_still_unwrap_and_rewrapping_touches_no_data() {
    let mut f = fixture();
    let path = f.dir.path().join("keys.json");
    let old_kid = f.store.kids()[0].clone();
    let wrapped = f.key(PARTITION, None);
    let sealed = f.ring_of(&[stored(&wrapped)]).seal_cell(CELL, "Nguyễn Thị Hường".as_bytes()).unwrap();
    let new_kid = f.store.rotate().unwrap();
    let mut reopened = FileKeyStore::open(&path).unwrap();
    assert_eq!(reopened.kids(), [new_kid.clone(), old_kid.clone()]);
    let rewrapped = rewrap(&reopened, &wrapped).unwrap();
    assert_ne!(rewrapped.bytes, wrapped.bytes);
    assert_eq!(rewrapped.header().unwrap(), (Purpose::Data, 1));
    for key in [&wrapped, &rewrapped] {
        let ring = KeyRing::open(&reopened, PARTITION, &[stored(key)]).unwrap();
        assert_eq!(&**ring.open_cell(CELL, &sealed).unwrap(), "Nguyễn Thị Hường".as_bytes());
    }
    assert!(matches!(reopened.remove(&new_kid), Err(SealError::NoMasterKey(_))), "the first key stays");
    reopened.remove(&old_kid).unwrap();
    let reopened = FileKeyStore::open(&path).unwrap();
    assert!(matches!(rewrap(&reopened, &wrapped), Err(SealError::NoMasterKey(kid)) if kid == old_kid));
    assert!(KeyRing::open(&reopened, PARTITION, &[stored(&rewrapped)]).is_ok());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn another_key_file_opens_nothing() {
    let (f, g) = (fixture(), fixture());
    let wrapped = f.key(PARTITION, None);
    assert!(matches!(KeyRing::open(&g.store, PARTITION, &[stored(&wrapped)]), Err(SealError::NoMasterKey(_))));
}

#[test]
fn a_wrapped_key_is_bound_to_partition_id_purpose_and_generation() {
    let f = fixture();
    let wrapped = f.key(PARTITION, None);
    let open = |key: &seal::WrappedKey, partition| KeyRing::open(&f.store, partition, &[stored(key)]).unwrap_err();
    assert!(matches!(open(&wrapped, OTHER), SealError::Refused));
    let mut moved = wrapped.clone();
    moved.partition = OTHER;
    assert!(matches!(open(&moved, OTHER), SealError::Refused));
    let mut renamed = wrapped.clone();
    renamed.id = Uuid::new_v4();
    assert!(matches!(open(&renamed, PARTITION), SealError::Refused));
    let mut as_signing = wrapped.clone();
    assert!(matches!(SigningKey::open(&f.store, &wrapped), Err(SealError::WrongPurpose)));
    as_signing.bytes[1] = 2;
    assert!(matches!(SigningKey::open(&f.store, &as_signing), Err(SealError::Refused)));
    for at in 0..wrapped.bytes.len() {
        let mut changed = wrapped.clone();
        changed.bytes[at] ^= 1;
        open(&changed, PARTITION);
        changed.bytes.truncate(at);
        open(&changed, PARTITION);
    }
}

#[test]
fn after_a_rotation_the_new_key_seals_and_the_old_one_still_opens() {
    let f = fixture();
    let first = f.key(PARTITION, None);
    let ring = f.ring_of(&[stored(&first)]);
    let old = ring.seal_cell(CELL, b"old").unwrap();
    let index = ring.blind_index("person.name").unwrap().tag(b"x");
    let second = f.key(PARTITION, Some(&ring));
    assert_eq!(second.header().unwrap(), (Purpose::Data, 2));
    let both = f.ring_of(&[stored(&second), stored(&first)]);
    let new = both.seal_cell(CELL, b"new").unwrap();
    assert_eq!(new[1..5], [0, 0, 0, 2]);
    assert_eq!(&**both.open_cell(CELL, &old).unwrap(), b"old");
    assert_eq!(&**both.open_cell(CELL, &new).unwrap(), b"new");
    assert!(matches!(ring.open_cell(CELL, &new), Err(SealError::NoDataKey(2))));
    assert_eq!(both.blind_index("person.name").unwrap().tag(b"x"), index, "searches find what was written before");
}

#[test]
fn a_ring_with_a_lost_or_doubled_key_does_not_open() {
    let f = fixture();
    let first = f.key(PARTITION, None);
    let second = f.key(PARTITION, Some(&f.ring_of(&[stored(&first)])));
    for keys in [vec![], vec![stored(&second)], vec![stored(&first), stored(&first)]] {
        assert!(matches!(KeyRing::open(&f.store, PARTITION, &keys), Err(SealError::IncompleteRing)));
    }
    let elsewhere = f.ring(OTHER);
    assert!(KeyRing::generate(&f.store, PARTITION, Uuid::new_v4(), Some(&elsewhere)).is_err());
}

#[test]
fn sealing_stops_at_the_limit_and_asks_for_rotation_long_before() {
    let f = fixture();
    let wrapped = f.key(PARTITION, None);
    let ring = |sealed_cells| f.ring_of(&[StoredKey { wrapped: wrapped.clone(), sealed_cells }]);
    let fresh = ring(seal::ROTATION_DUE - 1);
    assert!(!fresh.rotation_due());
    fresh.seal_cell(CELL, b"x").unwrap();
    assert!(fresh.rotation_due());
    let nearly = ring(seal::CELL_LIMIT - 1);
    let last = nearly.seal_cell(CELL, b"x").unwrap();
    assert!(matches!(nearly.seal_cell(CELL, b"x"), Err(SealError::KeyExhausted)));
    assert_eq!(nearly.sealed_cells(), seal::CELL_LIMIT);
    nearly.open_cell(CELL, &last).unwrap();
}

#[test]
fn signing_keys_survive_storage_and_sign_as_rfc_8032() {
    let f = fixture();
    let (key, wrapped) = SigningKey::generate(&f.store, PARTITION, Uuid::new_v4(), 1).unwrap();
    let again = SigningKey::open(&f.store, &rewrap(&f.store, &wrapped).unwrap()).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    let signature = again.sign(b"message").unwrap();
    assert_eq!(signature, key.sign(b"message").unwrap(), "Ed25519 is deterministic");
    assert!(verify_signature(&key.public_key(), b"message", &signature));
    assert!(!verify_signature(&key.public_key(), b"messagE", &signature));
    let (other, _) = SigningKey::generate(&f.store, PARTITION, Uuid::new_v4(), 2).unwrap();
    assert!(!verify_signature(&other.public_key(), b"message", &signature));
    assert!(matches!(KeyRing::open(&f.store, PARTITION, &[stored(&wrapped)]), Err(SealError::WrongPurpose)));
}

#[test]
fn debug_shows_no_secret() {
    let f = fixture();
    let ring = f.ring(PARTITION);
    let (key, _) = SigningKey::generate(&f.store, PARTITION, Uuid::new_v4(), 1).unwrap();
    let index = ring.blind_index("person.name").unwrap();
    let shown = format!("{:?} {ring:?} {key:?} {index:?}", f.store);
    assert_eq!(shown, "FileKeyStore(..) KeyRing(..) SigningKey(..) BlindIndex(..)");
}
