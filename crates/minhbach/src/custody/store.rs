//! SQL of files that pass between agencies.
use chrono::{DateTime, NaiveDate, Utc};

use super::model::{AnswerCell, FileOwed, OwnAnswerCell, PackageCell, StatementCell, Transfer};
use super::policy::{AnswerFile, Holding, SendFile, WithdrawFile};
use crate::declaration::model::{Act, DocumentCell};
use crate::declaration::original::Original;
use crate::kernel::id::{
    AccountId, CustodyId, DeclarationId, EventId, ObligationId, OrganisationId, PartitionId, PersonId, VersionId,
};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};
use crate::person::Person;
use crate::person::custody::{Reason, State};
use crate::person::policy::{Oblige, Place};

/// Files the agency sent or was sent, those that wait first, then the newest.
pub async fn list(tx: &mut Tx, agency: PartitionId, limit: i64) -> Result<Vec<Transfer>> {
    transfers(tx, agency, None, limit).await
}

async fn transfers(tx: &mut Tx, agency: PartitionId, id: Option<CustodyId>, limit: i64) -> Result<Vec<Transfer>> {
    let rows = sqlx::query_as!(
        Transfer,
        r#"select partition_id as "partition: PartitionId", id as "id: CustodyId", to_partition_id as "to: PartitionId",
                  unit_id as "unit: OrganisationId", person_id as "person: PersonId", reason as "reason: Reason", was_listed, sent_on,
                  statement_sealed as "statement: Sealed<StatementCell>", declarations, versions, declared, package_hash, sent_hash, created_at,
                  created_by as "created_by: AccountId", state as "state: State", ended_on, ended_by as "ended_by: AccountId",
                  to_unit_id as "to_unit: OrganisationId", to_person_id as "to_person: PersonId", answer_sealed as "answer: Sealed<AnswerCell>",
                  answer_own_sealed as "own_answer: Sealed<OwnAnswerCell>", end_hash
           from custody_transfer where $1 in (partition_id, to_partition_id) and ($2::uuid is null or id = $2)
           order by (state = 'SENT') desc, id desc limit $3"#,
        agency.0,
        id.map(|id| id.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// One of them.
pub async fn find(tx: &mut Tx, agency: PartitionId, id: CustodyId) -> Result<Transfer> {
    transfers(tx, agency, Some(id), 1).await?.pop().ok_or(Error::NotFound)
}

/// The sealed package of a file, unless it was emptied.
pub async fn package(tx: &mut Tx, transfer: &Transfer) -> Result<Option<Sealed<PackageCell>>> {
    let row = sqlx::query!(
        r#"select package_sealed as "package: Sealed<PackageCell>" from custody_package
           where partition_id = $1 and id = $2 and to_partition_id = $3"#,
        transfer.partition.0,
        transfer.id.0,
        transfer.to.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| row.package))
}

/// The hashes an agency's own log has of a file that was sent: of its record and its package.
pub async fn hashes_in_log(tx: &mut Tx, agency: PartitionId, id: CustodyId) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        r#"select body::jsonb -> 'hashes' ->> 'record' as record, body::jsonb -> 'hashes' ->> 'package' as package
           from event where partition_id = $1 and name = 'custody.sent' and body::jsonb -> 'ids' ->> 'custody' = $2"#,
        agency.0,
        id.to_string()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| row.record.zip(row.package)))
}

