//! Copies of what a person declared while another agency controlled them (`custody`, which stands above, puts them here): the
//! document byte for byte, and the proof that the other log held it. They are read and carried forward like declarations of
//! this partition, and are none: they fulfil no obligation and count in no figure.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;
use ledger::{InclusionProof, VerifierKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::asset::{AssetPlace, Became};
use super::carry::{self, Carried};
use super::model::Act;
use super::open;
use super::record::Holdings;
use crate::cells;
use crate::kernel::files::sha256;
use crate::kernel::id::{CustodyId, DeclarationId, OrganisationId, OriginalId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Event, Result, Tx};

cells! {
    /// The canonical document of the other partition, as text.
    OriginalDocument = "custody_original"."document_sealed" -> String;
}

/// What proves that a log held an event: the event itself, and its place under a signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Canonical JSON, byte for byte what the leaf was made from.
    pub event: String,
    #[serde(with = "hex::serde")]
    pub nonce: [u8; 32],
    pub proof: InclusionProof,
    /// The signed note.
    pub checkpoint: String,
}

impl Evidence {
    /// The event, when the log of `origin` is proved to hold it under one of the keys.
    pub fn proved(&self, origin: PartitionId, keys: &[VerifierKey]) -> Option<Value> {
        let leaf = ledger::event_leaf(&self.nonce, self.event.as_bytes());
        let checkpoint = ledger::Checkpoint::open(&self.checkpoint, &ledger::log_origin(&origin), keys).ok()?;
        let is_there = checkpoint.size == self.proof.size && self.proof.verify(&leaf, &checkpoint.root).is_ok();
        is_there.then(|| serde_json::from_str(&self.event).ok()).flatten()
    }
}

/// One copied version, still sealed.
#[derive(Debug, Clone)]
pub struct Original {
    pub partition: PartitionId,
    pub id: OriginalId,
    pub transfer: CustodyId,
    pub unit: OrganisationId,
    pub person: PersonId,
    /// Where it is on record, and as what.
    pub origin: PartitionId,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub number: i32,
    pub kind: Kind,
    pub year: i16,
    pub completed_on: NaiveDate,
    pub channel: String,
    pub act: Act,
    pub rule_set: String,
    pub recorded_at: DateTime<Utc>,
    pub received_on: Option<NaiveDate>,
    pub document_hash: Vec<u8>,
    pub sealed_hash: Vec<u8>,
    pub document: Sealed<OriginalDocument>,
    /// JSON of [`Evidence`].
    pub evidence: String,
}

pub(crate) struct OriginalRow {
    partition: PartitionId,
    id: OriginalId,
    transfer: CustodyId,
    unit: OrganisationId,
    person: PersonId,
    origin: PartitionId,
    declaration: DeclarationId,
    version: VersionId,
    number: i32,
    kind: String,
    year: i16,
    completed_on: NaiveDate,
    channel: String,
    act: Act,
    rule_set: String,
    recorded_at: DateTime<Utc>,
    received_on: Option<NaiveDate>,
    document_hash: Vec<u8>,
    sealed_hash: Vec<u8>,
    document: Sealed<OriginalDocument>,
    evidence: String,
}

impl TryFrom<OriginalRow> for Original {
    type Error = Error;
    fn try_from(r: OriginalRow) -> Result<Self> {
        let kind = Kind::from_code(&r.kind).ok_or_else(|| crate::bug!("declaration kind {} is not known", r.kind))?;
        Ok(Original {
            partition: r.partition,
            id: r.id,
            transfer: r.transfer,
            unit: r.unit,
            person: r.person,
            origin: r.origin,
            declaration: r.declaration,
            version: r.version,
            number: r.number,
            kind,
            year: r.year,
            completed_on: r.completed_on,
            channel: r.channel,
            act: r.act,
            rule_set: r.rule_set,
            recorded_at: r.recorded_at,
            received_on: r.received_on,
            document_hash: r.document_hash,
            sealed_hash: r.sealed_hash,
            document: r.document,
            evidence: r.evidence,
        })
    }
}

/// What is asked for: all copies of a partition, of one person, or one of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    pub person: Option<PersonId>,
    pub id: Option<OriginalId>,
    pub declaration: Option<DeclarationId>,
}

