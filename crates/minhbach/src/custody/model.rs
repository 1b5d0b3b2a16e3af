//! A file on its way from one agency to another, and what is in it.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::cells;
use crate::declaration::original::Evidence;
use crate::kernel::id::{AccountId, CustodyId, DeclarationId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::person::custody::{Reason, State};

cells! {
    /// What the sender states, under its own key.
    StatementCell = "custody_transfer"."statement_sealed" -> Statement;
    /// Who answered and why, under the sender's key.
    AnswerCell = "custody_transfer"."answer_sealed" -> Answer;
    /// The same under the receiver's key.
    OwnAnswerCell = "custody_transfer"."answer_own_sealed" -> Answer;
    /// The file, under the receiver's key.
    PackageCell = "custody_package"."package_sealed" -> Package;
}

/// The document a file is passed with, and who signed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub document_no: String,
    pub document_on: NaiveDate,
    pub signer_name: String,
    pub signer_position: String,
}

/// What the receiving agency answered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub name: String,
    pub position: String,
    /// Why it was declined.
    pub reason: Option<String>,
}

/// A file sent, texts still under seal.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The sending agency, and the person as it knows them.
    pub partition: PartitionId,
    pub id: CustodyId,
    pub to: PartitionId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub reason: Reason,
    /// Still on the unit's list when it was sent.
    pub was_listed: bool,
    pub sent_on: NaiveDate,
    pub statement: Sealed<StatementCell>,
    pub declarations: i32,
    pub versions: i32,
    /// Kind and year of each declaration, "ANNUAL-2025".
    pub declared: Vec<String>,
    /// SHA-256 of the sealed package.
    pub package_hash: Vec<u8>,
    /// SHA-256 over the record as it was sent.
    pub sent_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
    pub state: State,
    pub ended_on: Option<NaiveDate>,
    pub ended_by: Option<AccountId>,
    pub to_unit: Option<OrganisationId>,
    pub to_person: Option<PersonId>,
    pub answer: Option<Sealed<AnswerCell>>,
    pub own_answer: Option<Sealed<OwnAnswerCell>>,
    /// SHA-256 over how it ended.
    pub end_hash: Option<Vec<u8>>,
}

/// Names the shape of a package.
pub const SCHEMA: &str = "minhbach-custody/1";

/// Everything that passes. Sealed whole; nothing of it stands in the clear.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub schema: String,
    pub transfer: CustodyId,
    pub from: PartitionId,
    pub to: PartitionId,
    pub person: FilePerson,
    pub statement: Statement,
    pub versions: Vec<FileVersion>,
    pub owed: Vec<FileOwed>,
}

/// Who the file is about, as the sending agency knows them.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePerson {
    pub id: PersonId,
    pub name: String,
    pub dob: Option<NaiveDate>,
    pub id_no: Option<String>,
    pub position: String,
    pub unit: String,
}

/// A version of a declaration with the proof of its original.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileVersion {
    /// The partition it is on record in.
    pub origin: PartitionId,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub number: i32,
    pub kind: String,
    pub year: i16,
    pub channel: String,
    pub act: String,
    pub completed_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub received_on: Option<NaiveDate>,
    pub rule_set: String,
    /// Canonical JSON, exactly as it was hashed.
    pub document: String,
    pub evidence: Evidence,
    /// The sender has it as a copy itself, also when it went back to where the original is.
    #[serde(default)]
    pub copied: bool,
}

/// What is owed and was not due on the day of sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileOwed {
    pub kind: String,
    pub year: i16,
    pub rule_set: String,
    pub due_on: NaiveDate,
}

impl Package {
    /// Kind and year of each declaration in it, "ANNUAL-2025".
    pub fn declared(&self) -> Vec<String> {
        let words = self.versions.iter().map(|version| format!("{}-{}", version.kind, version.year));
        words.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    /// How many declarations its versions are of.
    pub fn declarations(&self) -> usize {
        self.versions.iter().map(|version| version.declaration).collect::<std::collections::BTreeSet<_>>().len()
    }
}
