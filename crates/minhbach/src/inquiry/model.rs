//! A request, its steps, the files that came with them.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::cells;
use crate::kernel::event::Event;
use crate::kernel::id::{
    AccountId, DeclarationId, FileId, InquiryId, InquiryStepId, OrganisationId, PartitionId, PersonId,
};
use crate::kernel::keys::Sealed;
use crate::person::inquiry::State;

cells! {
    /// What the document says.
    StatementCell = "inquiry"."statement_sealed" -> Statement;
    /// What was said in a step.
    SaidCell = "inquiry_step"."said_sealed" -> Said;
    /// What a file was called where it came from.
    FileName = "inquiry_file"."name_sealed" -> String;
}

/// Whom a request is addressed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Asked {
    /// An agency, organisation or unit (article 31.2b).
    Unit,
    /// A declarant (article 31.2a).
    Person,
}

impl Asked {
    pub const ALL: [Asked; 2] = [Asked::Unit, Asked::Person];

    pub fn word(self) -> &'static str {
        match self {
            Asked::Unit => "UNIT",
            Asked::Person => "PERSON",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asked| asked.word() == word)
    }
}

/// Who may sign (article 31.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Signatory {
    Head,
    DeputyHead,
    /// Of the team that verifies.
    TeamLeader,
}

impl Signatory {
    pub const ALL: [Signatory; 3] = [Signatory::Head, Signatory::DeputyHead, Signatory::TeamLeader];

    pub fn word(self) -> &'static str {
        match self {
            Signatory::Head => "HEAD",
            Signatory::DeputyHead => "DEPUTY_HEAD",
            Signatory::TeamLeader => "TEAM_LEADER",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    pub fn label(self) -> &'static str {
        match self {
            Signatory::Head => "Người đứng đầu Cơ quan kiểm soát tài sản, thu nhập",
            Signatory::DeputyHead => "Cấp phó của người đứng đầu",
            Signatory::TeamLeader => "Tổ trưởng Tổ xác minh tài sản, thu nhập",
        }
    }
}

/// Someone as the list had them on the day: a letter does not change with the list.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: String,
    pub position: String,
}

/// What the document says (article 6.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// a) purpose and ground.
    pub purpose: String,
    /// b) the information to be provided.
    pub information: String,
    /// d) how to provide it, on paper or as data messages. c), the term, stands in the row.
    pub guidance: String,
    /// đ) other requests, if any.
    pub other: String,
    pub signer: Named,
    /// The declarant who is asked.
    pub to: Option<Named>,
    /// The person whose matter it is, of a request to a unit.
    pub about: Option<Named>,
}

/// What was said in a step.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub text: String,
    /// Who answers for a unit.
    pub by: Option<Named>,
}

/// A request, what it says still under seal, with how far it is.
#[derive(Debug, Clone)]
pub struct Inquiry {
    pub partition: PartitionId,
    pub id: InquiryId,
    pub asked: Asked,
    /// Who is asked: one of the two.
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub subject: Option<PersonId>,
    pub declaration: Option<DeclarationId>,
    /// The request this one asks more about.
    pub after: Option<InquiryId>,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub complex: bool,
    pub rule_set: String,
    /// The term the document gives.
    pub first_due_on: NaiveDate,
    pub signatory: Signatory,
    pub statement: Sealed<StatementCell>,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
    pub state: State,
    /// Number of its last step.
    pub last: i32,
    /// The last day to answer as it stands.
    pub due_on: NaiveDate,
    pub received_on: Option<NaiveDate>,
    /// The further request.
    pub next: Option<InquiryId>,
}

impl Inquiry {
    /// An event about it, which only the agency and who is asked see.
    pub fn event(&self, name: &'static str) -> Event {
        let event = Event::new(name, self.partition).id("inquiry", self.id);
        let event = self.unit.into_iter().fold(event, Event::unit);
        self.person.into_iter().fold(event, Event::person)
    }

    /// The deadline of the rule set its answer is counted by.
    pub fn term(&self) -> &'static str {
        super::rules::term(self.complex)
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepKind {
    Issued,
    /// Read for the first time by who is asked: the days of article 7.1 run.
    Received,
    Answered,
    /// Asked to be considered, because it cannot be provided, or not in time (article 7.2).
    Pleaded,
    /// The agency considered: the request stands, until the day it sets.
    Kept,
    Closed,
    Followed,
    Withdrawn,
}

impl StepKind {
    pub const ALL: [StepKind; 8] = [
        StepKind::Issued,
        StepKind::Received,
        StepKind::Answered,
        StepKind::Pleaded,
        StepKind::Kept,
        StepKind::Closed,
        StepKind::Followed,
        StepKind::Withdrawn,
    ];

    pub fn word(self) -> &'static str {
        match self {
            StepKind::Issued => "ISSUED",
            StepKind::Received => "RECEIVED",
            StepKind::Answered => "ANSWERED",
            StepKind::Pleaded => "PLEADED",
            StepKind::Kept => "KEPT",
            StepKind::Closed => "CLOSED",
            StepKind::Followed => "FOLLOWED",
            StepKind::Withdrawn => "WITHDRAWN",
        }
    }

    /// The event that has it in the log.
    pub fn event(self) -> &'static str {
        match self {
            StepKind::Issued => "inquiry.issued",
            StepKind::Received => "inquiry.received",
            StepKind::Answered => "inquiry.answered",
            StepKind::Pleaded => "inquiry.pleaded",
            StepKind::Kept => "inquiry.kept",
            StepKind::Closed => "inquiry.closed",
            StepKind::Followed => "inquiry.followed",
            StepKind::Withdrawn => "inquiry.withdrawn",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            StepKind::Issued => "Gửi yêu cầu",
            StepKind::Received => "Nhận được yêu cầu",
            StepKind::Answered => "Cung cấp thông tin",
            StepKind::Pleaded => "Đề nghị xem xét vì không cung cấp được hoặc không đúng hạn",
            StepKind::Kept => "Giữ yêu cầu, ấn định hạn",
            StepKind::Closed => "Kết thúc yêu cầu",
            StepKind::Followed => "Yêu cầu cung cấp thông tin bổ sung",
            StepKind::Withdrawn => "Rút yêu cầu",
        }
    }
}

/// A step, what was said still under seal.
#[derive(Debug, Clone)]
pub struct Step {
    pub id: InquiryStepId,
    pub inquiry: InquiryId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub n: i32,
    pub kind: StepKind,
    pub from: Option<State>,
    pub to: State,
    pub said_on: NaiveDate,
    pub due_on: Option<NaiveDate>,
    pub said: Option<Sealed<SaidCell>>,
    /// How many came with it.
    pub files: i16,
    pub record_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub created_by: AccountId,
}

/// A file that came with a step.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub partition: PartitionId,
    pub file: FileId,
    pub step: InquiryStepId,
    pub inquiry: InquiryId,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub place: i16,
    pub name: Sealed<FileName>,
    pub media_type: String,
    pub size: i64,
    pub original: Vec<u8>,
    pub sealed: Vec<u8>,
}
