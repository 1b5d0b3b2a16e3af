//! What the log keeps of a publication: a hash over how it began and one over how it ended. Names and texts go in by the
//! hash of their sealed bytes, which are random, so that it gives nobody a text to guess at.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::model::Reading;
use crate::declaration::publication::Mode;
use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{DeclarationId, DisclosureId, OrganisationId, PersonId, VersionId};

/// What one declaration was published as.
#[derive(Debug, Clone)]
pub struct Line {
    pub id: uuid::Uuid,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub person: PersonId,
    pub handed_on: NaiveDate,
    pub due_on: NaiveDate,
    pub name_sealed: Vec<u8>,
    pub position_sealed: Vec<u8>,
    pub place_sealed: Vec<u8>,
    pub document_hash: Vec<u8>,
}

/// A meeting as it was put down.
pub struct BegunMeeting<'a> {
    pub summoned: i32,
    pub present: i32,
    pub needed: i32,
    pub reading: Reading,
    pub chair_name_sealed: &'a [u8],
    pub chair_position_sealed: &'a [u8],
    pub questions_sealed: &'a [u8],
}

/// How a publication began.
pub struct Begun<'a> {
    pub id: DisclosureId,
    pub unit: OrganisationId,
    pub mode: Mode,
    pub rule_set: &'a str,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    pub place_sealed: &'a [u8],
    pub meeting: Option<BegunMeeting<'a>>,
    pub lines: &'a [Line],
}

impl Begun<'_> {
    pub fn hash(&self) -> Result<[u8; 32]> {
        let lines: BTreeMap<String, Value> = self
            .lines
            .iter()
            .map(|line| {
                let said = json!({
                    "item": line.id,
                    "version": line.version,
                    "person": line.person,
                    "handed_on": line.handed_on,
                    "due_on": line.due_on,
                    "name_sealed": sealed(&line.name_sealed),
                    "position_sealed": sealed(&line.position_sealed),
                    "place_sealed": sealed(&line.place_sealed),
                    "document": hex::encode(&line.document_hash),
                });
                (line.declaration.to_string(), said)
            })
            .collect();
        let meeting = self.meeting.as_ref().map(|meeting| {
            json!({
                "summoned": meeting.summoned,
                "present": meeting.present,
                "needed": meeting.needed,
                "reading": meeting.reading.word(),
                "chair_name_sealed": sealed(meeting.chair_name_sealed),
                "chair_position_sealed": sealed(meeting.chair_position_sealed),
                "questions_sealed": sealed(meeting.questions_sealed),
            })
        });
        canonical_hash(&json!({
            "disclosure": self.id,
            "unit": self.unit,
            "mode": self.mode.word(),
            "rule_set": self.rule_set,
            "from_on": self.from_on,
            "until_on": self.until_on,
            "place_sealed": sealed(self.place_sealed),
            "meeting": meeting,
            "declarations": lines,
        }))
    }
}

/// How a publication ended.
pub enum Ended<'a> {
    Closed {
        closed_on: NaiveDate,
        year: i16,
        number: i32,
        head_name_sealed: &'a [u8],
        head_position_sealed: &'a [u8],
        union_name_sealed: &'a [u8],
        union_position_sealed: &'a [u8],
    },
    Broken {
        broken_on: NaiveDate,
        reason_sealed: &'a [u8],
    },
}

impl Ended<'_> {
    /// `begun`: the hash over how it began.
    pub fn hash(&self, id: DisclosureId, begun: &[u8]) -> Result<[u8; 32]> {
        let said = match self {
            Ended::Closed {
                closed_on,
                year,
                number,
                head_name_sealed,
                head_position_sealed,
                union_name_sealed,
                union_position_sealed,
            } => json!({
                "state": "CLOSED",
                "closed_on": closed_on,
                "year": year,
                "number": number,
                "head_name_sealed": sealed(head_name_sealed),
                "head_position_sealed": sealed(head_position_sealed),
                "union_name_sealed": sealed(union_name_sealed),
                "union_position_sealed": sealed(union_position_sealed),
            }),
            Ended::Broken { broken_on, reason_sealed } => json!({
                "state": "BROKEN",
                "broken_on": broken_on,
                "reason_sealed": sealed(reason_sealed),
            }),
        };
        canonical_hash(&json!({"disclosure": id, "begun": hex::encode(begun), "end": said}))
    }
}

fn sealed(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}
