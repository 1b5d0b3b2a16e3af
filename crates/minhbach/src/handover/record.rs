//! What the log keeps of a batch: a hash over each side's record. Names and reasons go in by the hash of their sealed
//! bytes, which are random, so that it gives nobody a text to guess at.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{DeclarationId, HandOverId, OrganisationId, VersionId};

/// What one declaration of a batch was handed over as.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: uuid::Uuid,
    pub declaration: DeclarationId,
    pub version: VersionId,
    /// The declarant as the list had them.
    pub name_sealed: Vec<u8>,
    pub position_sealed: Vec<u8>,
    pub document_hash: Vec<u8>,
    pub copies: i16,
}

/// The record as the unit made it.
pub struct SentRecord<'a> {
    pub id: HandOverId,
    pub unit: OrganisationId,
    pub year: i16,
    pub number: i32,
    pub handed_on: NaiveDate,
    pub name_sealed: &'a [u8],
    pub position_sealed: &'a [u8],
    pub lines: &'a [Line],
}

impl SentRecord<'_> {
    pub fn hash(&self) -> Result<[u8; 32]> {
        let lines: BTreeMap<String, Value> = self
            .lines
            .iter()
            .map(|line| {
                let said = json!({
                    "version": line.version,
                    "name_sealed": hex::encode(sha256(&line.name_sealed)),
                    "position_sealed": hex::encode(sha256(&line.position_sealed)),
                    "document": hex::encode(&line.document_hash),
                    "copies": line.copies,
                });
                (line.declaration.to_string(), said)
            })
            .collect();
        canonical_hash(&json!({
            "hand_over": self.id,
            "unit": self.unit,
            "year": self.year,
            "number": self.number,
            "handed_on": self.handed_on,
            "name_sealed": hex::encode(sha256(self.name_sealed)),
            "position_sealed": hex::encode(sha256(self.position_sealed)),
            "declarations": lines,
        }))
    }
}

/// What the agency says of one declaration: taken, or missing for a reason.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub declaration: DeclarationId,
    pub missing_reason_sealed: Option<Vec<u8>>,
}

/// What the agency put to the record.
pub struct TakenRecord<'a> {
    pub id: HandOverId,
    pub sent_hash: &'a [u8],
    pub taken_on: NaiveDate,
    pub name_sealed: &'a [u8],
    pub position_sealed: &'a [u8],
    pub verdicts: &'a [Verdict],
}

impl TakenRecord<'_> {
    pub fn hash(&self) -> Result<[u8; 32]> {
        let verdicts: BTreeMap<String, Option<String>> = self
            .verdicts
            .iter()
            .map(|verdict| {
                let reason = verdict.missing_reason_sealed.as_deref().map(|sealed| hex::encode(sha256(sealed)));
                (verdict.declaration.to_string(), reason)
            })
            .collect();
        canonical_hash(&json!({
            "hand_over": self.id,
            "sent": hex::encode(self.sent_hash),
            "taken_on": self.taken_on,
            "name_sealed": hex::encode(sha256(self.name_sealed)),
            "position_sealed": hex::encode(sha256(self.position_sealed)),
            "declarations": verdicts,
        }))
    }
}
