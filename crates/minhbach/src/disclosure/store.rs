//! SQL of publications.
use std::collections::HashMap;

use chrono::NaiveDate;
use form::Kind;

use super::model::{
    ChairName, ChairPosition, Disclosure, HeadName, HeadPosition, Item, ItemName, ItemPosition, Place, Questions,
    Reading, Reason, Summary, Tally, UnionName, UnionPosition,
};
use super::policy::{Begin, BreakOff, Close, Lot};
use super::record::Line;
use crate::declaration;
use crate::declaration::publication::{Mode, Publication, PublishedPlace, State};
use crate::kernel::id::{DeclarationId, DisclosureId, OrganisationId, PartitionId, PersonId, VersionId};
use crate::kernel::keys::Sealed;
use crate::kernel::{Error, Permit, Result, Tx};

/// A publication to be inserted, as its record has it.
pub struct NewDisclosure<'a> {
    pub id: DisclosureId,
    pub mode: Mode,
    pub rule_set: &'a str,
    pub from_on: NaiveDate,
    pub until_on: NaiveDate,
    pub place: &'a Sealed<Place>,
    pub meeting: Option<&'a NewMeeting>,
    pub hash: [u8; 32],
    pub lines: &'a [Line],
}

/// What a meeting adds.
pub struct NewMeeting {
    pub summoned: i32,
    pub present: i32,
    pub needed: i32,
    pub reading: Reading,
    pub chair_name: Sealed<ChairName>,
    pub chair_position: Sealed<ChairPosition>,
    pub questions: Sealed<Questions>,
}

/// Inserts a publication whole.
pub async fn insert(tx: &mut Tx, permit: &Permit<Begin, Lot>, new: &NewDisclosure<'_>) -> Result<()> {
    let Lot { partition, unit } = *permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    let meeting = new.meeting;
    let ids: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.id).collect();
    let declarations: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.declaration.0).collect();
    let versions: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.version.0).collect();
    let people: Vec<uuid::Uuid> = new.lines.iter().map(|line| line.person.0).collect();
    let handed: Vec<NaiveDate> = new.lines.iter().map(|line| line.handed_on).collect();
    let due: Vec<NaiveDate> = new.lines.iter().map(|line| line.due_on).collect();
    let names: Vec<Vec<u8>> = new.lines.iter().map(|line| line.name_sealed.clone()).collect();
    let positions: Vec<Vec<u8>> = new.lines.iter().map(|line| line.position_sealed.clone()).collect();
    let places: Vec<Vec<u8>> = new.lines.iter().map(|line| line.place_sealed.clone()).collect();
    let hashes: Vec<Vec<u8>> = new.lines.iter().map(|line| line.document_hash.clone()).collect();
    sqlx::query!(
        "with begun as (
            insert into disclosure (partition_id, id, unit_id, mode, state, rule_set, from_on, until_on, place_sealed, summoned, present,
                                    needed, reading, chair_name_sealed, chair_position_sealed, questions_sealed, begun_hash, created_at,
                                    created_by, updated_at, updated_by)
            values ($1, $2, $3, $4, 'OPEN', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17, $19))
         insert into disclosure_item (partition_id, id, disclosure_id, declaration_id, version_id, unit_id, person_id, mode, from_on,
                                      until_on, handed_on, due_on, name_sealed, position_sealed, place_sealed, document_hash, state)
         select $1, i, $2, d, v, $3, w, $4, $6, $7, h, l, n, p, q, s, 'OPEN'
         from unnest($20::uuid[], $21::uuid[], $22::uuid[], $23::uuid[], $24::date[], $25::date[], $26::bytea[], $27::bytea[], $28::bytea[], $29::bytea[])
              as u (i, d, v, w, h, l, n, p, q, s)",
        partition.0,
        new.id.0,
        unit.0,
        new.mode.word(),
        new.rule_set,
        new.from_on,
        new.until_on,
        new.place.as_bytes(),
        meeting.map(|m| m.summoned),
        meeting.map(|m| m.present),
        meeting.map(|m| m.needed),
        meeting.map(|m| m.reading.word()),
        meeting.map(|m| m.chair_name.as_bytes()),
        meeting.map(|m| m.chair_position.as_bytes()),
        meeting.map(|m| m.questions.as_bytes()),
        &new.hash[..],
        now,
        by.0,
        act,
        &ids,
        &declarations,
        &versions,
        &people,
        &handed,
        &due,
        &names,
        &positions,
        &places,
        &hashes
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A publication within what the context shows.
pub async fn find(tx: &mut Tx, id: DisclosureId) -> Result<Disclosure> {
    let actor = *tx.actor();
    let row = sqlx::query_as!(
        Disclosure,
        r#"select partition_id as "partition: PartitionId", id as "id: DisclosureId", unit_id as "unit: OrganisationId", mode as "mode: Mode",
                  state as "state: State", rule_set, from_on, until_on, place_sealed as "place: Sealed<Place>", summoned, present, needed,
                  reading as "reading: Reading", chair_name_sealed as "chair_name: Sealed<ChairName>",
                  chair_position_sealed as "chair_position: Sealed<ChairPosition>", questions_sealed as "questions: Sealed<Questions>",
                  begun_hash, created_at, closed_on, minutes_year, minutes_number, head_name_sealed as "head_name: Sealed<HeadName>",
                  head_position_sealed as "head_position: Sealed<HeadPosition>", union_name_sealed as "union_name: Sealed<UnionName>",
                  union_position_sealed as "union_position: Sealed<UnionPosition>", broken_on, reason_sealed as "reason: Sealed<Reason>", end_hash
           from disclosure where id = $1 and ($2::uuid is null or partition_id = $2) and ($3::uuid is null or unit_id = $3)"#,
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
    place: Sealed<PublishedPlace>,
    kind: String,
    year: i16,
    handed_on: NaiveDate,
    due_on: NaiveDate,
    document_hash: Vec<u8>,
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
            place: r.place,
            kind,
            year: r.year,
            handed_on: r.handed_on,
            due_on: r.due_on,
            document_hash: r.document_hash,
        })
    }
}

