//! What the log keeps: a hash over each record. Names and explanations go in by the hash of their sealed bytes, which are
//! random, so that it gives nobody a text to guess at.
use chrono::NaiveDate;
use serde_json::json;

use super::model::Way;
use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{IssueId, ObligationId, OrganisationId, PersonId, PlanId, ReminderId};
use crate::person::follow_up::Plan;

/// A reminder as its row has it.
#[derive(Debug, Clone)]
pub struct ReminderRecord {
    pub id: ReminderId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: ObligationId,
    pub issue: IssueId,
    pub number: i16,
    pub due_on: NaiveDate,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub answer_by: NaiveDate,
    /// The first one, and until when it had given time.
    pub after: Option<(ReminderId, NaiveDate)>,
    pub signer_name_sealed: Vec<u8>,
    pub signer_position_sealed: Vec<u8>,
    pub name_sealed: Vec<u8>,
    pub position_sealed: Vec<u8>,
}

impl ReminderRecord {
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "reminder": self.id,
            "unit": self.unit,
            "person": self.person,
            "obligation": self.obligation,
            "issue": self.issue,
            "number": self.number,
            "due_on": self.due_on,
            "document_no": self.document_no,
            "issued_on": self.issued_on,
            "answer_by": self.answer_by,
            "after": self.after.map(|(id, answer_by)| json!([id, answer_by])),
            "signer_name_sealed": hex::encode(sha256(&self.signer_name_sealed)),
            "signer_position_sealed": hex::encode(sha256(&self.signer_position_sealed)),
            "name_sealed": hex::encode(sha256(&self.name_sealed)),
            "position_sealed": hex::encode(sha256(&self.position_sealed)),
        }))
    }
}

/// How a reminder reached its person.
#[derive(Debug, Clone)]
pub struct DeliveryRecord {
    pub id: uuid::Uuid,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub reminder: ReminderId,
    pub way: Way,
    pub delivered_on: NaiveDate,
}

impl DeliveryRecord {
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "delivery": self.id,
            "unit": self.unit,
            "person": self.person,
            "reminder": self.reminder,
            "way": self.way.word(),
            "delivered_on": self.delivered_on,
        }))
    }
}

/// That nothing was submitted.
#[derive(Debug, Clone)]
pub struct NonSubmissionRecord {
    pub id: uuid::Uuid,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: ObligationId,
    pub due_on: NaiveDate,
    pub second: ReminderId,
    pub second_answer_by: NaiveDate,
    pub recorded_on: NaiveDate,
    pub explanation_sealed: Option<Vec<u8>>,
}

impl NonSubmissionRecord {
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "non_submission": self.id,
            "unit": self.unit,
            "person": self.person,
            "obligation": self.obligation,
            "due_on": self.due_on,
            "second": self.second,
            "second_answer_by": self.second_answer_by,
            "recorded_on": self.recorded_on,
            "explanation_sealed": self.explanation_sealed.as_deref().map(|sealed| hex::encode(sha256(sealed))),
        }))
    }
}

/// A version of a plan.
pub fn plan_hash(plan: &Plan) -> Result<[u8; 32]> {
    let id: PlanId = plan.id;
    canonical_hash(&json!({
        "plan": id,
        "partition": plan.partition,
        "year": plan.year,
        "version": plan.version,
        "document_no": plan.document_no,
        "issued_on": plan.issued_on,
        "lists_by": plan.lists_by,
        "declare_by": plan.declare_by,
        "hand_over_by": plan.hand_over_by,
    }))
}
