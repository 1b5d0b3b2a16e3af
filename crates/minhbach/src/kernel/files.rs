//! The file store: sealed bytes under the SHA-256 of the sealed bytes. File and folder are on disk before the commit
//! that names them.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions};

use super::error::{Error, Result};

#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0u8; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// SHA-256 of facts in canonical JSON (RFC 8785): the same facts give the same hash, whoever writes them down.
pub fn canonical_hash(facts: &serde_json::Value) -> Result<[u8; 32]> {
    Ok(sha256(&ledger::jcs::canonical(facts).context("facts in canonical JSON")?))
}

/// A folder of the service's own that nobody else may enter, made when missing. One that came back from a backup may
/// stand open; it is closed again.
pub fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

impl Files {
    /// A store in a local folder, made when missing.
    pub fn local(folder: &Path) -> anyhow::Result<Self> {
        private_folder(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.to_owned() })
    }

    /// Stores sealed bytes and returns their name. Storing the same bytes twice is storing them once.
    pub async fn put(&self, sealed: Bytes) -> Result<[u8; 32]> {
        let name = sha256(&sealed);
        let options = PutOptions { mode: PutMode::Create, ..Default::default() };
        match self.store.put_opts(&location(&name), sealed.into(), options).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(name),
            Err(error) => Err(Error::Bug(anyhow::Error::new(error).context("storing a sealed file"))),
        }
    }

    /// The sealed bytes, checked against their name.
    ///
    /// # Errors
    /// When the file is missing or no longer the bytes that were stored.
    pub async fn get(&self, name: &[u8; 32]) -> Result<Bytes> {
        let found = self.store.get(&location(name)).await.context("reading a sealed file")?;
        let bytes = found.bytes().await.context("reading a sealed file")?;
        if sha256(&bytes) != *name {
            return Err(crate::bug!("stored file {} is not the bytes that were stored", hex::encode(name)));
        }
        Ok(bytes)
    }

    /// Removes bytes this process has just stored and that no transaction named. Never called when the outcome of the
    /// commit is unknown: what may be named stays.
    pub async fn discard(&self, name: &[u8; 32]) -> Result<()> {
        match self.store.delete(&location(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::Bug(anyhow::Error::new(error).context("removing an unused sealed file"))),
        }
    }

    /// Removes what writes that were cut off before they had a name left in the store: `NAME#1` beside `NAME`. Only the
    /// one service of the data folder calls it, before it writes. Sealed files without a row are never removed:
    /// `verify-log` counts them.
    pub fn sweep_staged(&self) -> anyhow::Result<usize> {
        let mut removed = 0;
        for first in std::fs::read_dir(&self.folder)? {
            let first = first?;
            if !first.file_type()?.is_dir() {
                continue;
            }
            for second in std::fs::read_dir(first.path())? {
                let second = second?;
                if !second.file_type()?.is_dir() {
                    continue;
                }
                for file in std::fs::read_dir(second.path())? {
                    let file = file?;
                    if file.file_name().to_string_lossy().contains('#') {
                        std::fs::remove_file(file.path())?;
                        removed += 1;
                    }
                }
            }
        }
        Ok(removed)
    }

    /// Every name in the store, for `verify-log`.
    pub async fn names(&self) -> Result<Vec<[u8; 32]>> {
        use futures::TryStreamExt;
        let listed: Vec<_> = self.store.list(None).try_collect().await.context("listing the file store")?;
        Ok(listed
            .iter()
            .filter_map(|meta| meta.location.filename())
            .filter_map(|name| <[u8; 32]>::try_from(hex::decode(name).ok()?).ok())
            .collect())
    }
}

fn location(name: &[u8; 32]) -> ObjectPath {
    let hex = hex::encode(name);
    ObjectPath::from(format!("{}/{}/{hex}", &hex[..2], &hex[2..4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_changed_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::local(folder.path()).unwrap();
        let name = files.put(Bytes::from_static(b"sealed")).await.unwrap();
        assert_eq!(files.get(&name).await.unwrap(), Bytes::from_static(b"sealed"));
        assert_eq!(files.put(Bytes::from_static(b"sealed")).await.unwrap(), name);
        let hex = hex::encode(name);
        std::fs::write(folder.path().join(&hex[..2]).join(&hex[2..4]).join(&hex), b"other").unwrap();
        assert!(files.get(&name).await.is_err());
    }

    #[tokio::test]
    async fn what_was_cut_off_is_swept_and_what_has_a_name_stays() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::local(folder.path()).unwrap();
        let (kept, discarded) = (Bytes::from_static(b"kept"), Bytes::from_static(b"discarded"));
        let (kept, discarded) = (files.put(kept).await.unwrap(), files.put(discarded).await.unwrap());
        files.discard(&discarded).await.unwrap();
        files.discard(&discarded).await.unwrap();
        let hex = hex::encode(kept);
        let beside = folder.path().join(&hex[..2]).join(&hex[2..4]);
        // Where the store itself stages a file: were it elsewhere, sweeping here would find nothing.
        std::fs::write(beside.join(format!("{hex}#7")), b"half").unwrap();
        assert_eq!(files.sweep_staged().unwrap(), 1);
        assert_eq!(files.names().await.unwrap(), [kept]);
        assert_eq!(std::fs::read_dir(beside).unwrap().count(), 1);
    }
}
