//! A batch handed over, and each declaration of it.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;
use serde::Serialize;

use super::record::{Line, SentRecord, TakenRecord, Verdict};
use crate::cells;
use crate::kernel::id::{DeclarationId, HandOverId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};
use crate::law;

cells! {
    /// Who handed over for the unit.
    HanderName = "hand_over"."hander_name_sealed" -> String;
    /// In which position.
    HanderPosition = "hand_over"."hander_position_sealed" -> String;
    /// Who took it for the agency.
    TakerName = "hand_over"."taker_name_sealed" -> String;
    /// In which position.
    TakerPosition = "hand_over"."taker_position_sealed" -> String;
    /// The declarant's name on the record.
    ItemName = "hand_over_item"."name_sealed" -> String;
    /// And their position.
    ItemPosition = "hand_over_item"."position_sealed" -> String;
    /// Why a listed declaration was not there.
    MissingReason = "hand_over_item"."reason_sealed" -> String;
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Sent,
    Taken,
}

impl State {
    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            State::Sent => ("Chờ cơ quan kiểm soát nhận", "wait"),
            State::Taken => ("Đã nhận", "good"),
        }
    }
}

/// What became of one declaration of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ItemState {
    Listed,
    Taken,
    Missing,
}

impl ItemState {
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            ItemState::Listed => ("Chờ nhận", "wait"),
            ItemState::Taken => ("Đủ", "good"),
            ItemState::Missing => ("Thiếu", "wrong"),
        }
    }
}

impl LifeCycle for State {
    const TITLE: &'static str = "Bàn giao cho cơ quan kiểm soát";
    const TABLE: &'static str = "hand_over";
    const BASIS: &'static str = "Khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018";
    const STATES: &'static [Self] = &[State::Sent, State::Taken];
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["hand_over.send"], says: "đơn vị bàn giao một đợt", from: &[], to: State::Sent },
        Step {
            acts: &["hand_over.take"],
            says: "cơ quan kiểm soát kiểm đếm, nhận",
            from: &[State::Sent],
            to: State::Taken,
        },
    ];

    fn word(self) -> &'static str {
        match self {
            State::Sent => "SENT",
            State::Taken => "TAKEN",
        }
    }

    fn called(self) -> &'static str {
        self.label().0
    }
}

impl LifeCycle for ItemState {
    const TITLE: &'static str = "Từng bản trong đợt bàn giao";
    const TABLE: &'static str = "hand_over_item";
    const BASIS: &'static str = "Khoản 3 Điều 38 Luật Phòng, chống tham nhũng 2018";
    const STATES: &'static [Self] = &[ItemState::Listed, ItemState::Taken, ItemState::Missing];
    const STEPS: &'static [Step<Self>] = &[
        Step { acts: &["hand_over.send"], says: "có tên trong biên bản", from: &[], to: ItemState::Listed },
        Step { acts: &["hand_over.take"], says: "có đủ", from: &[ItemState::Listed], to: ItemState::Taken },
        Step {
            acts: &["hand_over.take"],
            says: "thiếu: bàn giao lại ở đợt sau",
            from: &[ItemState::Listed],
            to: ItemState::Missing,
        },
    ];

    fn word(self) -> &'static str {
        match self {
            ItemState::Listed => "LISTED",
            ItemState::Taken => "TAKEN",
            ItemState::Missing => "MISSING",
        }
    }

    fn called(self) -> &'static str {
        self.label().0
    }
}

/// A batch, names still under seal.
#[derive(Debug, Clone)]
pub struct HandOver {
    pub partition: PartitionId,
    pub id: HandOverId,
    pub unit: OrganisationId,
    pub year: i16,
    /// Of the unit's records in the year.
    pub number: i32,
    pub state: State,
    pub handed_on: NaiveDate,
    pub hander_name: Sealed<HanderName>,
    pub hander_position: Sealed<HanderPosition>,
    pub sent_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub taken_on: Option<NaiveDate>,
    pub taker_name: Option<Sealed<TakerName>>,
    pub taker_position: Option<Sealed<TakerPosition>>,
    pub taken_hash: Option<Vec<u8>>,
}

impl HandOver {
    /// "05/2025": how the record is called.
    pub fn reference(&self) -> String {
        law::document_number(self.number, self.year)
    }

    /// The unit's side of the record, as its hash is made.
    pub fn sent_record<'a>(&'a self, lines: &'a [Line]) -> SentRecord<'a> {
        SentRecord {
            id: self.id,
            unit: self.unit,
            year: self.year,
            number: self.number,
            handed_on: self.handed_on,
            name_sealed: self.hander_name.as_bytes(),
            position_sealed: self.hander_position.as_bytes(),
            lines,
        }
    }

    /// The agency's side, once it is there.
    pub fn taken_record<'a>(&'a self, verdicts: &'a [Verdict]) -> Option<TakenRecord<'a>> {
        Some(TakenRecord {
            id: self.id,
            sent_hash: &self.sent_hash,
            taken_on: self.taken_on?,
            name_sealed: self.taker_name.as_ref()?.as_bytes(),
            position_sealed: self.taker_position.as_ref()?.as_bytes(),
            verdicts,
        })
    }
}

/// A declaration of a batch with what its record says of it.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: uuid::Uuid,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub person: PersonId,
    pub name: Sealed<ItemName>,
    pub position: Sealed<ItemPosition>,
    pub kind: Kind,
    pub year: i16,
    pub rule_set: String,
    pub received_on: NaiveDate,
    pub due_on: NaiveDate,
    pub document_hash: Vec<u8>,
    /// Its number, and when a correction came after it was handed over.
    pub number: i32,
    pub corrected_at: Option<DateTime<Utc>>,
    pub copies: i16,
    pub state: ItemState,
    pub reason: Option<Sealed<MissingReason>>,
}

/// A batch in a list: words and counts, nothing under seal.
#[derive(Debug, Clone)]
pub struct Summary {
    pub partition: PartitionId,
    pub id: HandOverId,
    pub unit: OrganisationId,
    pub year: i16,
    pub number: i32,
    pub state: State,
    pub handed_on: NaiveDate,
    pub taken_on: Option<NaiveDate>,
    pub count: i64,
    /// Handed over after their last day.
    pub late: i64,
    /// Found missing, and not handed over again since.
    pub missing: i64,
}
