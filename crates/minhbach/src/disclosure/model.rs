//! A publication, and each declaration of it.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;
use serde::{Deserialize, Serialize};

use super::record::{Begun, BegunMeeting, Ended, Line};
use super::rules::Facts;
use crate::cells;
use crate::declaration::publication::{Mode, PublishedPlace, Stage, State, days};
use crate::kernel::id::{DeclarationId, DisclosureId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::law;

cells! {
    /// Where it hangs, or where the meeting was.
    Place = "disclosure"."place_sealed" -> String;
    /// Who chaired the meeting.
    ChairName = "disclosure"."chair_name_sealed" -> String;
    ChairPosition = "disclosure"."chair_position_sealed" -> String;
    /// What was asked at the meeting and answered.
    Questions = "disclosure"."questions_sealed" -> String;
    /// Who signed the minutes: the head of the unit, or who chaired.
    HeadName = "disclosure"."head_name_sealed" -> String;
    HeadPosition = "disclosure"."head_position_sealed" -> String;
    /// And the trade union's representative.
    UnionName = "disclosure"."union_name_sealed" -> String;
    UnionPosition = "disclosure"."union_position_sealed" -> String;
    /// Why it was broken off.
    Reason = "disclosure"."reason_sealed" -> String;
    /// The declarant's name in the minutes.
    ItemName = "disclosure_item"."name_sealed" -> String;
    ItemPosition = "disclosure_item"."position_sealed" -> String;
}

/// Who read the declarations out at the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reading {
    Chair,
    Delegate,
    Declarant,
}

impl Reading {
    pub const ALL: [Reading; 3] = [Reading::Chair, Reading::Delegate, Reading::Declarant];

    pub fn word(self) -> &'static str {
        match self {
            Reading::Chair => "CHAIR",
            Reading::Delegate => "DELEGATE",
            Reading::Declarant => "DECLARANT",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Reading::Chair => "Người chủ trì đọc",
            Reading::Delegate => "Người được phân công đọc",
            Reading::Declarant => "Từng người kê khai đọc bản của mình",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reading| reading.word() == word)
    }
}

/// A publication, names and texts still under seal.
#[derive(Debug, Clone)]
pub struct Disclosure {
    pub partition: PartitionId,
    pub id: DisclosureId,
    pub unit: OrganisationId,
    pub mode: Mode,
    pub state: State,
    pub rule_set: String,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    pub place: Sealed<Place>,
    pub summoned: Option<i32>,
    pub present: Option<i32>,
    pub needed: Option<i32>,
    pub reading: Option<Reading>,
    pub chair_name: Option<Sealed<ChairName>>,
    pub chair_position: Option<Sealed<ChairPosition>>,
    pub questions: Option<Sealed<Questions>>,
    pub begun_hash: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub closed_on: Option<NaiveDate>,
    pub minutes_year: Option<i16>,
    /// Of the unit's minutes in the year.
    pub minutes_number: Option<i32>,
    pub head_name: Option<Sealed<HeadName>>,
    pub head_position: Option<Sealed<HeadPosition>>,
    pub union_name: Option<Sealed<UnionName>>,
    pub union_position: Option<Sealed<UnionPosition>>,
    pub broken_on: Option<NaiveDate>,
    pub reason: Option<Sealed<Reason>>,
    pub end_hash: Option<Vec<u8>>,
}

impl Disclosure {
    /// What the rules judge.
    pub fn facts(&self) -> Facts {
        Facts {
            mode: self.mode,
            state: self.state,
            from_on: self.from_on,
            until_on: self.until_on,
            present: self.present.unwrap_or_default(),
            needed: self.needed.unwrap_or_default(),
        }
    }

    pub fn stage(&self, today: NaiveDate) -> Stage {
        Stage::of(self.mode, self.state, self.until_on, today)
    }

    /// "01/2025": how the minutes are called, once they are there.
    pub fn reference(&self) -> Option<String> {
        Some(law::document_number(self.minutes_number?, self.minutes_year?))
    }

