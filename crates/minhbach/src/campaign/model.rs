//! Reminders, their delivery, and non-submissions, as they are kept.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;
use serde::{Deserialize, Serialize};

use crate::cells;
use crate::kernel::id::{IssueId, ObligationId, OrganisationId, PartitionId, PersonId, ReminderId};
use crate::kernel::keys::Sealed;
use crate::person::follow_up::Round;

cells! {
    /// Who signed a reminder.
    SignerName = "reminder"."signer_name_sealed" -> String;
    /// In which position.
    SignerPosition = "reminder"."signer_position_sealed" -> String;
    /// Whom it is addressed to.
    AddresseeName = "reminder"."name_sealed" -> String;
    /// And their position.
    AddresseePosition = "reminder"."position_sealed" -> String;
    /// What the person said to not having submitted.
    Explanation = "non_submission"."explanation_sealed" -> String;
}

/// How a reminder reached its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Way {
    Handed,
    Posted,
    Electronic,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::Handed, Way::Posted, Way::Electronic];

    /// The word the database keeps.
    pub fn word(self) -> &'static str {
        match self {
            Way::Handed => "HANDED",
            Way::Posted => "POSTED",
            Way::Electronic => "ELECTRONIC",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Way::Handed => "Giao tận tay",
            Way::Posted => "Gửi bưu chính",
            Way::Electronic => "Gửi văn bản điện tử",
        }
    }
}

/// A reminder with its delivery, names still under seal.
#[derive(Debug, Clone)]
pub struct Reminder {
    pub partition: PartitionId,
    pub id: ReminderId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: ObligationId,
    pub issue: IssueId,
    pub round: Round,
    pub kind: Kind,
    pub year: i16,
    pub rule_set: String,
    pub due_on: NaiveDate,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub answer_by: NaiveDate,
    /// Number and day of the first one, on a second.
    pub after: Option<(String, NaiveDate)>,
    pub signer_name: Sealed<SignerName>,
    pub signer_position: Sealed<SignerPosition>,
    pub name: Sealed<AddresseeName>,
    pub position: Sealed<AddresseePosition>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub delivered: Option<(Way, NaiveDate)>,
}

/// A document reminders were issued with, in a list: nothing under seal.
#[derive(Debug, Clone)]
pub struct IssueSummary {
    pub issue: IssueId,
    pub number: i16,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub answer_by: NaiveDate,
    pub people: i64,
    pub delivered: i64,
}
