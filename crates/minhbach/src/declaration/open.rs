//! Opening the document of a declaration: checked against its hash, and recorded as an access.
use serde_json::Value;

use super::model::{Declaration, Version};
use super::store;
use crate::kernel::files::sha256;
use crate::kernel::{Event, Result, Tx};

/// A declaration with what it says.
pub struct Opened {
    pub declaration: Declaration,
    pub version: Version,
    /// The declaration in the shape of the form's definition.
    pub content: Value,
}

/// Opens the version in force. Whoever opens it, the log has it.
///
/// # Errors
/// A bug when the document is not the one whose hash stands in the record, or belongs to someone else than its row says.
pub async fn open(tx: &mut Tx, declaration: Declaration) -> Result<Opened> {
    let version = store::latest_version(tx, &declaration).await?;
    let content = content_of(tx, &declaration, &version)?;
    Ok(Opened { declaration, version, content })
}

/// Opens the version before the one in force, to be compared with it; none for a first version.
pub async fn before(tx: &mut Tx, declaration: &Declaration) -> Result<Option<Value>> {
    match store::version_before(tx, declaration).await? {
        Some(version) => Ok(Some(content_of(tx, declaration, &version)?)),
        None => Ok(None),
    }
}

fn content_of(tx: &mut Tx, declaration: &Declaration, version: &Version) -> Result<Value> {
    let text = tx.open(declaration.partition, version.id.0, &version.document)?;
    tx.record(
        Event::new("declaration.opened", declaration.partition)
            .unit(declaration.unit)
            .person(declaration.person)
            .id("declaration", declaration.id)
            .id("version", version.id),
    )?;
    if version.document_hash != sha256(text.as_bytes()) {
        return Err(crate::bug!("the document of version {} is not the one that was hashed", version.id));
    }
    let mut document: Value = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
    // The row says who may look; the document says whose it is. A row moved under another unit or person opens nothing.
    for (key, row) in [
        ("partition", declaration.partition.to_string()),
        ("declaration", declaration.id.to_string()),
        ("unit", declaration.unit.to_string()),
        ("person", declaration.person.to_string()),
    ] {
        if document[key].as_str() != Some(&row) {
            return Err(crate::bug!("the document of version {} names another {key} than its row", version.id));
        }
    }
    Ok(document["content"].take())
}
