//! SQL of plans, reminders, non-submissions, the logbook and the coverage by unit.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;

use super::model::{
    AddresseeName, AddresseePosition, Explanation, IssueSummary, Reminder, SignerName, SignerPosition, Way,
};
use super::policy::{Agency, PlanCampaign, RecordNonSubmission, Remind};
use super::record::{DeliveryRecord, NonSubmissionRecord, ReminderRecord};
use crate::declaration::model::ReceiverName;
use crate::kernel::id::{
    DeclarationId, IssueId, ObligationId, OrganisationId, PartitionId, PersonId, ReceiptId, ReminderId,
};
use crate::kernel::keys::Sealed;
use crate::kernel::{Permit, Result, Tx};
use crate::person::follow_up::{Plan, Round};
use crate::person::policy::Place;
use crate::person::{Obligation, Person};

/// Puts down reminders to people of one place.
pub async fn insert_reminders(
    tx: &mut Tx,
    permit: &Permit<Remind, Place>,
    reminders: &[(ReminderRecord, [u8; 32])],
) -> Result<()> {
    let Place { partition, unit } = *permit.on();
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    for (new, hash) in reminders {
        let after = new.after;
        sqlx::query!(
            "insert into reminder (partition_id, id, unit_id, person_id, obligation_id, issue_id, number, due_on, document_no, issued_on,
                                   answer_by, after_id, after_number, after_answer_by, signer_name_sealed, signer_position_sealed,
                                   name_sealed, position_sealed, record_hash, created_at, created_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
            partition.0,
            new.id.0,
            unit.0,
            new.person.0,
            new.obligation.0,
            new.issue.0,
            new.number,
            new.due_on,
            new.document_no,
            new.issued_on,
            new.answer_by,
            after.map(|(id, _)| id.0),
            after.map(|_| Round::First.number()),
            after.map(|(_, answer_by)| answer_by),
            new.signer_name_sealed,
            new.signer_position_sealed,
            new.name_sealed,
            new.position_sealed,
            &hash[..],
            now,
            by.0
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Whether the unit issued reminders under this number in the year of the day.
pub async fn is_number_used(
    tx: &mut Tx,
    unit: OrganisationId,
    document_no: &str,
    issued_on: NaiveDate,
) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from reminder where unit_id = $1 and document_no = $2
                          and extract(year from issued_on) = extract(year from $3::date)) as "is_used!""#,
        unit.0,
        document_no,
        issued_on
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.is_used)
}

