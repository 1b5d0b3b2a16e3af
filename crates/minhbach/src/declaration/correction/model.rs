//! A correction that was proposed, and what the log keeps of it.
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cells;
use crate::declaration::difference::Differences;
use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{CorrectionId, DeclarationId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};

cells! {
    /// What the declaration would say, and where that differs.
    ProposalCell = "correction"."proposal_sealed" -> Proposal;
    /// Why.
    Explanation = "correction"."explanation_sealed" -> String;
    /// What was decided of each difference.
    VerdictsCell = "correction"."verdicts_sealed" -> Vec<Verdict>;
    /// The competent person who decided.
    ApproverName = "correction"."approver_name_sealed" -> String;
    /// In which position.
    ApproverPosition = "correction"."approver_position_sealed" -> String;
}

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// The declaration as it would be with every difference approved.
    pub content: Value,
    pub differences: Differences,
    /// Reasons for warnings, by `submit::reason_key`.
    pub reasons: BTreeMap<String, String>,
}

/// What the competent person decided of one difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    pub approved: bool,
    /// Why it was refused; empty for what was approved.
    #[serde(default)]
    pub reason: String,
}

/// How far a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Waiting,
    Decided,
    Withdrawn,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "WAITING",
            State::Decided => "DECIDED",
            State::Withdrawn => "WITHDRAWN",
        }
    }
}

impl LifeCycle for State {
    const TITLE: &'static str = "Đề nghị sửa đổi sau tiếp nhận";
    const TABLE: &'static str = "correction";
    const BASIS: &'static str = "Điểm 2 mục II Quyết định 390/QĐ-TTg";
    const STATES: &'static [Self] = &[State::Waiting, State::Decided, State::Withdrawn];
    const STEPS: &'static [Step<Self>] = &[
        Step {
            acts: &["correction.propose"],
            says: "người kê khai đề nghị, kèm giải trình",
            from: &[],
            to: State::Waiting,
        },
        Step {
            acts: &["correction.decide"],
            says: "người có thẩm quyền duyệt, từ chối từng điểm, trong thời hạn kê khai",
            from: &[State::Waiting],
            to: State::Decided,
        },
        Step {
            acts: &["correction.withdraw"],
            says: "người kê khai rút",
            from: &[State::Waiting],
            to: State::Withdrawn,
        },
    ];

    fn word(self) -> &'static str {
        State::word(self)
    }

    fn called(self) -> &'static str {
        match self {
            State::Waiting => "Chờ quyết định",
            State::Decided => "Đã quyết định",
            State::Withdrawn => "Đã rút",
        }
    }
}

/// Who put the decision down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DecidedBy {
    /// The employing unit.
    Unit,
    /// The control agency the copy was handed over to.
    Agency,
}

impl DecidedBy {
    pub fn word(self) -> &'static str {
        match self {
            DecidedBy::Unit => "UNIT",
            DecidedBy::Agency => "AGENCY",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            DecidedBy::Unit => "đơn vị ghi",
            DecidedBy::Agency => "cơ quan kiểm soát ghi",
        }
    }
}

/// How far a proposal is, as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    Waiting,
    /// Not decided by the legal last day.
    Lapsed,
    Approved,
    PartlyApproved,
    Refused,
    Withdrawn,
}

impl Stage {
    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Stage::Waiting => ("Chờ quyết định", "wait"),
            Stage::Lapsed => ("Hết hạn, không được quyết định", "wrong"),
            Stage::Approved => ("Được duyệt", "good"),
            Stage::PartlyApproved => ("Được duyệt một phần", "good"),
            Stage::Refused => ("Bị từ chối", "wrong"),
            Stage::Withdrawn => ("Đã rút", ""),
        }
    }
}

/// A proposal, texts still under seal.
#[derive(Debug, Clone)]
pub struct Correction {
    pub partition: PartitionId,
    pub id: CorrectionId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub declaration: DeclarationId,
    /// What is to be changed.
    pub version: VersionId,
    pub proposed_on: NaiveDate,
    /// The legal last day it relied on.
    pub due_on: NaiveDate,
    /// How many differences.
    pub items: i16,
    pub proposal: Sealed<ProposalCell>,
    pub explanation: Sealed<Explanation>,
    pub proposal_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub state: State,
    pub decided_on: Option<NaiveDate>,
    pub decided_by: Option<DecidedBy>,
    /// How many differences were approved.
    pub approved: Option<i16>,
    pub verdicts: Option<Sealed<VerdictsCell>>,
    pub approver_name: Option<Sealed<ApproverName>>,
    pub approver_position: Option<Sealed<ApproverPosition>>,
    /// The version that came of it.
    pub result: Option<VersionId>,
    pub withdrawn_on: Option<NaiveDate>,
}

impl Correction {
    /// It can be decided on this day. The last day counts.
    pub fn waits(&self, today: NaiveDate) -> bool {
        self.state == State::Waiting && today <= self.due_on
    }

    pub fn stage(&self, today: NaiveDate) -> Stage {
        match (self.state, self.approved) {
            (State::Waiting, _) if today > self.due_on => Stage::Lapsed,
            (State::Waiting, _) => Stage::Waiting,
            (State::Withdrawn, _) => Stage::Withdrawn,
            (State::Decided, Some(approved)) if approved == self.items => Stage::Approved,
            (State::Decided, Some(approved)) if approved > 0 => Stage::PartlyApproved,
            (State::Decided, _) => Stage::Refused,
        }
    }

    /// The proposal as it was made, as its hash is.
    pub fn made(&self) -> Made<'_> {
        Made {
            id: self.id,
            declaration: self.declaration,
            version: self.version,
            proposed_on: self.proposed_on,
            due_on: self.due_on,
            items: self.items,
            proposal_sealed: self.proposal.as_bytes(),
            explanation_sealed: self.explanation.as_bytes(),
        }
    }

    /// Hash over everything that came after it was made.
    pub fn course_hash(&self) -> Result<[u8; 32]> {
        let sealed = |bytes: Option<&[u8]>| bytes.map(|bytes| hex::encode(sha256(bytes)));
        canonical_hash(&json!({
            "correction": self.id,
            "state": self.state.word(),
            "decided_on": self.decided_on,
            "decided_by": self.decided_by.map(DecidedBy::word),
            "approved": self.approved,
            "verdicts_sealed": sealed(self.verdicts.as_ref().map(Sealed::as_bytes)),
            "approver_name_sealed": sealed(self.approver_name.as_ref().map(Sealed::as_bytes)),
            "approver_position_sealed": sealed(self.approver_position.as_ref().map(Sealed::as_bytes)),
            "result": self.result,
            "withdrawn_on": self.withdrawn_on,
        }))
    }

    /// Nothing came after it was made.
    pub fn is_untouched(&self) -> bool {
        self.state == State::Waiting
    }
}

/// What a declarant proposed. Texts go into the hash by that of their sealed bytes, which are random: it gives nobody a text
/// to guess at.
pub struct Made<'a> {
    pub id: CorrectionId,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub proposed_on: NaiveDate,
    pub due_on: NaiveDate,
    pub items: i16,
    pub proposal_sealed: &'a [u8],
    pub explanation_sealed: &'a [u8],
}

impl Made<'_> {
    pub fn hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "correction": self.id,
            "declaration": self.declaration,
            "version": self.version,
            "proposed_on": self.proposed_on,
            "due_on": self.due_on,
            "items": self.items,
            "proposal_sealed": hex::encode(sha256(self.proposal_sealed)),
            "explanation_sealed": hex::encode(sha256(self.explanation_sealed)),
        }))
    }
}
