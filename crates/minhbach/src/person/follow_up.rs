//! What follows an obligation up: the days the agency's plan asks for, the written reminders, and that nothing was
//! submitted after them. Slice `campaign` writes these; every slice that shows an obligation reads them here.
use std::collections::HashMap;

use chrono::NaiveDate;
use form::Kind;

use super::Obligation;
use crate::kernel::id::{IssueId, ObligationId, PartitionId, PersonId, PlanId, ReminderId};
use crate::kernel::{Result, Tx};

/// Two written reminders, and what may follow.
pub const REMINDED_TWICE: &str = "khoản 2 Điều 20 Nghị định 130/2020/NĐ-CP";

/// Which of the two written reminders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Round {
    First,
    Second,
}

impl Round {
    pub fn of(number: i16) -> Option<Self> {
        match number {
            1 => Some(Round::First),
            2 => Some(Round::Second),
            _ => None,
        }
    }

    pub fn number(self) -> i16 {
        match self {
            Round::First => 1,
            Round::Second => 2,
        }
    }
}

/// A reminder as far as it is told beside an obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub reminder: ReminderId,
    pub issue: IssueId,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub answer_by: NaiveDate,
    pub delivered_on: Option<NaiveDate>,
}

impl Told {
    /// "12/STC-VP, 05/01/2026"
    pub fn reference(&self) -> String {
        format!("{}, {}", self.document_no, viet::date::format_short(self.issued_on))
    }
}

/// What was done about one obligation under the last day it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FollowUp {
    pub first: Option<Told>,
    pub second: Option<Told>,
    /// When it was recorded that nothing had been submitted after both.
    pub not_submitted_on: Option<NaiveDate>,
}

impl FollowUp {
    /// The reminder that counts now.
    pub fn last(&self) -> Option<(Round, &Told)> {
        let second = self.second.as_ref().map(|told| (Round::Second, told));
        second.or(self.first.as_ref().map(|told| (Round::First, told)))
    }

    /// What its person is told: while it is open each reminder with day, new last day and article; and what was recorded,
    /// which stays.
    pub fn sentences(&self, is_open: bool) -> Vec<String> {
        let day = viet::date::format_short;
        let reminder = |round: Round, told: &Told| {
            format!(
                "Đôn đốc lần {}: công văn số {} ngày {}, đề nghị nộp chậm nhất {} ({REMINDED_TWICE}).",
                round.number(),
                told.document_no,
                day(told.issued_on),
                day(told.answer_by)
            )
        };
        let mut said: Vec<String> = Vec::new();
        if is_open {
            said.extend(self.first.as_ref().map(|told| reminder(Round::First, told)));
            said.extend(self.second.as_ref().map(|told| reminder(Round::Second, told)));
        }
        let still = if is_open { " Ông/Bà vẫn nộp được." } else { "" };
        said.extend(
            self.not_submitted_on.map(|on| format!("Ngày {} đã ghi nhận chưa nộp sau 02 lần đôn đốc.{still}", day(on))),
        );
        said
    }

    /// What is said of an obligation that is still open beside its last day; empty when nothing was done.
    pub fn sentence(&self) -> String {
        let day = viet::date::format_short;
        match (self.not_submitted_on, self.last()) {
            (Some(on), _) => format!("Không nộp sau 02 lần đôn đốc, ghi nhận ngày {}", day(on)),
            (None, Some((round, told))) => format!(
                "Đôn đốc lần {} ngày {}, nộp chậm nhất {}",
                round.number(),
                day(told.issued_on),
                day(told.answer_by)
            ),
            (None, None) => String::new(),
        }
    }
}

