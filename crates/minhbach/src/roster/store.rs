//! SQL of the list.
use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use form::Kind;
use serde::{Deserialize, Serialize};

use super::rules::{Line, Owed};
use crate::cells;
use crate::kernel::id::{ObligationId, OrganisationId, PersonId, RoutingRuleId};
use crate::kernel::{Permit, Result, Tx};
use crate::organisation::Rank;
use crate::person::Person;
use crate::person::policy::{KeepPerson, Oblige, Place};

cells! {
    /// What a line of the list said before it was changed.
    LineBefore = "person_before"."line_sealed" -> Before;
}

/// A line as it stood before it was changed, with when and why its person had left.
#[derive(Serialize, Deserialize)]
pub struct Before {
    line: Line,
    left: Option<(NaiveDate, String)>,
}

/// Keeps what a line says, before it is changed.
pub async fn keep_before(
    tx: &mut Tx,
    permit: &Permit<KeepPerson, Person>,
    line: &Line,
    left: Option<&(NaiveDate, String)>,
) -> Result<()> {
    let on = permit.on();
    let (now, by) = (tx.now(), tx.actor().account_or_nil());
    let id = uuid::Uuid::now_v7();
    let before = Before { line: line.clone(), left: left.cloned() };
    let sealed = tx.keys().seal::<LineBefore>(on.partition, id, &before)?;
    sqlx::query!(
        "insert into person_before (partition_id, id, unit_id, person_id, line_sealed, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7)",
        on.partition.0,
        id,
        on.unit.0,
        on.id.0,
        sealed.as_bytes(),
        now,
        by.0
    )
    .execute(tx.conn())
    .await?;
    Ok(())
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

/// Changes a line; what it said before is kept under seal. False when the number is another person's.
pub async fn change(
    tx: &mut Tx,
    permit: &Permit<KeepPerson, Person>,
    (before, left): (&Line, Option<&(NaiveDate, String)>),
    line: &Line,
    rank: Rank,
    rule: RoutingRuleId,
) -> Result<bool> {
    let on = permit.on();
    let (partition, keys) = (on.partition, tx.keys().clone());
    let (now, act) = (tx.now(), tx.name());
    // A number of somebody the context does not show is found only by trying; one bad line must not undo the others.
    sqlx::raw_sql("savepoint line").execute(tx.conn()).await?;
    keep_before(tx, permit, before, left).await?;
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
        Ok(_) => {
            sqlx::raw_sql("release savepoint line").execute(tx.conn()).await?;
            Ok(true)
        }
        Err(sqlx::Error::Database(error)) if error.constraint() == Some(NUMBER_ONCE) => {
            sqlx::raw_sql("rollback to savepoint line").execute(tx.conn()).await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// A number stands once among those on a partition's lists.
const NUMBER_ONCE: &str = "person_number_once";

/// Who comes back owes again what is still due; a first declaration only if it was owed at all. What fell due while they
/// were away is owed again when its year is opened again ([`oblige`]).
pub async fn reopen(tx: &mut Tx, permit: &Permit<KeepPerson, Person>, owes_first: bool) -> Result<Vec<ObligationId>> {
    let on = permit.on();
    let (now, today, act) = (tx.now(), tx.today(), tx.name());
    let rows = sqlx::query!(
        r#"update obligation o set ended_on = null, updated_at = $3, updated_by = $4
           where partition_id = $1 and person_id = $2 and ended_on is not null and declared_at is null
             and due_on >= $5 and (kind <> 'FIRST' or $6) and not taken_back
             and not exists (select from obligation twin
                             where twin.partition_id = o.partition_id and twin.person_id = o.person_id and twin.id <> o.id
                               and twin.ended_on is null and twin.kind = o.kind and twin.occasion_on is not distinct from o.occasion_on
                               and twin.occasion is not distinct from o.occasion and twin.year = o.year)
           returning id as "id: ObligationId""#,
        on.partition.0,
        on.id.0,
        now,
        act,
        today,
        owes_first
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The person leaves the list; what they owe and is not due before `due_from` ends with the day. Returns what ended.
pub async fn leave(
    tx: &mut Tx,
    permit: &Permit<KeepPerson, Person>,
    on_day: NaiveDate,
    reason: &str,
    due_from: NaiveDate,
) -> Result<Vec<ObligationId>> {
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
    end(tx, permit, on_day, Some(due_from), None).await
}

/// Ends a first declaration that was never owed.
pub async fn end_first(tx: &mut Tx, permit: &Permit<KeepPerson, Person>) -> Result<Vec<ObligationId>> {
    let today = tx.today();
    end(tx, permit, today, None, Some("FIRST")).await
}

/// Ends what is open: what is due on `due_from` or later, or all; of one kind, or of any.
async fn end(
    tx: &mut Tx,
    permit: &Permit<KeepPerson, Person>,
    on_day: NaiveDate,
    due_from: Option<NaiveDate>,
    kind: Option<&str>,
) -> Result<Vec<ObligationId>> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let rows = sqlx::query!(
        r#"update obligation set ended_on = $3, updated_at = $6, updated_by = $7
           where partition_id = $1 and person_id = $2 and declared_at is null and ended_on is null
             and ($4::date is null or due_on >= $4) and ($5::text is null or kind = $5)
           returning id as "id: ObligationId""#,
        on.partition.0,
        on.id.0,
        on_day,
        due_from,
        kind,
        now,
        act
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A first declaration that is still open is due on another day: the day in post was mended.
pub async fn redate_first(tx: &mut Tx, permit: &Permit<KeepPerson, Person>, owed: &Owed) -> Result<Vec<ObligationId>> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let rows = sqlx::query!(
        r#"update obligation set due_on = $3, year = $4, rule_set = $5, ended_on = null, updated_at = $6, updated_by = $7
           where partition_id = $1 and person_id = $2 and kind = 'FIRST' and declared_at is null
           returning id as "id: ObligationId""#,
        on.partition.0,
        on.id.0,
        owed.due_on,
        owed.year,
        owed.rule_set,
        now,
        act
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What somebody owes from now on.
pub struct Obliged {
    pub person: PersonId,
    pub obligation: ObligationId,
    pub owed: Owed,
    /// Not an obligation that had ended and is owed again.
    pub is_new: bool,
}

/// Obliges people of one place; those obliged already are left as they are, and an obligation that had ended is owed
/// again. Returns the obligations that are new or owed again, with their last days.
pub async fn oblige(tx: &mut Tx, permit: &Permit<Oblige, Place>, owed: &[(PersonId, Owed)]) -> Result<Vec<Obliged>> {
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
           on conflict (partition_id, person_id, kind, year, nth) do update set ended_on = null, updated_at = $9, updated_by = $10
               where obligation.ended_on is not null and obligation.declared_at is null
           returning id as "id: ObligationId", person_id as "person: PersonId", kind, year, rule_set, due_on"#,
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
    let new: HashSet<uuid::Uuid> = ids.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let kind = Kind::from_code(&row.kind).ok_or_else(|| crate::bug!("kind {}", row.kind))?;
            let owed = Owed { kind, year: row.year, rule_set: row.rule_set, due_on: row.due_on };
            Ok(Obliged { person: row.person, obligation: row.id, owed, is_new: new.contains(&row.id.0) })
        })
        .collect()
}

/// Ends the supplementary declarations of a year that are open for people who owe the annual one of it now: that one says
/// what changed (article 36.3).
pub async fn end_supplements(
    tx: &mut Tx,
    permit: &Permit<Oblige, Place>,
    owed: &[(PersonId, Owed)],
) -> Result<Vec<(PersonId, ObligationId)>> {
    let Place { partition, unit } = *permit.on();
    let (now, today, act) = (tx.now(), tx.today(), tx.name());
    let annual: Vec<_> = owed.iter().filter(|(_, owed)| owed.kind == form::Kind::Annual).collect();
    let people: Vec<uuid::Uuid> = annual.iter().map(|(person, _)| person.0).collect();
    let years: Vec<i16> = annual.iter().map(|(_, owed)| owed.year).collect();
    let rows = sqlx::query!(
        r#"update obligation o set ended_on = $5, updated_at = $6, updated_by = $7
           from unnest($3::uuid[], $4::smallint[]) as u (p, y)
           where o.partition_id = $1 and o.unit_id = $2 and o.person_id = u.p and o.year = u.y and o.kind = 'SUPPLEMENT'
             and o.declared_at is null and o.ended_on is null
           returning o.id as "id: ObligationId", o.person_id as "person: PersonId""#,
        partition.0,
        unit.0,
        &people,
        &years,
        today,
        now,
        act
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.id)).collect())
}

/// Who of the unit has or had a first declaration to make, also where they come from, and in which year: nobody is asked for it twice.
pub async fn with_first(tx: &mut Tx, unit: OrganisationId) -> Result<BTreeSet<(PersonId, i16)>> {
    let rows = sqlx::query!(
        r#"select person_id as "person!: PersonId", year as "year!" from obligation
           where unit_id = $1 and kind = 'FIRST' and (ended_on is null or declared_at is not null)
           union select person_id, year from declaration where unit_id = $1 and kind = 'FIRST'
           union select t.to_person_id, substr(d, 7)::smallint from custody_transfer t, unnest(t.declared) d
                 where t.to_unit_id = $1 and t.state = 'TAKEN' and d like 'FIRST-%'"#,
        unit.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.year)).collect())
}
