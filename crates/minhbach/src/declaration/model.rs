//! A declaration and its immutable versions.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;

use crate::cells;
use crate::kernel::id::{
    DeclarationId, EventId, FileId, ObligationId, OrganisationId, PartitionId, PersonId, VersionId,
};
use crate::kernel::keys::Sealed;

cells! {
    /// The canonical document (RFC 8785), as text.
    DocumentCell = "declaration_version"."document_sealed" -> String;
    /// A draft's section as typed.
    DraftCell = "draft_section"."content_sealed" -> serde_json::Value;
    /// The reason a declarant gave for a warning.
    ShortcomingReason = "shortcoming"."reason_sealed" -> String;
    /// Who received.
    ReceiverName = "receipt"."receiver_name_sealed" -> String;
    /// In which position.
    ReceiverPosition = "receipt"."receiver_position_sealed" -> String;
}

/// How a declaration reached the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Online,
    Paper,
}

impl Channel {
    pub fn word(self) -> &'static str {
        match self {
            Channel::Online => "ONLINE",
            Channel::Paper => "PAPER",
        }
    }

    pub fn label(word: &str) -> &'static str {
        if word == "PAPER" { "Bản giấy" } else { "Trực tuyến" }
    }
}

/// What is fixed about a declaration; what it says is in its versions.
#[derive(Debug, Clone)]
pub struct Declaration {
    pub partition: PartitionId,
    pub id: DeclarationId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: Option<ObligationId>,
    pub kind: Kind,
    pub year: i16,
    pub completed_on: NaiveDate,
    pub channel: String,
    pub created_at: DateTime<Utc>,
    pub received_on: Option<NaiveDate>,
    pub hand_over_due_on: Option<NaiveDate>,
    /// The day its copy was handed over to the control agency, unless it was missing there.
    pub handed_over_on: Option<NaiveDate>,
}

/// One version, still sealed.
#[derive(Debug, Clone)]
pub struct Version {
    pub partition: PartitionId,
    pub id: VersionId,
    pub declaration: DeclarationId,
    pub version: i32,
    pub act: String,
    pub document_hash: Vec<u8>,
    pub sealed_hash: Vec<u8>,
    pub document: Sealed<DocumentCell>,
    pub rule_set: String,
    pub form_hash: Vec<u8>,
    pub facts_hash: Vec<u8>,
    pub source_file: Option<FileId>,
    pub event: EventId,
    pub created_at: DateTime<Utc>,
}

/// A fact for statistics, without identity.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AssetFact {
    pub position: i16,
    pub code: String,
    pub value_kind: Option<String>,
    pub amount: Option<i64>,
    /// Canonical decimal string, m².
    pub area_m2: Option<String>,
    pub province_code: Option<String>,
}

/// What a declaration leaves open (thiếu sót), or a warning with the declarant's reason, still sealed.
#[derive(Debug, Clone)]
pub struct Shortcoming {
    pub id: uuid::Uuid,
    pub rule: String,
    pub severity: String,
    pub path: String,
    pub reason: Option<Sealed<ShortcomingReason>>,
}

/// A proposed demand to complete (article 38.2).
#[derive(Debug, Clone)]
pub struct Demand {
    pub id: uuid::Uuid,
    pub rules: Vec<String>,
}

/// What stands beside a version; its hash is in the event that filed it.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    pub shortcomings: Vec<Shortcoming>,
    pub demand: Option<Demand>,
}