    /// The day it ended or is to end.
    pub fn to(&self) -> NaiveDate {
        self.broken_on.unwrap_or(self.until_on)
    }

    pub fn days(&self) -> String {
        days(self.mode, self.from_on, self.to())
    }

    /// How it began, as its hash is made. None for a row that says half of a meeting.
    pub fn begun<'a>(&'a self, lines: &'a [Line]) -> Option<Begun<'a>> {
        let meeting = match self.mode {
            Mode::Posting => None,
            Mode::Meeting => Some(BegunMeeting {
                summoned: self.summoned?,
                present: self.present?,
                needed: self.needed?,
                reading: self.reading?,
                chair_name_sealed: self.chair_name.as_ref()?.as_bytes(),
                chair_position_sealed: self.chair_position.as_ref()?.as_bytes(),
                questions_sealed: self.questions.as_ref()?.as_bytes(),
            }),
        };
        Some(Begun {
            id: self.id,
            unit: self.unit,
            mode: self.mode,
            rule_set: &self.rule_set,
            from_on: self.from_on,
            until_on: self.until_on,
            place_sealed: self.place.as_bytes(),
            meeting,
            lines,
        })
    }

    /// How it ended, once it did.
    pub fn ended(&self) -> Option<Ended<'_>> {
        match self.state {
            State::Open => None,
            State::Closed => Some(Ended::Closed {
                closed_on: self.closed_on?,
                year: self.minutes_year?,
                number: self.minutes_number?,
                head_name_sealed: self.head_name.as_ref()?.as_bytes(),
                head_position_sealed: self.head_position.as_ref()?.as_bytes(),
                union_name_sealed: self.union_name.as_ref()?.as_bytes(),
                union_position_sealed: self.union_position.as_ref()?.as_bytes(),
            }),
            State::Broken => {
                Some(Ended::Broken { broken_on: self.broken_on?, reason_sealed: self.reason.as_ref()?.as_bytes() })
            }
        }
    }
}

/// A declaration of a publication with what its minutes say of it.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: uuid::Uuid,
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub person: PersonId,
    pub name: Sealed<ItemName>,
    pub position: Sealed<ItemPosition>,
    pub place: Sealed<PublishedPlace>,
    pub kind: Kind,
    pub year: i16,
    pub handed_on: NaiveDate,
    pub due_on: NaiveDate,
    pub document_hash: Vec<u8>,
}

/// A publication in a list: words and counts, nothing under seal.
#[derive(Debug, Clone)]
pub struct Summary {
    pub partition: PartitionId,
    pub id: DisclosureId,
    pub unit: OrganisationId,
    pub mode: Mode,
    pub state: State,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    pub broken_on: Option<NaiveDate>,
    pub minutes_year: Option<i16>,
    pub minutes_number: Option<i32>,
    pub present: Option<i32>,
    pub needed: Option<i32>,
    pub count: i64,
    /// Begun after their last day.
    pub late: i64,
}

impl Summary {
    pub fn stage(&self, today: NaiveDate) -> Stage {
        Stage::of(self.mode, self.state, self.until_on, today)
    }

    pub fn reference(&self) -> Option<String> {
        Some(law::document_number(self.minutes_number?, self.minutes_year?))
    }

    /// A meeting to which too few came can only be broken off.
    pub fn is_short(&self) -> bool {
        self.state == State::Open && self.present.zip(self.needed).is_some_and(|(present, needed)| present < needed)
    }

    pub fn days(&self) -> String {
        days(self.mode, self.from_on, self.broken_on.unwrap_or(self.until_on))
    }
}

/// Handed-over declarations of a unit that are counted together.
#[derive(Debug, Clone)]
pub struct Tally {
    pub unit: OrganisationId,
    pub kind: String,
    pub rule_set: String,
    pub handed_on: NaiveDate,
    /// Of the publication that was not broken off; none while they wait.
    pub state: Option<State>,
    /// Whether that publication began after its last day.
    pub is_late: bool,
    pub count: i64,
}
