//! A file sealed under a partition's key and put into the store, before a transaction names it; and opening it again.
use bytes::Bytes;

use super::app::App;
use super::error::Result;
use super::files::sha256;
use super::id::{FileId, PartitionId};

/// A file in the store, to be named.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    pub id: FileId,
    /// What kind of file it is, by its first bytes.
    pub media: &'static str,
    pub size: usize,
    pub original: [u8; 32],
    pub sealed: [u8; 32],
}

/// Seals and stores a file that no transaction names yet.
pub async fn put(app: &App, partition: PartitionId, media: &'static str, bytes: Bytes) -> Result<Stored> {
    let id = FileId::new();
    let (original, size, keys) = (sha256(&bytes), bytes.len(), app.db.keys().clone());
    let sealed = tokio::task::spawn_blocking(move || keys.seal_file(partition, id.0, &bytes))
        .await
        .map_err(|error| crate::bug!("sealing task: {error}"))??;
    let sealed = app.files.put(sealed.into()).await?;
    Ok(Stored { id, media, size, original, sealed })
}

/// Opens a stored file and compares it with the hash it was put down with.
pub async fn open(app: &App, partition: PartitionId, id: FileId, sealed: &[u8], original: &[u8]) -> Result<Vec<u8>> {
    let name: [u8; 32] = sealed.try_into().map_err(|_| crate::bug!("a hash of {} bytes", sealed.len()))?;
    let sealed = app.files.get(&name).await?;
    let keys = app.db.keys().clone();
    let bytes = tokio::task::spawn_blocking(move || keys.open_file(partition, id.0, &sealed))
        .await
        .map_err(|error| crate::bug!("opening task: {error}"))??;
    if sha256(&bytes)[..] != *original {
        return Err(crate::bug!("the file {id} is not what was stored"));
    }
    Ok(bytes)
}

/// Removes files that were put for nothing.
pub async fn discard(app: &App, files: &[Stored]) {
    for file in files {
        if let Err(error) = app.files.discard(&file.sealed).await {
            tracing::warn!(file = %file.id, error = format!("{error:#}"), "a file nobody names stays in the store");
        }
    }
}
