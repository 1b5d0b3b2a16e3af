//! SQL of batches handed over.
use chrono::{DateTime, NaiveDate, Utc};
use form::Kind;

use super::model::{
    HandOver, HanderName, HanderPosition, Item, ItemName, ItemPosition, ItemState, MissingReason, State, Summary,
    TakerName, TakerPosition,
};
use super::policy::{Lot, SendBatch, TakeBatch};
use super::record::{Line, Verdict};
use crate::declaration::Declaration;
use crate::kernel::id::{DeclarationId, HandOverId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};

/// The unit's next number in a year.
pub async fn next_number(tx: &mut Tx, unit: OrganisationId, year: i16) -> Result<i32> {
    let row = sqlx::query!(
        r#"select coalesce(max(number), 0) + 1 as "next!" from hand_over where unit_id = $1 and year = $2"#,
        unit.0,
        year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.next)
}

/// The version in force of a declaration.
pub struct InForce {
    pub declaration: DeclarationId,
    pub version: VersionId,
    pub document_hash: Vec<u8>,
}

/// The versions in force of declarations, by declaration.
pub async fn versions(tx: &mut Tx, lot: Lot, declarations: &[DeclarationId]) -> Result<Vec<InForce>> {
    let ids: Vec<uuid::Uuid> = declarations.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        InForce,
        r#"select distinct on (declaration_id) declaration_id as "declaration: DeclarationId", id as "version: VersionId", document_hash
           from declaration_version where partition_id = $1 and unit_id = $2 and declaration_id = any($3)
           order by declaration_id, version desc"#,
        lot.partition.0,
        lot.unit.0,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// A batch to be inserted, as its record has it.
pub struct NewHandOver<'a> {
    pub id: HandOverId,
    pub year: i16,
    pub number: i32,
    pub handed_on: NaiveDate,
    pub name: &'a Sealed<HanderName>,
    pub position: &'a Sealed<HanderPosition>,
    pub hash: [u8; 32],
    pub lines: &'a [Line],
}

/// Inserts a batch whole.
pub async fn insert(tx: &mut Tx, permit: &Permit<SendBatch, Lot>, new: &NewHandOver<'_>) -> Result<()> {
    let Lot { partition, unit } = *permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    let ids: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.id).collect();
    let declarations: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.declaration.0).collect();
    let versions: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.version.0).collect();
    let hashes: Vec<Vec<u8>> = new.lines.iter().map(|line| line.document_hash.clone()).collect();
    let names: Vec<Vec<u8>> = new.lines.iter().map(|line| line.name_sealed.clone()).collect();
    let positions: Vec<Vec<u8>> = new.lines.iter().map(|line| line.position_sealed.clone()).collect();
    let copies: Vec<i16> = new.lines.iter().map(|line| line.copies).collect();
    sqlx::query!(
        "with batch as (
            insert into hand_over (partition_id, id, unit_id, year, number, state, handed_on, hander_name_sealed, hander_position_sealed,
                                   sent_hash, created_at, created_by, updated_at, updated_by)
            values ($1, $2, $3, $4, $5, 'SENT', $6, $7, $8, $9, $10, $11, $10, $12))
         insert into hand_over_item (partition_id, id, hand_over_id, declaration_id, version_id, unit_id, name_sealed,
                                     position_sealed, document_hash, copies, state)
         select $1, i, $2, d, v, $3, n, p, h, c, 'LISTED'
         from unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::bytea[], $17::smallint[], $18::bytea[], $19::bytea[]) as u (i, d, v, h, c, n, p)",
        partition.0,
        new.id.0,
        unit.0,
        new.year,
        new.number,
        new.handed_on,
        new.name.as_bytes(),
        new.position.as_bytes(),
        &new.hash[..],
        now,
        by.0,
        act,
        &ids,
        &declarations,
        &versions,
        &hashes,
        &copies,
        &names,
        &positions
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A batch within what the context shows.
pub async fn find(tx: &mut Tx, id: HandOverId) -> Result<HandOver> {
    let actor = *tx.actor();
    let row = sqlx::query_as!(
        HandOver,
        r#"select partition_id as "partition: PartitionId", id as "id: HandOverId", unit_id as "unit: OrganisationId", year, number,
                  state as "state: State", handed_on, hander_name_sealed as "hander_name: Sealed<HanderName>",
                  hander_position_sealed as "hander_position: Sealed<HanderPosition>", sent_hash, created_at, taken_on,
                  taker_name_sealed as "taker_name: Sealed<TakerName>", taker_position_sealed as "taker_position: Sealed<TakerPosition>",
                  taken_hash
           from hand_over where id = $1 and ($2::uuid is null or partition_id = $2) and ($3::uuid is null or unit_id = $3)"#,
        id.0,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0)
    )
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or(Error::NotFound)
}