/// Copies within what the context shows, those completed last first. A further version may be completed on a later day, so
/// the last version of a declaration is the one with the highest number, not the last in the list.
pub async fn list(tx: &mut Tx, asked: Asked) -> Result<Vec<Original>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        OriginalRow,
        r#"select partition_id as "partition: PartitionId", id as "id: OriginalId", transfer_id as "transfer: CustodyId",
                  unit_id as "unit: OrganisationId", person_id as "person: PersonId", origin_partition_id as "origin: PartitionId",
                  declaration_id as "declaration: DeclarationId", version_id as "version: VersionId", version as number, kind, year,
                  completed_on, channel, act as "act: Act", rule_set, recorded_at, received_on, document_hash, sealed_hash,
                  document_sealed as "document: Sealed<OriginalDocument>", evidence
           from custody_original
           where partition_id = $1 and ($2::uuid is null or person_id = $2) and ($3::uuid is null or id = $3)
             and ($4::uuid is null or declaration_id = $4)
           order by completed_on desc, declaration_id, version"#,
        actor.home.0,
        asked.person.or(actor.person()).map(|p| p.0),
        asked.id.map(|id| id.0),
        asked.declaration.map(|d| d.0)
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Original::try_from).collect()
}

/// One copy within what the context shows.
pub async fn find(tx: &mut Tx, id: OriginalId) -> Result<Original> {
    list(tx, Asked { id: Some(id), ..Asked::default() }).await?.pop().ok_or(Error::NotFound)
}

/// Opens a copy: a recorded access.
///
/// # Errors
/// A bug when the document is not the one that was hashed where it is on record.
pub fn open(tx: &mut Tx, original: &Original) -> Result<Value> {
    Ok(open_document(tx, original)?["content"].take())
}

fn open_document(tx: &mut Tx, original: &Original) -> Result<Value> {
    let text = tx.open(original.partition, original.id.0, &original.document)?;
    tx.record(
        Event::new("custody.original_opened", original.partition)
            .unit(original.unit)
            .person(original.person)
            .id("original", original.id)
            .id("version", original.version),
    )?;
    if original.document_hash != sha256(text.as_bytes()) {
        return Err(crate::bug!("the document of copy {} is not the one that was hashed", original.id));
    }
    Ok(serde_json::from_str(&text).map_err(anyhow::Error::from)?)
}

/// The copy of a declaration of the person's, opened to be carried forward or compared with. One that cannot be opened is
/// told to the log and left aside, as one of this partition is.
pub async fn carried(tx: &mut Tx, declaration: DeclarationId) -> Result<Option<(Carried, Option<Holdings>)>> {
    let found = list(tx, Asked { declaration: Some(declaration), ..Asked::default() }).await?;
    let original = found.into_iter().max_by_key(|original| original.number).ok_or(Error::NotFound)?;
    match readable(tx, &original)? {
        Some(mut document) => {
            let holdings = open::holdings_of(&mut document, original.version)?;
            let content = document["content"].take();
            let carried = Carried {
                declaration,
                version: Some(original.version),
                supplements: Vec::new(),
                channel: original.channel,
                rule_set: original.rule_set,
                completed_on: original.completed_on,
                places: AssetPlace::all(original.version, carry::assets_of(&content).len()),
                content,
            };
            Ok(Some((carried, holdings)))
        }
        None => Ok(None),
    }
}

/// What a copy says, and what it says of the assets declared before; nothing of one that cannot be opened, which is told to the
/// log and left aside.
pub fn open_with(tx: &mut Tx, original: &Original) -> Result<Option<(Value, Vec<Became>)>> {
    let Some(mut document) = readable(tx, original)? else { return Ok(None) };
    let became = open::became_of(&mut document, original.version);
    Ok(Some((document["content"].take(), became)))
}

fn readable(tx: &mut Tx, original: &Original) -> Result<Option<Value>> {
    match open_document(tx, original) {
        Ok(document) => Ok(Some(document)),
        Err(Error::Bug(error)) => {
            tracing::error!(%error, original = %original.id, "a copy on record cannot be opened");
            tx.record(
                Event::new("declaration.unreadable", original.partition)
                    .unit(original.unit)
                    .person(original.person)
                    .id("original", original.id),
            )?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
