//! Files on their way into the store and out of it: sealed under the partition's key, off the async threads.
use bytes::Bytes;

use super::app::App;
use super::error::Result;
use super::files::sha256;
use super::id::{FileId, PartitionId};

/// A file in the store that no row names yet.
#[derive(Debug, Clone, Copy)]
pub struct StoredFile {
    pub id: FileId,
    pub size: usize,
    pub original: [u8; 32],
    pub sealed: [u8; 32],
}

impl App {
    /// Seals and stores a file; a transaction is to name it, or [`App::discard_file`] to remove it.
    pub async fn store_file(&self, partition: PartitionId, bytes: Bytes) -> Result<StoredFile> {
        let id = FileId::new();
        let (original, size, keys) = (sha256(&bytes), bytes.len(), self.db.keys().clone());
        let sealed = tokio::task::spawn_blocking(move || keys.seal_file(partition, id.0, &bytes))
            .await
            .map_err(|error| crate::bug!("sealing task: {error}"))??;
        Ok(StoredFile { id, size, original, sealed: self.files.put(sealed.into()).await? })
    }

    /// The bytes of a stored file; `sealed_sha256` is its name in the store.
    ///
    /// # Errors
    /// When the file is missing, or is no longer what was stored.
    pub async fn open_file(&self, partition: PartitionId, file: FileId, sealed_sha256: &[u8]) -> Result<Vec<u8>> {
        let name = sealed_sha256.try_into().map_err(|_| crate::bug!("a hash of {} bytes", sealed_sha256.len()))?;
        let sealed = self.files.get(&name).await?;
        let keys = self.db.keys().clone();
        tokio::task::spawn_blocking(move || keys.open_file(partition, file.0, &sealed))
            .await
            .map_err(|error| crate::bug!("opening task: {error}"))?
    }

    /// Removes a file that certainly nobody names: never after a commit whose outcome is unknown.
    pub async fn discard_file(&self, file: &StoredFile) {
        if let Err(error) = self.files.discard(&file.sealed).await {
            tracing::warn!(file = %file.id, error = format!("{error:#}"), "a file nobody names stays in the store");
        }
    }
}
