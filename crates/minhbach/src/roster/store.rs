//! SQL of the list.
use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::rules::{Line, Owed};
use crate::cells;
use crate::kernel::id::{ObligationId, OrganisationId, PersonId, RoutingRuleId};
use crate::kernel::{Permit, Result, Tx};
use crate::organisation::Rank;
use crate::person::Person;
use crate::person::policy::{KeepPerson, Oblige, Place};

cells! {
    /// What a line of the list said before it was changed.
    LineBefore = "person_before"."line_sealed" -> Line;
}

/// What the list keeps of a person in the clear.
pub struct Kept {
    pub person: PersonId,
    pub ground: Option<String>,
    pub in_post_since: Option<NaiveDate>,
    pub has_declared_first: bool,
    pub left_on: Option<NaiveDate>,
    pub left_reason: Option<String>,
}

pub async fn kept(tx: &mut Tx, unit: OrganisationId) -> Result<Vec<Kept>> {
    let rows = sqlx::query_as!(
        Kept,
        r#"select id as "person: PersonId", ground, in_post_since, has_declared_first, left_on, left_reason
           from person where unit_id = $1"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Writes what only the list knows of a person who was just added.
pub async fn set_kept(tx: &mut Tx, permit: &Permit<KeepPerson, Person>, line: &Line) -> Result<()> {
    let on = permit.on();
    sqlx::query!(
        "update person set ground = $3, in_post_since = $4, has_declared_first = $5 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        line.ground,
        line.in_post_since,
        line.has_declared_first
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Changes a line; what it said before is kept under seal. False when the number is another person's.
pub async fn change(
    tx: &mut Tx,
    permit: &Permit<KeepPerson, Person>,
    before: &Line,
    line: &Line,
    rank: Rank,
    rule: RoutingRuleId,
) -> Result<bool> {
    let on = permit.on();
    let (partition, keys) = (on.partition, tx.keys().clone());
    let (now, act, by) = (tx.now(), tx.name(), tx.actor().account_or_nil());
    // A number of somebody the context does not show is found only by trying; one bad line must not undo the others.
    sqlx::raw_sql("savepoint line").execute(tx.conn()).await?;
    let history = uuid::Uuid::now_v7();
    let sealed = keys.seal::<LineBefore>(partition, history, before)?;
    sqlx::query!(
        "insert into person_before (partition_id, id, unit_id, person_id, line_sealed, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7)",
        partition.0,
        history,
        on.unit.0,
        on.id.0,
        sealed.as_bytes(),
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    let cells = crate::person::store::cells(&keys, partition, on.id, &line.facts())?;
    let done = sqlx::query!(
        "update person set name_sealed = $3, dob_sealed = $4, position_sealed = $5, id_no_sealed = $6, id_no_index = $7, name_index = $8,
                           ground = $9, in_post_since = $10, has_declared_first = $11, party_managed = $12, rank = $13, routing_rule_id = $14,
                           left_on = null, left_reason = null, updated_at = $15, updated_by = $16
         where partition_id = $1 and id = $2",
        partition.0,
        on.id.0,
        cells.name.as_bytes(),
        cells.dob.as_bytes(),
        cells.position.as_bytes(),
        cells.id_no.as_ref().map(|s| s.as_bytes()),
        cells.id_index.as_deref(),
        &cells.name_index,
        line.ground,
        line.in_post_since,
        line.has_declared_first,
        line.party_managed,
        rank.word(),
        rule.0,
        now,
        act
    )
    .execute(tx.conn())
    .await;
    match done {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some(NUMBER_ONCE) => {
            sqlx::raw_sql("rollback to savepoint line").execute(tx.conn()).await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// A number stands once in a partition.
const NUMBER_ONCE: &str = "person_partition_id_id_no_index_key";

/// Who comes back owes again what had ended and is not past.
pub async fn reopen(tx: &mut Tx, permit: &Permit<KeepPerson, Person>) -> Result<u64> {
    let on = permit.on();
    let (now, today, act) = (tx.now(), tx.today(), tx.name());
    let done = sqlx::query!(
        "update obligation set ended_on = null, updated_at = $4, updated_by = $5
         where partition_id = $1 and person_id = $2 and ended_on is not null and declared_at is null and due_on >= $3",
        on.partition.0,
        on.id.0,
        today,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// The person leaves the list; what they still owed ends with the day. Returns how many obligations ended.
pub async fn leave(tx: &mut Tx, permit: &Permit<KeepPerson, Person>, on_day: NaiveDate, reason: &str) -> Result<u64> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    sqlx::query!(
        "update person set left_on = $3, left_reason = $4, updated_at = $5, updated_by = $6 where partition_id = $1 and id = $2",
        on.partition.0,
        on.id.0,
        on_day,
        reason,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    let ended = sqlx::query!(
        "update obligation set ended_on = $3, updated_at = $4, updated_by = $5
         where partition_id = $1 and person_id = $2 and declared_at is null and ended_on is null and due_on >= $3",
        on.partition.0,
        on.id.0,
        on_day,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(ended.rows_affected())
}

/// Obliges people of one place; those obliged already are left as they are. Returns the obligations that are new.
pub async fn oblige(
    tx: &mut Tx,
    permit: &Permit<Oblige, Place>,
    owed: &[(PersonId, Owed)],
) -> Result<Vec<(PersonId, ObligationId)>> {
    let Place { partition, unit } = *permit.on();
    let (now, act) = (tx.now(), tx.name());
    let ids: Vec<uuid::Uuid> = owed.iter().map(|_| ObligationId::new().0).collect();
    let people: Vec<uuid::Uuid> = owed.iter().map(|(person, _)| person.0).collect();
    let kinds: Vec<String> = owed.iter().map(|(_, owed)| owed.kind.as_str().to_owned()).collect();
    let years: Vec<i16> = owed.iter().map(|(_, owed)| owed.year).collect();
    let sets: Vec<String> = owed.iter().map(|(_, owed)| owed.rule_set.clone()).collect();
    let due: Vec<NaiveDate> = owed.iter().map(|(_, owed)| owed.due_on).collect();
    let rows = sqlx::query!(
        r#"insert into obligation (partition_id, id, unit_id, person_id, kind, year, rule_set, due_on, created_at, updated_at, updated_by)
           select $1, i, $2, p, k, y, r, d, $9, $9, $10
           from unnest($3::uuid[], $4::uuid[], $5::text[], $6::smallint[], $7::text[], $8::date[]) as u (i, p, k, y, r, d)
           on conflict (partition_id, person_id, kind, year) do nothing
           returning id as "id: ObligationId", person_id as "person: PersonId""#,
        partition.0,
        unit.0,
        &ids,
        &people,
        &kinds,
        &years,
        &sets,
        &due,
        now,
        act
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.id)).collect())
}

/// Who of the unit has or had a first declaration to make, so that none is asked for twice.
pub async fn with_first(tx: &mut Tx, unit: OrganisationId) -> Result<BTreeSet<PersonId>> {
    let rows = sqlx::query!(
        r#"select person_id as "person!: PersonId" from obligation where unit_id = $1 and kind = 'FIRST'
           union select person_id from declaration where unit_id = $1 and kind = 'FIRST'"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.person).collect())
}
