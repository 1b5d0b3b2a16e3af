//! The file store: sealed bytes under the SHA-256 of the sealed bytes. File and folder are on disk before the commit
//! that names them.
use std::path::Path;
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
}

/// SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0u8; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

impl Files {
    /// A store in a local folder, made when missing.
    pub fn local(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { store: Arc::new(store) })
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
}