/// The documents a unit issued reminders with, newest first.
pub async fn issues(tx: &mut Tx, unit: OrganisationId, limit: i64) -> Result<Vec<IssueSummary>> {
    let rows = sqlx::query_as!(
        IssueSummary,
        r#"select r.issue_id as "issue: IssueId", r.number, r.document_no, r.issued_on, r.answer_by, count(*) as "people!",
                  count(d.id) as "delivered!"
           from reminder r left join reminder_delivery d on d.partition_id = r.partition_id and d.reminder_id = r.id
           where r.unit_id = $1
           group by r.issue_id, r.number, r.document_no, r.issued_on, r.answer_by order by r.issue_id desc limit $2"#,
        unit.0,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

struct ReminderRow {
    partition: PartitionId,
    id: ReminderId,
    unit: OrganisationId,
    person: PersonId,
    obligation: ObligationId,
    issue: IssueId,
    number: i16,
    kind: String,
    year: i16,
    rule_set: String,
    due_on: NaiveDate,
    document_no: String,
    issued_on: NaiveDate,
    answer_by: NaiveDate,
    after_no: Option<String>,
    after_on: Option<NaiveDate>,
    signer_name: Sealed<SignerName>,
    signer_position: Sealed<SignerPosition>,
    name: Sealed<AddresseeName>,
    position: Sealed<AddresseePosition>,
    record_hash: Vec<u8>,
    created_at: DateTime<Utc>,
    way: Option<Way>,
    delivered_on: Option<NaiveDate>,
}

impl TryFrom<ReminderRow> for Reminder {
    type Error = crate::kernel::Error;
    fn try_from(r: ReminderRow) -> Result<Self> {
        Ok(Reminder {
            kind: kind(&r.kind)?,
            round: Round::of(r.number).ok_or_else(|| crate::bug!("a reminder of number {}", r.number))?,
            partition: r.partition,
            id: r.id,
            unit: r.unit,
            person: r.person,
            obligation: r.obligation,
            issue: r.issue,
            year: r.year,
            rule_set: r.rule_set,
            due_on: r.due_on,
            document_no: r.document_no,
            issued_on: r.issued_on,
            answer_by: r.answer_by,
            after: r.after_no.zip(r.after_on),
            signer_name: r.signer_name,
            signer_position: r.signer_position,
            name: r.name,
            position: r.position,
            record_hash: r.record_hash,
            created_at: r.created_at,
            delivered: r.way.zip(r.delivered_on),
        })
    }
}

fn kind(code: &str) -> Result<Kind> {
    Kind::from_code(code).ok_or_else(|| crate::bug!("kind {code} is not known"))
}

/// The reminders of one document of a unit, or all of them that the context shows, newest first.
pub async fn reminders(
    tx: &mut Tx,
    unit: Option<OrganisationId>,
    issue: Option<IssueId>,
    limit: i64,
) -> Result<Vec<Reminder>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query_as!(
        ReminderRow,
        r#"select r.partition_id as "partition: PartitionId", r.id as "id: ReminderId", r.unit_id as "unit: OrganisationId",
                  r.person_id as "person: PersonId", r.obligation_id as "obligation: ObligationId", r.issue_id as "issue: IssueId", r.number,
                  o.kind, o.year, o.rule_set, r.due_on, r.document_no, r.issued_on, r.answer_by,
                  a.document_no as "after_no?", a.issued_on as "after_on?",
                  r.signer_name_sealed as "signer_name: Sealed<SignerName>", r.signer_position_sealed as "signer_position: Sealed<SignerPosition>",
                  r.name_sealed as "name: Sealed<AddresseeName>", r.position_sealed as "position: Sealed<AddresseePosition>",
                  r.record_hash, r.created_at, d.way as "way?: Way", d.delivered_on as "delivered_on?"
           from reminder r
                join obligation o on o.partition_id = r.partition_id and o.id = r.obligation_id
                left join reminder a on a.partition_id = r.partition_id and a.id = r.after_id
                left join reminder_delivery d on d.partition_id = r.partition_id and d.reminder_id = r.id
           where ($1::uuid is null or r.partition_id = $1) and ($2::uuid is null or r.unit_id = $2)
             and ($3::uuid is null or r.issue_id = $3)
           order by r.issue_id desc, r.id limit $4"#,
        agency,
        unit.map(|u| u.0),
        issue.map(|i| i.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Reminder::try_from).collect()
}

/// Puts down how reminders to people of one place reached them.
pub async fn insert_deliveries(
    tx: &mut Tx,
    permit: &Permit<Remind, Place>,
    deliveries: &[(DeliveryRecord, [u8; 32])],
) -> Result<()> {
    let Place { partition, unit } = *permit.on();
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    for (new, hash) in deliveries {
        let done = sqlx::query!(
            "insert into reminder_delivery (partition_id, id, unit_id, person_id, reminder_id, issued_on, way, delivered_on, record_hash,
                                            created_at, created_by)
             select partition_id, $3, unit_id, person_id, id, issued_on, $5, $6, $7, $8, $9
             from reminder where partition_id = $1 and unit_id = $2 and id = $4",
            partition.0,
            unit.0,
            new.id,
            new.reminder.0,
            new.way.word(),
            new.delivered_on,
            &hash[..],
            now,
            by.0
        )
        .execute(tx.conn())
        .await?;
        if done.rows_affected() != 1 {
            return Err(crate::bug!("reminder {} is not of unit {unit}", new.reminder));
        }
    }
    Ok(())
}

/// Puts down that nothing was submitted after two reminders.
pub async fn insert_non_submission(
    tx: &mut Tx,
    permit: &Permit<RecordNonSubmission, Obligation>,
    new: &NonSubmissionRecord,
    hash: [u8; 32],
) -> Result<()> {
    let on = permit.on();
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    sqlx::query!(
        "insert into non_submission (partition_id, id, unit_id, person_id, obligation_id, due_on, second_id, second_number,
                                     second_answer_by, recorded_on, explanation_sealed, record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        on.partition.0,
        new.id,
        on.unit.0,
        on.person.0,
        on.id.0,
        new.due_on,
        new.second.0,
        Round::Second.number(),
        new.second_answer_by,
        new.recorded_on,
        new.explanation_sealed,
        &hash[..],
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What stands of a non-submission.
pub struct NotSubmitted {
    pub id: uuid::Uuid,
    pub partition: PartitionId,
    pub unit: OrganisationId,
    pub person: PersonId,
    pub obligation: ObligationId,
    pub recorded_on: NaiveDate,
    pub explanation: Option<Sealed<Explanation>>,
    pub record_hash: Vec<u8>,
}

/// Non-submissions within what the context shows: of one obligation, or the newest of all; only those of the last day the
/// obligation has now.
pub async fn non_submissions(tx: &mut Tx, obligation: Option<ObligationId>, limit: i64) -> Result<Vec<NotSubmitted>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        NotSubmitted,
        r#"select n.id, n.partition_id as "partition: PartitionId", n.unit_id as "unit: OrganisationId", n.person_id as "person: PersonId",
                  n.obligation_id as "obligation: ObligationId", n.recorded_on, n.explanation_sealed as "explanation: Sealed<Explanation>", n.record_hash
           from non_submission n
                join obligation o on o.partition_id = n.partition_id and o.id = n.obligation_id and o.due_on = n.due_on
           where ($1::uuid is null or n.partition_id = $1) and ($2::uuid is null or n.unit_id = $2) and ($3::uuid is null or n.obligation_id = $3)
           order by n.id desc limit $4"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        obligation.map(|o| o.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Whether someone left the unit's list by a day, as the unit wrote it.
pub async fn left_by(tx: &mut Tx, partition: PartitionId, person: PersonId, day: NaiveDate) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from person where partition_id = $1 and id = $2 and left_on <= $3) as "left!""#,
        partition.0,
        person.0,
        day
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.left)
}

