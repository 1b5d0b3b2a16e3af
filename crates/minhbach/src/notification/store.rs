//! SQL of news and messages.
use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::model::{Address, AddressCell, CodeCell, Owed, Told};
use super::policy::{KeepAddress, OwnMessages};
use crate::account::news;
use crate::kernel::id::{AccountId, AccountRoleId, EventId, OrganisationId, PartitionId, PersonId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Actor, Context, Error, Permit, Result, Tx};

/// Events that are news to the actor's role, the newest first, older than `before`.
pub async fn told(tx: &mut Tx, actor: &Actor, before: Option<EventId>, limit: i64) -> Result<Vec<Told>> {
    let Some(role) = actor.role else { return Ok(Vec::new()) };
    let names = news::names(role);
    let before = before.map_or(Uuid::max(), |event| event.0);
    let rows = match actor.context {
        Context::Person { partition, person } => {
            sqlx::query_as!(
                Told,
                r#"select id as "event: EventId", name, occurred_at as at, body from event
                   where partition_id = $1 and person_id = $2 and name = any($3) and id < $4
                     and account_id is distinct from $6 order by id desc limit $5"#,
                partition.0,
                person.0,
                &names,
                before,
                limit,
                actor.account_or_nil().0
            )
            .fetch_all(tx.conn())
            .await?
        }
        Context::Unit { unit } => {
            sqlx::query_as!(
                Told,
                r#"select id as "event: EventId", name, occurred_at as at, body from event
                   where unit_id = $1 and name = any($2) and id < $3 order by id desc limit $4"#,
                unit.0,
                &names,
                before,
                limit
            )
            .fetch_all(tx.conn())
            .await?
        }
        Context::Agency { partition } => {
            sqlx::query_as!(
                Told,
                r#"select id as "event: EventId", name, occurred_at as at, body from event e
                   where partition_id = $1 and name = any($2) and id < $3
                     and (body::jsonb #>> '{actor,context}' is distinct from 'agency'
                          or not exists (select from account a where a.id = e.account_id and a.partition_id = $1))
                   order by id desc limit $4"#,
                partition.0,
                &names,
                before,
                limit
            )
            .fetch_all(tx.conn())
            .await?
        }
        Context::Nation { .. } | Context::System => Vec::new(),
    };
    Ok(rows)
}

/// How far a role has looked.
pub async fn seen(tx: &mut Tx, role: AccountRoleId) -> Result<Option<EventId>> {
    let row = sqlx::query!(r#"select seen_id as "event: EventId" from news_seen where account_role_id = $1"#, role.0)
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(|row| row.event))
}

