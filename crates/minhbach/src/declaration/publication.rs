//! What is known of a declaration's publication at the workplace (article 39): what its own pages, the unit's board and the
//! lists read. The acts are in `disclosure`, which stands above.
use chrono::NaiveDate;
use form::{Kind, LawBook};
use serde::{Deserialize, Serialize};

use crate::cells;
use crate::kernel::Result;
use crate::kernel::id::{DeclarationId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::lifecycle::{LifeCycle, Step};
use crate::law;

cells! {
    /// Where a declaration was published, as its declarant reads it.
    PublishedPlace = "disclosure_item"."place_sealed" -> String;
}

/// How declarations are published (Nghị định 130/2020/NĐ-CP, article 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    Posting,
    Meeting,
}

impl Mode {
    pub fn label(self) -> &'static str {
        match self {
            Mode::Posting => "Niêm yết",
            Mode::Meeting => "Công bố tại cuộc họp",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Mode::Posting => "POSTING",
            Mode::Meeting => "MEETING",
        }
    }
}

/// How far a publication is. What moves it is in `disclosure::rules`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Open,
    Closed,
    Broken,
}

impl LifeCycle for State {
    const TITLE: &'static str = "Công khai tại nơi làm việc";
    const TABLE: &'static str = "disclosure";
    const BASIS: &'static str = "Điều 39 Luật Phòng, chống tham nhũng 2018; Điều 11 Nghị định 130/2020/NĐ-CP";
    const STATES: &'static [Self] = &[State::Open, State::Closed, State::Broken];
    const STEPS: &'static [Step<Self>] = &[
        Step {
            acts: &["disclosure.begin"], says: "niêm yết, hoặc công bố tại cuộc họp", from: &[], to: State::Open
        },
        Step {
            acts: &["disclosure.close"],
            says: "đủ ngày, đủ người: lập biên bản",
            from: &[State::Open],
            to: State::Closed,
        },
        Step {
            acts: &["disclosure.break_off"],
            says: "gỡ sớm, cuộc họp không đủ người: công khai lại",
            from: &[State::Open],
            to: State::Broken,
        },
    ];

    fn word(self) -> &'static str {
        match self {
            State::Open => "OPEN",
            State::Closed => "CLOSED",
            State::Broken => "BROKEN",
        }
    }

    fn called(self) -> &'static str {
        match self {
            State::Open => "Đang công khai",
            State::Closed => "Đã công khai",
            State::Broken => "Đã dừng",
        }
    }
}

/// What a publication is called on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The posting's last day is not over.
    Hanging,
    /// It lasted, or the meeting was held; the minutes are not there.
    MinutesDue,
    Published,
    BrokenOff,
}

impl Stage {
    pub fn of(mode: Mode, state: State, until_on: NaiveDate, today: NaiveDate) -> Self {
        match (state, mode) {
            (State::Closed, _) => Stage::Published,
            (State::Broken, _) => Stage::BrokenOff,
            (State::Open, Mode::Posting) if today <= until_on => Stage::Hanging,
            (State::Open, _) => Stage::MinutesDue,
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Stage::Hanging => ("Đang niêm yết", "wait"),
            Stage::MinutesDue => ("Chờ biên bản công khai", "wait"),
            Stage::Published => ("Đã công khai", "good"),
            Stage::BrokenOff => ("Đã dừng công khai", "wrong"),
        }
    }
}

/// One publication of one declaration.
#[derive(Debug, Clone)]
pub struct Publication {
    pub partition: PartitionId,
    pub item: uuid::Uuid,
    pub declaration: DeclarationId,
    pub mode: Mode,
    pub state: State,
    pub from_on: NaiveDate,
    /// The last day it was to hang; of a meeting, its day.
    pub until_on: NaiveDate,
    /// The last day to begin it.
    pub due_on: NaiveDate,
    pub broken_on: Option<NaiveDate>,
    pub minutes_year: Option<i16>,
    pub minutes_number: Option<i32>,
    pub place: Sealed<PublishedPlace>,
}

