//! A demand, and what the log keeps of it.
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cells;
use crate::kernel::Result;
use crate::kernel::files::{canonical_hash, sha256};
use crate::kernel::id::{DeclarationId, DemandId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};
use crate::law;

cells! {
    /// What is missing or not as the form asks.
    Reasons = "demand"."reasons_sealed" -> String;
    /// Who signed it for the unit.
    SignerName = "demand"."signer_name_sealed" -> String;
    /// In which position.
    SignerPosition = "demand"."signer_position_sealed" -> String;
    /// Why it was withdrawn.
    Withdrawal = "demand"."withdrawal_sealed" -> String;
}

/// What is asked for (article 38.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Asks {
    /// It is not complete.
    Complete,
    /// It is not on the form.
    Redeclare,
}

impl Asks {
    pub const ALL: [Asks; 2] = [Asks::Complete, Asks::Redeclare];

    pub fn word(self) -> &'static str {
        match self {
            Asks::Complete => "COMPLETE",
            Asks::Redeclare => "REDECLARE",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|asks| asks.word() == word)
    }

    /// "hoàn thiện bản kê khai".
    pub fn label(self) -> &'static str {
        match self {
            Asks::Complete => "hoàn thiện bản kê khai",
            Asks::Redeclare => "kê khai lại",
        }
    }
}

/// How far a demand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Issued,
    Answered,
    Withdrawn,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Issued => "ISSUED",
            State::Answered => "ANSWERED",
            State::Withdrawn => "WITHDRAWN",
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            State::Issued => ("Chờ hoàn thiện", "wait"),
            State::Answered => ("Đã gửi lại", "good"),
            State::Withdrawn => ("Đã rút", ""),
        }
    }
}

impl LifeCycle for State {
    const TITLE: &'static str = "Yêu cầu hoàn thiện, kê khai lại";
    const TABLE: &'static str = "demand";
    const BASIS: &'static str = "Khoản 2 Điều 38 Luật Phòng, chống tham nhũng 2018";
    const STATES: &'static [Self] = &[State::Issued, State::Answered, State::Withdrawn];
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["demand.issue"], says: "đơn vị lập yêu cầu", from: &[], to: State::Issued },
        Step {
            acts: &["demand.hand", "demand.open", "demand.issue"],
            says: "đến người kê khai: được giao, hoặc tự mở",
            from: &[State::Issued],
            to: State::Issued,
        },
        Step {
            acts: &["declaration.submit", "intake.accept"],
            says: "gửi lại, nộp lại bản giấy",
            from: &[State::Issued],
            to: State::Answered,
        },
        Step {
            acts: &["demand.withdraw"],
            says: "đơn vị rút, kèm lý do",
            from: &[State::Issued],
            to: State::Withdrawn,
        },
    ];

    fn word(self) -> &'static str {
        State::word(self)
    }

    fn called(self) -> &'static str {
        self.label().0
    }
}

/// How a demand reached the declarant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reached {
    /// They opened it here.
    Opened,
    /// It was handed over, as the unit says.
    Handed,
}

impl Reached {
    pub fn word(self) -> &'static str {
        match self {
            Reached::Opened => "OPENED",
            Reached::Handed => "HANDED",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Reached::Opened => "người kê khai mở trên hệ thống",
            Reached::Handed => "đơn vị giao trực tiếp",
        }
    }
}

/// A demand, texts still under seal.
#[derive(Debug, Clone)]
pub struct Demand {
    pub partition: PartitionId,
    pub id: DemandId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub declaration: DeclarationId,
    /// What was found wanting.
    pub version: VersionId,
    pub year: i16,
    /// Of the unit's demands in the year.
    pub number: i32,
    pub asks: Asks,
    pub issued_on: NaiveDate,
    pub reasons: Sealed<Reasons>,
    pub signer_name: Sealed<SignerName>,
    pub signer_position: Sealed<SignerPosition>,
    pub issue_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub state: State,
    /// The day that begins the days of article 38.2, how it came, and the last of them.
    pub reached_on: Option<NaiveDate>,
    pub reached_by: Option<Reached>,
    pub due_on: Option<NaiveDate>,
    pub answered_on: Option<NaiveDate>,
    pub answer: Option<VersionId>,
    pub withdrawn_on: Option<NaiveDate>,
    pub withdrawal: Option<Sealed<Withdrawal>>,
}

impl Demand {
    /// "05/2025": how it is called.
    pub fn reference(&self) -> String {
        law::document_number(self.number, self.year)
    }

    /// Waiting, and its last day has passed.
    pub fn is_late(&self, today: NaiveDate) -> bool {
        self.state == State::Issued && self.due_on.is_some_and(|due| today > due)
    }

    /// The demand as it was issued, as its hash is made.
    pub fn issue(&self) -> Issue<'_> {
        Issue {
            id: self.id,
            declaration: self.declaration,
            version: self.version,
            year: self.year,
            number: self.number,
            asks: self.asks,
            issued_on: self.issued_on,
            reasons_sealed: self.reasons.as_bytes(),
            name_sealed: self.signer_name.as_bytes(),
            position_sealed: self.signer_position.as_bytes(),
        }
    }

    /// Hash over everything that came after it was issued.
    pub fn course_hash(&self) -> Result<[u8; 32]> {
        canonical_hash(&json!({
            "demand": self.id,
            "state": self.state.word(),
            "reached_on": self.reached_on,
            "reached_by": self.reached_by.map(Reached::word),
            "due_on": self.due_on,
            "answered_on": self.answered_on,
            "answer": self.answer,
            "withdrawn_on": self.withdrawn_on,
            "withdrawal_sealed": self.withdrawal.as_ref().map(|sealed| hex::encode(sha256(sealed.as_bytes()))),
        }))
    }

    /// Nothing came after it was issued.
    pub fn is_untouched(&self) -> bool {
        self.state == State::Issued && self.reached_on.is_none()
    }
}

/// What a unit issued. Texts go into the hash by that of their sealed bytes, which are random: it gives nobody a text to
/// guess at.
pub struct Issue<'a> {
    pub id: DemandId,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub year: i16,
    pub number: i32,
    pub asks: Asks,
    pub issued_on: NaiveDate,
    pub reasons_sealed: &'a [u8],
    pub name_sealed: &'a [u8],
    pub position_sealed: &'a [u8],
}

impl Issue<'_> {
    pub fn hash(&self) -> Result<[u8; 32]> {
        let sealed = |bytes: &[u8]| hex::encode(sha256(bytes));
        canonical_hash(&json!({
            "demand": self.id,
            "declaration": self.declaration,
            "version": self.version,
            "year": self.year,
            "number": self.number,
            "asks": self.asks.word(),
            "issued_on": self.issued_on,
            "reasons_sealed": sealed(self.reasons_sealed),
            "signer_name_sealed": sealed(self.name_sealed),
            "signer_position_sealed": sealed(self.position_sealed),
        }))
    }
}
