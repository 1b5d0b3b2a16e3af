//! Where a person's file is (chuyển hồ sơ giữa các cơ quan kiểm soát): what the list and the pages of declarations read. The
//! acts are in `custody`, which stands above.
use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::kernel::id::{CustodyId, OrganisationId, PartitionId, PersonId};
use crate::kernel::lifecycle::{LifeCycle, Step};
use crate::kernel::{Result, Tx};

/// Why another agency controls the person from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    Moved,
    RankChanged,
    Reorganised,
}

impl Reason {
    pub const ALL: [Reason; 3] = [Reason::Moved, Reason::RankChanged, Reason::Reorganised];

    pub fn word(self) -> &'static str {
        match self {
            Reason::Moved => "MOVED",
            Reason::RankChanged => "RANK_CHANGED",
            Reason::Reorganised => "REORGANISED",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Reason::Moved => "Chuyển công tác sang đơn vị khác",
            Reason::RankChanged => "Thay đổi chức vụ, diện quản lý",
            Reason::Reorganised => "Sắp xếp, phân công lại cơ quan, đơn vị",
        }
    }
}

/// How far the act of both agencies is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Sent,
    Taken,
    Declined,
    Withdrawn,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Sent => "SENT",
            State::Taken => "TAKEN",
            State::Declined => "DECLINED",
            State::Withdrawn => "WITHDRAWN",
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            State::Sent => ("Chờ bên nhận", "wait"),
            State::Taken => ("Đã nhận", "good"),
            State::Declined => ("Đã trả lại", "wrong"),
            State::Withdrawn => ("Đã rút lại", ""),
        }
    }
}

impl LifeCycle for State {
    const TITLE: &'static str = "Chuyển hồ sơ sang cơ quan kiểm soát khác";
    const TABLE: &'static str = "custody_transfer";
    const BASIS: &'static str = "Khoản 2 Điều 54 Luật Phòng, chống tham nhũng 2018";
    const STATES: &'static [Self] = &[State::Sent, State::Taken, State::Declined, State::Withdrawn];
    const STEPS: &'static [Step<Self>] = &[
        Step {
            acts: &["custody.send"],
            says: "cơ quan đang giữ gửi, niêm phong cho bên nhận",
            from: &[],
            to: State::Sent,
        },
        Step {
            acts: &["custody.take"],
            says: "bên nhận đối chiếu người, nhận",
            from: &[State::Sent],
            to: State::Taken,
        },
        Step {
            acts: &["custody.decline"],
            says: "bên nhận trả lại, kèm lý do",
            from: &[State::Sent],
            to: State::Declined,
        },
        Step { acts: &["custody.withdraw"], says: "bên gửi rút lại", from: &[State::Sent], to: State::Withdrawn },
    ];

    fn word(self) -> &'static str {
        State::word(self)
    }

    fn called(self) -> &'static str {
        self.label().0
    }
}

/// A file that was sent from one agency to another, without anything under seal.
#[derive(Debug, Clone, Copy)]
pub struct Passage {
    pub id: CustodyId,
    pub from: PartitionId,
    pub to: PartitionId,
    /// The person as the sending agency knows them.
    pub person: PersonId,
    pub sent_on: NaiveDate,
    pub state: State,
    pub ended_on: Option<NaiveDate>,
    /// As the receiving agency knows them, once it took the file.
    pub to_person: Option<PersonId>,
}

impl Passage {
    /// The line its person's unit and the person read; nothing for what came to nothing.
    pub fn told(&self, of: PersonId, agencies: &HashMap<PartitionId, String>) -> Option<String> {
        let name = |agency: PartitionId| agencies.get(&agency).map_or("cơ quan kiểm soát khác", String::as_str);
        let day = viet::date::format_short;
        match (self.state, self.ended_on) {
            (State::Sent, _) if self.person == of => {
                Some(format!("Hồ sơ gửi ngày {} cho {}, đang chờ nhận", day(self.sent_on), name(self.to)))
            }
            (State::Taken, Some(on)) if self.person == of => {
                Some(format!("Hồ sơ đã chuyển ngày {} cho {}", day(on), name(self.to)))
            }
            (State::Taken, Some(on)) if self.to_person == Some(of) => {
                Some(format!("Hồ sơ được chuyển từ {} ngày {}", name(self.from), day(on)))
            }
            _ => None,
        }
    }
}

/// Files sent or received within what the context shows, of one person or of all; the newest first.
pub async fn passages(tx: &mut Tx, person: Option<PersonId>) -> Result<Vec<Passage>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Passage,
        r#"select id as "id: CustodyId", partition_id as "from: PartitionId", to_partition_id as "to: PartitionId",
                  person_id as "person: PersonId", sent_on, state as "state: State", ended_on, to_person_id as "to_person: PersonId"
           from custody_transfer
           where ($1::uuid is null or $1 in (partition_id, to_partition_id)) and ($2::uuid is null or $2 in (unit_id, to_unit_id))
             and ($3::uuid is null or $3 in (person_id, to_person_id))
           order by id desc"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        person.or(actor.person()).map(|p| p.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What people of a unit declared where they come from, by their kind and year, "ANNUAL-2025": not owed again.
pub async fn declared_elsewhere(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<(PersonId, String)>> {
    let rows = sqlx::query!(
        r#"select to_person_id as "person!: PersonId", unnest(declared) as "declared!"
           from custody_transfer where to_unit_id = $1 and state = 'TAKEN'"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.declared)).collect())
}

/// The file of a person that waits for an agency to take it: the agency of before has let them go to that one.
pub async fn waiting(tx: &mut Tx, unit: OrganisationId, person: PersonId, to: PartitionId) -> Result<Option<Passage>> {
    let row = sqlx::query_as!(
        Passage,
        r#"select id as "id: CustodyId", partition_id as "from: PartitionId", to_partition_id as "to: PartitionId",
                  person_id as "person: PersonId", sent_on, state as "state: State", ended_on, to_person_id as "to_person: PersonId"
           from custody_transfer where unit_id = $1 and person_id = $2 and to_partition_id = $3 and state = 'SENT'"#,
        unit.0,
        person.0,
        to.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row)
}