impl Publication {
    pub fn stage(&self, today: NaiveDate) -> Stage {
        Stage::of(self.mode, self.state, self.until_on, today)
    }

    /// The day it ended or is to end.
    pub fn to(&self) -> NaiveDate {
        self.broken_on.unwrap_or(self.until_on)
    }

    /// "01/2025": number of the minutes, once they are there.
    pub fn minutes(&self) -> Option<String> {
        Some(law::document_number(self.minutes_number?, self.minutes_year?))
    }

    /// "từ 08/12/2025 đến hết 23/12/2025"; of a meeting its day.
    pub fn days(&self) -> String {
        days(self.mode, self.from_on, self.to())
    }
}

pub fn days(mode: Mode, from: NaiveDate, to: NaiveDate) -> String {
    let day = viet::date::format_short;
    match mode {
        Mode::Posting => format!("từ {} đến hết {}", day(from), day(to)),
        Mode::Meeting => format!("ngày {}", day(from)),
    }
}

/// A declaration that was handed over, was not missing there, and whose publication has not begun or was broken off.
#[derive(Debug, Clone)]
pub struct ToPublish {
    pub partition: PartitionId,
    pub declaration: DeclarationId,
    pub person: PersonId,
    pub kind: Kind,
    pub year: i16,
    /// The version in force.
    pub version: VersionId,
    pub document_hash: Vec<u8>,
    pub rule_set: String,
    pub handed_on: NaiveDate,
    /// When its last publication was broken off.
    pub broken_on: Option<NaiveDate>,
}

/// A publication that is not ended, by its days.
#[derive(Debug, Clone)]
pub struct Unended {
    pub unit: OrganisationId,
    pub mode: Mode,
    pub until_on: NaiveDate,
}

/// The last day to begin the publication of what was handed over on a day (khoản 3 Điều 11 Nghị định 130/2020/NĐ-CP).
pub fn due_on(law: &LawBook, rule_set: &str, handed_on: NaiveDate) -> Result<NaiveDate> {
    Ok(law::limit(law, law::named(law, rule_set)?, "publish", handed_on)?.due.on)
}

/// Whether declarations of a kind are published at the workplace; others are where the law says so (khoản 2, 3 Điều 39).
pub fn is_for_workplace(law: &LawBook, rule_set: &str, kind: Kind) -> Result<bool> {
    Ok(law::named(law, rule_set)?.publication.kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_posting_hangs_to_the_end_of_its_last_day() {
        let stage = |mode, state, today| Stage::of(mode, state, on("2025-12-23"), on(today));
        assert_eq!(stage(Mode::Posting, State::Open, "2025-12-23"), Stage::Hanging);
        assert_eq!(stage(Mode::Posting, State::Open, "2025-12-24"), Stage::MinutesDue);
        assert_eq!(stage(Mode::Meeting, State::Open, "2025-12-23"), Stage::MinutesDue);
        assert_eq!(stage(Mode::Posting, State::Broken, "2025-12-10"), Stage::BrokenOff);
        assert_eq!(stage(Mode::Meeting, State::Closed, "2025-12-10"), Stage::Published);
    }

    #[test]
    fn the_days_to_begin_are_those_of_the_rule_set() {
        let law = law::load(None).unwrap();
        // The 13th of December 2025 is a Saturday.
        for (handed, last) in [("2025-12-05", "2025-12-10"), ("2025-12-08", "2025-12-15")] {
            assert_eq!(due_on(&law, "R1_ND130", on(handed)).unwrap(), on(last));
        }
        assert!(is_for_workplace(&law, "R2_2026", Kind::Annual).unwrap());
        assert!(!is_for_workplace(&law, "R1_ND130", Kind::Personnel).unwrap());
    }
}
