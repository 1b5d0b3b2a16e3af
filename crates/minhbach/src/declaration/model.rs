//! A declaration and its immutable versions.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;

use crate::cells;
use crate::kernel::id::{
    DeclarationId, DemandId, EventId, FileId, ObligationId, OrganisationId, PartitionId, PersonId, VersionId,
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

/// A declaration as it stands; what it says is in its versions.
#[derive(Debug, Clone)]
pub struct Declaration {
    pub partition: PartitionId,
    pub id: DeclarationId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: Option<ObligationId>,
    pub kind: Kind,
    pub year: i16,
    /// How it first came.
    pub channel: String,
    pub created_at: DateTime<Utc>,
    /// The version in force, by which act it came and when.
    pub version: VersionId,
    pub act: Act,
    pub completed_on: NaiveDate,
    pub version_at: DateTime<Utc>,
    /// When the unit received what was last handed in.
    pub received_on: Option<NaiveDate>,
    pub hand_over_due_on: Option<NaiveDate>,
    /// The day its copy was handed over to the control agency, unless it was missing there.
    pub handed_over_on: Option<NaiveDate>,
    /// The demand that waits for an answer (article 38.2), and its last day once it reached the declarant.
    pub demand: Option<DemandId>,
    pub demand_due_on: Option<NaiveDate>,
}

/// The act a version came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Act {
    /// Sent online.
    Submit,
    /// Digitised from paper.
    Intake,
    /// Sent online again, on a demand (article 38.2).
    Redeclare,
    TranscriptionAmendment,
    Correction,
}

impl Act {
    pub fn word(self) -> &'static str {
        match self {
            Act::Submit => "SUBMIT",
            Act::Intake => "INTAKE",
            Act::Redeclare => "REDECLARE",
            Act::TranscriptionAmendment => "TRANSCRIPTION_AMENDMENT",
            Act::Correction => "CORRECTION",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Act::Submit, Act::Intake, Act::Redeclare, Act::TranscriptionAmendment, Act::Correction];
        all.into_iter().find(|act| act.word() == word)
    }

    /// How a version came, of a declaration that first came by `first`: what is corrected stays as it came.
    pub fn channel(self, first: &str) -> &str {
        match self {
            Act::Intake => Channel::Paper.word(),
            Act::Correction => first,
            _ => Channel::Online.word(),
        }
    }

    /// How a version came, in a list.
    pub fn label(self) -> &'static str {
        match self {
            Act::Submit | Act::Redeclare => Channel::label(Channel::Online.word()),
            Act::Intake | Act::TranscriptionAmendment => Channel::label(Channel::Paper.word()),
            Act::Correction => "Sửa đổi sau tiếp nhận",
        }
    }
}

/// One version, still sealed.
#[derive(Debug, Clone)]
pub struct Version {
    pub partition: PartitionId,
    pub id: VersionId,
    pub declaration: DeclarationId,
    pub version: i32,
    pub act: Act,
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
pub struct ProposedDemand {
    pub id: uuid::Uuid,
    pub rules: Vec<String>,
}

/// What stands beside a version; its hash is in the event that filed it.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    pub shortcomings: Vec<Shortcoming>,
    pub demand: Option<ProposedDemand>,
}
