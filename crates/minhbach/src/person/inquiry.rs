//! How far a request for information of a control agency is: what the home of a declarant and the board of a unit read. The
//! acts are in `inquiry`, which stands above.
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::kernel::id::{InquiryId, PartitionId};
use crate::kernel::{Result, Tx};
use crate::law;

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// For an answer.
    Waiting,
    /// For the agency to read the answer.
    Answered,
    /// For the agency to consider why it cannot be answered, or not in time (article 7.2).
    Pleaded,
    /// The answer is enough.
    Closed,
    /// More was asked in a further request.
    Followed,
    Withdrawn,
}

impl State {
    pub const ALL: [State; 6] =
        [State::Waiting, State::Answered, State::Pleaded, State::Closed, State::Followed, State::Withdrawn];

    pub fn word(self) -> &'static str {
        match self {
            State::Waiting => "WAITING",
            State::Answered => "ANSWERED",
            State::Pleaded => "PLEADED",
            State::Closed => "CLOSED",
            State::Followed => "FOLLOWED",
            State::Withdrawn => "WITHDRAWN",
        }
    }

    /// What people call it, with the sign of `ui::tag`.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            State::Waiting => ("Chờ trả lời", "wait"),
            State::Answered => ("Đã trả lời", "info"),
            State::Pleaded => ("Đề nghị xem xét", "info"),
            State::Closed => ("Đã kết thúc", "good"),
            State::Followed => ("Đã yêu cầu bổ sung", ""),
            State::Withdrawn => ("Đã rút", ""),
        }
    }

    /// Whether anything can still be done with it.
    pub fn is_open(self) -> bool {
        matches!(self, State::Waiting | State::Answered | State::Pleaded)
    }
}

/// State and last day in the words of a list.
pub fn told(state: State, due_on: NaiveDate, today: NaiveDate) -> (&'static str, &'static str, String) {
    let (label, kind) = state.label();
    match state {
        State::Waiting if today > due_on => ("Quá hạn trả lời", "wrong", law::distance(due_on, today)),
        State::Waiting => (label, kind, law::distance(due_on, today)),
        _ => (label, kind, String::new()),
    }
}

/// A request to somebody, without anything under seal.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The agency that asks.
    pub partition: PartitionId,
    pub id: InquiryId,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub state: State,
    pub due_on: NaiveDate,
}

/// Requests to this unit or this declarant: those that wait, the first due first; then the newest. An agency is asked nothing.
pub async fn asked(tx: &mut Tx) -> Result<Vec<Asked>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Asked,
        r#"select i.partition_id as "partition: PartitionId", i.id as "id: InquiryId", i.document_no, i.issued_on, last.to_state as "state: State", due.due_on as "due_on!"
           from inquiry i
                join lateral (select s.to_state from inquiry_step s where s.partition_id = i.partition_id and s.inquiry_id = i.id
                              order by s.n desc limit 1) last on true
                join lateral (select s.due_on from inquiry_step s where s.partition_id = i.partition_id and s.inquiry_id = i.id
                                and s.due_on is not null order by s.n desc limit 1) due on true
           where i.unit_id = $1 or (i.partition_id = $2 and i.person_id = $3)
           order by last.to_state = 'WAITING' desc, case when last.to_state = 'WAITING' then due.due_on end, i.id desc
           limit 200"#,
        actor.unit().map(|unit| unit.0),
        actor.home.0,
        actor.person().map(|person| person.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