/// The declarations of a publication, in the order they were handed over.
pub async fn items(tx: &mut Tx, of: &Disclosure) -> Result<Vec<Item>> {
    let rows = sqlx::query_as!(
        ItemRow,
        r#"select i.id, i.declaration_id as "declaration: DeclarationId", i.version_id as "version: VersionId",
                  i.person_id as "person: PersonId", i.name_sealed as "name: Sealed<ItemName>", i.position_sealed as "position: Sealed<ItemPosition>",
                  i.place_sealed as "place: Sealed<PublishedPlace>", d.kind, d.year, i.handed_on, i.due_on, i.document_hash
           from disclosure_item i join declaration d on d.partition_id = i.partition_id and d.id = i.declaration_id
           where i.partition_id = $1 and i.disclosure_id = $2 order by i.handed_on, i.declaration_id"#,
        of.partition.0,
        of.id.0
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Item::try_from).collect()
}

/// Publications within what the context shows: those that have no end first, the one that ends first first; then the newest.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<Summary>> {
    let actor = *tx.actor();
    let rows = sqlx::query_as!(
        Summary,
        r#"select s.partition_id as "partition: PartitionId", s.id as "id: DisclosureId", s.unit_id as "unit: OrganisationId",
                  s.mode as "mode: Mode", s.state as "state: State", s.from_on, s.until_on, s.broken_on, s.minutes_year, s.minutes_number,
                  s.present, s.needed, count(*) as "count!", count(*) filter (where i.from_on > i.due_on) as "late!"
           from disclosure s join disclosure_item i on i.partition_id = s.partition_id and i.disclosure_id = s.id
           where ($1::uuid is null or s.partition_id = $1) and ($2::uuid is null or s.unit_id = $2)
           group by s.partition_id, s.id
           order by s.state <> 'OPEN', case s.state when 'OPEN' then s.until_on end, case when s.state <> 'OPEN' then s.id end desc, s.id
           limit $3"#,
        actor.agency().map(|p| p.0),
        actor.unit().map(|u| u.0),
        limit
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// What was handed over to an agency and how far its publication is, counted.
pub async fn tally(tx: &mut Tx, partition: PartitionId) -> Result<Vec<Tally>> {
    let rows = sqlx::query_as!(
        Tally,
        r#"select i.unit_id as "unit: OrganisationId", d.kind, v.rule_set, h.handed_on, p.state as "state?: State",
                  coalesce(p.from_on > p.due_on, false) as "is_late!", count(*) as "count!"
           from hand_over_item i
                join hand_over h on h.partition_id = i.partition_id and h.id = i.hand_over_id
                join declaration d on d.partition_id = i.partition_id and d.id = i.declaration_id
                join declaration_version v on v.partition_id = i.partition_id and v.id = i.version_id
                left join disclosure_item p on p.partition_id = i.partition_id and p.declaration_id = i.declaration_id and p.state <> 'BROKEN'
           where i.partition_id = $1 and i.state <> 'MISSING'
           group by i.unit_id, d.kind, v.rule_set, h.handed_on, p.state, coalesce(p.from_on > p.due_on, false)"#,
        partition.0
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows)
}

/// The unit's next number of minutes in a year.
pub async fn next_number(tx: &mut Tx, unit: OrganisationId, year: i16) -> Result<i32> {
    let row = sqlx::query!(
        r#"select coalesce(max(minutes_number), 0) + 1 as "next!" from disclosure where unit_id = $1 and minutes_year = $2"#,
        unit.0,
        year
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(row.next)
}

/// The minutes of a publication.
pub struct NewMinutes<'a> {
    pub closed_on: NaiveDate,
    pub year: i16,
    pub number: i32,
    pub head_name: &'a Sealed<HeadName>,
    pub head_position: &'a Sealed<HeadPosition>,
    pub union_name: &'a Sealed<UnionName>,
    pub union_position: &'a Sealed<UnionPosition>,
    pub hash: [u8; 32],
}

/// Closes a publication. False when another had ended it before: then nothing was changed.
pub async fn close(tx: &mut Tx, permit: &Permit<Close, Disclosure>, new: &NewMinutes<'_>) -> Result<bool> {
    let on = permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    let done = sqlx::query!(
        "update disclosure set state = 'CLOSED', closed_on = $3, minutes_year = $4, minutes_number = $5, head_name_sealed = $6,
                head_position_sealed = $7, union_name_sealed = $8, union_position_sealed = $9, end_hash = $10, ended_by = $11,
                updated_at = $12, updated_by = $13
         where partition_id = $1 and id = $2 and state = 'OPEN'",
        on.partition.0,
        on.id.0,
        new.closed_on,
        new.year,
        new.number,
        new.head_name.as_bytes(),
        new.head_position.as_bytes(),
        new.union_name.as_bytes(),
        new.union_position.as_bytes(),
        &new.hash[..],
        by.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update disclosure_item set state = 'CLOSED', minutes_year = $3, minutes_number = $4
         where partition_id = $1 and disclosure_id = $2 and state = 'OPEN'",
        on.partition.0,
        on.id.0,
        new.year,
        new.number
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// Breaks a publication off. False when another had ended it before: then nothing was changed.
pub async fn break_off(
    tx: &mut Tx,
    permit: &Permit<BreakOff, Disclosure>,
    broken_on: NaiveDate,
    reason: &Sealed<Reason>,
    hash: [u8; 32],
) -> Result<bool> {
    let on = permit.on();
    let (now, by, act) = (tx.now(), tx.actor().account_or_nil(), tx.name());
    let done = sqlx::query!(
        "update disclosure set state = 'BROKEN', broken_on = $3, reason_sealed = $4, end_hash = $5, ended_by = $6, updated_at = $7,
                updated_by = $8
         where partition_id = $1 and id = $2 and state = 'OPEN'",
        on.partition.0,
        on.id.0,
        broken_on,
        reason.as_bytes(),
        &hash[..],
        by.0,
        now,
        act
    )
    .execute(tx.conn())
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "update disclosure_item set state = 'BROKEN', broken_on = $3
         where partition_id = $1 and disclosure_id = $2 and state = 'OPEN'",
        on.partition.0,
        on.id.0,
        broken_on
    )
    .execute(tx.conn())
    .await?;
    Ok(true)
}

/// When each declaration of a unit's year was published, from which day to which, and under which number of minutes; by
/// declaration, for the logbook. One whose publication was broken off is not there, one that hangs has no number yet.
pub async fn by_declaration(
    tx: &mut Tx,
    unit: OrganisationId,
    year: i16,
) -> Result<HashMap<DeclarationId, Publication>> {
    let found = declaration::store::publications_of_year(tx, unit, year).await?;
    Ok(found.into_iter().map(|publication| (publication.declaration, publication)).collect())
}