struct ItemRow {
    id: uuid::Uuid,
    declaration: DeclarationId,
    version: VersionId,
    person: PersonId,
    name: Sealed<ItemName>,
    position: Sealed<ItemPosition>,
    kind: String,
    year: i16,
    rule_set: String,
    received_on: NaiveDate,
    due_on: NaiveDate,
    document_hash: Vec<u8>,
    number: i32,
    corrected_at: Option<DateTime<Utc>>,
    copies: i16,
    state: ItemState,
    reason: Option<Sealed<MissingReason>>,
}

impl TryFrom<ItemRow> for Item {
    type Error = Error;
    fn try_from(r: ItemRow) -> Result<Self> {
        let kind = Kind::from_code(&r.kind).ok_or_else(|| crate::bug!("declaration kind {} is not known", r.kind))?;
        Ok(Item {
            id: r.id,
            declaration: r.declaration,
            version: r.version,
            person: r.person,
            name: r.name,
            position: r.position,
            kind,
            year: r.year,
            rule_set: r.rule_set,
            received_on: r.received_on,
            due_on: r.due_on,
            document_hash: r.document_hash,
            number: r.number,
            corrected_at: r.corrected_at,
            copies: r.copies,
            state: r.state,
            reason: r.reason,
        })
    }
}

/// The declarations of a batch, in the order they were received; each with the receipt of what was handed over: a correction
/// has none of its own.
pub async fn items(tx: &mut Tx, batch: &HandOver) -> Result<Vec<Item>> {
    let rows = sqlx::query_as!(
        ItemRow,
        r#"select i.id, i.declaration_id as "declaration: DeclarationId", i.version_id as "version: VersionId",
                  d.person_id as "person: PersonId", i.name_sealed as "name: Sealed<ItemName>", i.position_sealed as "position: Sealed<ItemPosition>", d.kind, d.year, v.rule_set, r.received_on, r.hand_over_due_on as due_on,
                  i.document_hash, v.version as number,
                  (select max(n.created_at) from declaration_version n where n.partition_id = i.partition_id and n.declaration_id = i.declaration_id
                     and n.version > v.version and n.act = 'CORRECTION') as corrected_at,
                  i.copies, i.state as "state: ItemState", i.reason_sealed as "reason: Sealed<MissingReason>"
           from hand_over_item i
                join declaration d on d.partition_id = i.partition_id and d.id = i.declaration_id
                join declaration_version v on v.partition_id = i.partition_id and v.id = i.version_id
                join lateral (select n.received_on, n.hand_over_due_on from receipt n
                              join declaration_version w on w.partition_id = n.partition_id and w.id = n.version_id
                              where n.partition_id = i.partition_id and n.declaration_id = i.declaration_id and w.version <= v.version
                              order by w.version desc limit 1) r on true
           where i.partition_id = $1 and i.hand_over_id = $2 order by r.received_on, i.declaration_id"#,
        batch.partition.0,
        batch.id.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Item::try_from).collect()
}