/// What was done about obligations within what the context shows; those about which nothing was done are not in it.
pub async fn of_obligations(tx: &mut Tx, person: Option<PersonId>) -> Result<HashMap<ObligationId, FollowUp>> {
    let actor = *tx.actor();
    let rows = sqlx::query!(
        r#"select r.obligation_id as "obligation: ObligationId", r.id as "id: ReminderId", r.issue_id as "issue: IssueId", r.number,
                  r.document_no, r.issued_on, r.answer_by, d.delivered_on as "delivered_on?", n.recorded_on as "recorded_on?"
           from reminder r
                join obligation o on o.partition_id = r.partition_id and o.id = r.obligation_id and o.due_on = r.due_on
                left join reminder_delivery d on d.partition_id = r.partition_id and d.reminder_id = r.id
                left join non_submission n on n.partition_id = r.partition_id and n.second_id = r.id
           where ($1::uuid is null or r.partition_id = $1) and ($2::uuid is null or r.unit_id = $2)
             and ($3::uuid is null or r.person_id = $3)"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        person.map(|p| p.0)
    )
    .fetch_all(tx.conn())
    .await?;
    let mut by_obligation: HashMap<ObligationId, FollowUp> = HashMap::new();
    for row in rows {
        let follow_up = by_obligation.entry(row.obligation).or_default();
        let told = Told {
            reminder: row.id,
            issue: row.issue,
            document_no: row.document_no,
            issued_on: row.issued_on,
            answer_by: row.answer_by,
            delivered_on: row.delivered_on,
        };
        follow_up.not_submitted_on = follow_up.not_submitted_on.or(row.recorded_on);
        match Round::of(row.number) {
            Some(Round::First) => follow_up.first = Some(told),
            Some(Round::Second) => follow_up.second = Some(told),
            None => return Err(crate::bug!("a reminder of number {}", row.number)),
        }
    }
    Ok(by_obligation)
}

/// The plan of a control agency for a year's campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub partition: PartitionId,
    pub id: PlanId,
    pub year: i16,
    pub version: i32,
    pub document_no: String,
    pub issued_on: NaiveDate,
    pub lists_by: NaiveDate,
    pub declare_by: NaiveDate,
    pub hand_over_by: NaiveDate,
    pub record_hash: Vec<u8>,
}

impl Plan {
    /// The day it asks for, of an obligation it is about: the annual one of its year.
    pub fn asks(&self, obligation: &Obligation) -> Option<NaiveDate> {
        let is_about = (self.partition, self.year, Kind::Annual)
            == (obligation.partition, obligation.year, obligation.kind)
            && obligation.is_open();
        is_about.then_some(self.declare_by)
    }

    /// What it asks of a unit.
    pub fn sentence(&self, agency: &str) -> String {
        let day = viet::date::format_short;
        format!(
            "Kế hoạch số {} ngày {} của {agency}: gửi danh sách chậm nhất {}, người kê khai nộp chậm nhất {}, bàn giao chậm nhất {}.",
            self.document_no,
            day(self.issued_on),
            day(self.lists_by),
            day(self.declare_by),
            day(self.hand_over_by)
        )
    }
}

/// Every version of the plans of these agencies for a year, or for all years: the one in force first.
pub async fn plans(tx: &mut Tx, agencies: &[PartitionId], year: Option<i16>) -> Result<Vec<Plan>> {
    let ids: Vec<uuid::Uuid> = agencies.iter().map(|agency| agency.0).collect();
    let rows = sqlx::query_as!(
        Plan,
        r#"select partition_id as "partition: PartitionId", id as "id: PlanId", year, version, document_no, issued_on, lists_by,
                  declare_by, hand_over_by, record_hash
           from campaign_plan where partition_id = any($1) and ($2::smallint is null or year = $2)
           order by partition_id, year desc, version desc"#,
        &ids,
        year
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The plans in force of these agencies: the last version for each year.
pub async fn plans_in_force(tx: &mut Tx, agencies: &[PartitionId], year: Option<i16>) -> Result<Vec<Plan>> {
    let mut plans = plans(tx, agencies, year).await?;
    plans.dedup_by_key(|plan| (plan.partition, plan.year));
    Ok(plans)
}

/// What the plans in force for a year say to a unit, agency by agency.
pub async fn plan_sentences(
    tx: &mut Tx,
    agencies: impl IntoIterator<Item = PartitionId>,
    year: i16,
) -> Result<Vec<String>> {
    let agencies: std::collections::BTreeSet<PartitionId> = agencies.into_iter().collect();
    let agencies: Vec<PartitionId> = agencies.into_iter().collect();
    let plans = plans_in_force(tx, &agencies, Some(year)).await?;
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let names = crate::organisation::store::partitions(tx).await?;
    let name = |id| names.iter().find(|agency| agency.id == id).map_or("", |agency| agency.name.as_str());
    Ok(plans.iter().map(|plan| plan.sentence(name(plan.partition))).collect())
}
