use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::aead::{self, Secret};
use crate::{KeyStore, SealError};

const FORMAT: &str = "minhbach-keys/1";
const KID_TAG: &[u8] = b"minhbach-kid-v1";
const WRAP_TAG: &[u8] = b"minhbach-master-v1";
/// A key file of thousands of master keys is far below this; a larger file is not one.
const MAX_FILE: u64 = 1 << 20;

/// Master keys in one JSON file that only its owner can read. There is no passphrase: whoever can read the file can
/// open everything, so it belongs on another disk and another backup than the data.
pub struct FileKeyStore {
    path: PathBuf,
    /// First encrypts, all decrypt.
    keys: Vec<MasterKey>,
}

struct MasterKey {
    kid: String,
    secret: Secret,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    format: String,
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    kid: String,
    /// Base64 of 32 bytes.
    key: String,
}

impl FileKeyStore {
    /// Makes the file with one new master key; refuses if there is one already. When it returns, file and directory
    /// are on disk.
    pub fn create(path: &Path) -> Result<Self, SealError> {
        let store = Self { path: path.to_owned(), keys: vec![MasterKey::generate()?] };
        // A link, unlike a rename, fails if the name is taken.
        store.write(|new, path| fs::hard_link(new, path).and_then(|()| fs::remove_file(new)))?;
        Ok(store)
    }

    /// Reads the file; refuses one that others may read or change, and one whose keys do not match their ids.
    pub fn open(path: &Path) -> Result<Self, SealError> {
        let refuse = |reason| SealError::KeyFile { path: path.display().to_string(), reason };
        let file = File::open(path)?;
        let meta = file.metadata()?;
        if meta.mode() & 0o077 != 0 {
            return Err(refuse("cho người khác đọc được; đặt quyền 0600"));
        }
        if ![0, rustix::process::geteuid().as_raw()].contains(&meta.uid()) {
            return Err(refuse("thuộc về người dùng khác"));
        }
        let mut text = Zeroizing::new(Vec::with_capacity(4096));
        file.take(MAX_FILE).read_to_end(&mut text)?;
        // A parser's message could quote the file, so it is dropped.
        let parsed: KeyFile = serde_json::from_slice(&text).map_err(|_| refuse("không đúng dạng"))?;
        if parsed.format != FORMAT || parsed.keys.is_empty() {
            return Err(refuse("không đúng dạng"));
        }
        let keys: Option<Vec<_>> = parsed.keys.iter().map(MasterKey::read).collect();
        let keys = keys.ok_or_else(|| refuse("có khóa hỏng"))?;
        Ok(Self { path: path.to_owned(), keys })
    }

    /// Puts a new master key first. Old ones still unwrap; afterwards [`crate::rewrap`] every wrapped key.
    /// Returns the new key's id.
    pub fn rotate(&mut self) -> Result<String, SealError> {
        self.keys.insert(0, MasterKey::generate()?);
        if let Err(error) = self.replace() {
            self.keys.remove(0);
            return Err(error);
        }
        Ok(self.keys[0].kid.clone())
    }

    /// Forgets a master key for good, once nothing is wrapped under it any more. The first one stays.
    pub fn remove(&mut self, kid: &str) -> Result<(), SealError> {
        let found = self.keys.iter().skip(1).position(|key| key.kid == kid);
        let index = found.ok_or_else(|| SealError::NoMasterKey(kid.to_owned()))? + 1;
        let removed = self.keys.remove(index);
        if let Err(error) = self.replace() {
            self.keys.insert(index, removed);
            return Err(error);
        }
        Ok(())
    }

    fn replace(&self) -> Result<(), SealError> {
        self.write(|new, path| fs::rename(new, path))
    }

    /// Writes a new file beside the old one and lets `place` put it under its name, then syncs the directory.
    fn write(&self, place: impl Fn(&Path, &Path) -> io::Result<()>) -> Result<(), SealError> {
        let mut suffix = [0; 8];
        aws_lc_rs::rand::fill(&mut suffix)?;
        let new = self.path.with_extension(format!("new-{}", hex::encode(suffix)));
        let entries = self.keys.iter().map(MasterKey::entry).collect();
        let file = KeyFile { format: FORMAT.to_owned(), keys: entries };
        let text = Zeroizing::new(serde_json::to_vec_pretty(&file).map_err(|_| SealError::Crypto)?);
        let placed = write_private(&new, &text).and_then(|()| place(&new, &self.path));
        if placed.is_err() {
            // The first error is the one that tells what went wrong.
            let _ = fs::remove_file(&new);
        }
        placed?;
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(())
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl MasterKey {
    fn generate() -> Result<Self, SealError> {
        Ok(Self::new(aead::random_secret()?))
    }

    fn new(secret: Secret) -> Self {
        Self { kid: kid(&secret), secret }
    }

    fn entry(&self) -> KeyEntry {
        KeyEntry { kid: self.kid.clone(), key: STANDARD.encode(*self.secret) }
    }

    fn read(entry: &KeyEntry) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(&entry.key).ok()?);
        let mut secret = Secret::default();
        if bytes.len() != secret.len() {
            return None;
        }
        secret.copy_from_slice(&bytes);
        let key = Self::new(secret);
        (key.kid == entry.kid).then_some(key)
    }
}

/// A key's id is a fingerprint of it, so that a damaged key is noticed when it is read:
/// the first 8 bytes of `HMAC-SHA256(key, "minhbach-kid-v1")` in hexadecimal.
fn kid(secret: &Secret) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &**secret), KID_TAG);
    hex::encode(&tag.as_ref()[..8])
}

impl KeyStore for FileKeyStore {
    fn kids(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.kid.clone()).collect()
    }

    /// `length of kid (1 byte) || kid || nonce || ciphertext || tag`.
    fn wrap(&self, aad: &[u8], key: &[u8]) -> Result<Vec<u8>, SealError> {
        let master = &self.keys[0];
        let mut wrapped = vec![master.kid.len() as u8];
        wrapped.extend(master.kid.bytes());
        wrapped.extend(aead::seal(&aead::cipher(&master.secret)?, &master_aad(&master.kid, aad), key)?);
        Ok(wrapped)
    }

    fn unwrap(&self, aad: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (length, rest) = wrapped.split_first().ok_or(SealError::Malformed)?;
        let (kid, sealed) = rest.split_at_checked(usize::from(*length)).ok_or(SealError::Malformed)?;
        let kid = std::str::from_utf8(kid).map_err(|_| SealError::Malformed)?;
        let master = self.keys.iter().find(|key| key.kid == kid);
        let master = master.ok_or_else(|| SealError::NoMasterKey(kid.to_owned()))?;
        aead::open(&aead::cipher(&master.secret)?, &master_aad(kid, aad), sealed)
    }
}

fn master_aad(kid: &str, aad: &[u8]) -> Vec<u8> {
    aead::bind(&[WRAP_TAG, kid.as_bytes(), aad])
}

impl fmt::Debug for FileKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKeyStore(..)")
    }
}