/// Puts a file on its way.
pub async fn insert(
    tx: &mut Tx,
    permit: &Permit<SendFile, Holding>,
    new: &Transfer,
    package: &Sealed<PackageCell>,
) -> Result<()> {
    let on = permit.on();
    let act = tx.name();
    sqlx::query!(
        "with sent as (
            insert into custody_transfer (partition_id, id, to_partition_id, unit_id, person_id, reason, was_listed, sent_on, statement_sealed,
                                          declarations, versions, declared, package_hash, sent_hash, created_at, created_by, state, updated_at,
                                          updated_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $18, $12, $13, $14, $15, 'SENT', $14, $16))
         insert into custody_package (partition_id, id, to_partition_id, package_sealed) values ($1, $2, $3, $17)",
        on.partition.0,
        new.id.0,
        new.to.0,
        new.unit.0,
        on.person.0,
        new.reason.word(),
        new.was_listed,
        new.sent_on,
        new.statement.as_bytes(),
        new.declarations,
        new.versions,
        new.package_hash,
        new.sent_hash,
        new.created_at,
        new.created_by.0,
        act,
        package.as_bytes(),
        &new.declared
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The sender takes back what waits. False when it waits no more.
pub async fn withdraw(tx: &mut Tx, permit: &Permit<WithdrawFile, Transfer>, end: &Transfer) -> Result<bool> {
    put_end(tx, permit.on(), end).await
}

/// The receiver takes or declines what waits. False when it waits no more.
pub async fn answer(tx: &mut Tx, permit: &Permit<AnswerFile, Transfer>, end: &Transfer) -> Result<bool> {
    put_end(tx, permit.on(), end).await
}

async fn put_end(tx: &mut Tx, on: &Transfer, end: &Transfer) -> Result<bool> {
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update custody_transfer set state = $3, ended_on = $4, ended_by = $5, to_unit_id = $6, to_person_id = $7, answer_sealed = $8,
                answer_own_sealed = $9, end_hash = $10, updated_at = $11, updated_by = $12
         where partition_id = $1 and id = $2 and state = 'SENT'",
        on.partition.0,
        on.id.0,
        end.state.word(),
        end.ended_on,
        end.ended_by.map(|by| by.0),
        end.to_unit.map(|unit| unit.0),
        end.to_person.map(|person| person.0),
        end.answer.as_ref().map(|sealed| sealed.as_bytes()),
        end.own_answer.as_ref().map(|sealed| sealed.as_bytes()),
        end.end_hash,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 && end.state != State::Taken {
        sqlx::query!(
            "update custody_package set package_sealed = null where partition_id = $1 and id = $2",
            on.partition.0,
            on.id.0
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(done.rows_affected() == 1)
}

/// Where a person of the agency is on the list.
pub struct Standing {
    pub left_on: Option<NaiveDate>,
}

pub async fn standing(tx: &mut Tx, person: &Person) -> Result<Standing> {
    let row = sqlx::query_as!(
        Standing,
        "select left_on from person where partition_id = $1 and id = $2",
        person.partition.0,
        person.id.0
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

/// People who left a list of the agency for another unit and whose declarations are here, unless their file is on its way or
/// was taken; who left last, first.
pub async fn moved(tx: &mut Tx, agency: PartitionId, limit: i64) -> Result<Vec<(PersonId, NaiveDate)>> {
    let rows = sqlx::query!(
        r#"select p.id as "person: PersonId", p.left_on as "left_on!" from person p
           where p.partition_id = $1 and p.left_reason = 'MOVED'
             and (exists (select from declaration d where d.partition_id = $1 and d.person_id = p.id)
                  or exists (select from custody_original o where o.partition_id = $1 and o.person_id = p.id))
             and not exists (select from custody_transfer t where t.partition_id = $1 and t.person_id = p.id and t.state in ('SENT', 'TAKEN'))
           order by p.left_on desc, p.id limit $2"#,
        agency.0,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.person, row.left_on)).collect())
}

/// A version on record of the agency with the event that recorded it.
pub struct OwnVersion {
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub number: i32,
    pub kind: String,
    pub year: i16,
    /// How the declaration first came.
    pub channel: String,
    pub act: Act,
    pub completed_on: NaiveDate,
    pub recorded_at: DateTime<Utc>,
    pub received_on: Option<NaiveDate>,
    pub rule_set: String,
    pub document: Sealed<DocumentCell>,
    pub event: EventId,
    pub body: String,
    pub nonce: Vec<u8>,
}

/// Every version of every declaration of a person that is on record with the agency, in their order.
pub async fn versions(tx: &mut Tx, on: Holding) -> Result<Vec<OwnVersion>> {
    let rows = sqlx::query_as!(
        OwnVersion,
        r#"select v.declaration_id as "declaration: DeclarationId", v.id as "version: VersionId", v.version as number, d.kind, d.year, d.channel,
                  v.act as "act: Act", v.completed_on, v.created_at as recorded_at, r.received_on as "received_on?", v.rule_set,
                  v.document_sealed as "document: Sealed<DocumentCell>", v.event_id as "event: EventId", e.body, e.nonce
           from declaration_version v
                join declaration d on d.partition_id = v.partition_id and d.id = v.declaration_id
                join event e on e.partition_id = v.partition_id and e.id = v.event_id
                left join receipt r on r.partition_id = v.partition_id and r.version_id = v.id
           where v.partition_id = $1 and v.person_id = $2 order by v.declaration_id, v.version"#,
        on.partition.0,
        on.person.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Whether a declaration of the person is demanded to be completed or made again.
pub async fn is_demanded(tx: &mut Tx, on: Holding) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from demand where partition_id = $1 and person_id = $2 and state = 'ISSUED') as "is!""#,
        on.partition.0,
        on.person.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.is)
}

/// Whether a correction of the person's still waits to be decided.
pub async fn is_correcting(tx: &mut Tx, on: Holding) -> Result<bool> {
    let today = tx.today();
    let row = sqlx::query!(
        r#"select exists (select from correction where partition_id = $1 and person_id = $2 and state = 'WAITING'
                          and due_on >= $3) as "is!""#,
        on.partition.0,
        on.person.0,
        today
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.is)
}

/// Whether anything of a person was recorded here, or came here, after a moment.
pub async fn has_later(tx: &mut Tx, on: Holding, than: DateTime<Utc>) -> Result<bool> {
    let row = sqlx::query!(
        r#"select exists (select from declaration_version where partition_id = $1 and person_id = $2 and created_at > $3)
                  or exists (select from custody_original where partition_id = $1 and person_id = $2 and created_at > $3) as "has!""#,
        on.partition.0,
        on.person.0,
        than
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.has)
}

/// When the last file of a person that was taken had been sent.
pub async fn taken_at(tx: &mut Tx, on: Holding) -> Result<Option<DateTime<Utc>>> {
    let row = sqlx::query!(
        "select max(created_at) as at from custody_transfer where partition_id = $1 and person_id = $2 and state = 'TAKEN'",
        on.partition.0,
        on.person.0
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.at)
}

/// First and annual declarations that are owed and not due before a day, and those that ended because the person left the list
/// before they were due, however long ago that was: nobody else is owed them. Those past due stay where they are.
pub async fn owed(tx: &mut Tx, on: Holding, from: NaiveDate) -> Result<Vec<FileOwed>> {
    let rows = sqlx::query_as!(
        FileOwed,
        "select o.kind, o.year, o.rule_set, o.due_on
         from obligation o join person p on p.partition_id = o.partition_id and p.id = o.person_id
         where o.partition_id = $1 and o.person_id = $2 and o.declared_at is null and o.kind in ('FIRST', 'ANNUAL')
           and ((o.ended_on is null and o.due_on >= $3)
                or (o.ended_on = p.left_on and not o.taken_back and o.due_on >= p.left_on))
         order by o.due_on, o.id",
        on.partition.0,
        on.person.0,
        from
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What the person owes here and has declared where they come from is owed no more; a first declaration once, whichever the
/// year. Returns what ended.
pub async fn settle(tx: &mut Tx, permit: &Permit<AnswerFile, Transfer>, person: PersonId) -> Result<Vec<ObligationId>> {
    let on = permit.on();
    let (now, today, act) = (tx.now(), tx.today(), tx.name());
    let rows = sqlx::query!(
        r#"update obligation set ended_on = $4, updated_at = $5, updated_by = $6
           where partition_id = $1 and person_id = $2 and declared_at is null and ended_on is null
             and ((kind = 'ANNUAL' and 'ANNUAL-' || year = any($3))
                  or (kind = 'FIRST' and exists (select from unnest($3) d where d like 'FIRST-%')))
           returning id as "id: ObligationId""#,
        on.to.0,
        person.0,
        &on.declared,
        today,
        now,
        act
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// An obligation that had ended here is owed again, by the day and the rules that pass.
pub async fn reopen(tx: &mut Tx, permit: &Permit<Oblige, Place>, id: ObligationId, owed: &FileOwed) -> Result<()> {
    let (now, act) = (tx.now(), tx.name());
    let done = sqlx::query!(
        "update obligation set ended_on = null, due_on = $3, rule_set = $4, updated_at = $5, updated_by = $6
         where partition_id = $1 and id = $2 and ended_on is not null and declared_at is null and not taken_back",
        permit.on().partition.0,
        id.0,
        owed.due_on,
        owed.rule_set,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(crate::bug!("obligation {id} had not ended")) }
}

/// What the agency has of a person already: version and hash of its document.
pub async fn known_versions(tx: &mut Tx, on: Holding) -> Result<Vec<(VersionId, Vec<u8>)>> {
    let rows = sqlx::query!(
        r#"select id as "version!: VersionId", document_hash as "hash!" from declaration_version where partition_id = $1 and person_id = $2
           union all
           select version_id, document_hash from custody_original where partition_id = $1 and person_id = $2"#,
        on.partition.0,
        on.person.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.version, row.hash)).collect())
}

/// Puts the copies down.
pub async fn insert_originals(
    tx: &mut Tx,
    permit: &Permit<AnswerFile, Transfer>,
    originals: &[Original],
) -> Result<()> {
    let (now, to) = (tx.now(), permit.on().to);
    for original in originals {
        sqlx::query!(
            "insert into custody_original (partition_id, id, transfer_id, unit_id, person_id, origin_partition_id, declaration_id, version_id,
                                           version, kind, year, completed_on, channel, act, rule_set, recorded_at, received_on, document_hash,
                                           sealed_hash, document_sealed, evidence, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
            to.0,
            original.id.0,
            original.transfer.0,
            original.unit.0,
            original.person.0,
            original.origin.0,
            original.declaration.0,
            original.version.0,
            original.number,
            original.kind.as_str(),
            original.year,
            original.completed_on,
            original.channel,
            original.act.word(),
            original.rule_set,
            original.recorded_at,
            original.received_on,
            original.document_hash,
            original.sealed_hash,
            original.document.as_bytes(),
            original.evidence,
            now
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}
