//! SQL of demands.
use chrono::NaiveDate;

use super::model::{Asks, Demand, Issue, Reached, Reasons, SignerName, SignerPosition, State, Withdrawal};
use crate::declaration::model::Declaration;
use crate::declaration::policy::{AnswerDemand, FollowDemand, IssueDemand, OpenDemand};
use crate::kernel::id::{DeclarationId, DemandId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};

/// The unit's next number in a year.
pub async fn next_number(tx: &mut Tx, unit: OrganisationId, year: i16) -> Result<i32> {
    let row = sqlx::query!(
        r#"select coalesce(max(number), 0) + 1 as "next!" from demand where unit_id = $1 and year = $2"#,
        unit.0,
        year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.next)
}

pub async fn insert(tx: &mut Tx, permit: &Permit<IssueDemand, Declaration>, new: &Issue<'_>) -> Result<()> {
    let on = permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    sqlx::query!(
        "insert into demand (partition_id, id, unit_id, person_id, declaration_id, version_id, year, number, asks, issued_on,
                             reasons_sealed, signer_name_sealed, signer_position_sealed, issue_hash, created_at, created_by,
                             state, updated_at, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'ISSUED', $15, $17)",
        on.partition.0,
        new.id.0,
        on.unit.0,
        on.person.0,
        on.id.0,
        new.version.0,
        new.year,
        new.number,
        new.asks.word(),
        new.issued_on,
        new.reasons_sealed,
        new.name_sealed,
        new.position_sealed,
        &new.hash()?[..],
        now,
        by.0,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A demand within what the context shows.
pub async fn find(tx: &mut Tx, id: DemandId) -> Result<Demand> {
    let actor = *tx.actor();
    let row = sqlx::query_as!(
        Demand,
        r#"select partition_id as "partition: PartitionId", id as "id: DemandId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", declaration_id as "declaration: DeclarationId", version_id as "version: VersionId",
                  year, number, asks as "asks: Asks", issued_on, reasons_sealed as "reasons: Sealed<Reasons>",
                  signer_name_sealed as "signer_name: Sealed<SignerName>", signer_position_sealed as "signer_position: Sealed<SignerPosition>",
                  issue_hash, created_at, state as "state: State", reached_on, reached_by as "reached_by: Reached", due_on,
                  answered_on, answer_version_id as "answer: VersionId", withdrawn_on, withdrawal_sealed as "withdrawal: Sealed<Withdrawal>"
           from demand
           where id = $1 and ($2::uuid is null or partition_id = $2) and ($3::uuid is null or unit_id = $3)
             and ($4::uuid is null or person_id = $4)"#,
        id.0,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        actor.person().map(|p| p.0)
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

/// Demands within what the context shows: of one declaration, or all; those that wait first, then the newest.
pub async fn list(tx: &mut Tx, of: Option<DeclarationId>, limit: i64) -> Result<Vec<Demand>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Demand,
        r#"select partition_id as "partition: PartitionId", id as "id: DemandId", unit_id as "unit: OrganisationId",
                  person_id as "person: PersonId", declaration_id as "declaration: DeclarationId", version_id as "version: VersionId",
                  year, number, asks as "asks: Asks", issued_on, reasons_sealed as "reasons: Sealed<Reasons>",
                  signer_name_sealed as "signer_name: Sealed<SignerName>", signer_position_sealed as "signer_position: Sealed<SignerPosition>",
                  issue_hash, created_at, state as "state: State", reached_on, reached_by as "reached_by: Reached", due_on,
                  answered_on, answer_version_id as "answer: VersionId", withdrawn_on, withdrawal_sealed as "withdrawal: Sealed<Withdrawal>"
           from demand
           where ($1::uuid is null or declaration_id = $1) and ($2::uuid is null or partition_id = $2)
             and ($3::uuid is null or unit_id = $3) and ($4::uuid is null or person_id = $4)
           order by (state = 'ISSUED') desc, id desc limit $5"#,
        of.map(|d| d.0),
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        actor.person().map(|p| p.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The day it reached the declarant; the first that is said stands. False when one was said before.
async fn set_reached(tx: &mut Tx, on: &Demand, day: NaiveDate, by: Reached, due_on: NaiveDate) -> Result<bool> {
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update demand set reached_on = $3, reached_by = $4, due_on = $5, updated_at = $6, updated_by = $7
         where partition_id = $1 and id = $2 and state = 'ISSUED' and reached_on is null",
        on.partition.0,
        on.id.0,
        day,
        by.word(),
        due_on,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The declarant opened it.
pub async fn set_opened(
    tx: &mut Tx,
    permit: &Permit<OpenDemand, Demand>,
    day: NaiveDate,
    due_on: NaiveDate,
) -> Result<bool> {
    set_reached(tx, permit.on(), day, Reached::Opened, due_on).await
}

/// The unit handed it over.
pub async fn set_handed(
    tx: &mut Tx,
    permit: &Permit<FollowDemand, Demand>,
    day: NaiveDate,
    due_on: NaiveDate,
) -> Result<bool> {
    set_reached(tx, permit.on(), day, Reached::Handed, due_on).await
}

/// False when it no longer waits.
pub async fn set_answered(
    tx: &mut Tx,
    permit: &Permit<AnswerDemand, Demand>,
    version: VersionId,
    day: NaiveDate,
) -> Result<bool> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update demand set state = 'ANSWERED', answered_on = $3, answer_version_id = $4, updated_at = $5, updated_by = $6
         where partition_id = $1 and id = $2 and state = 'ISSUED'",
        on.partition.0,
        on.id.0,
        day,
        version.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// False when it no longer waits.
pub async fn set_withdrawn(
    tx: &mut Tx,
    permit: &Permit<FollowDemand, Demand>,
    day: NaiveDate,
    why: &Sealed<Withdrawal>,
) -> Result<bool> {
    let on = permit.on();
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update demand set state = 'WITHDRAWN', withdrawn_on = $3, withdrawal_sealed = $4, updated_at = $5, updated_by = $6
         where partition_id = $1 and id = $2 and state = 'ISSUED'",
        on.partition.0,
        on.id.0,
        day,
        why.as_bytes(),
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