/// A role has looked at everything up to an event: what was owed is told, and the next message need not wait. Of an account
/// that acts in several roles a message stays owed: the others may not have looked.
pub async fn set_seen(tx: &mut Tx, role: AccountRoleId, upto: EventId) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    sqlx::query!(
        "insert into news_seen (account_role_id, seen_id, seen_at) values ($1, $2, $3)
         on conflict (account_role_id) do update set seen_id = greatest(news_seen.seen_id, excluded.seen_id), seen_at = excluded.seen_at",
        role.0,
        upto.0,
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update notification_address n set mailed_at = null, updated_at = $2, updated_by = $3,
                news_owed_at = case when o.only then null else n.news_owed_at end,
                try_at = case when n.code_owed_at is not null then n.try_at when o.only or n.news_owed_at is null then null else $2 end
         from account_role r,
              lateral (select not exists (select from account_role x where x.account_id = r.account_id and x.id <> r.id
                                          and x.revoked_at is null) as only) o
         where r.id = $1 and n.account_id = r.account_id and (n.mailed_at is not null or n.news_owed_at is not null)",
        role.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What is kept of an account's messages, for whoever holds the account; their acts take turns.
pub async fn own_in_turn(tx: &mut Tx, account: AccountId) -> Result<(OwnMessages, Option<Address>)> {
    tx.take_turn("notification.address", account).await?;
    own(tx, account).await
}

/// What is kept of an account's messages, for whoever holds the account.
pub async fn own(tx: &mut Tx, account: AccountId) -> Result<(OwnMessages, Option<Address>)> {
    let home = sqlx::query!(r#"select partition_id as "partition: PartitionId" from account where id = $1"#, account.0)
        .fetch_optional(tx.conn())
        .await?
        .ok_or(Error::NotFound)?;
    let address = sqlx::query_as!(
        Address,
        r#"select partition_id as "partition: PartitionId", account_id as "account: AccountId",
                  address_sealed as "address: Sealed<AddressCell>", confirmed_at, refused_at, code_sealed as "code: Sealed<CodeCell>",
                  code_expires_at, code_failures, codes_on, codes_sent
           from notification_address where account_id = $1"#,
        account.0
    )
    .fetch_optional(tx.conn())
    .await?;
    // What was sealed for the partition the account had then stays there.
    let partition = address.as_ref().map_or(home.partition, |address| address.partition);
    Ok((OwnMessages { partition, account }, address))
}

/// An address to be confirmed by a code, which is owed from now on.
pub struct Given<'a> {
    pub address: &'a Sealed<AddressCell>,
    pub code: &'a Sealed<CodeCell>,
    pub expires_at: DateTime<Utc>,
    pub codes_on: NaiveDate,
    pub codes_sent: i16,
}

pub async fn give(tx: &mut Tx, permit: &Permit<KeepAddress, OwnMessages>, given: Given<'_>) -> Result<()> {
    let (now, name, on) = (tx.now(), tx.name(), permit.on());
    sqlx::query!(
        "insert into notification_address
             (partition_id, account_id, address_sealed, code_sealed, code_expires_at, codes_on, codes_sent, code_owed_at, try_at,
              updated_at, updated_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9)
         on conflict (partition_id, account_id) do update set
             address_sealed = excluded.address_sealed, code_sealed = excluded.code_sealed,
             code_expires_at = excluded.code_expires_at, codes_on = excluded.codes_on, codes_sent = excluded.codes_sent,
             code_owed_at = excluded.code_owed_at, try_at = excluded.try_at, code_failures = 0, confirmed_at = null,
             refused_at = null, news_owed_at = null, failures = 0, updated_at = excluded.updated_at,
             updated_by = excluded.updated_by",
        on.partition.0,
        on.account.0,
        given.address.as_bytes(),
        given.code.as_bytes(),
        given.expires_at,
        given.codes_on,
        given.codes_sent,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The code came back.
pub async fn confirm(tx: &mut Tx, permit: &Permit<KeepAddress, OwnMessages>) -> Result<()> {
    let (now, name, on) = (tx.now(), tx.name(), permit.on());
    sqlx::query!(
        "update notification_address set confirmed_at = $3, refused_at = null, code_sealed = null, code_expires_at = null, code_failures = 0,
                code_owed_at = null, try_at = null, failures = 0, updated_at = $3, updated_by = $4
         where partition_id = $1 and account_id = $2",
        on.partition.0,
        on.account.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A code that was not the one sent.
pub async fn count_wrong(tx: &mut Tx, permit: &Permit<KeepAddress, OwnMessages>) -> Result<()> {
    let (now, name, on) = (tx.now(), tx.name(), permit.on());
    sqlx::query!(
        "update notification_address set code_failures = code_failures + 1, updated_at = $3, updated_by = $4
         where partition_id = $1 and account_id = $2",
        on.partition.0,
        on.account.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Logs that have grown since they were read, or were never read.
pub async fn grown(tx: &mut Tx) -> Result<Vec<PartitionId>> {
    let rows = sqlx::query!(
        r#"select p.id as "id!: PartitionId" from partition p left join news_mark m on m.partition_id = p.id
           where m.next_leaf is null
              or exists (select from log_leaf l where l.partition_id = p.id and l.leaf_index >= m.next_leaf)"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Where reading a log goes on, held until commit; none while another reads it. A log that was never read is read from
/// what comes next: nobody is told of years gone by.
pub async fn lock_mark(tx: &mut Tx, partition: PartitionId) -> Result<Option<i64>> {
    let (now, name) = (tx.now(), tx.name());
    sqlx::query!(
        "insert into news_mark (partition_id, next_leaf, updated_at, updated_by)
         select $1, coalesce((select max(leaf_index) + 1 from log_leaf where partition_id = $1), 0), $2, $3
         on conflict (partition_id) do nothing",
        partition.0,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    let row =
        sqlx::query!("select next_leaf from news_mark where partition_id = $1 for update skip locked", partition.0)
            .fetch_optional(tx.conn())
            .await?;
    Ok(row.map(|row| row.next_leaf))
}

pub async fn set_mark(tx: &mut Tx, partition: PartitionId, next_leaf: i64) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    sqlx::query!(
        "update news_mark set next_leaf = $2, updated_at = $3, updated_by = $4 where partition_id = $1",
        partition.0,
        next_leaf,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An event in its place in the log.
pub struct Leaf {
    pub index: i64,
    pub name: String,
    pub unit: Option<OrganisationId>,
    pub person: Option<PersonId>,
    pub at: DateTime<Utc>,
    /// Whether an officer of the log's own agency did it.
    pub is_own: bool,
    /// Whether the person it is about did it.
    pub is_self: bool,
}

pub async fn leaves(tx: &mut Tx, partition: PartitionId, from: i64, limit: i64) -> Result<Vec<Leaf>> {
    let rows = sqlx::query_as!(
        Leaf,
        r#"select l.leaf_index as index, e.name, e.unit_id as "unit: OrganisationId", e.person_id as "person: PersonId",
                  e.occurred_at as at,
                  coalesce(a.partition_id = l.partition_id and e.body::jsonb #>> '{actor,context}' = 'agency', false) as "is_own!",
                  coalesce(a.person_id = e.person_id and e.body::jsonb #>> '{actor,context}' = 'person', false) as "is_self!"
           from log_leaf l join event e on e.partition_id = l.partition_id and e.id = l.event_id
                left join account a on a.id = e.account_id
           where l.partition_id = $1 and l.leaf_index >= $2 order by l.leaf_index limit $3"#,
        partition.0,
        from,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// Who there is news for.
#[derive(Debug, Default)]
pub struct Audience {
    pub people: BTreeSet<PersonId>,
    pub units: BTreeSet<OrganisationId>,
    pub is_agency: bool,
}

/// Owes a message to each of them who confirmed an address. Whoever was sent one and has not looked since is sent the next
/// when a day has passed: nothing is dropped.
pub async fn owe(tx: &mut Tx, partition: PartitionId, to: &Audience) -> Result<u64> {
    let (now, name) = (tx.now(), tx.name());
    let people: Vec<Uuid> = to.people.iter().map(|person| person.0).collect();
    let units: Vec<Uuid> = to.units.iter().map(|unit| unit.0).collect();
    let done = sqlx::query!(
        "with told as (
             select account_id from account_role where role = 'DECLARANT' and revoked_at is null and partition_id = $1 and person_id = any($2)
             union select account_id from account_role where role = 'UNIT_OFFICER' and revoked_at is null and unit_id = any($3)
             union select account_id from account_role where role = 'INTAKE_OFFICER' and revoked_at is null and $4 and partition_id = $1),
         turn as (
             select n.partition_id, n.account_id from notification_address n join told t on t.account_id = n.account_id
             where n.confirmed_at is not null and n.refused_at is null and n.news_owed_at is null
             order by n.account_id for update of n)
         update notification_address n set news_owed_at = $5, failures = 0, updated_at = $5, updated_by = $6,
                try_at = case when n.code_owed_at is null then greatest($5, n.mailed_at + interval '1 day') else n.try_at end
         from turn t where n.partition_id = t.partition_id and n.account_id = t.account_id",
        partition.0,
        &people,
        &units,
        to.is_agency,
        now,
        name
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Takes messages that are due, codes first; whoever else sends leaves them alone until `again_at`. A closed account is sent
/// nothing.
pub async fn take_due(tx: &mut Tx, again_at: DateTime<Utc>, limit: i64) -> Result<Vec<Owed>> {
    let now = tx.now();
    let rows = sqlx::query!(
        r#"update notification_address n set try_at = $1
           where (partition_id, account_id) in (
               select d.partition_id, d.account_id from notification_address d join account a on a.id = d.account_id
               where d.try_at <= $2 and a.state = 'ACTIVE'
               order by d.code_owed_at is null, d.try_at limit $3 for update of d skip locked)
           returning partition_id as "partition: PartitionId", account_id as "account: AccountId",
                     address_sealed as "address!: Sealed<AddressCell>",
                     case when code_owed_at is not null then code_sealed end as "code: Sealed<CodeCell>",
                     code_expires_at, code_owed_at, news_owed_at, failures"#,
        again_at,
        now,
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    let owed = rows.into_iter().map(|row| Owed {
        partition: row.partition,
        account: row.account,
        address: row.address,
        code: row.code,
        code_expires_at: row.code_expires_at,
        code_owed_at: row.code_owed_at,
        news_owed_at: row.news_owed_at,
        failures: row.failures,
    });
    Ok(owed.collect())
}

/// How sending a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Sent,
    /// The server refuses the address for good.
    Refused,
    /// A code nobody could be sent while it counted.
    Expired,
}

/// A message is no longer owed, unless something else came to be owed meanwhile, or another address was given. After a code
/// the news that waited behind it are due.
pub async fn settle(tx: &mut Tx, owed: &Owed, end: End) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    sqlx::query!(
        "update notification_address set code_owed_at = null, failures = 0,
                news_owed_at = case when $7 then news_owed_at end,
                try_at = case when $7 and news_owed_at is not null then $5::timestamptz end,
                mailed_at = case when $4 and not $7 then $5::timestamptz else mailed_at end,
                refused_at = case when $6 then $5::timestamptz else refused_at end, updated_at = $5, updated_by = $8
         where partition_id = $1 and account_id = $2 and address_sealed = $3
           and code_owed_at is not distinct from $9 and ($7 or news_owed_at is not distinct from $10)",
        owed.partition.0,
        owed.account.0,
        owed.address.as_bytes(),
        end == End::Sent,
        now,
        end == End::Refused,
        owed.code.is_some(),
        name,
        owed.code_owed_at,
        owed.news_owed_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A message is tried again later.
pub async fn put_off(tx: &mut Tx, owed: &Owed, again_at: DateTime<Utc>) -> Result<()> {
    let (now, name) = (tx.now(), tx.name());
    sqlx::query!(
        "update notification_address set try_at = $4, failures = least(failures, 1000) + 1, updated_at = $5, updated_by = $6
         where partition_id = $1 and account_id = $2 and address_sealed = $3 and try_at is not null
           and code_owed_at is not distinct from $7",
        owed.partition.0,
        owed.account.0,
        owed.address.as_bytes(),
        again_at,
        now,
        name,
        owed.code_owed_at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