/// Puts down a version of a plan.
pub async fn insert_plan(tx: &mut Tx, permit: &Permit<PlanCampaign, Agency>, plan: &Plan) -> Result<()> {
    let Agency(partition) = *permit.on();
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    sqlx::query!(
        "insert into campaign_plan (partition_id, id, year, version, document_no, issued_on, lists_by, declare_by, hand_over_by,
                                    record_hash, created_at, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        partition.0,
        plan.id.0,
        plan.year,
        plan.version,
        plan.document_no,
        plan.issued_on,
        plan.lists_by,
        plan.declare_by,
        plan.hand_over_by,
        plan.record_hash,
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A line of the logbook as it stands in the tables: an obligation, or a declaration that answers none. What a later act
/// adds (yêu cầu hoàn thiện, công khai) joins here and gets its column in `logbook::COLUMNS`.
pub struct LogRow {
    pub partition: PartitionId,
    pub person: PersonId,
    pub obligation: Option<ObligationId>,
    pub kind: String,
    pub year: i16,
    pub due_on: Option<NaiveDate>,
    pub given_at: Option<DateTime<Utc>>,
    pub ended_on: Option<NaiveDate>,
    pub declaration: Option<DeclarationId>,
    pub handed_in_on: Option<NaiveDate>,
    pub channel: Option<String>,
    /// What was first handed in.
    pub first_received_on: Option<NaiveDate>,
    /// What was last handed in.
    pub received_on: Option<NaiveDate>,
    pub hand_over_due_on: Option<NaiveDate>,
    pub receipt: Option<ReceiptId>,
    pub receiver: Option<Sealed<ReceiverName>>,
    /// Of the version in force.
    pub lacking: i64,
    pub version: Option<i32>,
    /// The last demand to complete or declare again that was not withdrawn (article 38.2).
    pub demand_number: Option<i32>,
    pub demand_year: Option<i16>,
    pub demanded_on: Option<NaiveDate>,
    pub is_demanded: Option<bool>,
    pub copies: Option<i16>,
    pub handed_over_on: Option<NaiveDate>,
    pub record_number: Option<i32>,
    pub record_year: Option<i16>,
    pub taken_on: Option<NaiveDate>,
}

/// What is in a unit's logbook for a year; in an agency's context what concerns its own people.
pub async fn log_rows(tx: &mut Tx, unit: OrganisationId, year: i16) -> Result<Vec<LogRow>> {
    let agency = tx.actor().agency().map(|p| p.0);
    let rows = sqlx::query_as!(
        LogRow,
        r#"with line as (
               select partition_id, person_id, id as obligation_id, kind, year, due_on, created_at as given_at, ended_on, declaration_id
               from obligation where unit_id = $1 and year = $2 and ($3::uuid is null or partition_id = $3)
               union all
               select partition_id, person_id, null, kind, year, null, null, null, id
               from declaration d where unit_id = $1 and year = $2 and ($3::uuid is null or partition_id = $3)
                 and not exists (select from obligation o where o.partition_id = d.partition_id and o.declaration_id = d.id))
           select l.partition_id as "partition!: PartitionId", l.person_id as "person!: PersonId", l.obligation_id as "obligation: ObligationId",
                  l.kind as "kind!", l.year as "year!", l.due_on, l.given_at, l.ended_on, l.declaration_id as "declaration: DeclarationId",
                  d.completed_on as "handed_in_on?", d.channel as "channel?", f.received_on as "first_received_on?", n.received_on,
                  n.hand_over_due_on, r.id as "receipt?: ReceiptId", r.receiver_name_sealed as "receiver?: Sealed<ReceiverName>",
                  (select count(*) from shortcoming s
                   where s.partition_id = l.partition_id and s.declaration_id = l.declaration_id and s.version_id = n.version_id and s.severity = 'B') as "lacking!",
                  (select max(w.version) from declaration_version w where w.partition_id = l.partition_id and w.declaration_id = l.declaration_id
                     and w.act in ('SUBMIT', 'INTAKE', 'REDECLARE')) as version, m.number as "demand_number?", m.year as "demand_year?", m.issued_on as "demanded_on?",
                  m.state = 'ISSUED' as is_demanded,
                  i.copies as "copies?", h.handed_on as "handed_over_on?", h.number as "record_number?", h.year as "record_year?", h.taken_on as "taken_on?"
           from line l
                left join declaration d on d.partition_id = l.partition_id and d.id = l.declaration_id
                left join declaration_now n on n.partition_id = l.partition_id and n.id = l.declaration_id
                left join declaration_version v on v.partition_id = l.partition_id and v.declaration_id = l.declaration_id and v.version = 1
                left join receipt f on f.partition_id = v.partition_id and f.version_id = v.id
                left join lateral (select p.id, p.receiver_name_sealed from receipt p
                                   where p.partition_id = l.partition_id and p.declaration_id = l.declaration_id
                                   order by p.id limit 1) r on true
                left join lateral (select q.number, q.year, q.issued_on, q.state from demand q
                                   where q.partition_id = l.partition_id and q.declaration_id = l.declaration_id and q.state <> 'WITHDRAWN'
                                   order by q.id desc limit 1) m on true
                left join hand_over_item i on i.partition_id = l.partition_id and i.declaration_id = l.declaration_id and i.state <> 'MISSING'
                left join hand_over h on h.partition_id = i.partition_id and h.id = i.hand_over_id"#,
        unit.0,
        year,
        agency
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Years with obligations within what the context shows, newest first.
pub async fn years(tx: &mut Tx) -> Result<Vec<i16>> {
    let actor = *tx.actor();
    let rows = sqlx::query!(
        "select distinct year from obligation
         where ($1::uuid is null or partition_id = $1) and ($2::uuid is null or unit_id = $2) order by year desc",
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.year).collect())
}

/// Who left a unit's list, with the word of why.
pub async fn left(tx: &mut Tx, unit: OrganisationId) -> Result<HashMap<PersonId, (NaiveDate, String)>> {
    let rows = sqlx::query!(
        r#"select id as "person: PersonId", left_on as "left_on!", left_reason as "left_reason!" from person
           where unit_id = $1 and left_on is not null"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, (row.left_on, row.left_reason))).collect())
}

/// People of one agency on the list of one unit today.
pub async fn listed(tx: &mut Tx, partition: PartitionId, unit: OrganisationId) -> Result<Vec<Person>> {
    let rows = sqlx::query!(
        r#"select id as "id: PersonId" from person where partition_id = $1 and unit_id = $2 and left_on is null"#,
        partition.0,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    let ids: Vec<PersonId> = rows.into_iter().map(|row| row.id).collect();
    Ok(crate::person::store::find_all(tx, &ids).await?.into_values().collect())
}

/// How far a unit is with the agency's people in a year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub unit: Option<OrganisationId>,
    /// On the list today.
    pub listed: i64,
    pub obliged: i64,
    pub declared: i64,
    /// Declared after the law's last day; a paper by when it was first received, also when it was made again since.
    pub declared_late: i64,
    /// Not declared, and the last day has passed.
    pub late: i64,
    pub received: i64,
    pub handed_over: i64,
    pub first_reminders: i64,
    pub second_reminders: i64,
    pub not_submitted: i64,
}

/// Counts of every unit that has or had people of the agency.
pub async fn counts(tx: &mut Tx, partition: PartitionId, year: i16) -> Result<Vec<Counts>> {
    let today = tx.today();
    let rows = sqlx::query_as!(
        Counts,
        r#"with owed as (
               select o.unit_id, o.declared_at, o.ended_on, o.due_on, o.received_on,
                      case o.channel when 'PAPER' then f.received_on else d.completed_on end as handed_in_on,
                      exists (select from hand_over_item i where i.partition_id = o.partition_id
                              and i.declaration_id = o.declaration_id and i.state <> 'MISSING') as is_handed_over,
                      exists (select from reminder r where r.partition_id = o.partition_id and r.obligation_id = o.id
                              and r.due_on = o.due_on and r.number = 1) as has_first,
                      exists (select from reminder r where r.partition_id = o.partition_id and r.obligation_id = o.id
                              and r.due_on = o.due_on and r.number = 2) as has_second,
                      exists (select from non_submission n where n.partition_id = o.partition_id and n.obligation_id = o.id
                              and n.due_on = o.due_on) as is_recorded
               from obligation o
                    left join declaration d on d.partition_id = o.partition_id and d.id = o.declaration_id
                    left join declaration_version v on v.partition_id = d.partition_id and v.declaration_id = d.id and v.version = 1
                    left join receipt f on f.partition_id = v.partition_id and f.version_id = v.id
               where o.partition_id = $1 and o.year = $2 and (o.ended_on is null or o.declared_at is not null)),
           listed as (
               select unit_id, count(*) filter (where left_on is null) as people from person where partition_id = $1 group by unit_id),
           done as (
               select unit_id, count(*) as obliged, count(declared_at) as declared,
                      count(*) filter (where handed_in_on > due_on) as declared_late,
                      count(*) filter (where declared_at is null and due_on < $3) as late, count(received_on) as received,
                      count(*) filter (where is_handed_over) as handed_over, count(*) filter (where has_first) as first_reminders,
                      count(*) filter (where has_second) as second_reminders, count(*) filter (where is_recorded) as not_submitted
               from owed group by unit_id)
           select l.unit_id as "unit: OrganisationId", l.people as "listed!", coalesce(w.obliged, 0) as "obliged!",
                  coalesce(w.declared, 0) as "declared!", coalesce(w.declared_late, 0) as "declared_late!", coalesce(w.late, 0) as "late!",
                  coalesce(w.received, 0) as "received!", coalesce(w.handed_over, 0) as "handed_over!",
                  coalesce(w.first_reminders, 0) as "first_reminders!", coalesce(w.second_reminders, 0) as "second_reminders!",
                  coalesce(w.not_submitted, 0) as "not_submitted!"
           from listed l left join done w on w.unit_id = l.unit_id"#,
        partition.0,
        year,
        today
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}
