//! Opening the document of a declaration: checked against its hash, and recorded as an access.
use serde_json::Value;

use super::asset::Became;
use super::model::{Declaration, Version};
use super::record::Holdings;
use super::store;
use crate::kernel::files::sha256;
use crate::kernel::id::VersionId;
use crate::kernel::{Error, Event, Result, Tx};

/// A declaration with what it says.
pub struct Opened {
    pub declaration: Declaration,
    pub version: Version,
    /// The declaration in the shape of the form's definition.
    pub content: Value,
    pub holdings: Option<Holdings>,
    /// What its declarant said became of the assets declared before.
    pub became: Vec<Became>,
}

/// Opens the version in force. Whoever opens it, the log has it.
///
/// # Errors
/// A bug when the document is not the one whose hash stands in the record, or belongs to someone else than its row says.
pub async fn open(tx: &mut Tx, declaration: Declaration) -> Result<Opened> {
    open_version(tx, declaration, None).await
}

/// The same of a version by its number: what was handed in before stays to be read.
pub async fn open_version(tx: &mut Tx, declaration: Declaration, number: Option<i32>) -> Result<Opened> {
    let version = store::version(tx, &declaration, number).await?;
    opened(tx, declaration, version)
}

/// The same of a version by its id.
pub async fn open_exactly(tx: &mut Tx, declaration: Declaration, version: VersionId) -> Result<Opened> {
    let version = store::version_with_id(tx, &declaration, version).await?;
    opened(tx, declaration, version)
}

fn opened(tx: &mut Tx, declaration: Declaration, version: Version) -> Result<Opened> {
    let mut document = document_of(tx, &declaration, &version)?;
    let holdings = holdings_of(&mut document, version.id)?;
    let became = became_of(&mut document, version.id);
    Ok(Opened { declaration, content: document["content"].take(), holdings, became, version })
}

/// What is said in a document of the assets declared before. What cannot be read of it says nothing, and keeps nobody from
/// reading the rest: a copy may come from a newer release. Serde's own message would quote it.
pub fn became_of(document: &mut Value, version: VersionId) -> Vec<Became> {
    let became = document.get_mut("became").map(Value::take).map(serde_json::from_value).transpose();
    became.map(Option::unwrap_or_default).unwrap_or_else(|error| {
        tracing::error!(%version, kind = ?error.classify(), "what is said of the assets before cannot be read");
        Vec::new()
    })
}

/// What stands beside the content of a supplementary declaration's document; serde's own message would quote it.
pub fn holdings_of(document: &mut Value, version: VersionId) -> Result<Option<Holdings>> {
    let holdings = document.get_mut("holdings").map(Value::take).map(serde_json::from_value).transpose();
    holdings.map_err(|error| crate::bug!("holdings of version {version}: {:?}", error.classify()))
}

/// Opens the version before another, to be compared with it; none for a first version. One that is not what was
/// recorded is told to the log and left aside: nobody is kept from the new one by somebody who damages the old.
pub async fn before(tx: &mut Tx, declaration: &Declaration, number: i32) -> Result<Option<Value>> {
    let Some(version) = store::version_before(tx, declaration, number).await? else { return Ok(None) };
    match document_of(tx, declaration, &version) {
        Ok(mut document) => Ok(Some(document["content"].take())),
        Err(Error::Bug(error)) => {
            record_unreadable(tx, declaration, Some(version.id), &error)?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Tells the log that what is on record is not what was recorded, with the version where it is known.
pub fn record_unreadable(
    tx: &mut Tx,
    declaration: &Declaration,
    version: Option<VersionId>,
    error: &impl std::fmt::Display,
) -> Result<()> {
    let id = declaration.id;
    tracing::error!(%error, declaration = %id, version = ?version, "a declaration on record cannot be opened");
    let event = Event::new("declaration.unreadable", declaration.partition)
        .unit(declaration.unit)
        .person(declaration.person)
        .id("declaration", id);
    tx.record(match version {
        Some(version) => event.id("version", version),
        None => event,
    })?;
    Ok(())
}

fn document_of(tx: &mut Tx, declaration: &Declaration, version: &Version) -> Result<Value> {
    Ok(serde_json::from_str(&text(tx, declaration, version)?).map_err(anyhow::Error::from)?)
}

/// The document itself, byte for byte what was hashed: canonical JSON (RFC 8785). Whoever opens it, the log has it.
///
/// # Errors
/// As [`open`].
pub fn text(tx: &mut Tx, declaration: &Declaration, version: &Version) -> Result<String> {
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
    let document: Value = serde_json::from_str(&text).map_err(anyhow::Error::from)?;
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
    Ok(text)
}