/// The last day on which the agency found one of these declarations missing.
pub async fn found_missing_on(tx: &mut Tx, declarations: &[Declaration]) -> Result<Option<NaiveDate>> {
    let ids: Vec<uuid::Uuid> = declarations.iter().map(|declaration| declaration.id.0).collect();
    let row = sqlx::query!(
        "select max(h.taken_on) as taken_on from hand_over_item i
         join hand_over h on h.partition_id = i.partition_id and h.id = i.hand_over_id
         where i.declaration_id = any($1) and i.state = 'MISSING'",
        &ids
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.taken_on)
}

/// Batches within what the context shows: those that wait first, the oldest of them first; then the newest taken.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Summary>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Summary,
        r#"select h.partition_id as "partition: PartitionId", h.id as "id: HandOverId", h.unit_id as "unit: OrganisationId", h.year, h.number,
                  h.state as "state: State", h.handed_on, h.taken_on, count(*) as "count!",
                  count(*) filter (where h.handed_on > r.hand_over_due_on) as "late!", count(*) filter (where i.state = 'MISSING' and not exists (
                      select from hand_over_item n where n.partition_id = i.partition_id and n.declaration_id = i.declaration_id
                        and n.state <> 'MISSING')) as "missing!"
           from hand_over h
                join hand_over_item i on i.partition_id = h.partition_id and i.hand_over_id = h.id
                join declaration_version v on v.partition_id = i.partition_id and v.id = i.version_id
                join lateral (select n.received_on, n.hand_over_due_on from receipt n
                              join declaration_version w on w.partition_id = n.partition_id and w.id = n.version_id
                              where n.partition_id = i.partition_id and n.declaration_id = i.declaration_id and w.version <= v.version
                              order by w.version desc limit 1) r on true
           where ($1::uuid is null or h.partition_id = $1) and ($2::uuid is null or h.unit_id = $2)
           group by h.partition_id, h.id
           order by h.state, case h.state when 'SENT' then h.handed_on end, case h.state when 'TAKEN' then h.id end desc, h.id
           limit $3"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What the agency puts to a batch.
pub struct NewTaking<'a> {
    pub taken_on: NaiveDate,
    pub name: &'a Sealed<TakerName>,
    pub position: &'a Sealed<TakerPosition>,
    pub hash: [u8; 32],
    pub verdicts: &'a [Verdict],
}

/// Takes a batch and says of each declaration whether it was there. False when another had taken it before: then nothing
/// was changed.
pub async fn take(tx: &mut Tx, permit: &Permit<TakeBatch, HandOver>, new: &NewTaking<'_>) -> Result<bool> {
    let on = permit.on();
    let (now, by, act): (DateTime<Utc>, _, _) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    let batch = sqlx::query!(
        "update hand_over set state = 'TAKEN', taken_on = $3, taker_name_sealed = $4, taker_position_sealed = $5, taken_hash = $6,
                taken_by = $7, updated_at = $8, updated_by = $9
         where partition_id = $1 and id = $2 and state = 'SENT'",
        on.partition.0,
        on.id.0,
        new.taken_on,
        new.name.as_bytes(),
        new.position.as_bytes(),
        &new.hash[..],
        by.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    if batch.rows_affected() == 0 {
        return Ok(false);
    }
    let declarations: Vec<uuid::Uuid> = new.verdicts.iter().map(|verdict| verdict.declaration.0).collect();
    let reasons: Vec<Option<Vec<u8>>> =
        new.verdicts.iter().map(|verdict| verdict.missing_reason_sealed.clone()).collect();
    let items = sqlx::query!(
        "update hand_over_item i set state = case when u.reason is null then 'TAKEN' else 'MISSING' end, reason_sealed = u.reason
         from unnest($3::uuid[], $4::bytea[]) as u (declaration, reason)
         where i.partition_id = $1 and i.hand_over_id = $2 and i.declaration_id = u.declaration and i.state = 'LISTED'",
        on.partition.0,
        on.id.0,
        &declarations,
        &reasons as &[Option<Vec<u8>>]
    )
    .execute(tx.conn())
    .await?;
    if items.rows_affected() != u64::try_from(new.verdicts.len()).unwrap_or(u64::MAX) {
        return Err(crate::bug!("batch {}: not every listed declaration was told of", on.id));
    }
    Ok(true)
}
